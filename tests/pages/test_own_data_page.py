"""What is kept of somebody, in their browser: one file, for them alone."""

from __future__ import annotations

import json

from tests.journeys.dialogue import Dialogue
from tests.pages.browsing import Browser, link_in

QUESTION = "How much may I refund without approval?"


async def test_whoever_comes_in_from_chat_gets_what_is_kept_of_them_alone(talk: Dialogue, browser: Browser) -> None:
    await talk.says("amara", QUESTION)
    await talk.says("tomasz", "The till is frozen and there is a queue, what now?")
    assert await browser.comes_in(link_in(await talk.forges("amara", "own_data"))) == "/mine"
    answer, text = await browser.get("/mine")
    assert answer.status == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    kept = json.loads(text)
    assert [one["text"] for one in kept["questions"]] == [QUESTION]
    assert "Tomasz" not in text
    assert "till" not in text.casefold()


async def test_whoever_has_not_come_in_is_told_what_to_write(browser: Browser) -> None:
    answer, page = await browser.get("/mine")
    assert answer.status == 403
    assert "lanyard privacy" in page


async def test_a_browser_of_somebody_who_was_forgotten_reads_nothing_more(talk: Dialogue, browser: Browser) -> None:
    await browser.comes_in(link_in(await talk.forges("amara", "own_data")))
    form = await talk.forges("amara", "forget")
    await talk.submits("amara", form, sure="yes")
    answer, _ = await browser.get("/mine")
    assert answer.status == 403
