"""Driving a double in another process: its people's deeds and sights as JSON, under /control.

    POST /control/people/amara/says     {"place": "support-desk", "text": "Where is my payslip?", "mention": true}
    POST /control/people/amara/press    {"on": "1795424400000", "label": "That helped"}
    GET  /control/people/amara/reads    ?place=support-desk
    POST /control/install
    PUT  /control/url                   "http://127.0.0.1:3978/api/messages"
    PUT  /control/faults                {"shares": {"ratelimited": 0.1}, "seed": 1, "only": ["send"]}
    PUT  /control/limits                {"on": true}
    POST /control/rotate
    GET  /control/report

A deed is any of `DEEDS`, with the arguments that `Person` gives it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from tests.doubles.driving import deed_route, weather_routes
from tests.doubles.teams.double import Teams
from tests.doubles.teams.model import ImpossibleError
from tests.doubles.teams.person import Deed

DEEDS = {
    "says", "dm", "edits", "deletes", "reacts", "press", "looks", "submit", "searches", "pastes", "acts_on", "inserts",
}  # fmt: skip


def control_routes(teams: Teams) -> Iterable[web.RouteDef]:
    routes = web.RouteTableDef()

    @routes.get("/control/people/{name}/reads")
    async def look(request: web.Request) -> web.Response:
        try:
            found = teams.user(request.match_info["name"]).reads(request.query.get("place"))
        except (ImpossibleError, LookupError) as error:
            return web.json_response({"error": str(error)}, status=422)
        return web.json_response([asdict(seen) for seen in found])

    @routes.post("/control/install")
    async def install(_request: web.Request) -> web.Response:
        await teams.install_everywhere()
        return web.json_response({})

    @routes.put("/control/url")
    async def point(request: web.Request) -> web.Response:
        teams.point_at(await request.json())
        return web.json_response({})

    @routes.post("/control/rotate")
    async def rotate(_request: web.Request) -> web.Response:
        return web.json_response({"kid": teams.keys.rotate().id})

    @routes.get("/control/report")
    async def report(_request: web.Request) -> web.Response:
        return web.json_response(
            {
                "said": sum(one.author is not None for one in teams.messages()),
                "replied": sum(one.author is None for one in teams.messages()),
                "deliveries": len(teams.deliveries),
                "unaccepted": sum(not one.accepted for one in teams.deliveries),
                "calls": Counter(one.name for one in teams.calls),
                "faults": Counter(one.fault.wrong for one in teams.calls if one.fault is not None),
            }
        )

    yield deed_route(teams.user, DEEDS, tell_deed, impossible=ImpossibleError)
    yield from weather_routes(teams.faults, teams.limits)
    for route in routes:
        assert isinstance(route, web.RouteDef)
        yield route


def tell_deed(deed: Deed) -> dict[str, Any]:
    return {
        "accepted": deed.accepted,
        "answer": deed.answer,
        "note": deed.note,
        "complaint": deed.complaint,
        "message": deed.message.id if deed.message else None,
        "dialog": deed.dialog.title if deed.dialog else None,
        "attempts": [[attempt.status for attempt in one.attempts] for one in deed.deliveries],
    }
