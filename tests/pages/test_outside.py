"""By a secret address: a training reports who has completed it, a campaign is read as a feed, a learner's calendar."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from aiohttp.test_utils import TestClient
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from bot.journeys.sharing import Entry, Feed
from bot.messages import Sender
from bot.pages.outside import write_feed
from scheduler.kinds import NudgeContent
from scheduler.model import EnrolmentStatus, Kind
from tests.journeys.dialogue import Dialogue, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, command, draft, note, start, summary
from tests.journeys.test_reinforcing_kinds import recalled

ATOM = "{http://www.w3.org/2005/Atom}"
LINE = 'new "Till" to open at 9:30 because "after the till training": tip "Scan **twice**."; after 2 days tip "Two."'
ANA = {"email": "noor@x.example", "name": "Noor"}


async def token(talk: Dialogue) -> str:
    shown = text_of(note(await talk.forges("leila", "campaign_completions", "2")))
    return shown.partition("Token: ")[2].split()[0]


async def report(client: TestClient[Any, Any], secret: str, body: object, *, kind: str = "application/json") -> Any:
    text = body if isinstance(body, str) else json.dumps(body)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": kind}
    return await client.post("/completions", data=text.encode(), headers=headers)


def statement(number: str, email: str, verb: str = "completed") -> dict[str, object]:
    return {
        "id": number,
        "actor": {"mbox": f"mailto:{email}"},
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}"},
        "object": {"id": "https://lms.example/till"},
    }


async def enrolled(talk: Dialogue) -> dict[int, EnrolmentStatus]:
    async with talk.look() as tx:
        return await tx.enrolled_in(2)


# ── completions ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_completed_the_training_is_enrolled_once_however_often_it_is_told(
    talk: Dialogue, client: TestClient[Any, Any]
) -> None:
    await talk.has_consent()
    talk.platform.people["noor"] = Sender(id="noor", name="Noor", email="noor@x.example", time_zone="Europe/Berlin")
    await start(talk, LINE)
    secret = await token(talk)
    told = [
        statement("a", "noor@x.example"),
        statement("b", "tomasz.okafor@larkspur.example"),
        statement("c", "x@y.zz"),
    ]
    for _ in range(2):
        answer = await report(client, secret, told)
        assert (answer.status, await answer.json()) == (200, ["a", "b", "c"])
    assert len(await enrolled(talk)) == 3
    await talk.rounds.tick()
    await talk.passes(HOUR)
    assert "Scan **twice**." in text_of(talk.last("noor").card)
    assert len(talk.seen_by("noor")) == 1


async def test_a_csv_and_plain_json_are_taken_too(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    await start(talk, LINE)
    secret = await token(talk)
    answer = await report(client, secret, ANA)
    assert await answer.json() == {"accepted": 1, "new": 1, "ignored": 0}
    answer = await report(client, secret, "email\nnoor@x.example\nbo@x.example\n", kind="text/csv")
    assert await answer.json() == {"accepted": 2, "new": 1, "ignored": 0}
    assert len(await enrolled(talk)) == 2


async def test_what_is_told_of_a_draft_waits_for_its_start(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    post = await draft(talk, LINE)
    await report(client, await token(talk), {"email": "tomasz.okafor@larkspur.example"})
    assert await enrolled(talk) == {}
    await talk.presses("leila", post, "Start")
    assert len(await enrolled(talk)) == 1


async def test_where_one_entry_is_wrong_nothing_is_taken(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    await start(talk, LINE)
    answer = await report(client, await token(talk), [ANA, {"email": "nobody"}])
    assert answer.status == 400
    assert (await answer.json())["errors"] == ["Entry 2: “email” is no e-mail address: “nobody”."]
    assert await enrolled(talk) == {}


async def test_without_its_token_nobody_reports_anything(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    await start(talk, LINE)
    old = await token(talk)
    new = await token(talk)
    for headers in ({}, {"Authorization": f"Bearer {old}"}, {"Authorization": f"Basic {new}"}):
        answer = await client.post("/completions", data=b"no json at all", headers=headers)
        assert answer.status == 401
    assert (await report(client, new, ANA)).status == 200
    shown = text_of(note(await talk.forges("leila", "campaign_feed", "2")))
    feed = shown.partition("/feeds/")[2].partition(".atom")[0]
    assert (await report(client, feed, ANA)).status == 401


async def test_a_campaign_that_is_over_takes_nobody(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    post = await start(talk, LINE)
    secret = await token(talk)
    await talk.presses("leila", post, "End")
    assert (await report(client, secret, ANA)).status == 410


@pytest.mark.parametrize("verb", ["campaign_completions", "campaign_feed"])
async def test_only_planners_get_a_campaigns_addresses(talk: Dialogue, verb: str) -> None:
    await start(talk, LINE)
    assert "Only L&D" in summary(await talk.forges("amara", verb, "2"))


# ── feed ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_feed_tells_what_has_come_so_far_by_the_campaigns_own_days(
    talk: Dialogue, client: TestClient[Any, Any]
) -> None:
    await start(talk, LINE)
    shown = text_of(note(await talk.forges("leila", "campaign_feed", "2")))
    address = next(word for word in shown.split() if "/feeds/" in word)
    path = urlsplit(address).path
    await talk.passes(HOUR)

    async def titles() -> list[str]:
        answer = await client.get(path)
        assert answer.headers["Content-Type"].startswith("application/atom+xml")
        feed = ET.fromstring(await answer.read())
        assert feed.findtext(f"{ATOM}title") == "Till"
        assert feed.findtext(f"{ATOM}subtitle") == "after the till training"
        return [entry.findtext(f"{ATOM}title") or "" for entry in feed.iter(f"{ATOM}entry")]

    assert await titles() == ["A reminder: Scan twice."]
    await talk.passes(2 * DAY)
    assert await titles() == ["A reminder: Two.", "A reminder: Scan twice."]
    text = await (await client.get(path)).text()
    assert "Scan &lt;strong&gt;twice&lt;/strong&gt;." in text
    await talk.forges("leila", "campaign_feed", "2")
    assert (await client.get(path)).status == 404  # a new address ends the old one


async def test_a_feed_holds_nothing_that_only_some_may_see(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    async with talk.look() as tx:
        aid = await tx.aid_by_key("probation-review")
    await start(talk, f'new "Probation" to everyone at 9:30: tip #{aid.number}; tip "For all."')
    shown = text_of(note(await talk.forges("leila", "campaign_feed", "2")))
    await talk.passes(HOUR)
    text = await (await client.get(urlsplit(next(one for one in shown.split() if "/feeds/" in one)).path)).text()
    assert "For all." in text
    assert "probation review" not in text.casefold()
    assert aid.body[:30] not in text


# ── calendar ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_learner_subscribes_to_their_own_reminders(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    await start(talk, LINE.replace("to open", "to @Tomasz"))
    shown = text_of(note(await talk.forges("tomasz", "calendar")))
    path = urlsplit(next(one for one in shown.split() if "/calendars/" in one)).path

    async def dates() -> list[str]:
        answer = await client.get(path)
        assert answer.headers["Content-Type"].startswith("text/calendar")
        found = Calendar.from_ical(await answer.read())
        assert {str(event["SUMMARY"]) for event in found.walk("VEVENT")} <= {"Reminder: Till"}
        return [str(event.decoded("DTSTART")) for event in found.walk("VEVENT")]

    assert await dates() == ["2026-11-23 08:30:00+00:00", "2026-11-25 08:30:00+00:00"]
    await talk.passes(HOUR)
    assert await dates() == ["2026-11-25 08:30:00+00:00"]
    assert "Scan" not in await (await client.get(path)).text()
    await command(talk, "tomasz", "pause")
    await talk.passes(3 * DAY)
    assert await dates() == []  # nobody knows until when
    await talk.forges("tomasz", "calendar")
    assert (await client.get(path)).status == 404


async def test_a_calendar_names_a_series_in_plain_words(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    await start(
        talk, LINE.replace('"Till"', '"Scan **twice**, [film](https://x.example/f)"').replace("to open", "to @Tomasz")
    )
    shown = text_of(note(await talk.forges("tomasz", "calendar")))
    path = urlsplit(next(one for one in shown.split() if "/calendars/" in one)).path
    found = Calendar.from_ical(await (await client.get(path)).read())
    assert {str(event["SUMMARY"]) for event in found.walk("VEVENT")} == {"Reminder: Scan twice, film"}


async def test_a_calendar_has_what_is_asked_again_while_its_series_goes_on(
    talk: Dialogue, client: TestClient[Any, Any]
) -> None:
    post = await recalled(talk, "Not yet")
    shown = text_of(note(await talk.forges("tomasz", "calendar")))
    path = urlsplit(next(one for one in shown.split() if "/calendars/" in one)).path
    assert "20261124T083000Z" in await (await client.get(path)).text()
    await talk.presses("tomasz", post, "Stop this series")
    assert "BEGIN:VEVENT" not in await (await client.get(path)).text()


async def test_a_wrong_secret_finds_nothing(client: TestClient[Any, Any]) -> None:
    for path in ("/feeds/x.atom", "/calendars/x.ics", "/feeds/%00.atom"):
        assert (await client.get(path)).status == 404


@given(any_text=st.text())
def test_a_feed_can_be_read_whatever_a_campaign_says(any_text: str) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    content = NudgeContent(kind=Kind.TIP, heading=any_text, body=any_text, question=any_text, responses=())
    feed = Feed(
        key="1", name=any_text, purpose=any_text, updated=at, entries=[Entry(key="1.1", content=content, at=at)]
    )
    read = ET.fromstring(write_feed(feed, "https://lanyard.example/feeds/secret.atom"))
    assert len(read.findall("{http://www.w3.org/2005/Atom}entry")) == 1
