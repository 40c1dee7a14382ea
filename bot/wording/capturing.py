"""Turning an answer into a job aid."""

from __future__ import annotations

from collections.abc import Container, Sequence

from bot.messages import Button, Buttons, Card, Heading, Markdown, Part, Style, Text, Tone
from bot.store.records import Aid
from bot.wording.asking import cut
from bot.wording.general import plain
from knowledge.job_aids import opening


def offer(aid: Aid, findings: Sequence[str], *, unsettled: bool = False) -> Card:
    """`unsettled`: there are brackets in it that wait for the expert."""
    parts: list[Part] = [
        Text(text="Shall your answer become a job aid? The next one who asks is then answered at once."),
        Heading(text=cut(aid.title, 140)),
        Markdown(text=aid.body),
        Text(text=f"Draft #{aid.number} · the asker is not named · you would look after it", tone=Tone.QUIET),
    ]
    if findings:
        listed = "\n".join(f"• {finding}" for finding in findings)
        parts.append(Text(text=f"Worth a look before:\n{listed}", tone=Tone.QUIET))
    plain = Style.PLAIN if unsettled else Style.PRIMARY
    publish_or_edit = (
        Button(label="Publish as it is" if unsettled else "Publish", verb="publish", value=str(aid.id), style=plain),
        Button(
            label="Edit first",
            verb="edit_aid",
            value=str(aid.id),
            style=Style.PRIMARY if unsettled else Style.PLAIN,
            opens_form=True,
        ),
    )
    parts.append(
        Buttons(
            buttons=(
                *(reversed(publish_or_edit) if unsettled else publish_or_edit),
                Button(label="No, drop it", verb="discard", value=str(aid.id)),
            )
        )
    )
    return Card(summary=f"Shall your answer become a job aid? “{cut(aid.title, 140)}”", parts=tuple(parts))


def same_as(aid: Aid, similar: Sequence[Aid], replaceable: Container[int]) -> Card:
    """`replaceable` are the ids of those that the reader may let the draft take the place of."""
    parts: list[Part] = [
        Heading(text=cut(aid.title, 140)),
        Markdown(text=aid.body),
        Text(text="There is something very similar already. Is it the same?"),
    ]
    for other in similar:
        parts.append(Text(text=f"#{other.number} {other.title}\n{cut(opening(other.body), 300)}", tone=Tone.QUOTE))
        same = f"{aid.id}.{other.id}"
        buttons = [Button(label=f"Same as #{other.number}: add this wording", verb="same_as", value=same)]
        if other.id in replaceable:
            value = f"{same}.{other.version}"
            buttons.append(Button(label=f"Replace #{other.number}", verb="replace", value=value))
        parts.append(Buttons(buttons=tuple(buttons)))
    keep = (
        Button(label="Keep both", verb="publish_anyway", value=str(aid.id), style=Style.PRIMARY),
        Button(label="Edit first", verb="edit_aid", value=str(aid.id), opens_form=True),
    )
    return Card(summary="There is something very similar already", parts=(*parts, Buttons(buttons=keep)))


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
    return plain(text)


def replaced(other: Aid) -> Card:
    text = f"✓ Job aid #{other.number} says this now. What it said before is kept, and answers in sight are corrected."
    history = Button(label="What changed?", verb="aid_history", value=str(other.id))
    return Card(summary=text, parts=(Text(text=text), Buttons(buttons=(history,))))


def discarded(*, answered: bool) -> Card:
    """`answered`: it was drafted from an answer, which stays."""
    text = "The draft is dropped. The asker has your answer all the same." if answered else "The draft is dropped."
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))
