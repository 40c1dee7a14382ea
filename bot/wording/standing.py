"""What those read who plan a campaign, once it runs: how it stands, whom it did not reach, what got in the way."""

from __future__ import annotations

from collections.abc import Sequence

from bot.messages import Button, Buttons, Card, Facts, Heading, Markdown, Part, Style, Text, Tone
from bot.store.nudges import SENT, SKIPPED, UNREACHABLE, Tally
from bot.store.records import CampaignRecord
from bot.wording.planning import PlannedStep, say_audience, say_steps
from bot.wording.reinforcing import LABELS
from scheduler.kinds import GRADES
from scheduler.model import CampaignStatus, EnrolmentStatus, Kind, Response

FEWEST = 5
"""A group smaller than this is not shown: it would point at people."""

STATES = {
    CampaignStatus.DRAFT: "Draft",
    CampaignStatus.RUNNING: "Running",
    CampaignStatus.PAUSED: "Paused",
    CampaignStatus.ENDED: "Ended",
}


def status(
    record: CampaignRecord,
    steps: Sequence[PlannedStep],
    tally: Tally,
    *,
    personal: bool,
    lead: str = "",
    waiting: int = 0,
    done_by: str = "",
) -> Card:
    """How it stands: counts, never people. `waiting` reminders are on their way, the last of them `done_by` then."""
    plan, value = record.plan, str(record.id)
    facts: list[tuple[str, str]] = [("State", STATES[plan.status])]
    if not personal:
        facts += [("For", say_audience(record.audience)), *count(tally)]
    if not personal:
        facts += _progress(record, tally, waiting, done_by)
    parts: list[Part] = [Heading(text=plan.name)]
    if lead:
        parts.append(Text(text=lead))
    parts.append(Facts(facts=tuple(facts)))
    if not personal and (bars := rates(tally)):
        parts.append(Markdown(text="```\n" + "\n".join(bars) + "\n```"))
    parts.append(Text(text=say_steps(steps), tone=Tone.QUIET))
    if not personal:
        parts.append(Text(text=f"Groups of fewer than {FEWEST} people are not shown.", tone=Tone.QUIET))
    buttons = _steering(
        plan.status, value, personal=personal, unreached=UNREACHABLE in tally.nudges or tally.uninvited > 0
    )
    if buttons:
        parts.append(Buttons(buttons=tuple(buttons)))
    return Card(summary=f"“{plan.name}”: {STATES[plan.status].lower()}", parts=tuple(parts))


def _steering(status: CampaignStatus, value: str, *, personal: bool, unreached: bool) -> list[Button]:
    buttons = []
    if status is CampaignStatus.RUNNING:
        buttons.append(Button(label="Pause", verb="campaign_pause", value=value))
    if status is CampaignStatus.PAUSED:
        buttons.append(Button(label="Resume", verb="campaign_resume", value=value, style=Style.PRIMARY))
    if status is CampaignStatus.DRAFT:
        buttons.append(Button(label="Preview", verb="campaign_preview", value=value, style=Style.PRIMARY))
    if status in (CampaignStatus.RUNNING, CampaignStatus.PAUSED):
        buttons.append(Button(label="End", verb="campaign_end", value=value, style=Style.DANGER))
        buttons.append(Button(label="How it stands now", verb="campaign_show", value=value))
        buttons.append(Button(label="Edit", verb="campaign_edit", value=value, opens_form=True))
    if not personal:
        buttons.append(Button(label="As a file", verb="campaign_file", value=value))
        if unreached:
            buttons.append(Button(label="Who was not reached", verb="campaign_unreached", value=value))
        if status is not CampaignStatus.ENDED:
            buttons.append(Button(label="Completion list", verb="campaign_completions", value=value))
            buttons.append(Button(label="As a feed", verb="campaign_feed", value=value))
    return buttons


def _progress(record: CampaignRecord, tally: Tally, waiting: int, done_by: str) -> list[tuple[str, str]]:
    facts = []
    if record.expected is not None:
        facts.append(("Being enrolled", f"{sum(tally.learners.values()):,} of {record.expected:,}"))
    if waiting >= FEWEST:
        facts.append(("On their way", f"{waiting}, done by about {done_by}"))
    return facts


def count(tally: Tally) -> list[tuple[str, str]]:
    """The counts that may be shown. Nothing is where fewer than five people are in it at all.

    What people did is rounded down to fives, so that no look tells what one person did since the look before.
    """
    learners = sum(tally.learners.values())
    if learners < FEWEST:
        return [("People", f"fewer than {FEWEST}, so no figures" if learners else "none yet")]
    facts = [("People", str(learners))]
    facts += _count_choices(tally, learners)
    for label, status in (("Sent", SENT), ("Left out", SKIPPED), ("Not reachable", UNREACHABLE)):
        found = tally.nudges.get(status)
        if found is not None:
            facts.append((label, str(found.count) if found.people >= FEWEST else _HIDDEN))
    for label, reasons in (
        ("Left out, why", {reason: one.people for reason, one in tally.left_out.items()}),
        ("Put off, why", tally.put_off),
    ):
        shown = [f"{reason}: {_fives(people)}" for reason, people in reasons.items() if people >= FEWEST]
        if shown:
            facts.append((label, "\n".join(shown)))
    for response in _COUNTED:
        found = tally.responses.get(response)
        if found is not None:
            facts.append((LABELS[response], _fives(found.count) if found.people >= FEWEST else _HIDDEN))
    if tally.barriers:
        facts.append(("Barriers told", _fives(tally.barriers) if tally.barriers >= FEWEST else _HIDDEN))
    return facts


