"""What comes in, as the inbox takes it: its key, its twin, whether it can wait there, and its words, made storable."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from bot.messages import (
    Amended,
    Begun,
    Changed,
    Inbound,
    Invited,
    Linked,
    Opened,
    Pressed,
    Said,
    Scope,
    Sought,
    Submitted,
)
from bot.store.codec import storable, storable_sender
from bot.turn import SAID, name_inbound
from bot.wording.series import DECLINE

_KINDS: dict[type[Inbound], str] = {  # of the keys in the inbox
    Said: SAID,
    Pressed: "p",
    Submitted: "f",
    Changed: "c",
    Invited: "i",
    Opened: "o",
    Begun: "b",
    Amended: "a",
    Sought: "s",
    Linked: "l",
}
LONGEST_NAME = 200  # characters of a file's name
LONGEST = 40_000  # characters of a message; the longest that any platform takes


def turns_to_us(inbound: Inbound) -> bool:
    """Whether somebody did something with Lanyard themselves. What is told of them or overheard is not that, nor a
    chat or page that opens, which on some platforms an administrator brings about; and to decline is the contrary.
    """
    match inbound:
        case Said():
            return inbound.command is not None or inbound.mentioned or inbound.place.scope is Scope.DIRECT
        case Pressed():
            return inbound.verb != DECLINE
        case Submitted() | Sought():
            return True
        case _:
            return False


def needs_outcome(inbound: Inbound) -> bool:
    """Commands may open a form, which only the request can; a typed question may wait its turn in the inbox."""
    match inbound:
        case Said(command=command, text=text):
            return command is not None and not (command == "ask" and text.strip())
        case Pressed() | Submitted() | Opened() | Begun() | Sought() | Linked():
            return True
        case Changed() | Invited() | Amended():
            return False


def key_of(inbound: Inbound) -> str:
    """Equal for every delivery of the same message or press."""
    return name_inbound(_KINDS[type(inbound)], inbound, inbound.key)


def twin_of(inbound: Inbound) -> str | None:
    """Equal for what one person said twice in one place: some platforms deliver one message under two keys."""
    if not isinstance(inbound, Said) or not inbound.may_come_anew:
        return None
    said = (inbound.platform, inbound.tenant, inbound.place.conversation, inbound.sender.id, inbound.command or "")
    # Files differ though nothing is said beside them; each keeps its id when it comes again.
    files = (*inbound.attached, *(file.id for file in inbound.files))
    text = "\x00".join((*said, inbound.text, *files))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def clean(inbound: Inbound) -> Inbound:
    """Replace what no database column can hold (NUL, lone surrogates), and cut what no platform would send."""
    sender = storable_sender(inbound.sender)
    if sender is not inbound.sender:
        inbound = replace(inbound, sender=sender)
    if isinstance(inbound, Said) and inbound.attached:
        files = tuple(replace(file, name=clean_name(file.name)) for file in inbound.files)
        inbound = replace(inbound, attached=tuple(clean_name(name) for name in inbound.attached), files=files)
    if isinstance(inbound, Said | Pressed):
        return replace(inbound, text=_clean_text(inbound.text))
    if isinstance(inbound, Sought):
        return replace(inbound, text=_clean_text(inbound.text))
    if isinstance(inbound, Amended) and inbound.text is not None:
        return replace(inbound, text=_clean_text(inbound.text))
    if isinstance(inbound, Submitted):
        fields = {
            name: _clean_text(value) if isinstance(value, str) else tuple(_clean_text(one) for one in value)
            for name, value in inbound.fields.items()
        }
        return replace(inbound, fields=fields)
    return inbound


def clean_name(name: str) -> str:
    """A file's: on one line, and where it is too long without its middle, since its end says what kind it is of."""
    name = " ".join(storable(name).split()) or "a file"
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 21]}…{name[-20:]}"


def _clean_text(text: str) -> str:
    return storable(text[:LONGEST])
