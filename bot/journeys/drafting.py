"""A campaign comes into being: from a line or a form to a draft, with nothing half-created where something is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.journeys.audiences import OPEN, Audience, Reached, reach, read_chosen, understand
from bot.journeys.gathering import AT_ONCE
from bot.journeys.nudging import settle_times
from bot.journeys.planning import as_new, preview_card, status_card
from bot.journeys.preferences import read_country, read_date, read_time, read_weekdays, read_zone
from bot.journeys.replies import choices, field, is_typed, pressed_id, send_to_self, show
from bot.journeys.rhythms import read_customs, settle_for
from bot.messages import FieldErrors, Form, Note, Outcome, Scope
from bot.store import GoneError, NotAllowedError, Transaction
from bot.store.campaigns import ME
from bot.store.knowledge import as_job_aid
from bot.store.records import CampaignRecord, Person
from bot.turn import BadInputError, Turn
from bot.wording import planning as words
from bot.wording import planning_forms as forms
from bot.wording.series import ME_EXAMPLE
from scheduler import plan as planning
from scheduler.commands import LONGEST_NAME, Fault, NewCampaign
from scheduler.kinds import NothingToSay, compose
from scheduler.model import Campaign, CampaignStatus, Step
from scheduler.phrases import parse


class FieldFault(BadInputError):  # noqa: N818 — it becomes a sentence beside a field
    """What is wrong with one part of a campaign. `field` is its name in the form."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def open_form(turn: Turn, *, name: str = "") -> Form:
    """Raises NotAllowedError."""
    check_may_plan(turn.person)
    place = turn.inbound.place
    here = f"#{place.name}" if place.scope is not Scope.DIRECT and place.name else ""
    return forms.form(name=name, audience=here)


def check_may_plan(person: Person) -> None:
    if not person.is_ld():
        raise NotAllowedError(
            f"Only L&D and administrators plan campaigns for others. For a goal of your own write: {ME_EXAMPLE}"
        )


async def press_edit(turn: Turn) -> Outcome:
    """Raises GoneError, NotAllowedError."""
    return await open_edit(turn, pressed_id(turn))


async def open_edit(turn: Turn, campaign_id: int) -> Outcome:
    async with turn.look() as tx:
        record = await tx.campaign(campaign_id, by=turn.person)
        aids = await tx.aids_by_id([int(step.aid) for step in record.plan.steps if step.aid])
    if record.plan.status is CampaignStatus.ENDED:
        raise GoneError(f"“{record.plan.name}” is over. Copy it to use it again.")
    if is_typed(turn):
        return await show(turn, words.offer_edit(record.plan.name, campaign_id=record.id))
    started = record.plan.status is not CampaignStatus.DRAFT
    form = forms.edit_form(as_new(record, aids.values()), campaign_id=record.id, started=started)
    for one in form.fields:
        if len(one.value) > one.max_length:  # a platform would cut it, and what is cut off would be lost on saving
            raise GoneError(forms.too_long(record.plan.name, one))
    return form


async def submit_edit(turn: Turn) -> Outcome:
    """What was sent stays; the rest follows what is written now. Raises GoneError, NotAllowedError."""
    async with turn.look() as tx:
        record = await tx.campaign(pressed_id(turn), by=turn.person)
    try:
        new = read_form(turn, own=as_new(record, ()) if record.audience == (ME,) else None)
        chosen = choices(turn, "channels")
        plan, audience, reached = await _prepare(turn, new.to_campaign(), new.audience, record=record, chosen=chosen)
        async with turn.commit() as tx:
            try:
                before = await tx.rewrite_campaign(
                    record.id, plan, audience=audience.entries, places=audience.places, by=turn.person
                )
            except GoneError as taken:
                raise FieldFault("name", str(taken)) from taken
            await tx.audit("edit", f"campaign {record.id}", by=turn.person)
            changed = await tx.campaign(record.id, by=turn.person)
            started = before.plan.status is not CampaignStatus.DRAFT
            card = (
                await status_card(turn, tx, changed, lead="Changed. What was sent stays; the rest follows this plan.")
                if started
                else await preview_card(turn, tx, changed, reached=reached)
            )
            await send_to_self(turn, tx, card)
    except FieldFault as fault:
        return FieldErrors(errors={fault.field: str(fault)})
    except FormFaults as faults:
        return FieldErrors(errors=faults.errors)
    await settle_times(turn.services, turn.workspace, limit=AT_ONCE)
    return None if turn.is_direct() else Note(card=words.drafted(changed.plan.name, started=started))


async def submit_form(turn: Turn) -> Outcome:
    check_may_plan(turn.person)
    try:
        new = read_form(turn)
        record = await draft(turn, new.to_campaign(), new.audience, chosen=choices(turn, "channels"))
    except FieldFault as fault:
        return FieldErrors(errors={fault.field: str(fault)})
    except FormFaults as faults:
        return FieldErrors(errors=faults.errors)
    # In the conversation with the bot the preview itself is the reply.
    return None if turn.is_direct() else Note(card=words.drafted(record.plan.name))


class FormFaults(Exception):  # noqa: N818 — a list of what to mend
    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(str(errors))
        self.errors = errors


