"""Entries of the glossary with several meanings, an audience, and what was declined."""

from __future__ import annotations

import hashlib
import unicodedata

import sqlalchemy as sa
from alembic import op

from bot.store.tables import Id, Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    before = connection.execute(sa.text("SELECT workspace_id, term, expansion FROM term")).all()
    op.drop_table("term")
    term = op.create_table(
        "term",
        sa.Column("id", Id, nullable=False),
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("pair", sa.String(length=64), nullable=False),
        sa.Column("term", sa.String(length=200), nullable=False),
        sa.Column("expansion", sa.Text(), nullable=False),
        sa.Column("audience", Json, nullable=False),
        sa.Column("declined", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_term_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("workspace_id", "pair", name=op.f("uq_term_workspace_id_pair")),
    )
    rows = {
        (workspace_id, _pair(short, long)): {
            "workspace_id": workspace_id,
            "pair": _pair(short, long),
            "term": short,
            "expansion": long,
            "audience": ["everyone"],
        }
        for workspace_id, short, long in before
    }
    if rows:
        op.bulk_insert(term, list(rows.values()))


def downgrade() -> None:
    connection = op.get_bind()
    before = connection.execute(
        sa.text("SELECT workspace_id, term, expansion FROM term WHERE NOT declined ORDER BY id DESC")
    ).all()
    op.drop_table("term")
    term = op.create_table(
        "term",
        sa.Column("workspace_id", Id, nullable=False),
        sa.Column("term", sa.String(length=200), nullable=False),
        sa.Column("expansion", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspace.id"], name=op.f("fk_term_workspace_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("workspace_id", "term", name=op.f("pk_term")),
    )
    rows = {
        (workspace_id, short): {"workspace_id": workspace_id, "term": short, "expansion": long}
        for workspace_id, short, long in before
    }
    if rows:
        op.bulk_insert(term, list(rows.values()))


def _pair(term: str, expansion: str) -> str:
    folded = (" ".join(unicodedata.normalize("NFKC", one).casefold().split()) for one in (term, expansion))
    return hashlib.sha256("\x00".join(folded).encode()).hexdigest()
