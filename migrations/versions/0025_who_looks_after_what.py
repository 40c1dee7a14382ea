"""The aids that somebody looks after are found by an index: their home asks for those each time it is opened. And what
they show of who knows is followed aid by aid: until now all of them were read again whenever anybody showed anything.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_job_aid_owner_id": ["owner_id"],
    "ix_job_aid_deputy_id": ["deputy_id"],
    "ix_job_aid_workspace_id_evidence_revision": ["workspace_id", "evidence_revision"],
}


def upgrade() -> None:
    op.add_column("job_aid", sa.Column("evidence_revision", Id, server_default=sa.text("0"), nullable=False))
    with op.batch_alter_table("job_aid", schema=None) as batch_op:
        for name, columns in INDEXES.items():
            batch_op.create_index(batch_op.f(name), columns, unique=False)


def downgrade() -> None:
    with op.batch_alter_table("job_aid", schema=None) as batch_op:
        for name in INDEXES:
            batch_op.drop_index(batch_op.f(name))
    op.drop_column("job_aid", "evidence_revision")
