"""What is kept of somebody and who sees it; and the word to those who have that forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from bot.messages import Button, Buttons, Card, Facts, Field, FieldKind, Form, Heading, Link, Links, Text, Tone
from bot.store.records import Person
from bot.wording.asking import cut
from bot.wording.retention import say

KINDS = {
    "questions": "Questions you asked",
    "answers": "Answers you gave",
    "evidence": "Signs of what you know",
    "reminders": "Reminders you were sent",
    "aids": "Job aids you look after",
}
SEES = (
    "• Whoever you ask in person reads your question, with your name unless you ask without it.\n"
    "• L&D sees how much is asked, and what many ask in vain; never who asked.\n"
    "• What you do with reminders is counted, never shown by name. What got in the way carries it only if you add it.\n"
    "• Nobody can look up here what one person asked: not your manager, not L&D, not an administrator."
)


def overview(counts: Mapping[str, int], *, months: int | None) -> Card:
    """`months` is for how long the words of questions are kept; None for good."""
    elsewhere = "What stands in this chat itself is kept by your company's chat, not by me."
    if months is not None:
        elsewhere = f"The words of a question go after {say(months)}. {elsewhere}"
    facts = tuple((label, str(counts.get(kind, 0))) for kind, label in KINDS.items())
    return Card(
        summary="What I keep of you, and who sees it",
        parts=(
            Heading(text="What I keep of you, and who sees it"),
            Facts(facts=facts),
            Text(text=SEES),
            Text(text=elsewhere, tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="Show me all of it", verb="own_data"),
                    Button(label="Forget me", verb="forget", opens_form=True),
                )
            ),
        ),
    )


def way_in(url: str) -> Card:
    return Card(
        summary="Download what I keep of you",
        parts=(
            Links(links=(Link(label="Download what I keep of you", url=url),)),
            Text(text="For you alone: the link works once, within ten minutes, and leads to one file (JSON)."),
        ),
    )


def forget_form(person: Person, *, own: bool) -> Form:
    whose = "your" if own else "their"
    goes = (
        f"Gone for good: {whose} name and address here, {whose} roles, settings and own series, the words of {whose} "
        f"questions and of what colleagues answered, and every sign of what {'you know' if own else 'they know'}."
    )
    stays = (
        "What stays, without a name: counts, what became a job aid, and which questions a colleague could answer. "
        "Job aids go to their deputies, and questions that wait end. "
        "Messages on their way, and copies for sending, go within 30 days."
    )
    again = "If you write to me again, you are new to me." if own else "If they write to me again, they are new to me."
    return Form(
        title="Forget me" if own else cut(f"Forget {person.name}", 24),
        verb="forget",
        value="" if own else str(person.id),
        intro=(Text(text=goes), Text(text=stays), Text(text=again, tone=Tone.QUIET)),
        fields=(
            Field(name="sure", label="Yes, for good. This cannot be undone.", kind=FieldKind.CHECK, required=False),
        ),
        submit="Forget me" if own else "Forget them",
    )


def forgotten(*, own: bool) -> Card:
    whom = "I do not know you any more. Goodbye!" if own else "They are not known here any more."
    return Card(summary=f"✓ Done. {whom}")
