"""Cards, forms and messages → the JSON that the page draws. Pure functions.

Every text stands in the JSON as itself and the page sets it as text. The one HTML is a Markdown part's: without raw
HTML, links only to https, http and mailto, and opening outside the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.web.model import Channel, Message, Persona
from bot.messages import (
    Buttons,
    Card,
    Facts,
    FieldKind,
    Form,
    Heading,
    Image,
    Links,
    Markdown,
    Part,
    Reaction,
    Text,
    Tone,
    clean,
    is_web_link,
    markdown_html,
)

LONGEST_MARKDOWN = 20_000
"""Characters. Beyond, Markdown is shown as plain text: parsing hostile text grows with the square of its length."""

SIGNS: Mapping[str, tuple[str, str]] = {
    Reaction.DONE: ("✅", "Taken, and passed on"),
    Reaction.WELCOME: ("🙂", "You are welcome"),
}
"""A sign as it is seen, and as it is read out."""

_FIRST_HEADING = 4  # the page and the card have headings of their own, down to the third rank
_INLINE_IMAGE = re.compile(r"data:image/png;base64,[A-Za-z0-9+/]+={0,2}")


def card_json(card: Card) -> dict[str, Any]:
    """`{"summary", "parts": [{"kind", …}]}`. A card without parts shows its summary."""
    parts = card.parts or (Text(text=card.summary),)
    return {"summary": clean(card.summary), "parts": [part_json(part) for part in parts]}


def part_json(part: Part) -> dict[str, Any]:  # noqa: PLR0911 — one for each kind of part
    match part:
        case Heading(text=text):
            return {"kind": "heading", "text": clean(text)}
        case Text(text=text, tone=tone):
            return {"kind": "text", "text": clean(text), "tone": tone.value}
        case Markdown(text=text):
            if len(text) > LONGEST_MARKDOWN:
                return {"kind": "text", "text": clean(text), "tone": Tone.NORMAL.value}
            return {"kind": "markdown", "html": markdown_html(text, first_heading=_FIRST_HEADING, new_tab=True)}
        case Facts(facts=facts):
            return {"kind": "facts", "facts": [[clean(label), clean(value)] for label, value in facts]}
        case Links(links=links):
            return {"kind": "links", "links": [_link(link.label, link.url) for link in links]}
        case Image(url=url, alt=alt):
            # A picture from elsewhere would be a request from the page; it becomes a link.
            if _INLINE_IMAGE.fullmatch(url):
                return {"kind": "image", "src": url, "alt": clean(alt)}
            return {"kind": "links", "links": [_link(alt or url, url)]}
        case Buttons(buttons=buttons):
            shown = [
                {
                    "label": clean(button.label),
                    "verb": clean(button.verb),
                    "value": clean(button.value),
                    "style": button.style.value,
                    "opens_form": button.opens_form,
                }
                for button in buttons
            ]
            return {"kind": "buttons", "buttons": shown}


def with_channels(form: Form, channels: Sequence[Channel]) -> Form:
    """Where channels are asked for, a choice of these; where there are none, no question."""
    options = tuple((channel.id, f"#{channel.name}") for channel in channels)
    fields = (
        replace(field, kind=FieldKind.CHOICES, options=options) if field.kind is FieldKind.CHANNELS else field
        for field in form.fields
        if options or field.kind is not FieldKind.CHANNELS
    )
    return replace(form, fields=tuple(fields))


def form_json(form: Form) -> dict[str, Any]:
    """The form with `verb` and `value`; these two stay with the server, see `for_page`."""
    fields = [
        {
            "name": field.name,
            "label": clean(field.label),
            "kind": field.kind.value,
            "value": clean(field.value),
            "hint": clean(field.hint),
            "required": field.required,
            "options": [[clean(value), clean(label)] for value, label in field.options],
            "max_length": field.max_length,
        }
        for field in form.fields
    ]
    return {
        "title": clean(form.title),
        "verb": clean(form.verb),
        "value": clean(form.value),
        "submit": clean(form.submit),
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
        "files": [file.name for file in message.files],
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


def _link(label: str, url: str) -> dict[str, str | None]:
    return {"label": clean(label), "url": clean(url) if is_web_link(url) else None}
