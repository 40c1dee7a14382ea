"""Files of past threads → evidence in the store, with a table of what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot.messages import Sender
from bot.store import Store, Transaction
from bot.store.importing import PastEvidence
from bot.store.shown import talk_source
from knowledge.documents.limits import Refused
from knowledge.job_aids import Fault
from knowledge.model import EvidenceKind
from lanyard.past import lines, slack, teams
from lanyard.past.model import Box, Export, Member, Reading
from lanyard.past.pairing import Pairing, Shown

BATCH = 500  # pieces a transaction: a broken import keeps what was done, and other writers get their turn

SAY_WHO_READS = "Say --open where everybody in the company may read these channels, else --private."


class CannotTakeError(Exception):
    """Nothing of it can be taken in. The message says why, and what to do."""


@dataclass(slots=True)
class _Told:
    """What came of it. Only people who answered or were thanked are counted."""

    counts: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)


async def import_past(
    store: Store,
    workspace: int,
    paths: Sequence[Path],
    *,
    reading: Reading,
    named: str | None,
    add_people: bool,
    console: Console,
) -> int:
    """Import, print a table, and return how many files were refused. A file that turns out to be broken midway keeps
    what was taken from it. `named` is the workspace as "slack/T0123ABCD". Raises CannotTakeError.
    """
    told = _Told()
    async with store.reading(workspace, now=datetime.now(UTC)) as tx:
        tenants = await tx.tenants()
        deaf = await tx.deaf_places()
        if add_people and not await tx.administrators():
            raise CannotTakeError(
                "Nobody is administrator here yet. Write to Lanyard first: who comes first becomes it."
            )
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        for path in paths:
            task = progress.add_task(f"Reading {escape(path.name)}")
            try:
                with ExitStack() as stack:
                    export = _open(path, reading, stack)
                    place = _tenant(export, tenants, named, add_people=add_people)
                    taking = _Taking(export, place, deaf, told, add_people=add_people)
                    shown = taking.shown()
                    while batch := list(islice(shown, BATCH)):
                        async with store.transaction(workspace, now=datetime.now(UTC)) as tx:
                            await taking.take(tx, batch)
                        progress.update(task, description=f"{escape(path.name)}: {told.counts['messages']:,} messages")
            except Refused as refused:
                told.faults.append(Fault(file=str(path), line=None, problem=refused.problem, remedy=refused.remedy))
            except OSError as error:
                problem = f"It cannot be read: {error.strerror or error}."
                remedy = "Check the path and its permissions."
                told.faults.append(Fault(file=str(path), line=None, problem=problem, remedy=remedy))
            progress.remove_task(task)
    _show(console, told)
    return len(told.faults)


def _open(path: Path, reading: Reading, stack: ExitStack) -> Export:
    suffix = path.suffix.lower()
    if suffix in {".jsonl", ".ndjson"}:
        _check_said(reading)
        return lines.read(path, reading)
    if suffix == ".zip" or path.is_dir():
        box = Box(path, stack)
        if slack.is_slack(box):
            return slack.read(box, reading)
        if box.names and teams.is_teams(box):
            _check_said(reading)
            return teams.read(box, reading)
        raise Refused(
            "There are neither a Slack export's users.json and channels.json in it, nor messages as Microsoft Graph "
            "gives them.",
            "Give the zip of a Slack export as it is, or a zip with Graph's JSON of channel messages and users.json.",
        )
    what = {".pst": "A mailbox of Outlook, as Purview writes it,", ".json": "A single JSON file"}.get(suffix)
    raise Refused(
        f"{what or f'A file {suffix!r}'} is not read.",
        "Give the zip of a Slack export, a zip or folder of Microsoft Graph's channel messages with users.json, or "
        "JSON Lines (.jsonl).",
    )


def _check_said(reading: Reading) -> None:
    if not reading.is_open and not reading.private:
        raise Refused("It does not tell who may read its channels.", SAY_WHO_READS)


def _tenant(
    export: Export, tenants: Sequence[tuple[str, str]], named: str | None, *, add_people: bool
) -> tuple[str, str]:
    """The platform and tenant whose channels and people these are. Raises Refused."""
    if named is not None:
        platform, _, tenant = named.partition("/")
        if export.platform in {None, platform}:
            return platform, tenant
    found = [one for one in tenants if export.platform in {None, one[0]}]
    if (export.platform, export.tenant) in found:
        return export.platform or "", export.tenant or ""
    if len(found) == 1:
        return found[0]
    if not found and add_people:
        raise Refused("Lanyard is not there yet.", "Install it there before you add people from it.")
    if not found and export.platform is not None:
        # Lanyard is not there yet: people are then known by their e-mail addresses alone.
        return export.platform, export.tenant or "past"
    names = ", ".join(f"{platform}/{tenant}" for platform, tenant in found)
    raise Refused(f"It does not tell of which of {names} it is.", "Name that with --workspace.")


class _Taking:
    def __init__(
        self, export: Export, place: tuple[str, str], deaf: set[str], told: _Told, *, add_people: bool
    ) -> None:
        self._export = export
        self._platform, self._tenant = place
        self._deaf = deaf
        self._told = told
        self._add_people = add_people
        self._people: dict[str, int | None] = {}

    def shown(self) -> Iterator[Shown]:
        """What the export shows, while it is read. Raises Refused, OSError."""
        pairing, counts = Pairing(), self._told.counts
        try:
            for said in self._export.remarks:
                if self._name(said.channel) in self._deaf:
                    counts["left out: messages of channels that want no learning"] += 1
                    continue
                counts["messages"] += 1
                yield from pairing.hear(said)
            yield from pairing.end()
        finally:
            counts["threads"] += pairing.threads
            for what, count in self._export.left_out.items():
                counts[f"left out: {what}"] += count

    async def take(self, tx: Transaction, batch: Sequence[Shown]) -> None:
        await self._meet(tx, {one.author for one in batch} - self._people.keys())
        counts = self._told.counts
        for kind, what in ((EvidenceKind.SPOKE, "answers"), (EvidenceKind.THANKED, "thanks")):
            some = [one for one in batch if one.kind is kind]
            pieces = [piece for one in some if (piece := self._piece(one)) is not None]
            # Two ids of one person may both have answered in a thread.
            pieces = list({piece.source: piece for piece in pieces}.values())
            new = await tx.take_evidence(pieces)
            counts[f"{what}: new"] += new
            counts[f"{what}: here already"] += len(pieces) - new
            counts[f"{what}: of people not known here"] += sum(self._people[one.author] is None for one in some)

    def _piece(self, one: Shown) -> PastEvidence | None:
        person = self._people[one.author]
        if person is None:
            return None
        place = self._name(one.channel)
        thread = f"{place}/{one.thread}"
        return PastEvidence(
            person_id=person,
            kind=one.kind,
            text=one.text,
            source=talk_source(thread, person) if one.kind is EvidenceKind.SPOKE else f"thanks:{thread}",
            place=place,
            closed=one.closed,
            weight=one.weight,
            at=one.at,
        )

    async def _meet(self, tx: Transaction, authors: set[str]) -> None:
        """Who these are: by their platform's id, else by e-mail address, else, where that was said, newly."""
        by_id = await tx.people_behind(self._platform, self._tenant, authors)
        members = {one: self._export.members.get(one, Member(id=one)) for one in authors}
        emails = {one: member.email.strip().lower() for one, member in members.items() if member.email}
        by_email = await tx.people_by_email(list(emails.values()))
        for one, member in members.items():
            person = by_id.get(one) or by_email.get(emails.get(one, ""))
            if person is None and self._add_people and member.newcomer:
                sender = Sender(id=one, name=member.name, email=member.email, time_zone=member.time_zone)
                person = (await tx.recognise(self._platform, self._tenant, sender)).id
                self._told.counts["people made known"] += 1
            self._people[one] = person
            (self._told.unknown if person is None else self._told.known).add(one)

    def _name(self, channel: str) -> str:
        """A conversation among all platforms', as `Turn.place_key` names it."""
        return f"{self._platform}/{self._tenant}/{channel}"


def _show(console: Console, told: _Told) -> None:
    table = Table("", "", title="Past threads")
    shown = ["messages", "threads", "answers: new", "answers: here already", "answers: of people not known here"]
    shown += ["thanks: new", "thanks: here already", "thanks: of people not known here"]
    for what in shown:
        table.add_row(what, str(told.counts[what]))
    table.add_row("people who answered: known here", str(len(told.known)))
    table.add_row("people who answered: not known here", str(len(told.unknown)))
    for what in sorted(told.counts.keys() - set(shown)):
        table.add_row(what, str(told.counts[what]))
    table.add_row("files refused", str(len(told.faults)), style="red" if told.faults else "")
    console.print(table)
    if told.unknown:
        console.print(
            "Of people not known here nothing was kept. Once they are known, import the same files again.",
            soft_wrap=True,
        )
    for fault in told.faults:
        console.print(str(fault), style="red", markup=False, highlight=False, soft_wrap=True)
