from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from adapters.teams.icons.draw import draw_all
from adapters.teams.manifest import Publisher, build_manifest, build_package
from tests.adapters.teams.schema import validator

APP = "2A9C4A4E-0D3B-4C59-9E0B-7E1B5B9B7C11"
URL = "https://lanyard.example.com"
HOME = Publisher(website=URL, privacy=f"{URL}/privacy", terms=f"{URL}/terms")
UNSAFE = Publisher(website=URL, privacy="http://a.example", terms=URL)


def manifest(**more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"app_id": APP, "url": URL, "version": "1.2.3", "publisher": HOME} | more
    return build_manifest(**given)


def size_of(png: bytes) -> tuple[int, int, int, int]:
    """Width, height, bits, kind of colour (6 has an alpha channel)."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, bits, kind = struct.unpack(">IIBB", png[16:26])
    return width, height, bits, kind


@pytest.mark.parametrize("read_channels", [False, True])
def test_the_manifest_is_valid_against_teams_own_schema(read_channels: bool) -> None:
    checked = validator("teams-manifest-1.29.json")
    if checked is None:
        pytest.skip("needs teams-manifest-1.29.json in SCHEMAS_DIR")
    assert [error.message for error in checked.iter_errors(manifest(read_channels=read_channels))] == []


def test_the_manifest_names_the_bot_its_commands_and_its_address() -> None:
    given = manifest()
    assert given["id"] == given["bots"][0]["botId"] == given["composeExtensions"][0]["botId"] == APP.lower()
    lists = {tuple(one["scopes"]): [c["title"] for c in one["commands"]] for one in given["bots"][0]["commandLists"]}
    assert lists == {
        ("personal",): ["ask", "nudge", "help", "topics", "settings", "home", "open"],
        ("team", "groupChat"): ["ask", "nudge", "help"],
    }
    assert [(one["id"], one["type"]) for one in given["composeExtensions"][0]["commands"]] == [
        ("search_aids", "query"),
        ("ask_about", "action"),
        ("save_as_aid", "action"),
    ]
    assert given["validDomains"] == ["lanyard.example.com"]
    links = {"type": "link", "value": {"domains": ["lanyard.example.com"]}}
    assert given["composeExtensions"][0]["messageHandlers"] == [links]


def test_channels_are_read_only_where_that_was_asked_for() -> None:
    assert "authorization" not in manifest()
    assert "webApplicationInfo" not in manifest()
    asked = manifest(read_channels=True)
    names = [one["name"] for one in asked["authorization"]["permissions"]["resourceSpecific"]]
    assert names == ["ChannelMessage.Read.Group", "ChatMessage.Read.Chat"]
    assert asked["webApplicationInfo"]["id"] == APP.lower()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"app_id": "lanyard"}, "MICROSOFT_APP_ID is 'lanyard'"),
        ({"app_id": ""}, "MICROSOFT_APP_ID is ''"),
        ({"url": "http://lanyard.example.com"}, "LANYARD_URL is 'http://lanyard.example.com': Teams calls only https"),
        ({"url": ""}, "LANYARD_URL is ''"),
        ({"version": "next"}, "'next' does not begin with three numbers"),
        ({"publisher": Publisher(name="x" * 33, website=URL, privacy=URL, terms=URL)}, "has 33 characters"),
        (
            {"publisher": Publisher(website=URL, privacy="http://a.example", terms=URL)},
            "'http://a.example' is not over",
        ),
    ],
)
def test_what_teams_would_refuse_is_refused_by_name(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        manifest(**wrong)


@pytest.mark.parametrize("version", ["0.1.0", "1.2.3.dev4+local", "2.0.1rc1"])
def test_the_version_is_the_installed_one_as_teams_takes_it(version: str) -> None:
    assert version.startswith(manifest(version=version)["version"])
    assert manifest(version=version)["version"].count(".") == 2


def test_the_package_holds_the_manifest_and_both_icons_and_is_the_same_each_time() -> None:
    package = build_package(manifest())
    assert package == build_package(manifest())
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert sorted(archive.namelist()) == ["color.png", "manifest.json", "outline.png"]
        assert json.loads(archive.read("manifest.json")) == manifest()
        assert size_of(archive.read("color.png"))[:2] == (192, 192)
        assert size_of(archive.read("outline.png")) == (32, 32, 8, 6)


def test_the_icons_are_what_their_script_draws(tmp_path: Path) -> None:
    """Not to the byte: that depends on the version of the library that draws."""
    draw_all(tmp_path)
    for name in ("color.png", "outline.png"):
        drawn, kept = Image.open(tmp_path / name), Image.open(Path("adapters/teams/icons") / name)
        assert (drawn.size, drawn.mode) == (kept.size, kept.mode)
        pixels = zip(drawn.tobytes(), kept.tobytes(), strict=True)
        assert sum(abs(a - b) > 40 for a, b in pixels) < 200


def test_the_outline_is_white_on_nothing() -> None:
    data = Image.open(Path("adapters/teams/icons/outline.png")).convert("RGBA").tobytes()
    pixels = [data[at : at + 4] for at in range(0, len(data), 4)]
    assert {pixel[:3] for pixel in pixels if pixel[3]} == {b"\xff\xff\xff"}
    assert pixels[0][3] == 0
