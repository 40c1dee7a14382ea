"""One Chromium for the whole session. Everything of a test runs in the session's loop, where the browser lives."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless=new --no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.parent.parts:
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium"))


class Visit(Protocol):
    """Opens an address in a fresh profile. Options are Playwright's for a context (viewport, color_scheme, …).

    At the end of the test the page must not have written an error to its console nor asked anybody but its own server.
    `refused` tells of an HTTP status that the test provokes, since the browser reports it as an error.
    """

    def __call__(self, url: str, *, refused: int | None = None, **options: Any) -> Awaitable[Page]: ...


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    contexts = []
    faults: list[str] = []

    def watch(page: Page, origin: str, refused: int | None) -> None:
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        # A connection that the test itself takes away is reported by the browser; it is no fault of the page.
        expected = ("net::ERR_", "status of 503", *([f"status of {refused}"] if refused else []))
        page.on("console", _unless(expected, faults))
        page.on("request", lambda request: _note_stranger(request.url, origin, faults))

    async def open_page(url: str, *, refused: int | None = None, **options: Any) -> Page:
        context = await browser.new_context(**{"viewport": {"width": 1200, "height": 800}, "locale": "en-GB"} | options)
        contexts.append(context)
        page = await context.new_page()
        watch(page, "/".join(url.split("/")[:3]), refused)
        await page.goto(url)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert faults == []


def _unless(expected: tuple[str, ...], faults: list[str]) -> Callable[[Any], None]:
    def note(message: Any) -> None:
        if message.type in {"error", "warning"} and not any(part in message.text for part in expected):
            faults.append(f"console: {message.text}")

    return note


def _note_stranger(url: str, origin: str, faults: list[str]) -> None:
    if not url.startswith((f"{origin}/", "data:")):
        faults.append(f"request to {url}")
