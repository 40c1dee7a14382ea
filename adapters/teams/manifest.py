"""The app as Teams knows it: its manifest, and the package with it and the icons that an administrator uploads."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from adapters.teams.inbound import ASK_ABOUT, SAVE_AS_AID

SCHEMA = "https://developer.microsoft.com/json-schemas/teams/v1.29/MicrosoftTeams.schema.json"
SEARCH = "search_aids"
"""The message extension's command that looks for job aids."""

SHORT = "Short answers, the colleague who knows, and reminders after a training."
FULL = (
    "Ask Lanyard in a chat of your own, or mention it in a channel. It answers from your company's job aids, with the "
    "source and the day on which somebody last verified it. What nobody wrote down it takes to a colleague who knows, "
    "carries the answer back, and keeps it as the next job aid. After a training it helps people put it to use, with "
    "voluntary reminders that they can shape, pause and stop."
)
ANYWHERE = (
    ("ask", "Ask a question: ask how do I …?"),
    ("nudge", "Reminders, for others or yourself: nudge me every 2 days for 2 weeks “…”"),
    ("help", "What I can do for you"),
)
PERSONAL = (
    *ANYWHERE,
    ("topics", "What colleagues may ask you about, and how often"),
    ("settings", "When reminders reach you"),
    ("home", "What is open for you, at a glance"),
    ("open", "The job aids in your browser: open, or open 12"),
)
"""Words to begin a message with, and what they do."""
READING = ("ChannelMessage.Read.Group", "ChatMessage.Read.Chat")
"""Consent of a team's owners, or of a chat's people, to hear also what does not mention the bot."""

_GUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_VERSION = re.compile(r"\d+\.\d+\.\d+")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who offers the app within the company, and the pages that Teams links to."""

    name: str = "Lanyard"
    website: str
    privacy: str
    terms: str


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None


def build_manifest(
    *, app_id: str, url: str, version: str, publisher: Publisher, read_channels: bool = False
) -> dict[str, Any]:
    """`url` is Lanyard's public address, over https. Raises ValueError, in a sentence that names what is wrong."""
    if not is_guid(app_id):
        raise ValueError(
            f"MICROSOFT_APP_ID is {app_id!r}: it is no app id. Give the one of the bot's registration; it looks like "
            "00000000-0000-0000-0000-000000000000."
        )
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(
            f"LANYARD_URL is {url!r}: Teams calls only https. Give the public address of this Lanyard, as "
            "https://lanyard.example.com."
        )
    domain = parts.hostname
    manifest: dict[str, Any] = {
        "$schema": SCHEMA,
        "manifestVersion": "1.29",
        "version": _three_numbers(version),
        "id": app_id.lower(),
        "localizationInfo": {"defaultLanguageTag": "en"},
        "developer": _developer(publisher),
        "name": {"short": "Lanyard", "full": "Lanyard, the job aid in your chat"},
        "description": {"short": SHORT, "full": FULL},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": "#0f5c57",
        "defaultInstallScope": "personal",
        "defaultGroupCapability": {"team": "bot", "groupchat": "bot"},
        "bots": [_bot(app_id)],
        "composeExtensions": [_extension(app_id, domain)],
        "permissions": ["identity", "messageTeamMembers"],
        "validDomains": [domain],
    }
    if read_channels:
        # Teams asks an app with such a consent for its registration, and for some address as its resource.
        manifest["webApplicationInfo"] = {"id": app_id.lower(), "resource": f"api://{domain}/botid-{app_id.lower()}"}
        granted = [{"name": name, "type": "Application"} for name in READING]
        manifest["authorization"] = {"permissions": {"resourceSpecific": granted}}
    return manifest


def build_package(manifest: Mapping[str, Any]) -> bytes:
    """The zip archive. The same manifest gives the same bytes."""
    icons = files("adapters.teams") / "icons"
    content = {
        "manifest.json": json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n",
        **{name: (icons / name).read_bytes() for name in ("color.png", "outline.png")},
    }
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for name, given in content.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            package.writestr(entry, given)
    return archive.getvalue()


def _three_numbers(version: str) -> str:
    """Teams takes neither a marker of development nor two numbers."""
    found = _VERSION.match(version)
    if found is None:
        raise ValueError(f"The version {version!r} does not begin with three numbers. Install a released Lanyard.")
    return found[0]


def _developer(publisher: Publisher) -> dict[str, str]:
    if not 0 < len(publisher.name) <= 32:
        raise ValueError(f"The publisher {publisher.name!r} has {len(publisher.name)} characters; Teams takes 1 to 32.")
    pages = {"websiteUrl": publisher.website, "privacyUrl": publisher.privacy, "termsOfUseUrl": publisher.terms}
    for page in pages.values():
        if urlsplit(page).scheme != "https":
            raise ValueError(f"The page {page!r} is not over https, and Teams links to no other.")
    return {"name": publisher.name, **pages}


def _bot(app_id: str) -> dict[str, Any]:
    return {
        "botId": app_id.lower(),
        "scopes": ["personal", "team", "groupChat"],
        "isNotificationOnly": False,
        "supportsFiles": True,
        "commandLists": [
            {"scopes": ["personal"], "commands": _commands(PERSONAL)},
            {"scopes": ["team", "groupChat"], "commands": _commands(ANYWHERE)},
        ],
    }


def _commands(commands: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"title": word, "description": description} for word, description in commands]


def _extension(app_id: str, domain: str) -> dict[str, Any]:
    return {
        "botId": app_id.lower(),
        "messageHandlers": [{"type": "link", "value": {"domains": [domain]}}],
        "commands": [
            {
                "id": SEARCH,
                "type": "query",
                "context": ["compose", "commandBox"],
                "title": "Search job aids",
                "description": "Find a job aid and put it into your message",
                "initialRun": True,
                "parameters": [
                    {"name": "query", "title": "What for?", "description": "In your own words", "inputType": "text"}
                ],
            },
            _on_message(ASK_ABOUT, "Ask Lanyard about this", "Look for the job aid that answers this message"),
            _on_message(SAVE_AS_AID, "Save as job aid", "Keep what this message says as a job aid"),
        ],
    }


def _on_message(command: str, title: str, description: str) -> dict[str, Any]:
    return {
        "id": command,
        "type": "action",
        "context": ["message"],
        "title": title,
        "description": description,
        "fetchTask": True,
    }
