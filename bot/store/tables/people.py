"""Who and where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.columns import Base, Id, Json, Moment, person, workspace


class Workspace(Base):
    """One company. `revision` counts the changes of its knowledge; taking the next one serialises their commits.

    `evidence_revision` counts those of what shows who knows: evidence, and who owns and declared what.
    """

    __tablename__ = "workspace"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    revision: Mapped[int] = mapped_column(Id, default=0, server_default=text("0"))
    evidence_revision: Mapped[int] = mapped_column(Id, default=0, server_default=text("0"))
    aids: Mapped[int] = mapped_column(Id, default=0, server_default=text("0"))  # the last number given to a job aid
    created_at: Mapped[datetime] = mapped_column(Moment)


class Tenant(Base):
    """A platform's own name of a company, and the workspace it means.

    `organisation` is what the platform says it is a part of: one company with several tenants. An organisation has a
    row too, in which it is its own.
    """

    __tablename__ = "tenant"
    __table_args__ = (Index(None, "platform", "organisation"),)
    platform: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(255), primary_key=True)
    workspace_id: Mapped[int] = workspace()
    organisation: Mapped[str | None] = mapped_column(String(255))


class Installation(Base):
    """By what Lanyard may speak in a tenant. `sealed` is encrypted, and nothing once the installation has ended.

    Each change counts `version` up, so that what was decided by an older one has no effect on a newer one.
    """

    __tablename__ = "installation"
    platform: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(255), primary_key=True)
    sealed: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    installed_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    leased_until: Mapped[datetime | None] = mapped_column(Moment)


class SignIn(Base):
    """An installation that somebody has begun, by digests: whoever reads this table can finish none."""

    __tablename__ = "sign_in"
    state: Mapped[str] = mapped_column(String(64), primary_key=True)
    browser: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime] = mapped_column(Moment)


class Visit(Base):
    """A browser in which somebody reads pages; a way in for them while nothing has been entered by it. By digests."""

    __tablename__ = "visit"
    __table_args__ = (Index(None, "person_id"), Index(None, "workspace_id", "until"))
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    workspace_id: Mapped[int] = workspace()
    person_id: Mapped[int] = person()
    leads_to: Mapped[str] = mapped_column(String(200))
    entered_at: Mapped[datetime | None] = mapped_column(Moment)
    until: Mapped[datetime] = mapped_column(Moment)


class Reference(Base):
    """Where a conversation is, on a platform that has to be told with each call; by tenants, as they are told of."""

    __tablename__ = "reference"
    __table_args__ = (
        Index("ix_reference_person", "platform", "tenant", "person"),
        Index("ix_reference_seen", "platform", "tenant", "seen_at"),
    )
    platform: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(255), primary_key=True)
    conversation: Mapped[str] = mapped_column(String(1000), primary_key=True)
    service_url: Mapped[str] = mapped_column(String(1000))
    person: Mapped[str | None] = mapped_column(String(1000))  # whose own conversation with the bot it is
    team: Mapped[str | None] = mapped_column(String(1000))
    seen_at: Mapped[datetime] = mapped_column(Moment)


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("workspace_id", "email"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(String(320))  # lower case
    time_zone: Mapped[str | None] = mapped_column(String(64))
    roles: Mapped[list[str]] = mapped_column(Json, default=list)
    groups: Mapped[list[str]] = mapped_column(Json, default=list)
    settings: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())
    guest: Mapped[bool] = mapped_column(default=False, server_default=false())  # of another company, or let in a little
    created_at: Mapped[datetime] = mapped_column(Moment)
    # When they first turned to Lanyard themselves; None for those who are only known, as from a campaign's audience.
    met_at: Mapped[datetime | None] = mapped_column(Moment)


class Identity(Base):
    """A person as one platform knows them. A person has one on each platform they use."""

    __tablename__ = "identity"
    __table_args__ = (Index(None, "person_id"),)
    platform: Mapped[str] = mapped_column(String(40), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(255), primary_key=True)
    user: Mapped[str] = mapped_column(String(255), primary_key=True)
    person_id: Mapped[int] = person()
    seen_at: Mapped[datetime] = mapped_column(Moment)
    profiled_at: Mapped[datetime | None] = mapped_column(Moment)  # when the platform last told who they are


class Channel(Base):
    """What a place's people allow there. `key` names it among all platforms; without a row the defaults hold."""

    __tablename__ = "channel"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(600), primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(String(16))
    learns: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed_by: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    changed_at: Mapped[datetime] = mapped_column(Moment)


class Restraint(Base):
    """No unsolicited reply in this place (empty: anywhere) to this person (0: to anybody) before `until`."""

    __tablename__ = "restraint"
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True)
    place: Mapped[str] = mapped_column(String(600), primary_key=True)
    person_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    until: Mapped[datetime] = mapped_column(Moment)


class Talk(Base):
    """A thread in a place that is listened to: who opened it, and whether a colleague has replied. Kept for days.

    `text` is what opened it, kept only where Lanyard may learn who answers.
    """

    __tablename__ = "talk"
    __table_args__ = (Index(None, "workspace_id", "at"),)
    workspace_id: Mapped[int] = mapped_column(Id, ForeignKey("workspace.id", ondelete="CASCADE"), primary_key=True)
    thread: Mapped[str] = mapped_column(String(700), primary_key=True)
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(Moment)


class Overheard(Base):
    """A message that asked something where Lanyard listens, and what came of it. It keeps neither words nor names."""

    __tablename__ = "overheard"
    __table_args__ = (Index(None, "workspace_id", "at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = workspace()
    place: Mapped[str] = mapped_column(String(600))
    outcome: Mapped[str] = mapped_column(String(16))
    aid_id: Mapped[int | None] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(Moment)
