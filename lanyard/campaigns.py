"""`lanyard campaign check|load|export`: campaigns as files, from the command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bot.journeys.audiences import BY_FILE, Audience, interpret, remember_places
from bot.journeys.drafting import FieldFault, resolve_aids
from bot.journeys.planning import as_new
from bot.journeys.rhythms import read_customs
from bot.journeys.series import find_by_name
from bot.store import Store, Transaction
from bot.store.records import Person
from bot.turn import BadInputError
from knowledge.model import OPEN
from scheduler.campaign_file import CampaignFile, FileFault, read_file, write_file
from scheduler.commands import NewCampaign, describe
from scheduler.model import Campaign, CampaignStatus
from scheduler.plan import to_wall
from scheduler.roster import Named, read_roster
from scheduler.zones import find_zone

BATCH = 500  # rows of a list in one statement


class FileRefused(Exception):  # noqa: N818 — a list of what to mend
    """What is wrong with the file or its list, a line each, as `file:line: what, and what to do`."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A campaign that was read, understood, and found whole. `told` says it back in full."""

    plan: Campaign
    audience: Audience
    listed: list[Named]
    told: str


async def prepare(store: Store, workspace: int, path: Path, *, by: Person | None) -> Prepared:
    """Read a file and the list that it names, and look up all that it speaks of. Raises FileRefused; writes nothing."""
    now = datetime.now(UTC)
    async with store.reading(workspace, now=now) as tx:
        customs = read_customs((await tx.workspace_record()).settings)
        zone = find_zone(by.time_zone if by else None) or find_zone(customs.zone)
        today = to_wall(now, zone).date() if zone else now.date()
        found = _read(path, read_file(_text(path), today=today))
        listed = _read_list(path, found)
        everyone = await tx.everyone()
        remembered = await remember_places(tx, by) if by else {}
        new = found.campaign
        try:
            audience = interpret(new.audience, told={}, remembered=remembered, everyone=everyone, remedy=BY_FILE)
        except BadInputError as error:
            raise FileRefused([f"{path}: audience: {error}"]) from error
        try:
            plan = await resolve_aids(tx, new.to_campaign(), grants=by.grants() if by else OPEN)
        except FieldFault as fault:
            raise FileRefused([f"{path}: {fault}"]) from fault
    if found.listed is not None:
        entry = f"{len(listed):,} people of {Path(found.listed).name}"
        audience = Audience(entries=(*audience.entries, entry), places={**audience.places, entry: {"list": "yes"}})
    told = describe(replace(new, audience=audience.entries))
    return Prepared(plan=plan, audience=audience, listed=listed, told=told)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused([f"{path}: This is no text in UTF-8 ({error.reason}). Save it as UTF-8."]) from error
    except OSError as error:
        raise FileRefused([f"{path}: {error.strerror}. Check the spelling, or give the full path."]) from error


def _read(path: Path, found: CampaignFile | list[FileFault]) -> CampaignFile:
    if isinstance(found, list):
        raise FileRefused([f"{path}:{fault.line}: {fault.problem} {fault.remedy}" for fault in found])
    return found


def _read_list(path: Path, found: CampaignFile) -> list[Named]:
    if found.listed is None:
        return []
    list_path = path.parent / found.listed
    named = read_roster(_text(list_path))
    faults = [f"{list_path}:{one.line}: {one.problem} {one.remedy}" for one in named if isinstance(one, FileFault)]
    if faults:
        raise FileRefused(faults)
    return [one for one in named if isinstance(one, Named)]


async def load(store: Store, workspace: int, prepared: Prepared, *, by: Person, start: bool) -> str:
    """Keep it as a draft, or change the campaign of that name; all in one transaction. Returns what was done.

    With `start` a draft is started: the replicas that serve enrol its people. Raises NotAllowedError, GoneError.
    """
    plan, audience = prepared.plan, prepared.audience
    async with store.transaction(workspace, now=datetime.now(UTC)) as tx:
        known = next((one for one in await tx.campaigns(by=by) if one.plan.name == plan.name), None)
        if known is None:
            campaign_id = await tx.add_campaign(plan, audience=audience.entries, places=audience.places, by=by)
            done = f"“{plan.name}” is kept as a draft."
        else:
            campaign_id = known.id
            await tx.rewrite_campaign(campaign_id, plan, audience=audience.entries, places=audience.places, by=by)
            done = f"“{plan.name}” was changed; what was sent stays."
        await tx.clear_list(campaign_id)
        for at in range(0, len(prepared.listed), BATCH):
            await tx.list_people(campaign_id, prepared.listed[at : at + BATCH])
        await tx.audit("load", f"campaign {campaign_id}", by=by)
        if start and (known is None or known.plan.status is CampaignStatus.DRAFT):
            await _start(tx, campaign_id, by=by, expected=len(prepared.listed))
            return f"{done} It was started: its people are enrolled by the Lanyard that serves."
    return (
        done
        if known is not None and known.plan.status is not CampaignStatus.DRAFT
        else (f"{done} Start it with “/nudge start”, or with --start.")
    )


async def _start(tx: Transaction, campaign_id: int, *, by: Person, expected: int) -> None:
    await tx.change_status(campaign_id, CampaignStatus.RUNNING, by=by)
    await tx.set_gathered(campaign_id, expected=expected, done=False)
    await tx.audit("start", f"campaign {campaign_id}", by=by)


async def export(store: Store, workspace: int, name: str, *, by: Person) -> str:
    """The campaign as a file. Raises BadInputError for a name that is none, or several."""
    async with store.reading(workspace, now=datetime.now(UTC)) as tx:
        record = find_by_name(await tx.campaigns(by=by), name)
        aids = await tx.aids_by_id([int(step.aid) for step in record.plan.steps if step.aid])
    new: NewCampaign = as_new(record, aids.values())
    return write_file(new)
