"""Lines and gates: what waits for a platform's pace is counted, and left alone until it may go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "gate",
        sa.Column("name", sa.String(length=900), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_gate")),
    )
    op.create_index(op.f("ix_gate_until"), "gate", ["until"])
    with op.batch_alter_table("bucket") as bucket:
        bucket.add_column(sa.Column("ready_at", Moment(), nullable=True))
        bucket.add_column(sa.Column("within", sa.String(length=600), nullable=True))
        bucket.alter_column("paused_until", existing_type=Moment(), nullable=True)
    op.create_index(op.f("ix_bucket_within"), "bucket", ["within"])
    op.add_column("outbox", sa.Column("line", sa.String(length=400), server_default=sa.text("'0/'"), nullable=False))
    # What waits goes on in one line a lane; what is said from now on has lines of its own.
    op.execute("UPDATE outbox SET line = CAST(lane AS VARCHAR) || '/' WHERE status = 'pending'")
    op.create_index(
        "ix_outbox_line",
        "outbox",
        ["line", "id"],
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index("ix_outbox_pending", table_name="outbox")


def downgrade() -> None:
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["lane", "id"],
        sqlite_where=sa.text("status = 'pending'"),
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.drop_index("ix_outbox_line", table_name="outbox")
    op.drop_column("outbox", "line")
    op.drop_index(op.f("ix_bucket_within"), table_name="bucket")
    op.execute("DELETE FROM bucket WHERE paused_until IS NULL")
    with op.batch_alter_table("bucket") as bucket:
        bucket.alter_column("paused_until", existing_type=Moment(), nullable=False)
        bucket.drop_column("within")
        bucket.drop_column("ready_at")
    op.drop_index(op.f("ix_gate_until"), table_name="gate")
    op.drop_table("gate")
