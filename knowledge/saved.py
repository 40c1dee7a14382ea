"""An index in files, so that the next start need not build it: whole and as it was, or not at all.

A workspace has a folder: `saved` in it is the last that was kept, and each process works in a folder of its own beside
it, so that none disturbs another. Files of words are never changed once they are written, so that keeping them is a
second name for the same file.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import structlog

from knowledge.index import Index
from knowledge.shard import Shard, opened
from knowledge.vectors import Directions, Shelf

log = structlog.get_logger(__name__)

FORMAT = 2  # grows with each change of what the files hold, or of how words are read
MANIFEST = "manifest.json"
_PIECE = 1 << 20  # bytes read at a time


class _DamagedError(Exception):
    """Files that are not what was saved."""


class Workplace:
    """One process's place to work on one workspace's index. Close it at the end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._home = folder
        _clear_away(folder)
        self.folder = Path(mkdtemp(prefix="work-", dir=folder))
        # Held while this process lives, however it ends: so others know what nobody works on any more.
        self._lock = (self.folder / "lock").open("wb")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self._lock.close()

    def load(self) -> Index | None:
        """What was saved; None if there is nothing, or nothing of use: that is set aside, and the log says so."""
        kept = self._home / "saved"
        if not kept.exists():
            return None
        try:
            return self._load(kept)
        except (_DamagedError, OSError, ValueError, KeyError, TypeError) as error:
            log.warning("index set aside, to be built anew", folder=str(kept), reason=str(error))
            aside = self._home / "set-aside"
            shutil.rmtree(aside, ignore_errors=True)
            with suppress(OSError):
                kept.rename(aside)
            return None

    def save(self, index: Index) -> None:
        """Keep the index in place of what was kept before. Raises OSError."""
        arriving = Path(mkdtemp(prefix="saving-", dir=self._home))
        try:
            _save(index, arriving)
            leaving = Path(mkdtemp(prefix="saving-", dir=self._home))
            with suppress(FileNotFoundError):
                (self._home / "saved").rename(leaving / "saved")
            arriving.rename(self._home / "saved")
            shutil.rmtree(leaving, ignore_errors=True)
        except BaseException:
            shutil.rmtree(arriving, ignore_errors=True)
            raise

    def _load(self, kept: Path) -> Index:
        told = json.loads((kept / MANIFEST).read_bytes())
        if told["format"] != FORMAT:
            raise _DamagedError(f"It has the format {told['format']}, not {FORMAT}.")
        if told["digest"] != _digest(told):
            raise _DamagedError("Its manifest was changed.")
        for name, wanted in told["files"].items():
            if _checksum(kept / name) != wanted:
                raise _DamagedError(f"{name} is not what was saved.")
        shards = [_load_shard(kept, one, self.folder, told["dimensions"]) for one in told["shards"]]
        return Index(self.folder, model=told["model"], dimensions=told["dimensions"]).standing_for(
            shards, told["revision"]
        )


def _save(index: Index, folder: Path) -> None:
    shards, revision = index.standing()
    told: dict[str, Any] = {
        "format": FORMAT,
        "revision": revision,
        "model": index.model,
        "dimensions": index.dimensions,
        "shards": [],
    }
    for number, shard in enumerate(shards):
        name = f"shard-{number}"
        told["shards"].append(_save_shard(shard, folder / name, name))
    told["files"] = {
        str(file.relative_to(folder)): _checksum(file) for file in sorted(folder.rglob("*")) if file.is_file()
    }
    told["digest"] = _digest(told)
    (folder / MANIFEST).write_text(json.dumps(told), encoding="utf-8")
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as content:
                os.fsync(content.fileno())


def _save_shard(shard: Shard, folder: Path, name: str) -> dict[str, Any]:
    assert shard.folder is not None
    folder.mkdir()
    (folder / "words").mkdir()
    _link(shard.folder, folder / "words")
    shard.alive.tofile(folder / "alive.rows")
    told = {"name": name, "audience": sorted(shard.audience), "words": shard.words, "told": None}
    if shard.directions is not None:
        shelf = shard.directions.shelf
        told["told"], told["spelled"] = shelf.told, shelf.spelled
        shard.directions.known.tofile(folder / "known.rows")
        shelf.save(folder, len(shard.alive))
    return told


def _load_shard(kept: Path, told: dict[str, Any], work: Path, dimensions: int | None) -> Shard:
    folder = kept / told["name"]
    words = Path(mkdtemp(prefix="shard-", dir=work))
    _link(folder / "words", words)
    alive = np.fromfile(folder / "alive.rows", np.bool_)
    shard = opened(frozenset(told["audience"]), folder=words, alive=alive, words=told["words"])
    if told["told"] is None or dimensions is None:
        return shard
    shelf = Shelf.load(folder, dimensions, rows=len(alive), told=told["told"], spelled=told["spelled"], work=work)
    known = np.fromfile(folder / "known.rows", np.bool_)
    return replace(shard, directions=Directions(shelf, known))


def _link(source: Path, target: Path) -> None:
    """Give the files of words second names; where that cannot be, copies."""
    for file in source.iterdir():
        if not file.name.endswith(".lock"):
            try:
                os.link(file, target / file.name)
            except OSError:
                shutil.copy2(file, target / file.name)


def _checksum(file: Path) -> int:
    found = 0
    for piece in _pieces(file):
        found = zlib.crc32(piece, found)
    return found


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as content:
        while piece := content.read(_PIECE):
            yield piece


def _digest(told: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps({name: told[name] for name in told if name != "digest"}, sort_keys=True).encode())


def _clear_away(home: Path) -> None:
    """What processes left behind that ended without a word."""
    for folder in home.glob("work-*"):
        with suppress(OSError), (folder / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    for folder in home.glob("saving-*"):
        if not any(home.glob("work-*")):
            shutil.rmtree(folder, ignore_errors=True)
