"""What driving any double from another process has in common: deeds by name, faults and limits, under /control."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol

from aiohttp import web

from tests.doubles.slack.faults import Fault, Faults, Wrong


class Limits(Protocol):
    on: bool


Tell = Callable[[Any], dict[str, Any]]
"""What came of a deed, as JSON; of one that only changes what somebody sees, nothing came."""


def deed_route(
    person: Callable[[str], Any], deeds: Collection[str], tell: Tell, *, impossible: type[Exception]
) -> web.RouteDef:
    """`person` gives somebody's hands by name; what they cannot do is answered 422 with the reason."""

    async def act(request: web.Request) -> web.Response:
        name = request.match_info["deed"]
        if name not in deeds:
            return web.json_response({"error": f"There is no deed {name!r}; there is: {sorted(deeds)}"}, status=404)
        given = await request.json() if request.can_read_body else {}
        try:
            done: Awaitable[Any] | None = getattr(person(request.match_info["name"]), name)(**given)
            return web.json_response(tell(await done if done is not None else None))
        except (impossible, LookupError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=422)

    return web.post("/control/people/{name}/{deed}", act)


def weather_routes(faults: Faults, limits: Limits) -> list[web.RouteDef]:
    """What goes wrong: shares of all calls, and the next ones (`faults`). Whether rates are counted (`limits`)."""

    async def set_faults(request: web.Request) -> web.Response:
        given = await request.json()
        faults.clear()
        faults.shares = {Wrong(name): share for name, share in given.get("shares", {}).items()}
        faults.chance = random.Random(given.get("seed", 0))
        faults.only = frozenset(given["only"]) if "only" in given else None
        for name, coming in given.get("next", {}).items():
            faults.add(name, *(Fault(**fault | {"wrong": Wrong(fault["wrong"])}) for fault in coming))
        return web.json_response({})

    async def set_limits(request: web.Request) -> web.Response:
        limits.on = bool((await request.json())["on"])
        return web.json_response({})

    return [web.put("/control/faults", set_faults), web.put("/control/limits", set_limits)]
