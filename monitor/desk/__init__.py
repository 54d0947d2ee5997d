"""Where moderators act: they read through the store's views and write by calling the workflow."""
