"""The index of what falls due has the order in which it is claimed, to the end.

Where a hundred thousand fell due at one moment, PostgreSQL sorted them all for each five hundred.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_anew("campaign_id", "next_due_at", "id")


def downgrade() -> None:
    _make_anew("campaign_id", "next_due_at")


def _make_anew(*columns: str) -> None:
    op.drop_index("ix_enrolment_due", table_name="enrolment")
    op.create_index("ix_enrolment_due", "enrolment", columns, postgresql_where=sa.text("next_due_at IS NOT NULL"))
