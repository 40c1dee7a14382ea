"""When people first turned to Lanyard themselves; known before this only by what they have done."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

MET = """
    UPDATE person SET met_at = created_at
    WHERE id IN (SELECT asker_id FROM question)
       OR id IN (SELECT person_id FROM nudge WHERE response IS NOT NULL)
       OR id IN (SELECT person_id FROM expert_profile)
"""


def upgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("met_at", Moment(), nullable=True))
    op.execute(MET)


def downgrade() -> None:
    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("met_at")
