"""The channels that somebody sees, for the forms in which they choose some: those of their teams that Lanyard is in.

The connector tells of a team's standard channels, and whether somebody is in the team. Of private and shared ones it
tells no bot who is in them, so they are not offered.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from adapters.teams.api import Api, Refusal
from adapters.teams.directory import GENERAL, Directory, Lately, read_answer
from adapters.teams.model import Channel
from adapters.teams.references import Reference, Remembered
from adapters.teams.shapes import Named
from bot.messages import FieldKind, Form, Place, Scope, TryLater, Undeliverable

PATIENCE = 4.0
"""Seconds, of the ten and more that Teams waits for a dialog."""
AT_ONCE = 8
LASTING = 600.0
"""Seconds that it is believed who is in a team, and who is not."""
MOST_OFFERED = 30
"""In one dialog, where some clients show them all; the others can be written."""


class Channels:
    def __init__(
        self, api: Api, references: Remembered, directory: Directory, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._references = references
        self._directory = directory
        self._names: Lately[str] = Lately(clock)  # of teams
        self._inside: Lately[bool] = Lately(clock)  # by team and person
        self._asking: set[asyncio.Task[object]] = set()

    async def find(self, tenant: str, person: str, wanted: str) -> Sequence[Place]:
        """Those of that id or name. Raises TryLater."""
        places, complete = await self._seen_by(tenant, person)
        name = wanted.casefold()
        found = [
            place
            for place, plain in places
            if place.conversation == wanted or name in {plain.casefold(), str(place.name).casefold()}
        ]
        if not found and not complete:
            raise TryLater("Teams has not told of all channels yet.")
        return found

    async def fill(self, form: Form, tenant: str, person: str) -> Form:
        """The form with what can be chosen in it, or without the choice where that is nothing. Raises nothing."""
        wanting = [field for field in form.fields if field.kind is FieldKind.CHANNELS and not field.options]
        if not wanting:
            return form
        try:
            places, _ = await self._seen_by(tenant, person)
        except TryLater:
            places = []
        options = tuple((place.conversation, str(place.name)) for place, _ in places[:MOST_OFFERED])
        fields = (replace(field, options=options) if field in wanting else field for field in form.fields)
        return replace(form, fields=tuple(field for field in fields if options or field not in wanting))

    async def _seen_by(self, tenant: str, person: str) -> tuple[list[tuple[Place, str]], bool]:
        """Each with its plain name, by team and name; and whether all teams have answered. Raises TryLater."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def ask(team: Reference) -> tuple[str, list[Channel]] | None:
            async with gate:
                return await self._of_team(tenant, person, team)

        asked = [self._begin(ask(team)) for team in await self._references.teams(tenant)]
        done, late = await asyncio.wait(asked, timeout=PATIENCE) if asked else (set(), set())
        teams: list[tuple[str, list[Channel]]] = []
        complete = not late
        for task in done:
            if isinstance(fault := task.exception(), TryLater):
                complete = False
            elif fault is not None:
                raise fault
            elif (found := task.result()) is not None:
                teams.append(found)
        teams.sort(key=lambda team: (team[0].casefold(), team[1][0].id if team[1] else ""))
        plain = Counter(str(channel.name).casefold() for _, channels in teams for channel in channels)
        return [
            (
                Place(conversation=channel.id, scope=Scope.PRIVATE, name=_name(team, channel, plain)),
                str(channel.name),
            )
            for team, channels in teams
            for channel in channels
        ], complete

    def _begin(self, asking: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """What comes too late is remembered for the next time."""
        task = asyncio.create_task(asking)
        self._asking.add(task)
        task.add_done_callback(self._end)
        return task

    def _end(self, task: asyncio.Task[object]) -> None:
        self._asking.discard(task)
        if not task.cancelled():
            task.exception()  # where nobody waits for it any more, it is no secret

    async def _of_team(self, tenant: str, person: str, team: Reference) -> tuple[str, list[Channel]] | None:
        """Its name and standard channels; None where the person is not in it, or Lanyard no more. Raises TryLater."""
        assert team.team is not None
        try:
            if not await self._is_inside(tenant, person, team.team, team.service_url):
                return None
            known = await self._directory.channels_of(tenant, team.team, team.service_url)
            name = await self._name_of(tenant, team.team, team.service_url)
        except Undeliverable:
            return None
        named = [channel for channel in known.values() if channel.standard and channel.name]
        return name, sorted(named, key=lambda channel: (channel.id != team.team, str(channel.name).casefold()))

    async def _is_inside(self, tenant: str, person: str, team: str, service_url: str) -> bool:
        """Raises TryLater, Undeliverable."""
        key = f"{team}/{person}"
        known = self._inside.get(tenant, key)
        if known is None:
            try:
                await self._api.call("GET", service_url, "conversations", team, "members", person)
                known = True
            except Refusal as refusal:
                if refusal.status != 404:
                    raise
                known = False
            self._inside.put(tenant, key, known, lasting=LASTING)
        return known

    async def _name_of(self, tenant: str, team: str, service_url: str) -> str:
        """Raises TryLater, Undeliverable."""
        known = self._names.get(tenant, team)
        if known is None:
            known = read_answer(Named, await self._api.call("GET", service_url, "teams", team)).name or ""
            self._names.put(tenant, team, known)
        return known

    async def stop(self) -> None:
        asking = list(self._asking)
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)


def _name(team: str, channel: Channel, plain: Counter[str]) -> str:
    """With its team, where another one is called the same; every team has a General."""
    name = str(channel.name)
    return f"{team} › {name}" if team and (name == GENERAL or plain[name.casefold()] > 1) else name
