"""Everything about the database, as one deep module: the database is the queue."""
