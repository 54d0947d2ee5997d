"""What every table is declared with: one metadata, and the names of its keys and indexes.

Serves every transaction of DESIGN.md 5.
"""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlmodel import SQLModel

__all__ = ["METADATA", "NEVER_REUSED", "Declared"]

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


NEVER_REUSED = {"sqlite_autoincrement": True}


class Declared(SQLModel):
    """A class here declares a table; no instance of one ever leaves the store."""

    metadata = METADATA
