"""Plan → nudge → response: `/nudge` in all its forms, and what a learner does with a nudge.

planner: drafting ──▶ planning (preview, start, pause, …)
clock:   nudging.send_due
learner: what is pressed below a nudge, here; series (stop, later, go on, join)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

from bot.journeys import asking, customs, delivering, drafting, figuring, planning, series, sharing
from bot.journeys.asking import without_buttons
from bot.journeys.following import Followed, Promise, catch_up, follow, read_promise
from bot.journeys.nudging import say, send_due, source_line
from bot.journeys.replies import field, is_typed, pressed_id, show
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import Card, FieldErrors, Note, Outcome, Said
from bot.store import GoneError, Lane, Transaction
from bot.store.campaigns import ME
from bot.store.doings import FEWEST
from bot.store.records import CampaignRecord, FollowUpRecord, NudgeRecord
from bot.turn import BadInputError, Turn
from bot.wording import planning as planning_words
from bot.wording import reinforcing as words
from bot.wording import standing
from bot.wording.asking import cut
from bot.wording.general import plain, say_moment
from bot.wording.series import DECLINE
from scheduler import plan as timing
from scheduler.commands import Control, Fault, ForMe, NewCampaign, Verb
from scheduler.kinds import GRADES, NothingToSay, NudgeContent
from scheduler.model import Campaign, CampaignStatus, Enrolment, EnrolmentStatus, Response
from scheduler.phrases import parse

__all__ = ["COMMANDS", "PRESSES", "SUBMISSIONS", "nudge", "nudge_typed", "send_due"]

# ── what is typed ───────────────────────────────────────────────────────────────────────────────────────────────────


async def nudge(turn: Turn) -> Outcome:
    """The slash command."""
    assert isinstance(turn.inbound, Said)
    return await _carry_out(turn, turn.inbound.text)


async def nudge_typed(turn: Turn, text: str) -> None:
    """The same as a plain message, to which cards reply, since a message cannot open a form."""
    await _carry_out(turn, text)


async def _carry_out(turn: Turn, line: str) -> Outcome:
    here = await wall(turn)
    command = parse(line, today=here.date(), clock=here.time())
    match command:
        case Fault():
            return await show(turn, planning_words.fault(line, command))
        case NewCampaign():
            return await draft(turn, command.to_campaign(), command.audience)
        case ForMe():
            return await draft(turn, command.to_campaign(), (ME,))
        case Control():
            return await _control(turn, command)


async def wall(turn: Turn) -> datetime:
    """What the person's clock shows, naive."""
    async with turn.look() as tx:
        given = read_customs((await tx.workspace_record()).settings)
    zone = settle_for(turn.person, Campaign(name="", purpose="", steps=()), given).zone
    return timing.to_wall(turn.now, zone)


async def draft(turn: Turn, plan: Campaign, audience: tuple[str, ...]) -> Outcome:
    """Raises BadInputError, NotAllowedError."""
    record = await drafting.draft(turn, plan, audience)
    # In the conversation with the bot the preview itself is the reply.
    return None if turn.is_direct() else await show(turn, planning_words.drafted(record.plan.name))


async def _control(turn: Turn, control: Control) -> Outcome:
    if control.verb in (Verb.PAUSE, Verb.RESUME) and not control.name:  # without a name it is one's own nudges
        act = series.pause_all if control.verb is Verb.PAUSE else series.resume_all
        return await act(turn, control)
    personal = _PERSONAL.get(control.verb)
    return await (personal or _steer)(turn, control)


async def _open(turn: Turn, control: Control) -> Outcome:
    if control.verb is Verb.OPEN and not turn.person.is_ld():
        return await series.show_list(turn, control)
    form = drafting.open_form(turn, name=control.name)
    return await show(turn, planning_words.offer_form()) if is_typed(turn) else form


async def _help(turn: Turn, _control: Control) -> Outcome:
    return await show(turn, planning_words.help_card(is_ld=turn.person.is_ld()))


_PERSONAL: Mapping[Verb, Callable[[Turn, Control], Awaitable[Outcome]]] = {
    Verb.OPEN: _open,
    Verb.NEW: _open,
    Verb.HELP: _help,
    Verb.LIST: series.show_list,
    Verb.SETTINGS: series.show_settings,
    Verb.FEWER: series.fewer,
    Verb.STOP: series.stop,
    Verb.SNOOZE: series.snooze,
}
"""What anybody does for themselves; every other verb is about a campaign as a whole."""


