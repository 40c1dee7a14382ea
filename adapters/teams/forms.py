"""Form → dialog, and back again: what was filled in, and the same dialog anew with what is wrong beside its field.

Teams keeps no dialog open: an answer to what was submitted either closes it or is a whole new one. So the form itself
travels in the data of its button, with where it was opened, and Teams brings them back. The core trusts none of it; and
whoever forges it changes nothing but their own dialog.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cattrs import BaseValidationError
from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from adapters.teams.elements import CARD, heading, to_elements
from adapters.teams.model import Malformed, Unshowable
from adapters.teams.outbound import CARD_TYPE, adaptive_card, to_card
from adapters.teams.plain import clean, cut, inert, line, weigh
from adapters.teams.rich import Element, rich, runs
from bot.messages import Card, Field, FieldKind, Form, Part, Place

TITLE = 64
LABEL = 300
OPTION_TEXT = 200
FEW_OPTIONS = 6
"""As many as stand open, to be read whole; more are a menu."""
INTRO = 16_000
"""What the parts above the fields may weigh, since they travel twice."""
MOST_KEPT = 200_000
"""Characters of what comes back, far above what we ever send along."""
NEEDED = "Please fill this in."

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_CODES = {",": "%2C", "%": "%25"}  # the last one is also decoded last

_converter = make_converter(omit_if_default=True, detailed_validation=False)
configure_tagged_union(Part, _converter, tag_name="is")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What came back from a dialog. `form` holds the values as they were sent, so that it can be shown anew."""

    verb: str
    value: str
    fields: Mapping[str, str | tuple[str, ...]]
    place: Place
    form: Form


