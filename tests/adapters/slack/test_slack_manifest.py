"""The manifest: what Slack's own schema takes, and no word in it that leads nowhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from adapters.slack.manifest import build_manifest
from adapters.slack.permissions import bot_scopes
from bot.journeys import COMMANDS, PRESSES

SCHEMAS = Path(os.environ.get("SCHEMAS_DIR") or Path(__file__).parents[4] / "shared" / "schemas")
SCHEMA = SCHEMAS / "slack-manifest-2.0.0.json"
URL = "https://lanyard.example.com"

WAYS: dict[str, dict[str, Any]] = {
    "socket": {"socket": True},
    "http": {"socket": False, "url": URL},
    "many": {"socket": False, "url": URL, "many": True},
    "many by socket": {"socket": True, "url": URL, "many": True},
}


@pytest.mark.skipif(not SCHEMA.exists(), reason="slack-manifest-2.0.0.json is not here")
@pytest.mark.parametrize("way", WAYS)
def test_slacks_own_schema_takes_it(way: str) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(build_manifest(**WAYS[way]))]

    assert faults == []


def test_socket_mode_names_no_address() -> None:
    manifest = build_manifest(socket=True)

    assert "http" not in json.dumps(manifest)
    assert manifest["settings"]["socket_mode_enabled"] is True


def test_over_http_everything_comes_to_the_one_address() -> None:
    manifest = build_manifest(socket=False, url=URL)
    addresses = {command["url"] for command in manifest["features"]["slash_commands"]}
    addresses |= {manifest["settings"][part]["request_url"] for part in ("event_subscriptions", "interactivity")}

    assert addresses == {f"{URL}/slack/events"}
    assert manifest["settings"]["socket_mode_enabled"] is False
    assert "redirect_urls" not in manifest["oauth_config"]


def test_many_workspaces_come_back_to_lanyard_and_have_tokens_that_end() -> None:
    manifest = build_manifest(**WAYS["many"])

    assert manifest["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert manifest["settings"]["token_rotation_enabled"] is True
    assert manifest["settings"]["org_deploy_enabled"] is True
    # A token of the settings cannot be renewed.
    assert build_manifest(**WAYS["http"])["settings"]["token_rotation_enabled"] is False


@pytest.mark.parametrize("way", WAYS)
def test_the_scopes_are_those_of_the_table(way: str) -> None:
    manifest = build_manifest(**WAYS[way])

    assert manifest["oauth_config"]["scopes"] == {"bot": list(bot_scopes(pages="url" in WAYS[way]))}


def test_slack_tells_of_addresses_only_where_there_are_pages() -> None:
    with_pages, without = build_manifest(socket=False, url=f"{URL}:8443"), build_manifest(socket=True)

    assert with_pages["features"]["unfurl_domains"] == ["lanyard.example.com"]
    assert "link_shared" in with_pages["settings"]["event_subscriptions"]["bot_events"]
    assert "unfurl_domains" not in without["features"]
    assert "link" not in json.dumps([without["settings"], without["oauth_config"]])


def test_every_command_and_shortcut_leads_to_a_journey() -> None:
    features = build_manifest(socket=True)["features"]

    assert [word for word in features["slash_commands"] if word["command"].removeprefix("/") not in COMMANDS] == []
    for shortcut in features["shortcuts"]:
        name = shortcut["callback_id"]
        assert name == "ask_about" or name in (COMMANDS if shortcut["type"] == "global" else PRESSES), name


@pytest.mark.parametrize("way", [{"socket": False}, {"socket": True, "many": True}])
def test_without_the_address_that_it_needs_there_is_none(way: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="public address"):
        build_manifest(**way)
