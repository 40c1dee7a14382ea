"""Whom lists name, passes for what is outside, and times to be reckoned anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id, Json, Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listed",
        sa.Column("campaign_id", Id, nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("told_by", sa.String(length=64), nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaign.id"], name=op.f("fk_listed_campaign_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_listed_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "email", name=op.f("pk_listed")),
    )
    op.create_table(
        "pass",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("campaign_id", Id, nullable=True),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_pass_campaign_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_pass_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_pass_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pass")),
        sa.UniqueConstraint("purpose", "campaign_id", name=op.f("uq_pass_purpose_campaign_id")),
        sa.UniqueConstraint("purpose", "person_id", name=op.f("uq_pass_purpose_person_id")),
    )
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.add_column(sa.Column("gathered_at", Moment(), nullable=True))
        batch_op.add_column(sa.Column("expected", sa.Integer(), nullable=True))

    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unsettled", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.drop_index(batch_op.f("ix_enrolment_due"))
        batch_op.create_index(
            "ix_enrolment_due",
            ["campaign_id", "next_due_at"],
            unique=False,
            postgresql_where=sa.text("next_due_at IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_enrolment_unsettled",
            ["workspace_id", "id"],
            unique=False,
            sqlite_where=sa.text("unsettled"),
            postgresql_where=sa.text("unsettled"),
        )

    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.add_column(sa.Column("links", Json, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("step", schema=None) as batch_op:
        batch_op.drop_column("links")

    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_enrolment_unsettled", sqlite_where=sa.text("unsettled"), postgresql_where=sa.text("unsettled")
        )
        batch_op.drop_index("ix_enrolment_due", postgresql_where=sa.text("next_due_at IS NOT NULL"))
        batch_op.create_index(
            batch_op.f("ix_enrolment_due"),
            ["next_due_at"],
            unique=False,
            postgresql_where=sa.text("next_due_at IS NOT NULL"),
        )
        batch_op.drop_column("unsettled")

    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.drop_column("expected")
        batch_op.drop_column("gathered_at")

    op.drop_table("pass")
    op.drop_table("listed")
