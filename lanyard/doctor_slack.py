"""What the doctor looks at where Slack is connected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from adapters.slack.examining import NO_MESSAGES_TAB, Checked, examine
from adapters.slack.tokens import Installation
from bot.store import Store
from lanyard.config import Settings
from lanyard.installations import SLACK, unseal
from lanyard.seal import Seal, WrongKeyError

LATELY = timedelta(days=7)


async def examine_slack(settings: Settings, store: Store, *, running: bool) -> AsyncIterator[Checked]:
    installations = [Installation(tenant="", token=settings.slack_bot_token)] if settings.slack_bot_token else []
    if settings.slack_client_id:
        seal, unreadable, ended = Seal(settings.encryption_keys), [], 0
        for row in await store.installations.all(SLACK):
            if row.sealed is None:
                ended += 1
                continue
            try:
                installations.append(unseal(seal, row))
            except WrongKeyError:
                unreadable.append(row.tenant)
        if unreadable:
            text = (
                f"LANYARD_ENCRYPTION_KEYS opens no token of {', '.join(unreadable)}. Add the key by which they were "
                "encrypted, or let somebody install Lanyard there again."
            )
            yield Checked(subject="slack tokens", well=False, text=text)
        text = f"installed in {len(installations)}, removed from {ended}; people add it at {settings.url}/slack/install"
        yield Checked(subject="slack workspaces", well=True, text=text)
    async for checked in examine(
        installations,
        signing_secret=settings.slack_signing_secret,
        app_token=settings.slack_app_token,
        api_url=settings.slack_api_url,
        url=settings.url,
        now=datetime.now(UTC),
        running=running,
    ):
        yield checked
    yield await _examine_refusals(store)


async def _examine_refusals(store: Store) -> Checked:
    refused = await store.outbox.faults(SLACK, since=datetime.now(UTC) - LATELY)
    if not refused:
        return Checked(subject="slack refusals", well=True, text="no message was refused within a week")
    told = " ".join(f"{count}: {fault}" for fault, count in refused)
    tab_is_off = any(fault == NO_MESSAGES_TAB for fault, _ in refused)
    return Checked(subject="slack refusals", well=not tab_is_off, text=f"within a week – {told}")
