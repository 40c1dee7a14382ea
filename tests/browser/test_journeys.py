"""The three journeys, whole, as a newcomer sees them: a real Lanyard with the sample company, in a real browser."""

from __future__ import annotations

import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Page, expect

from lanyard.app import run
from lanyard.config import Settings
from tests.browser.conftest import Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

ZIP = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"
SLIDER = (
    "Yes. It is nearly always the slider:\n\n1. Take slider LK-40718 from the drawer.\n2. Feed both sides in evenly."
)


@pytest_asyncio.fixture(loop_scope="session")
async def address(tmp_path: Path) -> AsyncIterator[str]:
    """A Lanyard as `make run` starts it."""
    async with listening(tmp_path, sample=True) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def empty_address(tmp_path: Path) -> AsyncIterator[str]:
    """A Lanyard as `lanyard serve --empty` starts it."""
    async with listening(tmp_path, sample=False) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def address_at_work(tmp_path: Path) -> AsyncIterator[str]:
    """The same with its clock moved to a Monday morning, since experts are asked in their working hours."""
    async with listening(tmp_path, sample=True, on_monday=True) as url:
        yield url


@asynccontextmanager
async def listening(folder: Path, *, sample: bool, on_monday: bool = False) -> AsyncIterator[str]:
    with socket.socket() as free:  # Lanyard writes its own address into cards, so it must know it before
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = Settings(data_dir=folder, port=port)
    async with run(settings, sample=sample) as lanyard:
        if on_monday:
            chat = lanyard.services.platforms["web"]
            now = chat.now().astimezone(ZoneInfo("Europe/Berlin"))  # type: ignore[attr-defined]  # the web platform's
            monday = (now + timedelta(days=7 - now.weekday())).replace(hour=9, minute=5)
            await chat._live.skip(monday - now)  # type: ignore[attr-defined]
        runner = web.AppRunner(lanyard.app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield f"http://127.0.0.1:{port}/"
        finally:
            for platform in lanyard.services.platforms.values():
                platform.end_streams()  # type: ignore[attr-defined]  # the web platform's
            await runner.cleanup()


async def become(page: Page, name: str) -> None:
    await page.get_by_role("button", name="You are").click()
    await page.get_by_role("dialog").get_by_role("button", name=name).click()
    await expect(page.get_by_role("button", name=f"You are {name}")).to_be_visible()


async def go_to(page: Page, name: str) -> None:
    await page.get_by_role("link", name=name).first.click()


async def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Write to")
    await box.fill(text)
    await box.press("Escape")  # closes the suggestions, where a command brought them up
    await box.press("Enter")


async def keep_picture(page: Page, name: str) -> None:
    """Pictures for the README are taken anew only where somebody asks for them."""
    folder = os.environ.get("LANYARD_PICTURES")
    if folder:
        await page.screenshot(path=Path(folder) / name, animations="disabled")


async def test_a_question_is_answered_and_the_asker_says_that_it_helped(address: str, visit: Visit) -> None:
    page = await visit(address)
    await page.get_by_role("button", name="How much may I refund without approval?").click()
    answer = page.get_by_role("article", name="Lanyard")
    await expect(answer).to_contain_text("150 EUR")
    await expect(answer).to_contain_text("looked after by Priya Santos")
    await page.get_by_role("button", name="That helped").click()
    await expect(answer).to_contain_text("You said that this helped")
    await expect(page.get_by_role("button", name="That helped")).to_have_count(0)
    await say(page, "The till is frozen and there is a queue, what now?")
    # As an answer or as a choice, that depends on whether a language model is built here.
    await expect(answer.last).to_contain_text("The till (POS) is frozen")
    await keep_picture(page, "chat.png")


async def test_an_aids_link_leads_in_at_one_click_as_whoever_one_is_in_the_chat(address: str, visit: Visit) -> None:
    page = await visit(address)
    await page.get_by_role("button", name="How much may I refund without approval?").click()
    link = page.get_by_role("article", name="Lanyard").locator("a[href*='/aids/']")
    async with page.expect_popup() as opened:
        await link.click()
    aid = await opened.value
    await expect(aid.get_by_role("heading", level=1)).to_contain_text("refund without approval")
    await expect(aid.get_by_text("150 EUR").first).to_be_visible()
    assert await aid.evaluate("window.opener") is None
    await aid.get_by_role("button", name="Forget this browser").click()
    await aid.goto(await link.get_attribute("href") or "")
    await expect(aid.get_by_text("this browser has not said who you are")).to_be_visible()


async def test_who_may_not_read_a_linked_aid_is_told_so_where_they_clicked(address: str, visit: Visit) -> None:
    page = await visit(address, refused=409)
    await go_to(page, "support-desk")
    await say(page, f"Look: {address}aids/1/4711")
    async with page.expect_popup() as opened:
        await page.get_by_role("link", name="/aids/1/4711").click()
    await expect(page.get_by_role("region", name="A word to you alone")).to_contain_text("no job aid “4711”")
    popup = await opened.value
    if not popup.is_closed():  # it is closed by the page, a moment after the word stands there
        await popup.wait_for_event("close")


async def test_a_job_aid_is_searched_for_while_one_types_and_put_into_a_message(address: str, visit: Visit) -> None:
    page = await visit(address)
    await go_to(page, "support-desk")
    box = page.get_by_role("textbox", name="Write to")
    await box.fill("+refund without approval")
    option = page.get_by_role("option").first
    await expect(option).to_contain_text("How much you may refund without approval")
    await box.press("Enter")
    message = page.get_by_role("article", name="Amara Lindqvist").last
    await expect(message).to_contain_text("150 EUR")
    await expect(message.get_by_role("button", name="That helped")).to_have_count(0)
    await expect(box).to_have_value("")
    await keep_picture(page, "chat-insert.png")
    await box.fill("+probation review")  # not for everybody there
    await expect(page.get_by_role("option").first).to_be_visible()
    await expect(page.get_by_text("Run a probation review")).to_have_count(0)


async def test_a_question_goes_to_an_expert_and_back_and_becomes_an_aid(address_at_work: str, visit: Visit) -> None:
    page = await visit(address_at_work)
    await go_to(page, "support-desk")
    await say(page, f"@Lanyard {ZIP}")
    await expect(page.get_by_text("Only you can see this").first).to_be_visible()
    await page.get_by_role("button", name="ask an expert", exact=False).first.click()
    await go_to(page, "Lanyard")
    await expect(page.get_by_text("I have asked Henrik Adeyemi")).to_be_visible()

    await become(page, "Henrik Adeyemi")
    await go_to(page, "Lanyard")
    await expect(page.get_by_text("Can you help with a question?")).to_be_visible()
    await expect(page.get_by_text("Why you: you")).to_be_visible()
    await keep_picture(page, "expert.png")
    await page.get_by_role("button", name="Answer", exact=True).click()
    dialog = page.get_by_role("dialog", name="Answer")
    await dialog.get_by_label("Your answer").fill(SLIDER)
    await dialog.get_by_role("button", name="Send the answer").click()
    await expect(page.get_by_text("You answered this.")).to_be_visible()
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Published as job aid #43")).to_be_visible()

    await become(page, "Amara Lindqvist")
    await go_to(page, "support-desk")
    await expect(page.get_by_role("article", name="Lanyard").filter(has_text="LK-40718")).to_be_visible()
    await page.get_by_role("button", name="That helped").click()
    await expect(page.get_by_text("Henrik Adeyemi will hear it.")).to_be_visible()

    await become(page, "Tomasz Okafor")
    await go_to(page, "Lanyard")
    await say(page, ZIP)
    await expect(page.get_by_text("looked after by Henrik Adeyemi")).to_be_visible()


async def test_a_campaign_is_planned_in_one_line_and_reaches_its_learners(address: str, visit: Visit) -> None:
    page = await visit(address)
    await become(page, "Leila Brandvold")
    await go_to(page, "Lanyard")
    await say(
        page,
        '/nudge new "Ladders" to #store-berlin at 10:00 because "after the safety hour": tip "Use a ladder safely"; '
        'after 1 day recall "How many people hold a ladder?" = "One, at its foot."',
    )
    await expect(page.get_by_role("button", name="Start")).to_be_visible()
    await keep_picture(page, "campaign.png")
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_text("running", exact=False).first).to_be_visible()

    await become(page, "Tomasz Okafor")
    await go_to(page, "Lanyard")
    await skip_until(page, "Ladders")
    await page.get_by_role("button", name="Got it").click()
    await expect(page.get_by_role("button", name="Got it")).to_have_count(0)
    await skip_until(page, "How many people hold a ladder?")
    await page.get_by_role("button", name="Show the answer").click()
    await expect(page.get_by_text("One, at its foot.")).to_be_visible()
    await page.get_by_role("button", name="Stop this series").last.click()
    await expect(page.get_by_text("stopped", exact=False).first).to_be_visible()