_MEANT = {
    Verb.START: {CampaignStatus.DRAFT},
    Verb.PREVIEW: {CampaignStatus.DRAFT},
    Verb.END: {CampaignStatus.DRAFT, CampaignStatus.RUNNING, CampaignStatus.PAUSED},
}
"""Where no name is given: in what state the only campaign must be."""


async def _steer(turn: Turn, control: Control) -> Outcome:
    """What is done with a campaign as a whole."""
    async with turn.look() as tx:
        records = await tx.campaigns(by=turn.person)
    if not turn.person.is_ld() and not records:
        drafting.check_may_plan(turn.person)
    if not control.name:
        records = [one for one in records if one.plan.status in _MEANT.get(control.verb, {one.plan.status})]
    if not records:
        raise BadInputError("There is no campaign for that. “/nudge list” shows those there are.")
    record = series.find_by_name(records, control.name)
    match control.verb:
        case Verb.COPY:
            return await planning.copy(turn, record)
        case Verb.EDIT:
            return await drafting.open_edit(turn, record.id)
        case Verb.END if record.plan.status is CampaignStatus.DRAFT:
            return await planning.discard(turn, record.id)
    return await _STEERING[control.verb](turn, record.id)


_STEERING: Mapping[Verb, Callable[[Turn, int], Awaitable[Outcome]]] = {
    Verb.SHOW: planning.stand,
    Verb.FIGURES: figuring.show_pictures,
    Verb.PREVIEW: planning.preview,
    Verb.DRY_RUN: planning.dry_run,
    Verb.START: planning.start,
    Verb.PAUSE: planning.pause,
    Verb.RESUME: planning.resume,
    Verb.END: planning.end,
}


# ── what is pressed below a nudge ───────────────────────────────────────────────────────────────────────────────────

_SHOWN = (Response.SHOW_ANSWER, *GRADES)


def offered(content: NudgeContent, so_far: Response | None) -> tuple[Response, ...]:
    """The buttons still of use after what the learner did so far. Stop works whether it is among them or not."""
    match so_far:
        case None | Response.ASK:
            return content.responses
        case Response.SHOW_ANSWER:
            kept = {Response.ASK, Response.STOP} if content.graded else set(content.responses) - {so_far}
        case Response.GOT_IT:
            kept = {Response.USED_IT, Response.ASK, Response.STOP}
        case Response.LATER:
            kept = {Response.STOP}
        case Response.PLANNED:
            kept = {Response.PLANNED, Response.ASK, Response.STOP}
        case Response.STOP:
            return ()
        case _:
            kept = {Response.ASK, Response.STOP}
    graded = content.graded if so_far is Response.SHOW_ANSWER else ()
    return (*graded, *(response for response in content.responses if response in kept))


async def _press(response: Response, turn: Turn) -> Outcome:
    nudge_id = pressed_id(turn)
    async with turn.commit() as tx:
        return await _respond(turn, tx, nudge_id, response)


async def _respond(
    turn: Turn, tx: Transaction, nudge_id: int, response: Response, *, intention: Promise | None = None
) -> Outcome:
    """Only the receiver's; pressed again it changes nothing."""
    nudge = await tx.nudge(nudge_id, by=turn.person)
    record = await tx.campaign(nudge.campaign_id)
    so_far = Response(nudge.response) if nudge.response else None
    follow_up = await tx.follow_up_behind(nudge)
    content = await _content(turn, tx, record, nudge, follow_up)
    if response is so_far and response is not Response.PLANNED:
        return None
    if response is not Response.STOP and content is not None and response not in offered(content, so_far):
        return Note(card=plain("You have answered this one already."))
    if response is Response.LATER and record.plan.status is not CampaignStatus.RUNNING:
        raise GoneError(f"“{record.plan.name}” is not running now, so this one cannot come again.")
    told, after = await _move_on(turn, tx, record, nudge, response, follow_up=follow_up, intention=intention)
    if response is not Response.ASK or so_far is None:
        await tx.record_response(nudge.id, response)
    if response is Response.ASK:
        return None
    await _revise(tx, record, nudge, content, so_far=response, told=told, answer=response in _SHOWN or so_far in _SHOWN)
    if after.status is EnrolmentStatus.STOPPED and response is not Response.STOP:
        return Note(card=plain(f"Noted. “{record.plan.name}” stays stopped."))
    return None