def read_form(turn: Turn, *, own: NewCampaign | None = None) -> NewCampaign:
    """The campaign of a form. Audience and steps are read by the grammar of the line. Raises FormFaults with all.

    `own` is a series of one's own as it was; its form has no field for whom it is for, and why.
    """
    errors: dict[str, str] = {}
    name = " ".join(field(turn, "name").split())
    if not name:
        errors["name"] = "Give it a name."
    elif len(name) > LONGEST_NAME:
        errors["name"] = f"The name has {len(name)} characters; {LONGEST_NAME} is the most. The purpose can say more."
    before = own or NewCampaign(
        name="",
        purpose=" ".join(field(turn, "purpose").split()),
        audience=_read_audience(turn, errors),
        working_days=read_weekdays(turn, errors) or None,
        country=read_country(turn, errors),
        zone=read_zone(turn, errors),
        steps=(),
    )
    start, at = read_date(turn, "start", errors), read_time(turn, "at", errors)
    new = replace(before, name=name, steps=_read_steps(turn, errors), start=start, at=at)
    if errors:
        raise FormFaults(errors)
    return new


def _read_audience(turn: Turn, errors: dict[str, str]) -> tuple[str, ...]:
    if not field(turn, "audience"):
        if not choices(turn, "channels"):
            errors["audience"] = "Say who it is for: #channel, names, everyone or open, parted by commas."
        return ()
    read = parse(f'new "x" to {field(turn, "audience")}: tip "x"', today=turn.now.date())
    if isinstance(read, Fault):
        errors["audience"] = f"{read.problem} {read.remedy}"
    elif not isinstance(read, NewCampaign) or read != NewCampaign(
        name="x", audience=read.audience, steps=read.steps[:1]
    ):
        errors["audience"] = "Write only who it is for: #channel, @name, everyone or open, parted by commas."
    else:
        return read.audience
    return ()


def _read_steps(turn: Turn, errors: dict[str, str]) -> tuple[Step, ...]:
    read = parse(f'new "x" to everyone: {field(turn, "steps")}', today=turn.now.date())
    if isinstance(read, Fault):
        errors["steps"] = f"{read.problem} {read.remedy}"
    elif not isinstance(read, NewCampaign) or read.audience != ("everyone",):
        errors["steps"] = 'Write one reminder on each line, like this: after 3 days recall "…" = "…"'
    else:
        return read.steps
    return ()


async def draft(turn: Turn, plan: Campaign, entries: Sequence[str], *, chosen: Sequence[str] = ()) -> CampaignRecord:
    """Keep a draft and show its preview to the planner. Raises FieldFault, NotAllowedError; then nothing is kept.

    `chosen` are channels by the platform's ids.
    """
    plan, audience, reached = await _prepare(turn, plan, entries, chosen=chosen)
    async with turn.commit() as tx:
        try:
            campaign_id = await tx.add_campaign(plan, audience=audience.entries, places=audience.places, by=turn.person)
        except GoneError as taken:
            raise FieldFault("name", str(taken)) from taken
        record = await tx.campaign(campaign_id, by=turn.person)
        await send_to_self(turn, tx, await preview_card(turn, tx, record, reached=reached))
    return record


async def _prepare(
    turn: Turn,
    plan: Campaign,
    entries: Sequence[str],
    *,
    record: CampaignRecord | None = None,
    chosen: Sequence[str] = (),
) -> tuple[Campaign, Audience, Reached]:
    """The plan with its job aids, its audience, and who that is now. `record` is what is being changed.

    Raises FieldFault, NotAllowedError.
    """
    async with turn.look() as tx:
        customs = read_customs((await tx.workspace_record()).settings)
    here = planning.to_wall(turn.now, settle_for(turn.person, plan, customs).zone).date()
    if plan.start is not None and plan.start < here and (record is None or plan.start != record.plan.start):
        raise FieldFault("start", f"{plan.start.isoformat()} is over. Choose a day from {here.isoformat()} on.")
    if [entry.casefold() for entry in entries] != [ME]:
        check_may_plan(turn.person)
    audience = await _understand(turn, entries, record, chosen)
    reached = await _count(turn, audience, record)
    async with turn.look() as tx:
        plan = await resolve_aids(tx, plan, grants=turn.private_grants())
    return plan, audience, reached


async def _understand(
    turn: Turn, entries: Sequence[str], record: CampaignRecord | None, chosen: Sequence[str]
) -> Audience:
    try:
        channels = await read_chosen(turn, chosen)
    except BadInputError as error:
        raise FieldFault("channels", str(error)) from error
    try:
        return await understand(turn, entries, known=record.places if record else {}, chosen=channels)
    except BadInputError as error:
        raise FieldFault("audience", str(error)) from error


async def _count(turn: Turn, audience: Audience, record: CampaignRecord | None) -> Reached:
    campaign_id = record.id if record else None
    try:
        reached = await reach(turn.services, turn.workspace, audience, owner=turn.person.id, campaign_id=campaign_id)
    except BadInputError as error:
        raise FieldFault("audience", str(error)) from error
    if not reached and OPEN not in audience.entries:
        raise FieldFault("audience", f"There is nobody in {', '.join(audience.entries)}. Name another audience.")
    return reached


async def resolve_aids(tx: Transaction, plan: Campaign, *, grants: frozenset[str]) -> Campaign:
    """The plan with the ids of its job aids; every step must have something to say now. Raises FieldFault."""
    steps: list[Step] = []
    for number, step in enumerate(plan.steps, 1):
        aid = await tx.find_aid(step.aid, grants=grants) if step.aid else None
        if step.aid and aid is None:
            raise FieldFault(
                "steps",
                f"Reminder {number}: I find no published job aid “{step.aid}”, or several. "
                "Name it by its number, as in #12, or by its whole title.",
            )
        found = replace(step, aid=str(aid.id) if aid else None)
        try:
            compose(found, as_job_aid(aid) if aid else None)
        except NothingToSay as nothing:
            raise FieldFault("steps", f"Reminder {number}: {nothing}") from nothing
        steps.append(found)
    return replace(plan, steps=tuple(steps))
