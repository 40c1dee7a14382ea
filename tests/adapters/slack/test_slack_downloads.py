"""Files that people send on Slack: asked for by their ids, and fetched with the token from Slack's own hosts alone."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.slack.api import SLACK, Api, OneToken
from adapters.slack.downloads import ELSEWHERE, GONE, NOT_GRANTED, Downloads
from bot.messages import File, Said, TryLater, Undeliverable
from tests.adapters.harness import Core
from tests.adapters.slack.harness import SlackHarness, open_harness
from tests.doubles.slack.faults import Fault, Wrong
from tests.doubles.slack.world import Sent

CONTENT = b"%PDF-1.7 and so on"


@pytest.fixture
async def slack(tmp_path, core) -> AsyncIterator[SlackHarness]:
    async with open_harness(tmp_path, core) as harness:
        yield harness


@pytest.fixture
async def strange() -> AsyncIterator[tuple[str, list[str]]]:
    """A server that is not Slack's, and the tokens that came to it."""
    tokens: list[str] = []

    async def note(request: web.Request) -> web.Response:
        tokens.append(request.headers.get("Authorization", ""))
        return web.Response(body=CONTENT)

    app = web.Application()
    app.router.add_get("/{rest:.*}", note)
    async with TestServer(app) as server:
        yield str(server.make_url("/manual.pdf")), tokens


async def send(slack: SlackHarness, core: Core, *, name: str = "manual.pdf") -> tuple[File, Sent]:
    await slack.send_file(slack.alice, name, CONTENT)
    said = core.received[-1]
    assert isinstance(said, Said)
    (file,) = said.files
    return file, slack.slack.world.sent[file.id]


async def fetch(slack: SlackHarness, file: File) -> bytes:
    into = io.BytesIO()
    await slack.platform.fetch(slack.tenant, file, into=into, most=1000)
    return into.getvalue()


def downloads(slack: SlackHarness) -> list[Any]:
    return slack.slack.calls_of("download")


async def test_the_token_goes_along_as_a_bearer_and_the_event_holds_none_of_it(slack, core) -> None:
    file, _ = await send(slack, core)
    assert await fetch(slack, file) == CONTENT
    (asked,) = downloads(slack)
    assert asked.token == slack.slack.world.installations[0].token
    assert file.source == ""


async def test_an_address_elsewhere_never_gets_the_token(slack, core, strange) -> None:
    url, tokens = strange
    file, sent = await send(slack, core)
    for forged in (url, url.replace("http", "https"), "https://files.slack.com.evil.example/x", "file:///etc/passwd"):
        sent.more = {"url_private_download": forged}
        with pytest.raises(Undeliverable, match="kept outside of Slack"):
            await fetch(slack, file)
    assert tokens == []
    assert downloads(slack) == []


async def test_a_redirect_is_not_followed(slack, core, strange) -> None:
    url, tokens = strange
    file, _ = await send(slack, core)
    slack.slack.api.download_headers = {"Location": url}
    for status in (301, 302, 303, 307, 308):
        slack.slack.faults.add("download", Fault(wrong=Wrong.REFUSED, status=status))
        with pytest.raises(Undeliverable):
            await fetch(slack, file)
    assert tokens == []


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://files.slack.com/files-pri/T1-F1/download/a.pdf", True),
        ("https://files.slack-gov.com/files-pri/T1-F1/download/a.pdf", True),
        ("https://files.slack.com:443/a", True),
        ("http://files.slack.com/a", False),
        ("https://files.slack.com:8443/a", False),
        ("https://files.slack.com@evil.example/a", False),
        ("https://evil.example/files.slack.com", False),
        ("https://slack.com.evil.example/a", False),
        ("https://files.slack.com:port/a", False),
        ("https://127.0.0.1/a", False),
        ("", False),
    ],
)
def test_only_slacks_hosts_of_files_are_asked(url: str, ours: bool) -> None:
    api = Api(url=SLACK)
    assert Downloads(api, OneToken(api, "xoxb-1"))._is_slacks(url) is ours


async def test_without_the_scope_it_is_said_which_one_is_missing(slack, core) -> None:
    file, _ = await send(slack, core)
    one = slack.slack.world.installations[0]
    one.scopes = tuple(scope for scope in one.scopes if scope != "files:read")
    with pytest.raises(Undeliverable, match="files:read"):
        await fetch(slack, file)
    assert downloads(slack) == []


async def test_the_page_for_signing_in_is_not_taken_for_the_file(slack, core) -> None:
    file, sent = await send(slack, core)
    sent.more = {"url_private_download": f"{slack.slack.address}/files-pri/T1-F000/download/manual.pdf"}
    with pytest.raises(Undeliverable) as told:
        await fetch(slack, file)
    assert str(told.value) == NOT_GRANTED


async def test_a_file_of_which_the_event_tells_the_id_alone_is_looked_up(slack, core) -> None:
    slack.slack.world.tells_ids_alone = True
    await slack.slack.user(slack.alice).dm("", files={"manual.pdf": CONTENT})
    said = core.received[-1]
    assert isinstance(said, Said)
    assert said.attached == ("a file",)
    into = io.BytesIO()
    assert await slack.platform.fetch(slack.tenant, said.files[0], into=into, most=1000) == "manual.pdf"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"mode": "external", "is_external": True}, ELSEWHERE),
        ({"mode": "tombstone", "url_private_download": None, "url_private": None}, GONE),
        ({"size": 2_000}, "the most that I read"),
        ({"url_private_download": 7, "url_private": []}, GONE),
    ],
)
async def test_what_can_never_be_had_is_told_before_anything_is_fetched(slack, core, more, sentence) -> None:
    file, sent = await send(slack, core)
    sent.more = more
    with pytest.raises(Undeliverable) as told:
        await fetch(slack, file)
    assert sentence in str(told.value)
    assert downloads(slack) == []


async def test_a_size_that_was_a_lie_is_found_out_while_reading(slack, core) -> None:
    file, sent = await send(slack, core)
    sent.more = {"size": 1}
    sent.content = b"x" * 1001
    with pytest.raises(Undeliverable, match="the most that I read"):
        await fetch(slack, file)


async def test_what_comes_packed_is_refused_and_not_unpacked(slack, core) -> None:
    file, _ = await send(slack, core)
    slack.slack.api.download_headers = {"Content-Encoding": "gzip"}
    with pytest.raises(Undeliverable, match="packed"):
        await fetch(slack, file)


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("files.info", Wrong.TOO_MANY),
        ("files.info", Wrong.REFUSED),
        ("download", Wrong.TOO_MANY),
        ("download", Wrong.REFUSED),
        ("download", Wrong.CLOSED),
    ],
)
async def test_what_passes_is_tried_later_with_slacks_own_delay(slack, core, wrong, method) -> None:
    file, _ = await send(slack, core)
    slack.slack.faults.add(method, Fault(wrong=wrong, retry_after=30))
    with pytest.raises(TryLater) as later:
        await fetch(slack, file)
    if wrong is Wrong.TOO_MANY:
        assert later.value.after == timedelta(seconds=30)
    assert await fetch(slack, file) == CONTENT


async def test_another_companys_file_is_not_there(slack, core) -> None:
    file, _ = await send(slack, core)
    with pytest.raises(Undeliverable):
        await slack.platform.fetch(slack.tenant, replace(file, id="F0000000000"), into=io.BytesIO(), most=1000)
    with pytest.raises(Undeliverable):
        await slack.platform.fetch("T0OTHER", file, into=io.BytesIO(), most=1000)
