"""The ticker. Nothing sleeps: every step waits for an event of the tick itself."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from scheduler.clock import Ticker

NEVER = timedelta(days=300)
OFTEN = timedelta(milliseconds=5)


class Ticks:
    """A tick that says when it began and ends when it is let."""

    def __init__(self) -> None:
        self.began: asyncio.Queue[int] = asyncio.Queue()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.count = 0
        self.ended = 0
        self.running = 0
        self.fault: Exception | None = None

    async def __call__(self) -> None:
        self.running += 1
        assert self.running == 1, "two ticks at a time"
        self.count += 1
        self.began.put_nowait(self.count)
        await self.may_end.wait()
        self.running -= 1
        if self.fault is not None:
            raise self.fault
        self.ended += 1


async def test_it_ticks_at_once_and_when_it_is_rung():
    ticks = Ticks()
    ticker = Ticker(ticks, every=NEVER)
    ticker.start()
    assert await ticks.began.get() == 1
    ticker.ring()
    assert await ticks.began.get() == 2
    await ticker.stop()
    assert ticks.ended == 2


async def test_it_ticks_by_itself_again_and_again():
    ticks = Ticks()
    ticker = Ticker(ticks, every=OFTEN)
    ticker.start()
    assert [await ticks.began.get() for _ in range(4)] == [1, 2, 3, 4]
    await ticker.stop()


async def test_rings_during_a_tick_make_one_more_after_it_and_never_two_at_a_time():
    ticks = Ticks()
    ticks.may_end.clear()
    ticker = Ticker(ticks, every=NEVER)
    ticker.start()
    await ticks.began.get()
    for _ in range(100):
        ticker.ring()
    ticks.may_end.set()
    assert await ticks.began.get() == 2
    await ticker.stop()
    assert ticks.count == 2


async def test_stopping_lets_the_running_tick_end_and_nothing_comes_after():
    ticks = Ticks()
    ticks.may_end.clear()
    ticker = Ticker(ticks, every=OFTEN)
    ticker.start()
    await ticks.began.get()
    stopping = asyncio.create_task(ticker.stop())
    ticker.ring()
    ticks.may_end.set()
    await stopping
    assert (ticks.count, ticks.ended) == (1, 1)
    ticker.ring()
    await ticker.stop()
    assert ticks.count == 1


async def test_a_failing_tick_is_logged_by_its_class_alone_and_the_next_one_comes():
    ticks = Ticks()
    ticks.fault = ValueError("what Ana wrote")
    ticker = Ticker(ticks, every=NEVER)
    with capture_logs() as logs:
        ticker.start()
        await ticks.began.get()
        ticker.ring()
        assert await ticks.began.get() == 2
        await ticker.stop()
    assert [(entry["event"], entry["error"]) for entry in logs] == [("tick.failed", "ValueError")] * 2
    assert "Ana" not in str(logs)


async def test_starting_twice_is_refused_and_starting_again_is_not():
    ticks = Ticks()
    ticker = Ticker(ticks, every=NEVER)
    ticker.start()
    with pytest.raises(RuntimeError, match="runs already"):
        ticker.start()
    await ticker.stop()
    ticker.start()
    await ticks.began.get()
    await ticker.stop()
