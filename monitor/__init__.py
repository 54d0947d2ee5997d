"""The daemon: it joins platforms, models and configuration into the life of one comment."""
