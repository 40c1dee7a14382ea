"""What Slack sends → `Inbound`. Pure: names and kinds of channels come in a `Roster`."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.slack import forms, mrkdwn
from adapters.slack.blocks import read_verb
from adapters.slack.encoding import decode
from adapters.slack.model import PLATFORM, Channel, Malformed, Roster
from adapters.slack.shapes import Amendment, Command, Envelope, Interaction, Joined, LinkShared, Message, PersonChanged
from bot.messages import (
    Amended,
    Begun,
    Changed,
    File,
    Invited,
    Linked,
    MessageRef,
    Opened,
    Place,
    Pressed,
    Said,
    Scope,
    Sender,
    Submitted,
)

SCOPES = {
    "channel": Scope.CHANNEL,
    "group": Scope.PRIVATE,
    "mpim": Scope.PRIVATE,
    "im": Scope.DIRECT,
    "app_home": Scope.DIRECT,
}
HEARD = {None, "file_share", "me_message"}
"""Subtypes that are a person's own words. The others tell of edits, joins, topics, broadcasts and the like."""
SLACKBOT = "USLACKBOT"
TOMBSTONE = "tombstone"
"""What stands in the place of a deleted message on which replies hang."""

ASK_ABOUT = "ask_about"
SAVE_AS_AID = "save_as_aid"
"""Callback ids of the message shortcuts."""


# ── Said ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def read_event(envelope: Envelope, message: Message) -> bool:
    """Whether a person said something here that concerns us: not a bot, not an edit, nobody of another company."""
    if message.subtype not in HEARD or message.hidden or message.edited is not None:
        return False
    if message.user is None or message.bot_id is not None or message.user in {envelope.bot, SLACKBOT}:
        return False
    if envelope.is_ext_shared_channel:
        return {message.user_team, message.source_team, message.team} <= {None, envelope.tenant}
    return True


def kind_of(envelope: Envelope, message: Message) -> Channel | None:
    """The channel as far as the event tells; None where it does not, as a mention never does."""
    scope = SCOPES.get(message.channel_type or "")
    if scope is None:
        return None
    shared = bool(envelope.is_ext_shared_channel) and scope is not Scope.DIRECT
    return Channel(id=message.channel, scope=Scope.PRIVATE if shared else scope, shared=shared)


def to_said(envelope: Envelope, message: Message, roster: Roster, *, bot: str | None) -> Said:
    """One key for all that Slack tells of one message: a mention arrives both as `app_mention` and as `message`.

    Raises Malformed.
    """
    assert message.user is not None
    words = _read(message.text or "", roster, bot=bot)
    thread = message.thread_ts if message.thread_ts != message.ts else None
    return Said(
        platform=PLATFORM,
        tenant=_tenant(envelope),
        key=_said_key(message.channel, message.ts),
        sender=roster.sender(message.user, strange=bool(envelope.is_ext_shared_channel)),
        place=roster.place(message.channel, thread=thread),
        at=to_time(message.ts),
        text=words.text,
        mentioned=words.mentioned or message.type == "app_mention",
        message=message.ts,
        people=words.people,
        channels=words.channels,
        attached=message.attached,
        files=tuple(File(name=name, id=id_) for name, id_ in message.fetchable),
    )


def read_amendment(envelope: Envelope, given: Amendment) -> bool:
    """Whether a person changed their own words, or took them back. Links that were unfurled change a message too."""
    before, after = given.previous_message, given.message
    if before is None or before.user is None or before.bot_id is not None or before.user in {envelope.bot, SLACKBOT}:
        return False
    if before.subtype not in HEARD:
        return False
    gone = given.subtype == "message_deleted" or (after is not None and after.subtype == TOMBSTONE)
    return gone or (after is not None and after.edited is not None and after.text != before.text)


def to_amended(envelope: Envelope, given: Amendment, roster: Roster, *, bot: str | None) -> Amended:
    """Raises Malformed."""
    before, after = given.previous_message, given.message
    assert before is not None
    assert before.user is not None
    stays = given.subtype == "message_changed" and after is not None and after.subtype != TOMBSTONE
    thread = before.thread_ts if before.thread_ts != before.ts else None
    return Amended(
        platform=PLATFORM,
        tenant=_tenant(envelope),
        key=f"{given.channel}:{given.event_ts}",
        sender=roster.sender(before.user, strange=bool(envelope.is_ext_shared_channel)),
        place=roster.place(given.channel, thread=thread),
        at=to_time(given.event_ts),
        of=_said_key(given.channel, before.ts),
        text=_read(after.text or "", roster, bot=bot).text if stays and after is not None else None,
    )


