"""Files that people sent in chat, while they are read and until their sender has decided about them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.columns import Base, Id, Moment, person, workspace


class SentFile(Base):
    """A file. The key is its platform's own name of it, so that the same file has one row, however often it is sent.

    `due_at` is when a worker has to do with it, or None; a lease moves it on, so that what was broken off falls due.
    """

    __tablename__ = "sent_file"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index(
            "ix_sent_file_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index(None, "person_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    key: Mapped[str] = mapped_column(String(600))
    person_id: Mapped[int] = person()
    file: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)  # where its sender is answered
    words: Mapped[str] = mapped_column(Text)  # what was said beside it
    stage: Mapped[str] = mapped_column(String(16))  # read, choose, drafted, publish, done
    campaign_id: Mapped[int | None] = mapped_column(Id, ForeignKey("campaign.id", ondelete="SET NULL"))
    meant: Mapped[str] = mapped_column(String(8))  # aids or list, once its sender has said so
    content: Mapped[bytes | None] = mapped_column(LargeBinary)  # of a list, while its sender chooses
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    lease: Mapped[str | None] = mapped_column(String(64))
    due_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment)
