"""Runs the revisions on the connection that ``monitor.store.schema`` hands over."""

from __future__ import annotations

from alembic import context

from monitor.store.tables import METADATA

__all__: list[str] = []

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
