"""What is in a file that somebody sent: fetched, converted in a child, and taken as the import takes it, as drafts.

A worker does it with nothing open. What comes of it is written in one transaction, which also lets the file go and
tells its sender. Broken off before, it is done again from the beginning; whoever has lost the lease leaves no trace.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from bot.inbound import clean_name
from bot.journeys import files
from bot.journeys.capturing import find_similar
from bot.journeys.gathering import batches
from bot.journeys.series import find_by_name
from bot.messages import Card, TryLater, Undeliverable
from bot.names import names_in
from bot.services import Services
from bot.store import DuplicateError, GoneError, Lane, NotAllowedError, Precedence, Transaction
from bot.store.files import prefix
from bot.store.knowledge import as_job_aid
from bot.store.records import Aid, CampaignRecord, Person, SentFile, Stage
from bot.turn import BadInputError
from bot.wording import files as words
from bot.wording import suggesting as suggesting_words
from bot.wording.standing import is_personal
from knowledge.documents import SUFFIXES
from knowledge.job_aids import Fault, names_aids, read
from knowledge.lint import lint
from knowledge.model import JobAid, Status
from scheduler.model import CampaignStatus
from scheduler.roster import Named, names_people, read_roster

log = structlog.get_logger(__name__)

MOST_AIDS = 300
"""From one file: so many that somebody can still look at them in chat."""
MOST_FAULTS = 100
MOST_PEOPLE = 20_000
LONGEST_LIST = 2_000_000  # bytes that are kept while its sender chooses
LONGEST_NAME = 200  # characters of a campaign's
MOST_CAMPAIGNS = 5  # offered on buttons
LISTED_AT_ONCE = 500
NO_ADDRESSES = "No column holds e-mail addresses. Name one of the columns “email”."
_LIST = re.compile(r"\s*(?:this is )?(?:a |the )?list\b(?: (?:for|of))?[\s:]*(.*)", re.IGNORECASE | re.DOTALL)
_AIDS = re.compile(r"\b(?:job aid|aids)", re.IGNORECASE)


class Kind(StrEnum):
    AIDS = "aids"
    LIST = "list"  # of people
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What is in a file, read in each way that its kind allows. `digest` names its content.

    `content` is what is kept of it while its sender chooses, None where that is too much.
    """

    kind: Kind
    digest: str
    content: bytes | None
    aids: Sequence[JobAid]
    faults: Sequence[str]
    people: Sequence[Named] = ()
    wrong_people: Sequence[str] = ()


# ── fetching and reading ────────────────────────────────────────────────────────────────────────────────────────────


async def read_file(services: Services, sent: SentFile) -> None:
    """Fetch it, read it, and tell what came of it. Raises TryLater, and DuplicateError where the lease was lost."""
    async with services.store.reading(sent.workspace, now=services.now()) as tx:
        person = await tx.person(sent.person_id)
    if not (person.active and person.may_publish()):
        await _finish(services, sent, Stage.DONE, words.not_yours(sent.file.name))
        return
    with TemporaryDirectory(prefix="lanyard-") as folder:
        arrived = Path(folder) / "arrived"
        try:
            sent = await _fetch(services, sent, arrived)
        except Undeliverable as refusal:
            await _finish(services, sent, Stage.DONE, words.not_had(sent.file.name, str(refusal)))
            return
        path = arrived.rename(Path(folder) / _file_name(sent.file.name))
        found = await asyncio.to_thread(_understand, path, services)
    await _take(services, sent, person, found)


