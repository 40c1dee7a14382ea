"""What Slack allows of the elements inside a block: buttons, menus, inputs; and of options and confirmations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.doubles.slack.checking import Checker

BUTTON_TEXT = 75
BUTTON_VALUE = 2000
OPTION_TEXT = 75
OPTION_VALUE = 150
PLACEHOLDER = 150
OPTIONS = 100
INPUT_LENGTH = 3000
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}

SELECTS = {f"{kind}_select" for kind in ("static", "external", "users", "conversations", "channels")}
MULTI_SELECTS = {f"multi_{name}" for name in SELECTS}
CHOICES = {"checkboxes", "radio_buttons"}
DATES = {"datepicker", "timepicker"}
TYPED = {"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"}

IN_ACTIONS = {"button", "overflow", "datetimepicker", "workflow_button"} | SELECTS | CHOICES | DATES
IN_SECTION = {"button", "overflow", "image", "workflow_button"} | SELECTS | MULTI_SELECTS | CHOICES | DATES
IN_INPUT = {"datetimepicker", "file_input"} | TYPED | SELECTS | MULTI_SELECTS | CHOICES | DATES
IN_CONTEXT_ACTIONS = {"feedback_buttons", "icon_button"}

COMMON = {"type", "action_id", "confirm", "focus_on_load", "placeholder"}


def check_element(check: Checker, given: Any, at: str, *, within: set[str], block: str) -> None:
    if not check.an_object(given, at):
        return
    kind = given.get("type")
    if kind not in within:
        check.wrong(f"unsupported type: {kind}, in a block of type {block}", f"{at}/type")
        return
    if kind == "image":
        check_image(check, given, at)
        return
    check.identifier(given, "action_id", at)
    check.flags(given, at, "focus_on_load")
    if "placeholder" in given:
        check.text(given["placeholder"], f"{at}/placeholder", most=PLACEHOLDER)
    if "confirm" in given:
        _check_confirm(check, given["confirm"], f"{at}/confirm")
    CHECKS.get(kind, _check_any)(check, given, at)


def check_image(check: Checker, given: Mapping[str, Any], at: str, *, more: tuple[str, ...] = ()) -> None:
    check.fields(given, at, required=("alt_text",), allowed={"type", "image_url", "slack_file", *more})
    if "alt_text" in given:
        check.string(given["alt_text"], f"{at}/alt_text", most=2000, least=1)
    if ("image_url" in given) == ("slack_file" in given):
        check.wrong("must provide exactly one of image_url, slack_file", at)
    elif "image_url" in given:
        check.url(given["image_url"], f"{at}/image_url", https=True)


def _check_any(check: Checker, given: Mapping[str, Any], at: str) -> None:
    """An element that Lanyard does not use: known by name, not looked into."""


def _check_button(check: Checker, given: Mapping[str, Any], at: str) -> None:
    allowed = {"type", "action_id", "url", "value", "style", "confirm", "accessibility_label"}
    if check.fields(given, at, required=("text",), allowed=allowed):
        check.text(given["text"], f"{at}/text", most=BUTTON_TEXT)
    if "value" in given:
        check.string(given["value"], f"{at}/value", most=BUTTON_VALUE)
    if "url" in given:
        check.url(given["url"], f"{at}/url")
    if "style" in given:
        check.chosen(given["style"], f"{at}/style", "primary", "danger")
    if "accessibility_label" in given:
        check.string(given["accessibility_label"], f"{at}/accessibility_label", most=75)


def _check_confirm(check: Checker, given: Any, at: str) -> None:
    if not check.an_object(given, at):
        return
    check.fields(given, at, required=tuple(CONFIRM), allowed={"style"})
    for name, most in CONFIRM.items():
        if name in given:
            check.text(given[name], f"{at}/{name}", most=most, plain_only=name != "text")
    if "style" in given:
        check.chosen(given["style"], f"{at}/style", "primary", "danger")


def _check_option(check: Checker, given: Any, at: str, *, marked_up: bool = False, linked: bool = False) -> None:
    if not check.an_object(given, at):
        return
    allowed = {"description", "url"} if linked else {"description"}
    if not check.fields(given, at, required=("text", "value"), allowed=allowed):
        return
    check.text(given["text"], f"{at}/text", most=OPTION_TEXT, plain_only=not marked_up)
    check.string(given["value"], f"{at}/value", most=OPTION_VALUE, least=1)
    if "description" in given:
        check.text(given["description"], f"{at}/description", most=OPTION_TEXT, plain_only=not marked_up)
    if "url" in given:
        check.url(given["url"], f"{at}/url")


def check_options(check: Checker, given: Any, at: str, *, most: int = OPTIONS, least: int = 1, **how: bool) -> None:
    """Also for what answers a block_suggestion, where an empty list is right (`least=0`)."""
    if not check.listed(given, at, most=most, least=least):
        return
    for number, option in enumerate(given):
        _check_option(check, option, f"{at}/{number}", **how)
    values = [option.get("value") for option in given if isinstance(option, Mapping)]
    if len(set(values)) < len(values):
        check.wrong("options must have different values", at)


def check_option_groups(check: Checker, given: Any, at: str) -> None:
    if not check.listed(given, at, most=OPTIONS):
        return
    for number, group in enumerate(given):
        here = f"{at}/{number}"
        if check.an_object(group, here) and check.fields(group, here, required=("label", "options"), allowed=()):
            check.text(group["label"], f"{here}/label", most=OPTION_TEXT)
            check_options(check, group["options"], f"{here}/options")


def options_of(given: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    grouped = [option for group in given.get("option_groups", []) for option in group.get("options", [])]
    return [*given.get("options", []), *grouped]


def _check_initial(check: Checker, given: Mapping[str, Any], at: str) -> None:
    for name in ("initial_option", "initial_options"):
        if name not in given:
            continue
        initial = given[name] if isinstance(given[name], list) else [given[name]]
        if not initial:
            check.wrong("must provide at least 1 items", f"{at}/{name}")
        # Equal in every member, not in its value only.
        if any(option not in options_of(given) for option in initial):
            check.wrong(f"{name} must be among the options", f"{at}/{name}")


def _check_static(check: Checker, given: Mapping[str, Any], at: str) -> None:
    allowed = COMMON | {"options", "option_groups", "initial_option", "initial_options", "max_selected_items"}
    check.fields(given, at, required=(), allowed=allowed)
    if ("options" in given) == ("option_groups" in given):
        check.wrong("must provide exactly one of options, option_groups", at)
    elif "options" in given:
        check_options(check, given["options"], f"{at}/options")
    else:
        check_option_groups(check, given["option_groups"], f"{at}/option_groups")
    _check_initial(check, given, at)
    _check_most_selected(check, given, at)


def _check_most_selected(check: Checker, given: Mapping[str, Any], at: str) -> None:
    if "max_selected_items" in given:
        check.whole(given["max_selected_items"], f"{at}/max_selected_items", least=1, most=10_000)


def _check_found(check: Checker, given: Mapping[str, Any], at: str) -> None:
    """A menu whose entries come from elsewhere: the app, or the workspace's people and channels."""
    kind = given["type"].removeprefix("multi_").removesuffix("_select")
    allowed = COMMON | {"max_selected_items", "response_url_enabled", "min_query_length", "filter"}
    allowed |= {"default_to_current_conversation"}
    one = {"external": "option", "users": "user", "conversations": "conversation", "channels": "channel"}[kind]
    check.fields(given, at, required=(), allowed=allowed | {f"initial_{one}", f"initial_{one}s"})
    _check_most_selected(check, given, at)
    if "filter" in given and check.an_object(given["filter"], f"{at}/filter"):
        _check_filter(check, given["filter"], f"{at}/filter", kind=kind)


