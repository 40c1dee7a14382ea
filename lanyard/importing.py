"""`lanyard import`: files → job aids, with a table of what became of each."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from bot.store import Store
from knowledge.documents import SUFFIXES
from knowledge.job_aids import Fault, read
from knowledge.model import JobAid
from lanyard.converting import convert
from lanyard.folder import EVERY, Folder, Report

BATCH = 200  # aids a transaction: a broken import keeps what was done, and other writers get their turn


async def import_paths(store: Store, workspace: int, paths: Sequence[Path], *, console: Console) -> int:
    """Import, print a table, and return how many were refused. What was there before a bad file stays as it was."""
    outcomes: Counter[str] = Counter()
    with Progress(console=console, transient=True) as progress:
        aids, faults = _read_all(paths, progress)
        task = progress.add_task("Importing", total=len(aids))
        for start in range(0, len(aids), BATCH):
            async with store.transaction(workspace, now=datetime.now(UTC)) as tx:
                batch = aids[start : start + BATCH]
                outcomes.update(await tx.put_aids(batch, source="import"))
            progress.advance(task, len(batch))
    _show(console, "Imported", {word: outcomes[word] for word in ("added", "changed", "unchanged")}, faults)
    return len(faults)


async def follow(store: Store, workspace: int, path: Path, *, address: str, console: Console) -> None:
    """Follow a folder until Ctrl+C or SIGTERM, and print a table whenever something came of it."""
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    folder = Folder(store, workspace, path, address=address)
    console.print(f"Following {path}. Stop it with Ctrl+C.", markup=False, highlight=False, soft_wrap=True)
    shown: Report | None = None
    while not stopping.is_set():
        report = await folder.look()
        if report is not None and (report.changed() or shown is None or report.faults != shown.faults):
            words = ("added", "changed", "unchanged", "moved", "retired")
            _show(console, "Followed", {word: report.outcomes.get(word, 0) for word in words}, report.faults)
            shown = report
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY):
                await stopping.wait()
    await folder.let_go()


def _show(console: Console, title: str, counts: Mapping[str, int], faults: Sequence[Fault]) -> None:
    table = Table("", "job aids", title=title)
    for outcome, count in counts.items():
        table.add_row(outcome, str(count))
    table.add_row("refused", str(len(faults)), style="red" if faults else "")
    console.print(table)
    for fault in faults:
        console.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)


def _read_all(paths: Sequence[Path], progress: Progress) -> tuple[list[JobAid], list[Fault]]:
    """The aids of all paths, each key once. A file that is named twice, by itself or by its folder, is read once."""
    aids: list[JobAid] = []
    faults: list[Fault] = []
    seen: dict[str, Path] = {}
    task = progress.add_task("Reading", total=None)

    def converted(file: Path, name: str) -> Iterator[JobAid | Fault]:
        progress.update(task, description=f"Reading {escape(name)}")  # a manual takes seconds
        return convert(file, name)

    for path in _distinct(paths):
        root = path if path.is_dir() else path.parent
        for found in read(path, root=root, convert=converted, documents=SUFFIXES):
            if isinstance(found, Fault):
                faults.append(found)
            elif found.key in seen:
                problem = f"The key {found.key!r} is in {seen[found.key]} too."
                remedy = "Give one of the two a `key` of its own, or import the folder that holds both."
                faults.append(Fault(file=str(path), line=None, problem=problem, remedy=remedy))
            else:
                seen[found.key] = path
                aids.append(found)
                progress.advance(task)
    progress.remove_task(task)
    return aids, faults


def _distinct(paths: Sequence[Path]) -> list[Path]:
    kept: dict[Path, Path] = {path.resolve(): path for path in paths}
    return [path for real, path in kept.items() if not any(other in real.parents for other in kept)]
