"""References and twins: where a conversation is, and what two deliveries of one message share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Moment

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reference",
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("tenant", sa.String(length=255), nullable=False),
        sa.Column("conversation", sa.String(length=1000), nullable=False),
        sa.Column("service_url", sa.String(length=1000), nullable=False),
        sa.Column("person", sa.String(length=1000), nullable=True),
        sa.Column("team", sa.String(length=1000), nullable=True),
        sa.Column("seen_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "tenant", "conversation", name=op.f("pk_reference")),
    )
    op.create_index("ix_reference_person", "reference", ["platform", "tenant", "person"])
    op.create_index("ix_reference_seen", "reference", ["platform", "tenant", "seen_at"])
    op.add_column("inbox", sa.Column("twin", sa.String(length=64), nullable=True))
    op.create_index(
        "ix_inbox_twin",
        "inbox",
        ["twin"],
        sqlite_where=sa.text("twin IS NOT NULL"),
        postgresql_where=sa.text("twin IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_inbox_twin", table_name="inbox")
    with op.batch_alter_table("inbox") as inbox:
        inbox.drop_column("twin")
    op.drop_table("reference")
