"""What the page sends → `Inbound`. Pure functions; `Malformed` carries one sentence for the page."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from adapters.web.model import Channel, Issued, Message, Persona, Standing, direct
from adapters.web.shapes import Malformed, Open, Press, Submit, Use
from bot.messages import (
    Begun,
    Changed,
    File,
    Invited,
    MessageRef,
    Opened,
    Place,
    Pressed,
    Said,
    Scope,
    Sender,
    Sought,
    Submitted,
)

_COMMAND = re.compile(r"/([A-Za-z][A-Za-z0-9_-]{0,31})(?=\s|$)")
_TAG = re.compile(r"<[^>]*>")


def split_command(text: str) -> tuple[str | None, str]:
    """The word of a slash command in lower case with the rest of the text, or None with the whole text."""
    found = _COMMAND.match(text.lstrip())
    if found is None:
        return None, text
    return found[1].lower(), text.lstrip()[found.end() :].strip()


def to_said(
    message: Message,
    *,
    platform: str,
    tenant: str,
    bot: str,
    sender: Sender,
    place: Place,
    people: Iterable[Sender],
    channels: Iterable[Channel],
) -> Said:
    """`bot` is the name the bot is mentioned by; `channels` are those the sender may know of."""
    command, text = split_command(message.text or "")
    text, mentioned = _without(text, bot)
    return Said(
        platform=platform,
        tenant=tenant,
        key=message.id,
        sender=sender,
        place=place,
        at=message.at,
        text=text,
        command=command,
        mentioned=mentioned,
        # A command is seen by nobody else, so nothing can stand in its thread.
        message=None if command else message.id,
        attached=tuple(file.name for file in message.files),
        files=tuple(File(name=file.name, id=file.id, size=file.size) for file in message.files),
        people=_named(text, "@", {person.name: person.id for person in people if person.name}),
        channels=_named(text, "#", {channel.name: channel.id for channel in channels if channel.name}),
    )


def _without(text: str, bot: str) -> tuple[str, bool]:
    pattern = re.compile(rf"(?<!\w)@{re.escape(bot)}(?!\w)[,:]?[ \t]*", re.IGNORECASE)
    rest, times = pattern.subn("", text)
    return (rest.strip(), True) if times else (text, False)


def _named(text: str, mark: str, ids: Mapping[str, str]) -> dict[str, str]:
    """The mentions in a text: whole names first, then first names that only one person has."""
    known = dict(ids)
    first_names = [name.split()[0] for name in ids if " " in name]
    for name, person in ids.items():
        first = name.split()[0]
        if mark == "@" and first_names.count(first) == 1:
            known.setdefault(first, person)
    if not known or mark not in text:
        return {}
    by_fold = {name.casefold(): id_ for name, id_ in known.items()}
    either = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    found: dict[str, str] = {}
    for hit in re.finditer(rf"(?<!\w){mark}({either})(?!\w)", text, re.IGNORECASE):
        id_ = by_fold.get(hit[1].casefold())
        if id_ is not None:
            found[hit[0]] = id_
    return found


def to_pressed(
    press: Press, *, platform: str, tenant: str, sender: Sender, place: Place, at: datetime, message: Message | None
) -> Pressed:
    """`message` is None for a button on a note or form, which are not kept as messages."""
    ref = None
    if message is not None:
        ref = MessageRef(
            platform=platform,
            tenant=tenant,
            conversation=message.conversation,
            id=message.id,
            thread=message.thread,
            person=message.only_for,
        )
    return Pressed(
        platform=platform,
        tenant=tenant,
        # The person stands in the key: ids come from pages, and one page must not use up another's.
        key=f"press:{sender.id}:{press.id}",
        sender=sender,
        place=place,
        at=at,
        verb=press.verb,
        value=press.value,
        message=ref,
    )


def to_opening(open_: Open, *, platform: str, tenant: str, sender: Sender, place: Place, at: datetime) -> Pressed:
    """An address of a job aid's page was clicked: a way in is asked for, as by a button."""
    return Pressed(
        platform=platform,
        tenant=tenant,
        key=f"open:{sender.id}:{open_.id}",
        sender=sender,
        place=place,
        at=at,
        verb=OPEN,
        value=open_.address,
    )


def to_opened(*, platform: str, tenant: str, sender: Sender, conversation: Channel, key: str, at: datetime) -> Opened:
    place = to_place(conversation, None)
    return Opened(platform=platform, tenant=tenant, key=f"home:{key}", sender=sender, place=place, at=at)


def to_begun(*, platform: str, tenant: str, sender: Sender, conversation: Channel, key: str, at: datetime) -> Begun:
    place = to_place(conversation, None)
    return Begun(platform=platform, tenant=tenant, key=f"begun:{key}", sender=sender, place=place, at=at)


def to_sought(text: str, *, platform: str, tenant: str, sender: Sender, place: Place, key: str, at: datetime) -> Sought:
    return Sought(platform=platform, tenant=tenant, key=f"sought:{key}", sender=sender, place=place, at=at, text=text)


ASK_ABOUT = "ask_about"
SAVE_AS_AID = "save_as_aid"
OPEN = "open_page"
"""What can be done with a message."""


