"""The machinery: what comes in, what goes out, and how fast."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.columns import Base, Id, Moment, workspace


class InboxRow(Base):
    """What came in. The key makes every redelivery fall on the same row; done rows are kept for 48 hours for that."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index(
            "ix_inbox_pending",
            "id",
            sqlite_where=text("done_at IS NULL"),
            postgresql_where=text("done_at IS NULL"),
        ),
        Index("ix_inbox_done", "done_at"),
        Index(
            "ix_inbox_twin",
            "twin",
            sqlite_where=text("twin IS NOT NULL"),
            postgresql_where=text("twin IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(600), unique=True)
    twin: Mapped[str | None] = mapped_column(String(64))  # what a delivery of the same under another key would share
    payload: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(Moment)
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    lease: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    fault: Mapped[str | None] = mapped_column(Text)


class OutboxRow(Base):
    """What is to be said, or said again differently (`target` names the row whose message is revised)."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_line",
            "line",
            "id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_outbox_queue",
            "queue",
            "id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(None, "target"),
        Index(None, "message"),
        Index("ix_outbox_done", "done_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    workspace_id: Mapped[int] = workspace()
    lane: Mapped[int] = mapped_column(Integer)  # 0 answers, 1 experts and forms, 2 campaigns
    line: Mapped[str] = mapped_column(String(400), server_default=text("'0/'"))  # what waits for the same reason
    queue: Mapped[str] = mapped_column(String(900))  # the conversation: what is said in one goes out in order
    address: Mapped[str] = mapped_column(Text)
    card: Mapped[str] = mapped_column(Text)
    target: Mapped[str | None] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))  # pending, sent, superseded, dead
    not_before: Mapped[datetime] = mapped_column(Moment)
    leased_until: Mapped[datetime | None] = mapped_column(Moment)
    lease: Mapped[str | None] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    uncertain: Mapped[bool] = mapped_column(default=False, server_default=false())
    ref: Mapped[str | None] = mapped_column(Text)
    # The platform's own name of it, to find a pressed card. Sorted by its characters: those of a conversation, whose
    # names begin alike, stand together in the index.
    message: Mapped[str | None] = mapped_column(String(900).with_variant(String(900, collation="C"), "postgresql"))
    fault: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    done_at: Mapped[datetime | None] = mapped_column(Moment)


class Bucket(Base):
    """What a platform counts together, and lets through no faster than it says. See `bot.store.pacing`."""

    __tablename__ = "bucket"
    __table_args__ = (Index(None, "within"),)
    name: Mapped[str] = mapped_column(String(600), primary_key=True)
    ready_at: Mapped[datetime | None] = mapped_column(Moment)  # when it is as good as new
    paused_until: Mapped[datetime | None] = mapped_column(Moment)  # the platform asked for quiet
    within: Mapped[str | None] = mapped_column(String(600))  # the wider bucket that its conversation draws on as well


class Gate(Base):
    """Nothing of this line, or of this conversation, can go before `until`: so nobody looks at it before."""

    __tablename__ = "gate"
    __table_args__ = (Index(None, "until"),)
    name: Mapped[str] = mapped_column(String(900), primary_key=True)
    until: Mapped[datetime] = mapped_column(Moment)


class Audit(Base):
    """Who did what that others may have to account for. Each row's digest covers the one before it."""

    __tablename__ = "audit"
    __table_args__ = (UniqueConstraint("workspace_id", "ordinal"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    ordinal: Mapped[int] = mapped_column(Id)
    by_id: Mapped[int | None] = mapped_column(Id)
    verb: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(Moment)
    digest: Mapped[str] = mapped_column(String(64))


class Setting(Base):
    """Small facts about the installation itself, such as how far the demonstration's clock was moved."""

    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
