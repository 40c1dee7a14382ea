"""Blocks as they look in Slack, as HTML: what is bold is bold, and buttons stand side by side."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

Block = Mapping[str, Any]
Press = Callable[[str, str], str]
"""A button's label and style → its HTML."""

STYLES = {"bold": "b", "italic": "i", "strike": "s", "code": "code", "underline": "u"}
MARKUP = re.compile(
    r"<(?P<link>[^<>\n]+)>|\*(?P<bold>[^*\n]+)\*|(?<!\w)_(?P<italic>[^_\n]+)_(?!\w)|`(?P<code>[^`\n]+)`"
)

LOOK = """
.blocks > * { margin: .35rem 0; } .blocks h3 { font-size: 1.1rem; } .context { color: #616061; font-size: .82rem; }
.blocks p { white-space: pre-wrap; } .blocks ul, .blocks ol { padding-left: 1.6rem; }
.blocks blockquote { border-left: 4px solid #ddd; padding-left: .7rem; white-space: pre-wrap; }
.blocks pre, .blocks code { background: #f4f4f4; border: 1px solid #e2e2e2; border-radius: 4px; padding: 0 .25rem; }
.blocks pre { padding: .5rem; white-space: pre-wrap; }
.fields { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem 1rem; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; } .blocks hr { border: 0; border-top: 1px solid #ddd; width: 100%; }
.row button { font: 600 .85rem/1.4 inherit; padding: .3rem .75rem; border: 1px solid #bbb; border-radius: 6px; }
.row button { background: #fff; color: inherit; cursor: pointer; }
.row button.primary { background: #007a5a; border-color: #007a5a; color: #fff; }
.row button.danger { border-color: #e01e5a; color: #e01e5a; }
.blocks img { max-width: 22rem; border-radius: 6px; }
"""


def draw(blocks: Sequence[Block], press: Press) -> str:
    return f'<div class="blocks">{"".join(_block(block, press) for block in blocks)}</div>'


def _block(block: Block, press: Press) -> str:
    match block["type"]:
        case "header":
            return f"<h3>{_text(block['text'])}</h3>"
        case "section":
            fields = "".join(f"<p>{_text(one)}</p>" for one in block.get("fields", ()))
            own = f"<p>{_text(block['text'])}</p>" if "text" in block else ""
            beside = _element(block["accessory"], press) if "accessory" in block else ""
            return own + (f'<div class="fields">{fields}</div>' if fields else "") + beside
        case "context":
            return f'<p class="context">{" ".join(_element(one, press) for one in block["elements"])}</p>'
        case "actions":
            return f'<div class="row">{"".join(_element(one, press) for one in block["elements"])}</div>'
        case "divider":
            return "<hr>"
        case "image":
            return _element(block, press)
        case "rich_text":
            return "".join(_rich(one) for one in block["elements"])
        case _:
            return ""


def _element(element: Block, press: Press) -> str:
    match element["type"]:
        case "button":
            return press(str(element["text"]["text"]), str(element.get("style", "")))
        case "image":
            return f'<img src="{escape(element.get("image_url", ""))}" alt="{escape(element["alt_text"])}">'
        case "plain_text" | "mrkdwn":
            return _text(element)
        case _:
            return ""


def _text(text: Block) -> str:
    if text["type"] == "plain_text":
        return escape(_read(text["text"]))
    parts, at = [], 0
    for found in MARKUP.finditer(text["text"]):
        parts.append(escape(_read(text["text"][at : found.start()])))
        at = found.end()
        if found["link"]:
            target, _, label = found["link"].partition("|")
            parts.append(f'<a href="{escape(_read(target))}">{escape(_read(label or target))}</a>')
        else:
            style = next(name for name in ("bold", "italic", "code") if found[name])
            parts.append(f"<{STYLES[style]}>{escape(_read(found[style]))}</{STYLES[style]}>")
    return "".join(parts) + escape(_read(text["text"][at:]))


def _read(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _rich(element: Block) -> str:
    inner = "".join(_inline(one) for one in element["elements"]) if element["type"] != "rich_text_list" else ""
    match element["type"]:
        case "rich_text_quote":
            return f"<blockquote>{inner}</blockquote>"
        case "rich_text_preformatted":
            return f"<pre>{inner}</pre>"
        case "rich_text_list":
            tag = "ol" if element.get("style") == "ordered" else "ul"
            start = f' start="{int(element["offset"]) + 1}"' if element.get("offset") else ""
            items = "".join(
                f"<li>{''.join(_inline(part) for part in one['elements'])}</li>" for one in element["elements"]
            )
            return f'<{tag}{start} style="margin-left:{int(element.get("indent", 0)) * 1.4}rem">{items}</{tag}>'
        case _:
            return f"<p>{inner}</p>"


def _inline(one: Block) -> str:
    match one["type"]:
        case "link":
            shown = f'<a href="{escape(one["url"])}">{escape(one.get("text") or one["url"])}</a>'
        case "text":
            shown = escape(one["text"])
        case _:
            shown = escape(str(one.get("name") or one.get("user_id") or one.get("channel_id") or ""))
    for style, on in one.get("style", {}).items():
        if on and style in STYLES:
            shown = f"<{STYLES[style]}>{shown}</{STYLES[style]}>"
    return shown
