"""The house as `lanyard serve` puts it together, with Slack by OAuth."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from lanyard.app import run
from lanyard.config import Settings
from lanyard.seal import new_key
from tests.install.conftest import KEY, Many


def settings(many: Many, folder: Path, key: str) -> Settings:
    given: dict[str, Any] = {
        "data_dir": folder,
        "database_url": many.database,
        "platforms": ("slack",),
        "url": many.url,
        "slack_client_id": many.slack.app.client_id,
        "slack_client_secret": many.slack.app.client_secret,
        "slack_signing_secret": many.slack.app.signing_secret,
        "slack_api_url": many.slack.api_url,
        "encryption_keys": (key,),
    }
    return Settings(_env_file=None, **given)  # type: ignore[call-arg]


@pytest.mark.parametrize("key", [KEY, new_key()], ids=["right", "wrong"])
async def test_a_start_with_a_wrong_key_says_so_and_serves_whom_it_can(
    many: Many, tmp_path: Path, written: io.StringIO, key: str
) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    async with run(settings(many, tmp_path, key)) as lanyard:
        routes = {route.resource.canonical for route in lanyard.app.router.routes() if route.resource}

    assert {"/slack/events", "/slack/install", "/slack/oauth_redirect"} <= routes
    assert ("tokens unreadable" in written.getvalue()) is (key != KEY)
    assert "tick.failed" not in written.getvalue()
