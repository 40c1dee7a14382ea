"""Naming a colleague in a form."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages import Field, FieldKind
from bot.wording.asking import cut

CHOSEN, TYPED = "person", "somebody_else"
"""The names of the fields."""

GONE = "That colleague is not here any more. Please choose another."


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """`all` says whether everybody who could be named is among them."""

    people: tuple[tuple[int, str], ...]
    all: bool


def fields(
    offered: Offered, *, label: str, nobody: str | None = None, hint: str = "", value: str = ""
) -> tuple[Field, ...]:
    """A choice, if there is anybody to choose, and a line to type in, unless everybody can be chosen.

    `nobody` is the choice of naming nobody, where that may be.
    """
    chosen, typed = [], []
    if offered.people:
        none = nobody if offered.all else (nobody or "Somebody else, written below")
        options = tuple((str(id_), name) for id_, name in offered.people)
        if none is not None:
            options = (("", none), *options)
        choice = Field(
            name=CHOSEN,
            label=label,
            kind=FieldKind.CHOICE,
            options=options,
            value=value,
            required=none is None,
            hint=hint,
        )
        chosen.append(choice)
    if not (offered.people and offered.all):
        line = Field(
            name=TYPED,
            label="Somebody else" if offered.people else label,
            required=not offered.people and nobody is None,
            hint="Full name or e-mail address." if offered.people else f"Full name or e-mail address. {hint}".strip(),
            max_length=320,
        )
        typed.append(line)
    return (*chosen, *typed)


def nobody_named() -> str:
    return "Please choose somebody, or write who it is."


def nobody_called(text: str) -> str:
    return f"I know nobody called “{cut(text, 80)}”, or several. Give their e-mail address."
