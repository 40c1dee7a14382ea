"""What is outside reads and reports by a secret address: completions of a training, a campaign's feed, a calendar.

A wrong secret gets the same answer whatever is behind it or is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from html import escape
from xml.etree import ElementTree as ET

from aiohttp import web
from icalendar import Calendar, Event

from bot.journeys.completing import take
from bot.journeys.sharing import Appointment, Feed, read_calendar, read_feed
from bot.pages.markdown import to_html
from bot.services import Services
from bot.store import UNREACHABLE, GoneError
from bot.store.listing import Found, Purpose
from bot.wording import sharing as words
from bot.wording.reinforcing import headline
from scheduler.completions import NotUnderstood, Report, read_csv, read_json
from scheduler.kinds import NudgeContent

ATOM = "http://www.w3.org/2005/Atom"
LASTS = timedelta(minutes=5)  # of a reminder in a calendar
MOST_FAULTS_TOLD = 100
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2
PRIVATE = {"Cache-Control": "private, max-age=900", "X-Robots-Tag": "noindex", "X-Content-Type-Options": "nosniff"}


def routes(services: Services) -> Iterable[web.RouteDef]:
    """None where Lanyard has no address of its own."""
    if not services.address:
        return ()
    outside = Outside(services)
    return (
        web.post("/completions", outside.completions),
        web.post("/completions/statements", outside.completions),
        web.get("/feeds/{secret}.atom", outside.feed),
        web.get("/calendars/{secret}.ics", outside.calendar),
    )


class Outside:
    def __init__(self, services: Services) -> None:
        self._services = services

    async def completions(self, request: web.Request) -> web.Response:
        """A training tells who has completed it. Answers statements as a learning record store does."""
        try:
            found = await self._find_campaign(request)
            report = await _read_report(request)
            new = await take(self._services, found, report)
        except _RefusedError as refused:
            return refused.response()
        except GoneError as gone:
            return _RefusedError(410, [str(gone)]).response()
        except UNREACHABLE:
            return _RefusedError(503, ["The database does not answer. Send it again later."]).response()
        if report.statements:
            return web.json_response(list(report.statements), headers={"X-Experience-API-Version": "1.0.3"})
        told = {"accepted": len(report.completions), "new": new, "ignored": report.ignored}
        return web.json_response(told)

    async def _find_campaign(self, request: web.Request) -> Found:
        """Before anything of the body is read. Raises _RefusedError."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not secret:
            raise _RefusedError(401, ["Send the token of the campaign as “Authorization: Bearer …”."])
        found = await self._services.store.find_pass(secret.strip(), Purpose.COMPLETIONS)
        if found is None:
            raise _RefusedError(401, ["This token is worth nothing, or not any more. “/nudge show” makes a new one."])
        return found

    async def feed(self, request: web.Request) -> web.Response:
        try:
            found = await read_feed(self._services, request.match_info["secret"])
        except UNREACHABLE:
            return web.Response(status=503)
        if found is None:
            return web.Response(status=404)
        address = f"{self._services.address}{request.path}"
        return web.Response(body=write_feed(found, address), content_type="application/atom+xml", headers=PRIVATE)

    async def calendar(self, request: web.Request) -> web.Response:
        try:
            found = await read_calendar(self._services, request.match_info["secret"])
        except UNREACHABLE:
            return web.Response(status=503)
        if found is None:
            return web.Response(status=404)
        return web.Response(body=write_calendar(found), content_type="text/calendar", headers=PRIVATE)


class _RefusedError(Exception):
    """What was sent is not taken; `faults` say why, for whoever looks into the sender's log."""

    def __init__(self, status: int, faults: Sequence[str]) -> None:
        super().__init__(status)
        self._status = status
        self._faults = list(faults)

    def response(self) -> web.Response:
        shown = self._faults[:MOST_FAULTS_TOLD]
        if len(self._faults) > len(shown):
            shown.append(f"And {len(self._faults) - len(shown)} more.")
        headers = {"WWW-Authenticate": "Bearer"} if self._status == web.HTTPUnauthorized.status_code else {}
        return web.json_response({"errors": shown}, status=self._status, headers=headers)


async def _read_report(request: web.Request) -> Report:
    """Raises _RefusedError."""
    try:
        text = (await request.read()).decode("utf-8-sig")
        return read_csv(text) if request.content_type == "text/csv" else read_json(text)
    except UnicodeDecodeError:
        raise _RefusedError(400, ["This is no text in UTF-8."]) from None
    except NotUnderstood as wrong:
        raise _RefusedError(400, wrong.faults) from wrong


def write_feed(feed: Feed, address: str) -> bytes:
    """The feed as Atom (RFC 4287). `address` is its own, which is secret and is therefore no id of an entry."""
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed")

    def put(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
        ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes).text = _printable(text)

    put(root, "id", f"urn:lanyard:campaign:{feed.key}")
    put(root, "title", feed.name)
    if feed.purpose:
        put(root, "subtitle", feed.purpose)
    put(root, "updated", feed.updated.isoformat())
    author = ET.SubElement(root, f"{{{ATOM}}}author")
    put(author, "name", "Lanyard")
    ET.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": address})
    for one in feed.entries:
        entry = ET.SubElement(root, f"{{{ATOM}}}entry")
        put(entry, "id", f"urn:lanyard:step:{one.key}")
        put(entry, "title", headline(one.content))
        put(entry, "updated", one.at.isoformat())
        put(entry, "content", _html(one.content), type="html")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _html(content: NudgeContent) -> str:
    parts = [to_html(content.body)] if content.body else []
    if content.question:
        parts.append(f"<p><strong>{escape(content.question)}</strong></p>")
    if content.answer:
        parts.append(f"<details><summary>…</summary>{to_html(content.answer)}</details>")
    parts += [f'<p><a href="{escape(link.url)}">{escape(link.label)}</a></p>' for link in content.links]
    return "".join(parts)


def _printable(text: str) -> str:
    """Without the characters that XML has no way to write."""
    return _UNWRITABLE.sub("", text)


def write_calendar(appointments: Sequence[Appointment]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Lanyard//Reminders//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Lanyard")
    for one in appointments:
        event = Event()
        event.add("uid", f"{one.key}@lanyard")
        event.add("summary", words.appointment(one.series))
        event.add("dtstamp", one.at)
        event.add("dtstart", one.at)
        event.add("dtend", one.at + LASTS)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
