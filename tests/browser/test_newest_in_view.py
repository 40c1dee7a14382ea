"""What is newest stays in view, on a telephone too, unless somebody has turned away from it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, ViewportSize, expect

from bot.messages import Address, Button, Buttons, Card, Inbound, Markdown, Note, Outcome, Text
from tests.browser.conftest import Visit
from tests.browser.test_chat_page import ANSWER, Stage, say, stage
from tests.browser.test_journeys import keep_picture

__all__ = ["stage"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCREEN: ViewportSize = {"width": 900, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
WITH_KEYBOARD: ViewportSize = {"width": 390, "height": 500}
ADA = Address(platform="web", tenant="sample", person="ada")

IN_VIEW = """() => {
    const frame = document.getElementById("log").getBoundingClientRect();
    const newest = [...document.querySelectorAll("#log article")].at(-1).getBoundingClientRect();
    const begins = newest.top >= frame.top - 1 && newest.top < frame.bottom - 40;
    const fits = newest.height < frame.height;
    return begins && (fits ? newest.bottom <= frame.bottom + 1 : newest.top < frame.top + 40);
}"""


# Until the page has been told of it, as by the next frame: nobody scrolls and turns a telephone within one.
TO_THE_END = """log => new Promise(done => {
    log.scrollTop = log.scrollHeight;
    requestAnimationFrame(() => requestAnimationFrame(done));
})"""


def tip(number: int, *, lines: int = 3) -> Card:
    body = "\n".join(f"- {line}: look at the receipt before you promise anything." for line in range(1, lines + 1))
    buttons = Buttons(buttons=(Button(label="Got it", verb="got_it"), Button(label="Later", verb="later")))
    return Card(summary=f"Tip {number}", parts=(Text(text=f"Tip {number}"), Markdown(text=body), buttons))


async def expect_newest_in_view(page: Page, words: str) -> None:
    await expect(page.get_by_role("article").last).to_contain_text(words)
    await page.wait_for_function(IN_VIEW)


@pytest.mark.parametrize("lines", [3, 40])
async def test_each_card_that_comes_is_in_view_on_a_telephone(stage: Stage, visit: Visit, lines: int) -> None:
    page = await visit(stage.url("ada"), viewport=PHONE, has_touch=True, is_mobile=True)
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    for number in range(5):
        await stage.send(tip(number, lines=lines), person="ada")
        await expect_newest_in_view(page, f"Tip {number}")
    await stage.send(ANSWER, person="ada")
    await expect_newest_in_view(page, "Claim a taxi ride")
    await keep_picture(page, "newest-in-view.png")


async def test_a_window_that_becomes_narrow_keeps_the_newest_in_view(stage: Stage, visit: Visit) -> None:
    for number in range(6):
        await stage.send(tip(number), person="ada")
    page = await visit(stage.url("ada"), viewport=SCREEN)
    await expect(page.get_by_text("New", exact=True)).to_be_visible()
    await page.get_by_role("log").evaluate(TO_THE_END)
    for size in (PHONE, WITH_KEYBOARD, SCREEN, PHONE):
        await page.set_viewport_size(size)
        await expect_newest_in_view(page, "Tip 5")


async def test_a_word_above_the_writing_line_does_not_cover_what_is_newest(stage: Stage, visit: Visit) -> None:
    async def thank(_: Inbound) -> Outcome:
        return Note(card=tip(9))

    stage.script = thank
    page = await visit(stage.url("ada"), viewport=PHONE, has_touch=True, is_mobile=True)
    for number in range(5):
        await stage.send(tip(number), person="ada")
        await expect_newest_in_view(page, f"Tip {number}")
    await page.get_by_role("button", name="Got it").last.tap()
    await expect(page.get_by_role("region", name="A word to you alone")).to_be_visible()
    await expect_newest_in_view(page, "Tip 4")


async def test_a_card_that_grows_is_seen_to_its_end(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url("ada"), viewport=PHONE, has_touch=True, is_mobile=True)
    for number in range(4):
        last = await stage.platform.send(ADA, tip(number), key=f"t{number}")
        await expect_newest_in_view(page, f"Tip {number}")
    await stage.platform.revise(last, tip(3, lines=9))
    await expect_newest_in_view(page, "9: look")
    await expect(page.get_by_role("button", name="Later").last).to_be_in_viewport()


async def test_who_reads_further_up_is_not_moved_but_told_and_led_there(stage: Stage, visit: Visit) -> None:
    for number in range(9):
        await stage.send(tip(number), person="ada")
    page = await visit(stage.url("ada"), viewport=PHONE, has_touch=True, is_mobile=True)
    log = page.get_by_role("log")
    await expect(page.get_by_text("New", exact=True)).to_be_visible()  # what is unread begins here
    await log.evaluate("log => { log.scrollTop = 200; }")
    await stage.send(tip(9, lines=40), person="ada")
    jump = page.get_by_role("button", name="New message ↓")
    await expect(jump).to_be_visible()
    assert abs(await log.evaluate("log => log.scrollTop") - 200) < 2
    await jump.tap()
    await expect_newest_in_view(page, "Tip 9")
    await say(page, "Thank you")
    await expect_newest_in_view(page, "Thank you")
