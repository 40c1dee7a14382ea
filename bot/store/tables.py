"""The tables. Typed declarative classes describe them; the statements elsewhere in this package are plain Core.

Every row of the domain belongs to one workspace. Times are aware and kept in UTC (`Moment`). Rows of the machinery
(inbox, outbox) belong to a platform's tenant and are leased by wall time, whatever clock the domain lives by.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    Time,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Moment(TypeDecorator[datetime]):
    """An aware point in time, kept in UTC. SQLite has no time zones, so it holds the bare UTC reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"A naive time reached the store: {value!r}. Make it aware.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Id = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers rows by itself only in an INTEGER key


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _workspace() -> Mapped[int]:
    return mapped_column(Id, ForeignKey("workspace.id", ondelete="CASCADE"))


def _person() -> Mapped[int]:
    return mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"))


# ── Who and where ───────────────────────────────────────────────────────────────────────────────────────────────────


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
    workspace_id: Mapped[int] = _workspace()
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
    workspace_id: Mapped[int] = _workspace()
    person_id: Mapped[int] = _person()
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
    workspace_id: Mapped[int] = _workspace()
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
    person_id: Mapped[int] = _person()
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
    workspace_id: Mapped[int] = _workspace()
    place: Mapped[str] = mapped_column(String(600))
    outcome: Mapped[str] = mapped_column(String(16))
    aid_id: Mapped[int | None] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(Moment)


# ── What is known ───────────────────────────────────────────────────────────────────────────────────────────────────


class JobAid(Base):
    __tablename__ = "job_aid"
    __table_args__ = (UniqueConstraint("workspace_id", "number"), UniqueConstraint("workspace_id", "key"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = _workspace()
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
    workspace_id: Mapped[int] = _workspace()
    aid_id: Mapped[int] = mapped_column(Id, ForeignKey("job_aid.id", ondelete="CASCADE"))
    by_id: Mapped[int] = _person()
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
    workspace_id: Mapped[int] = _workspace()
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
    workspace_id: Mapped[int] = _workspace()
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
    workspace_id: Mapped[int] = _workspace()
    pair: Mapped[str] = mapped_column(String(64))  # see knowledge.terms.pair_of
    term: Mapped[str] = mapped_column(String(200))
    expansion: Mapped[str] = mapped_column(Text)
    audience: Mapped[list[str]] = mapped_column(Json)
    declined: Mapped[bool] = mapped_column(default=False, server_default=false())


# ── What is asked ───────────────────────────────────────────────────────────────────────────────────────────────────


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
    workspace_id: Mapped[int] = _workspace()
    key: Mapped[str] = mapped_column(String(400))  # the inbound's key: one message is one question
    asker_id: Mapped[int] = _person()
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
    workspace_id: Mapped[int] = _workspace()
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
    workspace_id: Mapped[int] = _workspace()
    question_id: Mapped[int] = mapped_column(Id, ForeignKey("question.id", ondelete="CASCADE"))
    expert_id: Mapped[int] = _person()
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
    workspace_id: Mapped[int] = _workspace()
    person_id: Mapped[int] = _person()
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
    workspace_id: Mapped[int] = _workspace()
    codes: Mapped[bytes] = mapped_column(LargeBinary)  # see knowledge.meanings.Reader
    revision: Mapped[int] = mapped_column(Id)


class ExpertProfile(Base):
    """What a person has said about being asked."""

    __tablename__ = "expert_profile"
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    workspace_id: Mapped[int] = _workspace()
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


# ── What is practised ───────────────────────────────────────────────────────────────────────────────────────────────


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
    workspace_id: Mapped[int] = _workspace()
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
    workspace_id: Mapped[int] = _workspace()
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
    workspace_id: Mapped[int] = _workspace()
    campaign_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"))
    person_id: Mapped[int] = _person()
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
    workspace_id: Mapped[int] = _workspace()
    name: Mapped[str | None] = mapped_column(String(200))
    told_by: Mapped[str | None] = mapped_column(String(64))  # the statement that told it
    at: Mapped[datetime] = mapped_column(Moment)


class Pass(Base):
    """By what somebody outside may read or report one thing; only the secret's digest is kept."""

    __tablename__ = "pass"
    __table_args__ = (UniqueConstraint("purpose", "campaign_id"), UniqueConstraint("purpose", "person_id"))
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    workspace_id: Mapped[int] = _workspace()
    purpose: Mapped[str] = mapped_column(String(16))  # completions, feed, calendar
    campaign_id: Mapped[int | None] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Moment)


class Nudge(Base):
    """A step fallen due for one learner. The unique key makes it happen once, whatever the clock does."""

    __tablename__ = "nudge"
    __table_args__ = (UniqueConstraint("enrolment_id", "step_id", "round"), Index(None, "person_id", "at"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = _workspace()
    enrolment_id: Mapped[int] = mapped_column(Id, ForeignKey("enrolment.id", ondelete="CASCADE"))
    step_id: Mapped[int] = mapped_column(Id, ForeignKey("step.id", ondelete="CASCADE"))
    person_id: Mapped[int] = _person()
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
    workspace_id: Mapped[int] = _workspace()
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
    workspace_id: Mapped[int] = _workspace()
    stability: Mapped[float]
    difficulty: Mapped[float]
    reviewed_at: Mapped[datetime] = mapped_column(Moment)
    reviews: Mapped[int] = mapped_column(Integer)
    lapses: Mapped[int] = mapped_column(Integer)


class Barrier(Base):
    """What got in the way, in the learner's words; the name is there only if the learner added it."""

    __tablename__ = "barrier"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workspace_id: Mapped[int] = _workspace()
    campaign_id: Mapped[int] = mapped_column(Id, ForeignKey("campaign.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int | None] = mapped_column(Id, ForeignKey("person.id", ondelete="SET NULL"))
    at: Mapped[datetime] = mapped_column(Moment)


# ── The machinery ───────────────────────────────────────────────────────────────────────────────────────────────────


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
    workspace_id: Mapped[int] = _workspace()
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
    message: Mapped[str | None] = mapped_column(String(900))  # the platform's own name of it, to find a pressed card
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
    workspace_id: Mapped[int] = _workspace()
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
