from __future__ import annotations

from tests.databases import (
    database,
    database_url,
    empty_url,
    postgresql_template,
    sqlite_template,
)

__all__ = ["database", "database_url", "empty_url", "postgresql_template", "sqlite_template"]
