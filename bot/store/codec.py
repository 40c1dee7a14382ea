"""Inbound messages, addresses and cards as JSON text and back; the form in which they wait in the inbox and outbox."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TypeVar

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from bot.messages import Inbound, Part, Sender

_converter = make_converter(omit_if_default=True)
configure_tagged_union(Inbound, _converter, tag_name="is")
configure_tagged_union(Part, _converter, tag_name="is")

_encode = json.JSONEncoder(separators=(",", ":")).encode  # made once: `dumps` makes one at each call

LONGEST_NAME = 500
LONGEST_ADDRESS = 320

T = TypeVar("T")


def dump(value: object, as_type: object = None) -> str:
    """JSON text of a frozen dataclass; name the union in `as_type` where the reader will need the tag."""
    return _encode(_converter.unstructure(value, unstructure_as=as_type))


def storable(text: str) -> str:
    """Without what no database column can hold (NUL, lone surrogates)."""
    if text.isprintable():
        return text
    return text.encode("utf-8", "replace").decode().replace("\x00", "\N{REPLACEMENT CHARACTER}")


def storable_sender(sender: Sender) -> Sender:
    """A name and an address come from outside, whichever way a platform tells them."""
    if sender.name is None and sender.email is None:
        return sender
    return replace(
        sender,
        name=storable(sender.name[:LONGEST_NAME]) if sender.name else None,
        email=storable(sender.email[:LONGEST_ADDRESS]) if sender.email else None,
    )


def load(text: str, as_type: type[T]) -> T:
    return _converter.loads(text, as_type)


def load_inbound(text: str) -> Inbound:
    return _converter.loads(text, Inbound)  # type: ignore[arg-type]  # a union is no class


def json_text(value: object) -> str:
    return _converter.dumps(value)