def to_asked(
    use: Use, *, platform: str, tenant: str, bot: str, sender: Sender, place: Place, at: datetime, message: Message
) -> Said:
    """Asking about somebody's message is asking its words, seen by nobody else."""
    return Said(
        platform=platform,
        tenant=tenant,
        key=f"use:{sender.id}:{use.id}",
        sender=sender,
        place=place,
        at=at,
        text=_words(message, bot),
        command="ask",
    )


def to_used(
    use: Use,
    *,
    platform: str,
    tenant: str,
    bot: str,
    sender: Sender,
    place: Place,
    at: datetime,
    message: Message,
    link: str,
) -> Pressed:
    return Pressed(
        platform=platform,
        tenant=tenant,
        key=f"use:{sender.id}:{use.id}",
        sender=sender,
        place=place,
        at=at,
        verb=use.verb,
        value=link,
        message=MessageRef(
            platform=platform,
            tenant=tenant,
            conversation=message.conversation,
            id=message.id,
            thread=message.thread,
            person=message.only_for,
        ),
        text=_words(message, bot),
    )


def _words(message: Message, bot: str) -> str:
    """Of a person's message without the bot's name, of a card of ours every one."""
    if message.text is not None:
        return _without(message.text, bot)[0]
    parts = message.card["parts"] if message.card is not None else ()
    texts = [part.get("text") or html.unescape(_TAG.sub("", part.get("html", ""))) for part in parts]
    return "\n\n".join(text.strip() for text in texts if text.strip())


def to_submitted(
    submit: Submit,
    form: Issued,
    *,
    platform: str,
    tenant: str,
    sender: Sender,
    place: Place,
    at: datetime,
    fields: Mapping[str, str | tuple[str, ...]],
) -> Submitted:
    return Submitted(
        platform=platform,
        tenant=tenant,
        key=f"submit:{sender.id}:{submit.id}",
        sender=sender,
        place=place,
        at=at,
        verb=form.body["verb"],
        value=form.body["value"],
        fields=fields,
    )


def check_fields(
    form: Mapping[str, Any], sent: Mapping[str, str | Sequence[str]]
) -> tuple[dict[str, str | tuple[str, ...]], dict[str, str]]:
    """What was filled in, and a sentence for each field that cannot be taken. Raises Malformed for a forged field."""
    known = {field["name"]: field for field in form["fields"]}
    for name in sent:
        if name not in known:
            raise Malformed(f"The form has no field {name!r}: open it again.")
    values: dict[str, str | tuple[str, ...]] = {}
    errors: dict[str, str] = {}
    for name, field in known.items():
        several = field["kind"] == "choices"
        given = sent.get(name, [] if several else "")
        if several is isinstance(given, str):
            raise Malformed(f"The field {name!r} has the wrong shape: open the form again.")
        value = given if isinstance(given, str) else tuple(given)
        values[name] = value
        fault = _fault(field, value)
        if fault:
            errors[name] = fault
    return values, errors


def _fault(field: Mapping[str, Any], value: str | tuple[str, ...]) -> str | None:
    kind = field["kind"]
    chosen = (value,) if isinstance(value, str) else value
    if not any(choice.strip() for choice in chosen):
        missing = "Please choose." if kind in {"choice", "choices"} else "Please fill this in."
        return missing if field["required"] else None
    return _wrong_choice(field, chosen) if kind in {"choice", "choices", "check"} else _wrong_text(field, chosen[0])


def _wrong_choice(field: Mapping[str, Any], chosen: Sequence[str]) -> str | None:
    options = {"yes"} if field["kind"] == "check" else {option for option, _ in field["options"]}
    return None if options.issuperset(chosen) else "Please choose one of the given options."


def _wrong_text(field: Mapping[str, Any], value: str) -> str | None:
    if field["kind"] == "date" and not _reads(date.fromisoformat, value, r"\d{4}-\d\d-\d\d"):
        return "Please give a date, as in 2026-03-31."
    if field["kind"] == "time" and not _reads(time.fromisoformat, value, r"\d\d:\d\d"):
        return "Please give a time, as in 09:30."
    if len(value) > field["max_length"]:
        return f"Please shorten this to {field['max_length']} characters; it has {len(value)}."
    return None


def _reads(parser: Any, value: str, shape: str) -> bool:
    if not re.fullmatch(shape, value, re.ASCII):
        return False
    try:
        parser(value)
    except ValueError:
        return False
    return True


def to_changed(persona: Persona, *, platform: str, tenant: str, id_: str, at: datetime) -> Changed:
    person = persona.sender
    return Changed(
        platform=platform,
        tenant=tenant,
        key=f"changed:{person.id}:{id_}",
        sender=person,
        place=Place(conversation=direct(person.id), scope=Scope.DIRECT),
        at=at,
        left=persona.standing is Standing.LEFT,
    )


def to_invited(channel: Channel, *, platform: str, tenant: str, sender: Sender, at: datetime) -> Invited:
    """The bot is in every conversation from its beginning: who makes one brings it along."""
    return Invited(
        platform=platform,
        tenant=tenant,
        key=f"invited:{channel.id}",
        sender=sender,
        place=to_place(channel, None),
        at=at,
    )


def to_place(conversation: Channel, thread: str | None) -> Place:
    name = None if conversation.scope is Scope.DIRECT else conversation.name
    return Place(conversation=conversation.id, scope=conversation.scope, name=name, thread=thread)
