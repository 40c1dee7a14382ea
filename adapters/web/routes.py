"""The HTTP the page speaks: what it reads, what it sends, and the stream that keeps it up to date.

Everything is under `/chat/`, but the page itself at `/`. The acting person is named by each request (`by`), since there
is no sign-in; somebody unknown is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import hdrs, web

from adapters.intake import Refused
from adapters.web import inbound, outbound, shapes
from adapters.web.company import Company
from adapters.web.finding import Finding
from adapters.web.gate import BYTES, HEADERS, guarded, json_answer, read_body, read_file
from adapters.web.live import Live
from adapters.web.model import Changes, Issued, Message, NotHere, Persona, Standing, Working, direct
from adapters.web.opening import Opening
from bot.messages import (
    Busy,
    FieldErrors,
    Form,
    Found,
    Home,
    Inbound,
    Note,
    Outcome,
    Prompts,
    Receive,
    Said,
    Sender,
)

FORM_LIFETIME = timedelta(days=30)
"""In the demonstration's time, which may be skipped ahead while a form is open."""

_STATIC = Path(__file__).parent / "static"


class Pages:
    """`receive` is set before the first request that needs it; until then such requests are answered "busy"."""

    receive: Receive | None = None

    def __init__(
        self,
        live: Live,
        *,
        platform: str,
        tenant: str,
        bot: str,
        prompts: Sequence[str],
        commands: Sequence[tuple[str, str]],
        skip: Callable[[timedelta], Awaitable[None]] | None,
        next_due: Callable[[], Awaitable[datetime | None]] | None,
        token: Callable[[], str],
        address: str | None,
    ) -> None:
        self._live = live
        self._room = live.room
        self._platform = platform
        self._tenant = tenant
        self._bot = bot
        self._prompts = prompts
        self._commands = commands
        self._can_skip = skip is not None
        self._token = token
        self._address = address
        self._company = Company(
            live,
            platform=platform,
            tenant=tenant,
            persona=self._persona,
            receive=self._receive,
            skip=skip,
            next_due=next_due,
        )
        self._finding = Finding(
            live, platform=platform, tenant=tenant, acting=self._acting, receive=self._receive, token=token
        )
        self._opening = Opening(live, platform=platform, tenant=tenant, acting=self._acting, receive=self._receive)

    def routes(self) -> Iterable[web.RouteDef]:
        for path, file in (("/", "index.html"), *((f"/chat/{name}", name) for name in _ASSETS)):
            yield web.get(path, guarded(_file(_STATIC / file)))
        yield web.get("/chat/room", guarded(self.room))
        yield web.get("/chat/messages", guarded(self.messages))
        yield web.get("/chat/stream", guarded(self.stream))
        yield web.post("/chat/say", guarded(self.say))
        yield web.post("/chat/file", guarded(self.put_in, takes=BYTES))
        yield web.post("/chat/press", guarded(self.press))
        yield web.post("/chat/submit", guarded(self.submit))
        yield web.post("/chat/use", guarded(self.use))
        yield web.get("/chat/home", guarded(self.home))
        yield web.get("/chat/begin", guarded(self.begin))
        yield from self._finding.routes()
        yield from self._opening.routes()
        yield from self._company.routes()
        yield web.post("/chat/see", guarded(self.see))

    async def hand_over(self, message: Message) -> Outcome:
        """Give the core what somebody said. Raises Busy."""
        outcome = await self._receive(await self._live.do(self._to_said, message))
        self._live.mark_heard(message.id)
        return outcome

    def _to_said(self, message: Message) -> Said:
        # In the room's thread at one go: asking it once costs less than asking it five times.
        assert message.author is not None
        text = message.text or ""
        author = self._room.person(message.author)
        assert author is not None
        return inbound.to_said(
            message,
            platform=self._platform,
            tenant=self._tenant,
            bot=self._bot,
            sender=author.sender,
            place=inbound.to_place(self._room.conversation(message.conversation), message.thread),
            people=[known.sender for known in self._room.people()] if "@" in text else (),
            channels=self._room.channels(message.author) if "#" in text else (),
        )

    async def _receive(self, heard: Inbound) -> Outcome:
        if self.receive is None:
            raise Busy
        return await self.receive(heard)

    async def _persona(self, person: str) -> Persona:
        persona = await self._live.do(self._room.person, person)
        if persona is None:
            raise NotHere(f"There is nobody with the id {person[:60]!r} here: choose again who you are.")
        return persona

    async def _acting(self, person: str) -> Persona:
        persona = await self._persona(person)
        if persona.standing is Standing.LEFT:
            raise Refused(409, f"{persona.sender.name} has left the company. Be somebody else, or let them come back.")
        return persona

    # ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def room(self, request: web.Request) -> web.Response:
        """Everything the page shows besides messages. Without `by`: what one may know before choosing a person."""
        seq = await self._live.do(self._room.seq)
        people = await self._live.do(self._room.people)
        answer: dict[str, Any] = {
            "bot": self._bot,
            "people": [outbound.persona_json(persona) for persona in people],
            "now": self._live.now().isoformat(),
            "can_skip": self._can_skip,
            "prompts": list(self._prompts),
            "commands": [list(command) for command in self._commands],
            "waiting": await self._live.do(self._room.waiting),
            "seq": seq,
        }
        if "by" in request.query:
            me = (await self._persona(request.query["by"])).sender.id
            channels = await self._live.do(self._room.channels, me)
            answer |= {
                "me": me,
                "direct": direct(me),
                "channels": outbound.channels_json(channels),
                "unread": await self._live.do(self._room.unread, me),
            }
        return json_answer(answer)

    async def messages(self, request: web.Request) -> web.Response:
        me = (await self._persona(request.query.get("by", ""))).sender.id
        before = _number(request.query.get("before"), "before")
        limit = 50
        conversation = request.query.get("in", "")
        found = await self._live.do(self._room.history, conversation, reader=me, before=before, limit=limit)
        more = sum(message.thread is None for message in found) == limit
        seen = await self._live.do(self._room.seen, me, conversation)
        return json_answer(
            {"messages": [outbound.message_json(message) for message in found], "more": more, "seen": seen}
        )

    async def stream(self, request: web.Request) -> web.StreamResponse:
        me = (await self._persona(request.query.get("by", ""))).sender.id
        after = _number(request.headers.get("Last-Event-ID", request.query.get("after")), "after") or 0
        response = web.StreamResponse(headers=HEADERS | {hdrs.CONTENT_TYPE: "text/event-stream"})
        await response.prepare(request)
        try:
            await response.write(b"retry: 1000\n\n")
            if after > await self._live.do(self._room.seq):
                # The page remembers a room that is gone.
                await response.write(b"event: reset\ndata: {}\n\n")
            async with aclosing(self._live.news(me, after)) as news:
                async for changes in news:
                    await response.write(await self._tell(me, changes))
        except ConnectionResetError:
            pass
        return response

    async def _tell(self, me: str, changes: Changes | Working | None) -> bytes:
        if changes is None:
            return b": still here\n\n"
        if isinstance(changes, Working):
            return f"event: working\ndata: {json.dumps({'conversation': changes.conversation})}\n\n".encode()
        lines = [f"event: message\ndata: {json.dumps(outbound.message_json(m))}\n\n" for m in changes.messages]
        state = {
            "unread": await self._live.do(self._room.unread, me),
            "waiting": await self._live.do(self._room.waiting),
            "roster": changes.roster,
            "now": self._live.now().isoformat(),
        }
        # Only the last event carries the number, so that a broken batch is told again as a whole.
        lines.append(f"event: state\nid: {changes.seq}\ndata: {json.dumps(state)}\n\n")
        return "".join(lines).encode()

    # ── Saying, pressing, submitting ────────────────────────────────────────────────────────────────────────────────

    async def say(self, request: web.Request) -> web.Response:
        said = shapes.parse(shapes.Say, await read_body(request))
        persona = await self._acting(said.by)
        command, _ = inbound.split_command(said.text)
        message = await self._live.change(
            self._room.say,
            id=said.id,
            author=persona.sender.id,
            conversation=said.conversation,
            thread=said.thread,
            text=said.text,
            private=command is not None and said.conversation != direct(persona.sender.id),
            at=self._live.now(),
            files=said.files,
        )
        outcome = await self.hand_over(message)
        shown = await self._show(outcome, persona.sender, message.conversation, message.thread)
        return json_answer({"message": message.id, "outcome": shown}, status=202)

    async def put_in(self, request: web.Request) -> web.Response:
        """A file for a message that is about to be said; it is known by the id that the page gave it."""
        given = shapes.parse(shapes.PutIn, json.dumps(dict(request.query)).encode())
        persona = await self._acting(given.by)
        content = await read_file(request)
        await self._live.do(
            self._room.keep_upload,
            id=given.id,
            by=persona.sender.id,
            name=given.name,
            content=content,
            at=self._live.now(),
        )
        return json_answer({"file": given.id}, status=201)

    async def press(self, request: web.Request) -> web.Response:
        press = shapes.parse(shapes.Press, await read_body(request))
        sender = (await self._acting(press.by)).sender
        message: Message | None = None
        on: Message | Issued
        try:
            on = message = await self._live.do(self._room.message, press.on, reader=sender.id)
            body = message.card or {"parts": []}
            thread = message.thread
        except NotHere:
            on = await self._live.do(self._room.issued, press.on, person=sender.id, now=self._live.now())
            body, thread = on.body, on.thread
        if not outbound.has_button(body, press.verb, press.value):
            raise Refused(409, "That button is not there any more. What you see may have changed: look again.")
        conversation = await self._live.do(self._room.conversation, on.conversation)
        pressed = inbound.to_pressed(
            press,
            platform=self._platform,
            tenant=self._tenant,
            sender=sender,
            place=inbound.to_place(conversation, thread),
            at=self._live.now(),
            message=message,
        )
        outcome = await self._receive(pressed)
        return json_answer({"outcome": await self._show(outcome, sender, on.conversation, thread)})

    async def submit(self, request: web.Request) -> web.Response:
        submit = shapes.parse(shapes.Submit, await read_body(request))
        sender = (await self._acting(submit.by)).sender
        form = await self._live.do(self._room.issued, submit.form, person=sender.id, now=self._live.now())
        if form.kind != "form":
            raise NotHere("This is no form.")
        if form.used_by == submit.id and form.outcome is not None:
            return json_answer(form.outcome)
        fields, errors = inbound.check_fields(form.body, submit.fields)
        if errors:
            return json_answer({"outcome": {"kind": "errors", "errors": errors}})
        await self._live.do(self._room.claim, form.token, by=submit.id)
        conversation = await self._live.do(self._room.conversation, form.conversation)
        submitted = inbound.to_submitted(
            submit,
            form,
            platform=self._platform,
            tenant=self._tenant,
            sender=sender,
            place=inbound.to_place(conversation, form.thread),
            at=self._live.now(),
            fields=fields,
        )
        try:
            outcome = await self._receive(submitted)
        except Busy:
            await self._live.do(self._room.settle_claim, form.token, None)
            raise
        answer = {"outcome": await self._show(outcome, sender, form.conversation, form.thread)}
        stays_open = isinstance(outcome, FieldErrors)
        await self._live.do(self._room.settle_claim, form.token, None if stays_open else answer)
        return json_answer(answer)

    async def use(self, request: web.Request) -> web.Response:
        """A shortcut on somebody's message."""
        use = shapes.parse(shapes.Use, await read_body(request))
        sender = (await self._persona(use.by)).sender
        message = await self._live.do(self._room.message, use.on, reader=sender.id)
        conversation = await self._live.do(self._room.conversation, message.conversation)
        given: dict[str, Any] = {
            "platform": self._platform,
            "tenant": self._tenant,
            "bot": self._bot,
            "sender": sender,
            # What is said about a reply stands beside it, in its thread.
            "place": inbound.to_place(conversation, message.thread),
            "at": self._live.now(),
            "message": message,
        }
        if use.verb == inbound.ASK_ABOUT:
            heard: Inbound = inbound.to_asked(use, **given)
        else:
            heard = inbound.to_used(use, link=self.link(message.conversation, message.id) or "", **given)
        return json_answer(
            {"outcome": await self._show(await self._receive(heard), sender, conversation.id, message.thread)}
        )

    def link(self, conversation: str, message: str) -> str | None:
        """Opens the page as whoever one is there, at the message."""
        if self._address is None:
            return None
        return f"{self._address}/#//{quote(conversation, safe='')}/{quote(message, safe='')}"

    # ── The bot's own places ────────────────────────────────────────────────────────────────────────────────────────

    async def home(self, request: web.Request) -> web.Response:
        sender = (await self._persona(request.query.get("by", ""))).sender
        conversation = await self._live.do(self._room.conversation, direct(sender.id))
        opened = inbound.to_opened(
            platform=self._platform,
            tenant=self._tenant,
            sender=sender,
            conversation=conversation,
            key=self._token(),
            at=self._live.now(),
        )
        outcome = await self._receive(opened)
        if not isinstance(outcome, Home):
            raise NotHere("There is nothing to show here.")
        body = outbound.card_json(outcome.card)
        # One token a person: what an older page still shows can be pressed only while it is shown now, too.
        token = await self._issue("home", body, sender, conversation.id, None, token=sender.id)
        return json_answer({"home": body | {"token": token}})

    async def begin(self, request: web.Request) -> web.Response:
        sender = (await self._persona(request.query.get("by", ""))).sender
        conversation = await self._live.do(self._room.conversation, direct(sender.id))
        begun = inbound.to_begun(
            platform=self._platform,
            tenant=self._tenant,
            sender=sender,
            conversation=conversation,
            key=self._token(),
            at=self._live.now(),
        )
        outcome = await self._receive(begun)
        prompts = outcome.prompts if isinstance(outcome, Prompts) else ()
        return json_answer({"prompts": list(prompts)})

    # ── Outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _show(
        self, outcome: Outcome, sender: Sender, conversation: str, thread: str | None
    ) -> dict[str, Any] | None:
        """The outcome for the page. Forms and notes are issued, so that what comes back from them can be trusted."""
        match outcome:
            case None | Home() | Prompts() | Found():
                return None
            case FieldErrors(errors=errors):
                return {"kind": "errors", "errors": dict(errors)}
            case Form():
                seen = await self._live.do(self._room.channels, sender.id)
                body = outbound.form_json(outbound.with_channels(outcome, seen))
                token = await self._issue("form", body, sender, conversation, thread)
                return {"kind": "form", "form": outbound.for_page(body, token)}
            case Note(card=card):
                body = outbound.card_json(card)
                token = await self._issue("note", body, sender, conversation, thread)
                return {"kind": "note", "note": body | {"token": token}}

    async def _issue(
        self,
        kind: str,
        body: dict[str, Any],
        sender: Sender,
        conversation: str,
        thread: str | None,
        *,
        token: str | None = None,
    ) -> str:
        now = self._live.now()
        issued = Issued(
            token=f"{kind}.{token or self._token()}",
            person=sender.id,
            conversation=conversation,
            thread=thread,
            kind=kind,
            body=body,
            expires=now + FORM_LIFETIME,
        )
        await self._live.do(self._room.issue, issued, now=now)
        return issued.token

    # ── The rest ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def see(self, request: web.Request) -> web.Response:
        see = shapes.parse(shapes.See, await read_body(request))
        me = (await self._persona(see.by)).sender.id
        await self._live.change(self._room.see, me, see.conversation, see.number)
        return json_answer({})


_ASSETS = (
    "app.js",
    "composer.js",
    "forms.js",
    "home.js",
    "icon.svg",
    "log.js",
    "message.js",
    "opening.js",
    "server.js",
    "style.css",
)


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers=HEADERS)

    return answer


def _number(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII):
        raise shapes.Malformed(f"`{name}` is no number (it was {text[:60]!r}): leave it out.")
    return int(text)
