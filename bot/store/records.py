"""What the store hands out: frozen copies of rows, in the words of the journeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from bot.messages import Address, File, MessageRef, Scope
from knowledge.model import EVERYONE, EvidenceKind
from scheduler.model import Campaign, Enrolment, Intention, Step


class Role(StrEnum):
    MEMBER = "member"
    EXPERT = "expert"
    LD = "ld"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: int
    name: str
    email: str | None
    time_zone: str | None
    roles: frozenset[str]
    groups: frozenset[str]
    settings: Mapping[str, Any]
    active: bool
    guest: bool = False
    met: bool = False  # they have turned to Lanyard themselves, so that it may write to them

    def is_ld(self) -> bool:
        """Whether they may plan campaigns and edit every unlocked aid. Administrators may too."""
        return bool(self.roles & {Role.LD, Role.ADMINISTRATOR})

    def may_publish(self) -> bool:
        """Whether what they write becomes a job aid without L&D being asked: experts and L&D."""
        return self.is_ld() or Role.EXPERT in self.roles

    def grants(self) -> frozenset[str]:
        return frozenset({EVERYONE, f"person:{self.id}", *(f"group:{name}" for name in self.groups)})


class Stage(StrEnum):
    """How far a file is that somebody sent."""

    READ = "read"  # to be fetched, and taken for what it is
    CHOOSE = "choose"  # its sender has to say what it is, or what for
    DRAFTED = "drafted"  # its sender has to say what is published
    PUBLISH = "publish"  # all that was drafted from it is to be published
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file that somebody sent. `place` is where they are answered; `meant` is "aids", "list", or not said."""

    id: int
    workspace: int
    person_id: int
    file: File
    place: Address
    words: str
    stage: Stage
    meant: str
    campaign_id: int | None
    content: bytes | None = field(repr=False)
    attempts: int
    lease: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser in which a person reads pages, by the ids of both."""

    workspace: int
    person: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    id: int
    name: str
    settings: Mapping[str, Any]
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """An installation as it stands in the store. `sealed` is None once it has ended."""

    platform: str
    tenant: str
    sealed: str | None = field(repr=False)
    version: int
    expires_at: datetime | None


class Mode(StrEnum):
    """How Lanyard listens in a place."""

    OFF = "off"  # not even when it is mentioned
    MENTION = "mention"  # only when it is mentioned
    OFFER = "offer"  # unasked, for the asker's eyes alone, when it is sure
    ANSWER = "answer"  # unasked, in the thread, when it is sure


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What a place's people allow there. `learns`: who answers there may become evidence."""

    key: str
    mode: Mode = Mode.MENTION
    learns: bool = False


class Heeded(StrEnum):
    """What came of a message that asked something where Lanyard listens."""

    SAID = "said"
    SHADOW = "shadow"  # it would have been said
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    thread: str
    person_id: int | None  # who opened it
    text: str
    answered_by: int | None