def to_task(form: Form, *, place: Place, errors: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The `task` of an answer to `task/fetch` or `task/submit`. Raises Unshowable.

    `errors` are sentences by field; the empty name, and any that no field has, stand above them all.
    """
    errors = errors or {}
    form = _converter.structure(_as_json(form, Form), Form)  # as it will come back
    fields = [element for field in form.fields for element in _input(field, errors.get(field.name, ""))]
    submit = {
        "type": "Action.Submit",
        "title": line(form.submit) or "Send",
        "style": "positive",
        "data": _remember(form, place),
    }
    names = {field.name for field in form.fields}
    about_all = [_error(text) for name, text in errors.items() if name not in names]
    room = CARD - weigh([*fields, *about_all, submit])
    title = [heading(line(form.title))] if len(line(form.title)) > TITLE else []
    intro = to_elements(form.intro, room=min(room - weigh(title), INTRO), in_dialog=True) if room > 0 else []
    if room < 0:
        raise Unshowable(f"The form {cut(line(form.title), 60)!r} carries more than Teams takes.")
    body = [*about_all, *title, *intro, *fields]
    card = adaptive_card(body or [rich(runs(line(form.title) or "…"))], said=form.title)
    return _dialog(form.title, {**card, "actions": [submit]}, height=_height(form))


def to_offer(form: Form, *, place: Place) -> dict[str, Any]:
    """A message with a button that opens the form: where Teams lets no dialog be opened at once. Raises Unshowable."""
    title = line(form.title) or "…"
    button = {
        "type": "Action.Submit",
        "title": "Open",
        "style": "positive",
        "data": {"msteams": {"type": "task/fetch"}, **_remember(form, place, values=True)},
    }
    card = adaptive_card([heading(title)], said=title)
    content = {**card, "actions": [button]}
    return {"type": "message", "summary": title, "attachments": [{"contentType": CARD_TYPE, "content": content}]}


def to_note_task(card: Card, *, title: str = "Lanyard") -> dict[str, Any]:
    """A private word as the `task` that stands where a dialog was, or would have been. Raises Unshowable."""
    return _dialog(title, to_card(card, in_dialog=True), height="medium")


def _dialog(title: str, card: Element, *, height: str) -> dict[str, Any]:
    return {
        "type": "continue",
        "value": {
            "title": cut(line(title), TITLE) or "Lanyard",
            "height": height,
            "width": "medium",
            "card": {"contentType": CARD_TYPE, "content": card},
        },
    }


def _height(form: Form) -> str:
    tall = sum(2 if field.kind is FieldKind.TEXT or len(field.options) > 2 else 1 for field in form.fields)
    return "small" if tall + len(form.intro) <= 1 else "medium" if tall + len(form.intro) <= 4 else "large"


# ── Inputs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _input(field: Field, error: str) -> list[Element]:
    """The input with its label, then what is wrong with it, then its hint."""
    if not field.name:
        raise Unshowable(f"The field {cut(field.label, 60)!r} needs a name.")
    shown = {
        **_element(field),
        "id": _id(field),
        "isRequired": field.required,
        "spacing": "Large",
    }
    if field.kind is not FieldKind.CHECK or field.required:  # an optional box carries its label beside it
        shown["label"] = _label(field)
    if field.required:
        shown["errorMessage"] = NEEDED
    elements = [shown]
    if error:
        elements.append(_error(error, spacing="Small"))
    if field.hint.strip():
        elements.append(rich(runs(cut(field.hint.strip(), 1000), size="Small", isSubtle=True), spacing="Small"))
    return elements


def _error(text: str, **more: Any) -> Element:
    return rich(runs(f"⚠ {cut(text.strip(), 500)}", color="Attention", weight="Bolder"), **more)


def _label(field: Field) -> str:
    return cut(inert(field.label), LABEL) or inert(field.name) or "…"


def _id(field: Field) -> str:
    """It tells how to read what comes back, and keeps clear of the names in our own data."""
    return f"{field.kind.value}:{clean(field.name)}"


def _element(field: Field) -> Element:
    value = clean(field.value)
    match field.kind:
        case FieldKind.LINE | FieldKind.TEXT:
            several = field.kind is FieldKind.TEXT
            most = max(field.max_length, 1)
            text = cut(value if several else line(value), most)
            return {"type": "Input.Text", "isMultiline": several, "maxLength": most, **_given(text)}
        case FieldKind.CHOICE:
            style = "expanded" if len(field.options) <= FEW_OPTIONS else "compact"
            return _choices(field, [field.value]) | {"style": style}
        case FieldKind.CHOICES | FieldKind.CHANNELS:
            folded = field.kind is FieldKind.CHANNELS and len(field.options) > FEW_OPTIONS
            return _choices(field, field.value.split(",") if field.value else []) | {
                "style": "compact" if folded else "expanded",
                "isMultiSelect": True,
            }
        case FieldKind.CHECK:
            title = "Yes" if field.required else _label(field)
            shown = {"type": "Input.Toggle", "title": title, "valueOn": "yes", "valueOff": "", "wrap": True}
            return shown | _given("yes" if field.value == "yes" else "")
        case FieldKind.DATE:
            return {"type": "Input.Date", **_given(value if _DATE.fullmatch(value) else "")}
        case FieldKind.TIME:
            return {"type": "Input.Time", **_given(value if _TIME.fullmatch(value) else "")}


def _given(value: str) -> Element:
    return {"value": value} if value else {}


def _choices(field: Field, chosen: Sequence[str]) -> Element:
    # A value can stand there once; what comes later says the same.
    options = {_encode(value): line(label) or line(value) or "–" for value, label in field.options}
    if not options:
        raise Unshowable(f"The field {field.name!r} has nothing to choose from.")
    return {
        "type": "Input.ChoiceSet",
        "wrap": True,
        "choices": [{"title": cut(inert(label), OPTION_TEXT), "value": encoded} for encoded, label in options.items()],
    } | _given(",".join(encoded for value in chosen if (encoded := _encode(value)) in options))


def _encode(value: str) -> str:
    """With a mark before it, since an empty one cannot be chosen, and without the comma that parts several."""
    return "=" + re.sub("[,%]", lambda hit: _CODES[hit[0]], clean(value))


def _decode(encoded: str) -> str:
    if not encoded.startswith("="):
        raise Malformed("The form has a choice that is none of ours.")
    value = encoded[1:]
    for character, code in _CODES.items():
        value = value.replace(code, character)
    return value


# ── Back again ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _remember(form: Form, place: Place, *, values: bool = False) -> dict[str, Any]:
    """The values stay behind unless asked for: from a dialog they come back in the inputs."""
    fields = form.fields if values else tuple(replace(field, value="") for field in form.fields)
    kept = replace(form, fields=fields)
    if weigh(_as_json(kept.intro, tuple[Part, ...])) > INTRO:
        kept = replace(kept, intro=())
    return {"form": _as_json(kept, Form), "place": _as_json(place, Place)}


def _as_json(given: object, as_type: object) -> Any:
    return _cleaned(json.loads(_converter.dumps(given, unstructure_as=as_type)))


def _cleaned(given: Any) -> Any:
    match given:
        case str():
            return clean(given)
        case list():
            return [_cleaned(one) for one in given]
        case dict():
            return {name: _cleaned(value) for name, value in given.items()}
        case _:
            return given


def read_offered(data: object) -> tuple[Form, Place]:
    """The form that a button carries, and where it was offered. Raises Malformed."""
    if not isinstance(data, Mapping) or len(str(data)) > MOST_KEPT:
        raise Malformed("The submission has no data of ours.")
    try:
        return _converter.structure(data.get("form"), Form), _converter.structure(data.get("place"), Place)
    except (BaseValidationError, KeyError, TypeError, ValueError, AttributeError, OverflowError):
        raise Malformed("The submission carries no form of ours.") from None


def read_submitted(data: Mapping[str, object]) -> Filled:
    """What was filled in, from the data of `task/submit`. Raises Malformed."""
    form, place = read_offered(data)
    fields = {field.name: _read(field, data.get(_id(field), "")) for field in form.fields}
    values = tuple(replace(field, value=_as_value(fields[field.name])) for field in form.fields)
    return Filled(verb=form.verb, value=form.value, fields=fields, place=place, form=replace(form, fields=values))


def _read(field: Field, sent: object) -> str | tuple[str, ...]:
    """What an input holds; nothing in it may come as an empty text, as null, or not at all."""
    text = sent if sent is not None else ""
    if not isinstance(text, str):
        raise Malformed(f"The field {field.kind.value!r} of the form holds no text.")
    match field.kind:
        case FieldKind.CHOICE:
            return _decode(text) if text else ""
        case FieldKind.CHOICES | FieldKind.CHANNELS:
            return tuple(_decode(one) for one in text.split(",")) if text else ()
        case FieldKind.CHECK:
            return "yes" if text == "yes" else ""
        case _:
            return text


def _as_value(sent: str | tuple[str, ...]) -> str:
    return sent if isinstance(sent, str) else ",".join(sent)
