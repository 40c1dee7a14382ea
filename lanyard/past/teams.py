"""Messages of Teams as Microsoft Graph gives them: `GET /teams/{id}/channels/{id}/messages?$expand=replies`.

A zip or folder holds them in JSON files, each a list of chatMessage or an object with such a list in `value`, and in
`users.json` what `GET /users?$select=id,mail,userPrincipalName` gives: to a bot, Teams calls people by other ids, so
that it is the e-mail address by which they are known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from adapters.teams.model import PLATFORM
from adapters.teams.words import read_html
from knowledge.documents.limits import Refused
from lanyard.past.model import Box, Export, Member, Reading, Remark

USERS = "users.json"


def is_teams(box: Box) -> bool:
    """Whether any file holds chatMessages."""
    return any(_is_message(one) for name in box.names if not _is_users(name) for one in _values(box.load(name), name))


def read(box: Box, reading: Reading) -> Export:
    """Raises Refused."""
    users = next((name for name in box.names if _is_users(name)), None)
    if users is None:
        raise Refused(
            "There is no 'users.json' among these messages of Teams, so that nobody could be told by e-mail address.",
            "Put there what Microsoft Graph gives for /users?$select=id,mail,userPrincipalName.",
        )
    members = {
        one["id"]: Member(id=one["id"], email=_email(one))
        for one in _values(box.load(users), users)
        if isinstance(one.get("id"), str)
    }
    left_out: Counter[str] = Counter()
    remarks = [
        remark
        for name in box.names
        if not _is_users(name)
        for remark in _remarks(_values(box.load(name), name), reading, left_out)
    ]
    # Graph gives the newest first, and pages in files of any name.
    remarks.sort(key=lambda one: (one.at, not one.opens))
    return Export(platform=PLATFORM, members=members, left_out=left_out, remarks=iter(remarks))


def _remarks(given: list[dict[str, Any]], reading: Reading, left_out: Counter[str]) -> Iterator[Remark]:
    for one in given:
        if not _is_message(one):
            left_out["messages that cannot be read"] += 1
            continue
        replies = one.get("replies")
        yield from _remark(one, reading, left_out)
        for reply in replies if isinstance(replies, list) else ():
            if isinstance(reply, dict):
                inherited = {"channelIdentity": one.get("channelIdentity"), "replyToId": one["id"]}
                yield from _remark(inherited | {key: reply[key] for key in reply if reply[key]}, reading, left_out)


def _remark(one: Mapping[str, Any], reading: Reading, left_out: Counter[str]) -> Iterator[Remark]:
    sender, body = _part(one, "from"), _part(one, "body")
    user = _part(sender, "user").get("id")
    if one.get("messageType") != "message" or not isinstance(user, str) or one.get("deletedDateTime"):
        left_out["messages of bots, joins and the like"] += 1
        return
    channel = _part(one, "channelIdentity").get("channelId")
    if not isinstance(channel, str):
        left_out["messages of chats"] += 1
        return
    content, id_ = body.get("content"), one.get("id")
    at = _moment(one.get("createdDateTime"))
    if not isinstance(content, str) or not isinstance(id_, str) or at is None:
        left_out["messages that cannot be read"] += 1
        return
    yield Remark(
        channel=channel,
        id=id_,
        thread=str(one.get("replyToId") or id_),
        author=user,
        text=read_html(content) if body.get("contentType") == "html" else content,
        at=at,
        closed=not reading.is_open,
    )


def _is_users(name: str) -> bool:
    return name.rpartition("/")[2] == USERS


def _is_message(one: Mapping[str, Any]) -> bool:
    return isinstance(one.get("id"), str) and "messageType" in one and "createdDateTime" in one


def _values(given: object, name: str) -> list[dict[str, Any]]:
    listed = given.get("value") if isinstance(given, dict) else given
    if not isinstance(listed, list):
        raise Refused(
            f"{name!r} is neither a Slack export's file nor a list as Microsoft Graph gives it.",
            "Give the zip of a Slack export as it is, or a zip with Graph's JSON of channel messages and users.json.",
        )
    return [one for one in listed if isinstance(one, dict)]


def _part(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def _email(one: Mapping[str, Any]) -> str | None:
    found = one.get("mail") or one.get("userPrincipalName")
    return found if isinstance(found, str) else None


def _moment(value: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None
