"""How it goes, in L&D's browser: who sees it, that the words say what the bars show, and the table."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape

from tests.journeys.dialogue import Dialogue
from tests.journeys.test_insight import everybody_asks
from tests.pages.browsing import Browser, link_in, way_in

PAGE, TABLE = "/insight", "/insight/table.csv"


async def come_in(talk: Dialogue, browser: Browser) -> None:
    assert await browser.comes_in(link_in(await talk.forges("leila", "insight_page"))) == PAGE


async def test_l_and_d_read_every_bar_in_words(talk: Dialogue, browser: Browser) -> None:
    await everybody_asks(talk, people=6)
    talk.clock.advance(timedelta(days=7))
    await come_in(talk, browser)
    answer, page = await browser.get(PAGE)
    assert answer.status == 200
    told = dict(re.findall(r'<th scope="row">(.*?)</th>.*?<span>(.*?)</span>', unescape(page), re.DOTALL))
    assert told["Week of 23 November 2026"] == "6 asked: 6 answered from job aids"
    assert told["#28 How much you may refund without approval"] == "5+ times"
    assert page.count("<svg") == 1
    assert "Amara" not in page


async def test_the_table_says_what_the_page_says(talk: Dialogue, browser: Browser) -> None:
    await everybody_asks(talk, people=6)
    talk.clock.advance(timedelta(days=7))
    await come_in(talk, browser)
    answer, text = await browser.get(TABLE)
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0] == ["section", "what", "told"]
    assert ["Asked, week by week", "Week of 23 November 2026", "6 asked: 6 answered from job aids"] in rows


async def test_for_everybody_else_there_is_nothing(talk: Dialogue, browser: Browser) -> None:
    for path in (PAGE, TABLE):
        answer, page = await browser.get(path)
        assert answer.status == 403
        assert "figures" in page
    await browser.comes_in(await way_in(talk, "amara"))
    for path in (PAGE, TABLE):
        assert (await browser.get(path))[0].status == 404


async def test_whoever_is_l_and_d_no_more_sees_nothing_more(talk: Dialogue, browser: Browser) -> None:
    await come_in(talk, browser)
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        leila = await tx.person_by_email("leila.brandvold@larkspur.example")
        assert leila is not None
        await tx.change_roles(leila.id, roles=["member"], by=None)
    assert (await browser.get(PAGE))[0].status == 404
