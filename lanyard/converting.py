"""Documents are read in a child process with limits: whatever is in them, Lanyard itself goes on.

One child a file. It is killed when it takes too long, too much of the processor or memory, or says too much; the file
is then refused by its name, like any other that cannot be read.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from knowledge.documents import SUFFIXES
from knowledge.job_aids import Fault, aid_of
from knowledge.model import JobAid

CHUNK = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    seconds: float = 60.0  # by the wall's clock
    processor_seconds: int = 40
    memory: int = 1_500_000_000  # bytes of address space
    said: int = 60_000_000  # bytes


LIMITS = Limits()


class _BrokenError(Exception):
    """Why a child did not come to its end."""


def convert(path: Path, name: str, *, limits: Limits = LIMITS) -> Iterator[JobAid | Fault]:
    """The job aids of a document, and what was refused of it. Raises nothing."""
    try:
        _check_size(path)
        yield from list(_read(path, name, limits))  # all of it, or where its reader breaks, nothing
    except OSError as error:
        yield _fault(name, f"It cannot be read: {error.strerror or error}.", "Check the path and its permissions.")
    except _BrokenError as broken:
        problem, _, remedy = str(broken).rpartition(". ")
        yield _fault(name, f"{problem}.", remedy)


def _check_size(path: Path) -> None:
    size, largest = path.stat().st_size, SUFFIXES[path.suffix.lower()]
    if size > largest:
        raise _BrokenError(f"It holds {size:,} bytes; at most {largest:,} are read. Cut it into parts.")


def _fault(name: str, problem: str, remedy: str) -> Fault:
    return Fault(file=name, line=None, problem=problem, remedy=remedy)


def _read(path: Path, name: str, limits: Limits) -> Iterator[JobAid | Fault]:
    done = False
    for line in _lines(path, name, limits):
        said: Any = json.loads(line)
        if "fields" in said:
            yield aid_of(said["fields"], file=name)
        elif "problem" in said:
            yield _fault(said.get("file") or name, said["problem"], said["remedy"])
        done = done or "done" in said
    if not done:
        raise _BrokenError("Its reader stopped in the middle of it. Save it again, in a simpler form.")


def _lines(path: Path, name: str, limits: Limits) -> Iterator[bytes]:
    """What the child says, line by line, while it keeps to its limits. Raises _BrokenError, OSError."""
    command = [sys.executable, "-I", "-m", "knowledge.documents", str(path.resolve()), name]
    command += [str(limits.memory), str(limits.processor_seconds)]
    # Nothing of our environment, in which tokens are, is the child's business.
    child = subprocess.Popen(  # noqa: S603 — our own interpreter and module; the path is an argument, not a command
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )
    assert child.stdout is not None
    try:
        yield from _listen(child.stdout.fileno(), limits)
        _judge(child.wait(timeout=limits.seconds), limits)
    except subprocess.TimeoutExpired:
        raise _BrokenError(_too_long(limits)) from None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.stdout.close()
        child.wait()


def _listen(pipe: int, limits: Limits) -> Iterator[bytes]:
    until = monotonic() + limits.seconds
    rest = b""
    said = 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout=max(0.0, until - monotonic())):
                raise _BrokenError(_too_long(limits))
            chunk = os.read(pipe, CHUNK)
            if not chunk:
                break
            said += len(chunk)
            if said > limits.said:
                raise _BrokenError(
                    f"More than {limits.said // 1_000_000} MB of text came out of it. Cut it into parts."
                )
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines


def _too_long(limits: Limits) -> str:
    return (
        f"To read it takes longer than {limits.seconds:.0f} seconds. Cut it into parts, or save it in a simpler form."
    )


def _judge(ended: int, limits: Limits) -> None:
    if ended == 0:
        return
    if ended in (-signal.SIGXCPU, -signal.SIGKILL):
        raise _BrokenError(
            f"To read it takes more than {limits.processor_seconds} seconds of the processor. Cut it into parts, or "
            "save it in a simpler form."
        )
    if ended == -signal.SIGABRT:  # how the reader of PDFs ends where there is no more memory for it
        raise _BrokenError(
            f"Its reader gave up: it takes more than {limits.memory / 1e9:.1f} GB of memory, or is damaged. Cut it "
            "into parts, or save it in a simpler form."
        )
    if ended < 0:
        raise _BrokenError(f"Its reader was ended by {signal.Signals(-ended).name}. Save it again, in a simpler form.")
    raise _BrokenError("Its reader could not make anything of it. Save it again, in a simpler form.")
