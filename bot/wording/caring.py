"""Looking after a job aid."""

from __future__ import annotations

from datetime import date

from bot.messages import Button, Buttons, Card, Heading, Link, Links, Markdown, Part, Text, Tone
from bot.store.records import Aid
from bot.wording.asking import cut, source_line


def verified(aid: Aid) -> Card:
    return Card(summary=f"✓ Job aid #{aid.number} is still true. I ask again in {aid.review_days} days.")


def whole(aid: Aid, *, today: date) -> Card:
    """All that it says, for whoever looks after it."""
    parts: list[Part] = [Heading(text=cut(aid.title, 140))]
    if aid.need:
        parts.append(Text(text=aid.need, tone=Tone.QUOTE))
    parts.append(Markdown(text=aid.body))
    if aid.links:
        parts.append(Links(links=tuple(Link(label=label, url=url) for label, url in aid.links)))
    parts.append(Text(text=source_line(aid, today=today), tone=Tone.QUIET))
    return Card(summary=f"Job aid #{aid.number}: {aid.title}", parts=tuple(parts))


def retired(aid: Aid) -> Card:
    text = f"Job aid #{aid.number} is retired: nobody is answered from it any more, and answers in sight say so."
    again = Button(label="Bring it back", verb="restore_aid", value=str(aid.id))
    return Card(summary=text, parts=(Text(text=text), Buttons(buttons=(again,))))


def restored(aid: Aid) -> Card:
    text = f"✓ Job aid #{aid.number} is back, and said to be true today."
    return Card(summary=text, parts=(Text(text=text),))
