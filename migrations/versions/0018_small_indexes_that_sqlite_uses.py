"""Two small indexes in the words in which SQLite is asked, without which it does not use them.

A yes or no is asked for as `= 1` there, and SQLite takes an index of some rows only where the same words stand in both.
Until now each look for reminders whose time is to be reckoned read all reminders of all companies.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_enrolment_unsettled", "enrolment", ["workspace_id", "id"], "unsettled"),
    ("ix_evidence_closed", "evidence", ["workspace_id", "place"], "closed"),
)


def upgrade() -> None:
    _make_anew("{} = 1")


def downgrade() -> None:
    _make_anew("{}")


def _make_anew(condition: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for name, table, columns, column in INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns, sqlite_where=sa.text(condition.format(column)))