async def _move_on(
    turn: Turn,
    tx: Transaction,
    record: CampaignRecord,
    nudge: NudgeRecord,
    response: Response,
    *,
    follow_up: FollowUpRecord | None,
    intention: Promise | None,
) -> tuple[str, Enrolment]:
    """What the response does to the series. Returns what to tell, and the series as it is then."""
    one = await tx.enrolment(nudge.enrolment_id, by=turn.person)
    rhythm = await series.rhythm_in(turn, tx, record)
    try:
        step, _ = record.step(nudge.step_id)
    except LookupError:
        step = -1  # an edit took it away; it still counts as a response
    if follow_up is not None and response is Response.LATER:
        step = -1  # it is put off for itself, and the series goes on
    after = timing.responded(one.series, response, step=step, steps=record.plan.steps, rhythm=rhythm, now=turn.now)
    told, after = await follow(
        Followed(turn=turn, tx=tx, record=record, nudge=nudge, rhythm=rhythm),
        response,
        after,
        follow_up=follow_up,
        intention=intention,
    )
    await tx.set_series({one.id: after}, acted=True)
    if one.series.status is EnrolmentStatus.RESTED and after.status is not EnrolmentStatus.STOPPED:
        await catch_up(tx, [record], [one.id])
    if told:
        return told, after
    if response is Response.LATER and after.round > one.series.round and after.due is not None:
        return words.postponed(say_moment(after.due, rhythm.zone)), after
    if response is Response.BARRIER and record.audience == (ME,):
        return words.BARRIER_KEPT, after
    return words.told(response), after


async def _revise(
    tx: Transaction,
    record: CampaignRecord,
    nudge: NudgeRecord,
    content: NudgeContent | None,
    *,
    so_far: Response,
    told: str,
    answer: bool,
) -> None:
    """The card keeps its content, loses the buttons that are used up, and says what was done."""
    if nudge.message_key is None:
        return
    if content is not None:
        owners = await tx.people_by_id([record.owner_id]) if record.owner_id is not None else {}
        card = words.nudge(
            content,
            source=source_line(record, next(iter(owners.values()), None)),
            nudge_id=nudge.id,
            offered=offered(content, so_far),
            answer=answer,
            told=told,
        )
    else:
        # Its job aid was withdrawn: what was said stays, and nothing is left to press.
        said = await tx.said(nudge.message_key)
        if said is None:
            return
        card = Card(summary=said.summary, parts=(*without_buttons(said), *plain(told).parts))
    if so_far is Response.STOP:
        card = words.stopped_nudge(card, enrolment_id=nudge.enrolment_id)
    await tx.revise(nudge.message_key, card)


async def _content(
    turn: Turn, tx: Transaction, record: CampaignRecord, nudge: NudgeRecord, follow_up: FollowUpRecord | None
) -> NudgeContent | None:
    """What the nudge says by now; None where it has nothing to say any more."""
    try:
        _, step = record.step(nudge.step_id)
        aids = await tx.aids_by_id([int(step.aid)]) if step.aid else {}
        return say(step, aids, turn.person, follow_up.intention if follow_up else None)
    except (LookupError, NothingToSay):
        return None


# ── those that open a form ────────────────────────────────────────────────────────────────────────────────────────


async def _press_ask(turn: Turn) -> Outcome:
    nudge, record, content = await _look_at(turn)
    if content is None:
        raise GoneError(f"What “{record.plan.name}” said here was withdrawn. Just write me your question.")
    return words.ask_form(content, nudge_id=nudge.id)


async def _press_barrier(turn: Turn) -> Outcome:
    nudge, record, _ = await _look_at(turn)
    async with turn.look() as tx:
        few = await tx.count_taking_part(record.id) < FEWEST
    return words.barrier_form(nudge_id=nudge.id, personal=record.audience == (ME,), few=few)


async def _look_at(turn: Turn) -> tuple[NudgeRecord, CampaignRecord, NudgeContent | None]:
    async with turn.look() as tx:
        nudge = await tx.nudge(pressed_id(turn), by=turn.person)
        record = await tx.campaign(nudge.campaign_id)
        return nudge, record, await _content(turn, tx, record, nudge, await tx.follow_up_behind(nudge))


async def _submit_ask(turn: Turn) -> Outcome:
    """Into the question flow. The question comes first: a crash after it loses no more than that it was counted."""
    text = field(turn, "question")
    if not text:
        return FieldErrors(errors={"question": "Please write your question."})
    nudge, record, content = await _look_at(turn)
    about = (content.heading or content.question) if content else ""
    await asking.ask(turn, text, private=True, about=cut(about or record.plan.name, 100))
    async with turn.commit() as tx:
        return await _respond(turn, tx, nudge.id, Response.ASK)


