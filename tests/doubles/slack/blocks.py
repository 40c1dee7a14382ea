"""What Slack allows of blocks and views; usable by itself.

    problems(blocks, "message")    problems(view["blocks"], "modal")    view_problems(view)

Each problem is a sentence with a JSON pointer, as Slack's `response_metadata.messages` has them. Limits are those of
Slack's reference, and the one that is not in it: about 13,200 characters of blocks in a message (`too_long`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from tests.doubles.slack.checking import Checker
from tests.doubles.slack.elements import (
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    IN_SECTION,
    check_element,
    check_image,
)

Surface = Literal["message", "modal", "home"]

BLOCKS: Mapping[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MARKDOWN_BUDGET = 12_000  # in all markdown blocks of a message together
MESSAGE_BUDGET = 13_297  # people measured 13,297 characters in one block, and 125 fewer for each block more
BLOCK_COST = 125
VIEW_BUDGET = 250 * 1000  # bytes
PRIVATE_METADATA = 3000
MODAL_LABEL = 24  # title, submit and close


def problems(blocks: Any, surface: Surface = "message") -> list[str]:
    check = Checker()
    _check_blocks(check, blocks, surface)
    return check.found


def view_problems(view: Any) -> list[str]:
    check = Checker()
    if not check.an_object(view, "/view"):
        return check.found
    kind = view.get("type")
    if kind not in ("modal", "home"):
        check.wrong(f"unsupported type: {kind}", "/view/type")
        return check.found
    allowed = {"type", "private_metadata", "callback_id", "external_id"}
    if kind == "modal":
        allowed |= {"submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"}
    check.fields(view, "/view", required=("blocks", "title") if kind == "modal" else ("blocks",), allowed=allowed)
    for name, most in {"private_metadata": PRIVATE_METADATA, "callback_id": 255, "external_id": 255}.items():
        if name in view:
            check.string(view[name], f"/view/{name}", most=most)
    for name in ("title", "submit", "close"):
        if view.get(name) is not None:
            check.text(view[name], f"/view/{name}", most=MODAL_LABEL)
    check.flags(view, "/view", "clear_on_close", "notify_on_close", "submit_disabled")
    blocks = view.get("blocks")
    if blocks is not None:
        _check_blocks(check, blocks, kind, at="/view/blocks")
    if kind == "modal" and not view.get("submit") and any(_kind(block) == "input" for block in blocks or ()):
        check.wrong("`submit` is required when an `input` block is within the `blocks` array", "/view/submit")
    return check.found


def view_too_large(view: Mapping[str, Any]) -> bool:
    return len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_BUDGET


def too_long(blocks: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a message's blocks together are longer than Slack takes (`msg_blocks_too_long`)."""
    return sum(_letters(block) for block in blocks) + BLOCK_COST * (len(blocks) - 1) > MESSAGE_BUDGET


def _letters(given: Any) -> int:
    """The characters of every text in it; identifiers, values and addresses not counted."""
    if isinstance(given, Mapping):
        return sum(
            len(value) if name in {"text", "alt_text"} and isinstance(value, str) else _letters(value)
            for name, value in given.items()
        )
    return sum(map(_letters, given)) if isinstance(given, list) else 0


def _kind(block: Any) -> str | None:
    return block.get("type") if isinstance(block, Mapping) else None


def _check_blocks(check: Checker, blocks: Any, surface: Surface, *, at: str = "/blocks") -> None:
    if not check.listed(blocks, at, most=BLOCKS[surface], least=0):
        return
    for number, block in enumerate(blocks):
        here = f"{at}/{number}"
        if not check.an_object(block, here):
            continue
        kind = block.get("type")
        if kind not in CHECKS or surface not in SURFACES.get(kind, set(BLOCKS)):
            check.wrong(f"unsupported type: {kind}", f"{here}/type")
            continue
        check.identifier(block, "block_id", here)
        check.identifiers["action_id"].clear()  # an action_id is unique within its block
        CHECKS[kind](check, block, here)
    markdown = sum(len(str(block.get("text"))) for block in blocks if _kind(block) == "markdown")
    if markdown > MARKDOWN_BUDGET:
        check.wrong(f"markdown blocks must have less than {MARKDOWN_BUDGET + 1} characters together", at)
    if sum(_kind(block) == "table" for block in blocks) > 1:
        check.wrong("only one table allowed", at)


def _check_section(check: Checker, given: Mapping[str, Any], at: str) -> None:
    check.fields(given, at, required=(), allowed={"type", "block_id", "text", "fields", "accessory", "expand"})
    check.flags(given, at, "expand")
    if "text" not in given and "fields" not in given:
        check.wrong("missing required field: text or fields", at)
    if "text" in given:
        check.text(given["text"], f"{at}/text", most=3000, plain_only=False)
    if "fields" in given and check.listed(given["fields"], f"{at}/fields", most=10):
        for number, field in enumerate(given["fields"]):
            check.text(field, f"{at}/fields/{number}", most=2000, plain_only=False)
    if "accessory" in given:
        check_element(check, given["accessory"], f"{at}/accessory", within=IN_SECTION, block="section")


