"""What a file may say of a job aid, and how it is understood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from knowledge.model import OPEN, JobAid, Link, Status

LONGEST_TITLE = 200
LONGEST_KEY = 500

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_WEB = re.compile(r"(?:https?://|mailto:)\S+$")
_OTHER_NAMES = {"id": "key", "text": "body"}


def _one_text(value: Any) -> Any:
    """YAML and JSON read a bare 12 or a bare date as something else than the text that was written.

    NUL and lone surrogates, which no database takes, become visible marks.
    """
    if isinstance(value, int | float | date) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return value


def _several(value: Any) -> Any:
    """A list, or text with commas or semicolons between."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(part.strip() for part in value.replace(";", ",").split(",") if part.strip())
    if isinstance(value, Iterable) and not isinstance(value, bytes | dict):
        return tuple(_one_text(part) for part in value if part is not None)
    return value


def _links(value: Any) -> Any:
    """A list of {label, url} or of addresses, a mapping label → address, or "label address" parted by semicolons."""
    if value is None:
        return ()
    if isinstance(value, dict) and not {"label", "url"} >= set(value):
        return tuple({"label": str(label), "url": url} for label, url in value.items())
    if isinstance(value, str):
        value = [part.strip() for part in value.split(";") if part.strip()]
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list | tuple):
        return value
    return tuple(_link(one) for one in value)


def _link(one: Any) -> Any:
    if not isinstance(one, str):
        return one
    label, _, url = one.strip().rpartition(" ")
    return {"label": label.strip() or url, "url": url}


def _day(value: Any) -> Any:
    return value.date() if isinstance(value, datetime) else value or None


def _yes(value: Any) -> Any:
    return {"": False, "x": True}.get(value.strip().lower(), value) if isinstance(value, str) else value


def _person(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    address = value.strip().lower()
    if address and not _ADDRESS.fullmatch(address):
        raise ValueError("it is no e-mail address")
    return address or None


def _address(value: str) -> str:
    if not _WEB.match(value):
        raise ValueError("an address begins with https://, http:// or mailto:")
    return value


Text = Annotated[str, BeforeValidator(_one_text), StringConstraints(strip_whitespace=True)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_several)]
Person = Annotated[str | None, BeforeValidator(_person)]


class WebLink(BaseModel):
    model_config = ConfigDict(extra="forbid")

    label: Text
    url: Annotated[Text, AfterValidator(_address)]


class Head(BaseModel):
    """One job aid as a file tells it. Unknown names are refused, so that a misspelled one is noticed."""

    model_config = ConfigDict(extra="forbid")

    key: Annotated[Text, Field(min_length=1, max_length=LONGEST_KEY)]
    title: Annotated[Text, Field(min_length=1, max_length=LONGEST_TITLE)]
    body: Annotated[Text, Field(min_length=1)]
    need: Text = ""
    links: Annotated[tuple[WebLink, ...], BeforeValidator(_links)] = ()
    tags: Texts = ()
    owner: Person = None
    deputy: Person = None
    audience: Texts = ()
    review_days: Annotated[int, Field(ge=1, le=3650)] = 180
    verified_on: Annotated[date | None, BeforeValidator(_day)] = None
    status: Status = Status.PUBLISHED
    locked: Annotated[bool, BeforeValidator(_yes)] = False

    @model_validator(mode="before")
    @classmethod
    def _rename(cls, given: dict[str, Any]) -> dict[str, Any]:
        return {_OTHER_NAMES.get(name, name): value for name, value in given.items()}

    def aid(self) -> JobAid:
        return JobAid(
            key=self.key,
            title=" ".join(self.title.split()),
            body=self.body,
            need=self.need,
            links=tuple(Link(label=link.label, url=link.url) for link in self.links),
            tags=tuple(dict.fromkeys(tag for tag in self.tags if tag)),
            owner=self.owner,
            deputy=self.deputy,
            audience=frozenset(grant for grant in self.audience if grant) or OPEN,
            review_days=self.review_days,
            verified_on=self.verified_on,
            status=self.status,
            locked=self.locked,
        )


def names() -> str:
    """The names that a file may use, for a sentence."""
    return ", ".join(name for name in Head.model_fields if name != "body")
