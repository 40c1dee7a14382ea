"""What was asked and not answered, and the invitation to an expert that may come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages import Button, Buttons, Card, Field, Form, Heading, Part, Style, Text, Tone
from bot.store.doings import FEWEST
from bot.wording import whom
from bot.wording.asking import cut
from bot.wording.general import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions that mean the same, as far as can be told. `examples` are without names."""

    question_id: int
    count: int
    examples: tuple[str, ...]


def gaps(found: Sequence[Gap], *, left_out: int, days: int) -> Card:
    lead = f"Asked in the last {days} days, and not answered"
    parts: list[Part] = [Heading(text=lead)]
    if not found:
        parts.append(Text(text=f"Nothing that {FEWEST} or more people have asked alike."))
    for gap in found:
        value = str(gap.question_id)
        listed = "\n".join(f"“{cut(example, 200)}”" for example in gap.examples)
        parts.append(Text(text=f"{gap.count} times, for example\n{listed}"))
        parts.append(
            Buttons(
                buttons=(
                    Button(label="Draft a job aid", verb="gap_draft", value=value, opens_form=True),
                    Button(label="Invite an expert", verb="gap_invite", value=value, opens_form=True),
                )
            )
        )
    rest = f" {left_out} more questions are in smaller groups." if left_out else ""
    note = f"Without names; a question that fewer than {FEWEST} people have asked is not shown.{rest}"
    parts.append(Text(text=note, tone=Tone.QUIET))
    return Card(summary=lead, parts=tuple(parts))


def invite_form(offered: whom.Offered, *, topic: str, question: str) -> Form:
    return Form(
        title="Invite an expert",
        verb="gap_invite",
        intro=(Text(text=cut(question, 300), tone=Tone.QUOTE),),
        fields=(
            *whom.fields(
                offered,
                label="Who may know?",
                hint="Those of whom it is likely come first. They are asked, and may say no.",
            ),
            Field(name="topic", label="Topic", value=topic, max_length=60),
        ),
        submit="Invite",
    )


def invited(name: str) -> Card:
    return Card(summary=f"✓ {name} is asked, and is free to say no.")


def invitation(by: str, topic: str) -> Card:
    text = f"{by} asks whether you would take questions on “{topic}”: colleagues asked, and nobody could answer."
    return Card(
        summary=text,
        parts=(
            Text(text=text),
            Text(text="Few will come, one at a time. You can pause or stop it whenever you like.", tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="Yes, ask me", verb="take_topic", value=topic, style=Style.PRIMARY),
                    Button(label="No, thanks", verb="leave_topic", value=topic),
                )
            ),
        ),
    )


def taken(topic: str) -> Card:
    text = f"✓ Thank you. “{topic}” is one of your topics now; write “topics” to me to change what you are asked."
    return plain(text)


def left() -> Card:
    text = "All right. Nothing comes of it, and it is never held against you."
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))
