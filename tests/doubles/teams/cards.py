"""What Teams takes for an Adaptive Card: checked strictly, and against the published schema where that is at hand."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.doubles import seen
from tests.doubles.teams.model import Refused

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
SCHEMAS = Path(os.environ.get("SCHEMAS_DIR") or Path(__file__).parents[4] / "shared" / "schemas")

INPUTS = {"Input.Text", "Input.Number", "Input.Date", "Input.Time", "Input.Toggle", "Input.ChoiceSet"}
ELEMENTS = INPUTS | {
    *("TextBlock", "RichTextBlock", "Image", "ImageSet", "Media", "Container", "ColumnSet", "FactSet", "ActionSet"),
    *("Table", "Column", "TableRow", "TableCell"),
}
ACTIONS = {"Action.Execute", "Action.Submit", "Action.OpenUrl", "Action.ShowCard", "Action.ToggleVisibility"}
INSIDE = ("body", "items", "columns", "rows", "cells", "images")
REFRESHED = 60  # people, at most, that a card renews itself for


@cache
def _validator() -> Any:
    file = SCHEMAS / "adaptive-card-1.5.0.json"
    if not file.is_file():
        return None
    jsonschema: Any = importlib.import_module("jsonschema")
    schema = json.loads(file.read_text(encoding="utf-8"))
    return jsonschema.validators.validator_for(schema)(schema)


def check_card(card: Any) -> dict[str, Any]:
    """The card, if Teams takes it. Raises Refused (400)."""
    if not isinstance(card, dict) or card.get("type") != "AdaptiveCard":
        raise _bad("The attachment's content is no AdaptiveCard.")
    if card.get("version") not in {"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"}:
        raise _bad(f"Version {card.get('version')!r} is not shown everywhere; 1.5 is.")
    for element in elements(card):
        _check_element(element)
    inputs = [element["id"] for element in elements(card) if element["type"] in INPUTS]
    if len(set(inputs)) != len(inputs):
        raise _bad(f"Two inputs have one id: {inputs}")
    for action in actions(card):
        _check_action(action)
    refresh = card.get("refresh")
    if refresh is not None:
        _check_action(refresh.get("action", {}))
        if refresh["action"]["type"] != "Action.Execute" or len(refresh.get("userIds", [])) > REFRESHED:
            raise _bad("A card is renewed by Action.Execute, for at most 60 people.")
    validator = _validator()
    if validator is not None:
        bare = {name: value for name, value in card.items() if name != "msteams"}
        for error in validator.iter_errors(bare):
            where = "/".join(map(str, error.absolute_path))
            raise _bad(f"The schema says of {where or 'the card'}: {error.message[:200]}")
    seen.note_adaptive(card)
    return card


def _check_element(element: Mapping[str, Any]) -> None:
    kind = element.get("type")
    if kind not in ELEMENTS:
        raise _bad(f"There is no element {kind!r}.")
    if kind == "TextBlock" and not isinstance(element.get("text"), str):
        raise _bad("A TextBlock has no text.")
    if kind in INPUTS and not element.get("id"):
        raise _bad(f"{kind} has no id.")
    if kind == "Input.ChoiceSet" and not element.get("choices"):
        raise _bad("A ChoiceSet has nothing to choose from.")
    if kind == "Image" and not str(element.get("url", "")).startswith(("https://", "data:image/")):
        raise _bad("An image's address is neither https nor data.")


def _check_action(action: Mapping[str, Any]) -> None:
    kind = action.get("type")
    if kind not in ACTIONS:
        raise _bad(f"There is no action {kind!r}.")
    if kind == "Action.Execute" and not action.get("verb"):
        raise _bad("Action.Execute without a verb.")
    if kind == "Action.OpenUrl" and not str(action.get("url", "")).startswith(("https://", "http://", "mailto:")):
        raise _bad("Action.OpenUrl opens no such address.")
    if kind in {"Action.Execute", "Action.Submit"} and not isinstance(action.get("data", {}), dict | str):
        raise _bad("An action's data is an object or text.")


def elements(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every element of a card, in reading order."""
    for name in INSIDE:
        for element in card.get(name, []):
            if isinstance(element, dict):
                yield {"type": _implied(name)} | element
                yield from elements(element)
    for action in [*card.get("actions", [])]:
        if isinstance(action, dict) and action.get("type") == "Action.ShowCard":
            yield from elements(action.get("card", {}))


def _implied(name: str) -> str:
    return {"columns": "Column", "rows": "TableRow", "cells": "TableCell", "images": "Image"}.get(name, "")


def actions(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from card.get("actions", [])
    for element in elements(card):
        if element["type"] == "ActionSet":
            yield from element.get("actions", [])
        for name in ("selectAction", "inlineAction"):
            if name in element:
                yield element[name]
        for inline in element.get("inlines", []):
            if isinstance(inline, dict) and "selectAction" in inline:
                yield inline["selectAction"]


def _bad(message: str) -> Refused:
    return Refused(400, "BadArgument", message)
