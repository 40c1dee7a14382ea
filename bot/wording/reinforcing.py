"""What a learner reads: a nudge, what became of it, and the series they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.messages import (
    Button,
    Buttons,
    Card,
    Field,
    FieldKind,
    Form,
    Heading,
    Link,
    Links,
    Markdown,
    Part,
    Style,
    Text,
    Tone,
)
from bot.wording.asking import cut
from scheduler.kinds import NudgeContent
from scheduler.model import FOREVER, CampaignStatus, Enrolment, EnrolmentStatus, Intention, Kind, Response, Step
from scheduler.moments import WEEKDAYS, say_date
from scheduler.plan import IGNORED_BEFORE_REST, to_wall

LABELS = {
    Response.GOT_IT: "Got it",
    Response.USED_IT: "Used it",
    Response.ASK: "Ask about this",
    Response.LATER: "Later",
    Response.STOP: "Stop this series",
    Response.SHOW_ANSWER: "Show the answer",
    Response.FORGOT_IT: "Not yet",
    Response.BARELY: "Barely",
    Response.KNEW_IT: "I knew it",
    Response.EASILY: "Easily",
    Response.BARRIER: "What got in the way?",
    Response.PLANNED: "Make a plan",
}
_OPEN_FORMS = (Response.ASK, Response.BARRIER, Response.PLANNED)
_FIRST = (Response.GOT_IT, Response.SHOW_ANSWER, Response.PLANNED)  # no grade: none is better than another

_HEADINGS = {
    Kind.TIP: "A reminder",
    Kind.RECALL: "Do you remember?",
    Kind.APPLY: "Did you use it?",
    Kind.PLAN: "Your plan",
    Kind.CHECK_IN: "How is it going?",
}
_QUESTIONS = {
    Kind.APPLY: "Did you use this in the last days?",
    Kind.PLAN: "When will you use this next? Picture the moment, and what you will do then.",
    Kind.CHECK_IN: "How is it going with this?",
}


def say_moment(moment: datetime, zone: ZoneInfo) -> str:
    """In full, on the reader's clock: Tuesday, 1 December 2026, at 09:30."""
    wall = to_wall(moment, zone)
    return f"{say_date(wall.date())}, at {wall:%H:%M}"


# ── a nudge ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def source(name: str, *, purpose: str, owner: str | None, personal: bool) -> str:
    """Who sends it and why."""
    if personal:
        return f"“{name}” · a series of your own · you can stop it at any time"
    why = f" · {cut(purpose, 200)}" if purpose else ""
    return f"“{name}” · from {owner or 'Lanyard'}{why} · you can stop it at any time"


def nudge(
    content: NudgeContent, *, source: str, nudge_id: int, offered: Sequence[Response], answer: bool, told: str = ""
) -> Card:
    """`offered`: the buttons still of use. `answer`: show what is hidden at first. `told`: what was done so far."""
    parts = [*_content(content, answer=answer), Text(text=source, tone=Tone.QUIET)]
    if told:
        parts.append(Text(text=told, tone=Tone.QUIET))
    if offered:
        parts.append(
            Buttons(
                buttons=tuple(
                    Button(
                        label=LABELS[response],
                        verb=f"nudge_{response}",
                        value=str(nudge_id),
                        style=Style.PRIMARY if response in _FIRST else Style.PLAIN,
                        opens_form=response in _OPEN_FORMS,
                    )
                    for response in offered
                )
            )
        )
    return Card(summary=_summary(content), parts=tuple(parts))


def dry_run(content: NudgeContent, *, source: str, number: int, of: int, when: str) -> Card:
    """The whole nudge with its answer; the buttons are there to be seen."""
    parts: list[Part] = [
        Text(text=f"Dry run, {number} of {of}: this would come on {when}. Nothing is recorded.", tone=Tone.QUIET),
        *_content(content, answer=False),
    ]
    if content.answer:
        parts += [
            Text(text="After “Show the answer”:", tone=Tone.QUIET),
            Markdown(text=content.answer),
            *_links(content),
        ]
    parts += [
        Text(text=source, tone=Tone.QUIET),
        Buttons(
            buttons=tuple(
                Button(label=LABELS[response], verb="nudge_dry_run") for response in content.responses + content.graded
            )
        ),
    ]
    return Card(summary=f"Dry run: {_summary(content)}", parts=tuple(parts))


def _content(content: NudgeContent, *, answer: bool) -> list[Part]:
    is_tip = content.kind is Kind.TIP
    parts: list[Part] = [Heading(text=(content.heading if is_tip else "") or _HEADINGS[content.kind])]
    if content.body:
        parts.append(Markdown(text=content.body))
    if not is_tip:
        parts.append(Text(text=_question(content)))
    if answer and content.answer:
        parts.append(Markdown(text=content.answer))
    if answer or not content.answer:
        parts += _links(content)
    return parts


def _links(content: NudgeContent) -> list[Part]:
    links = tuple(Link(label=link.label, url=link.url) for link in content.links)
    return [Links(links=links)] if links else []


def _question(content: NudgeContent) -> str:
    if content.intention is not None:
        plan = _say_plan(content.intention)
        return f"You planned: {plan}"
    if content.question:
        return content.question
    about = f"“{content.heading}”: " if content.heading else ""
    if content.kind is Kind.RECALL:
        return f"{about}what is to be done? Try to say it before you look."
    return f"{about}{_QUESTIONS[content.kind]}"


def headline(content: NudgeContent) -> str:
    """A nudge in one line."""
    return _summary(content)


def _summary(content: NudgeContent) -> str:
    said = content.heading or content.body if content.kind is Kind.TIP else _question(content)
    return f"{_HEADINGS[content.kind]} {cut(' '.join(said.split()), 150)}"


