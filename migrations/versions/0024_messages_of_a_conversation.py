"""The names of messages sort by their characters, so that the index of them leads to a whole conversation too.

By a language's rules, as PostgreSQL sorts otherwise, what begins alike need not stand together. SQLite sorts so anyhow.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _sort("C")


def downgrade() -> None:
    _sort("default")


def _sort(collation: str) -> None:
    if op.get_bind().dialect.name == "postgresql":  # makes the index anew, and leaves the rows where they are
        op.alter_column("outbox", "message", type_=sa.String(length=900, collation=collation))
