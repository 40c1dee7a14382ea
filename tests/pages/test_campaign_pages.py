"""A campaign's figures in a browser: who sees them, and that the words say what the bars show."""

from __future__ import annotations

import re
from html import unescape

from tests.journeys.dialogue import Dialogue
from tests.journeys.test_reinforcing import HOUR, command, start, summary
from tests.journeys.test_reinforcing_delivery import crowd
from tests.journeys.test_reinforcing_figures import LINE, a_month
from tests.pages.browsing import Browser, link_in, path_of, way_in

PAGE = "/campaigns/1/2"


async def read(browser: Browser, path: str = PAGE) -> tuple[int, str]:
    answer, page = await browser.get(path)
    return answer.status, unescape(page)


def rows(page: str) -> dict[str, str]:
    return dict(re.findall(r'<th scope="row">(.*?)</th>.*?<span>(.*?)</span>', page, re.DOTALL))


async def test_the_planner_comes_in_from_chat_and_reads_every_bar_in_words(talk: Dialogue, browser: Browser) -> None:
    await a_month(talk)
    assert await browser.comes_in(link_in(await talk.forges("leila", "campaign_page", "2"))) == PAGE
    status, page = await read(browser)
    assert status == 200
    told = rows(page)
    assert told["Reached"] == "34 of 34"
    assert told["1. Tip: One."] == "15+ of 30+"
    assert told["Week 1"] == "10+ of 20+"
    assert told["Used it"] == "15+ of 30+"
    assert page.count("<svg") == len(re.findall(r"<td>\s*<svg", page)) == 9
    assert all('aria-hidden="true"' in one for one in re.findall(r"<svg[^>]*>", page))
    assert "learner" not in page.replace("learners", "")  # names of people


async def test_what_got_in_the_way_is_read_there_in_an_order_that_tells_nothing_of_when(
    talk: Dialogue, browser: Browser
) -> None:
    await talk.has_consent()
    names = crowd(talk, 12)
    await start(talk, 'new "Till" to #store-berlin at 9:30: apply "Used?"')
    await talk.passes(HOUR)
    for name, text, named in ((names[0], "Zip <b>stuck</b>", ""), (names[1], "A queue", "yes")):
        form = await talk.presses(name, talk.last(name), "What got in the way?")
        await talk.submits(name, form, text=text, named=named)
    await browser.comes_in(link_in(await talk.forges("leila", "campaign_page", "2")))
    _, page = await browser.get(PAGE)
    quotes = re.findall(r"<blockquote>(.*?)</blockquote>", page)
    assert quotes[0].startswith("A queue <cite>")
    assert quotes[1] == "Zip &lt;b&gt;stuck&lt;/b&gt;"


async def test_whoever_has_not_come_in_is_told_what_to_write_whatever_there_is(
    talk: Dialogue, browser: Browser
) -> None:
    await start(talk, LINE)
    seen = {await read(browser, path) for path in (PAGE, "/campaigns/1/99", "/campaigns/2/2", "/campaigns/x/y")}
    assert len(seen) == 1
    ((status, page),) = seen
    assert status == 403
    assert "nudge figures" in page
    assert "Till" not in page


async def test_for_everybody_else_there_is_nothing_and_for_planners_nothing_of_others(
    talk: Dialogue, browser: Browser
) -> None:
    await start(talk, LINE)
    await command(talk, "amara", 'me every 2 days for 1 week "ask first"')
    await browser.comes_in(await way_in(talk, "amara"))
    assert {await read(browser, path) for path in (PAGE, "/campaigns/1/3", "/campaigns/1/99")} == {
        await read(browser, "/campaigns/1/98")
    }
    await browser.comes_in(await way_in(talk, "leila"))
    assert (await read(browser))[0] == 200
    assert [(await read(browser, path))[0] for path in ("/campaigns/1/3", "/campaigns/2/2", "/campaigns/1/²")] == [
        404
    ] * 3


async def test_who_plans_no_more_sees_no_more(talk: Dialogue, browser: Browser) -> None:
    await start(talk, LINE)
    await browser.comes_in(await way_in(talk, "leila"))
    assert (await read(browser))[0] == 200
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        leila = await tx.known_person("memory", "test", "leila")
        assert leila is not None
        await tx.change_roles(leila.id, roles=["member"], by=None)
    assert (await read(browser))[0] == 404


async def test_a_link_in_chat_is_refused_to_others_and_serves_once(talk: Dialogue, browser: Browser) -> None:
    await start(talk, LINE)
    assert "Only L&D" in summary(await talk.forges("amara", "campaign_page", "2"))
    url = link_in(await talk.forges("leila", "campaign_page", "2"))
    await browser.comes_in(url)
    answer, _ = await browser.post("/aids/enter", {"key": path_of(url).partition("key=")[2]})
    assert answer.status == 410