async def _fetch(services: Services, sent: SentFile, to: Path) -> SentFile:
    """It, with the name by which its platform knows it. Raises TryLater, Undeliverable."""
    if sent.content is not None:
        await asyncio.to_thread(to.write_bytes, sent.content)
        return sent
    platform = services.platforms.get(sent.place.platform)
    if platform is None:
        raise TryLater(f"{sent.place.platform} is not connected.")
    with to.open("wb") as into:
        name = await platform.fetch(sent.place.tenant, sent.file, into=into, most=_most(sent.file.name))
        size = into.tell()
    named = replace(sent, file=replace(sent.file, name=clean_name(name)))
    if files.suffix_of(named.file.name) not in files.MOST:
        raise Undeliverable(f"I read {words.READ}.")
    if size > _most(named.file.name):  # its kind was not known before
        raise Undeliverable(f"I read at most {_most(named.file.name) // 1_000_000} MB of that kind. Cut it into parts.")
    return named


def _most(name: str) -> int:
    """Bytes; of a file whose kind is not known yet, as many as of any."""
    return files.MOST.get(files.suffix_of(name)) or max(files.MOST.values())


def _file_name(name: str) -> str:
    """Its name, made fit to be one in a folder of ours: no path, and no longer than file systems take."""
    suffix = files.suffix_of(name)
    stem = re.sub(r"[/\\\x00-\x1f]", "_", name[: -len(suffix)])
    return stem.encode()[:120].decode(errors="ignore").lstrip(".") + suffix


def _understand(path: Path, services: Services) -> _Found:
    """In a thread: all that the file could be."""
    aids: list[JobAid] = []
    faults: list[str] = []
    for one in read(path, root=path.parent, convert=services.convert, documents=SUFFIXES):
        if not isinstance(one, Fault):
            aids.append(one)
        elif len(faults) < MOST_FAULTS:
            faults.append(str(one))
        if len(aids) > MOST_AIDS:
            break
    if len(aids) > MOST_AIDS:
        many = (
            f"It holds more than {MOST_AIDS} job aids. Send it in parts, or have it imported by whoever runs Lanyard."
        )
        aids, faults = [], [many]
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    content = path.read_bytes() if path.suffix.lower() == ".csv" else b""
    found_aids = _Found(
        kind=Kind.AIDS,
        digest=digest,
        content=content if 0 < len(content) <= LONGEST_LIST else None,
        aids=aids,
        faults=faults,
    )
    text = content.decode("utf-8-sig", "replace")
    if not names_people(text):
        return found_aids
    named = read_roster(text)
    return replace(
        found_aids,
        kind=Kind.EITHER if names_aids(text) else Kind.LIST,
        people=[one for one in named if isinstance(one, Named)],
        wrong_people=[f"{path.name}, {one}" for one in named if not isinstance(one, Named)],
    )


# ── what it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def _take(services: Services, sent: SentFile, person: Person, found: _Found) -> None:
    kind = _find_kind(sent, found)
    if kind is Kind.EITHER and not person.is_ld():
        kind = Kind.AIDS
    if kind is Kind.AIDS:
        await _draft(services, sent, person, found)
    elif not person.is_ld():
        await _finish(services, sent, Stage.DONE, words.no_list(sent.file.name))
    elif found.wrong_people or not found.people:
        await _finish(
            services, sent, Stage.DONE, words.wrong_list(sent.file.name, found.wrong_people or [NO_ADDRESSES])
        )
    elif len(found.people) > MOST_PEOPLE:
        many = f"These are {len(found.people):,} people; {MOST_PEOPLE:,} are the most in chat. Send it in parts."
        await _finish(services, sent, Stage.DONE, words.wrong_list(sent.file.name, [many]))
    else:
        await _list(services, sent, person, found, either=kind is Kind.EITHER)


def _find_kind(sent: SentFile, found: _Found) -> Kind:
    """As its sender said, by a button or in the words beside it; else as it looks."""
    if sent.meant:
        return Kind(sent.meant)
    if _LIST.fullmatch(sent.words):
        return Kind.LIST
    return Kind.AIDS if found.kind is Kind.EITHER and _AIDS.search(sent.words) else found.kind


