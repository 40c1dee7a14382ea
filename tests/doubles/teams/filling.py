"""Filling in the inputs of a card, as a client lets a person do it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.doubles.teams.cards import INPUTS, elements
from tests.doubles.teams.model import ImpossibleError

Filled = str | Sequence[str]


def fill(card: Mapping[str, Any], values: Mapping[str, Filled], *, sending: bool = True) -> dict[str, str]:
    """What the inputs hold, by id, several choices joined by commas as Teams joins them. Raises ImpossibleError."""
    inputs = {element["id"]: element for element in elements(card) if element["type"] in INPUTS}
    strange = set(values) - set(inputs)
    if strange:
        raise ImpossibleError(f"There is no input {sorted(strange)}; there is {sorted(inputs)}.")
    filled = {}
    for id_, element in inputs.items():
        value = _value(element, values[id_]) if id_ in values else element.get("value", "")
        if sending and element.get("isRequired") and not value:
            raise ImpossibleError(f"The client asks for {id_!r} first: {element.get('errorMessage', '')}")
        filled[id_] = str(value)
    return filled


def _value(element: Mapping[str, Any], value: Filled) -> str:
    chosen = [value] if isinstance(value, str) else [*value]
    match element["type"]:
        case "Input.ChoiceSet":
            offered = {choice["value"] for choice in element["choices"]}
            named = {choice["title"]: choice["value"] for choice in element["choices"]}
            chosen = [named.get(one, one) for one in chosen if one]
            if set(chosen) - offered or (len(chosen) > 1 and not element.get("isMultiSelect")):
                raise ImpossibleError(f"{chosen} cannot be chosen; there is {sorted(offered)}.")
            return ",".join(chosen)
        case "Input.Toggle":
            on, off = element.get("valueOn", "true"), element.get("valueOff", "false")
            return str(on if chosen[0] in {on, "yes", "true"} else off)
        case "Input.Text":
            if len(chosen[0]) > element.get("maxLength", 10**6):
                raise ImpossibleError(f"More than {element['maxLength']} characters do not fit in.")
            if "regex" in element and chosen[0] and not re.search(element["regex"], chosen[0]):
                raise ImpossibleError(f"The client refuses {chosen[0]!r}.")
    return chosen[0]
