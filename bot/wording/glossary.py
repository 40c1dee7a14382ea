"""The company's own words, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Button, Buttons, Card, Field, FieldKind, Form, Heading, Part, Style, Text, Tone
from bot.wording.asking import cut
from bot.wording.general import plain
from knowledge.model import EVERYONE, Term
from knowledge.terms import LONGEST_EXPANSION, LONGEST_TERM, Suggestion, Why

LONGEST_LABEL = 75  # of a choice, on Slack
_WHY = {
    Why.DEFINED: "“{title}” explains it so.",
    Why.ASKED: "People ask so, and “{title}” helped them.",
    Why.MISSPELT: "People write it so, and “{title}” helped them.",
}
HOW = "/lanyard glossary PO = purchase order adds one, /lanyard glossary PO shows one; typed to me, “glossary” will do."


def glossary(
    shown: Sequence[Term],
    *,
    first: int,
    total: int,
    suggested: Sequence[tuple[Suggestion, str]],
    later: int | None,
    earlier: int | None,
    may_change: bool,
) -> Card:
    """`shown` begins with the entry number `first`, from 0; the suggestions come with what their buttons carry."""
    lead = "Glossary: what our own words stand for"
    parts: list[Part] = [Heading(text=lead)]
    for one, value in suggested:
        parts += suggestion(one, value)
    if not total:
        parts.append(Text(text="There is no term yet."))
    elif not shown:
        parts.append(Text(text="There are no more terms."))
    else:
        parts.append(Text(text="\n".join(line(term) for term in shown)))
    buttons = []
    if may_change:
        buttons.append(Button(label="Add a term", verb="new_term", style=Style.PRIMARY, opens_form=True))
        if shown:
            buttons.append(Button(label="Change or remove", verb="pick_term", value=str(first), opens_form=True))
    if earlier is not None:
        buttons.append(Button(label="Earlier ones", verb="glossary", value=str(earlier)))
    if later is not None:
        buttons.append(Button(label="More", verb="glossary", value=str(later)))
    if buttons:
        parts.append(Buttons(buttons=tuple(buttons)))
    range_ = f"{first + 1} to {first + len(shown)} of {total}. " if len(shown) < total and shown else ""
    note = f"{range_}Whoever asks with a term finds what it stands for, and the other way round."
    parts.append(Text(text=f"{note} {HOW}" if may_change else note, tone=Tone.QUIET))
    return Card(summary=lead, parts=tuple(parts))


def line(term: Term) -> str:
    closed = "" if EVERYONE in term.audience else " (for some only)"
    return f"{term.term}: {term.expansion}{closed}"


def _entry(term: Term) -> list[Part]:
    value = str(term.id)
    return [
        Text(text=line(term)),
        Buttons(
            buttons=(
                Button(label="Change", verb="edit_term", value=value, opens_form=True),
                Button(label="Remove", verb="remove_term", value=value),
            )
        ),
    ]


def suggestion(one: Suggestion, value: str) -> list[Part]:
    why = _WHY[one.why].format(title=cut(one.title, 120))
    return [
        Text(text=f"Shall “{one.term}” stand for “{one.expansion}”?"),
        Text(text=why, tone=Tone.QUIET),
        Buttons(
            buttons=(
                Button(label="Yes", verb="accept_term", value=value, style=Style.PRIMARY),
                Button(label="No", verb="decline_term", value=value),
            )
        ),
    ]


def entries(asked: str, found: Sequence[Term], *, may_change: bool) -> Card:
    """What is known of one term."""
    lead = f"“{cut(asked, LONGEST_TERM)}” in the glossary"
    parts: list[Part] = [Heading(text=lead)]
    for term in found:
        parts += _entry(term) if may_change else [Text(text=line(term))]
    if not found:
        parts.append(Text(text="It is not in the glossary."))
        if may_change:
            new = Button(label="Add it", verb="new_term", value=cut(asked, LONGEST_TERM), opens_form=True)
            parts.append(Buttons(buttons=(new,)))
    return Card(summary=lead, parts=tuple(parts))


def form(*, term: str, expansion: str, value: str, audience: frozenset[str]) -> Form:
    closed = Text(text="Only those see it who may see the job aid that it came from.", tone=Tone.QUIET)
    return Form(
        title="Change a term" if value else "Add a term",
        verb="term",
        value=value,
        intro=() if EVERYONE in audience else (closed,),
        fields=(
            Field(
                name="term",
                label="Term",
                value=term,
                max_length=LONGEST_TERM,
                hint="An acronym or a word of your own, as people write it: PO, till.",
            ),
            Field(
                name="expansion",
                label="What it stands for",
                value=expansion,
                max_length=LONGEST_EXPANSION,
                hint="One meaning or one other word. A term may stand for several: add it again.",
            ),
        ),
        submit="Save",
    )


def pick_form(shown: Sequence[Term]) -> Form:
    """Choose one of these, and say what becomes of it."""
    return Form(
        title="Change or remove a term",
        verb="pick_term",
        fields=(
            Field(
                name="term",
                label="Term",
                kind=FieldKind.CHOICE,
                options=tuple((str(one.id), cut(line(one), LONGEST_LABEL)) for one in shown),
            ),
            Field(
                name="expansion",
                label="What it stands for from now on",
                required=False,
                max_length=LONGEST_EXPANSION,
                hint="Leave it empty to take the term out.",
            ),
        ),
        submit="Save",
    )


def kept(term: str, expansion: str, *, others: Sequence[Term]) -> Card:
    text = f"✓ From now on “{term}” is understood as “{expansion}”, and the other way round."
    also = ", ".join(f"“{one.expansion}”" for one in others)
    parts = [Text(text=text)]
    if also:
        parts.append(Text(text=f"It still stands for {also} as well.", tone=Tone.QUIET))
    return Card(summary=text, parts=tuple(parts))


def removed(gone: Sequence[Term]) -> Card:
    listed = "; ".join(f"“{one.term}: {one.expansion}”" for one in gone)
    text = f"✓ Taken out of the glossary: {listed}."
    return plain(text)


def declined(term: str, expansion: str) -> Card:
    text = f"✓ “{term}” is not taken for “{expansion}”, and I do not suggest it again."
    return plain(text)
