"""What Slack must grant, and what for: the one table behind the manifest, the sign-in, and `lanyard doctor`.

Whoever calls another method, hears another event, or offers something new adds a row here, and nowhere else. A test
holds that every method called and every event heard has its row, and that no row stands for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """`why` is what people have of it, and so what is lost without it. Slack wants all of the `scopes`.

    What is needed for `pages` is not asked for where Lanyard has no public address, and so no pages.
    """

    why: str
    scopes: tuple[str, ...] = ()
    pages: bool = False


_READING = ("channels:history", "groups:history", "im:history", "mpim:history")
_PLACES = ("channels:read", "groups:read", "im:read", "mpim:read")
_FORMS = "forms"
_ONCE = "sending a message once and no more after a broken connection"
_GROUPS = "campaigns and job aids for a user group"
_NAMES = "names, languages and time zones of people"
_FILES = "job aids and lists of people from files that are sent to Lanyard"
_PICTURES = "pictures of how a campaign goes"
_LINKS = "job aids, shown where somebody writes their address"
_PANE = "first questions, titles and a status in the assistant's pane"

METHODS: Mapping[str, Need] = {
    "apps.connections.open": Need(why="Socket Mode"),  # by the app-level token, which has its own connections:write
    "assistant.threads.setStatus": Need(why=_PANE, scopes=("assistant:write", "chat:write")),
    "assistant.threads.setSuggestedPrompts": Need(why=_PANE, scopes=("assistant:write",)),
    "assistant.threads.setTitle": Need(why=_PANE, scopes=("assistant:write",)),
    "auth.test": Need(why="knowing which workspace a token is of, and what it is still worth"),
    "chat.getPermalink": Need(why="links to the thread in which a question was asked"),
    "chat.postEphemeral": Need(why="answers that only the asker sees", scopes=("chat:write",)),
    "chat.postMessage": Need(why="answers, questions to experts, and nudges", scopes=("chat:write",)),
    "chat.update": Need(why="correcting an answer when its job aid changes", scopes=("chat:write",)),
    "chat.unfurl": Need(why=_LINKS, scopes=("links:write",), pages=True),
    "conversations.history": Need(why=_ONCE, scopes=_READING),
    "conversations.info": Need(why="knowing who reads a conversation, and so what may be said there", scopes=_PLACES),
    "conversations.list": Need(why="campaigns for channels that are named in a form", scopes=_PLACES),
    "conversations.members": Need(why="campaigns for the people of a channel", scopes=_PLACES),
    "conversations.open": Need(why="direct messages to people who have not written first", scopes=("im:write",)),
    "conversations.replies": Need(why=_ONCE, scopes=_READING),
    "dnd.info": Need(why="leaving experts in peace who asked Slack for it", scopes=("dnd:read",)),
    "files.completeUploadExternal": Need(why=_PICTURES, scopes=("files:write",)),
    "files.info": Need(why=_FILES, scopes=("files:read",)),
    "files.getUploadURLExternal": Need(why=_PICTURES, scopes=("files:write",)),
    "oauth.v2.access": Need(why="installing in many workspaces"),
    "reactions.add": Need(why="a sign that an expert's reply was taken", scopes=("reactions:write",)),
    "usergroups.list": Need(why=_GROUPS, scopes=("usergroups:read",)),
    "usergroups.users.list": Need(why=_GROUPS, scopes=("usergroups:read",)),
    "users.getPresence": Need(why="asking an expert first who is at the screen", scopes=("users:read",)),
    "users.info": Need(why=_NAMES, scopes=("users:read", "users:read.email")),
    "users.list": Need(why=_NAMES, scopes=("users:read", "users:read.email")),
    "users.lookupByEmail": Need(
        why="reaching people who are known by their e-mail address", scopes=("users:read.email",)
    ),
    "views.open": Need(why=_FORMS),
    "views.publish": Need(why="the Home tab"),
    "views.push": Need(why=_FORMS),
}
"""Methods of the Web API that the adapter calls."""

EVENTS: Mapping[str, Need] = {
    "app_home_opened": Need(why="the Home tab"),
    "app_mention": Need(why="answers where Lanyard is mentioned", scopes=("app_mentions:read",)),
    "app_uninstalled": Need(why="keeping no token of a workspace that Lanyard has left"),
    "assistant_thread_started": Need(why=_PANE, scopes=("assistant:write",)),
    "link_shared": Need(why=_LINKS, scopes=("links:read",), pages=True),
    "member_joined_channel": Need(why="a word to who invites Lanyard into a channel", scopes=("channels:read",)),
    "message.channels": Need(why="follow-ups and listening in open channels", scopes=("channels:history",)),
    "message.groups": Need(why="follow-ups and listening in closed channels", scopes=("groups:history",)),
    "message.im": Need(why="questions by direct message", scopes=("im:history",)),
    "message.mpim": Need(why="follow-ups in conversations of several people", scopes=("mpim:history",)),
    "team_join": Need(why="knowing newcomers whose address a campaign has", scopes=("users:read",)),
    "tokens_revoked": Need(why="keeping no token that has been taken away"),
    "user_change": Need(why="knowing when people move, change their name, or leave", scopes=("users:read",)),
}
"""Events that the adapter hears, under the names by which an app subscribes to them."""

FEATURES: Mapping[str, Need] = {
    "shortcuts": Need(why="shortcuts", scopes=("commands",)),
    "slash_commands": Need(why="/ask, /nudge and /lanyard", scopes=("commands",)),
}
"""What the app offers beside."""


def _needs() -> Iterable[Need]:
    return chain(METHODS.values(), EVENTS.values(), FEATURES.values())


def bot_scopes(*, pages: bool) -> tuple[str, ...]:
    """All scopes of the bot's token, in order."""
    return tuple(sorted({scope for need in _needs() if pages or not need.pages for scope in need.scopes}))


def bot_events(*, pages: bool) -> frozenset[str]:
    return frozenset(name for name, need in EVENTS.items() if pages or not need.pages)


def what_for(scope: str) -> tuple[str, ...]:
    """What people lack without this scope, each thing once; nothing for a scope that is not needed."""
    return tuple(dict.fromkeys(need.why for need in _needs() if scope in need.scopes))


def event_types() -> frozenset[str]:
    """The `type` that stands in an event itself: one for the four kinds of `message`."""
    return frozenset(name.partition(".")[0] for name in EVENTS)
