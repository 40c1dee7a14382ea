"""The app's manifest: what Slack must know of Lanyard, in the form in which its "From a manifest" page takes it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from adapters.slack.inbound import ASK_ABOUT, SAVE_AS_AID
from adapters.slack.permissions import METHODS, bot_events, bot_scopes
from adapters.slack.routes import PATH

DESCRIPTION = "Short answers from job aids, the colleague who knows, and reminders after a training."
LONG_DESCRIPTION = (
    "Ask Lanyard by direct message, by mentioning it in a channel, or with /ask. It answers from your company's job "
    "aids, with the source and the day on which somebody last verified it. What nobody wrote down it takes to a "
    "colleague who knows, carries the answer back, and keeps it as the next job aid. After a training it helps people "
    "put it to use, with voluntary reminders that they can shape, pause and stop."
)
COMMANDS = (
    ("ask", "Ask a question; only you see the answer", "how do I …?"),
    ("nudge", "Plan reminders, for others or for yourself", 'me every 2 days for 2 weeks "…" · list · new'),
    ("lanyard", "What is open for you, what you are asked and reminded of, help", "home · topics · gaps · help"),
)
"""Word, description, usage."""
SHORTCUTS = (
    ("message", ASK_ABOUT, "Ask Lanyard about this", "Look for the job aid that answers this message"),
    ("message", SAVE_AS_AID, "Save as job aid", "Keep what this message says as a job aid"),
    ("global", "ask", "Ask Lanyard", "Ask a question; only you see the answer"),
    ("global", "new_aid", "Write a job aid", "Keep something that you know for those who will need it"),
)
"""Kind, callback id, name, description. A global one is the command of its callback id."""
OF_THE_OLDER_PANE = {"assistant_thread_started"}
"""What apps hear that were made with `assistant_view`; new ones can only have `agent_view`, and hear of their tabs."""
ASSISTANT = "Ask me what you need for the task at hand. I answer from your company's job aids, or find who knows."


def build_manifest(*, url: str = "", socket: bool, many: bool = False) -> dict[str, Any]:
    """`url` is Lanyard's public address, needed for HTTP and for `many`: workspaces that install it by themselves.

    Raises ValueError where it is missing. With an address, job aids have pages, and Slack tells where one is shared.
    """
    if not url and (many or not socket):
        raise ValueError("The manifest needs Lanyard's public address.")
    events: dict[str, Any] = {"bot_events": sorted(bot_events(pages=bool(url)) - OF_THE_OLDER_PANE)}
    interactivity: dict[str, Any] = {"is_enabled": True}
    if not socket:
        events["request_url"] = interactivity["request_url"] = url + PATH
    oauth: dict[str, Any] = {"scopes": {"bot": list(bot_scopes(pages=bool(url)))}}
    if many:
        oauth["redirect_urls"] = [url + "/slack/oauth_redirect"]
    return {
        "_metadata": {"major_version": 2, "minor_version": 0},
        "display_information": {
            "name": "Lanyard",
            "description": DESCRIPTION,
            "long_description": LONG_DESCRIPTION,
            "background_color": "#1f4e4a",
        },
        "features": _features("" if socket else url + PATH, domain=urlsplit(url).hostname),
        "oauth_config": oauth,
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": many,
            "socket_mode_enabled": socket,
            # A token of the settings would end after twelve hours; those of installations are renewed.
            "token_rotation_enabled": many,
        },
    }


def _features(request_url: str, *, domain: str | None) -> dict[str, Any]:
    address = {"url": request_url} if request_url else {}
    features: dict[str, Any] = {
        "app_home": {
            "home_tab_enabled": "views.publish" in METHODS,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": "Lanyard", "always_online": True},
        "shortcuts": [
            {"type": kind, "callback_id": callback, "name": name, "description": description}
            for kind, callback, name, description in SHORTCUTS
        ],
        "slash_commands": [
            {
                "command": f"/{word}",
                **address,
                "description": description,
                "usage_hint": usage,
                "should_escape": True,  # so that a person or channel comes with its id
            }
            for word, description, usage in COMMANDS
        ],
    }
    if domain is not None:
        features["unfurl_domains"] = [domain]
    if "assistant.threads.setSuggestedPrompts" in METHODS:
        features["agent_view"] = {"agent_description": ASSISTANT}
    return features
