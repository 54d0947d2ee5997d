"""What an evaluation shows: pages of sections, tables and charts, as HTML, Markdown and JSON."""
