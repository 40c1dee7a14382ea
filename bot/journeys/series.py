"""The series somebody is in: looked at, put off, stopped, taken up again, joined; and a pause of them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from bot.journeys.following import catch_up
from bot.journeys.replies import pressed_numbers, reply, revise_pressed
from bot.journeys.rhythms import read_customs, read_learner, settle_for
from bot.messages import Card, Note, Outcome
from bot.store import GoneError, Transaction
from bot.store.campaigns import ME
from bot.store.records import CampaignRecord, EnrolmentRecord
from bot.turn import BadInputError, Turn
from bot.wording import planning as planning_words
from bot.wording import series as words
from bot.wording import standing
from bot.wording.general import say_moment
from scheduler import plan as planning
from scheduler.commands import Control
from scheduler.model import FOREVER, Campaign, CampaignStatus, Enrolment, EnrolmentStatus, Response, Rhythm

MOST_LISTED = 8
_WAITING = (EnrolmentStatus.STOPPED, EnrolmentStatus.RESTED, EnrolmentStatus.INVITED)  # for the learner's word
_ANY = Campaign(name="", purpose="", steps=())  # where no campaign has a say


async def rhythm_in(turn: Turn, tx: Transaction, record: CampaignRecord) -> Rhythm:
    """When this person may be reached by this campaign, by their settings of this moment."""
    person = (await tx.people_by_id([turn.person.id]))[turn.person.id]
    return settle_for(person, record.plan, read_customs((await tx.workspace_record()).settings))


# ── looking ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def list_card(turn: Turn, tx: Transaction) -> Card:
    """One's own series, those one may join, and what one may plan."""
    enrolments = await tx.enrolments_of(turn.person.id)
    campaigns = await tx.campaigns_by_id({one.campaign_id for one in enrolments})
    shown = await _as_seen(turn, tx, enrolments, campaigns)
    joined = set(campaigns)
    joinable = [
        (record.id, record.plan.name, record.plan.purpose)
        for record in await tx.open_campaigns()
        if record.id not in joined
    ]
    planned = [
        record
        for record in await tx.campaigns(by=turn.person)
        if record.audience != (ME,) or record.plan.status is CampaignStatus.DRAFT
    ]
    parts = words.series_list(shown[-MOST_LISTED:], joinable[:MOST_LISTED])
    if planned or turn.person.is_ld():
        parts += standing.campaign_list(planned)
    return Card(summary="Your series of reminders", parts=parts)


async def _as_seen(
    turn: Turn, tx: Transaction, enrolments: list[EnrolmentRecord], campaigns: Mapping[int, CampaignRecord]
) -> list[words.Series]:
    """Those that may still send something, or could again."""
    shown = []
    comes: dict[int, datetime] = {}
    for follow_up in await tx.follow_ups_of([one.id for one in enrolments]):
        assert follow_up.due is not None
        comes.setdefault(follow_up.enrolment.id, follow_up.due)
    for one in enrolments:
        record = campaigns[one.campaign_id]
        status = one.series.status
        if status is EnrolmentStatus.LEFT or record.plan.status in (CampaignStatus.ENDED, CampaignStatus.DRAFT):
            continue
        if status is EnrolmentStatus.DONE and one.id not in comes:
            continue
        zone = (await rhythm_in(turn, tx, record)).zone
        shown.append(
            words.Series(
                enrolment_id=one.id,
                name=record.plan.name,
                state=words.state(one.series, record.plan.status, zone, now=turn.now, again=comes.get(one.id)),
                active=status in (EnrolmentStatus.ACTIVE, EnrolmentStatus.DONE),
                can_go_on=status in _WAITING,
            )
        )
    return shown


async def shown_to(turn: Turn, tx: Transaction, *, most: int) -> list[words.Series]:
    """The person's series, only looked at; those that go on come first."""
    enrolments = await tx.enrolments_of(turn.person.id, lock=False)
    campaigns = await tx.campaigns_by_id({one.campaign_id for one in enrolments})
    shown = await _as_seen(turn, tx, enrolments, campaigns)
    return sorted(shown, key=lambda one: not one.active)[:most]


