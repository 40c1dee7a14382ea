"""The company on the page: who is there and how they are, its channels, and the demonstration's clock."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from aiohttp import web

from adapters.intake import Refused
from adapters.web import inbound, outbound, shapes
from adapters.web.gate import guarded, json_answer, read_body
from adapters.web.live import Live
from adapters.web.model import Channel, Persona, Standing
from bot.messages import Busy, Inbound, Outcome, Scope, Sender

BUSY = timedelta(hours=1)
"""How long somebody who says so is not to be disturbed."""

STEP = timedelta(minutes=15)
"""By how much a skip moves on while something that is due waits."""

_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}


class Company:
    """`persona` gives whom an id means; it raises NotHere. `skip` and `next_due` are as for `adapters.web.connect`."""

    def __init__(
        self,
        live: Live,
        *,
        platform: str,
        tenant: str,
        persona: Callable[[str], Awaitable[Persona]],
        receive: Callable[[Inbound], Awaitable[Outcome]],
        skip: Callable[[timedelta], Awaitable[None]] | None,
        next_due: Callable[[], Awaitable[datetime | None]] | None,
    ) -> None:
        self._live = live
        self._platform = platform
        self._tenant = tenant
        self._persona = persona
        self._receive = receive
        self._skip = skip
        self._next_due = next_due

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.post("/chat/skip", guarded(self.skip))
        yield web.post("/chat/people", guarded(self.add_person))
        yield web.post("/chat/person", guarded(self.change_person))
        yield web.post("/chat/channels", guarded(self.add_channel))

    async def skip(self, request: web.Request) -> web.Response:
        skip = shapes.parse(shapes.Skip, await read_body(request))
        zone = (await self._persona(skip.by)).sender.time_zone
        if self._skip is None:
            raise Refused(403, "This clock cannot be skipped ahead.")
        by = _STEPS.get(skip.to) or _until_morning(self._live.now(), zone)
        # From one thing that falls due to the next, so that each happens at its time, and not all of it late.
        until = self._live.now() + by
        while (now := self._live.now()) < until:
            due = await self._next_due() if self._next_due else None
            stop = min(until, due if due > now else now + STEP) if due else until
            await self._live.skip(stop - now)
            await self._skip(stop - now)
        return json_answer({"now": self._live.now().isoformat()})

    async def add_person(self, request: web.Request) -> web.Response:
        add = shapes.parse(shapes.AddPerson, await read_body(request))
        _check_zone(add.time_zone)
        taken = {persona.sender.id for persona in await self._live.do(self._live.room.people)}
        id_ = _fresh(add.name, taken, "person")
        sender = Sender(id=id_, name=add.name, email=add.email, time_zone=add.time_zone)
        await self._live.change(self._live.room.add_person, Persona(sender=sender))
        return json_answer({"person": id_}, status=201)

    async def change_person(self, request: web.Request) -> web.Response:
        """One's own name, time zone, or how one can be reached; the core hears of it first, so that it never misses."""
        change = shapes.parse(shapes.ChangePerson, await read_body(request))
        _check_zone(change.time_zone)
        known = await self._persona(change.by)
        now = self._live.now()
        standing = change.standing or known.standing
        until = known.until if change.standing is None else now + BUSY if standing is Standing.BUSY else None
        sender = replace(
            known.sender,
            name=change.name or known.sender.name,
            time_zone=change.time_zone or known.sender.time_zone,
        )
        persona = replace(known, sender=sender, standing=standing, until=until)
        if (sender, standing is Standing.LEFT) != (known.sender, known.standing is Standing.LEFT):
            changed = inbound.to_changed(
                persona, platform=self._platform, tenant=self._tenant, id_=change.id, at=self._live.now()
            )
            await self._receive(changed)
        await self._live.change(self._live.room.change_person, persona)
        return json_answer(outbound.persona_json(persona))

    async def add_channel(self, request: web.Request) -> web.Response:
        add = shapes.parse(shapes.AddChannel, await read_body(request))
        me = (await self._persona(add.by)).sender
        name = _slug(add.name.removeprefix("#"))
        if not name:
            raise shapes.Malformed(f"`name` {add.name[:60]!r} has no letter or digit: give one that has.")
        channel = Channel(
            id=f"channel:{name}",
            name=name,
            scope=Scope.PRIVATE if add.private else Scope.CHANNEL,
            topic=add.topic,
            members=tuple(dict.fromkeys([me.id, *add.members])),
        )
        await self._live.change(self._live.room.add_channel, channel)
        # Afterwards: a greeting about a channel that there is not would be worse than none.
        with contextlib.suppress(Busy):
            await self._receive(
                inbound.to_invited(
                    channel, platform=self._platform, tenant=self._tenant, sender=me, at=self._live.now()
                )
            )
        return json_answer({"conversation": channel.id}, status=201)


def _check_zone(name: str | None) -> None:
    if name is not None and name not in available_timezones():
        raise shapes.Malformed(f"`time_zone` {name[:60]!r} is not known: use one as Europe/Vienna.")


def _until_morning(now: datetime, zone: str | None) -> timedelta:
    """To nine o'clock of the next day, where the person lives."""
    local = now.astimezone(ZoneInfo(zone or "UTC"))
    morning = datetime.combine(local.date() + timedelta(days=1), time(9), tzinfo=local.tzinfo)
    # Subtracting two times of one zone would ignore a change of daylight saving in between.
    return morning.astimezone(now.tzinfo) - now


def _slug(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")[:60]


def _fresh(name: str, taken: set[str], otherwise: str) -> str:
    slug = _slug(name) or otherwise
    return next(id_ for n in range(1, len(taken) + 2) if (id_ := slug if n == 1 else f"{slug}-{n}") not in taken)
