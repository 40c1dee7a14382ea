"""Changing a job aid: the form, what somebody suggests, what changed, and what it said before."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Button, Buttons, Card, Field, FieldKind, Form, Heading, Part, Style, Text, Tone
from bot.store.records import Aid, Suggestion, Version
from bot.wording.asking import cut, format_day
from bot.wording.caring import kept_elsewhere
from bot.wording.general import plain
from bot.wording.suggesting import LONGEST_BODY
from knowledge.differences import Fate, Line, compare
from knowledge.front_matter import LONGEST_TITLE

LONGEST_DIFFERENCE = 2400  # characters; a card has room for little more
CONTEXT = 1  # lines that stay the same, shown before and after what changed
MOST_VERSIONS = 8


# ── forms ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def edit_form(aid: Aid, *, title: str | None = None, need: str | None = None, body: str | None = None) -> Form:
    """`title`, `need` and `body` are what it begins with, where that is not what the aid says now."""
    fields = _fields(aid.title if title is None else title, aid.need if need is None else need, body or aid.body)
    if aid.status == "draft":
        fields.append(Field(name="publish", label="Publish it now", kind=FieldKind.CHECK, value="yes", required=False))
    value = f"{aid.id}.{aid.version}"
    return Form(title=f"Job aid #{aid.number}", verb="edit_aid", value=value, fields=tuple(fields), submit="Save")


def suggestion_form(aid: Aid) -> Form:
    fields = _fields(aid.title, aid.need, aid.body)
    note = Field(
        name="note",
        label="Why?",
        required=False,
        max_length=300,
        hint="For whoever looks after it. They see your name.",
    )
    return Form(
        title=f"A change of job aid #{aid.number}",
        verb="suggest_edit",
        value=f"{aid.id}.{aid.version}",
        fields=(*fields, note),
        submit="Suggest it",
    )


def accept_form(aid: Aid, suggestion: Suggestion) -> Form:
    """What was suggested, to be changed before it is taken up."""
    return Form(
        title=f"Job aid #{aid.number}",
        verb="accept_suggestion",
        value=f"{suggestion.id}.{aid.version}",
        fields=tuple(_fields(suggestion.title, suggestion.need, suggestion.body)),
        submit="Save",
    )


def too_long(aid: Aid) -> str:
    """A form would cut it, and what was cut would be lost when it is sent."""
    return (
        f"Job aid #{aid.number} has {max(len(aid.body), len(aid.need)):,} characters, and a form has room for "
        f"{LONGEST_BODY:,}. Change it where it came from, and import it again; or split it into several."
    )


def fits_a_form(aid: Aid | Suggestion) -> bool:
    return max(len(aid.body), len(aid.need)) <= LONGEST_BODY


def _fields(title: str, need: str, body: str) -> list[Field]:
    return [
        Field(name="title", label="Title", value=title, max_length=LONGEST_TITLE),
        Field(
            name="need",
            label="When is it needed?",
            value=need,
            required=False,
            hint="The situation, in a worker's words.",
            max_length=LONGEST_BODY,
        ),
        Field(
            name="body",
            label="What it says",
            kind=FieldKind.TEXT,
            value=body,
            hint="Steps or facts, as short as they can be. Markdown is fine.",
            max_length=LONGEST_BODY,
        ),
    ]


# ── what changed ────────────────────────────────────────────────────────────────────────────────────────────────────


def difference(before: Aid | Version, after: Aid | Version | Suggestion) -> list[Part]:
    """What changed, as text: − for what went, + for what came, and «…» around the words that changed within a line."""
    parts: list[Part] = []
    for label, old, new in (("Title", before.title, after.title), ("When it is needed", before.need, after.need)):
        if old != new:
            parts.append(Text(text=f"{label}\n{_show(compare(old, new), LONGEST_DIFFERENCE // 4)}"))
    if before.body != after.body:
        parts.append(Text(text=_show(compare(before.body, after.body), LONGEST_DIFFERENCE)))
    if not isinstance(after, Suggestion):
        parts += _listed("Links", [url for _, url in before.links], [url for _, url in after.links])
        parts += _listed("Words to find it by", before.tags, after.tags)
    return parts or [Text(text="Nothing of its words changed.", tone=Tone.QUIET)]


def _listed(label: str, before: Sequence[str], after: Sequence[str]) -> list[Part]:
    lines = [f"− {one}" for one in before if one not in after] + [f"+ {one}" for one in after if one not in before]
    return [Text(text=cut("\n".join([label, *lines]), LONGEST_DIFFERENCE // 4))] if lines else []


def _show(lines: Sequence[Line], longest: int) -> str:
    changed = [number for number, line in enumerate(lines) if line.fate is not Fate.KEPT]
    near = {other for number in changed for other in range(number - CONTEXT, number + CONTEXT + 1)}
    shown: list[str] = []
    length = 0
    for number, line in enumerate(lines):
        if number not in near or (line.fate is Fate.KEPT and not line.text.strip()):
            if shown and shown[-1] != "…":
                shown.append("…")
            continue
        row = _row(line)
        if length + len(row) > longest:
            left = sum(one >= number for one in changed)
            shown.append(f"… and {left} more changed lines" if left > 1 else cut(row, max(1, longest - length)))
            break
        shown.append(row)
        length += len(row) + 1
    return "\n".join(shown).removesuffix("\n…")


def _row(line: Line) -> str:
    mark = {Fate.KEPT: " ", Fate.REMOVED: "−", Fate.ADDED: "+"}[line.fate]
    words = "".join(f"«{text}»" if changed and text.strip() else text for text, changed in line.pieces)
    return f"{mark} {words}"


# ── suggestions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def suggested(
    aid: Aid, suggestion: Suggestion, *, by: str, findings: Sequence[str] = (), changed_since: bool = False
) -> Card:
    lead = f"{by} suggests a change of job aid #{aid.number}, “{cut(aid.title, 140)}”."
    parts: list[Part] = [Text(text=lead)]
    if suggestion.note:
        parts.append(Text(text=suggestion.note, tone=Tone.QUOTE))
    if changed_since:
        text = "The job aid was changed since this was suggested. What you see is the difference from what it says now."
        parts.append(Text(text=f"⚠ {text}"))
    parts += [*difference(aid, suggestion), *_worth_a_look(findings)]
    accept, value = f"{suggestion.id}.{aid.version}", str(suggestion.id)
    if aid.origin is not None:
        done = Button(label="It is changed there", verb="done_elsewhere", value=value, style=Style.PRIMARY)
        no = Button(label="No, thanks", verb="reject_suggestion", value=value)
        return Card(summary=lead, parts=(*parts, *kept_elsewhere(aid), Buttons(buttons=(done, no))))
    parts.append(
        Buttons(
            buttons=(
                Button(label="Take it up", verb="accept_suggestion", value=accept, style=Style.PRIMARY),
                Button(label="Edit first", verb="edit_suggestion", value=value, opens_form=True),
                Button(label="No, thanks", verb="reject_suggestion", value=value),
            )
        )
    )
    return Card(summary=lead, parts=tuple(parts))


def overtaken(aid: Aid, suggestion: Suggestion, *, by: str | None) -> Card:
    """To somebody whose change was not saved, since somebody else had saved one meanwhile."""
    who = by or "Somebody"
    lead = (
        f"{who} changed job aid #{aid.number} while you were writing. Nothing is lost: this is how yours differs now."
    )
    return Card(
        summary=lead,
        parts=(
            Text(text=lead),
            *difference(aid, suggestion),
            Buttons(
                buttons=(
                    Button(
                        label="Save mine over it",
                        verb="accept_suggestion",
                        value=f"{suggestion.id}.{aid.version}",
                        style=Style.PRIMARY,
                    ),
                    Button(label="Edit first", verb="edit_suggestion", value=str(suggestion.id), opens_form=True),
                    Button(label="Drop mine", verb="reject_suggestion", value=str(suggestion.id)),
                )
            ),
        ),
    )


def _worth_a_look(findings: Sequence[str]) -> list[Part]:
    if not findings:
        return []
    listed = "\n".join(f"• {finding}" for finding in findings)
    return [Text(text=f"Worth a look before:\n{listed}", tone=Tone.QUIET)]


OVERTAKEN = "Somebody else changed this job aid meanwhile. Yours is kept: see our direct conversation."


def thanks(aid: Aid, *, put_to: int) -> Card:
    if put_to:
        text = f"✓ Thank you. Whoever looks after job aid #{aid.number} gets it, and I tell you what becomes of it."
    else:
        text = f"✓ Thank you. It is kept until somebody looks after job aid #{aid.number}."
    return plain(text)


def taken_up(aid: Aid, *, by: str, edited: bool) -> Card:
    text = f"✓ {by} took up your change of job aid #{aid.number}, “{cut(aid.title, 140)}”. Thank you!"
    if edited:
        text = f"✓ {by} took up your change of job aid #{aid.number}, “{cut(aid.title, 140)}”, reworded. Thank you!"
    return plain(text)


def turned_down(aid: Aid) -> Card:
    text = f"Your change of job aid #{aid.number}, “{cut(aid.title, 140)}”, was not taken up. Thank you all the same."
    return plain(text)


def settled(aid: Aid, *, by: str, taken: bool) -> Card:
    done = f"✓ {by} took it up" if taken else f"{by} turned it down"
    text = f"A change of job aid #{aid.number}, “{cut(aid.title, 140)}”: {done}."
    return Card(summary=text, parts=(Text(text=text, tone=Tone.QUIET),))


def saved(aid: Aid) -> Card:
    """Only for who may change it."""
    text = f"✓ Saved as version {aid.version} of job aid #{aid.number}. Answers in sight are corrected."
    history = Button(label="What changed?", verb="aid_history", value=str(aid.id))
    edit = Button(label="Edit", verb="edit_aid", value=str(aid.id), opens_form=True)
    return Card(summary=text, parts=(Text(text=text), Buttons(buttons=(history, edit))))


# ── history ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def history(aid: Aid, versions: Sequence[Version]) -> Card:
    """Newest first; the newest with what changed in it."""
    parts: list[Part] = [Heading(text=cut(f"#{aid.number} {aid.title}", 140))]
    for version in versions[:MOST_VERSIONS]:
        parts.append(Text(text=_line(version)))
        if version.number > 1:
            value = f"{aid.id}.{version.number}"
            parts.append(Buttons(buttons=(Button(label="What changed?", verb="aid_version", value=value),)))
    if len(versions) > MOST_VERSIONS:
        parts.append(Text(text=f"and {len(versions) - MOST_VERSIONS} older ones", tone=Tone.QUIET))
    return Card(summary=f"The versions of job aid #{aid.number}", parts=tuple(parts))


def changed_in(aid: Aid, version: Version, before: Version, *, may_restore: bool) -> Card:
    parts: list[Part] = [Text(text=f"#{aid.number} {cut(aid.title, 140)}"), Text(text=_line(version), tone=Tone.QUIET)]
    parts += difference(before, version)
    if may_restore:
        value = f"{aid.id}.{before.number}.{aid.version}"
        label = f"Bring version {before.number} back"
        parts.append(Buttons(buttons=(Button(label=label, verb="restore_version", value=value),)))
    return Card(summary=f"What changed in version {version.number}", parts=tuple(parts))


def _line(version: Version) -> str:
    line = f"Version {version.number} · {format_day(version.at.date())} · {version.by_name or 'Lanyard'}"
    return f"{line} · {version.why}" if version.why else line
