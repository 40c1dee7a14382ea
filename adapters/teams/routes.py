"""`POST /api/messages`: every activity. Who sent it is known before anything of it is parsed, and nothing is logged."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from aiohttp import web

from adapters.intake import Refused, read_body
from adapters.teams.cloud import Cloud
from adapters.teams.front import Front
from adapters.teams.keys import Unavailable
from adapters.teams.model import Malformed
from adapters.teams.shapes import Activity, parse
from adapters.teams.verify import LARGEST_BODY, Verifier, check_local, check_local_activity

PATH = "/api/messages"
LOCAL = "local"
"""The company of local test clients that name none."""

_log = logging.getLogger(__name__)


class Routes:
    """Without a `verifier` only this machine is served."""

    def __init__(self, front: Front, verifier: Verifier | None, cloud: Cloud) -> None:
        self._front = front
        self._verifier = verifier
        self._cloud = cloud

    def routes(self) -> Iterable[web.RouteDef]:
        yield web.post(PATH, self.post)

    async def post(self, request: web.Request) -> web.Response:
        try:
            activity = await self._admit(request)
            reply = await self._front.activity(activity)
        except Refused as verdict:
            _log.warning("Refused a call to %s: %s", PATH, verdict)
            return _refusal(verdict.status, str(verdict))
        except Malformed as fault:
            _log.warning("Refused what Teams sent: %s", fault)
            return _refusal(400, str(fault))
        except Unavailable as fault:
            _log.warning("Put off a call to %s: %s", PATH, fault)
            return _refusal(503, str(fault))
        if reply.body is None:
            return web.Response(status=reply.status)
        return web.json_response(reply.body, status=reply.status)

    async def _admit(self, request: web.Request) -> Activity:
        """Raises Refused, Malformed, Unavailable."""
        if self._verifier is None:
            check_local(request)
            activity = parse(Activity, await read_body(request, most=LARGEST_BODY))
            check_local_activity(activity, self._cloud)
            return activity if activity.tenant is not None else activity.in_company(LOCAL)
        claims = await self._verifier.check_token(request.headers.get("Authorization", ""))
        activity = parse(Activity, await read_body(request, most=LARGEST_BODY))
        self._verifier.check_activity(claims, activity)
        return activity


def _refusal(status: int, reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=status)
