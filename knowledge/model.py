"""The nouns of knowing: what is known, what is asked, who has shown that they know.

Ids are text, so that the same code serves the store's numbers and a file's names. All times are aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

EVERYONE = "everyone"
"""The grant that every person in the workspace holds."""

OPEN: frozenset[str] = frozenset({EVERYONE})
"""The audience of what everybody may see."""


class Status(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobAid:
    """A short answer to one need, as it is written in a file or a form.

    `key` is its stable name in its source (a path, an id); importing the same key again changes the same aid.
    `audience` names the grants of which a reader needs one. `owner` and `deputy` are e-mail addresses.
    """

    key: str
    title: str
    body: str  # CommonMark
    need: str = ""  # the situation in which somebody wants this, in a worker's words
    links: tuple[Link, ...] = ()
    tags: tuple[str, ...] = ()
    owner: str | None = None
    deputy: str | None = None
    audience: frozenset[str] = OPEN
    review_days: int = 180
    verified_on: date | None = None
    status: Status = Status.PUBLISHED
    locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """An entry of the glossary. A term with several meanings has an entry for each.

    `audience` is that of the aid from which the entry came: whoever may not see that learns nothing from this either.
    """

    id: int
    term: str
    expansion: str
    audience: frozenset[str] = OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """The smallest answerable piece of a job aid: what retrieval finds and an answer shows.

    `aid` is the id of the job aid it was cut from. `phrasings` are wordings that led people to the aid before.
    """

    id: str
    title: str
    text: str
    tags: tuple[str, ...] = ()
    aid: str = ""
    audience: frozenset[str] = OPEN
    phrasings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One snippet that a question came near. `score` orders matches of one question and means nothing beyond it."""

    snippet: Snippet
    score: float
    features: Mapping[str, float] = field(default_factory=dict)  # what the score is made of, by stage


class Decision(StrEnum):
    ANSWER = "answer"
    CHOICES = "choices"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What to do with a question. `confidence` is the probability that the first match answers it.

    `shipped` is the same before the workspace's own judgements corrected it.
    """

    decision: Decision
    confidence: float
    shipped: float
    matches: tuple[Match, ...]  # best first


class EvidenceKind(StrEnum):
    ANSWERED = "answered"  # answered a question; `helped` may be known
    OWNS = "owns"  # owns, wrote or verified an aid
    DECLARED = "declared"  # said so
    THANKED = "thanked"
    NAMED = "named"  # "not me, ask …"
    SPOKE = "spoke"  # answered in a channel whose people allow it to be seen


ABOUT_A_QUESTION = frozenset({EvidenceKind.ANSWERED, EvidenceKind.THANKED, EvidenceKind.NAMED})
"""The kinds whose text is a question, where that is not told apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Something that shows that a person knows a topic. `text` is the topic in whatever words there were."""

    person: str
    kind: EvidenceKind
    text: str
    at: datetime
    place: str | None = None  # the channel, where it happened in one
    thread: str | None = None
    question: str | None = None  # what it answers, where that was put to everybody there
    weight: float = 1.0  # e.g. 2 when it helped, 0.2 when it did not

    @property
    def topic(self) -> str | None:
        """The question that it is about, if it is about one; such evidence is read by the language model."""
        return self.question or (self.text if self.kind in ABOUT_A_QUESTION else None)

    @property
    def answer(self) -> str:
        """What was answered, as far as that was kept."""
        return self.text.removeprefix(self.question).strip() if self.question else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedExpert:
    """A person who probably can answer, and why, in facts that a person may see of themselves."""

    person: str
    score: float
    reasons: tuple[Evidence, ...] = ()  # the strongest pieces, best first
