"""The truth of delivery: to whom a campaign could not be brought and why, and trying again without saying it twice."""

from __future__ import annotations

from bot.journeys.people import find_on_platforms
from bot.journeys.replies import revise_pressed
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import Note, Outcome
from bot.turn import Turn
from bot.wording import standing
from scheduler import plan as timing
from scheduler.model import EnrolmentStatus

MOST_NAMED = 20
MOST_RETRIED = 1000


async def show_unreached(turn: Turn, campaign_id: int) -> Outcome:
    """Raises GoneError, NotAllowedError."""
    async with turn.look() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
        found = await tx.unreached(campaign_id, limit=MOST_RETRIED)
        people = await tx.people_by_id({one.person_id for one in found})
    reasons = {one.person_id: one.reason for one in reversed(found)}
    named = [(people[person_id].name, reason) for person_id, reason in reasons.items()]
    return Note(
        card=standing.unreached(
            record.plan.name,
            named[:MOST_NAMED],
            more=max(0, len(named) - MOST_NAMED),
            campaign_id=campaign_id,
        )
    )


async def retry(turn: Turn, campaign_id: int) -> Outcome:
    """Look everybody up again, and bring it to those who can be reached now, each once. Raises GoneError,
    NotAllowedError.
    """
    async with turn.look() as tx:
        await tx.campaign(campaign_id, by=turn.person)
        people = {one.person_id for one in await tx.unreached(campaign_id, limit=MOST_RETRIED)}
    await find_on_platforms(turn.services, turn.workspace, people)
    async with turn.commit() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
        found = await tx.unreached(campaign_id, limit=MOST_RETRIED)
        addresses = await tx.direct_addresses({one.person_id for one in found})
        learners = await tx.people_by_id(addresses)
        customs = read_customs((await tx.workspace_record()).settings)
        # Of several that did not arrive, the newest is of use.
        sure = [one for one in reversed(found) if not one.uncertain and one.person_id in addresses]
        newest = {one.enrolment_id: one for one in sure}
        enrolments = {one.id: one for one in await tx.enrolments_by_id(list(newest))}
        marked = await tx.give_up([one.nudge_id for one in newest.values() if one.nudge_id is not None])
        series = {}
        for one in newest.values():
            before = enrolments[one.enrolment_id].series
            rhythm = settle_for(learners[one.person_id], record.plan, customs)
            if one.step_id is None:
                if before.status is EnrolmentStatus.INVITED:  # who was asked again meanwhile is not asked twice
                    series[one.enrolment_id] = timing.invited_again(before, rhythm=rhythm, now=tx.now)
            elif one.nudge_id in marked and one.step_id in record.step_ids:
                series[one.enrolment_id], round_ = timing.reserve_round(before)
                due = timing.next_usual_time(tx.now, rhythm=rhythm)
                await tx.add_follow_up(one.enrolment_id, step_id=one.step_id, round=round_, due=due)
        await tx.set_series(series)
        await tx.audit("retry", f"campaign {campaign_id}", by=turn.person)
        card = standing.retried(record.plan.name, len(series), len({one.person_id for one in found}))
        await revise_pressed(turn, tx, card)
    return Note(card=card)
