"""The JSON in which Slack shows its objects: people, channels, messages, views, teams."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tests.doubles.slack.model import App, Channel, Installation, Message, Team, User, View


def team_shape(team: Team) -> dict[str, Any]:
    shape: dict[str, Any] = {"id": team.id, "domain": team.domain}
    if team.enterprise is not None:
        shape |= {"enterprise_id": team.enterprise.id, "enterprise_name": team.enterprise.name}
    return shape


def enterprise_shape(team: Team) -> dict[str, str] | None:
    return None if team.enterprise is None else {"id": team.enterprise.id, "name": team.enterprise.name}


def actor_shape(user: User) -> dict[str, Any]:
    """The person in an interaction."""
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team.id}


def stranger_shape(user: User, *, at: float) -> dict[str, Any]:
    """Somebody of another company, as it is told where a channel is shared with them."""
    return {
        "id": user.id,
        "team_id": user.team.id,
        "name": user.name,
        "deleted": user.deleted,
        "real_name": user.real_name,
        "profile": {"real_name": user.real_name, "display_name": user.real_name, "team": user.team.id},
        "is_bot": user.is_bot,
        "is_stranger": True,
        "updated": int(at),
    }


def user_shape(user: User, *, at: float, with_email: bool, app: App) -> dict[str, Any]:
    profile: dict[str, Any] = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.real_name if not user.is_bot else "",
        "display_name_normalized": user.real_name if not user.is_bot else "",
        "status_text": user.status,
        "status_emoji": user.status_emoji,
        "status_expiration": int(user.status_until or 0),
        "first_name": user.real_name.split(" ")[0],
        "team": user.team.id,
    }
    if with_email and user.email is not None:
        profile["email"] = user.email
    if user.is_bot:
        profile |= {"api_app_id": app.id, "always_active": True}
    shape: dict[str, Any] = {
        "id": user.id,
        "team_id": user.team.id,
        "name": user.name,
        "deleted": user.deleted,
        "profile": profile,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": int(at),
    }
    if user.deleted:
        return shape
    zone = datetime.fromtimestamp(at, ZoneInfo(user.tz))
    offset = zone.utcoffset()
    return shape | {
        "real_name": user.real_name,
        "color": "4bbe2e",
        "tz": user.tz,
        "tz_label": zone.tzname(),
        "tz_offset": int(offset.total_seconds()) if offset is not None else 0,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.guest,
        "is_ultra_restricted": False,
        "is_email_confirmed": True,
        "who_can_share_contact_card": "EVERYONE",
    }


def channel_shape(channel: Channel, *, bot: User, members: bool = True) -> dict[str, Any]:
    if channel.kind == "im":
        (other,) = [member for member in channel.members if member != bot.id] or [bot.id]
        return {
            "id": channel.id,
            "created": 1_600_000_000,
            "is_im": True,
            "is_org_shared": False,
            "user": other,
            "is_archived": channel.archived,
            "is_open": True,
            "context_team_id": channel.team.id,
        }
    shape: dict[str, Any] = {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": 1_600_000_000,
        "creator": "U00000000",
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": False,
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.is_private,
        "is_archived": channel.archived,
        "is_general": False,
        "is_shared": bool(channel.shared_with),
        "is_org_shared": False,
        "is_ext_shared": bool(channel.shared_with),
        "is_member": bot.id in channel.members,
        "context_team_id": channel.team.id,
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }
    return shape | ({"num_members": len(channel.members)} if members else {})


def file_id(message: Message, name: str) -> str:
    return f"F{message.ts.replace('.', '')}{message.files.index(name)}"


def file_shape(message: Message, name: str, *, at: str, size: int) -> dict[str, Any]:
    """A file by addresses that answer to nobody without a token."""
    id_, in_url = file_id(message, name), quote(name, safe="")
    address = f"{at}/files-pri/{message.channel.team.id}-{id_}"
    return {
        "id": id_,
        "name": name,
        "title": name,
        "filetype": name.rpartition(".")[2],
        "mode": "hosted",
        "file_access": "visible",
        "is_external": False,
        "size": size,
        "url_private": f"{address}/{in_url}",
        "url_private_download": f"{address}/download/{in_url}",
    }


def _told_file(message: Message, name: str) -> dict[str, Any]:
    """As an event tells of it."""
    if message.ids_alone:
        return {"id": file_id(message, name), "mode": "file_access", "file_access": "check_file_info", "created": 0}
    return file_shape(message, name, at="https://files.slack.com", size=4_096)


def message_shape(message: Message, *, with_metadata: bool = True) -> dict[str, Any]:
    """As history, events and interactions have it; `channel` is added by whoever shows it outside its channel."""
    shape: dict[str, Any] = {"type": "message", "ts": message.ts, "text": message.text}
    if message.author is not None:
        shape |= {"user": message.author.id, "team": message.author.team.id}
    optional = {
        "subtype": message.subtype,
        "username": message.username,
        "bot_id": message.bot_id,
        "app_id": message.app_id,
        "blocks": message.blocks,
        "thread_ts": message.thread_ts,
        "edited": message.edited,
        "metadata": message.metadata if with_metadata else None,
        "attachments": [
            {"from_url": url, "app_unfurl_url": url, "is_app_unfurl": True, "blocks": shown}
            for url, shown in message.unfurls.items()
        ]
        or None,
        "files": [_told_file(message, name) for name in message.files] or None,
    }
    shape |= {name: value for name, value in optional.items() if value is not None}
    if message.author is not None and not message.author.is_bot and message.subtype is None:
        shape["client_msg_id"] = f"client-{message.channel.id}-{message.ts}"
    if message.bot_id is not None and message.author is not None:
        shape["bot_profile"] = {
            "id": message.bot_id,
            "app_id": message.app_id,
            "name": message.author.real_name,
            "deleted": False,
            "team_id": message.channel.team.id,
        }
    parent = message.thread_ts and message.channel.find(message.thread_ts)
    if parent and parent is not message and parent.author is not None:
        shape["parent_user_id"] = parent.author.id
    replies = message.channel.replies(message.ts)
    if replies:
        people = list(dict.fromkeys(reply.author.id for reply in replies if reply.author))
        shape |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": people,
            "reply_users_count": len(people),
            "latest_reply": replies[-1].ts,
        }
    if message.reactions:
        shape["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()
        ]
    return shape


def view_shape(view: View, app: App, installation: Installation, *, values: dict[str, Any] | None = None) -> Any:
    defaults: dict[str, Any] = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": {"type": "plain_text", "text": "View Title", "emoji": True},
        "close": None,
        "submit": None,
        "clear_on_close": False,
        "notify_on_close": False,
    }
    return defaults | view.given | {
        "id": view.id,
        "team_id": view.user.team.id,
        "state": {"values": values or {}},
        "hash": view.hash,
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": app.id,
        "app_installed_team_id": (installation.team or view.user.team).id,
        "bot_id": installation.bot_id,
    }  # fmt: skip
