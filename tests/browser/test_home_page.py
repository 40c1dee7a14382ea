"""The home on the chat page, and what can be done with a message, in a real browser before a scripted core."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from bot.messages import (
    Begun,
    Button,
    Buttons,
    Card,
    Form,
    Heading,
    Home,
    Inbound,
    Link,
    Links,
    MessageRef,
    Note,
    Opened,
    Outcome,
    Pressed,
    Prompts,
    Reaction,
    Said,
    Text,
)
from tests.browser.conftest import Visit
from tests.browser.test_chat_page import FORM, Stage, say, stage

__all__ = ["stage"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Open:
    """A core with one thing open, which a press or a form settles."""

    def __init__(self, pressed: Outcome) -> None:
        self.open = 1
        self.pressed = pressed

    async def __call__(self, inbound: Inbound) -> Outcome:
        if isinstance(inbound, Opened):
            parts = (
                Heading(text="My questions"),
                Text(text=f"{self.open} open"),
                Links(links=(Link(label="The policy", url="https://intranet.example/policy"),)),
                Buttons(buttons=(Button(label="Settle", verb="settle"), Button(label="Another", verb="another"))),
            )
            return Home(card=Card(summary="Home", parts=parts))
        if isinstance(inbound, Pressed) and isinstance(self.pressed, Form):
            return self.pressed
        self.open = 0
        return self.pressed if isinstance(inbound, Pressed) else None


async def test_the_home_is_reached_from_the_side_bar_and_shown_anew_after_a_press(stage: Stage, visit: Visit) -> None:
    stage.script = Open(Note(card=Card(summary="Settled it.")))
    page = await visit(stage.url())
    await page.get_by_role("link", name="Home").click()
    home = page.get_by_role("region", name="Home")
    await expect(home).to_contain_text("1 open")
    await expect(page.get_by_role("textbox", name="Write to")).to_have_count(0)
    await home.get_by_role("button", name="Settle").click()
    await expect(home).to_contain_text("0 open")
    await expect(page.get_by_role("region", name="A word to you alone")).to_contain_text("Settled it.")
    await expect(page.get_by_role("link", name="Home")).to_have_attribute("aria-current", "page")
    await page.get_by_role("link", name="Lanyard").click()
    await expect(page.get_by_role("textbox", name="Write to")).to_be_visible()


async def test_a_form_that_was_opened_in_the_home_shows_it_anew_when_it_is_sent(stage: Stage, visit: Visit) -> None:
    stage.script = Open(FORM)
    page = await visit(stage.url("ada", "~home"))
    home = page.get_by_role("region", name="Home")
    await home.get_by_role("button", name="Settle").click()
    await page.get_by_label("Your question").fill("Why?")
    await page.get_by_label("Refunds").check()
    await page.get_by_role("button", name="Ask Marta").click()
    await expect(home).to_contain_text("0 open")


async def test_who_works_by_keyboard_stays_where_they_were_when_the_home_is_drawn_anew(
    stage: Stage, visit: Visit
) -> None:
    stage.script = Open(None)
    page = await visit(stage.url("ada", "~home"))
    button = page.get_by_role("button", name="Another")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("region", name="Home")).to_contain_text("0 open")
    await expect(page.get_by_role("button", name="Another")).to_be_focused()


async def test_on_a_phone_the_home_fits_the_screen(stage: Stage, visit: Visit) -> None:
    stage.script = Open(None)
    page = await visit(stage.url("ada", "~home"), viewport={"width": 360, "height": 640}, has_touch=True)
    await expect(page.get_by_role("region", name="Home")).to_contain_text("1 open")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    box = await page.get_by_role("button", name="Settle").bounding_box()
    assert box is not None
    assert box["height"] >= 36


async def test_a_message_is_asked_about_and_saved_from_its_menu(stage: Stage, visit: Visit) -> None:
    async def answer(inbound: Inbound) -> Outcome:
        return FORM if isinstance(inbound, Pressed) else None

    stage.script = answer
    page = await visit(stage.url("ada", "help"))
    await say(page, "Hold the button for ten seconds.")
    message = page.get_by_role("article", name="Ada Novak")
    await expect(message).to_contain_text("Hold the button")
    await stage.heard(1)
    more = message.get_by_role("group").get_by_title("More").or_(message.get_by_title("More")).first
    await message.hover()
    await more.click()
    await page.get_by_role("button", name="Ask Lanyard about this").click()
    asked = (await stage.heard(2))[-1]
    assert isinstance(asked, Said)
    assert (asked.command, asked.text) == ("ask", "Hold the button for ten seconds.")

    await message.hover()
    await more.focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_be_visible()
    saved = stage.received[-1]
    assert isinstance(saved, Pressed)
    assert (saved.verb, saved.text) == ("save_as_aid", "Hold the button for ten seconds.")


async def test_a_sign_of_the_bots_is_seen_and_read_out(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url())
    await say(page, "It is in the drawer.")
    (said,) = await stage.heard(1)
    assert isinstance(said, Said)
    message = MessageRef(platform="web", tenant="sample", conversation=said.place.conversation, id=said.message or "")
    await stage.platform.react(message, Reaction.DONE)
    await expect(page.get_by_role("img", name="Taken, and passed on")).to_be_visible()


async def test_a_link_leads_to_the_message_within_the_page(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url("marta", "help"))
    await say(page, "Where is the key?")
    (said,) = await stage.heard(1)
    assert isinstance(said, Said)
    await page.goto(stage.url("ada"))
    address = f"http://127.0.0.1:{stage.port}/#//help/{said.message}"
    await stage.send(
        Card(summary="See", parts=(Links(links=(Link(label="See where it was asked", url=address),)),)), person="ada"
    )
    await page.get_by_role("link", name="See where it was asked").click()
    await expect(page.get_by_role("heading", name="#help")).to_be_visible()
    await expect(page.get_by_role("article", name="Marta Ruiz")).to_be_focused()
    assert "#/ada/help" in page.url


@pytest.mark.parametrize("stage", [{"prompts": ()}], indirect=True)
async def test_without_prompts_of_its_own_the_page_asks_the_core_what_to_begin_with(stage: Stage, visit: Visit) -> None:
    async def answer(inbound: Inbound) -> Outcome:
        return Prompts(lead="Begin", prompts=("Claim a taxi ride",)) if isinstance(inbound, Begun) else None

    stage.script = answer
    page = await visit(stage.url())
    await page.get_by_role("button", name="Claim a taxi ride").click()
    said = (await stage.heard(2))[-1]
    assert isinstance(said, Said)
    assert said.text == "Claim a taxi ride"
