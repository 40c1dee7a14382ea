"""A Slack export: `users.json`, `channels.json`, perhaps `groups.json`, and a folder a channel with a file a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from adapters.slack import mrkdwn
from adapters.slack.inbound import HEARD, SLACKBOT
from adapters.slack.model import PLATFORM
from knowledge.documents.limits import Refused
from lanyard.past.model import Box, Export, Member, Reading, Remark

CHANNELS, GROUPS, USERS = "channels.json", "groups.json", "users.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Channel:
    id: str
    name: str
    closed: bool


def is_slack(box: Box) -> bool:
    names = {name.rpartition("/")[2] for name in box.names}
    return USERS in names and not names.isdisjoint({CHANNELS, GROUPS})


def read(box: Box, reading: Reading) -> Export:
    """Public channels; private ones, and those that other companies read along in, only where that was said.
    Conversations of two or a few people never. Raises Refused.
    """
    users = next(name for name in box.names if name.rpartition("/")[2] == USERS)
    root = users.removesuffix(USERS)
    told = _objects(box.load(users), users)
    members = {one["id"]: _member(one) for one in told if isinstance(one.get("id"), str)}
    tenants = Counter(one["team_id"] for one in told if isinstance(one.get("team_id"), str))
    left_out: Counter[str] = Counter()
    channels = _channels(box, root, reading, left_out)
    return Export(
        platform=PLATFORM,
        tenant=tenants.most_common(1)[0][0] if tenants else None,
        members=members,
        left_out=left_out,
        remarks=_remarks(box, root, channels, members, left_out),
    )


def _channels(box: Box, root: str, reading: Reading, left_out: Counter[str]) -> dict[str, _Channel]:
    """By the folder's name."""
    found: dict[str, _Channel] = {}
    for file, private in ((CHANNELS, False), (GROUPS, True)):
        if f"{root}{file}" not in box.names:
            continue
        for one in _objects(box.load(f"{root}{file}"), file):
            id_, name = one.get("id"), one.get("name")
            if not isinstance(id_, str) or not isinstance(name, str):
                raise Refused(f"A channel in {file!r} has no id or no name.", "Leave the export's files as they are.")
            closed = private or bool(one.get("is_private")) or bool(one.get("is_ext_shared"))
            if closed and not reading.private:
                left_out["private channels"] += 1
            else:
                found[name] = _Channel(id=id_, name=name, closed=closed)
    return found


def _remarks(
    box: Box, root: str, channels: Mapping[str, _Channel], members: Mapping[str, Member], left_out: Counter[str]
) -> Iterator[Remark]:
    people = {id_: one.name for id_, one in members.items() if one.name}
    names = {one.id: one.name for one in channels.values()}
    days = sorted(name for name in box.names if name.startswith(root) and name.removeprefix(root).count("/") == 1)
    for folder, files in groupby(days, key=lambda name: name.removeprefix(root).partition("/")[0]):
        channel = channels.get(folder)
        if channel is None:
            continue  # left out on purpose, or a conversation of a few people
        for file in files:
            day = [one for one in _objects(box.load(file), file) if _is_said(one, members, left_out)]
            for one in sorted(day, key=lambda one: float(one["ts"])):
                text = mrkdwn.read(one["text"], bot=None, people=people, channels=names).text
                yield Remark(
                    channel=channel.id,
                    id=one["ts"],
                    thread=one.get("thread_ts") or one["ts"],
                    author=one["user"],
                    text=text,
                    at=datetime.fromtimestamp(float(one["ts"]), UTC),
                    closed=channel.closed,
                )


def _is_said(one: Mapping[str, Any], members: Mapping[str, Member], left_out: Counter[str]) -> bool:
    """Whether these are a person's own words."""
    user, text = one.get("user"), one.get("text")
    known = members.get(user) if isinstance(user, str) else None
    bot = one.get("bot_id") is not None or user == SLACKBOT or (known is not None and known.bot)
    if bot or one.get("type") != "message" or one.get("subtype") not in HEARD:
        left_out["messages of bots, joins and the like"] += 1
        return False
    if not isinstance(user, str) or not isinstance(text, str) or not _is_ts(one.get("ts")):
        left_out["messages that cannot be read"] += 1
        return False
    if one.get("thread_ts") is not None and not _is_ts(one["thread_ts"]):
        left_out["messages that cannot be read"] += 1
        return False
    return True


def _is_ts(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) <= 20 and 0 < float(value) < 1e11
    except ValueError:
        return False


def _member(one: Mapping[str, Any]) -> Member:
    given = one.get("profile")
    profile = given if isinstance(given, dict) else {}
    guest = one.get("is_restricted") or one.get("is_ultra_restricted") or one.get("is_stranger")
    return Member(
        id=one["id"],
        email=_text(profile.get("email")),
        name=_text(profile.get("real_name")) or _text(one.get("real_name")) or _text(one.get("name")),
        time_zone=_text(one.get("tz")),
        newcomer=not guest and not one.get("deleted"),
        bot=bool(one.get("is_bot")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _objects(given: object, file: str) -> Sequence[dict[str, Any]]:
    if not isinstance(given, list):
        raise Refused(f"{file!r} is not a list, as in a Slack export.", "Leave the export's files as they are.")
    return [one for one in given if isinstance(one, dict)]
