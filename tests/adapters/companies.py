"""The sample company on each platform, with Lanyard in it, for dialogues that are the same on all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.store import Store
from tests.adapters.chat import Chat
from tests.adapters.slack import test_slack_journeys as on_slack
from tests.adapters.slack.chat import SlackChat
from tests.adapters.teams import test_teams_journeys as on_teams
from tests.adapters.teams.chat import TeamsChat
from tests.adapters.web import chat as on_web
from tests.journeys.dialogue import Clock

PLATFORMS = ("slack", "teams", "web")
LACKS = {"web": frozenset({"leaving of channels", "refused people"})}
"""What cannot happen on a platform, beside what its harness says that it lacks."""


@asynccontextmanager
async def open_chat(
    platform: str, store: Store, clock: Clock, *, folder: Path, heard: Iterable[str] = ()
) -> AsyncIterator[Chat]:
    """`heard` are those who have spoken to Lanyard before: others it does not know there yet."""
    match platform:
        case "slack":
            async with on_slack.open_company(store, clock, socket=False) as slack:
                yield await _greeted(SlackChat(slack), heard)
        case "teams":
            async with on_teams.open_company(store, clock) as teams:
                yield await _greeted(TeamsChat(teams), heard)
        case "web":
            async with on_web.open_company(store, clock, folder) as page:
                yield await _greeted(page, heard)
        case other:
            raise ValueError(other)


async def _greeted(chat: Chat, heard: Iterable[str]) -> Chat:
    for persona in heard:
        await chat.says(persona, "Hello")
        await chat.reads(persona)
    return chat
