"""How what a button or choice carries travels through Slack, which writes `&`, `<`, `>` as entities in some answers."""

from __future__ import annotations

import re

from bot.messages import clean

_CODES = {"&": "%26", "<": "%3C", ">": "%3E", "%": "%25"}  # the last one is also decoded last


def encode(text: str) -> str:
    """Free of the characters that Slack would change."""
    return re.sub("[&<>%]", lambda hit: _CODES[hit[0]], clean(text))


def decode(text: str) -> str:
    for character, code in _CODES.items():
        text = text.replace(code, character)
    return text
