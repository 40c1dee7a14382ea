"""Cards, forms and messages → the JSON that the page draws. Pure functions.

Every text stands in the JSON as itself and the page sets it as text. The one HTML is a Markdown part's, made here:
without raw HTML, links only to https, http and mailto, and opening outside the page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from adapters.web.model import Channel, Message, Persona
from bot.messages import (
    Buttons,
    Card,
    Facts,
    Form,
    Heading,
    Image,
    Links,
    Markdown,
    Part,
    Reaction,
    Text,
    Tone,
    is_web_link,
)

LONGEST_MARKDOWN = 20_000
"""Characters. Beyond, Markdown is shown as plain text: parsing hostile text grows with the square of its length."""

SIGNS: Mapping[str, tuple[str, str]] = {
    Reaction.DONE: ("✅", "Taken, and passed on"),
    Reaction.WELCOME: ("🙂", "You are welcome"),
}
"""A sign as it is seen, and as it is read out."""

_SURROGATES = re.compile("[\ud800-\udfff]")
_INLINE_IMAGE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}")


def card_json(card: Card) -> dict[str, Any]:
    """`{"summary", "parts": [{"kind", …}]}`. A card without parts shows its summary."""
    parts = card.parts or (Text(text=card.summary),)
    return {"summary": _plain(card.summary), "parts": [part_json(part) for part in parts]}


def part_json(part: Part) -> dict[str, Any]:  # noqa: PLR0911 — one for each kind of part
    match part:
        case Heading(text=text):
            return {"kind": "heading", "text": _plain(text)}
        case Text(text=text, tone=tone):
            return {"kind": "text", "text": _plain(text), "tone": tone.value}
        case Markdown(text=text):
            if len(text) > LONGEST_MARKDOWN:
                return {"kind": "text", "text": _plain(text), "tone": Tone.NORMAL.value}
            return {"kind": "markdown", "html": markdown_html(text)}
        case Facts(facts=facts):
            return {"kind": "facts", "facts": [[_plain(label), _plain(value)] for label, value in facts]}
        case Links(links=links):
            return {"kind": "links", "links": [_link(link.label, link.url) for link in links]}
        case Image(url=url, alt=alt):
            # A picture from elsewhere would be a request from the page; it becomes a link.
            if _INLINE_IMAGE.fullmatch(url):
                return {"kind": "image", "src": url, "alt": _plain(alt)}
            return {"kind": "links", "links": [_link(alt or url, url)]}
        case Buttons(buttons=buttons):
            shown = [
                {
                    "label": _plain(button.label),
                    "verb": _plain(button.verb),
                    "value": _plain(button.value),
                    "style": button.style.value,
                    "opens_form": button.opens_form,
                }
                for button in buttons
            ]
            return {"kind": "buttons", "buttons": shown}


def form_json(form: Form) -> dict[str, Any]:
    """The form with `verb` and `value`; these two stay with the server, see `for_page`."""
    fields = [
        {
            "name": field.name,
            "label": _plain(field.label),
            "kind": field.kind.value,
            "value": _plain(field.value),
            "hint": _plain(field.hint),
            "required": field.required,
            "options": [[_plain(value), _plain(label)] for value, label in field.options],
            "max_length": field.max_length,
        }
        for field in form.fields
    ]
    return {
        "title": _plain(form.title),
        "verb": _plain(form.verb),
        "value": _plain(form.value),
        "submit": _plain(form.submit),
        "parts": [part_json(part) for part in form.intro],
        "fields": fields,
    }


def for_page(form: Mapping[str, Any], token: str) -> dict[str, Any]:
    """A form as the page gets it: a token in the place of what the form is about."""
    shown = {name: value for name, value in form.items() if name not in {"verb", "value"}}
    return shown | {"token": token}


def has_button(body: Mapping[str, Any], verb: str, value: str) -> bool:
    """Whether a card, note or form in the page's JSON shows this very button."""
    return any(
        (button["verb"], button["value"]) == (verb, value)
        for part in body["parts"]
        if part["kind"] == "buttons"
        for button in part["buttons"]
    )


def message_json(message: Message) -> dict[str, Any]:
    return {
        "number": message.number,
        "seq": message.seq,
        "id": message.id,
        "conversation": message.conversation,
        "thread": message.thread,
        "author": message.author,
        "only_you": message.only_for is not None,
        "at": message.at.isoformat(),
        "text": message.text,
        "card": message.card,
        "signs": [SIGNS[sign] for sign in message.signs if sign in SIGNS],
    }


def persona_json(persona: Persona) -> dict[str, Any]:
    person = persona.sender
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "time_zone": person.time_zone,
        "title": persona.title,
        "badge": persona.badge,
        "standing": persona.standing.value,
    }


def channels_json(channels: Sequence[Channel]) -> list[dict[str, Any]]:
    return [
        {
            "id": channel.id,
            "name": channel.name,
            "topic": channel.topic,
            "private": channel.scope.value == "private",
            "members": list(channel.members),
        }
        for channel in channels
    ]


def _plain(text: str) -> str:
    # Half a surrogate pair is no character and cannot be sent as UTF-8.
    return _SURROGATES.sub("\ufffd", text)


def _link(label: str, url: str) -> dict[str, str | None]:
    return {"label": _plain(label), "url": _plain(url) if is_web_link(url) else None}


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 — the library's name
        return is_web_link(url)


class _Renderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        tokens[idx].attrSet("rel", "noopener noreferrer")
        tokens[idx].attrSet("target", "_blank")
        return self.renderToken(tokens, idx, options, env)

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # The page and the card have headings of their own, down to the third rank.
        tokens[idx].tag = f"h{min(6, int(tokens[idx].tag[1]) + 3)}"
        return self.renderToken(tokens, idx, options, env)

    heading_close = heading_open

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002
        label = html.escape(tokens[idx].content or "picture")
        inside_link = sum((t.type == "link_open") - (t.type == "link_close") for t in tokens[:idx]) > 0
        if inside_link:
            return label
        source = html.escape(str(tokens[idx].attrGet("src")))
        return f'<a href="{source}" rel="noopener noreferrer" target="_blank">{label}</a>'


_MARKDOWN = _Markdown("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer)
_MARKDOWN.enable(["table", "strikethrough"])


def markdown_html(text: str) -> str:
    """CommonMark with tables → HTML that can be put into a page."""
    return str(_MARKDOWN.render(_plain(text)))
