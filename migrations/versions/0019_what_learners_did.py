"""What learners of a campaign did, as it was last counted to be shown, and who has done something since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.add_column(sa.Column("published", sa.Text(), nullable=True))
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("acted", sa.Boolean(), server_default=sa.text("false"), nullable=False))
        batch_op.create_index(
            "ix_enrolment_acted", ["campaign_id"], sqlite_where=sa.text("acted = 1"), postgresql_where=sa.text("acted")
        )


def downgrade() -> None:
    with op.batch_alter_table("enrolment", schema=None) as batch_op:
        batch_op.drop_index("ix_enrolment_acted")
        batch_op.drop_column("acted")
    with op.batch_alter_table("campaign", schema=None) as batch_op:
        batch_op.drop_column("published")
