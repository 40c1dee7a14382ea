"""What size costs: questions, edits, imports, memory and starts at 10,000, 100,000 and a million snippets, on one core.

    python -m benchmarks.scale FOLDER [--sizes 10000,100000] [--picture scale.png]

FOLDER has `snippets_100k.jsonl.gz` and `queries.jsonl`. Beside it stand, over the same snippets and in the same run,
SQLite's FTS5 (any term) and rapidfuzz over all titles (of more than 100,000, by multiplying).

What is made up, so that a million can be measured at all: the language model reads the first few hundred snippets,
which is timed; the directions of the others are those with noise, since what a search costs does not depend on what
they say. The first 20,000 aids come in as an import does, which is timed; behind them rows are written into the tables,
without the history of their aids. Their words are their own: beyond 100,000 the file's snippets come again, each with
numbers that make it another text. All that is measured then, index, search, edits and starts, is as it always is.
Milliseconds are of the processor, which a busy machine distorts less than the clock on the wall; so are the stalls of
the event loop: for how long this process computed without giving the loop its turn.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import itertools
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
from rapidfuzz import fuzz, process
from rich.console import Console
from rich.table import Table

import migrations
from bot.encoding import Encoding
from bot.library import Library
from bot.store import Store
from bot.store.directions import Place
from knowledge.embedding import Encoder
from knowledge.english import read_dictionary
from knowledge.model import OPEN, JobAid, Snippet
from knowledge.vectors import Codes, fingerprint, pack
from lanyard.app import TURN
from lanyard.config import read_settings
from lanyard.model import choose

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
QUESTIONS = 200
READ = 300  # snippets that the model really reads
BATCH = 500
IMPORTED = 20_000  # aids that come in by an import; the others are written into the tables
MEGABYTE = 2**20


@dataclass(slots=True)
class Figures:
    size: int
    told: dict[str, float] = field(default_factory=dict)

    def put(self, name: str, value: float) -> None:
        self.told[name] = value


def texts(folder: Path, size: int) -> Iterator[tuple[str, str]]:
    """Title and text. Beyond the file, its snippets come again with other numbers and a word of their own."""
    with gzip.open(folder / "snippets_100k.jsonl.gz", "rt", encoding="utf-8") as lines:
        known = [(row["title"], row["text"]) for row in map(json.loads, lines)]
    for number in range(size):
        title, text = known[number % len(known)]
        turn = number // len(known)
        yield (title, text) if turn == 0 else (f"{title} {turn}", f"{text} Edition {turn} of {number}.")


def questions(folder: Path) -> list[str]:
    with (folder / "queries.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in itertools.islice(lines, QUESTIONS)]


def per_question(ask: Callable[[str], object], asked: Sequence[str]) -> list[float]:
    """Milliseconds of the processor."""
    spent = []
    for question in asked:
        began = time.process_time()
        ask(question)
        spent.append(1e3 * (time.process_time() - began))
    return spent


@asynccontextmanager
async def watched(figures: Figures, name: str) -> AsyncIterator[None]:
    """For how long, at most, the process computed without giving the event loop its turn."""
    longest = 0.0
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal longest
        while not done.is_set():
            began = time.process_time()
            await asyncio.sleep(0.001)
            longest = max(longest, time.process_time() - began)

    task = asyncio.create_task(watch())
    try:
        yield
    finally:
        done.set()
        await task
        figures.put(name, 1e3 * longest)


def noisy(codes: Sequence[Codes], size: int) -> Iterator[Codes]:
    random = np.random.default_rng(1)
    for number in range(size):
        one = codes[number % len(codes)]
        noise = random.integers(-40, 41, one.rows.shape)
        yield Codes(np.clip(one.rows.astype(np.int16) + noise, -127, 127).astype(np.int8), one.words)


async def fill(store: Store, encoder: Encoder, folder: Path, figures: Figures) -> int:
    """Bring the snippets into the store as an import does, and what they mean."""
    workspace, _ = await store.found_workspace("scale", "scale", name="Scale", now=NOW)
    some = list(itertools.islice(texts(folder, figures.size), READ))
    began = time.process_time()
    codes = [pack(encoder.read(title, text)) for title, text in some]
    figures.put("read by the model, a second", len(some) / (time.process_time() - began))
    meanings = noisy(codes, figures.size)
    everything = texts(folder, figures.size)
    imported = min(figures.size, IMPORTED)
    began = time.process_time()
    for start in range(0, imported, BATCH):
        batch = enumerate(itertools.islice(everything, min(BATCH, imported - start)), start)
        aids = [JobAid(key=str(number), title=title, body=text) for number, (title, text) in batch]
        async with store.transaction(workspace, now=NOW) as tx:
            await tx.put_aids(aids, source="import")
    figures.put("imported, a second", imported / (time.process_time() - began))
    after: Place | None = None
    while True:
        async with store.reading(workspace, now=NOW) as tx:
            part = await tx.knowledge_since(0, after=after, limit=2_000)
        said = {fingerprint(piece): bytes(next(meanings)) for piece in part.upsert}
        async with store.transaction(workspace, now=NOW) as tx:
            await tx.put_vectors(encoder.identity, said)
        if part.more is None:
            break
        after = part.more
    file = store.database.engine.url.database
    assert file is not None
    write_rows(Path(file), encoder.identity, zip(everything, meanings, strict=False), imported)
    return workspace


def write_rows(file: Path, model: str, rest: Iterable[tuple[tuple[str, str], Codes]], number: int) -> None:
    """Aids of one snippet each, into the tables: copies of the last that was imported but for what they say."""
    with closing(sqlite3.connect(file)) as database:
        columns = {
            table: [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")]
            for table in ("job_aid", "snippet", "vector")
        }
        last = {
            table: dict(
                zip(names, database.execute(f"SELECT * FROM {table} ORDER BY rowid DESC").fetchone(), strict=True)
            )
            for table, names in columns.items()
        }
        aid, revision = last["job_aid"]["id"], last["vector"]["revision"]
        while part := list(itertools.islice(rest, 10 * BATCH)):
            rows: dict[str, list[tuple[object, ...]]] = {table: [] for table in columns}
            for (title, text), codes in part:
                number, aid = number + 1, aid + 1
                piece = Snippet(id=f"{aid}.1", title=title, text=text)
                said = fingerprint(piece)
                mine = {
                    "job_aid": {"id": aid, "number": number, "key": str(number - 1), "title": title, "body": text},
                    "snippet": {"id": piece.id, "aid_id": aid, "title": title, "text": text, "fingerprint": said}
                    | {"revision": revision + number},  # an index follows them part by part
                    "vector": {"model": model, "fingerprint": said, "codes": bytes(codes)},
                }
                for table, names in columns.items():
                    row = last[table] | mine[table]
                    rows[table].append(tuple(row[name] for name in names))
            for table, names in columns.items():  # the same text is kept once
                database.executemany(
                    f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(names))})", rows[table]
                )
            database.execute("UPDATE workspace SET aids = ?, revision = ?", (number, revision + number))
            database.commit()


async def measure(folder: Path, scratch: Path, encoder: Encoder, size: int) -> Figures:
    figures = Figures(size)
    store = Store(f"sqlite:///{scratch / 'scale.sqlite3'}")
    await migrations.upgrade(store.database.engine)
    workspace = await fill(store, encoder, folder, figures)
    asked = questions(folder)
    here = psutil.Process()
    before = here.memory_info()
    library = Library(store, encoder=encoder, folder=scratch / "index", memory=64 * 2**30)
    read_dictionary()
    gc.collect()
    gc.freeze()  # all this as `lanyard serve` does after its start
    sys.setswitchinterval(TURN)
    began = time.process_time()
    async with watched(figures, "longest stall while building, ms"):
        index = await library.index(workspace, now=NOW)
    figures.put("built, a second", len(index) / (time.process_time() - began))
    await library.close()
    library = Library(store, encoder=encoder, folder=scratch / "index", memory=64 * 2**30)
    began, wall = time.process_time(), time.perf_counter()
    async with watched(figures, "longest stall at a start, ms"):
        await library.index(workspace, now=NOW)
    figures.put("start from files, s of processor", time.process_time() - began)
    figures.put("start from files, s by the clock", time.perf_counter() - wall)
    spent, waited = [], []
    for question in asked[:20]:
        await library.search(workspace, question, grants=OPEN, now=NOW)
    gc.collect()
    gc.freeze()
    async with watched(figures, "longest stall while asking, ms"):
        for question in asked:
            began, wall = time.process_time(), time.perf_counter()
            await library.search(workspace, question, grants=OPEN, now=NOW)
            spent.append(1e3 * (time.process_time() - began))
            waited.append(1e3 * (time.perf_counter() - wall))
    tell(figures, "Lanyard, ms", spent)
    tell(figures, "Lanyard by the clock, ms", waited)
    after = here.memory_info()
    mapped = getattr(after, "shared", 0) - getattr(
        before, "shared", 0
    )  # pages of files, which the system takes back when it needs them
    figures.put("memory, MB", (after.rss - before.rss - mapped) / MEGABYTE)
    figures.put("pages of files beside it, MB", mapped / MEGABYTE)
    figures.put("memory by its own account, MB", (await library.index(workspace, now=NOW)).size / MEGABYTE)
    await edits(store, workspace, library, encoder, figures)
    await library.close()
    await store.close()
    return figures


async def edits(store: Store, workspace: int, library: Library, encoder: Encoder, figures: Figures) -> None:
    """From the commit of a changed aid to its answer on this replica and on another, by words and by meaning."""
    encoding = Encoding(store, encoder)
    await encoding.work_off()
    words, meaning = [], []
    for number in range(10):
        aid = JobAid(key="edited", title=f"Zanzibar protocol {number}", body=f"Raise flag {number} on the mast.")
        async with store.transaction(workspace, now=NOW) as tx:
            await tx.put_aid(aid, by=None, source="benchmark")
        began = time.process_time()
        found = await library.search(workspace, f"zanzibar protocol {number}", grants=OPEN, now=NOW)
        assert found[0].snippet.title == aid.title
        words.append(1e3 * (time.process_time() - began))
        await encoding.work_off()
        index = await library.index(workspace, now=NOW)
        nearest = index.view(OPEN).similar(encoder.encode([aid.title])[0], 5)
        assert aid.title in [entry.snippet.title for entry in nearest]
        meaning.append(1e3 * (time.process_time() - began))
    tell(figures, "edit answerable by words, ms", words)
    tell(figures, "edit answerable by meaning, ms", meaning)


def baselines(folder: Path, figures: Figures) -> None:
    asked = questions(folder)
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE snippet USING fts5(title, text, tokenize = 'porter')")
    database.executemany("INSERT INTO snippet VALUES (?, ?)", texts(folder, figures.size))

    def fts5(question: str) -> object:
        words = ["".join(filter(str.isalnum, word)) for word in question.split()]
        wanted = " OR ".join(f'"{word}"' for word in words if word)
        look = "SELECT rowid FROM snippet WHERE snippet MATCH ? ORDER BY rank LIMIT 10"
        return database.execute(look, (wanted,)).fetchall() if wanted else []

    tell(figures, "SQLite FTS5, ms", per_question(fts5, asked[:100]))
    database.close()
    titles = [title for title, _ in texts(folder, min(figures.size, 100_000))]
    scale = figures.size / len(titles)
    spent = per_question(
        lambda question: process.extract(question, titles, scorer=fuzz.token_set_ratio, limit=10), asked[:10]
    )
    tell(figures, "rapidfuzz over titles, ms", [scale * one for one in spent])


def tell(figures: Figures, name: str, spent: Sequence[float]) -> None:
    figures.put(f"{name}, median", statistics.median(spent))
    figures.put(f"{name}, 95th percentile", float(np.quantile(spent, 0.95)))


def draw(all_figures: Sequence[Figures], file: Path) -> None:
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    sizes = [figures.size for figures in all_figures]
    for name, colour in (("Lanyard", "#0b6e4f"), ("SQLite FTS5", "#c44536"), ("rapidfuzz over titles", "#6c757d")):
        middle = [figures.told[f"{name}, ms, median"] for figures in all_figures]
        high = [figures.told[f"{name}, ms, 95th percentile"] for figures in all_figures]
        axes.plot(sizes, middle, marker="o", color=colour, label=name)
        axes.fill_between(sizes, middle, high, color=colour, alpha=0.18, linewidth=0)
    axes.set(xscale="log", yscale="log", xlabel="snippets", ylabel="milliseconds of processor a question")
    axes.set_title("What a question costs: median, and up to the 95th percentile", loc="left", fontsize=11)
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(file, dpi=150)


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="10000,100000", help="with commas between; a million takes long")
    parser.add_argument("--picture", type=Path, help="a PNG file for the curve")
    given = parser.parse_args(arguments or None)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    chosen = choose(read_settings())
    if chosen.encoder is None:
        parser.error(f"it needs the language model: {chosen.text}")
    all_figures = []
    for size in map(int, given.sizes.split(",")):
        with tempfile.TemporaryDirectory(prefix="lanyard-scale-") as scratch:
            figures = asyncio.run(measure(given.folder, Path(scratch), chosen.encoder, size))
        baselines(given.folder, figures)
        all_figures.append(figures)
        table = Table("", *(f"{one.size:,}" for one in all_figures), title="What size costs, on one core")
        for name in figures.told:
            table.add_row(name, *(f"{one.told[name]:,.1f}" for one in all_figures))
        Console(width=120).print(table)
        if given.picture:
            draw(all_figures, given.picture)


if __name__ == "__main__":
    main()
