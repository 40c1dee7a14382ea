"""Cards as Microsoft's own renderer draws them, with measures and colours like those of Teams.

The renderer comes from npm: `npm ci --prefix tests/browser`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route

from adapters.teams import forms, outbound
from bot.messages import (
    Button,
    Buttons,
    Card,
    Facts,
    Field,
    FieldKind,
    Form,
    Heading,
    Image,
    Link,
    Links,
    Markdown,
    Text,
    Tone,
)
from tests.adapters.teams.schema import problems
from tests.browser import teams_cards
from tests.doubles import seen

HERE = Path(__file__).parent
RENDERER = HERE / "node_modules/adaptivecards/dist/adaptivecards.min.js"
MARKDOWN = HERE / "node_modules/markdown-it/dist/markdown-it.min.js"

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(not RENDERER.is_file(), reason="needs the renderer: npm ci --prefix tests/browser"),
]

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000000a49444154789c6360000000020001"
    "48afa4710000000049454e44ae426082"
)
HOSTILE = (
    "**bold** _it_ [x](https://evil.example) ![p](https://evil.example/p.png) `code` # no\n- no list\n<b>tag</b> "
    "<at>Bob</at> &lt;kept&gt; {{DATE(2026-11-25T09:00:00Z, LONG)}} {{TIME(2026-11-25T09:00:00Z)}} ${name} \\* 1. one"
)

Show = Callable[..., Awaitable[Any]]


@pytest_asyncio.fixture(loop_scope="session")
async def show(browser: Browser) -> AsyncIterator[Show]:
    """Draws a card and gives back what came of it. At the end nothing but pictures was asked of anybody."""
    context = await browser.new_context(viewport={"width": 520, "height": 200}, locale="en-GB")
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)

    async def answer(route: Route) -> None:
        if route.request.resource_type == "image":
            await route.fulfill(body=PIXEL, content_type="image/png")
        else:
            faults.append(f"request to {route.request.url}")
            await route.abort()

    await page.route(re.compile("^https?:"), answer)
    await page.goto((HERE / "teams_page.html").as_uri())
    await page.add_script_tag(path=RENDERER)
    await page.add_script_tag(path=MARKDOWN)

    async def draw(card: Mapping[str, Any], *, dark: bool = False, width: int = 520) -> Any:
        await page.set_viewport_size({"width": width, "height": 200})
        return await page.evaluate("([card, dark]) => show(card, dark)", [card, dark])

    draw.page = page  # type: ignore[attr-defined]
    yield draw
    await context.close()
    assert faults == []


def page_of(show: Show) -> Page:
    page: Page = show.page  # type: ignore[attr-defined]
    return page


def flat(text: str) -> str:
    """Words as they are read, whatever space is between them."""
    return " ".join(text.split())


@pytest.mark.parametrize("name", teams_cards.NAMES)
async def test_a_card_that_people_meet_is_drawn_without_a_fault_on_any_ground_and_width(name: str, show: Show) -> None:
    card = teams_cards.adaptive_cards()[name]
    assert problems(card) == []
    for dark in (False, True):
        for width in (720, 520, 300):
            drawn = await show(card, dark=dark, width=width)
            assert drawn["faults"] == []
            assert not drawn["wide"], f"{name} is cut off at {width} pixels"
            await keep_picture(page_of(show), f"teams-{name}{'-dark' if dark else ''}.png", width=width)


async def keep_picture(page: Page, name: str, *, width: int) -> None:
    """Pictures for the guide are taken anew only where somebody asks for them."""
    folder = os.environ.get("LANYARD_PICTURES")
    if folder and width == 520:
        await page.screenshot(path=Path(folder) / name, full_page=True)


async def test_every_character_of_plain_text_is_seen_and_none_of_it_acts(show: Show) -> None:
    card = Card(
        summary=HOSTILE,
        parts=(
            Heading(text=HOSTILE),
            *(Text(text=HOSTILE, tone=tone) for tone in Tone),
            Facts(facts=((HOSTILE, HOSTILE),)),
            Links(links=(Link(label=HOSTILE, url="https://a.example/?q=1&r=2"),)),
            Buttons(buttons=(Button(label=HOSTILE[:90], verb="go"),)),
        ),
    )
    drawn = await show(outbound.to_card(card))
    assert drawn["faults"] == []
    assert flat(drawn["text"]).count(flat(HOSTILE)) == 7
    page = page_of(show)
    assert await page.locator("#card :is(b, strong, em, i, code, ul, ol, img, at, h1)").count() == 0
    links = await page.locator("#card a").evaluate_all("found => [...new Set(found.map((one) => one.href))]")
    assert links == ["https://a.example/?q=1&r=2"]


async def test_labels_hints_errors_and_choices_are_seen_and_none_of_them_acts(show: Show) -> None:
    options = tuple((f"{n}", HOSTILE) for n in range(2))
    form = Form(
        title="T",
        verb="v",
        fields=(
            Field(name="a", label=HOSTILE, hint=HOSTILE),
            Field(name="b", label="B", kind=FieldKind.CHOICE, options=options),
            Field(name="c", label="C", kind=FieldKind.CHOICES, options=options),
            Field(name="d", label=HOSTILE, kind=FieldKind.CHECK),
        ),
    )
    errors = {"a": HOSTILE, "": HOSTILE}
    drawn = await show(forms.to_task(form, place=teams_cards.PLACE, errors=errors)["value"]["card"]["content"])
    assert drawn["faults"] == []
    # A star that stands beside a word would make it bold there: its likeness is shown.
    read = flat(drawn["text"]).replace("\u2060", "").replace("\u2217", "*").replace("\u02cb", "`")
    cut = flat(HOSTILE)[:150]
    assert read.count(cut) == 9
    assert await page_of(show).locator("#card :is(b, strong, em, code, ul, ol, img, at, a)").count() == 0


async def test_markdown_is_drawn_as_it_was_meant(show: Show) -> None:
    source = (
        "Take **slider** `LK-1` and *look*.\n\n3. Three\n   - inner\n4. Four\n\n> said\n\n```\nif x:\n  y\n```\n\n"
        "|a|b|\n|-|-|\n|1|2|\n\n[policy](https://a.example/p) <https://a.example/q>"
    )
    drawn = await show(outbound.to_card(Card(summary="s", parts=(Markdown(text=source),))))
    assert drawn["faults"] == []
    assert flat(drawn["text"]) == (
        "Take slider LK-1 and look. 3. Three • inner 4. Four said if x: y a b 1 2 policy https://a.example/q"
    )
    page = page_of(show)
    look = (
        "one => [getComputedStyle(one).fontWeight, getComputedStyle(one).fontStyle, getComputedStyle(one).fontFamily]"
    )
    weight, _, _ = await page.get_by_text("slider", exact=True).evaluate(look)
    _, style, _ = await page.get_by_text("look", exact=True).evaluate(look)
    _, _, family = await page.get_by_text("LK-1", exact=True).evaluate(look)
    assert (weight, style) == ("600", "italic")
    assert "Mono" in family
    left = "one => one.getBoundingClientRect().left"
    assert await page.get_by_text("inner").evaluate(left) > await page.get_by_text("Three").evaluate(left)


async def test_pictures_have_their_words(show: Show) -> None:
    pictures = (
        Image(url="https://a.example/p.png", alt="A map"),
        Image(url=f"data:image/png;base64,{teams_cards.PNG}", alt="A dot"),
    )
    drawn = await show(outbound.to_card(Card(summary="s", parts=pictures)))
    assert drawn["faults"] == []
    assert await page_of(show).get_by_role("img", name="A map").count() == 1
    assert await page_of(show).get_by_role("img", name="A dot").count() == 1


async def test_a_pressed_button_sends_its_verb_and_value(show: Show) -> None:
    row = Buttons(
        buttons=(
            Button(label="That helped", verb="helped", value="7"),
            Button(label="Answer", verb="answer", value="8", opens_form=True),
        )
    )
    await show(outbound.to_card(Card(summary="s", parts=(row,))))
    page = page_of(show)
    await page.get_by_role("button", name="That helped").click()
    await page.get_by_role("button", name="Answer").click()
    sent = await page.evaluate("sent")
    assert [(one["type"], outbound.read_verb(one["data"])) for one in sent] == [
        ("Action.Execute", ("helped", "7")),
        ("Action.Submit", ("answer", "8")),
    ]


async def test_a_filled_in_form_comes_back_whole_and_a_needed_field_is_asked_for_first(show: Show) -> None:
    form = Form(
        title="Topics",
        verb="topics",
        value="5",
        fields=(
            Field(name="about", label="About what?", kind=FieldKind.TEXT),
            Field(name="who", label="Who?", kind=FieldKind.CHOICE, options=(("a,b", "Ann"), ("c", "Bob"))),
            Field(name="days", label="Days", kind=FieldKind.CHOICES, options=(("mo", "Monday"), ("tu", "Tuesday"))),
            Field(name="on", label="Publish it now", kind=FieldKind.CHECK, required=False),
            Field(name="day", label="First day", kind=FieldKind.DATE, required=False),
            Field(name="at", label="Time of day", kind=FieldKind.TIME, required=False),
            Field(name="line", label="Name", required=False),
        ),
    )
    await show(forms.to_task(form, place=teams_cards.PLACE)["value"]["card"]["content"])
    page = page_of(show)
    await page.get_by_role("button", name="Send").click()
    assert await page.evaluate("sent") == []
    assert await page.get_by_text(forms.NEEDED).count() == 3
    await page.get_by_label("About what?").fill("Refunds\nand returns")
    await page.get_by_label("Ann").check()
    await page.get_by_label("Monday").check()
    await page.get_by_label("Tuesday").check()
    await page.get_by_label("Publish it now").check()
    await page.get_by_label("First day").fill("2026-11-30")
    await page.get_by_label("Time of day").fill("09:30")
    await page.get_by_role("button", name="Send").click()
    [sent] = await page.evaluate("sent")
    filled = forms.read_submitted(sent["data"])
    assert (filled.verb, filled.value, filled.place) == ("topics", "5", teams_cards.PLACE)
    assert filled.fields == {
        "about": "Refunds\nand returns",
        "who": "a,b",
        "days": ("mo", "tu"),
        "on": "yes",
        "day": "2026-11-30",
        "at": "09:30",
        "line": "",
    }


async def test_what_was_written_and_what_is_wrong_with_it_stand_together(show: Show) -> None:
    card = teams_cards.adaptive_cards()["form"]
    await show(card)
    page = page_of(show)
    assert await page.get_by_label("Name", exact=False).first.input_value() == "Refund basics"
    wrong = page.get_by_text("I do not understand “fly to the moon”")
    field = page.get_by_label("The reminders, one on each line", exact=False)
    above = await field.evaluate("one => one.getBoundingClientRect().bottom")
    below = await wrong.evaluate("one => one.getBoundingClientRect().top")
    assert 0 <= below - above < 40
    assert json.dumps(card).count("fly to the moon") == 1


@pytest.mark.last
async def test_whatever_people_saw_in_any_test_is_valid_and_drawn_without_a_fault(show: Show) -> None:
    laid_out = [*teams_cards.adaptive_cards().values()]
    laid_out += [outbound.to_card(card) for card in seen.cards]
    for form, errors in seen.forms.items():
        whole = teams_cards.with_channels(form, teams_cards.CHANNELS)
        laid_out.append(forms.to_task(whole, place=teams_cards.PLACE, errors=errors)["value"]["card"]["content"])
    laid_out += [json.loads(text) for text in seen.adaptive]
    found = []
    for card in laid_out:
        drawn = await show(card)
        if faults := [*problems(card), *drawn["faults"]]:
            found.append((faults, card))
    assert found == []
