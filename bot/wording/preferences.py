"""What people choose for themselves: what they are asked about, and when they are reminded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time

from bot.messages import Button, Buttons, Card, Field, FieldKind, Form, Part, Text, Tone
from bot.store.records import ExpertProfile

MOST_A_WEEK = 50
MOST_A_DAY = 10


def overview(profile: ExpertProfile | None, beliefs: Sequence[str]) -> Card:
    """What Lanyard goes by when it looks for somebody to ask, and where to change it."""
    if profile is None:
        consent = "I have not asked you anything yet; the first time I ask whether you would take questions at all."
    elif profile.consent == "no":
        consent = "I bring you no questions: you said so."
    else:
        topics = ", ".join(profile.topics) or "none named"
        consent = f"I may bring you up to {profile.weekly_cap} questions a week. Your topics: {topics}."
        if profile.paused_until is not None:
            consent += f" Paused until {profile.paused_until:%-d %B %Y}."
    parts: list[Part] = [Text(text=consent)]
    if beliefs:
        listed = "\n".join(f"• you {belief}" for belief in beliefs)
        parts.append(Text(text=f"Why I might come to you:\n{listed}", tone=Tone.QUIET))
    parts.append(
        Buttons(
            buttons=(
                Button(label="Change what I am asked", verb="topics", opens_form=True),
                Button(label="Change my reminders", verb="reminders", opens_form=True),
            )
        )
    )
    return Card(summary="What you are asked about, and your reminders", parts=tuple(parts))


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
        ),
        submit="Save",
    )


def reminders_form(
    *, at: time | None, quiet_from: time | None, quiet_until: time | None, daily_cap: int | None, paused: date | None
) -> Form:
    """Empty fields leave the choice to the campaign and the company."""
    return Form(
        title="My reminders",
        verb="reminders",
        intro=(Text(text="What you leave empty follows the campaign and your company.", tone=Tone.QUIET),),
        fields=(
            _time_field("nudge_at", "Best time of day", at),
            _time_field("quiet_from", "Nothing after", quiet_from),
            _time_field("quiet_until", "Nothing before", quiet_until),
            Field(
                name="daily_cap",
                label="At most, a day",
                value=str(daily_cap) if daily_cap else "",
                hint=f"A number of reminders, from 1 to {MOST_A_DAY}.",
                required=False,
                max_length=2,
            ),
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


def saved(what: str) -> Card:
    return Card(summary=f"✓ Saved: {what}")


def _time_field(name: str, label: str, value: time | None) -> Field:
    shown = value.strftime("%H:%M") if value else ""
    return Field(name=name, label=label, kind=FieldKind.TIME, value=shown, required=False)