def _check_filter(check: Checker, given: Mapping[str, Any], at: str, *, kind: str) -> None:
    if kind != "conversations":
        check.wrong("only a menu of conversations has a filter", at)
        return
    flags = ("exclude_external_shared_channels", "exclude_bot_users")
    check.fields(given, at, required=(), allowed={"include", *flags})
    check.flags(given, at, *flags)
    if not given:
        check.wrong("must provide at least one of include, exclude_…", at)
    if "include" in given and check.listed(given["include"], f"{at}/include", most=4):
        for number, one in enumerate(given["include"]):
            check.chosen(one, f"{at}/include/{number}", "im", "mpim", "private", "public")


def _check_few(check: Checker, given: Mapping[str, Any], at: str) -> None:
    allowed = COMMON - {"placeholder"} | {"initial_option", "initial_options"}
    if check.fields(given, at, required=("options",), allowed=allowed):
        check_options(check, given["options"], f"{at}/options", most=10, marked_up=True)
    _check_initial(check, given, at)


def _check_overflow(check: Checker, given: Mapping[str, Any], at: str) -> None:
    if check.fields(given, at, required=("options",), allowed=("type", "action_id", "confirm")):
        check_options(check, given["options"], f"{at}/options", most=5, linked=True)


def _check_date(check: Checker, given: Mapping[str, Any], at: str) -> None:
    name, pattern, what = {
        "datepicker": ("initial_date", r"\d{4}-\d\d-\d\d", "a date as YYYY-MM-DD"),
        "timepicker": ("initial_time", r"([01]\d|2[0-3]):[0-5]\d", "a time as HH:mm"),
        "datetimepicker": ("initial_date_time", r"\d{10}", "a time stamp in seconds, of ten digits"),
    }[given["type"]]
    check.fields(given, at, required=(), allowed=COMMON | {name, "timezone"})
    if name in given:
        check.matching(str(given[name]), f"{at}/{name}", pattern, what)


def _check_typed(check: Checker, given: Mapping[str, Any], at: str) -> None:
    number = given["type"] == "number_input"
    own = {"is_decimal_allowed", "min_value", "max_value"} if number else {"multiline", "min_length", "max_length"}
    allowed = COMMON - {"confirm"} | own | {"initial_value", "dispatch_action_config"}
    check.fields(given, at, required=("is_decimal_allowed",) if number else (), allowed=allowed)
    check.flags(given, at, "multiline", "is_decimal_allowed")
    most = given.get("max_length", INPUT_LENGTH)
    if "max_length" in given:
        check.whole(most, f"{at}/max_length", least=1, most=INPUT_LENGTH)
    if "min_length" in given and check.whole(given["min_length"], f"{at}/min_length", least=0, most=INPUT_LENGTH):
        least = given["min_length"]
        if isinstance(most, int) and least > most:
            check.wrong("must not be more than max_length", f"{at}/min_length")
    if "initial_value" in given and isinstance(most, int):
        check.string(given["initial_value"], f"{at}/initial_value", most=most)


CHECKS: Mapping[str, Callable[[Checker, Mapping[str, Any], str], None]] = {
    "button": _check_button,
    "overflow": _check_overflow,
    "plain_text_input": _check_typed,
    "email_text_input": _check_typed,
    "url_text_input": _check_typed,
    "number_input": _check_typed,
    **dict.fromkeys(SELECTS | MULTI_SELECTS, _check_found),
    **dict.fromkeys(CHOICES, _check_few),
    **dict.fromkeys(DATES | {"datetimepicker"}, _check_date),
    "static_select": _check_static,
    "multi_static_select": _check_static,
}