async def is_paused(turn: Turn, tx: Transaction) -> bool:
    """Whether they have put all their reminders off; read anew, since a press may just have changed it."""
    person = (await tx.people_by_id([turn.person.id]))[turn.person.id]
    until = read_learner(person).paused_until
    return until is not None and until > turn.now


async def show_list(turn: Turn, _control: Control) -> Outcome:
    async with turn.commit() as tx:
        return await reply(turn, tx, await list_card(turn, tx))


async def show_settings(turn: Turn, _control: Control) -> Outcome:
    async with turn.commit() as tx:
        person = (await tx.people_by_id([turn.person.id]))[turn.person.id]
        customs = read_customs((await tx.workspace_record()).settings)
        rhythm = settle_for(person, _ANY, customs)
        return await reply(turn, tx, planning_words.settings_card(rhythm, now=turn.now, is_ld=turn.person.is_ld()))


# ── acting on one ───────────────────────────────────────────────────────────────────────────────────────────────────


async def press_stop(turn: Turn) -> Outcome:
    enrolment_id, listed = pressed_numbers(turn, 2)
    async with turn.commit() as tx:
        one = await tx.enrolment(enrolment_id, by=turn.person)
        record = await tx.campaign(one.campaign_id)
        await tx.set_series({one.id: stopped(one.series)}, acted=True)
        return await _close(turn, tx, words.stopped(record.plan.name, enrolment_id=one.id), listed=bool(listed))


async def press_later(turn: Turn) -> Outcome:
    enrolment_id, listed = pressed_numbers(turn, 2)
    async with turn.commit() as tx:
        one = await tx.enrolment(enrolment_id, by=turn.person)
        record = await tx.campaign(one.campaign_id)
        rhythm = await rhythm_in(turn, tx, record)
        series = put_off(one, record, rhythm, turn, delay=None)
        if series is None or series.due is None:
            raise GoneError(f"Nothing of “{record.plan.name}” is to come that could be put off.")
        await tx.set_series({one.id: series}, acted=True)
        card = words.snoozed([record.plan.name], say_moment(series.due, rhythm.zone))
        return await _close(turn, tx, card, listed=bool(listed))


async def press_go_on(turn: Turn) -> Outcome:
    """After a rest or an invitation, or a stop taken back."""
    enrolment_id, listed = pressed_numbers(turn, 2)
    async with turn.commit() as tx:
        one = await tx.enrolment(enrolment_id, by=turn.person)
        record = await tx.campaign(one.campaign_id)
        if record.plan.status is CampaignStatus.ENDED:
            raise GoneError(f"“{record.plan.name}” is over. “/nudge list” shows what else there is.")
        rhythm = await rhythm_in(turn, tx, record)
        series = one.series
        if series.status in _WAITING:
            series = planning.resumed(series, steps=record.plan.steps, rhythm=rhythm, now=turn.now)
            await tx.set_series({one.id: series}, acted=True)
            await catch_up(tx, [record], [one.id])
        when = say_moment(series.due, rhythm.zone) if series.due else None
        say = words.joined if one.series.status is EnrolmentStatus.INVITED else words.goes_on
        return await _close(turn, tx, say(record.plan.name, when), listed=bool(listed))


async def press_decline(turn: Turn) -> Outcome:
    """An invitation stays what it was, and the series can be joined later; only its card has nothing left to press."""
    enrolment_id, _ = pressed_numbers(turn, 2)
    async with turn.commit() as tx:
        one = await tx.enrolment(enrolment_id, by=turn.person)
        record = await tx.campaign(one.campaign_id)
        if one.series.status is not EnrolmentStatus.INVITED:
            raise GoneError(f"This was settled meanwhile. “/nudge list” shows how it stands with “{record.plan.name}”.")
        return await _close(turn, tx, words.declined(record.plan.name), listed=False)


