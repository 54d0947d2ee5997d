"""What the council reads about its own moderation: pure functions from figures to documents."""
