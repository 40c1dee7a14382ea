"""How long what people said is kept, for administrators to choose."""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Button, Buttons, Card, Facts, Field, Form, Text, Tone
from bot.store.own_data import KEPT

LABELS: Mapping[str, str] = {
    "questions": "The words of questions, and of colleagues' answers",
    "signs": "Signs of what people know",
    "barriers": "What got in the way, as learners said it",
}
assert LABELS.keys() == KEPT.keys()
MOST_MONTHS = 120
SAVED = "✓ Saved. What is older goes within hours, and does not come back."


def overview(months: Mapping[str, int | None]) -> Card:
    facts = tuple((LABELS[kind], say(months[kind])) for kind in LABELS)
    text = "Counts and job aids stay; the audit log does as well. What waits for a colleague is not touched."
    change = Button(label="Change", verb="retention", opens_form=True)
    return Card(
        summary="How long what people said is kept",
        parts=(Facts(facts=facts), Text(text=text, tone=Tone.QUIET), Buttons(buttons=(change,))),
    )


def say(months: int | None) -> str:
    if months is None:
        return "for good"
    return "a month" if months == 1 else f"{months} months"


def form(months: Mapping[str, int | None]) -> Form:
    return Form(
        title="How long it is kept",
        verb="retention",
        intro=(Text(text="In months; left empty, it is kept for good. What is older goes, and does not come back."),),
        fields=tuple(
            Field(
                name=kind,
                label=label,
                value=str(months[kind] or ""),
                hint=f"A number of months, from 1 to {MOST_MONTHS}.",
                required=False,
                max_length=3,
            )
            for kind, label in LABELS.items()
        ),
        submit="Save",
    )
