"""The nouns of reinforcing: what is sent, to whom, and when a person may be reached.

Wall times are naive `time`s that mean the learner's own clock; instants are aware. Weekdays count from Monday, 0.
Days are kept as days and times as wall times; an instant is derived from them late, by `plan`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

MONDAY_TO_FRIDAY: frozenset[int] = frozenset(range(5))

FOREVER = datetime(9000, 1, 1, tzinfo=UTC)
"""The end of a pause without an end, and the latest a pause may last: calendars stop soon after."""


class Kind(StrEnum):
    TIP = "tip"  # a job aid, or a few words
    RECALL = "recall"  # a question that makes one retrieve; the answer is shown after
    APPLY = "apply"  # did you use it, and what got in the way?
    PLAN = "plan"  # an if-then plan, reminded at the chosen time
    CHECK_IN = "check_in"  # the learner's own goal, in their own words


class Response(StrEnum):
    """What a learner can do with a nudge."""

    GOT_IT = "got_it"
    USED_IT = "used_it"
    ASK = "ask"
    LATER = "later"
    STOP = "stop"
    SHOW_ANSWER = "show_answer"
    FORGOT_IT = "forgot_it"  # the honest self-grade, after the answer was shown
    BARELY = "barely"
    KNEW_IT = "knew_it"
    EASILY = "easily"
    BARRIER = "barrier"
    PLANNED = "planned"  # an if-then plan was made


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class EnrolmentStatus(StrEnum):
    ACTIVE = "active"
    INVITED = "invited"  # somebody who never met the bot is asked whether to take part; no answer is a no
    RESTED = "rested"  # several nudges were ignored; the learner is asked whether to go on
    STOPPED = "stopped"  # by the learner
    DONE = "done"  # every step was sent or skipped
    LEFT = "left"  # no longer of the audience, by no choice of the learner


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One nudge of a campaign. `after_days` counts from the enrolment's first day; 0 is that day.

    `aid` is a job aid's number or a phrase of its title as somebody typed it, until it is resolved to an id.
    `answer` is what a recall shows after.
    """

    kind: Kind
    after_days: int
    text: str = ""
    answer: str = ""
    aid: str | None = None
    links: tuple[tuple[str, str], ...] = ()  # label and address, besides those of the aid

    def __post_init__(self) -> None:
        if self.after_days < 0:
            raise ValueError(f"A step cannot come {-self.after_days} days before the first day.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intention:
    """An if-then plan in the learner's own words: "if" a situation comes, "then I will" do something."""

    situation: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A purpose and its steps, in the order of their days. None leaves a choice to the workspace.

    `start` is the earliest first day; whoever joins later begins on their own day.
    """

    name: str
    purpose: str
    steps: tuple[Step, ...]
    at: time | None = None
    zone: str | None = None  # IANA name, for learners whose own zone is not known
    start: date | None = None
    working_days: frozenset[int] | None = None
    country: str | None = None  # whose public holidays are kept, as `days_off` names places
    own: bool = False  # set up by its one learner, whose word its time of day is
    status: CampaignStatus = CampaignStatus.DRAFT


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """What a person chose for all their nudges. None means: no choice made."""

    zone: str | None = None
    at: time | None = None
    working_days: frozenset[int] | None = None
    country: str | None = None
    quiet_from: time | None = None  # both or neither; equal times mean no quiet hours
    quiet_until: time | None = None
    daily_cap: int | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customs:
    """A workspace's choices, which hold where neither the learner nor the campaign has made one."""

    zone: str = "UTC"
    at: time = time(9)
    working_days: frozenset[int] = MONDAY_TO_FRIDAY
    holidays: frozenset[date] = frozenset()  # the company's own, besides the country's
    country: str | None = None
    quiet_from: time = time(18)
    quiet_until: time = time(8)
    daily_cap: int = 2
    stale_after: timedelta = timedelta(hours=36)
    consented: bool = False  # the company has its people's consent, so that nobody is asked whether to take part
    retention: float = 0.9  # how likely a learner should still know a recall when it comes again


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When one learner may be reached by one campaign: every choice settled by `plan.settle`.

    Quiet hours run from `quiet_from`, included, to `quiet_until`, excluded, over midnight if they must; equal times
    mean none. `daily_cap` counts nudges of all campaigns on one of the learner's days.
    """

    zone: ZoneInfo
    at: time
    working_days: frozenset[int] = MONDAY_TO_FRIDAY
    holidays: frozenset[date] = frozenset()
    country: str | None = None
    quiet_from: time = time(18)
    quiet_until: time = time(8)
    daily_cap: int = 2
    paused_until: datetime | None = None

    def __post_init__(self) -> None:
        if not self.working_days & frozenset(range(7)):
            raise ValueError("A rhythm needs at least one working day, from 0 (Monday) to 6 (Sunday).")
        if self.daily_cap < 1:
            raise ValueError(f"The daily cap is {self.daily_cap}; it must be at least 1. To get none, pause.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """How far one learner is in one campaign.

    `step` is the index of the step to be sent next, and equals the number of steps once all are through. A nudge is
    known by (enrolment, step, round): `round` grows with each snooze and never shrinks, so that no nudge has the key of
    another. `due` is when to look at it next; None when nothing is to come. `unanswered` counts nudges sent since the
    last response.
    """

    first_day: date
    step: int = 0
    round: int = 0
    unanswered: int = 0
    status: EnrolmentStatus = EnrolmentStatus.ACTIVE
    due: datetime | None = None
    unsettled: bool = False  # `due` is to be reckoned anew, by `plan.settled`
    put_off: str = ""  # why the next nudge was put off the last time; empty where it was not
