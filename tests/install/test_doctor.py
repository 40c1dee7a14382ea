"""`lanyard doctor` where Slack is connected: what it asks Slack, and what it says of it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from adapters.slack.permissions import bot_scopes
from bot.messages import Address, Card
from bot.store import Store
from bot.store.outbox import Ended
from lanyard.config import Settings
from lanyard.doctor import Finding, examine
from lanyard.seal import new_key
from tests.doubles.slack.double import Slack, Wrong, open_slack
from tests.install.conftest import KEY, Many

Doctor = Callable[..., Coroutine[Any, Any, dict[str, Finding]]]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_url: str) -> Doctor:
    """The doctor with these settings and no others; its findings by what they are of."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    monkeypatch.chdir(tmp_path)

    async def look(**given: str) -> dict[str, Finding]:
        with monkeypatch.context() as patch:
            for name, value in ({"LANYARD_PLATFORMS": "slack", "DATABASE_URL": empty_url} | given).items():
                patch.setenv(name, value)
            return {finding.subject: finding for finding in await examine()}

    return look


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    async with open_slack() as slack:
        slack.add_team("Copper Kettle")
        yield slack


def by_token(slack: Slack, token: str, **more: str) -> dict[str, str]:
    return {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": token, "SLACK_SIGNING_SECRET": "s"} | more


async def test_all_is_well_where_all_scopes_are_granted_and_no_other(slack: Slack, doctor: Doctor) -> None:
    one = slack.install(scopes=bot_scopes(pages=False))
    found = await doctor(**by_token(slack, one.token))

    assert found["slack Copper Kettle"].text == f"all {len(bot_scopes(pages=False))} scopes are granted, and no other"
    assert found["slack refusals"].text == "no message was refused within a week"
    assert all(finding.well for finding in found.values())


async def test_a_scope_that_is_missing_is_named_with_what_it_costs(slack: Slack, doctor: Doctor) -> None:
    one = slack.install(scopes=set(bot_scopes(pages=False)) - {"im:write"})
    found = (await doctor(**by_token(slack, one.token)))["slack Copper Kettle"]

    assert not found.well
    assert "what is lost by it: im:write (direct messages to people who have not written first" in found.text
    assert "lanyard slack manifest" in found.text


async def test_what_only_pages_need_is_missed_only_where_there_are_pages(slack: Slack, doctor: Doctor) -> None:
    one = slack.install(scopes=bot_scopes(pages=False))
    without = (await doctor(**by_token(slack, one.token)))["slack Copper Kettle"]
    with_pages = (await doctor(**by_token(slack, one.token, LANYARD_URL="https://a.example")))["slack Copper Kettle"]

    assert without.well
    assert not with_pages.well
    assert "links:read (job aids, shown where somebody writes their address)" in with_pages.text


async def test_a_scope_that_is_not_needed_is_named_and_harms_nothing(slack: Slack, doctor: Doctor) -> None:
    one = slack.install(scopes={*bot_scopes(pages=False), "pins:write", "identify"})
    found = (await doctor(**by_token(slack, one.token)))["slack Copper Kettle"]

    assert found.well
    assert "Granted, and not needed: pins:write." in found.text


async def test_a_wrong_token_is_told_and_not_shown(slack: Slack, doctor: Doctor) -> None:
    found = await doctor(**by_token(slack, "xoxb-hunter2"))

    assert found["slack"].text == "Slack does not accept Lanyard's token for this workspace."
    assert not found["slack"].well
    assert "hunter2" not in repr(found)


async def test_a_slack_that_does_not_answer_is_told(slack: Slack, doctor: Doctor) -> None:
    one = slack.install()
    slack.faults.add("auth.test", Wrong.REFUSED)

    assert (await doctor(**by_token(slack, one.token)))["slack"].text.startswith("not known just now: Slack answered")


async def test_the_token_of_a_whole_organisation_is_no_setting(slack: Slack, doctor: Doctor) -> None:
    enterprise = slack.add_enterprise("Starling Group")
    slack.add_team("Starling North", enterprise=enterprise)
    one = slack.install(enterprise)
    found = (await doctor(**by_token(slack, one.token)))["slack"]

    assert not found.well
    assert "Install by OAuth instead" in found.text


# ── Ways in ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_socket_is_tried(slack: Slack, doctor: Doctor) -> None:
    slack.app.socket_mode = True
    one = slack.install()
    settings = by_token(slack, one.token, SLACK_SIGNING_SECRET="", SLACK_APP_TOKEN=slack.app.app_token)
    assert (await doctor(**settings))["slack events"].text == "by Socket Mode: Slack opens a socket"

    wrong = await doctor(**settings | {"SLACK_APP_TOKEN": "xapp-1-hunter2"})
    assert "it does not know the token. SLACK_APP_TOKEN is the app-level token" in wrong["slack events"].text
    assert "hunter2" not in repr(wrong)
    assert not wrong["slack events"].well
    slack.app.socket_mode = False
    assert "Socket Mode is off." in (await doctor(**settings))["slack events"].text


async def test_the_public_address_is_tried_while_lanyard_runs(many: Many, doctor: Doctor) -> None:
    settings = {
        "SLACK_API_URL": many.slack.api_url,
        "SLACK_SIGNING_SECRET": many.slack.app.signing_secret,
        "SLACK_CLIENT_ID": many.slack.app.client_id,
        "SLACK_CLIENT_SECRET": many.slack.app.client_secret,
        "LANYARD_ENCRYPTION_KEYS": KEY,
        "LANYARD_URL": many.url,
    }
    port = str(urlsplit(many.url).port)
    right = await doctor(**settings, LANYARD_PORT=port)
    assert "leads here, and takes only what Slack signed" in right["slack events"].text

    elsewhere = await doctor(**settings | {"LANYARD_URL": many.slack.address}, LANYARD_PORT=port)
    assert "Does the proxy lead it here" in elsewhere["slack events"].text
    assert not elsewhere["slack events"].well
    nowhere = await doctor(**settings | {"LANYARD_URL": "http://127.0.0.1:1"}, LANYARD_PORT=port)
    assert "cannot be reached from here" in nowhere["slack events"].text
    assert not nowhere["slack events"].well
    idle = await doctor(**settings, LANYARD_PORT="1")
    assert "tried while Lanyard is running" in idle["slack events"].text


# ── Many ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_each_workspace_is_looked_at_and_those_that_no_key_opens_are_named(
    many: Many, doctor: Doctor, written: io.StringIO
) -> None:
    gone, (amara,) = many.add("Copper Kettle", "amara")
    lamp, (bo,) = many.add("Blue Lamp", "bo")
    await many.install(amara)
    await many.install(bo)
    await many.slack.uninstall(gone)
    settings = {
        "SLACK_API_URL": many.slack.api_url,
        "SLACK_SIGNING_SECRET": many.slack.app.signing_secret,
        "SLACK_CLIENT_ID": many.slack.app.client_id,
        "SLACK_CLIENT_SECRET": many.slack.app.client_secret,
        "LANYARD_URL": many.url,
        "LANYARD_PORT": "1",
    }
    found = await doctor(**settings, LANYARD_ENCRYPTION_KEYS=KEY)
    assert found["slack workspaces"].text.startswith("installed in 1, removed from 1;")
    assert found["slack Blue Lamp"].text == f"all {len(bot_scopes(pages=True))} scopes are granted, and no other"

    wrong = await doctor(**settings, LANYARD_ENCRYPTION_KEYS=new_key())
    assert f"opens no token of {lamp.id}" in wrong["slack tokens"].text
    assert not wrong["slack tokens"].well

    await many.slack.advance(12 * 3600 + 1)
    late = (await doctor(**settings, LANYARD_ENCRYPTION_KEYS=KEY))[f"slack {lamp.id}"]
    assert "its token has run out" in late.text
    assert not late.well
    assert [secret for secret in many.secrets() if secret in repr(found) + repr(late) + written.getvalue()] == []


async def test_a_messages_tab_that_is_off_shows_in_what_was_refused(
    slack: Slack, doctor: Doctor, empty_url: str
) -> None:
    one = slack.install(scopes=bot_scopes(pages=True))
    store = Store(empty_url)
    now = store.outbox.wall()
    workspace, _ = await store.found_workspace("slack", slack.team.id, name="Copper Kettle", now=now)
    reasons = {
        "U1": "The app's messages tab is off: turn it on in Slack's settings of the app.",
        "U2": "Slack knows no such person.",
        "U3": "Slack knows no such person.",
    }
    for person, reason in reasons.items():
        async with store.transaction(workspace, now=now) as tx:
            await tx.send(Address(platform="slack", tenant=slack.team.id, person=person), Card(summary="hello"))
        (row,) = (await store.outbox.claim(lease=person, limit=1)).rows
        await store.outbox.claim(lease="", limit=0, results=[Ended(row=row, status="dead", fault=reason)])
    found = (await doctor(**by_token(slack, one.token)))["slack refusals"]
    await store.close()

    assert found.text == (
        "within a week – 2: Slack knows no such person. "
        "1: The app's messages tab is off: turn it on in Slack's settings of the app."
    )
    assert not found.well
