"""`lanyard teams package`, and what the doctor says of Teams."""

from __future__ import annotations

import json
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from adapters.teams import PUBLIC, Cloud, Secret
from adapters.teams.examining import examine
from lanyard import cli
from lanyard.commands.common import Refusal
from lanyard.config import Settings, SettingsError
from tests.doubles.slack.clock import Clock
from tests.doubles.teams.double import Teams

APP = "2a9c4a4e-0d3b-4c59-9e0b-7e1b5b9b7c11"
URL = "https://lanyard.example.com"


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of its own, with the settings of a registered bot."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANYARD_URL", URL)
    monkeypatch.setenv("MICROSOFT_APP_ID", APP)
    return tmp_path


def package(*options: str) -> Any:
    return CliRunner().invoke(cli.app, ["teams", "package", *options])


def test_the_package_is_written_for_the_configured_bot_and_address(settled: Path) -> None:
    ended = package("--read-channels", "--publisher", "Larkspur L&D", "--privacy", "https://intranet.example/privacy")
    assert ended.exit_code == 0, ended.output
    with zipfile.ZipFile(settled / "lanyard-teams.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["bots"][0]["botId"] == APP
    assert manifest["developer"] == {
        "name": "Larkspur L&D",
        "websiteUrl": URL,
        "privacyUrl": "https://intranet.example/privacy",
        "termsOfUseUrl": URL,
    }
    assert manifest["authorization"]["permissions"]["resourceSpecific"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MICROSOFT_APP_ID", "lanyard", "MICROSOFT_APP_ID is 'lanyard'"),
        ("LANYARD_URL", "", "LANYARD_URL is ''"),
        ("LANYARD_URL", "http://lanyard.example.com", "https"),
        ("LANYARD_URL", "http://127.0.0.1:3978", "Teams calls only https"),
    ],
)
def test_a_setting_that_teams_would_refuse_is_named_and_nothing_is_written(
    settled: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    ended = package()
    assert isinstance(ended.exception, Refusal | SettingsError)
    assert sentence in str(ended.exception)
    assert not (settled / "lanyard-teams.zip").exists()


def test_a_file_that_cannot_be_written_is_named(settled: Path) -> None:
    ended = package("--output", str(settled / "nowhere" / "app.zip"))
    assert isinstance(ended.exception, Refusal)
    assert "nowhere/app.zip cannot be written" in str(ended.exception)


# ── The doctor ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def teams() -> AsyncIterator[Teams]:
    double = Teams(Clock(running=True))
    await double.start()
    yield double
    await double.stop()


def cloud_at(teams: Teams) -> Cloud:
    return replace(
        PUBLIC,
        metadata_url=teams.environment()["TEAMS_METADATA_URL"],
        service_url=teams.connector.service_url,
        hosts=("127.0.0.1",),
    )


async def findings(teams: Teams, **changed: Any) -> dict[str, tuple[bool, str]]:
    token_url = f"{teams.address}/{teams.tenant}/oauth2/v2.0/token"
    given: dict[str, Any] = {
        "app_id": teams.app.id,
        "proof": Secret(app_id=teams.app.id, secret=teams.app.secret, token_url=token_url, scope=PUBLIC.scope),
        "cloud": cloud_at(teams),
        "url": URL,
        "version": "1.2.3",
        "running": False,
    }
    return {one.subject: (one.well, one.text) async for one in examine(**given | changed)}


async def test_the_doctor_finds_a_registered_bot_well(teams: Teams) -> None:
    found = await findings(teams)
    assert list(found) == [
        "teams bot",
        "teams sending",
        "teams receiving",
        "teams hosts",
        "teams endpoint",
        "teams package",
    ]
    assert {subject: text for subject, (well, text) in found.items() if not well} == {}


async def test_the_doctor_says_that_a_secret_is_wrong_and_shows_nothing_of_it(teams: Teams) -> None:
    token_url = f"{teams.address}/{teams.tenant}/oauth2/v2.0/token"
    proof = Secret(app_id=teams.app.id, secret="wrong-secret", token_url=token_url, scope=PUBLIC.scope)
    found = await findings(teams, proof=proof)
    well, text = found["teams sending"]
    assert not well
    assert "MICROSOFT_APP_PASSWORD" in text
    assert "wrong-secret" not in str(found)


@pytest.mark.parametrize(
    ("changed", "subject", "words"),
    [
        ({"app_id": "lanyard"}, "teams bot", "is no app id"),
        ({"url": ""}, "teams endpoint", "LANYARD_URL is empty"),
        ({"url": "http://lanyard.example.com"}, "teams endpoint", "no public https address"),
        ({"url": "https://127.0.0.1"}, "teams endpoint", "no public https address"),
        ({"url": "https://lanyard"}, "teams endpoint", "no public https address"),
        ({"url": "http://lanyard.example.com"}, "teams package", "Teams calls only https"),
    ],
)
async def test_the_doctor_names_a_setting_that_teams_cannot_work_with(
    teams: Teams, changed: dict[str, Any], subject: str, words: str
) -> None:
    well, text = (await findings(teams, **changed))[subject]
    assert not well
    assert words in text


async def test_the_doctor_says_that_keys_cannot_be_fetched_and_that_the_token_may_go_nowhere(teams: Teams) -> None:
    cloud = replace(cloud_at(teams), metadata_url=f"{teams.address}/nothing", hosts=("smba.example.com",))
    found = await findings(teams, cloud=cloud)
    assert not found["teams receiving"][0]
    assert not found["teams hosts"][0]
    assert "TEAMS_SERVICE_HOSTS" in found["teams hosts"][1]


async def test_without_a_registration_there_is_nothing_more_to_look_at(teams: Teams) -> None:
    assert list(await findings(teams, app_id="", proof=None)) == ["teams"]
