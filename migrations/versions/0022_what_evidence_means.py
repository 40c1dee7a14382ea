"""What pieces of evidence mean to the language model; until now they were compared by their words alone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_vector",
        sa.Column("evidence_id", Id, nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.Column("revision", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"],
            ["evidence.id"],
            name=op.f("fk_evidence_vector_evidence_id_evidence"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"],
            ["workspace.id"],
            name=op.f("fk_evidence_vector_workspace_id_workspace"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("evidence_id", "model", name=op.f("pk_evidence_vector")),
    )
    with op.batch_alter_table("evidence_vector", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_evidence_vector_workspace_id_model_revision"),
            ["workspace_id", "model", "revision"],
            unique=False,
        )


def downgrade() -> None:
    with op.batch_alter_table("evidence_vector", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_evidence_vector_workspace_id_model_revision"))
    op.drop_table("evidence_vector")