_TOLD = {
    Response.GOT_IT: "✓ Got it.",
    Response.USED_IT: "✓ You used it. Well done.",
    Response.SHOW_ANSWER: "Did you know it? Only you see what you say; it decides nothing about you.",
    Response.FORGOT_IT: "Not yet: that is what this is for. It sticks better for having tried.",
    Response.BARELY: "✓ You knew it, with effort.",
    Response.KNEW_IT: "✓ You knew it.",
    Response.EASILY: "✓ You knew it easily.",
    Response.BARRIER: "✓ Thank you. What got in the way was passed on to those who plan this, without your name "
    "unless you added it.",
    Response.STOP: "You stopped this series. Nothing more of it will come.",
    Response.LATER: "Newer ones of this series have come meanwhile, so this one is left as it is.",
}
BARRIER_KEPT = "✓ Noted, for you alone. Perhaps something smaller is easier to begin with."


def told(response: Response | None) -> str:
    return _TOLD.get(response, "") if response is not None else ""


def postponed(when: str) -> str:
    return f"All right. It comes again on {when}."


def graded(response: Response, when: str | None) -> str:
    """`when` it comes again; None where it does not."""
    return f"{_TOLD[response]} " + (f"It comes again on {when}." if when else "It has sunk in, so it rests now.")


def planned(intention: Intention, when: str) -> str:
    return f"✓ Your plan: {_say_plan(intention)} I remind you on {when}."


def _say_plan(intention: Intention) -> str:
    situation = intention.situation.rstrip(" .,")
    action = intention.action.rstrip(" .")
    return f"if {situation}, then I will {action}."


def plan_form(content: NudgeContent | None, *, nudge_id: int, suggested: datetime) -> Form:
    """`suggested` is on the learner's own clock."""
    about = (content.heading or content.question) if content else ""
    return Form(
        title="Make a plan",
        verb="nudge_planned",
        value=str(nudge_id),
        intro=(
            *((Text(text=cut(about, 300), tone=Tone.QUOTE),) if about else ()),
            Text(
                text="What is planned for a moment of one's own is done more often. Only you see it.", tone=Tone.QUIET
            ),
        ),
        fields=(
            Field(name="situation", label="If …", hint="e.g. a customer comes without a receipt", max_length=300),
            Field(name="action", label="… then I will …", hint="e.g. open the refund form first", max_length=300),
            Field(name="day", label="Remind me on", kind=FieldKind.DATE, value=suggested.date().isoformat()),
            Field(name="at", label="At", kind=FieldKind.TIME, value=f"{suggested:%H:%M}"),
        ),
        submit="Plan it",
    )


def ask_form(content: NudgeContent, *, nudge_id: int) -> Form:
    about = content.heading or content.question or content.body
    return Form(
        title="Ask about this",
        verb="nudge_ask",
        value=str(nudge_id),
        intro=(Text(text=cut(about, 300), tone=Tone.QUOTE),) if about else (),
        fields=(
            Field(
                name="question",
                label="Your question",
                kind=FieldKind.TEXT,
                hint="In your own words, so that it can be understood without the reminder.",
            ),
        ),
        submit="Ask",
    )


def barrier_form(*, nudge_id: int, personal: bool, few: bool) -> Form:
    """`few` where it could be guessed whose it is."""
    intro = "It goes to those who plan this series, without your name unless you add it."
    if few:
        intro += " Fewer than five people have this series, so whose it is may be guessed: write it if you do not mind."
    name = Field(
        name="named",
        label="Add my name, so that they can come back to me",
        kind=FieldKind.CHECK,
        required=False,
    )
    return Form(
        title="What got in the way?",
        verb="nudge_barrier",
        value=str(nudge_id),
        intro=() if personal else (Text(text=intro),),
        fields=(
            Field(name="text", label="What got in the way?", kind=FieldKind.TEXT, max_length=1000),
            *(() if personal else (name,)),
        ),
    )


# ── a series ────────────────────────────────────────────────────────────────────────────────────────────────────────


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


def stopped_nudge(card: Card, *, enrolment_id: int) -> Card:
    """The nudge whose series was stopped, with the way back."""
    again = Button(label="Take it up again", verb="series_go_on", value=f"{enrolment_id}.0")
    return Card(summary=card.summary, parts=(*card.parts, Buttons(buttons=(again,))))


def rest(name: str, *, source: str, enrolment_id: int) -> Card:
    text = (
        f"The last {IGNORED_BEFORE_REST} reminders of “{name}” have stayed without an answer, which is fine. "
        "Shall I go on? Until you say so I keep quiet."
    )
    return Card(
        summary=text,
        parts=(
            Text(text=text),
            Text(text=source, tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="Go on", verb="series_go_on", value=f"{enrolment_id}.0", style=Style.PRIMARY),
                    Button(label="Fewer of all", verb="nudges_fewer"),
                    Button(label="Stop this series", verb="series_stop", value=f"{enrolment_id}.0"),
                )
            ),
        ),
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
    return Card(
        summary=text,
        parts=(
            Text(text=text),
            Text(text=source, tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="Join", verb="series_go_on", value=f"{enrolment_id}.0", style=Style.PRIMARY),
                    Button(label="Not now", verb=DECLINE, value=f"{enrolment_id}.0"),
                )
            ),
        ),
    )


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
    return Card(summary=text, parts=(Text(text=text),))


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


ME_EXAMPLE = '/nudge me every 2 days for 2 weeks "ask before I answer"'


def plain(text: str) -> Card:
    return Card(summary=text, parts=(Text(text=text),))


def _list(names: Sequence[str]) -> str:
    return " and ".join(f"“{name}”" for name in names)
