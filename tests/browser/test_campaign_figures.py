"""A campaign in pictures, as its planner sees them: in chat, and on its page on a screen and on a telephone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect
from sqlalchemy import insert, select

from bot.store import Store
from bot.store import tables as t
from bot.store.nudges import SENT
from tests.browser.conftest import Visit
from tests.browser.test_journeys import address_at_work, become, go_to, keep_picture, say

__all__ = ["address_at_work"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

LINE = (
    '/nudge new "Refund basics" to @Tomasz at 10:00 because "after the refund training": '
    'tip "Look at the receipt before you look at the goods."; '
    'after 2 days recall "How much may you refund without approval?" = "150 EUR."; '
    'after 10 days apply "Did you use the refund form this week?"'
)
LEARNERS = 64
BARRIERS = ("The scanner is in the other room.", "I cannot find the form when there is a queue.")


async def let_a_month_pass(folder: Path) -> None:
    """Many learners, what they were sent, and what they did: the start lies four weeks back."""
    store = Store(f"sqlite:///{folder / 'lanyard.sqlite3'}")
    now = datetime.now(UTC)
    start = now - timedelta(weeks=4)
    async with store.database.write() as db:
        campaign = (await db.execute(select(t.Campaign).where(t.Campaign.name == "Refund basics"))).mappings().one()
        workspace = {"workspace_id": campaign["workspace_id"]}
        await db.execute(t.Campaign.__table__.update().values(started_at=start))  # type: ignore[attr-defined]
        of_campaign = select(t.Step.id).where(t.Step.campaign_id == campaign["id"]).order_by(t.Step.ordinal)
        steps = list((await db.execute(of_campaign)).scalars())
        for number in range(LEARNERS):
            person = {"name": f"Learner {number}", "roles": [], "groups": [], "settings": {}, "created_at": start}
            id_ = (await db.execute(insert(t.Person).values(**workspace, **person).returning(t.Person.id))).scalar_one()
            series = {"status": "done" if number % 9 else "stopped", "first_day": start.date(), "step": 3}
            put = insert(t.Enrolment).values(**workspace, campaign_id=campaign["id"], person_id=id_, **series)
            enrolment = (await db.execute(put.returning(t.Enrolment.id))).scalar_one()
            for step, round_, response, after in _did(number, steps):
                nudge: Mapping[str, object] = {
                    "enrolment_id": enrolment,
                    "person_id": id_,
                    "step_id": step,
                    "round": round_,
                    "status": SENT,
                    "due_at": start + after,
                    "at": start + after,
                    "response": response,
                    "responded_at": start + after if response else None,
                }
                await db.execute(insert(t.Nudge).values(**workspace, **nudge))
        told = [{**workspace, "campaign_id": campaign["id"], "text": text, "at": now} for text in BARRIERS]
        await db.execute(insert(t.Barrier), told)
    await store.close()


def _did(number: int, steps: list[int]) -> list[tuple[int, int, str | None, timedelta]]:
    tip, recall, apply = steps
    grades = ["knew_it" if number % 10 > 6 - 2 * week else "forgot_it" for week in range(4)]
    asked = [(recall, week, grades[week] if number % 5 else None, timedelta(weeks=week, days=3)) for week in range(4)]
    used = ("used_it", "used_it", "barrier", None)[number % 4]
    return [(tip, 0, "got_it" if number % 3 else None, timedelta(days=1)), *asked, (apply, 0, used, timedelta(days=10))]


async def test_a_campaign_is_drawn_in_chat_and_on_its_page(address_at_work: str, visit: Visit, tmp_path: Path) -> None:
    chat = await visit(address_at_work, viewport={"width": 900, "height": 1000})
    await become(chat, "Leila Brandvold")
    await go_to(chat, "Lanyard")
    await say(chat, LINE)
    await chat.get_by_role("button", name="Start").click()
    await expect(chat.get_by_text("running", exact=False).first).to_be_visible()
    await let_a_month_pass(tmp_path)
    await say(chat, "nudge figures Refund basics")
    picture = chat.get_by_role("img", name="“Refund basics” in bars.", exact=False)
    await expect(picture).to_be_visible(timeout=20_000)  # the first one waits for the library that draws
    assert await picture.evaluate("image => image.complete && image.naturalWidth === 660")
    await keep_picture(chat, "figures-chat.png")

    await chat.get_by_role("button", name="Open as a page").click()
    link = chat.get_by_role("link", name="“Refund basics” in figures")
    await expect(link).to_be_visible()
    address = await link.get_attribute("href")
    assert address is not None
    page = await visit(address, viewport={"width": 900, "height": 1250})
    await page.get_by_role("button", name="Open in this browser").click()
    await expect(page.get_by_role("heading", name="Refund basics")).to_be_visible()
    await expect(page.get_by_role("row", name="Week 4")).to_be_visible()
    await expect(page.get_by_text(BARRIERS[0])).to_be_visible()
    drawn = page.locator("svg .sure")
    whole = await page.locator("svg .rest").first.bounding_box()
    sure = await drawn.first.bounding_box()
    assert whole is not None
    assert sure is not None
    assert 0 < sure["width"] <= whole["width"]
    await keep_picture(page, "figures-page.png")
    await page.set_viewport_size({"width": 360, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    await page.emulate_media(color_scheme="dark")
    await keep_picture(page, "figures-telephone.png")