async def press_join(turn: Turn) -> Outcome:
    (campaign_id,) = pressed_numbers(turn, 1)
    async with turn.commit() as tx:
        record = next((one for one in await tx.open_campaigns() if one.id == campaign_id), None)
        if record is None:
            raise GoneError("This series cannot be joined any more.")
        rhythm = await rhythm_in(turn, tx, record)
        series = planning.enrol(record.plan, rhythm=rhythm, now=turn.now)
        await tx.enrol(campaign_id, {turn.person.id: series})
        when = say_moment(series.due, rhythm.zone) if series.due else None
        return await _close(turn, tx, words.joined(record.plan.name, when), listed=True)


async def _close(turn: Turn, tx: Transaction, card: Card, *, listed: bool) -> Outcome:
    """A card of its own is replaced by what came of it; a list is shown as it is now, with a private word."""
    if not listed:
        return None if await revise_pressed(turn, tx, card) else Note(card=card)
    await revise_pressed(turn, tx, await list_card(turn, tx))
    return Note(card=card)


# ── acting by a line ────────────────────────────────────────────────────────────────────────────────────────────────


async def stop(turn: Turn, control: Control) -> Outcome:
    async with turn.commit() as tx:
        goes_on = (EnrolmentStatus.ACTIVE, EnrolmentStatus.INVITED, EnrolmentStatus.RESTED, EnrolmentStatus.DONE)
        chosen = await _choose(turn, tx, control.name, goes_on)
        await tx.set_series({one.id: stopped(one.series) for one, _ in chosen}, acted=True)
        if len(chosen) == 1:
            one, record = chosen[0]
            return await reply(turn, tx, words.stopped(record.plan.name, enrolment_id=one.id))
        return await reply(turn, tx, words.stopped_all([record.plan.name for _, record in chosen]))


async def snooze(turn: Turn, control: Control) -> Outcome:
    async with turn.commit() as tx:
        changed: dict[int, Enrolment] = {}
        names, moments = [], []
        for one, record in await _choose(turn, tx, control.name, (EnrolmentStatus.ACTIVE,)):
            rhythm = await rhythm_in(turn, tx, record)
            series = put_off(one, record, rhythm, turn, delay=control.delay)
            if series is not None and series.due is not None:
                changed[one.id] = series
                names.append(record.plan.name)
                moments.append((series.due, rhythm.zone))
        if not changed:
            raise GoneError("Nothing is to come that could be put off.")
        await tx.set_series(changed, acted=True)
        return await reply(turn, tx, words.snoozed(names, say_moment(*min(moments, key=lambda one: one[0]))))


async def press_pause_all(turn: Turn) -> Outcome:
    return await _pause(turn, None)


async def fewer(turn: Turn, _control: Control) -> Outcome:
    return await _slow_down(turn)


async def press_fewer(turn: Turn) -> Outcome:
    return await _slow_down(turn)


async def _slow_down(turn: Turn) -> Outcome:
    """All their reminders come more seldom, of whatever series."""
    async with turn.commit() as tx:
        person = (await tx.people_by_id([turn.person.id]))[turn.person.id]
        slower = planning.fewer(settle_for(person, _ANY, read_customs((await tx.workspace_record()).settings)))
        if slower is None:
            raise BadInputError(
                "One a week is the least. “/nudge pause” keeps all of them away, “/nudge stop” ends one."
            )
        cap, days = slower
        await tx.change_own_settings({"daily_cap": cap, "working_days": sorted(days)}, by=turn.person)
        await tx.unsettle(person_id=turn.person.id)
        return await reply(turn, tx, words.slowed(days))


async def press_usual(turn: Turn) -> Outcome:
    """Back to what the campaigns and the company have chosen."""
    async with turn.commit() as tx:
        await tx.change_own_settings({"daily_cap": None, "working_days": None}, by=turn.person)
        await tx.unsettle(person_id=turn.person.id)
        return await reply(turn, tx, words.usual())


async def press_resume_all(turn: Turn) -> Outcome:
    return await _resume(turn)


async def pause_all(turn: Turn, control: Control) -> Outcome:
    return await _pause(turn, control.delay)


