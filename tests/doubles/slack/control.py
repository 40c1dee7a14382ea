"""Driving a double in another process: its people's deeds and sights as JSON, under /control.

    POST /control/people/amara/says     {"channel": "help", "text": "Where is my payslip?", "mention": true}
    POST /control/people/amara/press    {"on": "1795424400.000100", "label": "That helped"}
    GET  /control/people/amara/reads    ?channel=help
    PUT  /control/urls                  ["http://127.0.0.1:8080/slack/events"]
    PUT  /control/faults                {"shares": {"ratelimited": 0.1}, "seed": 1, "only": ["chat.postMessage"]}
    POST /control/advance               {"seconds": 60}
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
from tests.doubles.slack.double import Slack
from tests.doubles.slack.person import Deed
from tests.doubles.slack.shapes import message_shape
from tests.doubles.slack.sight import ImpossibleError

DEEDS = {
    "says", "dm", "edits", "deletes", "reacts", "joins", "leaves", "changes", "invites_app", "command", "shortcut",
    "message_shortcut", "opens_home", "opens_assistant", "press", "choose", "submit", "closes", "reloads",
}  # fmt: skip


def control_routes(slack: Slack) -> Iterable[web.RouteDef]:
    routes = web.RouteTableDef()

    @routes.get("/control/people/{name}/{sight:reads|reads_view}")
    async def look(request: web.Request) -> web.Response:
        person = slack.user(request.match_info["name"])
        try:
            if request.match_info["sight"] == "reads_view":
                return web.json_response(asdict(person.reads_view()))
            return web.json_response([asdict(seen) for seen in person.reads(request.query.get("channel"))])
        except (ImpossibleError, LookupError) as error:
            return web.json_response({"error": str(error)}, status=422)

    @routes.put("/control/urls")
    async def point(request: web.Request) -> web.Response:
        slack.point_at(*await request.json())
        return web.json_response({})

    @routes.post("/control/advance")
    async def advance(request: web.Request) -> web.Response:
        await slack.advance((await request.json())["seconds"])
        return web.json_response({})

    @routes.get("/control/report")
    async def report(_request: web.Request) -> web.Response:
        return web.json_response(tell(slack))

    @routes.get("/control/calls")
    async def calls(_request: web.Request) -> web.Response:
        return web.json_response(
            [
                {"method": one.method, "args": dict(one.args), "status": one.status, "answer": one.answer}
                for one in slack.calls
            ]
        )

    @routes.get("/control/messages")
    async def messages(request: web.Request) -> web.Response:
        found = slack.messages(request.query.get("channel"))
        return web.json_response([message_shape(one) | {"channel": one.channel.id} for one in found])

    yield deed_route(slack.user, DEEDS, lambda deed: tell_deed(deed or Deed()), impossible=ImpossibleError)
    yield from weather_routes(slack.faults, slack.limits)
    for route in routes:
        assert isinstance(route, web.RouteDef)
        yield route


def tell_deed(deed: Deed) -> dict[str, Any]:
    return {
        "accepted": deed.accepted,
        "answer": deed.answer,
        "complaint": deed.complaint,
        "ts": deed.message.ts if deed.message else None,
        "attempts": [[attempt.outcome for attempt in one.attempts] for one in deed.deliveries],
    }


def tell(slack: Slack) -> dict[str, Any]:
    """Counts, and the messages of people with the number of the app's replies to each."""
    everything = slack.messages()
    said = [one for one in everything if one.author and not one.author.is_bot and one.subtype is None]
    replies = Counter((one.channel.id, one.thread_ts) for one in everything if one.app_id == slack.app.id)
    return {
        "said": [
            {"channel": one.channel.id, "ts": one.ts, "text": one.text, "replies": replies[one.channel.id, one.ts]}
            for one in said
        ],
        "deliveries": len(slack.deliveries),
        "unaccepted": sum(not one.accepted for one in slack.deliveries),
        "attempts": sum(len(one.attempts) for one in slack.deliveries),
        "calls": Counter(one.method for one in slack.calls),
        "faults": Counter(one.fault.wrong for one in slack.calls if one.fault is not None),
        "connections": len(slack.sockets.connections),
    }
