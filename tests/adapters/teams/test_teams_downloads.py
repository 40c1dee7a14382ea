"""Files that people send on Teams: fetched from Microsoft's places for files alone, and without a token."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters import fetching
from adapters.teams import CLOUDS, PUBLIC
from adapters.teams.downloads import ELSEWHERE
from adapters.teams.shapes import Attachment
from bot.messages import File, Said, TryLater, Undeliverable
from tests.adapters.harness import Core
from tests.adapters.teams.harness import TeamsHarness, open_harness
from tests.doubles.slack.faults import Fault, Wrong

CONTENT = b"%PDF-1.7 and so on"
INFO = "application/vnd.microsoft.teams.file.download.info"


@pytest.fixture
async def teams(tmp_path, core) -> AsyncIterator[TeamsHarness]:
    async with open_harness(tmp_path, core) as harness:
        yield harness


async def send(teams: TeamsHarness, core: Core) -> File:
    await teams.send_file(teams.alice, "manual.pdf", CONTENT)
    said = core.received[-1]
    assert isinstance(said, Said)
    (file,) = said.files
    return file


async def fetch(teams: TeamsHarness, file: File) -> bytes:
    into = io.BytesIO()
    await teams.platform.fetch(teams.tenant, file, into=into, most=1000)
    return into.getvalue()


async def test_no_token_goes_along(teams, core) -> None:
    file = await send(teams, core)
    assert await fetch(teams, file) == CONTENT
    (asked,) = teams.teams.calls_of("download")
    assert asked.authorization == ""


async def test_an_address_that_has_run_out_is_told_with_what_to_do(teams, core) -> None:
    file = await send(teams, core)
    teams.teams.world.files.clear()
    with pytest.raises(Undeliverable, match="Send it again"):
        await fetch(teams, file)


async def test_the_address_is_shown_nowhere(teams, core) -> None:
    file = await send(teams, core)
    assert "tempauth" in file.source
    assert "tempauth" not in repr(file)


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("https://contoso.sharepoint.com/_layouts/15/download.aspx?UniqueId=1&tempauth=x", True),
        ("https://contoso-my.sharepoint.com/personal/a?tempauth=x", True),
        ("http://contoso.sharepoint.com/a", False),
        ("https://sharepoint.com.evil.example/a", False),
        ("https://evilsharepoint.com/a", False),
        ("https://contoso.sharepoint.com@evil.example/a", False),
        ("https://169.254.169.254/latest/meta-data", False),
        ("https://127.0.0.1/a", False),
        ("https://[::1]/a", False),
        ("https://localhost/a", False),
        ("file:///etc/passwd", False),
        ("https://contoso.sharepoint.com:port/a", False),
        ("", False),
    ],
)
async def test_only_microsofts_places_for_files_are_asked(url: str, ours: bool) -> None:
    assert PUBLIC.keeps_files_at(url) is ours


def test_each_cloud_has_its_own_places() -> None:
    assert CLOUDS["gcc-high"].keeps_files_at("https://contoso.sharepoint.us/a")
    assert not CLOUDS["gcc-high"].keeps_files_at("https://contoso.sharepoint.com/a")


async def test_an_address_elsewhere_is_not_asked(teams, core) -> None:
    file = await send(teams, core)
    for forged in ("http://127.0.0.2/x", "https://evil.example/x", file.source.replace("127.0.0.1", "localhost")):
        with pytest.raises(Undeliverable) as told:
            await fetch(teams, replace(file, source=forged))
        assert str(told.value) == ELSEWHERE


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("52.108.0.1", True),
        ("2603:1063::1", True),
        ("10.0.0.5", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("0.0.0.0", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.5", False),
    ],
)
def test_a_name_that_is_answered_with_an_address_of_ones_own_network_is_not_followed(
    address: str, public: bool
) -> None:
    assert fetching.is_public(address) is public


async def test_a_name_for_this_very_machine_is_refused_as_private() -> None:
    with pytest.raises(Undeliverable, match="private network"):
        await fetching.fetch("https://localhost:1/x", into=io.BytesIO(), most=9, gone="Gone.", public=True)


async def test_a_redirect_is_not_followed(teams, core) -> None:
    asked: list[str] = []

    async def note(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=CONTENT)

    app = web.Application()
    app.router.add_get("/{rest:.*}", note)
    file = await send(teams, core)
    async with TestServer(app) as server:
        teams.teams.connector.download_headers = {"Location": str(server.make_url("/x"))}
        for status in (301, 302, 307):
            teams.teams.faults.add("download", Fault(wrong=Wrong.REFUSED, status=status))
            with pytest.raises(Undeliverable, match="leads to another"):
                await fetch(teams, file)
    assert asked == []


async def test_what_passes_is_tried_later_with_the_delay_that_was_asked_for(teams, core) -> None:
    file = await send(teams, core)
    teams.teams.faults.add("download", Fault(wrong=Wrong.TOO_MANY, retry_after=20), Fault(wrong=Wrong.REFUSED))
    with pytest.raises(TryLater) as later:
        await fetch(teams, file)
    assert later.value.after == timedelta(seconds=20)
    with pytest.raises(TryLater):
        await fetch(teams, file)
    assert await fetch(teams, file) == CONTENT


@pytest.mark.parametrize(
    ("content", "known"),
    [
        ({"downloadUrl": "https://a.sharepoint.com/x", "uniqueId": "7"}, ("7", "https://a.sharepoint.com/x")),
        ({"downloadUrl": "https://a.sharepoint.com/x"}, ("https://a.sharepoint.com/x", "https://a.sharepoint.com/x")),
        ({"downloadUrl": "https://a/x", "uniqueId": {"$ne": 1}}, ("https://a/x", "https://a/x")),
        ({"downloadUrl": "x" * 5000}, None),
        ({"downloadUrl": 7}, None),
        ({}, None),
        ("no object", None),
        (None, None),
    ],
)
def test_what_an_attachment_says_is_taken_as_far_as_it_has_a_shape(content: object, known: object) -> None:
    assert Attachment(content_type=INFO, content=content, name="a.pdf").download == known


def test_the_end_of_a_long_name_stays() -> None:
    name = Attachment(content_type=INFO, name="x" * 10_000 + ".docx").file
    assert name is not None
    assert (len(name), name[-5:]) == (200, ".docx")


async def test_a_file_in_a_channel_is_not_told_of(teams, core) -> None:
    hands = teams.teams.user(teams.alice)
    await hands.says(teams.open_channel, "look", mention=True, files={"manual.pdf": CONTENT})
    said = core.received[-1]
    assert isinstance(said, Said)
    assert said.files == ()