async def _pause(turn: Turn, delay: timedelta | None) -> Outcome:
    until = min(turn.now + delay, FOREVER) if delay is not None else FOREVER
    async with turn.commit() as tx:
        await tx.note_acts(turn.person.id)  # locked before the person, as the tick does
        await tx.pause_nudges(until, by=turn.person)
        customs = read_customs((await tx.workspace_record()).settings)
        zone = settle_for(turn.person, _ANY, customs).zone
        return await reply(turn, tx, words.paused(say_moment(until, zone) if delay is not None else None))


async def resume_all(turn: Turn, _control: Control) -> Outcome:
    return await _resume(turn)


async def _resume(turn: Turn) -> Outcome:
    async with turn.commit() as tx:
        enrolments = await tx.enrolments_of(turn.person.id)  # locked before the person, as the tick does
        await tx.pause_nudges(None, by=turn.person)
        campaigns = await tx.campaigns_by_id({one.campaign_id for one in enrolments})
        changed = {}
        for one in enrolments:
            if one.series.status is EnrolmentStatus.ACTIVE:
                record = campaigns[one.campaign_id]
                rhythm = await rhythm_in(turn, tx, record)
                moved = planning.resumed(one.series, steps=record.plan.steps, rhythm=rhythm, now=turn.now)
                changed[one.id] = replace(moved, unanswered=one.series.unanswered)
        await tx.set_series(changed, acted=True)
        await catch_up(tx, campaigns.values(), [one.id for one in enrolments])
        return await reply(turn, tx, words.resumed())


async def _choose(
    turn: Turn, tx: Transaction, name: str, statuses: tuple[EnrolmentStatus, ...]
) -> list[tuple[EnrolmentRecord, CampaignRecord]]:
    """Their series of that name, or all without one; of those that are through, only what comes again. Raises
    BadInputError.
    """
    enrolments = [one for one in await tx.enrolments_of(turn.person.id) if one.series.status in statuses]
    again = {one.enrolment.id for one in await tx.follow_ups_of([one.id for one in enrolments])}
    enrolments = [one for one in enrolments if one.series.status is not EnrolmentStatus.DONE or one.id in again]
    campaigns = await tx.campaigns_by_id({one.campaign_id for one in enrolments})
    campaigns = {key: one for key, one in campaigns.items() if one.plan.status is not CampaignStatus.ENDED}
    mine = [(one, campaigns[one.campaign_id]) for one in enrolments if one.campaign_id in campaigns]
    if not mine:
        raise BadInputError("You are in no series now, so there is nothing to do.")
    if not name:
        return mine
    wanted = find_by_name([record for _, record in mine], name)
    return [(one, record) for one, record in mine if record.id == wanted.id]


def find_by_name(records: list[CampaignRecord], name: str) -> CampaignRecord:
    """The one whose name it is, or the only one in whose name it stands. Raises BadInputError with those there are."""
    wanted = " ".join(name.split()).casefold()
    exact = [record for record in records if record.plan.name.casefold() == wanted]
    found = exact or [record for record in records if wanted in record.plan.name.casefold()]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"“{record.plan.name}”" for record in (found or records)[:8])
    if found:
        question = f"“{name}” could be {names}." if wanted else f"Which one: {names}?"
        raise BadInputError(f"{question} Write its whole name.")
    raise BadInputError(f"There is none called “{name}”." + (f" There is {names}." if names else ""))


def stopped(series: Enrolment) -> Enrolment:
    return replace(series, status=EnrolmentStatus.STOPPED, due=None)


def put_off(
    one: EnrolmentRecord, record: CampaignRecord, rhythm: Rhythm, turn: Turn, *, delay: timedelta | None
) -> Enrolment | None:
    """The latest nudge once more where it was not answered, else the next one later. None where nothing is to come."""
    series = one.series
    if series.unanswered and series.step:
        return planning.responded(
            series,
            Response.LATER,
            step=series.step - 1,
            steps=record.plan.steps,
            rhythm=rhythm,
            now=turn.now,
            delay=delay,
        )
    if series.due is None:
        return None
    return planning.deferred(series, max(series.due, planning.snooze_until(now=turn.now, rhythm=rhythm, delay=delay)))