def _said_key(channel: str, ts: str) -> str:
    return f"{channel}:{ts}"


def to_command(command: Command, roster: Roster, *, bot: str | None, at: datetime) -> Said:
    words = _read(command.text.strip(), roster, bot=bot)
    return Said(
        platform=PLATFORM,
        tenant=command.team_id,
        key=f"command:{command.trigger_id}",
        sender=roster.sender(command.user_id),
        place=roster.place(command.channel_id),
        at=at,
        text=words.text,
        command=command.command.removeprefix("/").lower(),
        mentioned=words.mentioned,
        people=words.people,
        channels=words.channels,
    )


def _read(text: str, roster: Roster, *, bot: str | None) -> mrkdwn.Words:
    return mrkdwn.read(
        text,
        bot=bot,
        people={id_: person.name for id_, person in roster.people.items() if person.name},
        channels={id_: channel.name for id_, channel in roster.channels.items() if channel.name},
    )


# ── People come, change and go; the bot is brought in ────────────────────────────────────────────────────────────────


def to_changed(envelope: Envelope, told: PersonChanged, sender: Sender, *, left: bool) -> Changed:
    """Raises Malformed."""
    return Changed(
        platform=PLATFORM,
        tenant=_tenant(envelope),
        key=f"changed:{sender.id}:{told.event_ts}",
        sender=sender,
        # Slack names the person's conversation with the bot only to who opens it.
        place=Place(conversation=sender.id, scope=Scope.DIRECT),
        at=to_time(told.event_ts),
        left=left,
    )


def to_invited(envelope: Envelope, joined: Joined, roster: Roster) -> Invited | None:
    """None where somebody else came in, or the bot by itself. Raises Malformed."""
    if joined.inviter is None or joined.user != envelope.bot:
        return None
    return Invited(
        platform=PLATFORM,
        tenant=_tenant(envelope),
        key=f"invited:{joined.channel}:{joined.event_ts}",
        sender=roster.sender(joined.inviter, strange=bool(envelope.is_ext_shared_channel)),
        place=roster.place(joined.channel),
        at=to_time(joined.event_ts),
    )


# ── Addresses of ours ───────────────────────────────────────────────────────────────────────────────────────────────


COMPOSER = "COMPOSER"


def read_links(envelope: Envelope, given: LinkShared) -> bool:
    """Whether a person has sent it. While it is being written nobody knows who will read it: it is told of again."""
    return given.channel != COMPOSER and given.user not in {None, envelope.bot, SLACKBOT}


def to_linked(envelope: Envelope, given: LinkShared, roster: Roster) -> Linked:
    """Raises Malformed."""
    assert given.user is not None
    thread = given.thread_ts if given.thread_ts != given.message_ts else None
    return Linked(
        platform=PLATFORM,
        tenant=_tenant(envelope),
        key=f"links:{given.channel}:{given.message_ts}",
        sender=roster.sender(given.user, strange=bool(envelope.is_ext_shared_channel)),
        place=roster.place(given.channel, thread=thread),
        at=to_time(given.event_ts),
        addresses=tuple(link.url for link in given.links),
    )


# ── Shortcuts ───────────────────────────────────────────────────────────────────────────────────────────────────────


def to_shortcut(given: Interaction, roster: Roster, *, bot: str | None, at: datetime, direct: str) -> Said | Pressed:
    """A shortcut as what it stands for. `direct` is the person's conversation with the bot. Raises Malformed.

    A global shortcut is the command of its callback id, without words. A message shortcut asks about the message, or
    carries its address as the value of a press.
    """
    sender = _actor(given, roster)
    if given.type == "shortcut":
        place = Place(conversation=direct, scope=Scope.DIRECT)
        return _shortcut_said(given, given.callback_id or "", sender, place, at=at)
    message, channel = given.message, given.channel
    ts = given.message_ts or (message.ts if message else None)
    if message is None or channel is None or ts is None:
        raise Malformed("The message shortcut names no message.")
    thread = message.thread_ts if message.thread_ts != ts else None
    place = roster.place(channel.id, thread=thread)
    if given.callback_id == ASK_ABOUT:
        words = _read(message.text or "", roster, bot=bot)
        return _shortcut_said(given, "ask", sender, place, at=at, words=words)
    return Pressed(
        platform=PLATFORM,
        tenant=given.tenant,
        key=f"shortcut:{given.trigger_id}",
        sender=sender,
        place=place,
        at=at,
        verb=given.callback_id or "",
        value=_permalink(given, channel.id, ts),
        message=MessageRef(platform=PLATFORM, tenant=given.tenant, conversation=channel.id, id=ts, thread=thread),
        text=_read(message.text or "", roster, bot=bot).text,
    )


