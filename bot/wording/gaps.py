"""What was asked and not answered, and the invitation to an expert that may come of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.messages import Button, Buttons, Card, Field, FieldKind, Form, Heading, Part, Style, Text, Tone
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
                    Button(label="Ask the askers", verb="gap_ask", value=value, opens_form=True),
                    Button(label="Plan a campaign", verb="campaign_form", opens_form=True),
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


# ── asking the askers ──


def ask_form(example: str, *, question_id: int) -> Form:
    return Form(
        title="Ask the askers",
        verb="gap_ask",
        value=str(question_id),
        intro=(
            Text(text=cut(example, 300), tone=Tone.QUOTE),
            Text(
                text="Everybody who asked this is written to alone, with your name. You do not learn who they are, "
                "and what they reply comes without a name.",
                tone=Tone.QUIET,
            ),
        ),
        fields=(
            Field(
                name="text",
                label="What do you want to know?",
                kind=FieldKind.TEXT,
                value="What did you need this for, and did you find an answer?",
                max_length=500,
            ),
        ),
        submit="Ask them",
    )


def askers_asked() -> Card:
    return Card(summary="✓ They are asked. What they reply comes to you here, without a name.")


def to_askers(by: str, text: str, example: str, *, value: str) -> Card:
    lead = f"{by} (L&D) asks those who could not find this, you among them:"
    return Card(
        summary=f"{lead} {cut(text, 200)}",
        parts=(
            Text(text=cut(example, 300), tone=Tone.QUOTE),
            Text(text=lead),
            Text(text=text),
            Text(text="They do not know who you are. A reply goes to them without your name.", tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(
                        label="Reply without my name",
                        verb="gap_reply",
                        value=value,
                        style=Style.PRIMARY,
                        opens_form=True,
                    ),
                    Button(label="No, thanks", verb="gap_decline"),
                )
            ),
        ),
    )


def reply_form(question: str, *, value: str) -> Form:
    return Form(
        title="Reply without my name",
        verb="gap_reply",
        value=value,
        intro=(Text(text=cut(question, 300), tone=Tone.QUOTE),),
        fields=(Field(name="text", label="Your reply", kind=FieldKind.TEXT, max_length=500),),
        submit="Send",
    )


def from_asker(text: str) -> Card:
    lead = "Somebody who asked in vain replies, without a name:"
    return Card(summary=f"{lead} {cut(text, 200)}", parts=(Text(text=lead), Text(text=text, tone=Tone.QUOTE)))


def reply_sent() -> Card:
    return Card(summary="✓ Sent, without your name. Thank you!")
