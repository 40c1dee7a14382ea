"""What is practised."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    Time,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.columns import Base, Id, Json, Moment, person, workspace


class Campaign(Base):
    """`personal_to` is set on a series that somebody planned for themselves: nobody else sees that it exists."""

    __tablename__ = "campaign"
    __table_args__ = (
        Index(
            "uq_campaign_shared",
            "workspace_id",
            "name",
            unique=True,
            sqlite_where=text("personal_to IS NULL"),
            postgresql_where=text("personal_to IS NULL"),
        ),
        UniqueConstraint("workspace_id", "personal_to", "name"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    personal_to: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    purpose: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    status: Mapped[str] = mapped_column(String(16))
    audience: Mapped[list[str]] = mapped_column(Json)
    places: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    working_days: Mapped[list[int] | None] = mapped_column(Json)
    at: Mapped[time | None] = mapped_column(Time)  # wall time of the learner
    zone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(16))  # whose public holidays are kept
    start: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Moment)
    started_at: Mapped[datetime | None] = mapped_column(Moment)
    # When its audience was last compared with who is enrolled; None where that is still to be done, or does not change.
    gathered_at: Mapped[datetime | None] = mapped_column(Moment)
    expected: Mapped[int | None] = mapped_column(Integer)  # so many people are being enrolled; None once all are
    published: Mapped[str | None] = mapped_column(Text)  # what its learners did, as it was last counted to be shown


class Step(Base):
    __tablename__ = "step"
    __table_args__ = (UniqueConstraint("campaign_id", "ordinal"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    campaign_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"))
    ordinal: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(16))
    after_days: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")
    aid_id: Mapped[int | None] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="SET NULL"))
    links: Mapped[list[list[str]] | None] = mapped_column(Json)  # label and address of each


class Enrolment(Base):
    """A learner in a campaign. The tick looks at `next_due_at`, where None means that nothing is due, and at what is
    `unsettled`: its time is to be reckoned anew, since the plan or a choice of the learner has changed.
    """

    __tablename__ = "enrolment"
    __table_args__ = (
        UniqueConstraint("campaign_id", "person_id"),
        # To the end as it is claimed: where many fall due at one moment, PostgreSQL would sort all of them for a few.
        Index("ix_enrolment_due", "campaign_id", "next_due_at", "id", postgresql_where=text("next_due_at IS NOT NULL")),
        Index(
            "ix_enrolment_unsettled",
            "workspace_id",
            "id",
            sqlite_where=text("unsettled = 1"),
            postgresql_where=text("unsettled"),
        ),
        Index("ix_enrolment_acted", "campaign_id", sqlite_where=text("acted = 1"), postgresql_where=text("acted")),
        Index(None, "person_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    campaign_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"))
    person_id: Mapped[int] = person()
    status: Mapped[str] = mapped_column(String(16))
    first_day: Mapped[date] = mapped_column(Date)
    step: Mapped[int] = mapped_column(Integer)  # the ordinal of the step that comes next
    round: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    unanswered: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)
    unsettled: Mapped[bool] = mapped_column(default=False, server_default=false())
    put_off: Mapped[str] = mapped_column(String(64), default="", server_default=text("''"))  # why, the last time
    # Whether the learner has done something since what learners did was last counted to be shown.
    acted: Mapped[bool] = mapped_column(default=False, server_default=false())


class Listed(Base):
    """Somebody whom a list names for a campaign: from a file, or told by a training that they have completed it."""

    __tablename__ = "listed"
    campaign_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    workspace_id: Mapped[int] = workspace()
    name: Mapped[str | None] = mapped_column(String(200))
    told_by: Mapped[str | None] = mapped_column(String(64))  # the statement that told it
    at: Mapped[datetime] = mapped_column(Moment)


class Pass(Base):
    """By what somebody outside may read or report one thing; only the secret's digest is kept."""

    __tablename__ = "pass"
    __table_args__ = (UniqueConstraint("purpose", "campaign_id"), UniqueConstraint("purpose", "person_id"))
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    workspace_id: Mapped[int] = workspace()
    purpose: Mapped[str] = mapped_column(String(16))  # completions, feed, calendar
    campaign_id: Mapped[int | None] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Nudge(Base):
    """A step fallen due for one learner. The unique key makes it happen once, whatever the clock does."""

    __tablename__ = "nudge"
    __table_args__ = (UniqueConstraint("enrolment_id", "step_id", "round"), Index(None, "person_id", "at"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    enrolment_id: Mapped[int] = mapped_column(Id, ForeignKey("enrolment.id", ondelete="CASCADE"))
    step_id: Mapped[int] = mapped_column(Id, ForeignKey("step.id", ondelete="CASCADE"))
    person_id: Mapped[int] = person()
    round: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    status: Mapped[str] = mapped_column(String(16))  # sent, skipped, unreachable
    reason: Mapped[str] = mapped_column(Text, default="")
    message_key: Mapped[str | None] = mapped_column(String(64))
    due_at: Mapped[datetime] = mapped_column(Moment)
    at: Mapped[datetime] = mapped_column(Moment)
    response: Mapped[str | None] = mapped_column(String(16))
    responded_at: Mapped[datetime | None] = mapped_column(Moment)


class FollowUp(Base):
    """What comes of a response: a recall asked again, or the reminder of a plan. It is sent as the nudge of this round.

    `wanted_at` is when it was meant to come, `next_due_at` when to look at it; None once it has been dealt with.
    """

    __tablename__ = "follow_up"
    __table_args__ = (
        UniqueConstraint("enrolment_id", "step_id", "round"),
        Index("ix_follow_up_due", "next_due_at", postgresql_where=text("next_due_at IS NOT NULL")),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    enrolment_id: Mapped[int] = mapped_column(Id, ForeignKey("enrolment.id", ondelete="CASCADE"))
    step_id: Mapped[int] = mapped_column(Id, ForeignKey("step.id", ondelete="CASCADE"))
    round: Mapped[int] = mapped_column(Integer)
    situation: Mapped[str | None] = mapped_column(Text)  # both of a plan, in the learner's words; none of a recall
    action: Mapped[str | None] = mapped_column(Text)
    wanted_at: Mapped[datetime] = mapped_column(Moment)
    next_due_at: Mapped[datetime | None] = mapped_column(Moment)


class Memory(Base):
    """How well a learner holds an item, as spaced repetition reckons it: one row, however many campaigns ask it."""

    __tablename__ = "memory"
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    item: Mapped[str] = mapped_column(String(32), primary_key=True)
    workspace_id: Mapped[int] = workspace()
    stability: Mapped[float]
    difficulty: Mapped[float]
    reviewed_at: Mapped[datetime] = mapped_column(Moment)
    reviews: Mapped[int] = mapped_column(Integer)
    lapses: Mapped[int] = mapped_column(Integer)


class Barrier(Base):
    """What got in the way, in the learner's words; the name is there only if the learner added it."""

    __tablename__ = "barrier"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    campaign_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(Moment)
