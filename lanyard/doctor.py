"""`lanyard doctor`: is this deployment well, and if not, what is wrong, in words."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import migrations
from bot.store import Lane, Store
from bot.store.pacing import lane_of
from lanyard.config import Settings, is_loopback, read_settings
from lanyard.doctor_slack import examine_slack
from lanyard.doctor_teams import examine_teams
from lanyard.model import Chosen, choose

LITTLE_SPACE = 500 * 1024 * 1024  # bytes
LATE = timedelta(minutes=5)
MOST_LINES = 20
NEEDED = {"database", "tables"}  # for whatever stands in them


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    subject: str
    well: bool
    text: str


async def examine() -> list[Finding]:
    """Raises SettingsError where the settings themselves are bad."""
    settings = read_settings()
    findings = [
        Finding(subject="settings", well=True, text=f"platforms: {', '.join(settings.platforms) or 'none'}"),
        _examine_data_dir(settings.data_dir),
    ]
    running = await _is_listened_on(settings)
    model = choose(settings)
    findings += await _examine_database(settings, model, running=running)
    if "teams" in settings.platforms:
        findings += [
            Finding(subject=one.subject, well=one.well, text=one.text)
            async for one in examine_teams(settings, running=running)
        ]
    if settings.folder is not None:
        findings.append(_examine_folder(settings.folder))
    findings.append(Finding(subject="search", well=model.well, text=model.text))
    findings.append(_examine_port(settings, running=running))
    return findings


def _examine_folder(folder: Path) -> Finding:
    if not folder.is_dir():
        text = (
            f"{folder} is no folder. Its job aids stay as they are until it is there; check LANYARD_FOLDER and mounts."
        )
        return Finding(subject="watched folder", well=False, text=text)
    if not os.access(folder, os.R_OK | os.X_OK):
        text = f"{folder} cannot be read by this user. Change its permissions."
        return Finding(subject="watched folder", well=False, text=text)
    return Finding(subject="watched folder", well=True, text=f"{folder} is followed")


def _examine_data_dir(folder: Path) -> Finding:
    nearest = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not nearest.is_dir():
        text = f"{nearest} is a file. Set LANYARD_DATA_DIR to a folder."
        return Finding(subject="data folder", well=False, text=text)
    if not os.access(nearest, os.W_OK):
        text = f"{nearest} cannot be written by this user. Change its owner, or set LANYARD_DATA_DIR."
        return Finding(subject="data folder", well=False, text=text)
    free = shutil.disk_usage(nearest).free
    if free < LITTLE_SPACE:
        text = f"{nearest} has only {free // 2**20} MB left. Make room, or set LANYARD_DATA_DIR."
        return Finding(subject="data folder", well=False, text=text)
    return Finding(subject="data folder", well=True, text=f"{folder} ({free // 2**30} GB free)")


async def _examine_database(settings: Settings, model: Chosen, *, running: bool) -> list[Finding]:
    try:
        store = Store(settings.database())
    except OSError as error:
        text = (
            f"its folder cannot be made: {error.strerror}: {error.filename}. Check DATABASE_URL and LANYARD_DATA_DIR."
        )
        return [Finding(subject="database", well=False, text=text)]
    try:
        findings = await _examine_store(store, model)
        if "slack" in settings.platforms and all(one.well for one in findings if one.subject in NEEDED):
            findings += [
                Finding(subject=one.subject, well=one.well, text=one.text)
                async for one in examine_slack(settings, store, running=running)
            ]
        return findings
    finally:
        await store.close()


async def _examine_store(store: Store, model: Chosen) -> list[Finding]:
    kind = store.database.url.get_backend_name()
    if not await store.is_alive():
        text = f"{kind} does not answer. Check DATABASE_URL, and that the server runs and lets this user in."
        return [Finding(subject="database", well=False, text=text)]
    at, head = await migrations.current(store.database.engine), migrations.head()
    findings = [Finding(subject="database", well=True, text=f"{kind} answers")]
    if at is not None and not migrations.knows(at):
        text = str(migrations.NewerDatabaseError(at))
        return [*findings, Finding(subject="tables", well=False, text=text)]
    if at != head:
        text = f"at revision {at or 'none'}, this Lanyard needs {head}. Run `lanyard db upgrade`, or start it."
        return [*findings, Finding(subject="tables", well=False, text=text)]
    findings.append(Finding(subject="tables", well=True, text=f"at revision {at}"))
    now = datetime.now(UTC)
    tenants = await store.tenants()
    for workspace in await store.workspaces():
        async with store.reading(workspace, now=now) as tx:
            record, aids, broken = await tx.workspace_record(), await tx.count_aids(), await tx.broken_audit_row()
            looked_after, known = bool(await tx.administrators()), bool(await tx.colleagues())
            pieces, unread = await tx.count_evidence(model.encoder.identity) if model.encoder else (0, 0)
        text = f"{aids} job aids; {', '.join(tenants.get(workspace, ())) or 'on no platform'}"
        findings.append(Finding(subject=f"workspace {record.name}", well=True, text=text))
        if not looked_after:
            text = "there is none: nobody can plan campaigns or give roles. `lanyard people give administrator E-MAIL`"
            findings.append(Finding(subject="administrator", well=not known, text=text))
        if unread:
            text = f"{unread:,} of {pieces:,} answers are still to be read by the language model, while Lanyard runs"
            findings.append(Finding(subject="experts", well=True, text=text))
        if broken is not None:
            text = f"row {broken} does not follow from the one before: somebody changed the log by hand."
            findings.append(Finding(subject="audit log", well=False, text=text))
    inbox, outbox = await store.inbox.pending(), await store.outbox.pending()
    findings.append(Finding(subject="queues", well=True, text=f"{inbox} to be worked, {outbox} to be sent"))
    findings += await _examine_outbox(store, now)
    return findings


async def _examine_outbox(store: Store, now: datetime) -> list[Finding]:
    """What waits and until when, a line each; answers that wait for long are no good sign."""
    findings = []
    for one in (await store.outbox.waiting())[:MOST_LINES]:
        held = f", held until {one.until:%H:%M:%S} UTC by the platform's pace" if one.until else ""
        late = lane_of(one.line) == Lane.ANSWER and one.until is None and now - one.since > LATE
        text = f"{one.messages} in {one.line}, the oldest from {one.since:%Y-%m-%d %H:%M:%S} UTC{held}"
        if late:
            text += ". Does Lanyard run, and does the platform answer? Its log says why a message was put off."
        findings.append(Finding(subject="waiting", well=not late, text=text))
    for bucket, until in (await store.outbox.paused()).items():
        text = f"{bucket} rests until {until:%H:%M:%S} UTC: the platform asked for it"
        findings.append(Finding(subject="pause", well=True, text=text))
    return findings


def _examine_port(settings: Settings, *, running: bool) -> Finding:
    where = f"{settings.host}:{settings.port}"
    if not is_loopback(settings.host):
        return Finding(subject="port", well=True, text=where)
    text = f"{where} is in use: Lanyard runs already?" if running else f"{where} is free"
    return Finding(subject="port", well=True, text=text)


async def _is_listened_on(settings: Settings) -> bool:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 — to call, not to listen
    try:
        async with asyncio.timeout(2):
            _, writer = await asyncio.open_connection(host, settings.port)
    except OSError:
        return False
    writer.close()
    return True
