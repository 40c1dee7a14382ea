"""A campaign at work: previewed, tried on oneself, started, paused, resumed, ended; and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.campaign_figures import read_figures
from bot.journeys.audiences import OPEN, Audience, Reached, reach
from bot.journeys.following import catch_up
from bot.journeys.gathering import AT_ONCE, gather
from bot.journeys.nudging import settle_times, source_line
from bot.journeys.replies import reply, revise_pressed, send_to_self
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import Card, Note, Outcome, Pressed
from bot.store import GoneError, Lane, Transaction
from bot.store.campaigns import ME
from bot.store.knowledge import as_job_aid
from bot.store.records import Aid, CampaignRecord
from bot.turn import BadInputError, Turn
from bot.wording import planning as words
from bot.wording import reinforcing as learner_words
from bot.wording import standing
from bot.wording.general import plain, say_moment
from scheduler import foresight
from scheduler import plan as planning
from scheduler.campaign_file import write_file
from scheduler.commands import NewCampaign
from scheduler.kinds import NothingToSay, compose
from scheduler.model import CampaignStatus, Customs

# ── showing it ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def preview_card(turn: Turn, tx: Transaction, record: CampaignRecord, *, reached: Reached | None) -> Card:
    """`reached` None where it cannot be told who that is now."""
    people = len(reached) if reached is not None else None
    customs = read_customs((await tx.workspace_record()).settings)
    rhythm = settle_for(turn.person, record.plan, customs)
    quiet = None
    if rhythm.quiet_from != rhythm.quiet_until:
        quiet = (f"{rhythm.quiet_from:%H:%M}", f"{rhythm.quiet_until:%H:%M}")
    personal = record.audience == (ME,)
    return words.preview(
        record,
        await planned_steps(turn, tx, record, customs),
        people=people,
        invited=0 if reached is None or customs.consented else await _count_unmet(tx, reached),
        rhythm=words.rhythm(quiet=quiet, daily_cap=rhythm.daily_cap, personal=personal),
        personal=personal,
        later=foresight.why_later(record.plan.steps[0], record.plan.start, rhythm=rhythm, now=turn.now),
        takes=turn.services.time_to_send(turn.here(), people or 0),
    )


async def _count_unmet(tx: Transaction, reached: Reached) -> int:
    """How many would be asked first whether they want it."""
    return len(reached.strangers) + len(reached.named) + await tx.not_met(reached.people)


async def planned_steps(
    turn: Turn, tx: Transaction, record: CampaignRecord, customs: Customs
) -> list[words.PlannedStep]:
    """Each step with the time at which it would reach the planner, had they been there at its start; if there was none
    so far, were it started now.
    """
    rhythm = settle_for(turn.person, record.plan, customs)
    first_day = planning.choose_first_day(record.plan.start, rhythm=rhythm, now=record.started_at or turn.now)
    aids = await tx.aids_by_id([int(step.aid) for step in record.plan.steps if step.aid])
    return [
        words.PlannedStep(
            # A campaign's figures name the steps by their place in the plan; one's own series has none.
            number=place if record.plan.own else one.step + 1,
            when=say_moment(one.at, rhythm.zone),
            moved=one.moved,
            most=rhythm.daily_cap if one.full else None,
            step=(step := record.plan.steps[one.step]),
            aid=_name_aid(aids.get(int(step.aid))) if step.aid else "",
        )
        for place, one in enumerate(foresight.foresee(record.plan.steps, first_day=first_day, rhythm=rhythm), 1)
    ]


def _name_aid(aid: Aid | None) -> str:
    return f"job aid #{aid.number}, “{aid.title}”" if aid else "a job aid that was withdrawn"


async def preview(turn: Turn, campaign_id: int) -> Outcome:
    async with turn.look() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
    if record.plan.status is not CampaignStatus.DRAFT:
        return await stand(turn, campaign_id)
    reached = await _reached_now(turn, record)
    async with turn.commit() as tx:
        card = await preview_card(turn, tx, record, reached=reached)
        if isinstance(turn.inbound, Pressed) and await revise_pressed(turn, tx, card):
            return None
        await send_to_self(turn, tx, card)
    return None if turn.is_direct() else Note(card=words.drafted(record.plan.name))


async def _reached_now(turn: Turn, record: CampaignRecord) -> Reached | None:
    """None where a platform does not tell now."""
    try:
        return await reach(
            turn.services, turn.workspace, _audience(record), owner=record.owner_id, campaign_id=record.id
        )
    except BadInputError:
        return None


async def stand(turn: Turn, campaign_id: int) -> Outcome:
    """How a campaign stands: counts, never people."""
    async with turn.commit() as tx:
        card = await status_card(turn, tx, await tx.campaign(campaign_id, by=turn.person))
        return None if await revise_pressed(turn, tx, card) else await reply(turn, tx, card)


async def status_card(turn: Turn, tx: Transaction, record: CampaignRecord, *, lead: str = "") -> Card:
    customs = read_customs((await tx.workspace_record()).settings)
    waiting = await tx.waiting_of(record.id, turn.here())
    done_by = turn.now + turn.services.time_to_send(turn.here(), waiting)
    return standing.status(
        record,
        await planned_steps(turn, tx, record, customs),
        await read_figures(tx, record),
        lead=lead,
        waiting=waiting,
        done_by=say_moment(done_by, settle_for(turn.person, record.plan, customs).zone),
    )


async def dry_run(turn: Turn, campaign_id: int) -> Outcome:
    """Every reminder to oneself, now, with nothing recorded."""
    async with turn.commit() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
        customs = read_customs((await tx.workspace_record()).settings)
        planned = await planned_steps(turn, tx, record, customs)
        aids = await tx.aids_by_id([int(step.aid) for step in record.plan.steps if step.aid])
        owners = await tx.people_by_id([record.owner_id]) if record.owner_id is not None else {}
        source = source_line(record, next(iter(owners.values()), None))
        for number, one in enumerate(planned, 1):
            aid = aids.get(int(one.step.aid)) if one.step.aid else None
            try:
                content = compose(one.step, as_job_aid(aid) if aid else None)
            except NothingToSay as nothing:
                await send_to_self(turn, tx, plain(f"Dry run, {number} of {len(planned)}: {nothing}"))
                continue
            card = learner_words.dry_run(content, source=source, number=number, of=len(planned), when=one.when)
            await send_to_self(turn, tx, card)
    return None if turn.is_direct() else Note(card=words.dry_run_sent(len(planned)))


# ── starting and steering ───────────────────────────────────────────────────────────────────────────────────────────


def _audience(record: CampaignRecord) -> Audience:
    return Audience(entries=record.audience, places=record.places)


async def start(turn: Turn, campaign_id: int) -> Outcome:
    """Enrol everybody of the audience, then let it run. A start that broke off can simply be repeated."""
    async with turn.look() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
    if record.plan.status is CampaignStatus.ENDED:
        raise GoneError(f"“{record.plan.name}” is over. Copy it to use it again.")
    if record.plan.status is not CampaignStatus.DRAFT:
        raise GoneError(f"“{record.plan.name}” was started already. “/nudge show” tells how it stands.")
    reached = await reach(
        turn.services, turn.workspace, _audience(record), owner=record.owner_id, campaign_id=record.id
    )
    if not reached and OPEN not in record.audience:
        raise BadInputError(f"There is nobody in {', '.join(record.audience)} just now, so nothing was started.")
    if len(reached) > AT_ONCE:
        # Enrolled by the worker, from as soon as it runs.
        async with turn.services.store.transaction(turn.workspace, now=turn.now) as tx:
            await tx.set_gathered(campaign_id, expected=len(reached), done=False)
        lead = f"Started. Its {len(reached):,} people are being enrolled; I tell you when all are."
        return await _steer(turn, campaign_id, CampaignStatus.RUNNING, "start", lead)
    # Nothing is sent meanwhile, since nothing falls due in a draft. A start that breaks off is simply repeated.
    await gather(turn.services, turn.workspace, record)
    lead = "Started." if reached else "Started, and open to join with “/nudge list”."
    return await _steer(turn, campaign_id, CampaignStatus.RUNNING, "start", lead)


async def pause(turn: Turn, campaign_id: int) -> Outcome:
    lead = "Paused. Nothing is sent, and what falls due meanwhile waits."
    return await _steer(turn, campaign_id, CampaignStatus.PAUSED, "pause", lead)


async def end(turn: Turn, campaign_id: int) -> Outcome:
    return await _steer(turn, campaign_id, CampaignStatus.ENDED, "end", "Ended. Nothing more is sent.")


async def resume(turn: Turn, campaign_id: int) -> Outcome:
    async with turn.look() as tx:
        status = (await tx.campaign(campaign_id, by=turn.person)).plan.status
    if status is not CampaignStatus.PAUSED:
        raise GoneError("Only a paused campaign can be resumed.")
    lead = "It goes on. What waited comes at the next usual time."
    return await _steer(turn, campaign_id, CampaignStatus.RUNNING, "resume", lead)


async def _steer(turn: Turn, campaign_id: int, status: CampaignStatus, verb: str, lead: str) -> Outcome:
    async with turn.commit() as tx:
        before = await tx.change_status(campaign_id, status, by=turn.person)
        if before.plan.status is CampaignStatus.PAUSED and status is CampaignStatus.RUNNING:
            # What fell due during the pause is not late: it comes at each learner's next usual time.
            await tx.unsettle(campaign_id=campaign_id)
            await catch_up(tx, [before], await tx.overdue_follow_ups(campaign_id))
        await tx.audit(verb, f"campaign {campaign_id}", by=turn.person)
        card = await status_card(turn, tx, await tx.campaign(campaign_id, by=turn.person), lead=lead)
        if before.owner_id not in (None, turn.person.id):
            assert before.owner_id is not None
            to = await tx.direct_address(before.owner_id)
            if to is not None:
                told = plain(f"{turn.person.name} changed your campaign “{before.plan.name}”: {lead}")
                await tx.send(to, told, lane=Lane.EXPERT)
        in_place = await revise_pressed(turn, tx, card)
        if not in_place:
            await send_to_self(turn, tx, card)
    if status is CampaignStatus.RUNNING:
        await settle_times(turn.services, turn.workspace, limit=AT_ONCE)
    if in_place or turn.is_direct():
        return None
    return Note(card=plain(f"“{before.plan.name}”: {lead}"))


async def discard(turn: Turn, campaign_id: int) -> Outcome:
    async with turn.commit() as tx:
        record = await tx.discard_campaign(campaign_id, by=turn.person)
        card = words.discarded(record.plan.name)
        return None if await revise_pressed(turn, tx, card) else await reply(turn, tx, card)


async def copy(turn: Turn, record: CampaignRecord) -> Outcome:
    """A draft of the same under another name."""
    async with turn.look() as tx:
        taken = {one.plan.name for one in await tx.campaigns(by=turn.person)}
    number = next(n for n in range(2, len(taken) + 3) if f"{record.plan.name} ({n})" not in taken)
    plan = replace(record.plan, name=f"{record.plan.name} ({number})", status=CampaignStatus.DRAFT, start=None)
    async with turn.commit() as tx:
        campaign_id = await tx.add_campaign(plan, audience=record.audience, places=record.places, by=turn.person)
        await tx.copy_list(record.id, to=campaign_id)
        made = await tx.campaign(campaign_id, by=turn.person)
    reached = await _reached_now(turn, made)
    async with turn.commit() as tx:
        await send_to_self(turn, tx, await preview_card(turn, tx, made, reached=reached))
    return None if turn.is_direct() else Note(card=words.drafted(plan.name))


def as_new(record: CampaignRecord, aids: Iterable[Aid]) -> NewCampaign:
    """The campaign as somebody would write it, with the numbers of its job aids."""
    numbers = {str(aid.id): str(aid.number) for aid in aids}
    plan = record.plan
    return NewCampaign(
        name=plan.name,
        audience=record.audience,
        steps=tuple(replace(step, aid=numbers.get(step.aid) if step.aid else None) for step in plan.steps),
        purpose=plan.purpose,
        start=plan.start,
        at=plan.at,
        zone=plan.zone,
        country=plan.country,
        working_days=plan.working_days,
    )


async def as_file(turn: Turn, campaign_id: int) -> Outcome:
    """The campaign as the file that `lanyard campaign load` reads."""
    async with turn.look() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
        aids = await tx.aids_by_id([int(step.aid) for step in record.plan.steps if step.aid])
    return Note(card=words.file(record.plan.name, write_file(as_new(record, aids.values()))))