def _check_header(check: Checker, given: Mapping[str, Any], at: str) -> None:
    if check.fields(given, at, required=("text",), allowed=("type", "block_id", "level")):
        check.text(given["text"], f"{at}/text", most=150)


def _check_divider(check: Checker, given: Mapping[str, Any], at: str) -> None:
    check.fields(given, at, required=(), allowed=("type", "block_id"))


def _check_image(check: Checker, given: Mapping[str, Any], at: str) -> None:
    check_image(check, given, at, more=("block_id", "title"))
    if "title" in given:
        check.text(given["title"], f"{at}/title", most=2000)


def _check_actions(check: Checker, given: Mapping[str, Any], at: str) -> None:
    _check_row(check, given, at, within=IN_ACTIONS, most=25)


def _check_context_actions(check: Checker, given: Mapping[str, Any], at: str) -> None:
    _check_row(check, given, at, within=IN_CONTEXT_ACTIONS, most=5)


def _check_row(check: Checker, given: Mapping[str, Any], at: str, *, within: set[str], most: int) -> None:
    if not check.fields(given, at, required=("elements",), allowed=("type", "block_id")):
        return
    if check.listed(given["elements"], f"{at}/elements", most=most):
        for number, element in enumerate(given["elements"]):
            check_element(check, element, f"{at}/elements/{number}", within=within, block=given["type"])


def _check_context(check: Checker, given: Mapping[str, Any], at: str) -> None:
    if not check.fields(given, at, required=("elements",), allowed=("type", "block_id")):
        return
    if not check.listed(given["elements"], f"{at}/elements", most=10):
        return
    for number, element in enumerate(given["elements"]):
        here = f"{at}/elements/{number}"
        if _kind(element) == "image":
            check_image(check, element, here)
        else:
            check.text(element, here, most=2000, plain_only=False)


def _check_input(check: Checker, given: Mapping[str, Any], at: str) -> None:
    allowed = {"type", "block_id", "hint", "optional", "dispatch_action"}
    if not check.fields(given, at, required=("label", "element"), allowed=allowed):
        return
    check.flags(given, at, "optional", "dispatch_action")
    check.text(given["label"], f"{at}/label", most=2000)
    if "hint" in given:
        check.text(given["hint"], f"{at}/hint", most=2000)
    check_element(check, given["element"], f"{at}/element", within=IN_INPUT, block="input")


def _check_markdown(check: Checker, given: Mapping[str, Any], at: str) -> None:
    if check.fields(given, at, required=("text",), allowed=("type", "block_id")):
        check.string(given["text"], f"{at}/text", most=MARKDOWN_BUDGET, least=1)


def _check_rich_text(check: Checker, given: Mapping[str, Any], at: str) -> None:
    if not check.fields(given, at, required=("elements",), allowed=("type", "block_id")):
        return
    kinds = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
    if check.listed(given["elements"], f"{at}/elements", most=1000, least=0):
        for number, element in enumerate(given["elements"]):
            here = f"{at}/elements/{number}"
            if _kind(element) not in kinds:
                check.wrong(f"unsupported type: {_kind(element)}", f"{here}/type")
            elif check.fields(element, here, required=("elements",), allowed=element):
                check.listed(element["elements"], f"{here}/elements", most=10_000, least=0)


def _check_table(check: Checker, given: Mapping[str, Any], at: str) -> None:
    if not check.fields(given, at, required=("rows",), allowed=("type", "block_id", "column_settings")):
        return
    if check.listed(given["rows"], f"{at}/rows", most=100):
        for number, row in enumerate(given["rows"]):
            check.listed(row, f"{at}/rows/{number}", most=20)


def _check_video(check: Checker, given: Mapping[str, Any], at: str) -> None:
    if check.fields(given, at, required=("alt_text", "title", "thumbnail_url", "video_url"), allowed=given):
        check.text(given["title"], f"{at}/title", most=199)
        check.url(given["video_url"], f"{at}/video_url", https=True)
        check.url(given["thumbnail_url"], f"{at}/thumbnail_url", https=True)


CHECKS: Mapping[str, Callable[[Checker, Mapping[str, Any], str], None]] = {
    "section": _check_section,
    "header": _check_header,
    "divider": _check_divider,
    "image": _check_image,
    "actions": _check_actions,
    "context": _check_context,
    "context_actions": _check_context_actions,
    "input": _check_input,
    "markdown": _check_markdown,
    "rich_text": _check_rich_text,
    "table": _check_table,
    "video": _check_video,
}

SURFACES: Mapping[str, set[Surface]] = {
    "markdown": {"message"},
    "table": {"message"},
    "context_actions": {"message"},
}
