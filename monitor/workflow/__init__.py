"""The life of one comment, a file for each step; each function states its transactions."""
