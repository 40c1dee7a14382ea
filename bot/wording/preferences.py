"""What people choose for themselves: what they are asked about, and when they are reminded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time

from bot.messages import Button, Buttons, Card, Field, FieldKind, Form, Part, Text, Tone
from bot.store.records import ExpertProfile
from bot.wording import whom
from scheduler.moments import WEEKDAYS

MOST_A_WEEK = 50
MOST_A_DAY = 10
LONGEST_ZONE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """Something that was seen of a person; `text` goes on from "you"."""

    evidence_id: int
    text: str


def overview(profile: ExpertProfile | None, beliefs: Sequence[Belief]) -> Card:
    """What Lanyard goes by when it looks for somebody to ask, and where to change it."""
    parts: list[Part] = [
        Text(text=consent_line(profile)),
        *belief_parts(beliefs),
        Buttons(
            buttons=(
                Button(label="Change what I am asked", verb="topics", opens_form=True),
                Button(label="Change my reminders", verb="reminders", opens_form=True),
            )
        ),
    ]
    return Card(summary="What you are asked about, and your reminders", parts=tuple(parts))


def consent_line(profile: ExpertProfile | None) -> str:
    if profile is None:
        return "I have not asked you anything yet; the first time I ask whether you would take questions at all."
    if profile.consent == "no":
        return "I bring you no questions: you said so."
    topics = ", ".join(profile.topics) or "none named"
    most = "one question" if profile.weekly_cap == 1 else f"{profile.weekly_cap} questions"
    consent = f"I may bring you up to {most} a week. Your topics: {topics}."
    if profile.paused_until is not None:
        consent += f" Paused until {profile.paused_until:%-d %B %Y}."
    return consent


def belief_parts(beliefs: Sequence[Belief]) -> list[Part]:
    """Each with the way to take it away."""
    if not beliefs:
        return []
    parts: list[Part] = [Text(text="Why I might come to you, as far as I have seen:", tone=Tone.QUIET)]
    for belief in beliefs:
        parts.append(Text(text=f"You {belief.text}"))
        wrong = Button(label="That's wrong", verb="disown", value=str(belief.evidence_id))
        parts.append(Buttons(buttons=(wrong,)))
    return parts


def disowned() -> Card:
    return Card(summary="✓ Taken away. I do not go by it any more, and it will not come back.")


def topics_form(profile: ExpertProfile | None, *, today: date) -> Form:
    paused = profile.paused_until.date() if profile and profile.paused_until else None
    return Form(
        title="What I am asked",
        verb="topics",
        fields=(
            Field(
                name="consent",
                label="May Lanyard bring you questions?",
                kind=FieldKind.CHOICE,
                options=(("yes", "Yes"), ("no", "No")),
                value=profile.consent if profile else "yes",
            ),
            Field(
                name="topics",
                label="Topics",
                value=", ".join(profile.topics) if profile else "",
                hint="What you know about, parted by commas. For example: refunds, gift cards",
                required=False,
                max_length=500,
            ),
            Field(
                name="weekly_cap",
                label="At most, a week",
                value=str(profile.weekly_cap if profile else 5),
                hint=f"A number of questions, from 1 to {MOST_A_WEEK}.",
                max_length=3,
            ),
            Field(
                name="paused_until",
                label="Pause until",
                kind=FieldKind.DATE,
                value=paused.isoformat() if paused and paused > today else "",
                hint="Leave it empty for no pause.",
                required=False,
            ),
            weekdays_field(
                "I work on",
                profile.working_days if profile else (),
                hint="With the two times below. Left empty, your company's hours hold.",
            ),
            time_field("work_from", "From", profile.work_from if profile else None),
            time_field("work_until", "Until", profile.work_until if profile else None),
            Field(
                name="anytime",
                label="Outside these hours, whoever cannot wait may ask me at once",
                kind=FieldKind.CHECK,
                value="yes" if profile and profile.anytime else "",
                required=False,
            ),
        ),
        submit="Save",
    )


def fallback_card(here: str) -> Card:
    """`here` is the channel in which it was asked for; empty in a direct conversation."""
    text = "Some questions find nobody. You can name a colleague, or a channel, to get those."
    button = Button(label="Choose who gets them", verb="fallback", value=here, opens_form=True)
    return Card(summary=text, parts=(Text(text=text), Buttons(buttons=(button,))))


def fallback_form(offered: whom.Offered, *, chosen: str, here: str, name: str, place: str) -> Form:
    """`here` is the channel for which it was opened, if any, and `name` its name; `place` the one chosen before."""
    places = [("none", "No channel")]
    if place:
        places.append(("keep", f"#{place}, as before"))
    if here:
        places.append(("here", f"Here, in #{name}"))
    return Form(
        title="The last rung",
        verb="fallback",
        value=here,
        intro=(
            Text(
                text="They get the questions that nobody else could answer. A channel gets only what was asked in the "
                "open; open this form in the channel that you mean.",
                tone=Tone.QUIET,
            ),
        ),
        fields=(
            *whom.fields(offered, label="Colleague", nobody="Nobody", value=chosen),
            Field(
                name="place",
                label="Channel",
                kind=FieldKind.CHOICE,
                options=tuple(places),
                value="keep" if place else "none",
            ),
        ),
        submit="Save",
    )


def reminders_form(
    *,
    at: time | None,
    quiet_from: time | None,
    quiet_until: time | None,
    daily_cap: int | None,
    country: str | None,
    paused: date | None,
) -> Form:
    """Empty fields leave the choice to the campaign and the company."""
    return Form(
        title="My reminders",
        verb="reminders",
        intro=(Text(text="What you leave empty follows the campaign and your company.", tone=Tone.QUIET),),
        fields=(
            time_field("nudge_at", "Best time of day", at),
            time_field("quiet_from", "Nothing after", quiet_from),
            time_field("quiet_until", "Nothing before", quiet_until),
            Field(
                name="daily_cap",
                label="At most, a day",
                value=str(daily_cap) if daily_cap else "",
                hint=f"A number of reminders, from 1 to {MOST_A_DAY}.",
                required=False,
                max_length=2,
            ),
            country_field(country),
            Field(
                name="paused_until",
                label="Pause all until",
                kind=FieldKind.DATE,
                value=paused.isoformat() if paused else "",
                required=False,
            ),
        ),
        submit="Save",
    )


def zone_field(value: str | None, *, hint: str, required: bool = False) -> Field:
    return Field(
        name="time_zone", label="Time zone", value=value or "", hint=hint, required=required, max_length=LONGEST_ZONE
    )


def weekdays_field(label: str, chosen: Iterable[int], *, hint: str = "", required: bool = False) -> Field:
    """Days count from 0, which is Monday."""
    return Field(
        name="working_days",
        label=label,
        kind=FieldKind.CHOICES,
        value=",".join(str(day) for day in sorted(chosen)),
        options=tuple((str(number), name) for number, name in enumerate(WEEKDAYS)),
        hint=hint,
        required=required,
    )


def country_field(value: str | None, *, more: str = "") -> Field:
    return Field(
        name="country",
        label="Public holidays of",
        value=value or "",
        hint=f"A country like DE, or a part of one like DE-BE. Nothing comes on those days.{more}",
        required=False,
        max_length=40,
    )


def saved(what: str) -> Card:
    return Card(summary=f"✓ Saved: {what}")


def time_field(name: str, label: str, value: time | None) -> Field:
    shown = value.strftime("%H:%M") if value else ""
    return Field(name=name, label=label, kind=FieldKind.TIME, value=shown, required=False)
