"""How sure and how patient Lanyard is in a company, for administrators to choose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from bot.messages import Button, Buttons, Card, Facts, Field, FieldKind, Form, Text, Tone

LEAST_SURE, MOST_SURE = 50, 99
"""Per cent: what is less likely right than wrong is never an answer."""

LEAST_CHOICES, MOST_CHOICES = 5, 95
MOST_MINUTES = 1440
MOST_HOURS = 40
SAVED = "✓ Saved. It holds from the next question on."
TOO_MANY_CHOICES = "This cannot be above the confidence of an answer."
TOO_FEW_UNASKED = "Unasked it cannot be less sure than when somebody asks."
WRONG_WAY_ROUND = "The working day has to end after it begins."


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """Shares of confidence from 0 to 1, and times. Each None is not chosen: what is shipped holds."""

    answer: float | None
    choices: float | None
    unasked: float | None
    pause: timedelta | None
    patience: timedelta | None  # working hours
    begin: time | None
    until: time | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    answer: float
    by_words: float
    choices: float
    pause: timedelta
    patience: timedelta
    begin: time
    until: time


def overview(chosen: Conduct, shipped: Shipped) -> Card:
    usual = f"from {per_cent(shipped.answer)} % on ({per_cent(shipped.by_words)} % by words alone)"
    begin, until = chosen.begin or shipped.begin, chosen.until or shipped.until
    facts = (
        ("Answers", usual if chosen.answer is None else f"from {per_cent(chosen.answer)} % on"),
        ("Offers titles", f"from {per_cent(chosen.choices or shipped.choices)} % on"),
        (
            "Speaks unasked, where a channel lets it",
            "from half the doubt on" if chosen.unasked is None else f"from {per_cent(chosen.unasked)} % on",
        ),
        ("… and then is quiet there for", _say(_minutes(chosen.pause or shipped.pause), "minute")),
        ("A question waits with one colleague for", _say(_hours(chosen.patience or shipped.patience), "working hour")),
        ("Working hours, for those who chose none", f"{begin:%H:%M} to {until:%H:%M}"),
    )
    change = Button(label="Change", verb="conduct", opens_form=True)
    return Card(
        summary="How sure and how patient I am here",
        parts=(
            Facts(facts=facts),
            Text(text="`lanyard evaluate history` draws how often answers so sure were right here.", tone=Tone.QUIET),
            Buttons(buttons=(change,)),
        ),
    )


def form(chosen: Conduct, shipped: Shipped) -> Form:
    def number(name: str, label: str, value: int | None, hint: str) -> Field:
        typed = "" if value is None else str(value)
        return Field(name=name, label=label, value=typed, hint=hint, required=False, max_length=4)

    def share(name: str, label: str, value: float | None, hint: str) -> Field:
        return number(name, label, None if value is None else per_cent(value), hint)

    def day(name: str, label: str, value: time | None, shipped: time) -> Field:
        typed, hint = f"{value:%H:%M}" if value else "", f"As shipped: {shipped:%H:%M}."
        return Field(name=name, label=label, kind=FieldKind.TIME, value=typed, hint=hint, required=False)

    return Form(
        title="How sure, how patient",
        verb="conduct",
        intro=(Text(text="Whatever is left empty stays as shipped.", tone=Tone.QUIET),),
        fields=(
            share(
                "answer",
                "Answer when I am this sure, in per cent",
                chosen.answer,
                f"As shipped: {per_cent(shipped.answer)}, and {per_cent(shipped.by_words)} by words alone. "
                "Lower answers more often, and is wrong more often.",
            ),
            share(
                "choices",
                "Offer titles to choose from when this sure",
                chosen.choices,
                f"In per cent; as shipped: {per_cent(shipped.choices)}.",
            ),
            share(
                "unasked",
                "Speak unasked when this sure",
                chosen.unasked,
                "In per cent, where a channel lets me; as shipped: half the doubt that an answer may have.",
            ),
            number(
                "pause",
                "Minutes of quiet after speaking unasked",
                _minutes(chosen.pause) if chosen.pause else None,
                f"As shipped: {_minutes(shipped.pause)}.",
            ),
            number(
                "patience",
                "Working hours that a question waits with one colleague",
                _hours(chosen.patience) if chosen.patience else None,
                f"As shipped: {_hours(shipped.patience)}.",
            ),
            day("begin", "Working day begins, for those who chose nothing", chosen.begin, shipped.begin),
            day("until", "… and ends", chosen.until, shipped.until),
        ),
        submit="Save",
    )


def no_number(least: int, most: int) -> str:
    return f"Give a whole number from {least} to {most}, or leave it empty."


def per_cent(share: float) -> int:
    return round(100 * share)


def _say(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _minutes(span: timedelta) -> int:
    return round(span / timedelta(minutes=1))


def _hours(span: timedelta) -> int:
    return round(span / timedelta(hours=1))
