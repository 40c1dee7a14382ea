"""Turning an answer into a job aid."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Button, Buttons, Card, Field, FieldKind, Form, Heading, Markdown, Part, Style, Text, Tone
from bot.store.records import Aid
from bot.wording.asking import cut


def offer(aid: Aid, findings: Sequence[str]) -> Card:
    parts: list[Part] = [
        Text(text="Shall your answer become a job aid? The next one who asks is then answered at once."),
        Heading(text=cut(aid.title, 140)),
        Markdown(text=aid.body),
        Text(text=f"Draft #{aid.number} · the asker is not named · you would look after it", tone=Tone.QUIET),
    ]
    if findings:
        listed = "\n".join(f"• {finding}" for finding in findings)
        parts.append(Text(text=f"Worth a look before:\n{listed}", tone=Tone.QUIET))
    parts.append(
        Buttons(
            buttons=(
                Button(label="Publish", verb="publish", value=str(aid.id), style=Style.PRIMARY),
                Button(label="Edit first", verb="edit_aid", value=str(aid.id), opens_form=True),
                Button(label="No, drop it", verb="discard", value=str(aid.id)),
            )
        )
    )
    return Card(summary=f"Shall your answer become a job aid? “{cut(aid.title, 140)}”", parts=tuple(parts))


def same_as(aid: Aid, similar: Sequence[tuple[int, str]]) -> Card:
    buttons = [
        Button(label=f"Same as “{cut(title, 50)}”", verb="same_as", value=f"{aid.id}.{other_id}")
        for other_id, title in similar
    ]
    buttons.append(Button(label="Keep both", verb="publish_anyway", value=str(aid.id), style=Style.PRIMARY))
    buttons.append(Button(label="Edit first", verb="edit_aid", value=str(aid.id), opens_form=True))
    return Card(
        summary="There is something very similar already",
        parts=(
            Heading(text=cut(aid.title, 140)),
            Markdown(text=aid.body),
            Text(
                text="There is something very similar already. If it says the same, I add the asker's wording to it "
                "and drop this draft; otherwise both are kept."
            ),
            Buttons(buttons=tuple(buttons)),
        ),
    )


def published(aid: Aid) -> Card:
    return Card(
        summary=f"Published as job aid #{aid.number}",
        parts=(
            Heading(text=cut(aid.title, 140)),
            Markdown(text=aid.body),
            Text(
                text=f"✓ Published as job aid #{aid.number}. I will ask you in {aid.review_days} days whether it is "
                "still true.",
                tone=Tone.QUIET,
            ),
            Buttons(buttons=(Button(label="Edit", verb="edit_aid", value=str(aid.id), opens_form=True),)),
        ),
    )


def merged(other: Aid) -> Card:
    text = f"✓ The wording now leads to job aid #{other.number}, “{other.title}”. The draft is dropped."
    return Card(summary=text, parts=(Text(text=text),))


def discarded(*, answered: bool) -> Card:
    """`answered`: it was drafted from an answer, which stays."""
    text = "The draft is dropped. The asker has your answer all the same." if answered else "The draft is dropped."
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))


def edit_form(aid: Aid) -> Form:
    fields = [
        Field(name="title", label="Title", value=aid.title, max_length=150),
        Field(
            name="need",
            label="When is it needed?",
            value=aid.need,
            required=False,
            hint="The situation, in a worker's words.",
            max_length=500,
        ),
        Field(
            name="body",
            label="What it says",
            kind=FieldKind.TEXT,
            value=aid.body,
            hint="Steps or facts, as short as they can be. Markdown is fine.",
        ),
    ]
    if aid.status == "draft":
        fields.append(Field(name="publish", label="Publish it now", kind=FieldKind.CHECK, value="yes", required=False))
    return Form(title=f"Job aid #{aid.number}", verb="edit_aid", value=str(aid.id), fields=tuple(fields), submit="Save")
