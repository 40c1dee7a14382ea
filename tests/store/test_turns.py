"""Writers of a SQLite file go one after the other, and what is said goes before what is worked on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

from bot.store.turns import Doorway, Precedence, Turns


class Line:
    """People in line for a turn; each keeps it until told to go on."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.served: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def joins(self, who: str, precedence: Precedence = Precedence.TURN) -> None:
        self._leave[who] = asyncio.Event()
        self._tasks[who] = asyncio.create_task(self._stand(who, precedence))
        await self.settle()

    async def leaves(self, who: str) -> None:
        self._leave[who].set()
        await self._tasks[who]
        await self.settle()

    async def gives_up(self, who: str) -> None:
        self._tasks[who].cancel()
        await asyncio.wait([self._tasks[who]])
        await self.settle()

    async def settle(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)

    async def _stand(self, who: str, precedence: Precedence) -> None:
        async with self.turns.take(precedence):
            self.served.append(who)
            await self._leave[who].wait()


async def test_one_waits_for_the_other_in_the_order_of_coming() -> None:
    line = Line()
    for who in "abc":
        await line.joins(who)
    assert line.served == ["a"]
    await line.leaves("a")
    assert line.served == ["a", "b"]
    await line.leaves("b")
    assert line.served == ["a", "b", "c"]


async def test_who_waits_first_goes_before_all_others_but_not_before_the_one_whose_turn_it_is() -> None:
    line = Line()
    for who in "ab":
        await line.joins(who)
    await line.joins("door", Precedence.DOOR)
    assert line.served == ["a"]
    await line.leaves("a")
    assert line.served == ["a", "door"]


async def test_the_background_goes_after_all_others() -> None:
    line = Line()
    await line.joins("a")
    await line.joins("background", Precedence.BACKGROUND)
    for who in "bc":
        await line.joins(who)
    for who in "abc":
        await line.leaves(who)
    assert line.served == ["a", "b", "c", "background"]


async def test_who_gives_up_holds_nobody_up() -> None:
    line = Line()
    for who in "abc":
        await line.joins(who)
    await line.gives_up("b")
    await line.leaves("a")
    assert line.served == ["a", "c"]


async def test_a_turn_that_comes_to_one_who_just_gave_up_goes_on_to_the_next() -> None:
    line = Line()
    async with line.turns.take():
        await line.joins("b")
        await line.joins("c")
    line._tasks["b"].cancel()  # b has been given the turn, and has not run since
    await line.settle()
    assert line.served == ["c"]
    await line.leaves("c")
    await line.joins("d")
    assert line.served == ["c", "d"]


# ── among processes: what each of them opens for itself locks out the others ──

LONG = timedelta(days=1)


@contextmanager
def processes(folder: Path, *, patience: timedelta = LONG) -> Iterator[tuple[Doorway, Doorway]]:
    here, there = (Doorway(folder / "house.sqlite3", patience=patience) for _ in range(2))
    yield here, there
    here.close()
    there.close()


class Entering:
    """Somebody on their way through."""

    def __init__(self, way: AbstractAsyncContextManager[None]) -> None:
        self._task = asyncio.create_task(self._enter(way))

    async def waits(self) -> bool:
        for _ in range(10):
            await asyncio.sleep(0)
        return not self._task.done()

    async def comes_through(self) -> None:
        async with asyncio.timeout(30):
            await self._task

    async def _enter(self, way: AbstractAsyncContextManager[None]) -> None:
        async with way:
            pass


async def test_the_background_of_a_process_waits_for_whoever_answers_in_another(tmp_path: Path) -> None:
    with processes(tmp_path) as (here, there):
        async with here.announce():
            async with here.announce():
                background = Entering(there.stand_back())
                assert await background.waits()
            assert await background.waits()
        await background.comes_through()


async def test_whoever_answers_waits_neither_for_each_other_nor_for_the_background_to_end(tmp_path: Path) -> None:
    with processes(tmp_path) as (here, there):
        async with here.announce():
            await Entering(there.announce()).comes_through()
        async with here.stand_back():
            await Entering(there.announce()).comes_through()
            await Entering(here.announce()).comes_through()


async def test_one_works_in_the_background_at_a_time(tmp_path: Path) -> None:
    with processes(tmp_path) as (here, there):
        async with here.stand_back():
            of_another, of_ours = Entering(there.stand_back()), Entering(here.stand_back())
            assert await of_another.waits()
            assert await of_ours.waits()
        await of_another.comes_through()
        await of_ours.comes_through()


async def test_where_there_is_always_somebody_at_the_door_the_background_gets_on_in_the_end(tmp_path: Path) -> None:
    with processes(tmp_path, patience=timedelta()) as (here, there):
        async with here.announce():
            await Entering(there.stand_back()).comes_through()
