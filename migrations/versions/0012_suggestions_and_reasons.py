"""Changes that people suggest, why a version came to be, and when somebody was asked to look after an aid."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from bot.store.tables import Moment

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "suggestion",
        sa.Column("id", Id, nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("aid_id", Id, nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("need", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("put_to", Json, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("settled_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["aid_id"], ["job_aid.id"], name=op.f("fk_suggestion_aid_id_job_aid"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_suggestion_by_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_suggestion_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
    )
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suggestion_aid_id"), ["aid_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggestion_by_id"), ["by_id"], unique=False)
    with op.batch_alter_table("job_aid", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reminded_on", sa.Date(), nullable=True))
    with op.batch_alter_table("job_aid_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("why", sa.Text(), server_default=sa.text("''"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("job_aid_version", schema=None) as batch_op:
        batch_op.drop_column("why")
    with op.batch_alter_table("job_aid", schema=None) as batch_op:
        batch_op.drop_column("reminded_on")
    op.drop_table("suggestion")
