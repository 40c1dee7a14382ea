"""What Teams sends → `Inbound`. Pure: names and kinds of channels come from whoever asked for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from botbuilder.schema import ActivityTypes

from adapters.teams import words
from adapters.teams.forms import Filled
from adapters.teams.model import PLATFORM, Channel, Malformed
from adapters.teams.outbound import read_verb
from adapters.teams.references import Reference
from adapters.teams.shapes import (
    MOST_FILES,
    Activity,
    CardPress,
    MessagePayload,
    Pasted,
    Query,
    TaskRequest,
    parse,
)
from bot.messages import (
    Amended,
    File,
    Invited,
    Linked,
    MessageRef,
    Place,
    Pressed,
    Said,
    Scope,
    Sender,
    Sought,
    Submitted,
)

ASK_ABOUT = "ask_about"
SAVE_AS_AID = "save_as_aid"
"""Commands of the message extension that are used on a message."""

LONGEST_TENANT = 200
BOT = "28:"  # what the ids of bots begin with
_THREAD = ";messageid="
_COMMAND = re.compile(r"/([A-Za-z]{1,32})(?:\s+(.*))?", re.DOTALL)
_CHANNEL = re.compile(r"19:.*@thread\.(tacv2|skype)", re.DOTALL)


# ── Where, who ──────────────────────────────────────────────────────────────────────────────────────────────────────


def split(conversation: str) -> tuple[str, str | None]:
    """A conversation's id as Teams writes it: the conversation itself, and the message its thread began with."""
    id_, _, thread = conversation.partition(_THREAD)
    return id_, thread or None


def join(conversation: str, thread: str | None) -> str:
    """The other way. Only channels have threads; what stands in a thread elsewhere stands in the conversation."""
    return f"{conversation}{_THREAD}{thread}" if thread is not None and is_channel(conversation) else conversation


def is_channel(conversation: str) -> bool:
    return _CHANNEL.fullmatch(conversation) is not None


def is_direct(activity: Activity) -> bool:
    """Whether it is the person's own conversation with the bot. A chat of two people is "personal" to Teams as well."""
    account = activity.conversation
    return account.conversation_type in {None, "personal"} and not account.id.startswith("19:")


def tenant_of(activity: Activity) -> str:
    """Raises Malformed."""
    if activity.tenant is None or len(activity.tenant) > LONGEST_TENANT:
        raise Malformed("The activity names no company.")
    return activity.tenant


def reference_of(activity: Activity) -> Reference:
    """Raises Malformed."""
    conversation, _ = split(activity.conversation.id)
    data = activity.channel_data
    sender = activity.sender
    mine = is_direct(activity) and sender is not None and not sender.id.startswith(BOT)
    return Reference(
        tenant=tenant_of(activity),
        conversation=conversation,
        service_url=activity.service_url,
        person=sender.id if mine and sender is not None else None,
        team=data.team.id if data is not None and data.team is not None else None,
    )


def place_of(activity: Activity, channel: Channel | None, *, open_teams: frozenset[str]) -> Place:
    """A channel counts as open to the whole company only where whoever runs Lanyard says so of its team, and Teams
    says that it is a standard one: nobody tells a bot whether a team is public. Everything else is closed.
    """
    conversation, thread = split(activity.conversation.id)
    if thread == activity.id:
        thread = None  # a message that begins a thread is in none yet
    if is_direct(activity):
        return Place(conversation=conversation, scope=Scope.DIRECT)
    if not is_channel(conversation):
        return Place(conversation=conversation, scope=Scope.PRIVATE, name=activity.conversation.name)
    data = activity.channel_data
    team = data.team if data is not None else None
    told = data.channel if data is not None else None
    is_open = team is not None and not open_teams.isdisjoint({team.id, team.aad_group_id, "*"})
    standard = channel is not None and channel.standard
    return Place(
        conversation=conversation,
        scope=Scope.CHANNEL if is_open and standard else Scope.PRIVATE,
        name=(channel.name if channel else None) or (told.name if told else None),
        thread=thread,
        # One that Teams has not told of may be one of those.
        shared=channel is None or channel.shared,
    )


def sender_of(activity: Activity) -> Sender:
    """Raises Malformed."""
    if activity.sender is None:
        raise Malformed("The activity is from nobody.")
    zones = (activity.local_timezone, *(one.timezone for one in activity.entities or ()))
    return Sender(
        id=activity.sender.id,
        name=activity.sender.name or None,
        time_zone=next((known for zone in zones if (known := _zone(zone))), None),
        is_bot=activity.sender.id.startswith(BOT),
    )


def _zone(name: str | None) -> str | None:
    try:
        return ZoneInfo(name).key if name else None
    except (ValueError, OSError, LookupError):
        return None


def _heard(activity: Activity, place: Place, *, kind: str, now: datetime) -> dict[str, Any]:
    if activity.id is None:
        raise Malformed("The activity has no id.")
    return {
        "platform": PLATFORM,
        "tenant": tenant_of(activity),
        "key": f"{kind}{activity.id}",
        "sender": sender_of(activity),
        "place": place,
        "at": activity.timestamp or now,
    }


# ── Said ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def to_said(activity: Activity, place: Place, *, now: datetime) -> Said:
    """A word with a slash before it is a command, though Teams has none of its own. Raises Malformed."""
    bot = activity.recipient.id if activity.recipient else None
    read = words.read(activity, bot=bot)
    command = _COMMAND.fullmatch(read.text)
    return Said(
        **_heard(activity, place, kind="", now=now),
        text=(command[2] or "").strip() if command else read.text,
        command=command[1].lower() if command else None,
        mentioned=read.mentioned,
        message=activity.id,
        quoted=read.quoted,
        people=read.people,
        channels=read.channels,
        attached=tuple(name for one in activity.attachments or () if (name := one.file) is not None)[:MOST_FILES],
        files=tuple(_files(activity)),
        may_come_anew=True,
    )


