"""A watched folder, or a Git checkout, as the source of truth: job aids follow its files.

The folder is looked at every few seconds: that works on every file system, network drives and volumes of containers
among them, where events do not. A file is taken once it was the same in two looks, so that none is taken half-written,
and gone once it was missing in two. One replica at a time follows it, by lease.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import structlog

from bot.journeys.capturing import correct_answers
from bot.store import UNREACHABLE, Store
from bot.store.folders import ConflictError
from knowledge.documents import SUFFIXES
from knowledge.job_aids import ROWS, Fault, read
from knowledge.model import JobAid
from lanyard.config import Settings
from lanyard.converting import convert

log = structlog.get_logger(__name__)

EVERY = 3.0  # seconds between two looks
LASTING = timedelta(seconds=60)
BATCH = 50  # aids a transaction
Stamp = tuple[int, int]  # size and time of change: who writes a file changes one of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one look brought. `faults` are all that stand now, not the new ones alone."""

    outcomes: Mapping[str, int]
    faults: Sequence[Fault]

    def changed(self) -> bool:
        return any(count for outcome, count in self.outcomes.items() if outcome != "unchanged")


@dataclass(slots=True)
class _Seen:
    before: dict[str, Stamp] = field(default_factory=dict)  # by the last look
    taken: dict[str, Stamp] = field(default_factory=dict)  # as it was read last
    found: dict[str, list[JobAid | Fault]] = field(default_factory=dict)  # what was in it
    put: dict[str, tuple[JobAid, str]] = field(default_factory=dict)  # what the store was given last, by key
    empty: bool = False


class Folder:
    """`address` is where the files can be edited, for people to be led there: their paths are put behind it."""

    def __init__(self, store: Store, workspace: int, path: Path, *, address: str = "") -> None:
        self._store = store
        self._workspace = workspace
        self._path = path
        self._address = address
        self._holder = store.new_id()
        self._held_until: datetime | None = None
        self._seen = _Seen()
        self._told: set[str] = set()

    async def work(self, stopping: asyncio.Event) -> None:
        """Until it stops: follow the folder."""
        try:
            while not stopping.is_set():
                try:
                    await self.look()
                except UNREACHABLE as error:
                    log.warning("folder not followed", fault=type(error).__name__)
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY):
                        await stopping.wait()
        finally:
            with suppress(*UNREACHABLE):
                await self.let_go()

    async def look(self) -> Report | None:
        """One look; what it brought, or None where nothing has come to rest since the last, or another follows it."""
        seen = self._seen
        now = await asyncio.to_thread(_scan, self._path)
        if not now and (seen.taken or not self._path.is_dir()):
            # An unmounted drive looks like a folder from which everything was removed.
            if not seen.empty:
                log.warning("folder is empty or away; its job aids stay as they are", folder=str(self._path))
            seen.empty, seen.before = True, {}
            return None
        seen.empty = False
        settled = {name: stamp for name, stamp in now.items() if seen.before.get(name) == stamp}
        moving = now.keys() - settled.keys()
        gone = seen.taken.keys() - now.keys() - seen.before.keys()
        first = not seen.before
        seen.before = now
        if first or (not gone and all(seen.taken.get(name) == stamp for name, stamp in settled.items())):
            return None
        if not await self._hold():
            return None
        for name in gone:
            del seen.taken[name], seen.found[name]
        for name, stamp in settled.items():
            if seen.taken.get(name) != stamp:
                seen.found[name] = await asyncio.to_thread(self._read, name)
                seen.taken[name] = stamp
        return await self._follow(moving)

    async def let_go(self) -> None:
        async with self._store.transaction(self._workspace, now=datetime.now(UTC)) as tx:
            await tx.give_lease_back(self._lease(), holder=self._holder)
        self._held_until = None

    # ── inside ──

    def _lease(self) -> str:
        return f"folder:{self._workspace}"

    async def _hold(self) -> bool:
        now = datetime.now(UTC)
        if self._held_until is not None and now < self._held_until - LASTING / 2:
            return True
        async with self._store.transaction(self._workspace, now=now) as tx:
            held = await tx.take_lease(self._lease(), holder=self._holder, lasting=LASTING)
        if not held and self._held_until is not None:
            self._seen = _Seen()  # somebody else followed it meanwhile
        self._held_until = now + LASTING if held else None
        return held

    def _read(self, name: str) -> list[JobAid | Fault]:
        return list(read(self._path / name, root=self._path, convert=convert, documents=SUFFIXES))

    def _origin(self, name: str) -> str:
        return f"{self._address.rstrip('/')}/{quote(name)}" if self._address else name

    async def _follow(self, moving: Iterable[str]) -> Report:
        """Bring the store in line with what was read."""
        seen = self._seen
        wanted: dict[str, tuple[JobAid, str]] = {}
        faults: list[Fault] = []
        untouched = {self._origin(name) for name in moving}  # they keep what they said last
        for name, found in sorted(seen.found.items()):
            origin = self._origin(name)
            for one in found:
                if isinstance(one, Fault):
                    faults.append(one)
                    untouched.add(origin)
                elif one.key in wanted:
                    remedy = "Give one of the two a `key` of its own."
                    problem = f"The key {one.key!r} is in {wanted[one.key][1]} too."
                    faults.append(Fault(file=name, line=None, problem=problem, remedy=remedy))
                else:
                    wanted[one.key] = (one, origin)
        outcomes = Counter(await self._remove(wanted, untouched))
        fresh = [one for key, one in wanted.items() if seen.put.get(key) != one]
        for start in range(0, len(fresh), BATCH):
            done, refused = await self._put(fresh[start : start + BATCH])
            outcomes.update(done)
            faults += refused
        self._tell(outcomes, faults)
        return Report(outcomes=outcomes, faults=faults)

    async def _remove(self, wanted: Mapping[str, tuple[JobAid, str]], untouched: set[str]) -> list[str]:
        """Retire what has no file any more; what says the same under another name was moved."""
        outcomes: list[str] = []
        async with self._store.transaction(self._workspace, now=datetime.now(UTC)) as tx:
            known = await tx.kept_in_files()
            left = [key for key, origin in known.items() if key not in wanted and origin not in untouched]
            if not left:
                return []
            by_words = dict(await tx.keys_of_words(left))
            for key, (aid, origin) in wanted.items():
                former = by_words.get((aid.title, aid.body)) if key not in known else None
                if former in left and await tx.find_by_key(key) is None:
                    await tx.move_file(former, to=key, origin=origin)
                    left.remove(former)
                    outcomes.append("moved")
            for retired in await tx.retire_without_file(left):
                await correct_answers(tx, retired)
                outcomes.append("retired")
        for key in left:
            self._seen.put.pop(key, None)
        return outcomes

    async def _put(self, aids: Sequence[tuple[JobAid, str]]) -> tuple[list[str], list[Fault]]:
        outcomes: list[str] = []
        faults: list[Fault] = []
        async with self._store.transaction(self._workspace, now=datetime.now(UTC)) as tx:
            for aid, origin in aids:
                try:
                    outcome = await tx.put_from_file(aid, origin=origin)
                except ConflictError as conflict:
                    problem, _, remedy = str(conflict).partition(". ")
                    faults.append(Fault(file=origin, line=None, problem=f"{problem}.", remedy=remedy))
                    continue
                outcomes.append(outcome)
                if outcome == "changed":
                    await correct_answers(tx, await tx.aid_by_key(aid.key))
        refused = {fault.file for fault in faults}
        self._seen.put.update({one[0].key: one for one in aids if one[1] not in refused})
        return outcomes, faults

    def _tell(self, outcomes: Mapping[str, int], faults: Sequence[Fault]) -> None:
        """Each fault once, as long as it stands."""
        said = {str(fault) for fault in faults}
        for fault in sorted(said - self._told):
            log.warning("file refused", fault=fault)
        self._told = said
        log.info("folder followed", refused=len(faults), **outcomes)


