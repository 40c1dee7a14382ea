"""A process that dies between any two commits of a journey: what comes of it is what would have come of it anyway.

Each journey is played once as it is, then once for each of its commits: right after that one the database knows the
process no more. A new one starts on what was committed; the platform brings again what nobody has acknowledged. In the
end everybody has read the same, and the same is kept.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection, delete, event, select

from bot.encoding import Encoding
from bot.messages import Form, Inbound, Outcome
from bot.store import Store
from bot.store import tables as t
from knowledge.embedding import open_encoder
from knowledge.model import EvidenceKind
from lanyard.app import Lanyard, build
from lanyard.folder import Folder
from tests.conftest import sample_platform
from tests.databases import SAMPLE_LOADED_AT, Databases
from tests.doubles.tiny_model import make_tiny_model
from tests.journeys.dialogue import Clock, Dialogue, text_of
from tests.journeys.test_editing import ASK, BETTER, printer
from tests.journeys.test_routing import ANSWER, ask_expert
from tests.journeys.test_suggesting import WORDS

pytestmark = pytest.mark.faults

Found = TypeVar("Found")

HANDBOOK = {
    "red.md": "# Label printer blinks red\n\n1. Open the lid.\n2. Press Reset.\n",
    "blue.md": "# Label printer blinks blue\n\nIt waits for the network. Plug the cable in.\n",
}


class DeadError(BaseException):
    """No handler of errors may catch it: a process that was killed handles none."""


class Death:
    """After so many commits of a store nothing of it begins or ends any more, until it is born again.

    What a test commits itself, while nothing acts, does not count.
    """

    def __init__(self, store: Store, after: int) -> None:
        self._left = after
        self._dead = False
        self.acting = False
        self.came = False
        engine = store.database.engine.sync_engine
        event.listen(engine, "begin", self._begin, insert=True)
        event.listen(engine, "commit", self._commit, insert=True)

    def _begin(self, _: Connection) -> None:
        if self._dead:
            raise DeadError

    def _commit(self, _: Connection) -> None:
        if self._dead:
            raise DeadError
        self._left -= self.acting
        if self._left == 0 and self.acting:
            self._dead = self.came = True

    def be_born(self) -> bool:
        """Whether there was anything to be born again."""
        was, self._dead = self._dead, False
        return was


class TornDialogue(Dialogue):
    """Whatever a death breaks off is begun again by a process that knows only what was committed."""

    death: Death

    async def survive(self, act: Callable[[], Awaitable[Found]]) -> Found:
        while True:
            try:
                self.death.acting = True
                found = await act()
                if not self.death.be_born():
                    return found
            except DeadError:
                self.death.be_born()
            finally:
                self.death.acting = False
            self.house = build(self.store, [self.platform], now=self.clock, tick=timedelta(seconds=1))

    async def _hear(self, inbound: Inbound) -> Outcome:
        return await self.survive(lambda: Dialogue._hear(self, inbound))

    async def settle(self) -> None:
        await self.survive(lambda: Dialogue.settle(self))

    async def passes(self, by: timedelta) -> None:
        async def tick() -> None:
            await self.rounds.tick()  # of the process that lives by then

        self.clock.advance(by)
        await self.survive(tick)
        await self.settle()


Journey = Callable[[TornDialogue, Path], Awaitable[None]]


# ── the journeys ────────────────────────────────────────────────────────────────────────────────────────────────────


async def capture(talk: TornDialogue, _: Path) -> None:
    """Asked, answered, drafted, published."""
    await ask_expert(talk)
    form = await talk.presses("henrik", talk.last("henrik"), "Answer")
    await talk.submits("henrik", form, answer=ANSWER)
    await talk.presses("henrik", talk.last("henrik"), "Publish")


async def pass_on(talk: TornDialogue, _: Path) -> None:
    """Asked, passed, asked of the next, and solved meanwhile."""
    await ask_expert(talk)
    await talk.presses("henrik", talk.last("henrik"), "Pass")
    await talk.presses("amara", talk.last("amara"), "It's solved")


async def fall_silent(talk: TornDialogue, _: Path) -> None:
    """Asked, not answered in time, asked of the next, and answered late by the first."""
    await ask_expert(talk)
    request = talk.last("henrik")
    await talk.passes(timedelta(hours=5))
    form = await talk.presses("henrik", request, "Answer")
    await talk.submits("henrik", form, answer=ANSWER)


async def ask_back(talk: TornDialogue, _: Path) -> None:
    """Asked, asked back, told, and answered by an aid that came near."""
    await ask_expert(talk)
    request = talk.last("henrik")
    form = await talk.presses("henrik", request, "Ask for detail")
    await talk.submits("henrik", form, question="Which colour is the zip?")
    reply = await talk.presses("amara", talk.last("amara"), "Reply")
    await talk.submits("amara", reply, detail="The grey one.")
    form = await talk.presses("henrik", request, "This aid answers it")
    assert isinstance(form, Form)
    await talk.submits("henrik", form, aid=form.fields[0].options[0][0])


async def suggest(talk: TornDialogue, _: Path) -> None:
    """A message saved by a colleague, taken up by L&D."""
    form = await talk.uses_on("amara", WORDS, channel="support-desk")
    await talk.submits("amara", form, channel="support-desk", title="Label printer jams: turn the roll")
    await talk.presses("leila", talk.last("leila"), "Publish")


async def improve(talk: TornDialogue, _: Path) -> None:
    """A change suggested upon an aid, taken up by its owner; the answer that was given from it is corrected."""
    aid = await printer(talk)
    await talk.says("amara", ASK)
    form = await talk.forges("amara", "suggest_edit", str(aid.id))
    await talk.submits("amara", form, body=BETTER)
    await talk.presses("henrik", talk.last("henrik"), "Take it up")


async def hand_over(talk: TornDialogue, _: Path) -> None:
    """Another one looks after an aid."""
    async with talk.look() as tx:
        aid = next(aid for aid in [await tx.aid(id_) for id_ in sorted(await tx.aid_keys())] if aid.owner_id)
        owner = await tx.person(aid.owner_id or 0)
    who = next(id_ for id_, one in talk.platform.people.items() if one.name == owner.name)
    form = await talk.forges(who, "care_aid", str(aid.id))
    await talk.submits(who, form, owner="Tomasz Okafor")


async def follow(talk: TornDialogue, files: Path) -> None:
    """A folder is taken in, changed, and taken in again."""
    process: Lanyard | None = None
    folder: Folder | None = None

    async def look() -> None:
        nonlocal process, folder
        if folder is None or process is not talk.house:
            async with talk.store.database.write() as db:
                await db.execute(delete(t.Lease))  # that of the dead runs out
            process = talk.house
            folder = Folder(talk.store, 1, files, address="https://git.example/handbook/")
        await folder.look()

    for name, text in HANDBOOK.items():
        await asyncio.to_thread((files / name).write_text, text)
    for _ in range(4):
        await talk.survive(look)
    await asyncio.to_thread((files / "red.md").write_text, HANDBOOK["red.md"] + "3. Close the lid.\n")
    await asyncio.to_thread((files / "blue.md").unlink)
    for _ in range(4):
        await talk.survive(look)
    await talk.settle()


async def hear(talk: TornDialogue, folder: Path) -> None:
    """What people have shown is read by the language model, and a piece again whose text has become another."""
    encoder = open_encoder(make_tiny_model(folder / "model"))
    assert encoder is not None
    left = 1

    async def read() -> None:
        nonlocal left
        async with talk.store.database.write() as db:
            await db.execute(delete(t.Lease))  # that of the dead runs out
        left = await Encoding(talk.store, encoder).hear()

    async def show(text: str) -> None:
        async with talk.store.transaction(1, now=talk.clock()) as tx:
            await tx.show_evidence(2, EvidenceKind.ANSWERED, text, source="one")

    for text in ("refund by card", "refund by post"):
        await talk.survive(partial(show, text))
        while left:
            await talk.survive(read)
        left = 1


# ── what came of them ───────────────────────────────────────────────────────────────────────────────────────────────


KEPT: dict[type[t.Base], tuple[str, ...]] = {
    t.JobAid: ("number", "title", "body", "status", "version", "owner_id"),
    t.Question: ("text", "status"),
    t.Routing: ("expert_id", "status"),
    t.Answer: ("text", "helped"),
    t.Evidence: ("person_id", "kind", "text", "weight"),
    t.EvidenceVector: ("model", "codes"),
    t.OutboxRow: ("status",),
}


async def all_that_came(talk: Dialogue) -> dict[str, Any]:
    """What everybody has read, in the order in which each did, and what is kept."""
    read = {who: [text_of(post.card) for post in talk.seen_by(who)] for who in talk.platform.people}
    async with talk.store.database.read() as db:
        kept = {
            table.__tablename__: sorted(
                str(tuple(row)) for row in await db.execute(select(*(getattr(table, name) for name in names)))
            )
            for table, names in KEPT.items()
        }
    return {"read": read, "kept": kept}


async def play(databases: Databases, folder: Path, journey: Journey, *, dies_after: int) -> tuple[dict[str, Any], bool]:
    url = await asyncio.to_thread(databases.fresh, "sample")
    store = Store(url, lasting=timedelta(seconds=-1))  # what the dead had in hand is free at once
    await asyncio.to_thread(folder.mkdir)
    try:
        talk = TornDialogue(store, sample_platform(), Clock(SAMPLE_LOADED_AT))
        talk.death = Death(store, dies_after)
        await journey(talk, folder)
        return await all_that_came(talk), talk.death.came
    finally:
        await store.close()
        databases.drop(url)


@pytest.mark.parametrize(
    "journey", [capture, pass_on, fall_silent, ask_back, suggest, improve, hand_over, follow, hear]
)
async def test_a_death_between_any_two_commits_changes_nothing(
    databases: Databases, tmp_path: Path, journey: Journey
) -> None:
    whole, _ = await play(databases, tmp_path / "whole", journey, dies_after=10_000)
    for commits in itertools.count(1):
        torn, died = await play(databases, tmp_path / str(commits), journey, dies_after=commits)
        if not died:
            break
        assert torn["read"] == whole["read"], f"died after commit {commits}"
        for table, rows in torn["kept"].items():
            assert rows == whole["kept"][table], f"{table}, died after commit {commits}"
    assert commits > 3