def _files(activity: Activity) -> Iterator[File]:
    for one in (activity.attachments or ())[:MOST_FILES]:
        if (download := one.download) is not None:
            id_, url = download
            yield File(name=one.file or "", id=id_, source=url)


def to_amended(activity: Activity, place: Place, *, now: datetime) -> Amended:
    """What was said is changed, or (`messageDelete`) taken back. Raises Malformed."""
    heard = _heard(activity, place, kind="", now=now)
    gone = activity.type == ActivityTypes.message_delete
    bot = activity.recipient.id if activity.recipient else None
    text = None if gone else words.read(activity, bot=bot).text
    # It comes under the id of what was said; each change has a moment of its own.
    changed = f"{activity.type}:{heard['key']}:{heard['at'].isoformat()}"
    return Amended(**heard | {"key": changed}, of=heard["key"], text=text)


def to_invited(activity: Activity, place: Place, *, now: datetime) -> Invited:
    """The bot was let in, which Teams tells more than once: one key for each conversation. Raises Malformed.

    A personal chat may open because an administrator installed the app for everybody; Teams does not tell which it was.
    """
    heard = _heard(activity, replace(place, thread=None), kind="", now=now)
    return Invited(**heard | {"key": f"hello:{place.conversation}"})


def to_question(activity: Activity, payload: MessagePayload, place: Place, *, now: datetime) -> Said:
    """*Ask Lanyard*, used on a message: its words are asked, privately. Raises Malformed."""
    text = words.read_html(payload.body.content or "", bot=_name_of_bot(activity))
    return Said(**_heard(activity, place, kind="extension:", now=now), text=text, command="ask")


def _name_of_bot(activity: Activity) -> str | None:
    """By which it is mentioned in what others said: there no entity says who is meant."""
    return activity.recipient.name if activity.recipient else None


# ── Pressed, submitted ──────────────────────────────────────────────────────────────────────────────────────────────


def to_pressed(activity: Activity, data: Any, place: Place, *, now: datetime) -> Pressed | None:
    """None for what is not a button of ours. Raises Malformed."""
    asked = read_verb(data)
    if asked is None:
        return None
    ref = None
    if activity.reply_to_id is not None:
        ref = MessageRef(
            platform=PLATFORM,
            tenant=tenant_of(activity),
            conversation=place.conversation,
            id=activity.reply_to_id,
            thread=place.thread if place.thread != activity.reply_to_id else None,
        )
    verb, value = asked
    return Pressed(**_heard(activity, place, kind="press:", now=now), verb=verb, value=value, message=ref)


def read_press(value: Any) -> Any:
    """What a button of a card carries, from the value of `adaptiveCard/action`. Raises Malformed."""
    return parse(CardPress, value).action.data


def read_task(value: Any) -> Any:
    """What a button that opens a dialog, or a dialog, carries. Raises Malformed."""
    return parse(TaskRequest, value).data


def to_saving(activity: Activity, payload: MessagePayload, place: Place, *, now: datetime) -> Pressed:
    """*Save as job aid*, used on a message. Raises Malformed."""
    thread = payload.reply_to_id if payload.reply_to_id != payload.id else None
    return Pressed(
        **_heard(activity, place, kind="extension:", now=now),
        verb=SAVE_AS_AID,
        value=payload.link_to_message or "",
        message=MessageRef(
            platform=PLATFORM,
            tenant=tenant_of(activity),
            conversation=place.conversation,
            id=payload.id,
            thread=thread,
        ),
        text=words.read_html(payload.body.content or "", bot=_name_of_bot(activity)),
    )


def to_submitted(activity: Activity, filled: Filled, place: Place, *, now: datetime) -> Submitted:
    """What a dialog says of where it was opened is only believed where Teams says the same. Raises Malformed."""
    if filled.place.conversation == place.conversation and place.thread is None:
        place = replace(place, thread=filled.place.thread)
    return Submitted(
        **_heard(activity, place, kind="form:", now=now), verb=filled.verb, value=filled.value, fields=filled.fields
    )


# ── Searched ────────────────────────────────────────────────────────────────────────────────────────────────────────


def to_sought(activity: Activity, query: Query, place: Place, *, now: datetime) -> Sought:
    """What was typed into the extension's search; nothing when it was only opened. Raises Malformed."""
    typed = (one.value for one in query.parameters if one.name != "initialRun" and isinstance(one.value, str))
    return Sought(**_heard(activity, place, kind="search:", now=now), text=next(typed, "").strip())


def to_linked(activity: Activity, pasted: Pasted, place: Place, *, now: datetime) -> Linked:
    """An address is being written into a message at the place. Raises Malformed.

    Teams keeps what is shown beside an address for half an hour and shows it wherever the person writes the address
    again. So a place counts as open to the company here, whatever it is: what not everybody may read is never shown.
    """
    everywhere = replace(place, scope=Scope.CHANNEL)
    return Linked(**_heard(activity, everywhere, kind="link:", now=now), addresses=(pasted.url,))


def has_value(activity: Activity) -> bool:
    """Whether a message is in truth a press: a button that sends what it carries as a message without words."""
    return isinstance(activity.value, Mapping) and not (activity.text or "").strip()