async def follow_folder(store: Store, settings: Settings, stopping: asyncio.Event) -> None:
    """Follow the folder of the settings, as soon as the workspace is known that it belongs to."""
    assert settings.folder is not None
    while not stopping.is_set():
        workspace = await _find_workspace(store, settings.folder_workspace)
        if workspace is not None:
            folder = Folder(store, workspace, settings.folder, address=settings.folder_url)
            await folder.work(stopping)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                await stopping.wait()


async def _find_workspace(store: Store, named: str) -> int | None:
    try:
        if named:
            platform, _, tenant = named.partition("/")
            return await store.workspace_of(platform, tenant)
        known = await store.workspaces()
    except UNREACHABLE:
        return None
    if len(known) > 1:
        log.warning("folder not followed: there are several workspaces", remedy="Name one in LANYARD_FOLDER_WORKSPACE.")
    return known[0] if len(known) == 1 else None


def _scan(path: Path) -> dict[str, Stamp]:
    """Our own files and the documents in a folder and its folders; hidden ones, such as Git's own, are passed over."""
    found: dict[str, Stamp] = {}
    known, inside = ROWS | SUFFIXES.keys(), path.resolve()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        with suppress(OSError), os.scandir(path / below) as entries:  # it may go while we look
            for entry in entries:
                if entry.name.startswith((".", "~$")):
                    continue
                name = f"{below}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(f"{name}/")
                elif Path(entry.name).suffix.lower() in known and _is_inside(entry, inside):
                    told = entry.stat()
                    found[name] = (told.st_size, told.st_mtime_ns)
    return found


def _is_inside(entry: os.DirEntry[str], folder: Path) -> bool:
    """Whether it is a file, and no link that leads to something else of this machine."""
    if not entry.is_symlink():
        return entry.is_file()
    return entry.is_file() and Path(entry.path).resolve().is_relative_to(folder)
