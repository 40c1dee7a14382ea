"""Evidence is followed by revision, as knowledge is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("workspace", schema=None) as batch_op:
        batch_op.add_column(sa.Column("evidence_revision", Id, server_default=sa.text("0"), nullable=False))
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("revision", Id, server_default=sa.text("0"), nullable=False))
        batch_op.create_index(
            batch_op.f("ix_evidence_workspace_id_revision"), ["workspace_id", "revision"], unique=False
        )
        batch_op.create_index(
            "ix_evidence_closed",
            ["workspace_id", "place"],
            unique=False,
            postgresql_where=sa.text("closed"),
            sqlite_where=sa.text("closed"),
        )


def downgrade() -> None:
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_closed")
        batch_op.drop_index(batch_op.f("ix_evidence_workspace_id_revision"))
        batch_op.drop_column("revision")
    with op.batch_alter_table("workspace", schema=None) as batch_op:
        batch_op.drop_column("evidence_revision")
