"""What texts mean to a model, and leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id, Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("leased_until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "vector",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=40), nullable=False),
        sa.Column("codes", sa.LargeBinary(), nullable=False),
        sa.Column("revision", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_vector_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "model", "fingerprint", name=op.f("pk_vector")),
    )
    with op.batch_alter_table("vector", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_vector_workspace_id_model_revision"), ["workspace_id", "model", "revision"], unique=False
        )
    with op.batch_alter_table("snippet", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fingerprint", sa.String(length=40), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_snippet_workspace_id_fingerprint"), ["workspace_id", "fingerprint"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("snippet", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_snippet_workspace_id_fingerprint"))
        batch_op.drop_column("fingerprint")
    with op.batch_alter_table("vector", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_vector_workspace_id_model_revision"))
    op.drop_table("vector")
    op.drop_table("lease")
