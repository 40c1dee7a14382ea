"""Inbound messages, addresses and cards as JSON text and back; the form in which they wait in the inbox and outbox."""

from __future__ import annotations

import json
from typing import TypeVar

from cattrs.preconf.json import make_converter
from cattrs.strategies import configure_tagged_union

from bot.messages import Inbound, Part

_converter = make_converter(omit_if_default=True)
configure_tagged_union(Inbound, _converter, tag_name="is")
configure_tagged_union(Part, _converter, tag_name="is")

_encode = json.JSONEncoder(separators=(",", ":")).encode  # made once: `dumps` makes one at each call

T = TypeVar("T")


def dump(value: object, as_type: object = None) -> str:
    """JSON text of a frozen dataclass; name the union in `as_type` where the reader will need the tag."""
    return _encode(_converter.unstructure(value, unstructure_as=as_type))


def load(text: str, as_type: type[T]) -> T:
    return _converter.loads(text, as_type)


def load_inbound(text: str) -> Inbound:
    return _converter.loads(text, Inbound)  # type: ignore[arg-type]  # a union is no class


def json_text(value: object) -> str:
    return _converter.dumps(value)
