"""The double's HTTP: the Web API, the addresses for late responses, the page of OAuth, and the socket's door."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from tests.doubles.slack import chat_methods, file_methods, place_methods, view_methods
from tests.doubles.slack.chat_methods import read_content
from tests.doubles.slack.faults import Fault, Faults, Limits, Wrong
from tests.doubles.slack.installing import access, authorize, find_caller, revoke, uninstall
from tests.doubles.slack.methods import METHODS, Answer, Args, Call, Refused, find_method, method
from tests.doubles.slack.model import App, Installation, User
from tests.doubles.slack.shapes import message_shape
from tests.doubles.slack.sockets import Sockets
from tests.doubles.slack.world import RESPONSE_URL_USES, ResponseUrl, World

FAMILIES = (chat_methods, file_methods, place_methods, view_methods)  # importing them registers their methods


@dataclass(slots=True, eq=False)
class Asked:
    """One call of the Web API, as it came and as it was answered."""

    method: str
    args: Mapping[str, Any]
    token: str | None
    answer: Answer | None = None  # None: the connection was dropped, or the call never got as far
    status: int = 200
    fault: Fault | None = None
    took_effect: bool = False

    @property
    def error(self) -> str | None:
        return None if self.answer is None else self.answer.get("error")


@dataclass(slots=True, eq=False)
class Api:
    world: World
    sockets: Sockets
    faults: Faults
    limits: Limits
    approver: Callable[[], User | None]  # who presses "Allow" on the page of OAuth
    address: str = ""
    calls: list[Asked] = field(default_factory=list)
    download_headers: dict[str, str] = field(default_factory=dict)
    told: Callable[[Asked], None] = lambda _asked: None

    @property
    def app(self) -> App:
        return self.world.app

    def make_app(self) -> web.Application:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._serve)
        app.router.add_get("/link/", self.sockets.serve)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        app.router.add_post("/responses/{team}/{id}", self._respond)
        app.router.add_post("/upload/v1/{file}", self._upload)
        app.router.add_get("/files-pri/{file}/download/{name}", self._download)
        return app

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        asked = Asked(name, {}, None)
        self.calls.append(asked)
        fault = asked.fault = self.faults.draw(name)
        if fault is not None and fault.wrong is not Wrong.SLOW:
            fault.met.set()
        match fault and fault.wrong:
            case Wrong.TOO_MANY:
                assert fault is not None
                return self._answer(asked, {"ok": False, "error": "ratelimited"}, 429, after=fault.retry_after)
            case Wrong.REFUSED:
                assert fault is not None
                return self._answer(asked, None, fault.status)
            case Wrong.DROPPED:
                return _drop(request)
            case Wrong.ERROR:
                assert fault is not None
                return self._answer(asked, {"ok": False, "error": fault.error}, 200)
        answer, status, after, scopes = await self._act(name, request, asked)
        if fault is not None and fault.wrong is Wrong.CLOSED:
            return _drop(request)
        if fault is not None and fault.wrong is Wrong.FAILED:
            return self._answer(asked, None, fault.status)
        if fault is not None and fault.wrong is Wrong.SLOW:
            fault.met.set()
            await (fault.until.wait() if fault.until is not None else asyncio.sleep(fault.seconds))
        return self._answer(asked, answer, status, after=after, scopes=scopes)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        status = file_methods.upload(self.world, request.match_info["file"], await request.read())
        return web.Response(status=status, text="OK" if status == 200 else "refused")

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """Whoever may not have a file gets the page for signing in, as if all were well."""
        asked = Asked("download", {"file": request.match_info["file"]}, _bearer(request))
        self.calls.append(asked)
        fault = asked.fault = self.faults.draw("download")
        match fault and fault.wrong:
            case Wrong.TOO_MANY:
                assert fault is not None
                asked.status = 429
                return web.Response(status=429, headers={"Retry-After": str(fault.retry_after)})
            case Wrong.REFUSED:
                assert fault is not None
                asked.status = fault.status
                return web.Response(status=fault.status, headers=self.download_headers)
        if fault is not None and fault.wrong is Wrong.SLOW:
            fault.met.set()
            await (fault.until.wait() if fault.until is not None else asyncio.sleep(fault.seconds))
        content = file_methods.download(self.world, request.match_info["file"].partition("-")[2], asked.token)
        if content is None:
            return web.Response(text="<!DOCTYPE html><html>Sign in to Slack</html>", content_type="text/html")
        if fault is not None and fault.wrong is Wrong.CLOSED:
            response = web.StreamResponse(headers={"Content-Length": str(len(content) + 1)})
            await response.prepare(request)
            await response.write(content)
            return _drop(request)
        return web.Response(body=content, content_type="application/octet-stream", headers=self.download_headers)

    def _answer(
        self, asked: Asked, answer: Answer | None, status: int, *, after: int | None = None, scopes: str = ""
    ) -> web.Response:
        asked.answer, asked.status = answer, status
        self.told(asked)
        if answer is None:
            return web.Response(status=status, text="upstream connect error")
        headers = {"X-OAuth-Scopes": scopes} if scopes else {}
        if after is not None:
            headers["Retry-After"] = str(after)
        return web.json_response(answer, status=status, headers=headers)

    async def _act(self, name: str, request: web.Request, asked: Asked) -> tuple[Answer, int, int | None, str]:
        """The method's answer, the status, the delay when there were too many calls, and the token's scopes."""
        scopes = ""
        try:
            given = await read_args(request)
            asked.args = {key: value for key, value in given.items() if key != "token"}
            token = _bearer(request) or given.get("token")
            asked.token = token
            args = Args(asked.args)
            if name == "oauth.v2.access":
                answer = access(self.world, args, **_client(request, args))
            elif name == "apps.connections.open":
                answer = self._open_connection(token)
            else:
                known = find_method(name)
                caller = find_caller(self.world, token)
                scopes = ",".join(caller.scopes)
                call = Call(world=self.world, caller=caller, args=args, address=self.address)
                after = self._limit(name, caller, args)
                if after is not None:
                    return {"ok": False, "error": "ratelimited"}, 429, after, scopes
                if known.scopes:
                    call.scope(*known.scopes)
                answer = known.run(call)
        except Refused as refused:
            return {"ok": False, "error": refused.error} | refused.more, 200, None, scopes
        asked.took_effect = True
        return {"ok": True} | answer, 200, None, scopes

    def _limit(self, name: str, caller: Installation, args: Args) -> int | None:
        where = caller.team or caller.enterprise
        assert where is not None
        return self.limits.check(workspace=where.id, method=name, tier=METHODS[name].tier, channel=args.text("channel"))

    def _open_connection(self, token: str | None) -> Answer:
        if not token:
            raise Refused("not_authed")
        if token != self.app.app_token:
            raise Refused("invalid_auth" if token.startswith("xapp-") else "not_allowed_token_type")
        if not self.app.socket_mode:
            raise Refused("forbidden_team")
        address = self.address.replace("http", "ws", 1)
        query = urlencode({"ticket": self.sockets.issue_ticket(), "app_id": self.app.id})
        return {"url": f"{address}/link/?{query}"}

    # ── beside the Web API ──

    async def _authorize(self, request: web.Request) -> web.Response:
        """The page on which a person allows the installation; here they always do, unless `approver` is nobody."""
        redirect = request.query.get("redirect_uri", "")
        state = request.query.get("state", "")
        by = self.approver()
        try:
            given = {"error": "access_denied"} if by is None else {"code": authorize(self.world, request.query, by=by)}
        except Refused as refused:
            return web.Response(status=400, text=f"Slack does not go on: {refused.error}")
        join = "&" if "?" in redirect else "?"
        return web.Response(status=302, headers={"Location": f"{redirect}{join}{urlencode(given | {'state': state})}"})

    async def _respond(self, request: web.Request) -> web.Response:
        """A response_url: five times, within thirty minutes."""
        asked = Asked("response_url", {}, None)
        self.calls.append(asked)
        url = self.world.response_urls.get(request.path)
        if url is None:
            return self._answer(asked, {"ok": False, "error": "invalid_url"}, 404)
        try:
            asked.args = await read_args(request)
            self._count_use(url)
            self.respond(request.path, asked.args)
        except Refused as refused:
            status = 404 if refused.error.endswith("_url") else 400
            return self._answer(asked, {"ok": False, "error": refused.error} | refused.more, status)
        asked.took_effect = True
        return self._answer(asked, {"ok": True}, 200)

    def _count_use(self, url: ResponseUrl) -> None:
        if self.world.clock.now() > url.until:
            raise Refused("expired_url")
        if url.uses >= RESPONSE_URL_USES:
            raise Refused("used_url")
        url.uses += 1

    def respond(self, path: str, given: Mapping[str, Any]) -> None:
        """What a response says, through its address or with an acknowledgement. Raises Refused."""
        url = self.world.response_urls[path]
        args = Args(given)
        one = self.world.installation(url.channel.team)
        if one is None:
            raise Refused("account_inactive")
        if args.flag("delete_original") and url.message is not None:
            self._remove(url.message)
            return
        content = read_content(args)
        if args.flag("replace_original") and url.message is not None:
            old = url.message
            if old.only_for is None:
                before = message_shape(old)
                old.text, old.blocks = content["text"], self.world.name_blocks(content["blocks"])
                self.world.tell_change(old, before)
            else:
                old.text, old.blocks = content["text"], self.world.name_blocks(content["blocks"])
            return
        only_for = None if args.text("response_type") == "in_channel" else url.user
        content |= {"bot_id": one.bot_id, "app_id": self.app.id, "thread_ts": args.text("thread_ts")}
        self.world.post(url.channel, one.bot, **content, only_for=only_for)

    def _remove(self, message: Any) -> None:
        if message.only_for is None:
            self.world.delete(message)
        elif message in message.channel.ephemerals:
            message.channel.ephemerals.remove(message)


async def read_args(request: web.Request) -> dict[str, Any]:
    """From the address, a form or JSON. Raises Refused."""
    given: dict[str, Any] = dict(request.query)
    if request.method == "GET" or not request.can_read_body:
        return given
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.read())
        except ValueError:
            raise Refused("invalid_json") from None
        if not isinstance(body, dict):
            raise Refused("json_not_object")
        return given | body
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return given | dict(await request.post())
    raise Refused("invalid_form_data")


def _bearer(request: web.Request) -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind == "Bearer" else None


def _client(request: web.Request, args: Args) -> dict[str, str]:
    kind, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
        return {"client_id": name, "client_secret": secret}
    return {"client_id": args.text("client_id") or "", "client_secret": args.text("client_secret") or ""}


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


# ── auth.* ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@method("auth.test", tier="special")
def test_token(call: Call) -> Answer:
    one = call.caller
    answer: Answer = {
        "url": "https://" + (one.team.domain if one.team else "organisation.enterprise") + ".slack.com/",
        "team": one.team.name if one.team else one.enterprise and one.enterprise.name,
        "user": one.bot.name,
        "team_id": one.team.id if one.team else one.enterprise and one.enterprise.id,
        "user_id": one.bot.id,
        "bot_id": one.bot_id,
        "is_enterprise_install": one.team is None,
    }
    if one.enterprise is not None:
        answer["enterprise_id"] = one.enterprise.id
    return answer


@method("auth.revoke", tier="special")
def revoke_token(call: Call) -> Answer:
    if not call.args.flag("test"):
        revoke(call.world, call.caller)
    return {"revoked": not call.args.flag("test")}


@method("apps.uninstall", tier="special")
def uninstall_app(call: Call) -> Answer:
    if (call.args.text("client_id"), call.args.text("client_secret")) != (
        call.world.app.client_id,
        call.world.app.client_secret,
    ):
        raise Refused("bad_client_secret")
    uninstall(call.world, call.caller)
    return {}
