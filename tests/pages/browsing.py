"""Pages as a person meets them: through a proxy, by the links that chat gives."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from bot.messages import Links, Note, Outcome
from tests.journeys.dialogue import Dialogue

BASE = "https://lanyard.example"


class Browser:
    """As a proxy with TLS before Lanyard would pass its requests on."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client
        self.cookies: dict[str, str] = {}

    async def get(self, path: str) -> tuple[ClientResponse, str]:
        return await self._send("GET", path)

    async def post(
        self, path: str, form: Mapping[str, str], *, headers: Mapping[str, str] | None = None
    ) -> tuple[ClientResponse, str]:
        sent = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"} if headers is None else headers
        return await self._send("POST", path, data=dict(form), headers=sent)

    async def comes_in(self, url: str) -> str:
        """Follow a link from chat, press the button, and land."""
        _, page = await self.get(path_of(url))
        key = re.search(r'name="key" value="([^"]+)"', page)
        assert key is not None, page
        answer, _ = await self.post("/aids/enter", {"key": key[1]})
        assert answer.status == 303, answer
        return answer.headers["Location"]

    async def _send(self, method: str, path: str, **more: Any) -> tuple[ClientResponse, str]:
        headers = {**more.pop("headers", {})}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        async with self.client.request(method, path, headers=headers, allow_redirects=False, **more) as answer:
            for name, morsel in answer.cookies.items():
                self.cookies[name] = morsel.value
            return answer, await answer.text()


def path_of(url: str) -> str:
    assert url.startswith(BASE), url
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def link_in(outcome: Outcome) -> str:
    assert isinstance(outcome, Note), outcome
    (link,) = [link for part in outcome.card.parts if isinstance(part, Links) for link in part.links]
    return link.url


async def way_in(talk: Dialogue, who: str, what: str = "") -> str:
    return link_in(await talk.says(who, what, command="open"))
