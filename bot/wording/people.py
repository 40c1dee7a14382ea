"""What is said when people leave, and to those who are not of the company."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Button, Buttons, Card, Style, Text
from bot.store.records import Aid, Person
from bot.wording.general import plain

ASKER_GONE = "Whoever asked this has left. Nothing is left to do."
FOR_COLLEAGUES = "I know what people of this company may know, and help only them. Please ask a colleague there."
MOST_LISTED = 20


SOMEBODY_GONE = "Somebody who looked after job aids is not known here any more"


def has_left(name: str) -> str:
    return f"{name} has left"


def handed_over(gone: str, aids: Sequence[Aid]) -> Card:
    text = f"{gone}. As their deputy you look after {_count(aids)} now:"
    return Card(summary=text, parts=(Text(text=text), Text(text=_list(aids))))


def orphaned(gone: str, aids: Sequence[Aid], *, reader: Person) -> Card:
    """What is not for the reader is told by its number alone; it becomes theirs to read when they look after it."""
    text = f"{gone}, and nobody looks after {_count(aids)} any more:"
    ids = ".".join(str(aid.id) for aid in aids[:100])
    return Card(
        summary=text,
        parts=(
            Text(text=text),
            Text(text=_list(aids, grants=reader.grants())),
            Buttons(buttons=(Button(label="I look after them", verb="look_after", value=ids, style=Style.PRIMARY),)),
        ),
    )


def adopted(name: str, aids: Sequence[Aid]) -> Card:
    text = f"✓ {name} looks after {_count(aids)} now." if aids else "Somebody looks after these already."
    return plain(text)


def _count(aids: Sequence[Aid]) -> str:
    return "a job aid" if len(aids) == 1 else f"{len(aids)} job aids"


def _list(aids: Sequence[Aid], *, grants: frozenset[str] | None = None) -> str:
    lines = [
        f"• #{aid.number} {aid.title if grants is None or aid.audience & grants else '(for a closed group)'}"
        for aid in aids[:MOST_LISTED]
    ]
    if len(aids) > MOST_LISTED:
        lines.append(f"and {len(aids) - MOST_LISTED} more")
    return "\n".join(lines)
