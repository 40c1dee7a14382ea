"""The chat page in a real browser, before a scripted core: what people see, press and type."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import FilePayload, Page, expect

from adapters.web import Channel, Persona, WebPlatform, connect
from bot.messages import (
    Address,
    Busy,
    Button,
    Buttons,
    Card,
    Facts,
    Field,
    FieldErrors,
    FieldKind,
    Form,
    Heading,
    Inbound,
    Markdown,
    Note,
    Outcome,
    Pressed,
    Said,
    Scope,
    Sender,
    Style,
    Submitted,
    Text,
    Tone,
)
from tests.browser.conftest import Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

NINE = datetime(2026, 11, 23, 8, 12, tzinfo=UTC)
PEOPLE = (
    Persona(
        sender=Sender(id="ada", name="Ada Novak", time_zone="Europe/Vienna"), title="Support agent", badge="Worker"
    ),
    Persona(sender=Sender(id="marta", name="Marta Ruiz", time_zone="Europe/Madrid"), title="Payments", badge="Expert"),
)
CHANNELS = (
    Channel(id="help", name="help", topic="Ask anything", members=("ada", "marta")),
    Channel(id="ops", name="it-ops", scope=Scope.PRIVATE, members=("ada",)),
)
ANSWER = Card(
    summary="Use the travel form.",
    parts=(
        Heading(text="Claim a taxi ride"),
        Markdown(text="1. Open **Expenses**.\n2. Attach the receipt.\n\n| Ride | Limit |\n|---|---|\n| night | 60 € |"),
        Facts(facts=(("Owner", "Marta Ruiz"), ("Verified", "12 Nov 2026"))),
        Text(text="From the job aid “Taxi rides”.", tone=Tone.QUIET),
        Buttons(
            buttons=(
                Button(label="That helped", verb="helped", style=Style.PRIMARY),
                Button(label="Ask an expert", verb="expert", opens_form=True),
                Button(label="Delete", verb="delete", style=Style.DANGER),
            )
        ),
    ),
)
FORM = Form(
    title="Ask an expert",
    verb="ask",
    intro=(Text(text="Marta answered 4 questions on this."),),
    submit="Ask Marta",
    fields=(
        Field(name="question", label="Your question", kind=FieldKind.TEXT, hint="A sentence is enough."),
        Field(name="topic", label="Topic", kind=FieldKind.CHOICE, options=(("t", "Travel"), ("r", "Refunds"))),
        Field(name="unnamed", label="Leave my name out", kind=FieldKind.CHECK, required=False),
    ),
)


@dataclass
class Stage:
    """A started platform with a server. `script` decides what the core does with what it receives."""

    folder: Path
    options: dict[str, Any]
    received: list[Inbound] = field(default_factory=list)
    script: Callable[[Inbound], Awaitable[Outcome]] | None = None
    port: int = 0
    sent: int = 0
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def open(self) -> None:
        self.platform: WebPlatform = await connect(
            file=self.folder / "room.sqlite3", receive=self.receive, **self.options
        )
        app = web.Application()
        app.add_routes(self.platform.routes())

        async def end_streams(_: web.Application) -> None:
            self.platform.end_streams()

        app.on_shutdown.append(end_streams)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self.runner.addresses[0][1]
        await self.platform.start()

    async def close(self) -> None:
        await self.runner.cleanup()
        await self.platform.stop()

    async def receive(self, inbound: Inbound) -> Outcome:
        self.received.append(inbound)
        async with self.news:
            self.news.notify_all()
        return await self.script(inbound) if self.script else None

    async def heard(self, count: int) -> list[Inbound]:
        """What the core received, once it is this much."""
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.received) >= count)
        assert len(self.received) == count
        return self.received

    def url(self, person: str = "ada", conversation: str = "") -> str:
        return f"http://127.0.0.1:{self.port}/#/{person}/{conversation}"

    async def send(self, card: Card | str, **place: str) -> None:
        self.sent += 1
        card = Card(summary=card) if isinstance(card, str) else card
        await self.platform.send(Address(platform="web", tenant="sample", **place), card, key=f"k{self.sent}")


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    async def skip(by: timedelta) -> None:
        pass

    given = {
        "people": PEOPLE,
        "channels": CHANNELS,
        "now": lambda: NINE,
        "skip": skip,
        "prompts": ("How do I claim a taxi ride?", "What is the VPN address?"),
    }
    stage = Stage(tmp_path, given | getattr(request, "param", {}))
    await stage.open()
    yield stage
    await stage.close()


async def say(page: Page, text: str) -> None:
    box = page.get_by_role("textbox", name="Write to")
    await box.fill(text)
    await box.press("Enter")


async def test_a_suggested_question_is_asked_and_the_answer_appears(stage: Stage, visit: Visit) -> None:
    async def answer(inbound: Inbound) -> Outcome:
        await stage.send(ANSWER, conversation=inbound.place.conversation)
        return None

    stage.script = answer
    page = await visit(stage.url())
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    await page.get_by_role("button", name="How do I claim a taxi ride?").click()
    log = page.get_by_role("log")
    await expect(log.get_by_role("article", name="Ada Novak")).to_contain_text("How do I claim a taxi ride?")
    card = log.get_by_role("article", name="Lanyard")
    await expect(card.get_by_role("heading", name="Claim a taxi ride")).to_be_visible()
    await expect(card.get_by_role("cell", name="60 €")).to_be_visible()
    await expect(page.locator(".busy")).to_have_count(0)
    await expect(page.locator("article.pending")).to_have_count(0)
    (said,) = await stage.heard(1)
    assert isinstance(said, Said)
    assert (said.sender.id, said.place.scope, said.text) == ("ada", Scope.DIRECT, "How do I claim a taxi ride?")


async def test_a_button_leads_to_a_private_note_that_can_be_dismissed(stage: Stage, visit: Visit) -> None:
    async def thank(_: Inbound) -> Outcome:
        return Note(card=Card(summary="Thank you."))

    stage.script = thank
    await stage.send(ANSWER, conversation="help")
    page = await visit(stage.url("ada", "help"))
    await page.get_by_role("button", name="That helped").click()
    note = page.get_by_role("region", name="A word to you alone")
    await expect(note).to_contain_text("Only you can see this")
    await expect(note).to_contain_text("Thank you.")
    (pressed,) = await stage.heard(1)
    assert isinstance(pressed, Pressed)
    assert (pressed.verb, pressed.sender.id) == ("helped", "ada")
    await note.get_by_role("button", name="Dismiss").click()
    await expect(note).to_have_count(0)


async def test_a_form_shows_its_errors_where_they_belong_and_then_goes_through(stage: Stage, visit: Visit) -> None:
    async def ask(inbound: Inbound) -> Outcome:
        if isinstance(inbound, Pressed):
            return FORM
        assert isinstance(inbound, Submitted)
        if "please" not in inbound.fields["question"]:
            return FieldErrors(errors={"question": "Say please.", "": "Something is missing."})
        return Note(card=Card(summary="Marta has been asked."))

    stage.script = ask
    await stage.send(ANSWER, person="ada")
    page = await visit(stage.url())
    opener = page.get_by_role("button", name="Ask an expert")
    await opener.click()
    dialog = page.get_by_role("dialog", name="Ask an expert")
    question = dialog.get_by_label("Your question")
    await expect(question).to_be_focused()
    await expect(question).to_have_accessible_description("A sentence is enough.")

    await dialog.get_by_role("button", name="Ask Marta").click()
    await expect(question).to_have_attribute("aria-invalid", "true")
    await expect(question).to_have_accessible_description(re.compile(r"Please fill this in\."))
    await expect(dialog.get_by_role("group", name="Topic")).to_have_accessible_description("Please choose.")
    await expect(question).to_be_focused()
    assert len(stage.received) == 1

    await question.fill("Why?")
    await dialog.get_by_label("Refunds").check()
    await dialog.get_by_role("button", name="Ask Marta").click()
    await expect(question).to_have_accessible_description(re.compile(r"Say please\."))
    await expect(dialog.get_by_role("alert")).to_have_text("Something is missing.")

    await question.fill("Why, please?")
    await dialog.get_by_label("Leave my name out").check()
    await dialog.get_by_role("button", name="Ask Marta").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("Marta has been asked.")).to_be_visible()
    await expect(opener).to_be_focused()
    submitted = stage.received[-1]
    assert isinstance(submitted, Submitted)
    assert submitted.fields == {"question": "Why, please?", "topic": "r", "unnamed": "yes"}


async def test_escape_does_not_throw_away_what_was_written_at_once(stage: Stage, visit: Visit) -> None:
    async def ask(_: Inbound) -> Outcome:
        return FORM

    stage.script = ask
    await stage.send(ANSWER, person="ada")
    page = await visit(stage.url())
    await page.get_by_role("button", name="Ask an expert").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Your question").fill("A long answer")
    await page.keyboard.press("Escape")
    await expect(dialog.get_by_role("alert")).to_contain_text("Press Escape again")
    await expect(dialog.get_by_label("Your question")).to_have_value("A long answer")
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_a_private_reply_is_marked_and_nobody_else_has_it(stage: Stage, visit: Visit) -> None:
    await stage.send("I am not sure.", conversation="help", person="ada")
    await stage.send("Good morning.", conversation="help")
    ada = await visit(stage.url("ada", "help"))
    await expect(ada.get_by_role("article", name="Lanyard, only you can see this")).to_contain_text("I am not sure.")
    marta = await visit(stage.url("marta", "help"))
    await expect(marta.get_by_text("Good morning.")).to_be_visible()
    await expect(marta.get_by_text("I am not sure.")).to_have_count(0)
    await expect(marta.get_by_role("link", name="it-ops")).to_have_count(0)


async def test_replies_stand_under_what_they_answer(stage: Stage, visit: Visit) -> None:
    async def answer(inbound: Inbound) -> Outcome:
        assert isinstance(inbound, Said)
        if inbound.mentioned:
            await stage.send("Under the mat.", conversation="help", thread=inbound.message or "")
        return None

    stage.script = answer
    page = await visit(stage.url("ada", "help"))
    await say(page, "@Lanyard where is the key?")
    thread = page.get_by_role("group", name="Replies")
    await expect(thread).to_contain_text("Under the mat.")
    root = page.get_by_role("article", name="Ada Novak")
    await root.hover()
    await root.get_by_role("button", name="Reply to Ada Novak").click()
    await expect(page.get_by_text("Replying to Ada Novak")).to_be_visible()
    await page.keyboard.type("Thank you!")
    await page.keyboard.press("Enter")
    await expect(thread.get_by_role("article", name="Ada Novak")).to_contain_text("Thank you!")
    await expect(page.get_by_text("Replying to Ada Novak")).to_have_count(0)
    reply = (await stage.heard(2))[-1]
    assert isinstance(stage.received[0], Said)
    assert reply.place.thread == stage.received[0].message


async def test_what_arrives_elsewhere_is_marked_until_one_looks(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url("ada"))
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    await stage.send("News for all.", conversation="help")
    await stage.send("A word for Marta.", person="marta")
    await expect(page.get_by_role("link", name="help 1 unread")).to_be_visible()
    await expect(page).to_have_title(re.compile(r"^\(1\) Lanyard"))
    await expect(page.get_by_role("button", name="1 other person has messages waiting")).to_be_visible()
    await page.get_by_role("link", name="help 1 unread").click()
    await expect(page.get_by_role("log").get_by_text("New", exact=True)).to_be_visible()
    await expect(page.get_by_text("News for all.")).to_be_visible()
    await expect(page.get_by_role("link", name="help", exact=True)).to_have_attribute("aria-current", "page")
    await expect(page).to_have_title("#help · Lanyard")
    await page.reload()
    await expect(page.get_by_text("News for all.")).to_be_visible()
    await expect(page.get_by_text("1 unread")).to_have_count(0)


async def test_a_revised_card_changes_in_place_and_keeps_the_focus(stage: Stage, visit: Visit) -> None:
    await stage.send(ANSWER, person="ada")
    page = await visit(stage.url())
    button = page.get_by_role("button", name="That helped")
    await button.focus()
    ref = await stage.platform.find(Address(platform="web", tenant="sample", person="ada"), key="k1")
    assert ref is not None
    await stage.platform.revise(ref, Card(summary="New", parts=(Text(text="It has changed."), ANSWER.parts[-1])))
    await expect(page.get_by_text("It has changed.")).to_be_visible()
    await expect(page.get_by_role("heading", name="Claim a taxi ride")).to_have_count(0)
    await expect(button).to_be_focused()


async def test_everything_can_be_done_with_the_keyboard(stage: Stage, visit: Visit) -> None:
    async def play(inbound: Inbound) -> Outcome:
        if isinstance(inbound, Pressed):
            return FORM
        if isinstance(inbound, Said):
            await stage.send(ANSWER, person="ada")
        return None

    stage.script = play
    page = await visit(stage.url())
    await expect(page.get_by_role("textbox", name="Write to Lanyard")).to_be_focused()
    await page.keyboard.type("How?")
    await page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Ask an expert")
    await expect(button).to_be_visible()
    await tab_to(page, button, back=True)
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Ask an expert")
    await expect(dialog).to_be_visible()
    await page.keyboard.type("Why?")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await tab_to(page, dialog.get_by_role("button", name="Ask Marta"))
    await page.keyboard.press("Enter")
    await expect(dialog).to_have_count(0)
    assert isinstance(stage.received[-1], Submitted)

    await tab_to(page, page.get_by_role("link", name="help"), back=True)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="#help", level=1)).to_be_visible()
    await tab_to(page, page.get_by_role("button", name="You are Ada Novak"), back=True)
    await page.keyboard.press("Enter")
    await tab_to(page, page.get_by_role("button", name="Marta Ruiz"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="You are Marta Ruiz")).to_be_visible()


async def tab_to(page: Page, target: Any, *, back: bool = False) -> None:
    for _ in range(40):
        if await target.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail("The keyboard does not reach it.")


async def test_the_composer_suggests_commands_people_and_channels(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url("ada", "help"))
    box = page.get_by_role("textbox", name="Write to #help")
    await box.press_sequentially("/")
    options = page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    await expect(options).to_have_count(3)
    await box.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await expect(box).to_have_attribute("aria-activedescendant", "suggestion-1")
    await box.press("Enter")
    await expect(box).to_have_value("/nudge ")
    await box.fill("")
    await box.press_sequentially("ask @mar")
    await box.press("Tab")
    await expect(box).to_have_value("ask @Marta Ruiz ")
    await box.press_sequentially("in #it")
    await options.first.click()
    await expect(box).to_have_value("ask @Marta Ruiz in #it-ops ")
    await box.press("Enter")
    await expect(page.get_by_role("article", name="Ada Novak")).to_contain_text("ask @Marta Ruiz in #it-ops")
    (said,) = await stage.heard(1)
    assert isinstance(said, Said)
    assert (said.people, said.channels) == ({"@Marta Ruiz": "marta"}, {"#it-ops": "ops"})


async def test_a_command_may_open_a_form(stage: Stage, visit: Visit) -> None:
    async def plan(_: Inbound) -> Outcome:
        return FORM

    stage.script = plan
    page = await visit(stage.url())
    await say(page, "/nudge")
    await expect(page.get_by_role("dialog", name="Ask an expert")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


WIDE = Card(
    summary="Wide",
    parts=(
        Heading(text="Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2),
        Markdown(
            text=f"{'w' * 200} `{'c' * 200}`\n\n```\n{'p' * 200}\n```\n\n|{'a|' * 20}\n|{'-|' * 20}\n|{'b|' * 20}"
        ),
        Facts(facts=(("l" * 90, "v" * 90),)),
        Buttons(buttons=tuple(Button(label=f"A rather long label {n}", verb="v") for n in range(6))),
    ),
)


async def test_a_phone_shows_everything_without_scrolling_sideways(stage: Stage, visit: Visit) -> None:
    async def ask(_: Inbound) -> Outcome:
        return FORM

    stage.script = ask
    await stage.send(WIDE, conversation="help")
    await stage.send(WIDE, conversation="help", person="ada")
    await stage.send(ANSWER, person="ada")
    page = await visit(stage.url("ada"), viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    await expect(page.get_by_role("button", name="That helped")).to_be_visible()
    await no_sideways(page)
    await page.get_by_role("button", name="Ask an expert").tap()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await no_sideways(page)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Conversations").tap()
    await page.get_by_role("link", name="help").tap()
    await expect(page.get_by_role("heading", name="#help", level=1)).to_be_visible()
    await expect(page.get_by_role("link", name="help")).to_be_hidden()
    await expect(page.get_by_text("A rather long label 5").first).to_be_visible()
    await no_sideways(page)


async def no_sideways(page: Page) -> None:
    wide = await page.evaluate(
        """() => [...document.querySelectorAll("html, body, main, .log, .notices, dialog, .form-body")]
            .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className || e.tagName)"""
    )
    assert wide == []
    assert await page.evaluate("document.documentElement.clientWidth") == 360


CONTRAST = """() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    const over = (colours) => {
        pen.clearRect(0, 0, 1, 1);
        for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
        return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = (rgb) => {
        const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const poor = [];
    let seen = 0;
    const stage = document.querySelector("dialog[open]") ?? document.body;
    const walker = document.createTreeWalker(stage, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const unseen = element.closest(".sr, .avatar, script, noscript");
        const hidden = unseen || !element.checkVisibility({ visibilityProperty: true });
        if (hidden || !walker.currentNode.data.trim()) continue;
        const grounds = [];
        for (let e = element; e; e = e.parentElement) grounds.unshift(getComputedStyle(e).backgroundColor);
        const ground = light(over(["white", ...grounds]));
        const ink = light(over(["white", ...grounds, getComputedStyle(element).color]));
        const ratio = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
        seen += 1;
        if (ratio < 4.5) poor.push(`${walker.currentNode.data.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
    }
    return { seen, poor };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_stands_out_in_light_and_in_dark(stage: Stage, visit: Visit, scheme: str) -> None:
    async def ask(inbound: Inbound) -> Outcome:
        if not isinstance(inbound, Pressed):
            return None
        return FORM if inbound.verb == "expert" else Note(card=Card(summary="Noted."))

    stage.script = ask
    await stage.send(ANSWER, conversation="help", person="ada")
    await stage.send(ANSWER, conversation="help")
    await stage.send("Unread", person="ada")
    page = await visit(stage.url("ada", "help"), color_scheme=scheme)
    await say(page, "@Lanyard and https://a.example")
    await page.get_by_role("button", name="That helped").first.click()
    await expect(page.get_by_role("region", name="A word to you alone")).to_be_visible()
    result = await page.evaluate(CONTRAST)
    assert result["seen"] > 30
    assert result["poor"] == []
    is_dark = await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 28, 27)"
    assert is_dark is (scheme == "dark")
    await page.get_by_role("button", name="Ask an expert").first.click()
    await page.get_by_role("button", name="Ask Marta").click()
    await expect(page.get_by_text("Please choose.")).to_be_visible()
    result = await page.evaluate(CONTRAST)
    assert result["seen"] > 8
    assert result["poor"] == []


async def test_everything_one_can_press_or_fill_has_a_name(stage: Stage, visit: Visit) -> None:
    await stage.send(ANSWER, conversation="help")
    page = await visit(stage.url("ada", "help"))
    await expect(page.get_by_role("button", name="That helped")).to_be_visible()
    names = await page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, textarea, select, summary")]
            .filter((e) => e.checkVisibility()).map((e) =>
            e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent.trim())"""
    )
    assert all(names)
    for landmark, name in (("navigation", "Conversations"), ("main", None), ("log", "Messages in #help")):
        await expect(page.get_by_role(landmark, name=name)).to_have_count(1)  # type: ignore[arg-type]


HOSTILE = [
    "<img src=x onerror=document.title='hacked'>",
    "<script>document.title='hacked'</script>",
    "&lt;b&gt; &amp; <b>",
    "javascript:alert(1) [x](javascript:alert(1))",
    "\u202egnirts a si siht\u202c",
    "**stars** _lines_ {{7*7}}",
    "x" * 5000,
]


async def test_hostile_words_are_shown_as_themselves(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url())
    for text in HOSTILE:
        await say(page, text)
        await stage.send(Card(summary="x", parts=(Text(text=text), Facts(facts=((text, text),)))), person="ada")
    await expect(page.get_by_role("article", name="Lanyard")).to_have_count(len(HOSTILE))
    await expect(page.locator("article.pending")).to_have_count(0)
    said = await page.evaluate("[...document.querySelectorAll('p.text.words')].map(e => e.textContent)")
    shown = await page.evaluate(
        "[...document.querySelectorAll('.card > p, .card > div > p, dt, dd')].map(e => e.textContent)"
    )
    assert sorted(said) == sorted(HOSTILE)
    assert sorted(shown) == sorted(HOSTILE * 3)
    assert await page.locator("#log a, #log img:not(.avatar), #log script").count() == 0
    assert "hacked" not in await page.title()


async def test_a_message_waits_for_a_busy_core_and_for_a_reload(stage: Stage, visit: Visit) -> None:
    turned_away = asyncio.Event()
    is_open = False

    async def refuse(_: Inbound) -> Outcome:
        if not is_open:
            turned_away.set()
            raise Busy
        return None

    stage.script = refuse
    page = await visit(stage.url())
    await say(page, "Are you there?")
    await turned_away.wait()
    await page.reload()
    is_open = True
    async with page.expect_response(lambda response: response.url.endswith("/say") and response.status == 202):
        pass
    await expect(page.get_by_role("article", name="Ada Novak")).to_have_count(1)
    assert len({inbound.key for inbound in stage.received}) == 1


async def test_the_page_comes_back_after_the_server_was_gone(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url())
    await expect(page.get_by_role("heading", name="Hello, Ada")).to_be_visible()
    await stage.close()
    await expect(page.get_by_text("Connection lost")).to_be_visible()
    await say(page, "Said into the dark")
    await expect(page.get_by_text("Still sending…")).to_be_visible()
    await stage.open()
    await stage.send("I am back.", person="ada")
    await expect(page.get_by_text("I am back.")).to_be_visible()
    await expect(page.get_by_text("Connection lost")).to_be_hidden()
    await expect(page.locator("article.pending")).to_have_count(0)
    await expect(page.get_by_role("article", name="Ada Novak")).to_contain_text("Said into the dark")
    await stage.heard(1)


async def test_a_message_that_is_refused_says_why_and_can_be_edited(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url(), refused=400)
    refusal = {"status": 400, "json": {"error": "That word is not allowed."}}
    await page.route("**/chat/say", lambda route: route.fulfill(**refusal))
    await say(page, "A word")
    await expect(page.get_by_role("alert")).to_contain_text("Not sent. That word is not allowed.")
    await page.get_by_role("button", name="Edit it").click()
    await expect(page.get_by_role("textbox", name="Write to Lanyard")).to_have_value("A word")
    await expect(page.get_by_role("article")).to_have_count(0)


async def test_a_file_is_put_in_named_and_sent_with_or_without_words(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url())
    kind = "application/octet-stream"
    files: list[FilePayload] = [
        {"name": "Scale <b>manual</b>.docx", "mimeType": kind, "buffer": b"PK"},
        {"name": "left out.pdf", "mimeType": kind, "buffer": b"PK"},
    ]
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Attach files").click()
    await (await choosing.value).set_files(files)
    waiting = page.get_by_role("list", name="Files to send").get_by_role("listitem")
    await expect(waiting).to_have_count(2)
    await page.get_by_role("button", name="Leave left out.pdf out").click()
    await expect(waiting).to_have_text([re.compile(r"Scale <b>manual</b>\.docx\s*✕$")])  # and not “uploading” any more
    await page.get_by_role("button", name="Send").click()
    (said,) = await stage.heard(1)
    assert isinstance(said, Said)
    assert (said.text, said.attached) == ("", ("Scale <b>manual</b>.docx",))
    await expect(page.get_by_role("article").get_by_role("listitem")).to_have_text(["Scale <b>manual</b>.docx"])
    await expect(waiting).to_have_count(0)


async def test_a_file_that_is_refused_says_why_and_goes_with_nothing(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url(), refused=413)
    refusal = {"status": 413, "json": {"error": "That file is too large."}}
    await page.route("**/chat/file?**", lambda route: route.fulfill(**refusal))
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Attach files").click()
    await (await choosing.value).set_files({"name": "huge.zip", "mimeType": "application/zip", "buffer": b"PK"})
    await expect(page.get_by_role("alert")).to_contain_text("That file is too large.")
    await say(page, "A word")
    (said,) = await stage.heard(1)
    assert isinstance(said, Said)
    assert (said.text, said.attached) == ("A word", ())


async def test_one_can_be_another_person_and_skip_the_clock(stage: Stage, visit: Visit) -> None:
    page = await visit(stage.url())
    clock = page.get_by_role("region", name="Demonstration clock")
    await expect(clock).to_contain_text("It is Mon 23 Nov, 09:12")
    await clock.get_by_text("Skip ahead").click()
    await clock.get_by_role("button", name="To tomorrow, 9:00").click()
    await expect(clock).to_contain_text("It is Tue 24 Nov, 09:00")
    await say(page, "Good morning")
    await expect(page.get_by_role("article", name="Ada Novak")).to_contain_text("09:00")
    await page.get_by_role("button", name="You are Ada Novak").click()
    await page.get_by_role("dialog").get_by_role("button", name="Marta Ruiz").click()
    await expect(page.get_by_role("heading", name="Hello, Marta")).to_be_visible()
    await expect(page.get_by_text("Good morning")).to_have_count(0)
    await page.go_back()
    await expect(page.get_by_text("Good morning")).to_be_visible()


@pytest.mark.parametrize("stage", [{"people": (), "channels": ()}], indirect=True)
async def test_an_empty_company_is_filled_from_the_page(stage: Stage, visit: Visit) -> None:
    page = await visit(f"http://127.0.0.1:{stage.port}/", refused=400)
    await expect(page.get_by_role("heading", name="Nobody is here yet")).to_be_visible()
    await page.get_by_role("log").get_by_role("button", name="Add a person").click()
    dialog = page.get_by_role("dialog", name="Add a person")
    await dialog.get_by_label("Name").fill("Cleo Sand")
    await dialog.get_by_role("button", name="Add").click()
    await expect(dialog.get_by_text("Please give an e-mail address.")).to_be_visible()
    await dialog.get_by_label("E-mail address").fill("none")
    await dialog.get_by_role("button", name="Add").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("no e-mail address")
    await dialog.get_by_label("E-mail address").fill("cleo@example.org")
    await dialog.get_by_role("button", name="Add").click()
    await expect(page.get_by_role("heading", name="Hello, Cleo")).to_be_visible()
    await page.get_by_role("button", name="Add a channel").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("New starters")
    await page.get_by_role("dialog").get_by_role("button", name="Add").click()
    await expect(page.get_by_role("heading", name="#new-starters", level=1)).to_be_visible()
    await say(page, "Hello all")
    await expect(page.get_by_role("article", name="Cleo Sand")).to_contain_text("Hello all")
