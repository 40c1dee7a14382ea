"""chat.* and reactions.*"""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import urlsplit

from tests.doubles.slack.blocks import problems, too_long
from tests.doubles.slack.file_methods import check_pictures
from tests.doubles.slack.methods import Answer, Args, Call, Refused, method
from tests.doubles.slack.model import Channel, Message
from tests.doubles.slack.shapes import message_shape
from tests.doubles.slack.world import LINK

MESSAGE_TEXT = 40_000
METADATA_SIZE = 8000  # characters of its payload


def read_content(args: Args, *, least: bool = True, call: Call | None = None) -> dict[str, Any]:
    """Text, blocks and metadata of a message to be, as fields of `Message`. Raises Refused for what Slack refuses."""
    text = args.text("text") or ""
    blocks = args.structure("blocks", "invalid_blocks_format")
    if blocks is not None:
        found = problems(blocks, "message")
        if found:
            raise Refused("invalid_blocks", messages=found, errors=found)
        if too_long(blocks):
            raise Refused("msg_blocks_too_long")
        _check_files(blocks, call)
    if len(text) > MESSAGE_TEXT:
        raise Refused("msg_too_long")
    if least and not text.strip() and not blocks:
        raise Refused("no_text")
    content: dict[str, Any] = {"text": text, "blocks": blocks or None}
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is not None:
        content["metadata"] = _check_metadata(metadata)
    return content


def _check_files(blocks: Any, call: Call | None) -> None:
    """An address for late responses is nobody's token, and so sees no file (java-slack-sdk, issue 1349)."""
    if call is not None:
        check_pictures(call.world, call.caller, blocks)
    elif "slack_file" in str(blocks):
        raise Refused("invalid_blocks")


def _check_metadata(given: Any) -> dict[str, Any] | None:
    if given == {}:
        return None
    right = isinstance(given, dict) and set(given) == {"event_type", "event_payload"}
    if not right or not isinstance(given["event_type"], str) or not isinstance(given["event_payload"], dict):
        raise Refused("invalid_metadata_format")
    if len(str(given["event_payload"])) > METADATA_SIZE:
        raise Refused("metadata_too_large")
    return dict(given)


def _as_bot(call: Call) -> dict[str, Any]:
    return {"bot_id": call.caller.bot_id, "app_id": call.world.app.id}


def _place(call: Call) -> Channel:
    """Where to post: a conversation, or a person, whose direct conversation with the bot it becomes."""
    given = call.args.need("channel")
    if given[0] in "UW":
        user = next((team.users[given] for team in call.teams if given in team.users), None)
        if user is None or user.is_bot:
            raise Refused("channel_not_found")
        return call.world.direct(call.caller.bot, user)
    return call.find_channel(given)


def _thread(call: Call, channel: Channel) -> str | None:
    given = call.args.text("thread_ts")
    if not given:
        return None
    parent = channel.find(given)
    if parent is None and given not in channel.assistant_threads:
        raise Refused("thread_not_found")
    return parent.thread_ts or given if parent else given


@method("chat.postMessage", "chat:write", tier="channel")
def post_message(call: Call) -> Answer:
    channel = _place(call)
    if channel.archived:
        raise Refused("is_archived")
    if call.caller.bot.id not in channel.members and "chat:write.public" not in call.caller.scopes:
        raise Refused("not_in_channel")
    content = read_content(call.args, call=call)
    thread = _thread(call, channel)
    broadcast = thread is not None and call.args.flag("reply_broadcast")
    more = content | _as_bot(call) | {"thread_ts": thread, "broadcast": broadcast}
    message = call.world.post(channel, call.caller.bot, **more)
    if thread is not None:
        channel.statuses.pop(thread, None)
    return {"channel": channel.id, "ts": message.ts, "message": message_shape(message)}


