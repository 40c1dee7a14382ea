"""All benchmarks, one after the other: `python -m benchmarks [NAME …] [--list]`. Each is a module with a `main`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

NEED_DATA = {
    "answers": "folders with snippets.jsonl and queries.jsonl",
    "scale": "a folder with snippets_100k.jsonl.gz and queries.jsonl",
}
"""Those that measure nothing without being told on what."""


def find() -> dict[str, str]:
    """The benchmarks here, by name, with the first line of what they say of themselves."""
    found = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name.startswith("__"):
            continue
        loaded = importlib.import_module(f"benchmarks.{module.name}")
        if hasattr(loaded, "main") and hasattr(loaded, "Console"):
            found[module.name] = (loaded.__doc__ or "").strip().partition("\n")[0]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    given = parser.parse_args()
    console = Console()
    found = find()
    unknown = sorted(set(given.names) - set(found))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(found)}")
    if given.list:
        table = Table("benchmark", "what it measures")
        for name, says in found.items():
            table.add_row(name, says)
        console.print(table)
        return
    failed = []
    for name in given.names or found:
        console.rule(name)
        if name in NEED_DATA:
            console.print(f"Left out: it needs {NEED_DATA[name]}. Run: python -m benchmarks.{name} FOLDER …")
            continue
        # A process each, so that one's memory and threads do not weigh on the next.
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode:
            failed.append(name)
    if failed:
        console.print(f"Failed: {', '.join(failed)}", style="red")
        raise SystemExit(1)


if __name__ == "__main__":
    main()
