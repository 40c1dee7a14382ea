"""Writing a job aid oneself, or saving a message as one."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Button, Buttons, Card, Field, FieldKind, Form, Heading, Markdown, Part, Style, Text, Tone
from bot.store.records import Aid
from bot.wording.asking import cut
from bot.wording.general import plain

LONGEST_BODY = 3000  # characters, as Slack's inputs have room for


def write_here(*, may_publish: bool) -> Card:
    """To whoever says that they want to write a job aid."""
    then = "You publish it yourself." if may_publish else "Whoever looks after job aids publishes it, or asks you back."
    text = f"Write it here: a title, the need that it meets, and the steps. {then}"
    return Card(
        summary=text,
        parts=(
            Text(text=text),
            Buttons(
                buttons=(Button(label="Write a job aid", verb="new_aid", style=Style.PRIMARY, opens_form=True),),
            ),
        ),
    )


def form(*, title: str, body: str, audiences: Sequence[tuple[str, str]], value: str, need: str = "") -> Form:
    first = audiences[0][0]
    return Form(
        title="New job aid",
        verb="new_aid",
        value=value,
        fields=(
            Field(name="title", label="Title", value=title, max_length=150, hint="As somebody would ask for it."),
            Field(
                name="need",
                label="When is it needed?",
                value=cut(need, 500),
                required=False,
                max_length=500,
                hint="The situation, in a worker's words.",
            ),
            Field(
                name="body",
                label="What it says",
                kind=FieldKind.TEXT,
                value=cut(body, LONGEST_BODY),
                max_length=LONGEST_BODY,
                hint="Steps or facts, as short as they can be. Without names. Markdown is fine.",
            ),
            Field(name="tags", label="Words to find it by", required=False, max_length=200, hint="Parted by commas."),
            Field(
                name="audience", label="Who may see it?", kind=FieldKind.CHOICE, value=first, options=tuple(audiences)
            ),
        ),
        submit="Save",
    )


def name_place(name: str | None) -> str:
    return f"#{name}" if name else "this conversation"


def published(aid: Aid) -> Card:
    text = f"✓ Published as job aid #{aid.number}. I will ask you in {aid.review_days} days whether it is still true."
    return plain(text)


def look_again() -> Card:
    text = "Saved as a draft. Something in it is worth a look before it is published: see our direct conversation."
    return plain(text)


def thanks(*, asked: bool) -> Card:
    text = "✓ Thank you. L&D looks at it, and I tell you when it is published."
    if not asked:
        text = "✓ Thank you. It is kept as a draft until somebody of L&D publishes it."
    return plain(text)


def draft(aid: Aid, findings: Sequence[str], similar: Sequence[tuple[int, str]]) -> Card:
    lead = "Your draft. Is it ready?"
    return Card(
        summary=f"{lead} “{cut(aid.title, 140)}”",
        parts=(Text(text=lead), *_what_it_says(aid), *_advice(findings, similar), _decide(aid, similar)),
    )


def suggested(aid: Aid, findings: Sequence[str], similar: Sequence[tuple[int, str]], *, by: str) -> Card:
    lead = f"{by} suggests a job aid. Shall it be published? {by} would look after it."
    return Card(
        summary=f"{by} suggests a job aid: “{cut(aid.title, 140)}”",
        parts=(Text(text=lead), *_what_it_says(aid), *_advice(findings, similar), _decide(aid, similar)),
    )


def _what_it_says(aid: Aid) -> tuple[Part, ...]:
    return (
        Heading(text=cut(aid.title, 140)),
        Markdown(text=aid.body),
        Text(text=f"Draft #{aid.number}", tone=Tone.QUIET),
    )


def _advice(findings: Sequence[str], similar: Sequence[tuple[int, str]]) -> list[Part]:
    parts: list[Part] = []
    if findings:
        listed = "\n".join(f"• {finding}" for finding in findings)
        parts.append(Text(text=f"Worth a look before:\n{listed}", tone=Tone.QUIET))
    if similar:
        listed = "\n".join(f"• {title}" for _, title in similar)
        parts.append(Text(text=f"There is something very similar already:\n{listed}", tone=Tone.QUIET))
    return parts


def _decide(aid: Aid, similar: Sequence[tuple[int, str]]) -> Buttons:
    same = [
        Button(label=f"Same as “{cut(title, 50)}”", verb="same_as", value=f"{aid.id}.{other_id}")
        for other_id, title in similar
    ]
    publish = "Keep both" if similar else "Publish"
    return Buttons(
        buttons=(
            *same,
            # What is similar was shown here already: it is not asked about again.
            Button(label=publish, verb="publish_anyway", value=str(aid.id), style=Style.PRIMARY),
            Button(label="Edit first", verb="edit_aid", value=str(aid.id), opens_form=True),
            Button(label="No, drop it", verb="discard", value=str(aid.id)),
        )
    )


def taken_up(aid: Aid) -> Card:
    text = f"✓ Your suggestion “{cut(aid.title, 140)}” is published as job aid #{aid.number}, and yours to look after."
    return plain(text)


def took_the_place(aid: Aid) -> Card:
    text = f"✓ Your suggestion is what job aid #{aid.number}, “{cut(aid.title, 140)}”, says from now on. Thank you!"
    return plain(text)


def not_taken_up(title: str) -> Card:
    text = f"Your suggestion “{cut(title, 140)}” was not published. Thank you all the same."
    return plain(text)