async def _submit_barrier(turn: Turn) -> Outcome:
    text = field(turn, "text")
    if not text:
        return FieldErrors(errors={"text": "Please write what got in the way, or close the form."})
    named = turn.person if field(turn, "named") else None
    async with turn.commit() as tx:
        nudge = await tx.nudge(pressed_id(turn), by=turn.person)
        record = await tx.campaign(nudge.campaign_id)
        if record.audience != (ME,) and nudge.response != Response.BARRIER:
            await tx.record_barrier(record.id, text, named=named)
            to = await tx.direct_address(record.owner_id) if record.owner_id is not None else None
            if to is not None:
                by = f"From {named.name}" if named else None
                await tx.send(to, standing.barrier(record.plan.name, text, by=by), lane=Lane.CAMPAIGN)
        return await _respond(turn, tx, nudge.id, Response.BARRIER)


async def _press_planned(turn: Turn) -> Outcome:
    nudge, record, content = await _look_at(turn)
    async with turn.look() as tx:
        rhythm = await series.rhythm_in(turn, tx, record)
    suggested = timing.to_wall(timing.next_usual_time(turn.now, rhythm=rhythm), rhythm.zone)
    return words.plan_form(content, nudge_id=nudge.id, suggested=suggested)


async def _submit_planned(turn: Turn) -> Outcome:
    async with turn.look() as tx:
        nudge = await tx.nudge(pressed_id(turn), by=turn.person)
        rhythm = await series.rhythm_in(turn, tx, await tx.campaign(nudge.campaign_id))
    promise = read_promise(turn, rhythm)
    if isinstance(promise, FieldErrors):
        return promise
    async with turn.commit() as tx:
        return await _respond(turn, tx, nudge.id, Response.PLANNED, intention=promise)


async def _press_dry_run(_turn: Turn) -> Outcome:
    return Note(card=plain("This was a dry run: nothing is recorded."))


async def _press_form(turn: Turn) -> Outcome:
    return drafting.open_form(turn)


async def _press_help(turn: Turn) -> Outcome:
    return Note(card=planning_words.help_card(is_ld=turn.person.is_ld()))


async def _press_campaign(act: Callable[[Turn, int], Awaitable[Outcome]], turn: Turn) -> Outcome:
    return await act(turn, pressed_id(turn))


COMMANDS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {"nudge": nudge}
PRESSES: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    **{f"nudge_{response}": partial(_press, response) for response in Response},
    "nudge_ask": _press_ask,
    "nudge_barrier": _press_barrier,
    "nudge_planned": _press_planned,
    "nudge_dry_run": _press_dry_run,
    "nudge_help": _press_help,
    "series_stop": series.press_stop,
    "series_later": series.press_later,
    "series_go_on": series.press_go_on,
    "series_join": series.press_join,
    DECLINE: series.press_decline,
    "nudges_pause": series.press_pause_all,
    "nudges_fewer": series.press_fewer,
    "nudges_usual": series.press_usual,
    "nudges_resume": series.press_resume_all,
    "customs": customs.open_form,
    "campaign_form": _press_form,
    "campaign_show": partial(_press_campaign, planning.stand),
    "campaign_preview": partial(_press_campaign, planning.preview),
    "campaign_dry_run": partial(_press_campaign, planning.dry_run),
    "campaign_start": partial(_press_campaign, planning.start),
    "campaign_pause": partial(_press_campaign, planning.pause),
    "campaign_resume": partial(_press_campaign, planning.resume),
    "campaign_end": partial(_press_campaign, planning.end),
    "campaign_pictures": partial(_press_campaign, figuring.show_pictures),
    "campaign_page": partial(_press_campaign, figuring.show_page),
    "campaign_edit": drafting.press_edit,
    "campaign_unreached": partial(_press_campaign, delivering.show_unreached),
    "campaign_retry": partial(_press_campaign, delivering.retry),
    "campaign_completions": sharing.press_completions,
    "campaign_feed": sharing.press_feed,
    "calendar": sharing.press_calendar,
    "campaign_file": partial(_press_campaign, planning.as_file),
    "campaign_discard": partial(_press_campaign, planning.discard),
}
SUBMISSIONS: Mapping[str, Callable[[Turn], Awaitable[Outcome]]] = {
    "nudge_ask": _submit_ask,
    "nudge_barrier": _submit_barrier,
    "nudge_planned": _submit_planned,
    "customs": customs.submit,
    "campaign_new": drafting.submit_form,
    "campaign_edit": drafting.submit_edit,
}
