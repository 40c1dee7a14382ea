"""What a learner reads of the series they are in: asked first, at rest, stopped, put off, taken up again, listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.messages import Button, Buttons, Card, Heading, Part, Style, Text, Tone
from bot.wording.asking import cut
from bot.wording.general import plain, say_moment
from scheduler.model import FOREVER, CampaignStatus, Enrolment, EnrolmentStatus, Step
from scheduler.moments import WEEKDAYS
from scheduler.plan import IGNORED_BEFORE_REST

ME_EXAMPLE = '/nudge me every 2 days for 2 weeks "ask before I answer"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series as its learner sees it. `state` is a whole sentence."""

    enrolment_id: int
    name: str
    state: str
    active: bool
    can_go_on: bool


_STATES = {
    EnrolmentStatus.INVITED: "You were asked whether you would like it. Nothing comes unless you say so.",
    EnrolmentStatus.RESTED: "It rests until you say that it should go on.",
    EnrolmentStatus.STOPPED: "You stopped it.",
    EnrolmentStatus.DONE: "All of it has come.",
    EnrolmentStatus.LEFT: "It is not for you any more.",
}


def state(
    series: Enrolment, status: CampaignStatus, zone: ZoneInfo, *, now: datetime, again: datetime | None = None
) -> str:
    """`again` is when something comes again that was there before."""
    if series.status is EnrolmentStatus.DONE and again is not None and again < FOREVER:
        return f"All of it has come; it asks again on {say_moment(again, zone)}."
    if series.status is not EnrolmentStatus.ACTIVE:
        return _STATES[series.status]
    if status is CampaignStatus.PAUSED:
        return "Paused by those who plan it."
    if series.due is None or series.due <= now:
        return "The next one is on its way."
    return "Paused by you." if series.due >= FOREVER else f"The next one comes on {say_moment(series.due, zone)}."


def rest(name: str, *, source: str, enrolment_id: int) -> Card:
    text = (
        f"The last {IGNORED_BEFORE_REST} reminders of “{name}” have stayed without an answer, which is fine. "
        "Shall I go on? Until you say so I keep quiet."
    )
    value = f"{enrolment_id}.0"
    return _ask(
        text,
        source,
        Button(label="Go on", verb="series_go_on", value=value, style=Style.PRIMARY),
        Button(label="Fewer of all", verb="nudges_fewer"),
        Button(label="Stop this series", verb="series_stop", value=value),
    )


DECLINE = "series_decline"


def invitation(name: str, steps: Sequence[Step], *, source: str, enrolment_id: int) -> Card:
    """To somebody who may never have heard of the bot, so it says first what it is."""
    days = max((step.after_days for step in steps), default=0) + 1
    much = "one short reminder" if len(steps) == 1 else f"{len(steps)} short reminders within {days} days"
    if len(steps) > 1 and days == 1:
        much = f"{len(steps)} short reminders"
    text = (
        f"Hello, I am Lanyard, and I help with questions about work. “{name}” is {much}, for you alone. "
        "Would you like it? Without your yes nothing of it comes."
    )
    value = f"{enrolment_id}.0"
    return _ask(
        text,
        source,
        Button(label="Join", verb="series_go_on", value=value, style=Style.PRIMARY),
        Button(label="Not now", verb=DECLINE, value=value),
    )


def _ask(text: str, source: str, *buttons: Button) -> Card:
    """With who sends it and why."""
    parts = (Text(text=text), Text(text=source, tone=Tone.QUIET), Buttons(buttons=buttons))
    return Card(summary=text, parts=parts)


def declined(name: str) -> Card:
    return plain(f"All right: nothing of “{name}” comes. Should you want it later, write “/nudge list”.")


def stopped(name: str, *, enrolment_id: int) -> Card:
    return Card(
        summary=f"Stopped: {name}",
        parts=(
            Text(text=f"You stopped “{name}”. Nothing more of it will come."),
            Buttons(buttons=(Button(label="Take it up again", verb="series_go_on", value=f"{enrolment_id}.0"),)),
        ),
    )


def goes_on(name: str, when: str | None) -> Card:
    text = f"“{name}” goes on. The next one comes on {when}." if when else f"“{name}” has nothing more to send."
    return plain(text)


def ask_of_what() -> Card:
    return plain("Of what, and when? Write it like this: remind me to call the supplier tomorrow at 9.")


def joined(name: str, when: str | None) -> Card:
    return plain(f"You joined “{name}”. " + (f"The first one comes on {when}." if when else "Nothing is left of it."))


def stopped_all(names: Sequence[str]) -> Card:
    return plain(f"Stopped: {_list(names)}. Nothing more of it will come. “/nudge list” takes it up again.")


def snoozed(names: Sequence[str], when: str) -> Card:
    return plain(f"All right: {_list(names)}. It goes on after {when}.")


def paused(until: str | None) -> Card:
    end = f"until {until}" if until else "until you write “/nudge resume”"
    return plain(f"All your reminders are paused {end}. What comes meanwhile waits, and comes one by one.")


def slowed(days: frozenset[int]) -> Card:
    names = [f"{WEEKDAYS[day]}s" for day in sorted(days)]
    on = ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
    text = f"All right: at most one a day, on {on}, from all your series together."
    usual = Button(label="As usual again", verb="nudges_usual")
    return Card(summary=text, parts=(Text(text=text), Buttons(buttons=(usual,))))


def usual() -> Card:
    return plain("All right: your reminders come as the campaigns and your company have planned them.")


def resumed() -> Card:
    return plain("Your reminders go on. What waited comes at the next usual time, one by one.")


def series_list(series: Sequence[Series], open_to_join: Sequence[tuple[int, str, str]]) -> tuple[Part, ...]:
    """Their own series, and (id, name, purpose) of those that anybody may join."""
    parts: list[Part] = [Heading(text="Your series")]
    if not series:
        parts.append(
            Text(text="You are in none. Set one up for a goal of your own:\n" + ME_EXAMPLE),
        )
    for one in series:
        parts.append(Text(text=f"{one.name}\n{one.state}"))
        value = f"{one.enrolment_id}.1"  # from a list, which stays a list
        buttons = []
        if one.active:
            buttons.append(Button(label="Later", verb="series_later", value=value))
            buttons.append(Button(label="Stop", verb="series_stop", value=value))
        elif one.can_go_on:
            buttons.append(Button(label="Go on", verb="series_go_on", value=value))
        if buttons:
            parts.append(Buttons(buttons=tuple(buttons)))
    if open_to_join:
        parts.append(Heading(text="Open to join"))
    for campaign_id, name, purpose in open_to_join:
        parts.append(Text(text=f"{name}\n{cut(purpose, 200)}" if purpose else name))
        parts.append(Buttons(buttons=(Button(label="Join", verb="series_join", value=str(campaign_id)),)))
    if series:
        parts.append(Text(text=f"One for a goal of your own: {ME_EXAMPLE}", tone=Tone.QUIET))
    return tuple(parts)


def _list(names: Sequence[str]) -> str:
    return " and ".join(f"“{name}”" for name in names)