# ── job aids ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _draft(services: Services, sent: SentFile, person: Person, found: _Found) -> None:
    faults = [*found.faults]
    drafts = []
    for number, aid in enumerate(found.aids):
        if person.is_ld():
            theirs = aid
        elif aid.audience <= person.grants():
            theirs = replace(aid, owner=None, deputy=None, locked=False)  # as what they write themselves
        else:
            whose = ", ".join(sorted(aid.audience))[:100]
            faults.append(f"“{aid.title[:80]}”: It is for {whose}, which you are not in.")
            continue
        drafts.append(replace(theirs, key=f"{prefix(sent.id)}{found.digest}:{number}", status=Status.DRAFT))
    similar = await find_similar(services, sent.workspace, drafts[0], by=person) if len(drafts) == 1 else []
    async with _finishing(services, sent, Stage.DRAFTED if drafts else Stage.DONE) as tx:
        there = {aid.key for aid in await tx.aids_of_file(sent.id)}
        fresh = [aid for aid in drafts if aid.key not in there]
        await tx.put_aids(fresh, source="file", sender=person)
        kept = await tx.aids_of_file(sent.id, drafts=True)
        names = await tx.names()
        if fresh:
            await tx.audit("draft from file", f"file {sent.id}: {len(fresh)} drafts", by=person)
        findings = [_findings(aid, names) for aid in kept]
        if not drafts:
            card = words.nothing_found(sent.file.name, faults)
        elif not kept:
            card = words.nothing_new(sent.file.name)
        elif len(kept) == len(drafts) == 1:
            only = suggesting_words.draft(kept[0], findings[0], similar)
            card = Card(summary=only.summary, parts=(*words.about_one(faults), *only.parts[1:]))
        else:
            doubtful = sum(bool(one) for one in findings)
            card = words.drafted(sent.id, sent.file.name, kept, doubtful=doubtful, faults=faults)
        await tx.send(sent.place, card, lane=Lane.EXPERT)
    log.info("file read", drafts=len(fresh), faults=len(faults))


def _findings(aid: Aid, names: Sequence[str]) -> list[str]:
    named = names_in(f"{aid.title} {aid.body}", names)
    return [finding.message for finding in lint(as_job_aid(aid), people=named)]


async def publish_drafts(services: Services, sent: SentFile) -> None:
    """Publish what was drafted from it; what is like something published already waits for its sender.

    Each is committed for itself, so that what was broken off goes on with those that are drafts still.
    """
    async with services.store.reading(sent.workspace, now=services.now()) as tx:
        person = await tx.person(sent.person_id)
        siblings = await tx.aids_of_file(sent.id)
    if not (person.active and person.may_publish()):
        await _finish(services, sent, Stage.DRAFTED, words.not_yours(sent.file.name))
        return
    # The pieces of one manual are like each other; whoever wrote it parted them.
    but = {aid.id for aid in siblings}
    drafts = [aid for aid in siblings if aid.status == Status.DRAFT]
    fresh = [
        aid for aid in drafts if not await find_similar(services, sent.workspace, as_job_aid(aid), by=person, but=but)
    ]
    for aid in fresh:
        await _publish(services, sent, person, aid)
    async with services.store.reading(sent.workspace, now=services.now()) as tx:
        kept = await tx.aids_of_file(sent.id)
    left = sum(aid.status == Status.DRAFT for aid in kept)
    done = sum(aid.status == Status.PUBLISHED for aid in kept)
    stage = Stage.DRAFTED if left else Stage.DONE
    await _finish(services, sent, stage, words.published(sent.id, sent.file.name, done, left=left))


async def _publish(services: Services, sent: SentFile, person: Person, aid: Aid) -> None:
    """What is not theirs to publish, or was changed or dropped meanwhile, is left as it is."""
    with suppress(NotAllowedError, GoneError):
        async with services.store.transaction(
            sent.workspace, now=services.now(), precedence=Precedence.BACKGROUND
        ) as tx:
            await tx.rewrite_aid(
                aid.id,
                by=person,
                title=aid.title,
                body=aid.body,
                need=aid.need,
                status=Status.PUBLISHED,
                expect=aid.version,
            )
            await tx.audit("publish", f"job aid #{aid.number}", by=person)


