"""What is known."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.columns import Base, Id, Json, Moment, person, workspace


class JobAid(Base):
    __tablename__ = "job_aid"
    __table_args__ = (
        UniqueConstraint("workspace_id", "number"),
        UniqueConstraint("workspace_id", "key"),
        Index(None, "owner_id"),
        Index(None, "deputy_id"),
        Index(None, "workspace_id", "evidence_revision"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    number: Mapped[int] = mapped_column(Id)  # what people call it: #12
    key: Mapped[str] = mapped_column(String(400))
    title: Mapped[str] = mapped_column(Text)
    need: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text)
    links: Mapped[list[list[str]]] = mapped_column(Json, default=list)
    tags: Mapped[list[str]] = mapped_column(Json, default=list)
    owner_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    deputy_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    audience: Mapped[list[str]] = mapped_column(Json)
    review_days: Mapped[int] = mapped_column(Integer)
    verified_on: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(16))
    locked: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(Integer, default=1)
    source: Mapped[str] = mapped_column(String(40))  # import, sample, answer, form
    question_id: Mapped[int | None] = mapped_column(Id)  # the question whose answer became this aid
    origin: Mapped[str | None] = mapped_column(Text)  # the file in a watched folder that it is kept and edited in
    reminded_on: Mapped[date | None] = mapped_column(Date)  # when somebody was last asked whether it is still true
    evidence_revision: Mapped[int] = mapped_column(Id, default=0, server_default=text("0"))  # when its owner, or what
    # it shows them to know, was last changed
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)


class JobAidVersion(Base):
    __tablename__ = "job_aid_version"
    aid_id: Mapped[int] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(Json)
    by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    why: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    at: Mapped[datetime] = mapped_column(Moment)


class Suggestion(Base):
    """A change of an aid that somebody proposes to those who may make it. `version` is what they had before them."""

    __tablename__ = "suggestion"
    __table_args__ = (Index(None, "aid_id"), Index(None, "by_id"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    aid_id: Mapped[int] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="CASCADE"))
    by_id: Mapped[int] = person()
    version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    need: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(16))
    put_to: Mapped[list[int]] = mapped_column(Json)  # the people who were asked
    at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)


class Snippet(Base):
    """The published pieces of the aids. A withdrawn piece stays as a tombstone, so that every replica hears of it."""

    __tablename__ = "snippet"
    __table_args__ = (
        Index(None, "workspace_id", "revision"),
        Index(None, "workspace_id", "fingerprint"),
        Index(None, "aid_id"),
    )
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    workspace_id: Mapped[int] = workspace()
    aid_id: Mapped[int] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(Json)
    audience: Mapped[list[str]] = mapped_column(Json)
    withdrawn: Mapped[bool] = mapped_column(default=False, server_default=false())
    revision: Mapped[int] = mapped_column(Id)
    fingerprint: Mapped[str | None] = mapped_column(String(40))  # of title and text; None until the encoder has seen it


class Vector(Base):
    """What a text means to one model, under the text's fingerprint: nothing that is said twice is encoded twice."""

    __tablename__ = "vector"
    __table_args__ = (Index(None, "workspace_id", "model", "revision"),)
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(40), primary_key=True)
    codes: Mapped[bytes] = mapped_column(LargeBinary)  # see knowledge.vectors.pack
    revision: Mapped[int] = mapped_column(Id)


class Lease(Base):
    """A replica's hold on work of which only one should do a part at a time."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    leased_until: Mapped[datetime] = mapped_column(Moment)


class Phrasing(Base):
    """A wording that led somebody to an aid. It keeps no name."""

    __tablename__ = "phrasing"
    __table_args__ = (UniqueConstraint("aid_id", "text"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    aid_id: Mapped[int] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(String(500))
    at: Mapped[datetime] = mapped_column(Moment)


class Term(Base):
    """An entry of the workspace's glossary: an acronym or a word of its own, and one thing that it stands for.

    `pair` is the same for the same two in another spelling. What was suggested and declined stays, to be suggested no
    more.
    """

    __tablename__ = "term"
    __table_args__ = (UniqueConstraint("workspace_id", "pair"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    pair: Mapped[str] = mapped_column(String(64))  # see knowledge.terms.pair_of
    term: Mapped[str] = mapped_column(String(200))
    expansion: Mapped[str] = mapped_column(Text)
    audience: Mapped[list[str]] = mapped_column(Json)
    declined: Mapped[bool] = mapped_column(default=False, server_default=false())
