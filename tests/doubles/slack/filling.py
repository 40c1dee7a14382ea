"""Filling in a form: what a view's `state.values` holds for each kind of input, and what Slack refuses to send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.doubles.slack.elements import options_of
from tests.doubles.slack.model import View

CHOSEN = {
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}
ONE_OPTION = {"static_select", "external_select", "radio_buttons", "overflow"}
OPTIONS = {"multi_static_select", "multi_external_select", "checkboxes"}


def fill(element: Mapping[str, Any], chosen: Any) -> dict[str, Any]:
    """The part of a state, or of an action, that says what was chosen. Raises ValueError for what is not offered."""
    kind = element["type"]
    if kind in ONE_OPTION:
        return {"selected_option": _option(element, chosen) if chosen else None}
    if kind in OPTIONS:
        several = [chosen] if isinstance(chosen, str) else chosen or ()
        return {"selected_options": [_option(element, one) for one in several]}
    if kind in CHOSEN:
        if not kind.startswith("multi_"):
            return {CHOSEN[kind]: chosen or None}
        return {CHOSEN[kind]: [chosen] if isinstance(chosen, str) else list(chosen or ())}
    if kind == "rich_text_input":
        return {"rich_text_value": chosen}
    return {"value": None if chosen in (None, "") else str(chosen)}


def _option(element: Mapping[str, Any], chosen: Any) -> Mapping[str, Any]:
    if isinstance(chosen, Mapping):
        return chosen
    for option in options_of(element):
        if chosen in (option["value"], option["text"]["text"]):
            return option
    offered = ", ".join(option["text"]["text"] for option in options_of(element))
    raise ValueError(f"{chosen!r} is not offered; there is: {offered}.")


def _initial(element: Mapping[str, Any]) -> Any:
    for name, value in element.items():
        if name.startswith("initial_"):
            return value
    return None


@dataclass(frozen=True, slots=True)
class State:
    values: dict[str, dict[str, dict[str, Any]]]

    @classmethod
    def of(cls, view: View, given: Mapping[str, Any], *, sending: bool) -> State:
        """`given` by label, block_id or action_id. Raises ValueError for an unknown field or a wrong value."""
        inputs = [block for block in view.given["blocks"] if block["type"] == "input"]
        unknown = set(given) - {name for block in inputs for name in _names(block)}
        if unknown:
            labels = ", ".join(block["label"]["text"] for block in inputs)
            raise ValueError(f"There is no field {', '.join(sorted(unknown))}; there is: {labels}.")
        values: dict[str, dict[str, dict[str, Any]]] = {}
        for block in inputs:
            element = block["element"]
            value = next((given[name] for name in _names(block) if name in given), _initial(element))
            filled = fill(element, value)
            if sending:
                _check(block, filled)
            values[block["block_id"]] = {element["action_id"]: {"type": element["type"], **filled}}
        return cls(values)


def _names(block: Mapping[str, Any]) -> tuple[str, str, str]:
    return block["label"]["text"], block["block_id"], block["element"]["action_id"]


def _check(block: Mapping[str, Any], filled: Mapping[str, Any]) -> None:
    """What Slack's window itself says before anything is sent."""
    label = block["label"]["text"]
    (value,) = filled.values()
    if value in (None, [], ""):
        if not block.get("optional"):
            raise ValueError(f"Slack does not send the form: {label!r} is required.")
        return
    element = block["element"]
    if isinstance(value, str) and element["type"] == "plain_text_input":
        if len(value) > element.get("max_length", 3000):
            raise ValueError(f"Slack does not send the form: {label!r} is too long.")
        if len(value) < element.get("min_length", 0):
            raise ValueError(f"Slack does not send the form: {label!r} is too short.")
    if isinstance(value, Sequence) and len(value) > element.get("max_selected_items", 10_000):
        raise ValueError(f"Slack does not send the form: too many are chosen in {label!r}.")
