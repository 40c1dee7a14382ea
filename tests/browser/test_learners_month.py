"""A learner's month, as it is seen: a tip, a recall that comes again, a plan of their own, and what got in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import update

from bot.store import Store
from bot.store.tables import Person
from tests.browser.conftest import Visit
from tests.browser.test_journeys import address_at_work, become, go_to, keep_picture, say, skip_until

__all__ = ["address_at_work"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = (
    '/nudge new "Refund basics" to @Tomasz at 10:00 because "after the refund training": '
    'tip "Look at the receipt before you look at the goods."; '
    'after 2 days recall "How much may you refund without approval?" = "150 EUR."; '
    'after 5 days plan "When will you use the refund form next?"; '
    'after 10 days apply "Did you use the refund form this week?"'
)


async def test_whoever_never_met_lanyard_is_asked_first(address_at_work: str, visit: Visit, tmp_path: Path) -> None:
    await forget_having_met(tmp_path, "Mei Hartono")
    page = await visit(address_at_work, viewport={"width": 900, "height": 900})
    await become(page, "Leila Brandvold")
    await go_to(page, "Lanyard")
    await say(page, LINE.replace("@Tomasz", "@Mei"))
    await expect(page.get_by_text("who have had nothing to do with Lanyard so far")).to_be_visible()
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_text("running", exact=False).first).to_be_visible()

    await become(page, "Mei Hartono")
    await go_to(page, "Lanyard")
    await skip_until(page, "“Refund basics” is 4 short reminders")
    await keep_picture(page, "month-0-invitation.png")
    await page.get_by_role("button", name="Join").click()
    await expect(page.get_by_text("You joined “Refund basics”.", exact=False)).to_be_visible()
    await skip_until(page, "Look at the receipt")


async def forget_having_met(folder: Path, name: str) -> None:
    """In the sample company everybody has been using it for a while."""
    store = Store(f"sqlite:///{folder / 'lanyard.sqlite3'}")
    async with store.database.write() as db:
        await db.execute(update(Person).where(Person.name == name).values(met_at=None))
    await store.close()


async def test_a_learners_month(address_at_work: str, visit: Visit) -> None:
    page = await visit(address_at_work, viewport={"width": 900, "height": 900})
    await become(page, "Leila Brandvold")
    await go_to(page, "Lanyard")
    await say(page, LINE)
    await page.get_by_role("button", name="Start").click()
    await expect(page.get_by_text("running", exact=False).first).to_be_visible()

    await become(page, "Tomasz Okafor")
    await go_to(page, "Lanyard")
    await skip_until(page, "Look at the receipt")
    await keep_picture(page, "month-1-tip.png")
    await page.get_by_role("button", name="Got it").click()

    await skip_until(page, "How much may you refund without approval?")
    await page.get_by_role("button", name="Show the answer").click()
    await expect(page.get_by_text("150 EUR.")).to_be_visible()
    await keep_picture(page, "month-2-recall.png")
    await page.set_viewport_size({"width": 390, "height": 844})
    grade = page.get_by_role("button", name="Easily")
    await grade.scroll_into_view_if_needed()
    await keep_picture(page, "month-phone.png")
    await page.set_viewport_size({"width": 900, "height": 900})
    await page.get_by_role("button", name="Not yet").click()
    await expect(page.get_by_text("It comes again on")).to_be_visible()

    await skip_until(page, "Show the answer")  # the same question, the day after
    again = page.get_by_role("article", name="Lanyard").filter(has_text="How much may you refund without approval?")
    await expect(again).to_have_count(2)
    await page.get_by_role("button", name="Show the answer").click()
    await page.get_by_role("button", name="I knew it").click()
    await expect(page.get_by_text("✓ You knew it.")).to_be_visible()
    await keep_picture(page, "month-3-recall-again.png")

    await skip_until(page, "When will you use the refund form next?")
    await page.get_by_role("button", name="Make a plan").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("If …", exact=True).fill("a customer comes without a receipt")
    await dialog.get_by_label("… then I will …").fill("open the refund form first")
    await keep_picture(page, "month-4-plan.png")
    await dialog.get_by_role("button", name="Plan it").click()
    await expect(page.get_by_text("✓ Your plan: if a customer comes without a receipt")).to_be_visible()

    await skip_until(page, "You planned: if a customer comes without a receipt")
    await keep_picture(page, "month-5-reminder.png")
    await page.get_by_role("button", name="Used it").last.click()

    await skip_until(page, "Did you use the refund form this week?")
    await page.get_by_role("button", name="What got in the way?").last.click()
    await page.get_by_role("dialog").get_by_label("What got in the way?").fill("The form is slow on the till.")
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.get_by_text("passed on to those who plan this, without your name")).to_be_visible()
    await keep_picture(page, "month-6-barrier.png")

    await become(page, "Leila Brandvold")
    await go_to(page, "Lanyard")
    await expect(page.get_by_text("The form is slow on the till.")).to_be_visible()
    await expect(page.get_by_text("Told without a name.", exact=False)).to_be_visible()
    await keep_picture(page, "month-7-planner.png")
