"""Form → modal, and back again: what was filled in, and where what is wrong with it is shown.

A field's name is the id of its block, so that Slack shows an error at the right place. Where the form was opened, and
what it is about, travel in the view's private metadata; Slack brings them back, and the core trusts none of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from adapters.slack.blocks import MODAL_BLOCKS, Budget, plain, to_blocks
from adapters.slack.encoding import decode, encode
from adapters.slack.model import Malformed, Unshowable
from adapters.slack.mrkdwn import cut
from adapters.slack.shapes import Id, Ts, Value, View
from bot.messages import Card, Field, FieldKind, Form, Heading, Part, Place, Scope, Text, clean

TITLE = 24
LABEL = 2000
OPTION_TEXT = 75
OPTION_VALUE = 150
OPTIONS = 100
MOST_CHANNELS = 20  # each is looked at before Slack's three seconds are over
FEW_OPTIONS = 10  # as many as checkboxes may have
INPUT = 3000
PRIVATE_METADATA = 3000
ERROR = 1000
VIEW_BYTES = 250_000
HOME_LETTERS = 60_000

SHARED = "shared"
"""In the place of a scope: closed, and read by people of other companies too."""

_Memory = tuple[str, Id, Scope | Literal["shared"], str, Ts | None, bool]
_MEMORY: TypeAdapter[_Memory] = TypeAdapter(_Memory)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def to_view(form: Form, *, place: Place, home: bool = False) -> dict[str, Any]:
    """The modal for a form; `home` says that it was opened in the Home tab.

    Raises Unshowable where something that may not be cut is too long.
    """
    parts: list[Part] = [*form.intro]
    if len(form.title) > TITLE:
        parts.insert(0, Heading(text=form.title))
    inputs = [_input(field) for field in form.fields]
    if len(inputs) >= MODAL_BLOCKS:
        raise Unshowable(f"The form {form.title!r} has {len(inputs)} fields; Slack takes {MODAL_BLOCKS - 1}.")
    intro = to_blocks(parts, Budget(blocks=MODAL_BLOCKS - len(inputs))) if parts else []
    if len(form.verb) > 255:
        raise Unshowable(f"The form's verb has {len(form.verb)} characters; Slack takes 255.")
    view = _modal(form.title, [*intro, *inputs]) | {
        "callback_id": form.verb,
        "private_metadata": _remember(form.value, place, home=home),
    }
    if inputs:
        view["submit"] = plain(form.submit or "Send", TITLE)
        view["close"] = plain("Cancel", TITLE)
    return view


def note_view(card: Card, *, place: Place, title: str = "Lanyard") -> dict[str, Any]:
    """A private word as a modal: where there is no message to answer to."""
    parts = card.parts or (Text(text=card.summary),)
    blocks = to_blocks(parts, Budget(blocks=MODAL_BLOCKS)) or [
        {"type": "section", "text": plain(card.summary or "…", 3000)}
    ]
    return _modal(title, blocks) | {"private_metadata": _remember("", place)}


def home_view(card: Card, *, place: Place) -> dict[str, Any]:
    """The Home tab. Raises Unshowable where not even its buttons fit."""
    parts = card.parts or (Text(text=card.summary),)
    letters = HOME_LETTERS
    while True:
        # Slack counts the whole view's bytes; a script of three bytes a character fits with a third of the letters.
        blocks = to_blocks(parts, Budget(blocks=MODAL_BLOCKS, letters=letters))
        view = {"type": "home", "blocks": blocks, "private_metadata": _remember("", place)}
        size = len(json.dumps(view).encode())
        if size <= VIEW_BYTES:
            return view
        if letters < 1000:
            raise Unshowable(f"The Home tab has {size:,} bytes; Slack takes {VIEW_BYTES:,}.")
        letters //= 2


def _modal(title: str, blocks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"type": "modal", "title": plain(title or "Lanyard", TITLE), "blocks": [*blocks]}


def _remember(value: str, place: Place, *, home: bool = False) -> str:
    scope = SHARED if place.shared else place.scope.value
    kept = [value, place.conversation, scope, cut(place.name or "", 100), place.thread, home]
    # Slack writes & < > as entities in some of what it returns; as escapes they cannot be touched.
    text = json.dumps(kept, ensure_ascii=True, separators=(",", ":"))
    text = text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    if len(text) > PRIVATE_METADATA:
        raise Unshowable(f"The form carries {len(value)} characters along, written as {len(text)}; Slack takes 3,000.")
    return text


def remembered(private_metadata: str) -> tuple[str, Place]:
    """The value and the place that a view was opened with. Raises Malformed."""
    try:
        value, conversation, scope, name, thread, _ = _MEMORY.validate_json(private_metadata)
    except ValidationError:
        raise Malformed("The view's private_metadata is none of ours.") from None
    shared = scope == SHARED
    kind = Scope.PRIVATE if shared else Scope(scope)
    return value, Place(conversation=conversation, scope=kind, name=name or None, thread=thread, shared=shared)


def is_from_home(private_metadata: str) -> bool:
    try:
        return _MEMORY.validate_json(private_metadata)[-1]
    except ValidationError:
        return False


# ── Inputs ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _input(field: Field) -> dict[str, Any]:
    if not 0 < len(field.name) <= 255:
        raise Unshowable(f"The field {cut(field.name, 40)!r} needs a name of 1 to 255 characters.")
    block: dict[str, Any] = {
        "type": "input",
        "block_id": field.name,
        "label": plain(field.label.strip() or field.name, LABEL),
        "element": {"action_id": field.kind.value} | _element(field),
        "optional": not field.required,
    }
    if field.hint.strip():
        block["hint"] = plain(field.hint, LABEL)
    return block


def _element(field: Field) -> dict[str, Any]:  # noqa: PLR0911 — one for each kind of field
    match field.kind:
        case FieldKind.LINE | FieldKind.TEXT:
            most = min(max(field.max_length, 1), INPUT)
            element = {"type": "plain_text_input", "multiline": field.kind is FieldKind.TEXT, "max_length": most}
            return element | ({"initial_value": cut(clean(field.value), most)} if field.value else {})
        case FieldKind.CHOICE:
            return _menu(field, "static_select", "initial_option")
        case FieldKind.CHOICES if len(field.options) > FEW_OPTIONS:
            return _menu(field, "multi_static_select", "initial_options")
        case FieldKind.CHOICES:
            options = _options(field)
            chosen = _chosen(field, options)
            return {"type": "checkboxes", "options": options} | ({"initial_options": chosen} if chosen else {})
        case FieldKind.CHANNELS:
            chosen_before = [id_ for id_ in field.value.split(",") if id_]
            return {
                "type": "multi_conversations_select",
                "filter": {"include": ["public", "private"], "exclude_bot_users": True},
                "max_selected_items": MOST_CHANNELS,
            } | ({"initial_conversations": chosen_before[:MOST_CHANNELS]} if chosen_before else {})
        case FieldKind.CHECK:
            yes = _option("yes", "Yes")
            return {"type": "checkboxes", "options": [yes]} | (
                {"initial_options": [yes]} if field.value == "yes" else {}
            )
        case FieldKind.DATE:
            initial = {"initial_date": field.value} if _DATE.fullmatch(field.value) else {}
            return {"type": "datepicker"} | initial
        case FieldKind.TIME:
            initial = {"initial_time": field.value} if _TIME.fullmatch(field.value) else {}
            return {"type": "timepicker"} | initial


def _menu(field: Field, kind: str, initial: str) -> dict[str, Any]:
    options = _options(field)
    element: dict[str, Any] = {"type": kind}
    if len(options) <= OPTIONS:
        element["options"] = options
    elif len(options) <= OPTIONS**2:
        element["option_groups"] = [
            {
                "label": plain(f"{start + 1} – {min(start + OPTIONS, len(options))}", OPTION_TEXT),
                "options": options[start : start + OPTIONS],
            }
            for start in range(0, len(options), OPTIONS)
        ]
    else:
        raise Unshowable(f"The field {field.name!r} has {len(options)} choices; Slack takes 10,000.")
    chosen = _chosen(field, options)
    if chosen:
        element[initial] = chosen[0] if kind == "static_select" else chosen
    return element


def _options(field: Field) -> list[dict[str, Any]]:
    # A value can stand in a menu once; what comes later says the same.
    options = list({value: _option(value, label) for value, label in field.options}.values())
    if not options:
        raise Unshowable(f"The field {field.name!r} has nothing to choose from.")
    return options


def _option(value: str, label: str) -> dict[str, Any]:
    """The value with a mark before it, since Slack takes no empty one, and without what Slack writes as entities."""
    encoded = "=" + encode(value)
    if len(encoded) > OPTION_VALUE:
        raise Unshowable(f"The choice {cut(label, 60)!r} carries {len(value)} characters; Slack takes 149.")
    return {"text": plain(label.strip() or value.strip() or "–", OPTION_TEXT), "value": encoded}


def _chosen(field: Field, options: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = {field.value} if field.kind is FieldKind.CHOICE else set(field.value.split(","))
    encoded = {"=" + encode(value) for value in wanted}
    return [option for option in options if option["value"] in encoded]


# ── Back again ──────────────────────────────────────────────────────────────────────────────────────────────────────


def read_fields(view: View) -> dict[str, str | tuple[str, ...]]:
    """What was filled in, by field. Raises Malformed."""
    fields: dict[str, str | tuple[str, ...]] = {}
    for name, inputs in view.state.values.items():
        for kind, value in inputs.items():
            fields[name] = _read(kind, value)
    return fields


def _read(kind: str, value: Value) -> str | tuple[str, ...]:  # noqa: PLR0911 — one for each kind of field
    match kind:
        case FieldKind.LINE | FieldKind.TEXT:
            return value.value or ""
        case FieldKind.CHOICE:
            return _option_value(value.selected_option) if value.selected_option else ""
        case FieldKind.CHOICES:
            return tuple(_option_value(option) for option in value.selected_options or ())
        case FieldKind.CHANNELS:
            return tuple(value.selected_conversations or ())
        case FieldKind.CHECK:
            return "yes" if value.selected_options else ""
        case FieldKind.DATE:
            return value.selected_date or ""
        case FieldKind.TIME:
            return value.selected_time or ""
        case _:
            raise Malformed("The view has an input that is none of ours.")


def _option_value(option: Mapping[str, Any]) -> str:
    value = option.get("value")
    if not isinstance(value, str) or not value.startswith("="):
        raise Malformed("The view has a choice that is none of ours.")
    return decode(value[1:])


def to_errors(view: View, errors: Mapping[str, str]) -> dict[str, str]:
    """Each sentence by its block; what is about the form as a whole stands at the first. Empty without any input."""
    inputs = [block.block_id for block in view.blocks if block.type == "input"]
    found: dict[str, str] = {}
    if inputs:
        for name, sentence in errors.items():
            at = name if name in inputs else inputs[0]
            found[at] = cut(f"{found[at]} {sentence}" if at in found else sentence, ERROR)
    return found