class QuestionStatus(StrEnum):
    OPEN = "open"  # answered from an aid, offered choices, or told that nothing was found
    ROUTED = "routed"  # with an expert
    ANSWERED = "answered"  # by an expert
    SOLVED = "solved"  # the asker says so
    WITHDRAWN = "withdrawn"
    UNANSWERED = "unanswered"  # nobody could be found


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    id: int
    asker_id: int
    text: str
    place: Address
    scope: str
    audience: frozenset[str]
    unnamed: bool
    status: QuestionStatus
    candidates: tuple[str, ...]
    shown: tuple[str, ...]
    status_key: str | None
    asked_at: datetime

    def may_teach(self, audience: frozenset[str]) -> bool:
        """Whether its wording may become one of an aid for that audience: that of a closed place stays there."""
        return self.scope != Scope.PRIVATE or audience <= self.audience - {EVERYONE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    id: int
    question_id: int
    snippet_id: str | None
    aid_id: int | None
    by_id: int | None
    text: str
    helped: bool | None
    message_key: str


class RoutingStatus(StrEnum):
    WAITING = "waiting"  # to be asked when they are at work
    ASKED = "asked"
    ANSWERED = "answered"
    PASSED = "passed"
    EXPIRED = "expired"
    CLOSED = "closed"  # somebody else answered, or the asker no longer needs it


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    id: int
    question_id: int
    expert_id: int
    status: RoutingStatus
    reason: str
    message_key: str
    asked_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Aid:
    """A job aid as it stands in the store."""

    id: int
    number: int
    key: str
    title: str
    need: str
    body: str
    links: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    owner_id: int | None
    owner_name: str | None
    deputy_id: int | None
    audience: frozenset[str]
    review_days: int
    verified_on: date | None
    status: str
    locked: bool
    version: int
    question_id: int | None
    origin: str | None = None  # where it is kept and edited, if that is not here

    def may_be_changed_by(self, person: Person) -> bool:
        """Its owner, its deputy, and unless it is locked L&D, who must be among those it is for."""
        if person.id in (self.owner_id, self.deputy_id):
            return True
        return not self.locked and person.is_ld() and bool(self.audience & person.grants())

    def is_seen_by_all_of(self, audience: frozenset[str]) -> bool:
        """Whether everybody who may see what is for `audience` may see this too."""
        return EVERYONE in self.audience or audience <= self.audience


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What an aid once said. `why` is empty where nobody gave a reason."""

    number: int
    title: str
    need: str
    body: str
    links: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    by_name: str | None  # None: the installation itself, or somebody who is not here any more
    why: str
    at: datetime


class SuggestionStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A change of an aid that somebody proposes. `version` is the one they had before them."""

    id: int
    aid_id: int
    by_id: int
    version: int
    title: str
    need: str
    body: str
    note: str
    status: SuggestionStatus
    put_to: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertProfile:
    person_id: int
    consent: str  # "yes", "no"
    topics: tuple[str, ...]
    weekly_cap: int
    paused_until: datetime | None
    working_days: tuple[int, ...] = ()  # 0 is Monday; with the two times, or none of the three
    work_from: time | None = None
    work_until: time | None = None
    anytime: bool = False  # whoever cannot wait may ask at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of evidence as the one whom it is about may see and take away."""

    id: int
    kind: EvidenceKind
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRecord:
    """A campaign as it stands in the store: its plan, and whose it is. `step_ids` go with `plan.steps`."""

    id: int
    owner_id: int | None
    plan: Campaign
    step_ids: tuple[int, ...]
    audience: tuple[str, ...]  # as it was typed: "#support", "@ana", "everyone", "open"
    places: Mapping[str, Mapping[str, str]]  # what each of those meant: the address of a channel, a person's id
    expected: int | None = None  # so many people are being enrolled just now
    started_at: datetime | None = None

    def step(self, step_id: int) -> tuple[int, Step]:
        """The ordinal and content of a step. Raises LookupError when an edit has taken it away."""
        try:
            ordinal = self.step_ids.index(step_id)
        except ValueError:
            raise LookupError(f"No step {step_id} in campaign {self.id}") from None
        return ordinal, self.plan.steps[ordinal]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRecord:
    id: int
    campaign_id: int
    person_id: int
    series: Enrolment


@dataclass(frozen=True, slots=True, kw_only=True)
class NudgeRecord:
    id: int
    enrolment_id: int
    step_id: int
    person_id: int
    campaign_id: int
    status: str
    message_key: str | None
    response: str | None
    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRecord:
    """A nudge that comes of a response, of a step sent before. `intention` is None for a recall."""

    id: int
    step_id: int
    round: int
    wanted_at: datetime
    due: datetime | None
    intention: Intention | None
    enrolment: EnrolmentRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where a conversation is; `person` is whose own it is, `team` whose channel."""

    tenant: str
    conversation: str
    service_url: str
    person: str | None = None
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A leased row of the inbox."""

    id: int
    key: str
    payload: str
    attempts: int
    lease: str
    twin: str | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A leased row of the outbox. `target_ref` is the message to revise, unless it was never sent.

    `overtaken` says that a later row revises the same message: then this one must not overwrite it.
    """

    id: int
    key: str
    lane: int
    address: Address
    card: str
    target: str | None
    target_ref: MessageRef | None
    overtaken: bool
    attempts: int
    uncertain: bool
    lease: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What stands in one line of the outbox. `until` is set where nothing of it can go before then."""

    line: str
    messages: int
    since: datetime
    until: datetime | None
