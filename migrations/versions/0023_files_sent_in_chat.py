"""Files that people send in chat, while they are read and decided about; until now none were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id, Moment

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sent_file",
        sa.Column("id", Id, nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("key", sa.String(length=600), nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("campaign_id", Id, nullable=True),
        sa.Column("meant", sa.String(length=8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease", sa.String(length=64), nullable=True),
        sa.Column("due_at", Moment(timezone=True), nullable=True),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_sent_file_campaign_id_campaign"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_sent_file_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_sent_file_workspace_id_workspace"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_file")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_sent_file_workspace_id_key")),
    )
    with op.batch_alter_table("sent_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sent_file_person_id"), ["person_id"], unique=False)
        batch_op.create_index(
            "ix_sent_file_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("due_at IS NOT NULL"),
            postgresql_where=sa.text("due_at IS NOT NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("sent_file", schema=None) as batch_op:
        batch_op.drop_index("ix_sent_file_due")
        batch_op.drop_index(batch_op.f("ix_sent_file_person_id"))
    op.drop_table("sent_file")