async def test_a_campaign_is_planned_in_a_form(address: str, visit: Visit) -> None:
    page = await visit(address)
    await become(page, "Leila Brandvold")
    await go_to(page, "store-berlin")
    await say(page, "/nudge")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Ladders")
    await dialog.get_by_label("The reminders, one on each line").fill("tip #1\nafter 1 day: fly to the moon")
    await dialog.get_by_role("button", name="Preview").click()
    await expect(dialog.get_by_text("fly to the moon").first).to_be_visible()
    await dialog.get_by_label("The reminders, one on each line").fill('tip #1\nafter 1 day apply "Did you use it?"')
    await dialog.get_by_role("group", name="And the people of these channels").get_by_label("#support-desk").check()
    await keep_picture(page, "campaign-form.png")
    await dialog.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("region", name="A word to you alone")).to_contain_text("Ladders")
    await go_to(page, "Lanyard")
    await expect(page.get_by_role("button", name="Start")).to_be_visible()
    await expect(page.get_by_text("#store-berlin, #support-desk")).to_be_visible()


async def test_an_empty_start_knows_nothing_and_its_first_person_may_do_everything(
    empty_address: str, visit: Visit
) -> None:
    page = await visit(empty_address)
    await page.get_by_role("button", name="Add a person").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("Ada Novak")
    await dialog.get_by_label("E-mail").fill("ada@example.org")
    await dialog.get_by_role("button", name="Add").last.click()
    await say(page, "How do I reset my VPN token?")
    await expect(page.get_by_text("I don't know, and I would rather not guess.")).to_be_visible()
    await page.get_by_role("button", name="Ask an expert").click()
    await expect(page.get_by_text("I found nobody whom I could ask")).to_be_visible()
    await say(page, "/nudge")
    await expect(page.get_by_role("dialog", name="New campaign")).to_be_visible()


