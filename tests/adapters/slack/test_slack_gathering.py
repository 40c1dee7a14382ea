"""Events that come within a moment of each other are read together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest

from adapters.slack.gathering import Gathering

SPAN = timedelta(milliseconds=20)


def _passes_at_once(joining: Coroutine[Any, Any, None]) -> bool:
    try:
        joining.send(None)
    except StopIteration:
        return True
    joining.close()
    return False


async def test_one_alone_passes_at_once_and_the_next_does_not() -> None:
    gathering = Gathering(SPAN)
    assert _passes_at_once(gathering.join())
    assert not _passes_at_once(gathering.join())


async def test_without_a_span_everybody_passes_at_once() -> None:
    gathering = Gathering(timedelta(0))
    assert all(_passes_at_once(gathering.join()) for _ in range(3))


async def test_who_comes_within_the_span_leaves_together_and_in_order() -> None:
    gathering, left = Gathering(SPAN), []
    loop = asyncio.get_running_loop()

    async def come(number: int) -> None:
        await gathering.join()
        left.append((number, loop.time()))

    await come(0)
    await asyncio.gather(*(come(number) for number in range(1, 6)))
    await asyncio.gather(*(come(number) for number in range(6, 9)))
    assert [number for number, _ in left] == list(range(9))
    times = dict(left)
    assert times[1] - times[0] >= SPAN.total_seconds()


@pytest.mark.parametrize("gone", [0, 1, 2])
async def test_who_hangs_up_ends_nobody_elses_wait(gone: int) -> None:
    gathering = Gathering(SPAN)
    await gathering.join()
    waiting = [asyncio.create_task(gathering.join()) for _ in range(3)]
    await asyncio.wait(waiting, timeout=0)
    waiting[gone].cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert [isinstance(result, asyncio.CancelledError) for result in results] == [at == gone for at in range(3)]
