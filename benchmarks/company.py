"""What people wait for in a great company, and how long it stops everybody else: each thing that they do, once.

    python -m benchmarks.company [--aids 100000] [--people 20000] [--questions 300000] [--database postgresql]

The company is made up: aids, people, a year of questions with their answers, and what these show of who knows what.
Then a replica is started, and asked. A stop is a stretch in which the event loop did nothing else. By words, without a
model; nothing goes to a platform. Beside it stands the sample company, which is as good as empty.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import func, insert, select, update

from benchmarks.grounds import KINDS, open_databases
from bot.messages import Form, Outcome
from bot.store import Store
from bot.store import tables as t
from knowledge.model import EvidenceKind, JobAid
from lanyard.app import TURN
from tests.conftest import sample_platform
from tests.databases import SAMPLE_LOADED_AT, Databases
from tests.journeys.dialogue import Clock, Dialogue, labels

CHUNK = 5_000
REFUND = "How much may I refund without approval?"
TENT = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"
LOOK_EVERY = 0.002  # seconds

Row = dict[str, Any]
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    aids: int
    people: int
    questions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Milliseconds by the clock: of the whole, and of the longest stop in it."""

    took: float
    stop: float


async def fill(store: Store, size: Size, tell: Tell) -> None:
    """Make the sample company so great. A question that is there already serves as the pattern of all others."""
    async with store.database.write() as db:
        await db.execute(
            insert(t.Person),
            [
                {
                    "workspace_id": 1,
                    "name": f"Aaron Worker {number}",
                    "email": f"worker{number}@x.example",
                    "roles": [],
                    "groups": [],
                    "settings": {},
                    "created_at": SAMPLE_LOADED_AT,
                }
                for number in range(size.people)
            ],
        )
        ids = list((await db.execute(select(t.Person.id).where(t.Person.email.startswith("worker")))).scalars())
    for begin in range(0, size.aids, CHUNK):
        tell("aids", begin, size.aids)
        async with store.transaction(1, now=SAMPLE_LOADED_AT) as tx:
            await tx.put_aids(
                [_aid(number, size) for number in range(begin, min(begin + CHUNK, size.aids))], source="x"
            )
    async with store.database.read() as db:
        question = dict((await db.execute(select(t.Question).limit(1))).mappings().one())
        answer = dict((await db.execute(select(t.Answer).limit(1))).mappings().one())
        aids = list((await db.execute(select(t.JobAid.id).where(t.JobAid.key.startswith("x")))).scalars())
        revision = (await db.execute(select(t.Workspace.evidence_revision))).scalar_one()
    for begin in range(0, size.questions, CHUNK):
        tell("questions", begin, size.questions)
        rows = range(begin, min(begin + CHUNK, size.questions))
        async with store.database.write() as db:
            await db.execute(insert(t.Question), [_question(question, row, ids) for row in rows])
            first = (await db.execute(select(t.Question.id).where(t.Question.key == f"x{begin}"))).scalar_one()
            answers = [_answer(answer, row, first + row - begin, aids[row % len(aids)]) for row in rows]
            await db.execute(insert(t.Answer), answers)
            await db.execute(insert(t.Evidence), [_evidence(row, ids, revision + 1 + row) for row in rows])
    async with store.database.write() as db:
        last = select(func.max(t.Evidence.revision)).scalar_subquery()
        await db.execute(update(t.Workspace).values(evidence_revision=last))
    async with store.database.engine.connect() as db:
        await (await db.execution_options(isolation_level="AUTOCOMMIT")).exec_driver_sql("ANALYZE")


def _aid(number: int, size: Size) -> JobAid:
    return JobAid(
        key=f"x{number}",
        title=f"How to do thing {number} right",
        body=f"Take part {number % 977} (PRT), turn it by {number % 89} degrees, and wait for lamp {number % 31}.",
        owner=f"worker{number % size.people}@x.example",
        verified_on=(SAMPLE_LOADED_AT - timedelta(days=number % 400)).date(),
    )


