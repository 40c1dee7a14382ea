"""What somebody asks for with `/nudge`, and how it is said back: in full, or in one line that can be typed again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from knowledge.job_aids import plain_name
from scheduler.model import Campaign, Kind, Step
from scheduler.moments import WEEKDAYS, say_date
from scheduler.tokens import quote

LONGEST_NAME = 100
MOST_STEPS = 60
MOST_LINKS = 10
HERE = "here"
"""As an audience: the conversation in which it is said."""

EXAMPLE = 'new "Refund basics" to #support: tip #12; after 3 days recall "What is the limit?" = "50 EUR"'


class Verb(StrEnum):
    """What can be asked for besides a new campaign. An empty line is OPEN."""

    OPEN = "open"
    NEW = "new"  # the form, for there is no more than a name
    HELP = "help"
    LIST = "list"
    SETTINGS = "settings"
    FEWER = "fewer"
    SHOW = "show"
    FIGURES = "figures"
    PREVIEW = "preview"
    DRY_RUN = "dry run"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    END = "end"
    COPY = "copy"
    EDIT = "edit"
    STOP = "stop"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A verb and the campaign it is about, named as typed: the whole name, a part, or a number.

    An empty name means the only campaign there is, or for stop, snooze, pause and resume all of one's own nudges.
    `delay` is what a snooze or a pause was asked for.
    """

    verb: Verb
    name: str = ""
    delay: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCampaign:
    """A whole campaign. `audience` holds each entry as typed: everyone, me, #support, @ana, <@U1>, a group's name."""

    name: str
    audience: tuple[str, ...]
    steps: tuple[Step, ...]
    purpose: str = ""
    start: date | None = None
    at: time | None = None
    zone: str | None = None
    country: str | None = None
    working_days: frozenset[int] | None = None

    def to_campaign(self) -> Campaign:
        return Campaign(
            name=plain_name(self.name),
            purpose=plain_name(self.purpose),
            steps=self.steps,
            at=self.at,
            zone=self.zone,
            country=self.country,
            start=self.start,
            working_days=self.working_days,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ForMe:
    """A series that a learner sets up for themselves around a goal of their own: check-ins, or one reminder.

    The first comes on the day `start`, or after a gap where none is named.
    """

    goal: str
    every_days: int = 2
    for_days: int = 14
    start: date | None = None
    once: bool = False
    at: time | None = None

    def to_campaign(self) -> Campaign:
        days = range(self.every_days, self.for_days + 1, self.every_days)
        if self.once:
            days = range(1)
        elif self.start is not None:
            days = range(0, self.for_days, self.every_days)
        kind = Kind.TIP if self.once else Kind.CHECK_IN
        steps = tuple(Step(kind=kind, after_days=day, text=self.goal) for day in days)
        said = plain_name(self.goal)
        return Campaign(name=said[:LONGEST_NAME], purpose=said, steps=steps, start=self.start, at=self.at, own=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why the line was not understood, and what to type instead: two sentences for a person.

    `position` is the index into the line at which it went wrong.
    """

    problem: str
    remedy: str
    position: int


Command = Control | NewCampaign | ForMe


_PLAIN_ADDRESS = re.compile(r"https?://[^\s\"“”„«»]*[^\s\"“”„«».,;:!?)]")
_PLAIN_AUDIENCE = re.compile(
    r"[#@][\w.-]{1,80}|everyone|me|[a-z0-9][\w.+-]{0,80}@[\w-]{1,80}(\.[\w-]{1,80}){1,4}", re.ASCII
)


def write_audience(audience: Iterable[str]) -> str:
    return ", ".join(name if _PLAIN_AUDIENCE.fullmatch(name) else _enclose(name) for name in audience)


def write_steps(steps: Iterable[Step]) -> str:
    """A step on each line, as the form and the line take them."""
    return "\n".join(_write_each(steps))


def _write_each(steps: Iterable[Step]) -> Iterator[str]:
    """Without its day where that is the day of the one before, as people leave it out."""
    before = 0
    for step in steps:
        when = "" if step.after_days == before else f"after {step.after_days} day{'s' * (step.after_days != 1)} "
        yield f"{when}{_write_step(step)}"
        before = step.after_days


def write_line(campaign: NewCampaign) -> str:
    """The campaign as `parse` reads it back. Line breaks in its texts stay, within their quotation marks."""
    head = [f"new {_enclose(campaign.name)} to {write_audience(campaign.audience)}"]
    if campaign.start is not None:
        head.append(f"from {campaign.start.isoformat()}")
    if campaign.at is not None:
        head.append(f"at {campaign.at:%H:%M}")
    if campaign.zone is not None:
        head.append(f"in {campaign.zone}")
    if campaign.country is not None:
        head.append(f"holidays {campaign.country}")
    if campaign.working_days is not None:
        head.append(f"days {', '.join(WEEKDAYS[day] for day in sorted(campaign.working_days))}")
    if campaign.purpose:
        head.append(f"because {_enclose(campaign.purpose)}")
    return f"{' '.join(head)}: {'; '.join(_write_each(campaign.steps))}"


def _write_step(step: Step) -> str:
    parts = [step.kind.replace("_", "-")]
    if step.text:
        parts.append(_enclose(step.text))
    if step.answer:
        parts.append(f"= {_enclose(step.answer)}")
    if step.aid:
        parts.append(f"#{step.aid}" if step.aid.isdecimal() else f"aid {_enclose(step.aid)}")
    parts += [_write_link(label, url) for label, url in step.links]
    return " ".join(parts)


def _write_link(label: str, url: str) -> str:
    named = "" if label == url else f"{_enclose(label)} "
    return f"link {named}{url if _PLAIN_ADDRESS.fullmatch(url) else _enclose(url)}"


def _enclose(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def describe(campaign: NewCampaign | Campaign) -> str:
    """Every date and time in full, a line for each nudge, for a person to check before anything starts."""
    to = f" to {', '.join(campaign.audience)}" if isinstance(campaign, NewCampaign) else ""
    since = f"from {say_date(campaign.start)}" if campaign.start else "from the day it is started"
    at = f"at {campaign.at:%H:%M}" if campaign.at else "at the usual time"
    zone = (
        f"each person's own time, or {campaign.zone} where that is not known"
        if campaign.zone
        else "each person's own time"
    )
    lines = [f"“{campaign.name}”{to}, {since}, {at} ({zone})"]
    if campaign.country:
        lines.append(f"Not on the public holidays of {campaign.country}, where nobody chose another place")
    if campaign.working_days is not None:
        days = ", ".join(WEEKDAYS[day] for day in sorted(campaign.working_days))
        lines.append(f"Only on {days}, where nobody chose other days")
    if campaign.purpose:
        lines.append(f"Because: {campaign.purpose}")
    lines += [f"{number}. {_describe_step(step, campaign.start)}" for number, step in enumerate(campaign.steps, 1)]
    lines.append("What would fall on a day off or in quiet hours comes at the next open time.")
    return "\n".join(lines)


def _describe_step(step: Step, start: date | None) -> str:
    gap = "on the first day" if step.after_days == 0 else f"after {step.after_days} day{'s' * (step.after_days != 1)}"
    when = f"{say_date(start + timedelta(days=step.after_days))}, {gap}" if start else gap.capitalize()
    parts = [f"{when}: {step.kind.replace('_', '-')}"]
    if step.text:
        parts.append(quote(plain_name(step.text)))
    if step.answer:
        parts.append(f"with the answer {quote(plain_name(step.answer))}")
    if step.aid:
        parts.append(f"from job aid #{step.aid}" if step.aid.isdecimal() else f"from the job aid “{step.aid}”")
    parts += say_links(step)
    return " ".join(parts)


def say_links(step: Step) -> list[str]:
    """Words for the links of its own; none where it has none."""
    named = [url if label == url else quote(label) for label, url in step.links]
    if not named:
        return []
    return [f"with a link to {named[0]}" if len(named) == 1 else f"with links to {', '.join(named)}"]
