"""What a workspace's own threads have taught about whom to ask; until now it was learned again after each start."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id, Json, Moment

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "routing_weights",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("placed", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("weights", Json, nullable=False),
        sa.Column("at", Moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name=op.f("fk_routing_weights_workspace_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "placed", name=op.f("pk_routing_weights")),
    )


def downgrade() -> None:
    op.drop_table("routing_weights")