def _question(pattern: Mapping[str, Any], row: int, people: list[int]) -> Row:
    return {
        **{name: value for name, value in pattern.items() if name != "id"},
        "key": f"x{row}",
        "asker_id": people[row * 7 % len(people)],
        "text": f"How do I turn part {row % 977} by {row % 89} degrees?",
        "asked_at": SAMPLE_LOADED_AT - timedelta(minutes=row * 365 * 24 * 60 // 300_000),
    }


def _answer(pattern: Mapping[str, Any], row: int, question: int, aid: int) -> Row:
    kept = {name: value for name, value in pattern.items() if name != "id"}
    return {**kept, "question_id": question, "aid_id": aid, "message_key": f"x{row}", "helped": row % 3 == 0}


def _evidence(row: int, people: list[int], revision: int) -> Row:
    return {
        "workspace_id": 1,
        "person_id": people[row % len(people)],
        "revision": revision,
        "kind": EvidenceKind.ANSWERED.value,
        "text": f"How do I turn part {row % 977} by {row % 89} degrees? Loosen screw {row % 13} first.",
        "source": f"x{row}",
        "place": f"memory/test/c{row % 300}",
        "weight": 1.0,
        "at": SAMPLE_LOADED_AT - timedelta(minutes=row),
    }


class Watch:
    """Does things one after the other, and keeps what each cost."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}

    async def do(self, name: str, thing: Awaitable[Outcome | Any]) -> Any:
        lags: list[float] = [0.0]
        watching = asyncio.create_task(self._look(lags))
        await asyncio.sleep(0)
        began = time.perf_counter()
        try:
            return await thing
        finally:
            self.costs[name] = Cost(took=1000 * (time.perf_counter() - began), stop=1000 * max(lags))
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _look(self, lags: list[float]) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(LOOK_EVERY)
            lags.append(time.perf_counter() - began - LOOK_EVERY)


async def use(talk: Dialogue) -> dict[str, Cost]:
    """What people do, beginning with what a replica that was just started has to read for it."""
    watch = Watch()
    await watch.do("the first question: aids are read", talk.says("amara", REFUND))
    await watch.do("its answer helped", talk.presses("amara", talk.last("amara"), "That helped"))
    await watch.do("a question", talk.says("jonas", REFUND))
    await watch.do("a question that no aid answers", talk.says("tomasz", TENT))
    expert = next(label for label in labels(talk.last("tomasz").card) if "expert" in label)
    await watch.do("ask an expert: evidence is read", talk.presses("tomasz", talk.last("tomasz"), expert))
    await talk.says("rafael", TENT)
    await watch.do("ask an expert", talk.presses("rafael", talk.last("rafael"), expert))
    form = await watch.do("“Not me → who?”", talk.presses("henrik", talk.last("henrik"), "Not me → who?"))
    assert isinstance(form, Form)
    await watch.do("open one's home", talk.opens_home("henrik"))
    await watch.do("open L&D's home", talk.opens_home("leila"))
    for what in ("gaps", "glossary", "fallback", "aid thing 77"):
        await watch.do(f"/lanyard {what}", talk.says("mei", what, command="lanyard"))
    await watch.do("send a file of two aids", talk.says("leila", "", files={"a.md": b"# One\n\nA.\n\n# Two\n\nB."}))
    talk.clock.advance(timedelta(days=1))
    await watch.do("a day's rounds", talk.passes(timedelta(hours=1)))
    return watch.costs


async def measure(databases: Databases, size: Size | None, tell: Tell) -> dict[str, Cost]:
    """None is the sample company as it is."""
    store = Store(await asyncio.to_thread(databases.fresh, "sample"))
    try:
        before = Dialogue(store, sample_platform(), Clock(SAMPLE_LOADED_AT))
        await before.says("amara", REFUND, key="before")
        if size is not None:
            await fill(store, size, tell)
        talk = Dialogue(store, before.platform, Clock(SAMPLE_LOADED_AT + timedelta(minutes=1)))
        gc.collect()  # as `lanyard.app.serve` does
        gc.freeze()
        sys.setswitchinterval(TURN)
        return await use(talk)
    finally:
        gc.unfreeze()
        await store.close()


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aids", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--questions", type=int, default=300_000)
    parser.add_argument("--database", choices=KINDS, action="append")
    given = parser.parse_args(arguments or None)
    size = Size(aids=given.aids, people=given.people, questions=given.questions)
    console = Console(width=120)
    for kind in given.database or KINDS:
        with open_databases(kind) as databases, Progress(console=console, transient=True) as progress:
            task = progress.add_task("")

            def tell(what: str, done: int, of: int) -> None:
                progress.update(task, description=f"{kind}: {what}", completed=done, total=of)  # noqa: B023

            small = asyncio.run(measure(databases, None, tell))
            great = asyncio.run(measure(databases, size, tell))
        table = Table("", "took, ms", "longest stop, ms", "sample company: took", "stop")
        table.title = f"{kind}: {size.aids:,} aids, {size.people:,} people, {size.questions:,} questions"
        for name, cost in great.items():
            table.add_row(name, *(f"{one:,.0f}" for one in (cost.took, cost.stop, small[name].took, small[name].stop)))
        console.print(table)


if __name__ == "__main__":
    main()
