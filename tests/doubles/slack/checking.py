"""Finding what is wrong with a piece of JSON, and saying where, in the form in which Slack says it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

URL = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
ID_LIMIT = 255


class Checker:
    """Collects problems. `at` is a JSON pointer throughout; a check returns whether its subject passed."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.identifiers: dict[str, set[str]] = {"block_id": set(), "action_id": set()}

    def wrong(self, what: str, at: str) -> bool:
        self.found.append(f"{what} [json-pointer:{at}]")
        return False

    def fields(self, given: Mapping[str, Any], at: str, *, required: Collection[str], allowed: Collection[str]) -> bool:
        for name in required:
            if given.get(name) is None:
                self.wrong(f"missing required field: {name}", at)
        for name in given:
            if name not in required and name not in allowed:
                self.wrong(f"no more than the defined fields allowed, got: {name}", at)
        return all(given.get(name) is not None for name in required)

    def an_object(self, given: Any, at: str) -> bool:
        return isinstance(given, Mapping) or self.wrong("must be an object", at)

    def string(self, given: Any, at: str, *, most: int, least: int = 0) -> bool:
        if not isinstance(given, str):
            return self.wrong("must be a string", at)
        if len(given) > most:
            return self.wrong(f"must be less than {most + 1} characters", at)
        if len(given) < least:
            return self.wrong(f"must be more than {least - 1} characters", at)
        return True

    def listed(self, given: Any, at: str, *, most: int, least: int = 1) -> bool:
        if not isinstance(given, Sequence) or isinstance(given, str):
            return self.wrong("must be an array", at)
        if len(given) > most:
            return self.wrong(f"no more than {most} items allowed", at)
        if len(given) < least:
            return self.wrong(f"must provide at least {least} items", at)
        return True

    def whole(self, given: Any, at: str, *, least: int, most: int) -> bool:
        if not isinstance(given, int) or isinstance(given, bool):
            return self.wrong("must be an integer", at)
        return least <= given <= most or self.wrong(f"must be between {least} and {most}", at)

    def flags(self, given: Mapping[str, Any], at: str, *names: str) -> None:
        for name in names:
            if name in given and not isinstance(given[name], bool):
                self.wrong("must be a boolean", f"{at}/{name}")

    def chosen(self, given: Any, at: str, *allowed: str) -> bool:
        if given in allowed:
            return True
        return self.wrong(f"must be a valid enum value, one of {', '.join(allowed)}", at)

    def matching(self, given: Any, at: str, pattern: str, what: str) -> bool:
        fits = isinstance(given, str) and re.fullmatch(pattern, given) is not None
        return fits or self.wrong(f"must be {what}", at)

    def url(self, given: Any, at: str, *, most: int = 3000, https: bool = False) -> bool:
        if not self.string(given, at, most=most, least=1):
            return False
        if not URL.fullmatch(given):
            return self.wrong("must be a valid URL", at)
        # Slack's own proxy fetches pictures; over plain http many of them never show.
        return not https or given.lower().startswith("https://") or self.wrong("must be an https URL", at)

    def identifier(self, given: Mapping[str, Any], name: str, at: str) -> None:
        """A block_id or action_id: at most 255 characters, and not seen before."""
        if name not in given:
            return
        value = given[name]
        if not self.string(value, f"{at}/{name}", most=ID_LIMIT):
            return
        if value and value in self.identifiers[name]:
            self.wrong(f"`{name}` already exists: {value}", f"{at}/{name}")
        self.identifiers[name].add(value)

    def text(self, given: Any, at: str, *, most: int, plain_only: bool = True) -> bool:
        """A text object of at least one character."""
        if not self.an_object(given, at):
            return False
        kind = given.get("type")
        if kind not in (("plain_text",) if plain_only else ("plain_text", "mrkdwn")):
            return self.wrong(f"must be a valid type of text object, got: {kind}", f"{at}/type")
        allowed = {"type", "emoji"} if kind == "plain_text" else {"type", "verbatim"}
        self.flags(given, at, "emoji", "verbatim")
        return self.fields(given, at, required=("text",), allowed=allowed) and self.string(
            given["text"], f"{at}/text", most=most, least=1
        )
