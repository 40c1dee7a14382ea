"""The aids that somebody looks after are found by an index: their home asks for those each time it is opened."""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("job_aid", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_aid_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_aid_deputy_id"), ["deputy_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("job_aid", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_aid_deputy_id"))
        batch_op.drop_index(batch_op.f("ix_job_aid_owner_id"))
