"""The shapes of the page's JSON. The page runs in a browser and can be anything: nothing here trusts it."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from adapters.web.model import Standing

LONGEST_MESSAGE = 120_000
"""Characters."""

MOST_FILES = 10
"""With one message."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


class Malformed(ValueError):  # noqa: N818 — a verdict on what was sent
    """What was sent cannot be used. The text says what was wrong and what to do."""


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for position, character in enumerate(text):
        if unicodedata.category(character) in {"Cc", "Cs"} and character not in "\n\t":
            raise PydanticCustomError(
                "control",
                "has the control character U+{code} at position {position}; take it out",
                {"code": f"{ord(character):04X}", "position": position},
            )
    return text


def _spoken(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("empty", "is empty; write something")
    return text


def _line(text: str) -> str:
    return " ".join(_spoken(text).split())


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise PydanticCustomError(
            "email", "{value} is no e-mail address; it looks like ada@example.org", {"value": repr(text)}
        )
    return text


Id = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_clean)]
FreshId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
"""Made by the page, so that a second try is recognised. Without a dot, which the room's own ids have."""
Line = Annotated[str, Field(max_length=200), AfterValidator(_clean), AfterValidator(_line)]
Clean = Annotated[str, Field(max_length=LONGEST_MESSAGE), AfterValidator(_clean)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Say(_Sent):
    by: Id
    id: FreshId
    conversation: Id
    thread: Id | None = None
    files: Annotated[list[FreshId], Field(max_length=MOST_FILES)] = Field(default_factory=list)
    text: Clean

    @field_validator("text")
    @classmethod
    def _said(cls, text: str, info: ValidationInfo) -> str:
        """Something must be: words, or files."""
        return text if info.data.get("files") else _spoken(text)


class PutIn(_Sent):
    """A file, whose content is the body of the request."""

    by: Id
    id: FreshId
    name: Line


class Press(_Sent):
    """`on` is the id of a message, or the token of a note or form."""

    by: Id
    id: FreshId
    on: Id
    verb: Annotated[str, Field(max_length=2000)]
    value: Annotated[str, Field(max_length=2000)]


class Use(_Sent):
    """A shortcut, used on the message with the id `on`."""

    by: Id
    id: FreshId
    on: Id
    verb: Literal["ask_about", "save_as_aid"]


class Insert(_Sent):
    """The job aid with this title, out of what a search for `text` finds there."""

    by: Id
    id: FreshId
    conversation: Id
    thread: Id | None = None
    text: Clean = ""
    title: Annotated[str, Field(max_length=2000)]


class Open(_Sent):
    """The job aid whose page has this address, linked to in the conversation."""

    by: Id
    id: FreshId
    conversation: Id
    address: Annotated[str, Field(max_length=2000)]


class Submit(_Sent):
    by: Id
    id: FreshId
    form: Id
    fields: dict[Id, Clean | list[Clean]]


class See(_Sent):
    by: Id
    conversation: Id
    number: Annotated[int, Field(ge=0, lt=2**63)]


class Skip(_Sent):
    by: Id
    to: Literal["hour", "morning", "day", "week"]


class AddPerson(_Sent):
    name: Line
    email: Annotated[Line, AfterValidator(_email)]
    time_zone: Id | None = None


class ChangePerson(_Sent):
    """What is not given stays as it is."""

    by: Id
    id: FreshId
    name: Line | None = None
    time_zone: Id | None = None
    standing: Standing | None = Field(default=None, strict=False)


class AddChannel(_Sent):
    by: Id
    name: Line
    topic: Annotated[str, Field(max_length=200), AfterValidator(_clean)] = ""
    private: bool = False
    members: list[Id] = Field(default_factory=list)


Shape = TypeVar("Shape", bound=_Sent)


def parse(shape: type[Shape], body: bytes) -> Shape:
    """The body as `shape`. Raises Malformed with the first thing that is wrong."""
    try:
        return shape.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    if first["type"] == "json_invalid":
        raise Malformed(f"The body is not JSON: {first['ctx']['error']}. Send one JSON object.") from None
    if first["type"] == "extra_forbidden":
        raise Malformed(f"`{where}` is not known here: leave it out.") from None
    value = first["input"]
    given = f" (it was {str(value)[:60]!r})" if isinstance(value, str | int | float | bool) else ""
    raise Malformed(f"`{where or 'body'}` is not usable: {first['msg']}{given}.")