# ── lists of people ─────────────────────────────────────────────────────────────────────────────────────────────────


async def _list(services: Services, sent: SentFile, person: Person, found: _Found, *, either: bool) -> None:
    """Put them on the list of the campaign that was named or chosen. Else ask which is meant, or if it is a list."""
    asked_for = _LIST.fullmatch(sent.words)
    name = asked_for[1].strip(" .“”\"'")[:LONGEST_NAME] if asked_for else ""
    async with services.store.reading(sent.workspace, now=services.now()) as tx:
        records = [one for one in await tx.campaigns(by=person) if _takes_lists(one)]
    chosen = next((one for one in records if one.id == sent.campaign_id), None)
    why = ""
    if chosen is None and name:
        try:
            chosen = find_by_name(records, name)
        except BadInputError as error:
            why = str(error)
    if chosen is not None:
        await _put_on_list(services, sent, person, chosen, found.people)
    elif not records and not either:
        await _finish(services, sent, Stage.DONE, words.no_campaign(sent.file.name, len(found.people)))
    elif found.content is None:
        many = (
            "It is too long to be kept while you choose. Send it again with “list” and the campaign's name beside it."
        )
        await _finish(services, sent, Stage.DONE, words.wrong_list(sent.file.name, [many]))
    else:
        newest = sorted(records, key=lambda one: -one.id)[:MOST_CAMPAIGNS]
        offered = [(one.id, one.plan.name) for one in newest]
        card = words.choose(sent.id, sent.file.name, len(found.people), offered, aids=either, why=why)
        await _finish(services, sent, Stage.CHOOSE, card, content=found.content)


def _takes_lists(record: CampaignRecord) -> bool:
    return not is_personal(record) and record.plan.status is not CampaignStatus.ENDED


async def _put_on_list(
    services: Services, sent: SentFile, person: Person, record: CampaignRecord, people: Sequence[Named]
) -> None:
    async with _finishing(services, sent, Stage.DONE) as tx:
        # Looked at again: it may have ended meanwhile, or not be theirs to plan any more.
        record = await tx.campaign(record.id, by=person)
        new = 0
        for some in batches(people, LISTED_AT_ONCE):
            new += await tx.list_people(record.id, some)
        running = record.plan.status is CampaignStatus.RUNNING
        if running and new:
            await tx.gather_again(record.id)
        await tx.audit("list people", f"campaign {record.id}: {new} new", by=person)
        card = words.listed(
            sent.file.name, record.plan.name, len(people), new=new, running=running and new > 0, campaign_id=record.id
        )
        await tx.send(sent.place, card, lane=Lane.EXPERT)


# ── letting it go ───────────────────────────────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _finishing(
    services: Services, sent: SentFile, stage: Stage, *, content: bytes | None = None
) -> AsyncIterator[Transaction]:
    """The one transaction in which all that came of it is kept. Raises DuplicateError where the lease was lost."""
    async with services.store.transaction(sent.workspace, now=services.now(), precedence=Precedence.BACKGROUND) as tx:
        if not await tx.finish_file(sent, stage, content=content):
            raise DuplicateError(f"file {sent.id}")
        yield tx


async def _finish(
    services: Services, sent: SentFile, stage: Stage, card: Card, *, content: bytes | None = None
) -> None:
    async with _finishing(services, sent, stage, content=content) as tx:
        await tx.send(sent.place, card, lane=Lane.EXPERT)


async def give_up(services: Services, sent: SentFile, card: Card) -> None:
    """It was tried often enough, and its sender is told."""
    await _finish(services, sent, Stage.DONE, card)


STAGES: Mapping[Stage, Callable[[Services, SentFile], Awaitable[None]]] = {
    Stage.READ: read_file,
    Stage.PUBLISH: publish_drafts,
}
"""What a worker does with a file that is at this stage."""
