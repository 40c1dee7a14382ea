"""A job aid in a browser: who comes in, by what, and what they see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.messages import Links, Note, TryLater
from bot.store import Store
from knowledge.model import JobAid, Status
from tests.doubles.memory import MemoryPlatform
from tests.journeys.dialogue import Clock, Dialogue, text_of
from tests.pages.browsing import BASE, Browser, path_of, way_in


async def number_of(talk: Dialogue, title: str) -> int:
    async with talk.look() as tx:
        everything = frozenset({"everyone", "group:support", "group:managers", "group:people-team"})
        aid = await tx.find_aid(title, grants=everything)
    assert aid is not None, title
    return aid.number


# ── Coming in ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_leads_to_its_aids_page_and_a_link_from_chat_lets_the_asker_in(
    talk: Dialogue, browser: Browser
) -> None:
    await talk.says("amara", "How much may I refund without approval?")
    card = talk.last("amara").card
    (page,) = [link for part in card.parts if isinstance(part, Links) for link in part.links if "Open" in link.label]
    number = page.url.rpartition("/")[2]
    assert page.url == f"{BASE}/aids/1/{number}"
    closed, text = await browser.get(path_of(page.url))
    assert closed.status == 403
    assert f"open {number}" in text
    leads_to = await browser.comes_in(await way_in(talk, "amara", number))
    assert leads_to == path_of(page.url)
    opened, text = await browser.get(leads_to)
    assert opened.status == 200
    assert "150 EUR" in text
    assert "looked after by Priya Santos" in text


@pytest.mark.parametrize(
    "typed", ["open {}", "open #{}", "Open {}", "/open {}", "lanyard open {}", "open " + BASE + "/aids/1/{}"]
)
async def test_it_can_be_typed_to_the_bot(talk: Dialogue, browser: Browser, typed: str) -> None:
    number = await number_of(talk, "Correct loyalty points and give goodwill points")
    await talk.says("priya", typed.format(number))
    (link,) = [link for part in talk.last("priya").card.parts if isinstance(part, Links) for link in part.links]
    assert await browser.comes_in(link.url) == f"/aids/1/{number}"


async def test_a_sentence_that_begins_with_open_is_a_question(talk: Dialogue) -> None:
    await talk.says("amara", "open refunds, how much may I refund without approval?")
    assert "150 EUR" in text_of(talk.last("amara").card)


async def test_in_a_channel_the_way_in_is_for_the_one_who_asked(talk: Dialogue) -> None:
    await talk.says("amara", "open", channel="support-desk", mentioned=True)
    assert talk.last("amara").ref.person == "amara"
    assert talk.seen_by("priya") == []


async def test_a_way_in_serves_once(talk: Dialogue, browser: Browser, client: TestClient[Any, Any]) -> None:
    url = await way_in(talk, "amara")
    await browser.comes_in(url)
    key = url.partition("key=")[2]
    answer, text = await Browser(client).post("/aids/enter", {"key": key})
    assert answer.status == 410
    assert "has been used" in text
    assert not answer.cookies


async def test_looking_at_a_way_in_uses_nothing_up(
    talk: Dialogue, browser: Browser, client: TestClient[Any, Any]
) -> None:
    url = await way_in(talk, "amara")
    for _ in range(3):
        answer, _ = await Browser(client).get(path_of(url))  # a scanner of links, and Teams' preview
        assert answer.status == 200
        assert not answer.cookies
    await browser.comes_in(url)


async def test_a_way_in_ends_after_ten_minutes_and_a_visit_after_twelve_hours(
    talk: Dialogue, browser: Browser, client: TestClient[Any, Any]
) -> None:
    late, early = await way_in(talk, "amara"), await way_in(talk, "priya")
    talk.clock.advance(timedelta(minutes=9))
    leads_to = await browser.comes_in(early)
    talk.clock.advance(timedelta(minutes=1))
    answer, _ = await Browser(client).post("/aids/enter", {"key": late.partition("key=")[2]})
    assert answer.status == 410
    talk.clock.advance(timedelta(hours=11, minutes=58))
    assert (await browser.get(leads_to))[0].status == 200
    talk.clock.advance(timedelta(minutes=1))
    assert (await browser.get(leads_to))[0].status == 403


async def test_asking_again_ends_the_way_in_that_was_not_used(talk: Dialogue, client: TestClient[Any, Any]) -> None:
    first, second = await way_in(talk, "amara"), await way_in(talk, "amara")
    answer, _ = await Browser(client).post("/aids/enter", {"key": first.partition("key=")[2]})
    assert answer.status == 410
    await Browser(client).comes_in(second)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://lanyard.example"},
        {"Origin": BASE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": BASE, "Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_can_let_nobody_in_and_out(
    talk: Dialogue, browser: Browser, headers: dict[str, str]
) -> None:
    url = await way_in(talk, "amara")
    key = {"key": url.partition("key=")[2]}
    for path in ("/aids/enter", "/aids/leave"):
        answer, _ = await browser.post(path, key, headers=headers)
        assert answer.status == 403
        assert not answer.cookies
    await browser.comes_in(url)  # it was not used up


async def test_what_the_database_keeps_lets_nobody_in(talk: Dialogue, browser: Browser) -> None:
    url = await way_in(talk, "amara")
    leads_to = await browser.comes_in(await way_in(talk, "priya"))
    kept = await digests(talk.store)
    assert len(kept) == 2
    assert url.partition("key=")[2] not in kept
    assert browser.cookies["__Host-lanyard-visit"] not in kept
    for digest in kept:
        answer, _ = await browser.post("/aids/enter", {"key": digest})
        assert answer.status == 410
        browser.cookies["__Host-lanyard-visit"] = digest
        assert (await browser.get(leads_to))[0].status == 403


async def digests(store: Store) -> list[str]:
    from sqlalchemy import text

    async with store.database.read() as db:
        return [row[0] for row in await db.execute(text("SELECT digest FROM visit"))]


async def test_a_browser_can_be_forgotten(talk: Dialogue, browser: Browser) -> None:
    leads_to = await browser.comes_in(await way_in(talk, "amara"))
    kept = dict(browser.cookies)
    answer, _ = await browser.post("/aids/leave", {})
    assert answer.status == 403
    browser.cookies = kept  # whoever copied the cookie has nothing of it
    assert (await browser.get(leads_to))[0].status == 403


# ── Who sees what ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_address_without_authority_tells_nothing_of_what_is_there(talk: Dialogue, browser: Browser) -> None:
    closed = await number_of(talk, "Correct loyalty points and give goodwill points")
    pages = []
    for path in (f"/aids/1/{closed}", "/aids/1/99999", "/aids/7/1"):
        answer, text = await browser.get(path)
        number = path.rpartition("/")[2]
        pages.append((answer.status, text.replace(f"open {number}", "open N")))
    assert pages[0] == pages[1] == pages[2]
    assert "loyalty" not in pages[0][1].casefold()


async def test_what_is_not_for_somebody_looks_like_what_is_not_there(talk: Dialogue, browser: Browser) -> None:
    closed = await number_of(talk, "Correct loyalty points and give goodwill points")
    await browser.comes_in(await way_in(talk, "jonas"))
    answers = [await browser.get(path) for path in (f"/aids/1/{closed}", "/aids/1/99999", "/aids/7/1", "/aids/x/y")]
    assert [answer.status for answer, _ in answers] == [404] * 4
    assert len({text for _, text in answers}) == 1
    assert "loyalty" not in answers[0][1].casefold()


async def test_the_list_holds_what_one_may_see_and_no_more(
    talk: Dialogue, browser: Browser, client: TestClient[Any, Any]
) -> None:
    title = "Correct loyalty points and give goodwill points"
    assert await browser.comes_in(await way_in(talk, "priya")) == "/aids"
    assert title in (await browser.get("/aids"))[1]
    other = Browser(client)
    await other.comes_in(await way_in(talk, "jonas"))
    listed = (await other.get("/aids"))[1]
    assert title not in listed
    assert "Run a probation review" in listed


async def test_nobody_gets_a_way_to_what_they_may_not_see(talk: Dialogue) -> None:
    closed = await number_of(talk, "Correct loyalty points and give goodwill points")
    for what in (str(closed), f"{BASE}/aids/1/{closed}", "Correct loyalty points and give goodwill points"):
        outcome = await talk.says("jonas", what, command="open")
        assert isinstance(outcome, Note)
        assert "that you may see" in outcome.card.summary
        assert not [part for part in outcome.card.parts if isinstance(part, Links)]


async def test_who_leaves_a_group_sees_its_aids_no_longer_and_who_leaves_the_company_none(
    talk: Dialogue, browser: Browser
) -> None:
    number = await number_of(talk, "Correct loyalty points and give goodwill points")
    leads_to = await browser.comes_in(await way_in(talk, "priya", str(number)))
    assert (await browser.get(leads_to))[0].status == 200
    workspace = await talk.store.workspace_of("memory", talk.tenant)
    assert workspace is not None
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        priya = await tx.known_person("memory", talk.tenant, "priya")
        assert priya is not None
        await tx.change_roles(priya.id, roles=priya.roles, groups=(), by=None)
    assert (await browser.get(leads_to))[0].status == 404
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        await tx.set_active(priya, active=False)
    assert (await browser.get("/aids"))[0].status == 403


async def test_what_a_closed_channel_knows_is_open_to_its_people_as_long_as_they_are_in_it(
    talk: Dialogue, browser: Browser
) -> None:
    number = await keep_for_people_team(talk)
    insider = min(talk.platform.rooms["people-team"].members)
    leads_to = await browser.comes_in(await way_in(talk, insider))
    path = f"/aids/1/{number}"
    assert (await browser.get(path))[0].status == 200
    talk.platform.faults.append(TryLater("away"))
    assert (await browser.get(path))[0].status == 404  # who cannot be told to be inside is not
    talk.platform.rooms["people-team"].members.discard(insider)
    assert (await browser.get(path))[0].status == 404
    assert (await browser.get(leads_to))[0].status == 200


async def keep_for_people_team(talk: Dialogue) -> int:
    workspace = await talk.store.workspace_of("memory", talk.tenant)
    assert workspace is not None
    audience = frozenset({f"conversation:memory/{talk.tenant}/people-team"})
    aid = JobAid(key="closed", title="Where the spare keys are", body="In the red box.", audience=audience)
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        await tx.put_aid(replace(aid, status=Status.PUBLISHED), by=None, source="test")
        return (await tx.aid_by_key("closed")).number


async def test_a_draft_and_what_was_retired_have_no_page(talk: Dialogue, browser: Browser) -> None:
    workspace = await talk.store.workspace_of("memory", talk.tenant)
    assert workspace is not None
    await browser.comes_in(await way_in(talk, "amara"))
    for status in (Status.DRAFT, Status.RETIRED):
        aid = JobAid(key=f"a-{status}", title=f"A {status}", body="Secret.", status=status)
        async with talk.store.transaction(workspace, now=talk.clock()) as tx:
            await tx.put_aid(aid, by=None, source="test")
            number = (await tx.aid_by_key(aid.key)).number
        answer, text = await browser.get(f"/aids/1/{number}")
        assert answer.status == 404
        assert "Secret" not in text


# ── How it is shown ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_no_answer_is_kept_indexed_framed_or_told_to_another_site(talk: Dialogue, browser: Browser) -> None:
    url = await way_in(talk, "amara")
    answers = [(await browser.get(path_of(url)))[0], (await browser.get("/aids/1/1"))[0]]
    await browser.comes_in(url)
    answers += [(await browser.get("/aids"))[0], (await browser.get("/aids/1/1"))[0]]
    answers += [(await browser.post("/aids/enter", {"key": "x"}))[0]]
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_the_cookie_is_for_this_host_over_tls_and_no_script_reads_it(talk: Dialogue, browser: Browser) -> None:
    url = await way_in(talk, "amara")
    answer, _ = await browser.post("/aids/enter", {"key": url.partition("key=")[2]})
    (morsel,) = answer.cookies.values()
    assert morsel.key == "__Host-lanyard-visit"
    assert (morsel["secure"], morsel["httponly"], morsel["samesite"], morsel["path"], morsel["domain"]) == (
        True,
        True,
        "Lax",
        "/",
        "",
    )


async def test_what_an_aid_says_cannot_act_on_its_page(talk: Dialogue, browser: Browser) -> None:
    workspace = await talk.store.workspace_of("memory", talk.tenant)
    assert workspace is not None
    body = (
        "<script>alert(1)</script> [press](javascript:alert(1)) ![look](https://spy.example/x.png)\n\n"
        "# Title\n\n**bold** [good](https://good.example)"
    )
    aid = JobAid(
        key="hostile",
        title='<img src=x onerror="alert(1)">',
        body=body,
        links=(),
        need="</p><script>",
        status=Status.PUBLISHED,
    )
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        await tx.put_aid(aid, by=None, source="test")
        number = (await tx.aid_by_key("hostile")).number
    await browser.comes_in(await way_in(talk, "amara"))
    _, text = await browser.get(f"/aids/1/{number}")
    assert "<script" not in text
    assert "<img" not in text
    assert "javascript:" not in text.replace("[press](javascript:alert(1))", "")
    assert '<a href="https://spy.example/x.png" rel="noopener noreferrer">look</a>' in text  # a browser fetches nothing
    assert "<strong>bold</strong>" in text
    assert '<a href="https://good.example" rel="noopener noreferrer">good</a>' in text


async def test_without_a_public_address_there_are_no_pages_and_no_links_to_them(
    sample_url: str, platform: MemoryPlatform, clock: Clock
) -> None:
    store = Store(sample_url)
    talk = Dialogue(store, platform, clock)
    async with TestClient(TestServer(talk.house.app, host="127.0.0.1")) as client:
        assert (await client.get("/aids")).status == 404
    await talk.says("amara", "How much may I refund without approval?")
    assert "/aids/" not in str(talk.last("amara").card)
    outcome = await talk.says("amara", "1", command="open")
    assert isinstance(outcome, Note)
    assert "LANYARD_URL" in outcome.card.summary
    await store.close()
