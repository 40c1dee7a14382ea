"""What places allow, what was overheard there, when people work, and who is a guest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id, Json, Moment

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("key", sa.String(length=600), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("learns", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("changed_by", Id, nullable=True),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["person.id"], name=op.f("fk_channel_changed_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_channel_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_channel")),
    )
    op.create_table(
        "restraint",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("place", sa.String(length=600), nullable=False),
        sa.Column("person_id", Id, autoincrement=False, nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_restraint_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "place", "person_id", name=op.f("pk_restraint")),
    )
    op.create_table(
        "talk",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("thread", sa.String(length=700), nullable=False),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answered_by", Id, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_talk_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_talk_answered_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_talk_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "thread", name=op.f("pk_talk")),
    )
    op.create_index(op.f("ix_talk_workspace_id_at"), "talk", ["workspace_id", "at"], unique=False)
    op.create_table(
        "overheard",
        sa.Column("id", Id, nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("place", sa.String(length=600), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("aid_id", Id, nullable=True),
        sa.Column("at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["aid_id"], ["job_aid.id"], name=op.f("fk_overheard_aid_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_overheard_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overheard")),
    )
    op.create_index(op.f("ix_overheard_workspace_id_at"), "overheard", ["workspace_id", "at"], unique=False)
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("guest", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("identity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("profiled_at", Moment(), nullable=True))
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("closed", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("expert_profile", schema=None) as batch_op:
        batch_op.add_column(sa.Column("working_days", Json, nullable=True))
        batch_op.add_column(sa.Column("work_from", sa.Time(), nullable=True))
        batch_op.add_column(sa.Column("work_until", sa.Time(), nullable=True))
        batch_op.add_column(sa.Column("anytime", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index("ix_routing_due", table_name="routing")
    op.create_index(
        "ix_routing_open",
        "routing",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("status IN ('asked', 'waiting')"),
    )


def downgrade() -> None:
    op.drop_index("ix_routing_open", table_name="routing")
    op.create_index("ix_routing_due", "routing", ["due_at"], unique=False, postgresql_where=sa.text("status = 'asked'"))
    with op.batch_alter_table("expert_profile", schema=None) as batch_op:
        for name in ("anytime", "work_until", "work_from", "working_days"):
            batch_op.drop_column(name)
    for table, name in (("evidence", "closed"), ("identity", "profiled_at"), ("person", "guest")):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column(name)
    for table in ("overheard", "talk", "restraint", "channel"):
        op.drop_table(table)
