"""One file per model or detector: each reads a text and returns labels with spans."""