def _shortcut_said(
    given: Interaction, command: str, sender: Sender, place: Place, *, at: datetime, words: mrkdwn.Words | None = None
) -> Said:
    return Said(
        platform=PLATFORM,
        tenant=given.tenant,
        key=f"shortcut:{given.trigger_id}",
        sender=sender,
        place=place,
        at=at,
        text=words.text if words else "",
        command=command,
        people=words.people if words else {},
        channels=words.channels if words else {},
    )


def _permalink(given: Interaction, channel: str, ts: str) -> str:
    domain = given.team.domain if given.team else None
    if domain is None or not domain.replace("-", "").isalnum() or not domain.isascii():
        return f"{channel}:{ts}"
    return f"https://{domain}.slack.com/archives/{channel}/p{ts.replace('.', '')}"


# ── Pressed, submitted ──────────────────────────────────────────────────────────────────────────────────────────────


def to_pressed(given: Interaction, roster: Roster, *, at: datetime) -> Pressed | None:
    """None for what is not a button of ours: a link, a choice in a form. Raises Malformed."""
    action = next((action for action in given.actions if action.type == "button"), None)
    verb = read_verb(action.action_id) if action else None
    if action is None or verb is None:
        return None
    ref = None
    container = given.container
    channel = (container.channel_id if container else None) or (given.channel.id if given.channel else None)
    if channel is not None and container is not None and container.message_ts is not None:
        ts = container.message_ts
        thread = container.thread_ts or (given.message.thread_ts if given.message else None)
        thread = thread if thread != ts else None
        place = roster.place(channel, thread=thread)
        ref = MessageRef(
            platform=PLATFORM,
            tenant=given.tenant,
            conversation=channel,
            id=ts,
            thread=thread,
            person=given.user.id if container.is_ephemeral else None,
        )
        where = f"{channel}:{ts}"
    elif given.view is not None:
        _, place = forms.remembered(given.view.private_metadata)
        where = given.view.id
    else:
        raise Malformed("The press names neither a message nor a view.")
    return Pressed(
        platform=PLATFORM,
        tenant=given.tenant,
        key=f"press:{where}:{given.user.id}:{action.action_id}:{action.action_ts or given.trigger_id}",
        sender=_actor(given, roster),
        place=place,
        at=at,
        verb=verb,
        value=decode(action.value or ""),
        message=ref,
    )


def to_submitted(given: Interaction, roster: Roster, *, at: datetime) -> Submitted:
    """Raises Malformed."""
    if given.view is None:
        raise Malformed("The submission has no view.")
    value, place = forms.remembered(given.view.private_metadata)
    return Submitted(
        platform=PLATFORM,
        tenant=given.tenant,
        key=f"{given.view.id}:{given.view.hash}",
        sender=_actor(given, roster),
        place=place,
        at=at,
        verb=given.view.callback_id,
        value=value,
        fields=forms.read_fields(given.view),
    )


# ── The bot's own places ────────────────────────────────────────────────────────────────────────────────────────────


def to_opened(*, tenant: str, sender: Sender, direct: str, key: str, at: datetime) -> Opened:
    place = Place(conversation=direct, scope=Scope.DIRECT)
    return Opened(platform=PLATFORM, tenant=tenant, key=f"home:{key}", sender=sender, place=place, at=at)


def to_begun(*, tenant: str, sender: Sender, direct: str, thread: str | None, key: str, at: datetime) -> Begun:
    place = Place(conversation=direct, scope=Scope.DIRECT, thread=thread)
    return Begun(platform=PLATFORM, tenant=tenant, key=f"begun:{key}", sender=sender, place=place, at=at)


# ── Common ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _tenant(envelope: Envelope) -> str:
    if envelope.tenant is None:
        raise Malformed("The event names no workspace.")
    return envelope.tenant


def _actor(given: Interaction, roster: Roster) -> Sender:
    """In a shared channel, people of other companies may press what stands there."""
    return roster.sender(given.user.id, strange=given.user.team_id not in {None, given.tenant})


def to_time(ts: str) -> datetime:
    """Slack's time stamp; its eleven digits never lead beyond the calendar."""
    return datetime.fromtimestamp(float(ts), UTC)
