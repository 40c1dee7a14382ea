"""Writers of a SQLite file go one after the other, and what is said goes before what is worked on."""

from __future__ import annotations

import asyncio

from bot.store.turns import Precedence, Turns


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
