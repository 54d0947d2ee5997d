"""The web console: server-rendered pages that work without a script, and a read-only JSON API."""
