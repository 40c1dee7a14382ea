"""What is asked, and who can answer."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    Time,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.columns import Base, Id, Json, Moment, person, workspace


class Question(Base):
    """`place` is the address to answer at; `audience` the grants that everybody in that place holds."""

    __tablename__ = "question"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index(None, "workspace_id", "asked_at"),
        Index(None, "workspace_id", "thread"),
        Index(None, "asker_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    key: Mapped[str] = mapped_column(String(400))  # the inbound's key: one message is one question
    asker_id: Mapped[int] = person()
    text: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(String(16))
    thread: Mapped[str | None] = mapped_column(String(400))  # "conversation/thread" where follow-ups are heard
    audience: Mapped[list[str]] = mapped_column(Json)
    unnamed: Mapped[bool] = mapped_column(default=False, server_default=false())
    status: Mapped[str] = mapped_column(String(16))
    decision: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float]
    shipped: Mapped[float | None]  # the confidence before this workspace's calibration
    candidates: Mapped[list[str]] = mapped_column(Json)  # snippet ids, best first
    shown: Mapped[list[str]] = mapped_column(Json)  # of those, what the asker has seen
    status_key: Mapped[str | None] = mapped_column(String(64))  # the outbox key of the card that tells the status
    asked_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)


class Answer(Base):
    __tablename__ = "answer"
    __table_args__ = (Index(None, "question_id"), Index(None, "aid_id"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    question_id: Mapped[int] = mapped_column(Id, ForeignKey("question.id", ondelete="CASCADE"))
    snippet_id: Mapped[str | None] = mapped_column(String(80))
    aid_id: Mapped[int | None] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="SET NULL"))
    by_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    text: Mapped[str] = mapped_column(Text)
    helped: Mapped[bool | None]
    message_key: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)


class Routing(Base):
    """One question put to one expert. The unique key keeps a question from being put to somebody twice."""

    __tablename__ = "routing"
    __table_args__ = (
        UniqueConstraint("question_id", "expert_id"),
        Index("ix_routing_open", "due_at", postgresql_where=text("status IN ('asked', 'waiting')")),
        Index(None, "expert_id", "asked_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    question_id: Mapped[int] = mapped_column(Id, ForeignKey("question.id", ondelete="CASCADE"))
    expert_id: Mapped[int] = person()
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")  # why this person, in words they may read
    message_key: Mapped[str] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)


class Evidence(Base):
    __tablename__ = "evidence"
    __table_args__ = (
        UniqueConstraint("workspace_id", "source"),
        Index(None, "person_id"),
        Index(None, "workspace_id", "revision"),
        Index(
            "ix_evidence_closed",
            "workspace_id",
            "place",
            postgresql_where=text("closed"),
            sqlite_where=text("closed = 1"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    person_id: Mapped[int] = person()
    revision: Mapped[int] = mapped_column(Id, default=0, server_default=text("0"))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(200))  # what it came from; the same source counts once
    place: Mapped[str | None] = mapped_column(String(400))
    closed: Mapped[bool] = mapped_column(default=False, server_default=false())  # of use in that place alone
    weight: Mapped[float]
    at: Mapped[datetime] = mapped_column(Moment)


class EvidenceVector(Base):
    """What a piece of evidence means to one model. It goes with the piece, however that goes."""

    __tablename__ = "evidence_vector"
    __table_args__ = (Index(None, "workspace_id", "model", "revision"),)
    evidence_id: Mapped[int] = mapped_column(Id, ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True)
    model: Mapped[str] = mapped_column(String(200), primary_key=True)
    workspace_id: Mapped[int] = workspace()
    codes: Mapped[bytes] = mapped_column(LargeBinary)  # see knowledge.meanings.Reader
    revision: Mapped[int] = mapped_column(Id)


class ExpertProfile(Base):
    """What a person has said about being asked."""

    __tablename__ = "expert_profile"
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[int] = workspace()
    consent: Mapped[str] = mapped_column(String(16))  # yes, no
    topics: Mapped[list[str]] = mapped_column(Json, default=list)
    weekly_cap: Mapped[int] = mapped_column(Integer, default=5, server_default=text("5"))
    paused_until: Mapped[datetime | None] = mapped_column(Moment)
    working_days: Mapped[list[int] | None] = mapped_column(Json)  # with the two times, or none of the three
    work_from: Mapped[time | None] = mapped_column(Time)  # on their own clock
    work_until: Mapped[time | None] = mapped_column(Time)
    anytime: Mapped[bool] = mapped_column(default=False, server_default=false())  # whoever cannot wait may ask at once


class Calibration(Base):
    """What the workspace's judgements taught about how sure to be, version by version; the newest counts."""

    __tablename__ = "calibration"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    slope: Mapped[float]
    shift: Mapped[float]
    judgements: Mapped[int] = mapped_column(Integer)
    loss: Mapped[float]
    shipped_loss: Mapped[float]
    at: Mapped[datetime] = mapped_column(Moment)


class RoutingWeights(Base):
    """How much each sign of who can answer counts here, as the workspace's own threads have taught."""

    __tablename__ = "routing_weights"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True)
    placed: Mapped[bool] = mapped_column(primary_key=True)  # of questions asked in a place; of those asked in private
    answers: Mapped[int] = mapped_column(Integer)  # from how many they were learned
    weights: Mapped[dict[str, float]] = mapped_column(Json)  # by sign
    at: Mapped[datetime] = mapped_column(Moment)
