"""Coverage: what a pull cost, when a token ends, and the gaps in which nothing was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pulls", sa.Column("cost", sa.Integer(), server_default="0", nullable=False))
    moment = sa.DateTime(timezone=True)
    op.add_column("channels", sa.Column("examined_at", moment, nullable=True))
    op.add_column("channels", sa.Column("expires_at", moment, nullable=True))
    op.add_column(
        "channels", sa.Column("missing", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column("channels", sa.Column("missing_since", moment, nullable=True))
    op.create_table(
        "gaps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("began_at", moment, nullable=False),
        sa.Column("noticed_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("seen_late", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_gaps_channel_id_channels")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
        sa.UniqueConstraint("channel_id", "began_at", name=op.f("uq_gaps_channel_id_began_at")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_gaps_ended_at"), "gaps", ["ended_at"], unique=False)
    op.create_index(
        op.f("ix_comments_channel_id_post_id"), "comments", ["channel_id", "post_id"], unique=False
    )