async def skip_until(page: Page, text: str) -> None:
    """Skip ahead a day at a time until it is there; weekends are days off."""
    for _ in range(6):
        if await page.get_by_text(text).count():
            break
        await page.get_by_text("Skip ahead").click()
        async with page.expect_response("**/chat/skip"):
            await page.get_by_role("button", name="1 day").click()
        try:
            await expect(page.get_by_text(text).first).to_be_visible(timeout=3000)
        except AssertionError:
            continue
    await expect(page.get_by_text(text).first).to_be_visible()


async def test_a_change_is_suggested_below_an_answer_and_its_owner_sees_word_by_word_what_it_is(
    address: str, visit: Visit
) -> None:
    page = await visit(address)
    await become(page, "Tomasz Okafor")
    await say(page, "How much may I refund without approval?")
    await page.get_by_role("button", name="Suggest a change").click()
    dialog = page.get_by_role("dialog")
    body = dialog.get_by_label("What it says")
    await body.fill((await body.input_value()).replace("150 EUR", "200 EUR"))
    await dialog.get_by_label("Why?").fill("The limit was raised.")
    await dialog.get_by_role("button", name="Suggest it").click()
    await become(page, "Priya Santos")
    card = page.get_by_role("article", name="Lanyard").last
    await expect(card).to_contain_text("suggests a change of job aid")
    await expect(card).to_contain_text("«200»")
    await keep_picture(page, "suggestion.png")
    await card.get_by_role("button", name="Take it up").click()
    await expect(card).to_contain_text("took it up")
