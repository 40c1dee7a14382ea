"""The connector's HTTP: what the bot calls. Every call is kept in `calls`, with what became of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.doubles.slack.faults import Fault, Faults, Wrong
from tests.doubles.teams.keys import ISSUER, Keys
from tests.doubles.teams.limits import Limits
from tests.doubles.teams.model import Conversation, Refused, User
from tests.doubles.teams.shapes import member_shape
from tests.doubles.teams.world import World

REGION = "/emea/"


@dataclass(slots=True, eq=False)
class Asked:
    """One call. `name` is ours: create, send, update, delete, members, member, pagedmembers, team, channels, token."""

    name: str
    path: str
    given: Any = None
    status: int = 0
    answer: Any = None
    fault: Fault | None = None
    took_effect: bool = False
    authorization: str = field(default="", repr=False)


Handler = Callable[[web.Request, Any], Any]


class Connector:
    def __init__(self, world: World, keys: Keys, faults: Faults, limits: Limits) -> None:
        self.world = world
        self.keys = keys
        self.faults = faults
        self.limits = limits
        self.calls: list[Asked] = []
        self.address = ""
        self.told: Callable[[Asked], None] = lambda _asked: None
        self.metadata_gate: asyncio.Event | None = None  # while set and clear, nobody gets the metadata
        self.metadata_status = 200
        self.metadata_asked = asyncio.Event()
        self.keys_gate: asyncio.Event | None = None  # while set and clear, nobody gets more than the keys' beginning
        self.keys_begun = asyncio.Event()
        self.download_headers: dict[str, str] = {}
        self.page = 2  # members a page, however many are asked for

    @property
    def service_url(self) -> str:
        return self.address + REGION

    def make_app(self) -> web.Application:
        app = web.Application(client_max_size=2**20)
        at = REGION + "v3/conversations"
        activities = at + "/{conversation}/activities"
        app.add_routes(
            [
                web.get("/v1/.well-known/openidconfiguration", self._metadata),
                web.get("/v1/.well-known/keys", self._published),
                web.get("/personal/{file}/{name}", self._download),
                web.post("/{tenant}/oauth2/v2.0/token", self._call("token", self._token, checked=False)),
                web.post(at, self._call("create", self._create)),
                web.post(activities, self._call("send", self._send)),
                web.post(activities + "/{activity}", self._call("send", self._send)),
                web.put(activities + "/{activity}", self._call("update", self._update)),
                web.delete(activities + "/{activity}", self._call("delete", self._delete)),
                web.get(at + "/{conversation}/members", self._call("members", self._members)),
                web.get(at + "/{conversation}/pagedmembers", self._call("pagedmembers", self._paged)),
                web.get(at + "/{conversation}/members/{member}", self._call("member", self._member)),
                web.get(REGION + "v3/teams/{team}", self._call("team", self._team)),
                web.get(REGION + "v3/teams/{team}/conversations", self._call("channels", self._channels)),
            ]
        )
        return app

    # ── files ──

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Its address lets in; no token belongs here, and one that comes along is noted with the call."""
        file = request.match_info["file"]
        asked = Asked("download", request.path, authorization=request.headers.get("Authorization", ""))
        self.calls.append(asked)
        asked.fault = self.faults.draw("download")
        if asked.fault is not None:
            asked.status = 429 if asked.fault.wrong is Wrong.TOO_MANY else asked.fault.status
            headers = {"Retry-After": str(asked.fault.retry_after), **self.download_headers}
            return web.Response(status=asked.status, headers=headers)
        if request.query.get("tempauth") != self.world.pass_for(file) or file not in self.world.files:
            asked.status = 401
            return web.Response(status=401)
        return web.Response(body=self.world.files[file], content_type="application/octet-stream")

    # ── metadata ──

    async def _metadata(self, _request: web.Request) -> web.Response:
        asked = Asked("metadata", "")
        self.calls.append(asked)
        self.metadata_asked.set()
        if self.metadata_gate is not None:
            await self.metadata_gate.wait()
        answer = {
            "issuer": ISSUER,
            "authorization_endpoint": "https://invalid.botframework.com",
            "jwks_uri": self.address + "/v1/.well-known/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        }
        asked.status = self.metadata_status
        return web.json_response(answer, status=self.metadata_status)

    async def _published(self, request: web.Request) -> web.StreamResponse:
        """In two parts, as a long document comes over a network."""
        whole = json.dumps({"keys": [key.published() for key in self.keys.published]}).encode()
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(whole[:1000])
        self.keys_begun.set()
        if self.keys_gate is not None:
            await self.keys_gate.wait()
        await response.write(whole[1000:])
        return response

    # ── every call ──

    def _call(self, name: str, handler: Handler, *, checked: bool = True) -> Callable[[web.Request], Awaitable[Any]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            asked = Asked(name, unquote(request.raw_path), authorization=request.headers.get("Authorization", ""))
            self.calls.append(asked)
            try:
                response = await self._handle(request, asked, handler, checked=checked)
            finally:
                self.told(asked)
            if asked.fault is not None:
                asked.fault.met.set()
            return response

        return answer

    async def _handle(
        self, request: web.Request, asked: Asked, handler: Handler, *, checked: bool
    ) -> web.StreamResponse:
        try:
            if checked:
                self.keys.check_caller(asked.authorization)
            asked.given = await _read(request)
            if asked.name in {"create", "send", "update", "delete"}:
                self._count(request, asked)
            asked.fault = self.faults.draw(asked.name)
            _fail_before(asked.fault)
            if asked.fault is not None and asked.fault.wrong is Wrong.DROPPED:
                return _drop(request)
            asked.status, asked.answer = handler(request, asked.given)
            asked.took_effect = True
        except Refused as refused:
            asked.status = refused.status
            asked.answer = {"error": {"code": refused.code, "message": refused.message}}
            if asked.name == "token":
                asked.answer = {"error": refused.code, "error_description": refused.message}
            return web.json_response(asked.answer, status=refused.status, headers=refused.headers)
        return await self._fail_after(request, asked)

    async def _fail_after(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        fault = asked.fault
        if fault is not None and fault.wrong is Wrong.FAILED:
            asked.status = fault.status
            return web.json_response({"error": {"code": "ServiceError"}}, status=fault.status)
        if fault is not None and fault.wrong is Wrong.CLOSED:
            return _drop(request)
        if fault is not None and fault.wrong is Wrong.SLOW:
            fault.met.set()
            await (fault.until.wait() if fault.until is not None else asyncio.sleep(fault.seconds))
        if asked.answer is None:
            return web.Response(status=asked.status)
        return web.json_response(asked.answer, status=asked.status)

    def _count(self, request: web.Request, asked: Asked) -> None:
        id_ = request.match_info.get("conversation", "").partition(";")[0]
        place = self.world.conversations.get(id_)
        tenant = place.tenant if place else str((asked.given or {}).get("tenantId", ""))
        wait = self.limits.check(tenant=tenant, conversation=id_ or "create")
        if wait is not None:
            raise Refused(429, "TooManyRequests", "API calls quota exceeded.", **{"Retry-After": str(wait)})

    # ── the methods ──

    def _token(self, request: web.Request, given: Any) -> tuple[int, Any]:
        return 200, self.keys.issue(given, request.match_info["tenant"])

    def _create(self, _request: web.Request, given: Any) -> tuple[int, Any]:
        place, message = self.world.begin(given)
        answer = {"id": place.id, "serviceUrl": self.service_url}
        if message is not None:
            answer |= {"activityId": message}
            if place.kind == "channel":
                answer["id"] = f"{place.id};messageid={message}"
        return 201, answer

    def _send(self, request: web.Request, given: Any) -> tuple[int, Any]:
        place, thread = self._reach(request)
        if thread is None and place.kind == "channel" and "activity" in request.match_info:
            thread = request.match_info["activity"]
            self.world.reach(f"{place.id};messageid={thread}")
        return 201, {"id": self.world.post(place, thread, given).id}

    def _update(self, request: web.Request, given: Any) -> tuple[int, Any]:
        place, _ = self._reach(request)
        return 200, {"id": self.world.replace(place, request.match_info["activity"], given).id}

    def _delete(self, request: web.Request, _given: Any) -> tuple[int, Any]:
        place, _ = self._reach(request)
        self.world.remove(place, request.match_info["activity"])
        return 200, None

    def _people(self, request: web.Request) -> list[User]:
        place, _ = self._reach(request)
        return place.members

    def _members(self, request: web.Request, _given: Any) -> tuple[int, Any]:
        return 200, [member_shape(user) for user in self._people(request)]

    def _paged(self, request: web.Request, _given: Any) -> tuple[int, Any]:
        people = self._people(request)
        start = int(request.query.get("continuationToken") or 0)
        end = start + min(int(request.query.get("pageSize") or 200), self.page)
        answer: dict[str, Any] = {"members": [member_shape(user) for user in people[start:end]]}
        return 200, answer | ({"continuationToken": str(end)} if end < len(people) else {})

    def _member(self, request: web.Request, _given: Any) -> tuple[int, Any]:
        wanted = request.match_info["member"]
        for user in self._people(request):
            if wanted in {user.id, user.aad}:
                return 200, member_shape(user)
        raise Refused(404, "MemberNotFoundInConversation", "The member is not in the conversation.")

    def _team(self, request: web.Request, _given: Any) -> tuple[int, Any]:
        team = self._known_team(request)
        return 200, {"id": team.team.id, "name": team.team.name, "aadGroupId": team.team.aad} if team.team else {}

    def _channels(self, request: web.Request, _given: Any) -> tuple[int, Any]:
        general = self._known_team(request)
        assert general.team is not None
        # Private channels are told of only to those who are in them, and no bot is.
        listed = [one for one in general.team.channels if one.channel_type != "private"]
        return 200, {"conversations": [{"id": one.id, "name": one.name, "type": one.channel_type} for one in listed]}

    def _known_team(self, request: web.Request) -> Conversation:
        team = self.world.teams.get(request.match_info["team"])
        if team is None:
            raise Refused(404, "NotFound", "Team not found.")
        return self.world.reach(team.id)[0]

    def _reach(self, request: web.Request) -> tuple[Conversation, str | None]:
        return self.world.reach(request.match_info["conversation"])


async def _read(request: web.Request) -> Any:
    if not request.can_read_body:
        return None
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post())
    try:
        given = json.loads(await request.read())
    except ValueError:
        raise Refused(400, "BadSyntax", "The body is no JSON.") from None
    if not isinstance(given, dict):
        raise Refused(400, "BadSyntax", "The body is no JSON object.")
    return given


def _fail_before(fault: Fault | None) -> None:
    match fault:
        case Fault(wrong=Wrong.TOO_MANY, retry_after=seconds):
            raise Refused(429, "TooManyRequests", "API calls quota exceeded.", **{"Retry-After": str(seconds)})
        case Fault(wrong=Wrong.REFUSED, status=status):
            raise Refused(status, "ServiceError", "The service is not there just now.")
        case Fault(wrong=Wrong.ERROR, status=status, error=error):
            raise Refused(status, error, "As the test wished.")


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
