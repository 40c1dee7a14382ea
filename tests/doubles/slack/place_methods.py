"""conversations.*, users.*, dnd.* and usergroups.*"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.doubles.slack.methods import HISTORY_SCOPE, READ_SCOPE, Answer, Call, Refused, method
from tests.doubles.slack.model import Channel, Message, User
from tests.doubles.slack.shapes import channel_shape, message_shape, stranger_shape, user_shape


@method("conversations.open", "im:write", "mpim:write")
def open_conversation(call: Call) -> Answer:
    given = call.args.text("channel")
    if given:
        channel = call.find_channel(given)
    else:
        people = [call.person(name) for name in (call.args.need("users")).split(",") if name]
        call.scope("im:write" if len(people) == 1 else "mpim:write")
        if any(person.deleted for person in people):
            raise Refused("user_disabled")
        if any(person.is_bot for person in people):
            raise Refused("cannot_dm_bot")
        channel = call.world.direct(call.caller.bot, *people)
    if call.args.flag("return_im"):
        return {"channel": channel_shape(channel, bot=call.caller.bot)}
    return {"channel": {"id": channel.id}}


@method("conversations.info", *READ_SCOPE.values())
def conversation(call: Call) -> Answer:
    channel = call.channel()
    call.scope(READ_SCOPE[channel.kind])
    shape = channel_shape(channel, bot=call.caller.bot, members=call.args.flag("include_num_members"))
    return {"channel": shape}


@method("conversations.list", *READ_SCOPE.values(), tier="2")
def list_conversations(call: Call) -> Answer:
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
    types = (call.args.text("types") or "public_channel").split(",")
    if set(types) - set(kinds):
        raise Refused("invalid_types")
    wanted = {kinds[name] for name in types}
    for kind in sorted(wanted):
        call.scope(READ_SCOPE[kind])
    bot = call.caller.bot
    found = [
        channel
        for channel in call.team.channels.values()
        if channel.kind in wanted
        and (not channel.is_private or bot.id in channel.members)
        and not (channel.archived and call.args.flag("exclude_archived"))
    ]
    page, more = call.page(found)
    return {"channels": [channel_shape(channel, bot=bot) for channel in page]} | more


@method("conversations.members", *READ_SCOPE.values(), tier="4")
def members(call: Call) -> Answer:
    channel = call.channel()
    call.scope(READ_SCOPE[channel.kind])
    page, more = call.page(sorted(channel.members))
    return {"members": page} | more


def _history(call: Call, channel: Channel, messages: Sequence[Message]) -> tuple[list[Any], Answer]:
    call.scope(HISTORY_SCOPE[channel.kind])
    oldest = call.args.text("oldest") or "0"
    latest = call.args.text("latest")
    inclusive = call.args.flag("inclusive")

    def within(message: Message) -> bool:
        at = float(message.ts)
        if inclusive and message.ts in {oldest, latest}:
            return True
        return at > float(oldest) and (latest is None or at < float(latest))

    page, more = call.page([message for message in messages if within(message)], most=999)
    with_metadata = call.args.flag("include_all_metadata")
    shapes = [message_shape(message, with_metadata=with_metadata) for message in page]
    return shapes, more | {"has_more": bool(more["response_metadata"]["next_cursor"])}


@method("conversations.history", *HISTORY_SCOPE.values())
def history(call: Call) -> Answer:
    channel = call.channel(member=True)
    top = [one for one in channel.messages if not one.wiped and (one.thread_ts in {None, one.ts} or one.broadcast)]
    shapes, more = _history(call, channel, top[::-1])
    return {"messages": shapes, "pin_count": 0} | more


@method("conversations.replies", *HISTORY_SCOPE.values())
def replies(call: Call) -> Answer:
    channel = call.channel(member=True)
    ts = call.args.need("ts")
    named = channel.find(ts)
    if named is None and not channel.replies(ts):
        raise Refused("thread_not_found")
    root = (named.thread_ts if named else None) or ts
    head = channel.find(root)
    thread = [*([head] if head else ()), *channel.replies(root)]
    shapes, more = _history(call, channel, thread)
    return {"messages": shapes} | more


def _shown(call: Call, user: User) -> dict[str, Any]:
    with_email = "users:read.email" in call.caller.scopes
    return user_shape(user, at=call.world.clock.now(), with_email=with_email, app=call.world.app)


@method("users.info", "users:read", tier="4")
def user(call: Call) -> Answer:
    one = call.user()
    if one.team not in call.teams:
        return {"user": stranger_shape(one, at=call.world.clock.now())}
    return {"user": _shown(call, one)}


@method("users.list", "users:read", tier="2")
def list_users(call: Call) -> Answer:
    page, more = call.page(list(call.team.users.values()))
    return {"members": [_shown(call, one) for one in page], "cache_ts": int(call.world.clock.now())} | more


@method("users.lookupByEmail", "users:read.email")
def look_up(call: Call) -> Answer:
    wanted = call.args.need("email").casefold()
    for team in call.teams:
        for one in team.users.values():
            if one.email and one.email.casefold() == wanted and not one.deleted:
                return {"user": _shown(call, one)}
    raise Refused("users_not_found")


@method("users.getPresence", "users:read")
def presence(call: Call) -> Answer:
    return {"presence": call.user().presence}


@method("dnd.info", "dnd:read")
def do_not_disturb(call: Call) -> Answer:
    one = call.user()
    start, end = one.dnd or (1, 1)
    now = call.world.clock.now()
    snooze: dict[str, int] = {"snooze_enabled": False}
    if one.snoozed_until is not None and one.snoozed_until > now:
        snooze = {"snooze_enabled": True, "snooze_endtime": int(one.snoozed_until)}
    return {"dnd_enabled": one.dnd is not None, "next_dnd_start_ts": int(start), "next_dnd_end_ts": int(end)} | snooze


@method("usergroups.list", "usergroups:read", tier="2")
def list_groups(call: Call) -> Answer:
    with_users = call.args.flag("include_users")
    groups = [
        {
            "id": group.id,
            "team_id": call.team.id,
            "is_usergroup": True,
            "name": group.name,
            "handle": group.handle,
            "date_delete": int(group.disabled),
            "user_count": len(group.users),
        }
        | ({"users": group.users} if with_users else {})
        for group in call.team.groups.values()
        if not group.disabled or call.args.flag("include_disabled")
    ]
    return {"usergroups": groups}


@method("usergroups.users.list", "usergroups:read", tier="2")
def group_members(call: Call) -> Answer:
    group = call.team.groups.get(call.args.need("usergroup"))
    if group is None:
        raise Refused("no_such_subteam")
    if group.disabled and not call.args.flag("include_disabled"):
        raise Refused("subteam_disabled")
    return {"users": group.users}
