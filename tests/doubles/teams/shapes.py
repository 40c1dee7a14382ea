"""The activities that Teams sends, and the words in them: plain with `<at>` in `text`, HTML in an attachment."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.doubles.teams.model import Conversation, User
from tests.doubles.teams.world import World


@dataclass(slots=True)
class Words:
    """What a person typed, with the mentions among it, in Teams's forms."""

    text: str = ""
    html: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    bot: bool = False  # the bot is mentioned


def write(world: World, text: str, place: Conversation) -> Words:
    """ "@name" of a person or of the bot, and "#name" of a channel, become mentions."""
    names: dict[str, str] = {f"@{world.app.name}": world.app.bot}
    names |= {f"@{user.name}": user.id for user in world.users.values() if user.tenant == place.tenant}
    names |= {f"#{one.name}": one.id for one in world.conversations.values() if one.kind == "channel" and one.name}
    words = Words()
    pattern = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    at = 0
    for found in re.finditer(f"(?:{pattern})(?!\\w)", text):
        name = found[0][1:]
        words.text += text[at : found.start()] + f"<at>{name}</at>"
        number = len(words.entities)
        words.html += _escape(text[at : found.start()])
        words.html += f'<span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="{number}">'
        words.html += f"{html.escape(name)}</span>"
        words.entities.append(
            {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": names[found[0]], "name": name}}
        )
        words.bot |= names[found[0]] == world.app.bot
        at = found.end()
    words.text += text[at:]
    words.html = f"<p>{words.html}{_escape(text[at:])}</p>"
    return words


def _escape(text: str) -> str:
    return html.escape(text, quote=False).replace("  ", " &nbsp;").replace("\n", "<br>\r\n")


def quote(of: str, by: User | None, id_: str) -> str:
    """The quotation that stands before a reply in a chat."""
    name = by.name if by else "Lanyard"
    return (
        f'<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="{id_}">\r\n'
        f'<strong itemprop="mri" itemid="x">{html.escape(name)}</strong><span itemprop="time" itemid="{id_}"></span>'
        f'\r\n<p itemprop="preview">{html.escape(of[:80])}</p>\r\n</blockquote>\r\n'
    )


def stamp(world: World) -> str:
    """Now, as activities say when they happened."""
    now = datetime.fromtimestamp(world.clock.now(), UTC)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def envelope(world: World, kind: str, place: Conversation, by: User | None, *, service_url: str) -> dict[str, Any]:
    """What every activity has. `by` is None where Teams itself speaks."""
    now = datetime.fromtimestamp(world.clock.now(), UTC)
    activity: dict[str, Any] = {
        "type": kind,
        "timestamp": stamp(world),
        "channelId": "msteams",
        "serviceUrl": service_url,
        "conversation": {"conversationType": place.kind, "tenantId": place.tenant, "id": place.id},
        "recipient": {"id": world.app.bot, "name": world.app.name},
        "channelData": dict(_channel_data(place)),
    }
    if place.kind != "personal":
        activity["conversation"]["isGroup"] = True
        if place.kind == "groupChat" and place.name:
            activity["conversation"]["name"] = place.name
    if by is not None:
        zone = ZoneInfo(by.time_zone)
        activity |= {
            "from": {"id": by.id, "name": by.name, "aadObjectId": by.aad},
            "localTimestamp": now.astimezone(zone).isoformat(timespec="milliseconds"),
            "localTimezone": by.time_zone,
            "locale": by.locale,
            "entities": [{"type": "clientInfo", "locale": by.locale, "platform": "Web", "timezone": by.time_zone}],
        }
    return activity


def _channel_data(place: Conversation) -> Iterator[tuple[str, Any]]:
    yield "tenant", {"id": place.tenant}
    if place.team is not None:
        yield "team", {"id": place.team.id, "name": place.team.name, "aadGroupId": place.team.aad}
        yield "channel", {"id": place.id}
        yield "teamsChannelId", place.id
        yield "teamsTeamId", place.team.id


def member_shape(user: User) -> dict[str, Any]:
    shape: Mapping[str, Any] = {
        "id": user.id,
        "name": user.name,
        "givenName": user.name.partition(" ")[0],
        "surname": user.name.rpartition(" ")[2],
        "objectId": user.aad,
        "aadObjectId": user.aad,
        "userPrincipalName": user.email or f"{user.handle}@example.onmicrosoft.com",
        "email": user.email,
        "tenantId": user.tenant,
        "userRole": "user",
    }
    return {name: value for name, value in shape.items() if value is not None}