@method("chat.postEphemeral", "chat:write", tier="4")
def post_ephemeral(call: Call) -> Answer:
    channel = call.channel()
    user = next((team.users[id_] for team in call.teams if (id_ := call.args.need("user")) in team.users), None)
    if channel.archived:
        raise Refused("is_archived")
    if call.caller.bot.id not in channel.members and "chat:write.public" not in call.caller.scopes:
        raise Refused("not_in_channel")
    if user is None or user.id not in channel.members:
        raise Refused("user_not_in_channel")
    content = read_content(call.args)
    thread = call.args.text("thread_ts") or None
    message = call.world.post(channel, call.caller.bot, **content, **_as_bot(call), thread_ts=thread, only_for=user)
    return {"message_ts": message.ts}


@method("chat.update", "chat:write")
def update(call: Call) -> Answer:
    message = call.own_message(refusal="cant_update_message")
    window = message.channel.team.edit_window
    if window is not None and call.world.clock.now() - float(message.ts) > window:
        raise Refused("edit_window_closed")
    content = read_content(call.args, least=call.args.structure("blocks", "invalid_blocks_format") is None, call=call)
    revise(call, message, content, text_given="text" in call.args.given, blocks_given="blocks" in call.args.given)
    return {
        "channel": message.channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message_shape(message),
    }


def revise(call: Call, message: Message, content: dict[str, Any], *, text_given: bool, blocks_given: bool) -> None:
    """Text without blocks takes the old blocks away; metadata stays unless given."""
    before = message_shape(message)
    if text_given:
        message.text = content["text"]
    if blocks_given or text_given:
        message.blocks = call.world.name_blocks(content["blocks"])
    if "metadata" in content:
        message.metadata = content["metadata"]
    message.edited = {"user": call.caller.bot.id, "ts": f"{int(call.world.clock.now())}.000000"}
    call.world.tell_change(message, before)


@method("chat.unfurl", "links:write", tier="3")
def unfurl(call: Call) -> Answer:
    given = call.args.structure("unfurls", "invalid_unfurls_format")
    if not isinstance(given, dict) or not given:
        raise Refused("missing_unfurls")
    team_channels = (team.channels.get(call.args.need("channel")) for team in call.teams)
    channel = next((one for one in team_channels if one is not None), None)
    message = channel.find(call.args.need("ts")) if channel is not None else None
    if message is None:
        raise Refused("cannot_find_message")
    shared = {html.unescape(found) for found in LINK.findall(message.text)}
    for url, shown in given.items():
        if url not in shared or urlsplit(url).hostname not in call.world.app.unfurl_domains:
            raise Refused("cannot_unfurl_url")
        blocks = (shown.get("blocks") if isinstance(shown, dict) else None) or []
        found = problems(blocks, "message") if blocks else ["no blocks"]
        if found:
            raise Refused("cannot_parse_attachment", messages=found)
        if too_long(blocks):
            raise Refused("unfurls_too_long")
    before = message_shape(message)
    for url, shown in given.items():
        message.unfurls[url] = call.world.name_blocks(shown["blocks"]) or []
    call.world.tell_change(message, before)
    return {}


@method("chat.delete", "chat:write")
def delete(call: Call) -> Answer:
    message = call.own_message(refusal="cant_delete_message")
    call.world.delete(message)
    return {"channel": message.channel.id, "ts": message.ts}


@method("chat.getPermalink", tier="special")
def get_permalink(call: Call) -> Answer:
    channel = call.channel()
    ts = call.args.need("message_ts")
    message = channel.find(ts)
    if message is None:
        raise Refused("message_not_found")
    link = f"https://{channel.team.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


@method("reactions.add", "reactions:write")
def add_reaction(call: Call) -> Answer:
    name = call.args.need("name").strip(":")
    message = call.channel(member=True).find(call.args.need("timestamp"))
    if message is None:
        raise Refused("message_not_found")
    if not call.world.react(message, call.caller.bot, name):
        raise Refused("already_reacted")
    return {}


@method("reactions.remove", "reactions:write")
def remove_reaction(call: Call) -> Answer:
    name = call.args.need("name").strip(":")
    message = call.channel(member=True).find(call.args.need("timestamp"))
    if message is None:
        raise Refused("message_not_found")
    if call.caller.bot.id not in message.reactions.get(name, []):
        raise Refused("no_reaction")
    message.reactions[name].remove(call.caller.bot.id)
    return {}
