"""`lanyard import`: files → job aids, with a table of what became of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bot.store import Store
from knowledge.job_aids import Fault, read
from knowledge.model import JobAid

BATCH = 200  # aids a transaction: a broken import keeps what was done, and other writers get their turn


async def import_paths(store: Store, workspace: int, paths: Sequence[Path], *, console: Console) -> int:
    """Import, print a table, and return how many were refused. What was there before a bad file stays as it was."""
    aids: list[JobAid] = []
    faults: list[Fault] = []
    seen: dict[str, Path] = {}
    for path in paths:
        root = path if path.is_dir() else path.parent
        for found in read(path, root=root):
            if isinstance(found, Fault):
                faults.append(found)
            elif found.key in seen and seen[found.key] != path:
                problem = f"the key {found.key!r} is in {seen[found.key]} too"
                faults.append(
                    Fault(file=str(path), line=None, problem=problem, remedy="Give one of the two another key.")
                )
            else:
                seen[found.key] = path
                aids.append(found)
    outcomes: Counter[str] = Counter()
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Importing", total=len(aids))
        for start in range(0, len(aids), BATCH):
            async with store.transaction(workspace, now=datetime.now(UTC)) as tx:
                batch = aids[start : start + BATCH]
                outcomes.update(await tx.put_aids(batch, source="import"))
            progress.advance(task, len(batch))
    table = Table("", "job aids", title="Imported")
    for outcome in ("added", "changed", "unchanged"):
        table.add_row(outcome, str(outcomes[outcome]))
    table.add_row("refused", str(len(faults)), style="red" if faults else "")
    console.print(table)
    for fault in faults:
        where = f"{fault.file}:{fault.line}" if fault.line is not None else str(fault.file)
        console.print(f"{where}: {fault.problem}. {fault.remedy}", style="red", markup=False, highlight=False)
    return len(faults)
