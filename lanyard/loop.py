"""The event loop under the server: uvloop, which serves a request for less, where it runs; elsewhere Python's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, on the fastest loop that this system has."""
    with asyncio.Runner(loop_factory=_find()) as runner:
        return runner.run(work)


def _find() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # on Windows there is none
        return None
    return uvloop.new_event_loop