def _count_choices(tally: Tally, learners: int) -> list[tuple[str, str]]:
    facts = []
    invited, stopped = (tally.learners.get(one, 0) for one in (EnrolmentStatus.INVITED, EnrolmentStatus.STOPPED))
    if invited:  # that all are, as at first, is nobody's choice
        facts.append(("Invited, no yes so far", _fives(invited) if _may_show(invited, learners) else _HIDDEN))
    # The rest would tell how many stopped just as well, so both sides have to be large enough.
    if stopped:
        facts.append(("Stopped it", _fives(stopped) if FEWEST <= stopped <= learners - FEWEST else _HIDDEN))
    return facts


def _fives(number: int) -> str:
    return str(number // FEWEST * FEWEST) + ("" if number % FEWEST == 0 else "+")


_HIDDEN = "not shown"
_COUNTED = (
    *(Response.GOT_IT, Response.USED_IT, Response.PLANNED),
    *(Response.EASILY, Response.KNEW_IT, Response.BARELY, Response.FORGOT_IT),
    *(Response.BARRIER, Response.ASK),
)
_BAR = 20
_KNEW = (Response.BARELY, Response.KNEW_IT, Response.EASILY)


def rates(tally: Tally) -> list[str]:
    """Reach, recall and application as bars, each only where both sides of it are large enough, and in steps of 5 %."""
    learners = sum(tally.learners.values())
    reached = tally.nudges.get(SENT)
    graded = {response: tally.answered.get((Kind.RECALL, response), 0) for response in GRADES}
    knew = sum(graded[response] for response in _KNEW)
    asked = tally.asked.get(Kind.APPLY, 0)
    used = tally.answered.get((Kind.APPLY, Response.USED_IT), 0)
    bars = (
        ("Reached", reached.people if reached else 0, learners),
        ("Knew it", knew, sum(graded.values())),
        ("Used it", used, asked),
    )
    return [_bar(label, part, whole) for label, part, whole in bars if _may_show(part, whole)]


def _may_show(part: int, whole: int) -> bool:
    return part >= FEWEST and (part == whole or whole - part >= FEWEST)


def _bar(label: str, part: int, whole: int) -> str:
    full = round(_BAR * part / whole)
    return f"{label:<8} {'█' * full}{'░' * (_BAR - full)} {full * 100 // _BAR:>3} %"


def campaign_list(records: Sequence[CampaignRecord]) -> tuple[Part, ...]:
    parts: list[Part] = [Heading(text="Campaigns")]
    if not records:
        parts.append(Text(text="There are none yet. “/nudge new” opens the form."))
    shown = records[:MOST_LISTED]
    for record in shown:
        parts.append(Text(text=f"{record.plan.name}\n{STATES[record.plan.status]} · {say_audience(record.audience)}"))
        parts.append(Buttons(buttons=(Button(label="Show", verb="campaign_show", value=str(record.id)),)))
    if len(records) > len(shown):
        names = ", ".join(f"“{record.plan.name}”" for record in records[len(shown) :][:50])
        parts.append(Text(text=f"And {names}. “/nudge show” and the name shows one.", tone=Tone.QUIET))
    return tuple(parts)


MOST_LISTED = 10


def unreached(name: str, people: Sequence[tuple[str, str]], *, more: int, campaign_id: int) -> Card:
    """(name, why) of those to whom a reminder could not be brought: the delivery alone, nothing that they did."""
    if not people:
        return Card(summary=f"“{name}” has reached everybody so far.")
    listed = "\n".join(f"{who}: {why}" for who, why in people)
    parts: list[Part] = [Text(text=f"“{name}” could not be brought to:"), Text(text=listed)]
    if more:
        parts.append(Text(text=f"And to {more} more.", tone=Tone.QUIET))
    again = Button(label="Try again", verb="campaign_retry", value=str(campaign_id), style=Style.PRIMARY)
    parts.append(Buttons(buttons=(again,)))
    return Card(summary=f"Whom “{name}” has not reached", parts=tuple(parts))


def retried(name: str, found: int, of: int) -> Card:
    if not found:
        text = f"“{name}”: none of the {of} can be reached yet, so nothing was tried again."
    else:
        text = f"“{name}”: it comes to {found} of {of} at their next usual time; the others cannot be reached yet."
    if found == of:
        text = f"“{name}”: it comes to all {of} at their next usual time."
    return Card(summary=text, parts=(Text(text=text),))


def barrier(name: str, text: str, *, by: str | None) -> Card:
    return Card(
        summary=f"Something got in the way in “{name}”",
        parts=(
            Text(text=f"Something got in the way in “{name}”:"),
            Text(text=text, tone=Tone.QUOTE),
            Text(text=by or "Told without a name. Please do not try to find out whose it is.", tone=Tone.QUIET),
        ),
    )
