"""What those read who plan a campaign, once it runs: how it stands, whom it did not reach, what got in the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot import shares
from bot.campaign_figures import CampaignFigures
from bot.messages import Button, Buttons, Card, Facts, Heading, Markdown, Part, Style, Text, Tone
from bot.shares import Share
from bot.store.campaigns import ME
from bot.store.doings import FEWEST, Doings
from bot.store.nudges import SENT, SKIPPED, UNREACHABLE, Tally
from bot.store.records import CampaignRecord
from bot.wording.general import plain
from bot.wording.planning import PlannedStep, say_audience, say_steps
from bot.wording.reinforcing import LABELS
from scheduler.model import CampaignStatus, EnrolmentStatus, Response

FEW = (
    f"What people did is told in fives, and anew once {FEWEST} of them have done something more, so that nothing here "
    "points at anybody."
)

STATES = {
    CampaignStatus.DRAFT: "Draft",
    CampaignStatus.RUNNING: "Running",
    CampaignStatus.PAUSED: "Paused",
    CampaignStatus.ENDED: "Ended",
}


def status(
    record: CampaignRecord,
    steps: Sequence[PlannedStep],
    figures: CampaignFigures,
    *,
    lead: str = "",
    waiting: int = 0,
    done_by: str = "",
) -> Card:
    """How it stands: counts, never people. `waiting` reminders are on their way, the last of them `done_by` then."""
    plan, personal, tally = record.plan, is_personal(record), figures.delivery
    facts: list[tuple[str, str]] = [("State", STATES[plan.status])]
    if not personal:
        facts += [
            ("For", say_audience(record.audience)),
            *count(tally, figures.doings, is_open="open" in record.audience),
        ]
        facts += _progress(record, tally, waiting, done_by)
    parts: list[Part] = [Heading(text=plan.name)]
    if lead:
        parts.append(Text(text=lead))
    parts.append(Facts(facts=tuple(facts)))
    if not personal and (bars := rates(figures)):
        parts.append(Markdown(text="```\n" + "\n".join(bars) + "\n```"))
    parts.append(Text(text=say_steps(steps), tone=Tone.QUIET))
    if not personal:
        parts.append(Text(text=FEW, tone=Tone.QUIET))
    unreached = UNREACHABLE in tally.nudges or tally.uninvited > 0
    buttons = _steering(plan.status, str(record.id), personal=personal, unreached=unreached)
    if buttons:
        parts.append(Buttons(buttons=tuple(buttons)))
    return Card(summary=f"“{plan.name}”: {STATES[plan.status].lower()}", parts=tuple(parts))


def is_personal(record: CampaignRecord) -> bool:
    return record.audience == (ME,)


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
        if status is not CampaignStatus.DRAFT:
            buttons.append(Button(label="In pictures", verb="campaign_pictures", value=value))
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


def count(tally: Tally, doings: Doings, *, is_open: bool = False) -> list[tuple[str, str]]:
    """The counts that may be shown. Nothing is where fewer than five people are in it at all.

    Delivery is told as it is, what people did in fives and as it was published last; so is who joined by themselves.
    """
    learners = sum(tally.learners.values())
    if learners < FEWEST:
        return [("People", f"fewer than {FEWEST}, so no figures" if learners else "none yet")]
    facts = [("People", f"{shares.fives(learners)}+" if is_open else str(learners))]
    for label, status in (("Sent", SENT), ("Left out", SKIPPED), ("Not reachable", UNREACHABLE)):
        found = tally.nudges.get(status)
        if found is not None and found.people >= FEWEST:
            facts.append((label, str(found.count)))
    told = [
        *_explain("Left out, why", {reason: one.people for reason, one in tally.left_out.items()}),
        *_explain("Put off, why", doings.put_off),
        ("Invited, no yes so far", shares.count(doings.statuses.get(EnrolmentStatus.INVITED, 0))),
        ("Stopped it", shares.count(doings.statuses.get(EnrolmentStatus.STOPPED, 0))),
        *((LABELS[response], shares.count(doings.responses.get(response, 0))) for response in _COUNTED),
        ("Barriers told", shares.count(doings.barriers)),
    ]
    return facts + [(label, text) for label, text in told if text]


def _explain(label: str, reasons: Mapping[str, int]) -> list[tuple[str, str | None]]:
    shown = [f"{reason}: {shares.count(people)}" for reason, people in reasons.items() if people >= FEWEST]
    return [(label, "\n".join(shown))]


_COUNTED = (
    *(Response.GOT_IT, Response.USED_IT, Response.PLANNED),
    *(Response.EASILY, Response.KNEW_IT, Response.BARELY, Response.FORGOT_IT),
    *(Response.BARRIER, Response.ASK),
)
_BAR = 20


def rates(figures: CampaignFigures) -> list[str]:
    """Reach, recall and application as bars of words, as sure as each may be told."""
    recalled = figures.last_recalled()
    bars = [
        ("Reached", figures.reach[0].share),
        ("Knew it", recalled.share if recalled else None),
        ("Used it", figures.applied[0].share if figures.applied else None),
    ]
    return [_bar(label, one) for label, one in bars if one is not None]


def _bar(label: str, one: Share) -> str:
    sure, perhaps = round(_BAR * one.least), round(_BAR * one.most)
    return f"{label:<8} {'█' * sure}{'▒' * (perhaps - sure)}{'░' * (_BAR - perhaps)} {one}"


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
    return plain(text)


def stale(name: str, *, after: timedelta, personal: bool) -> Card:
    """To whoever plans it, after an outage."""
    hours = int(after.total_seconds()) // 3600
    text = (
        f"“{name}”: I could not send for a while. What was more than {hours} hours late is left out, so that no burst "
        "comes; what follows comes on its days."
    )
    if not personal:
        text += " “/nudge show” tells how it stands."
    return plain(text)


def barrier(name: str, text: str, *, by: str | None) -> Card:
    return Card(
        summary=f"Something got in the way in “{name}”",
        parts=(
            Text(text=f"Something got in the way in “{name}”:"),
            Text(text=text, tone=Tone.QUOTE),
            Text(text=by or "Told without a name. Please do not try to find out whose it is.", tone=Tone.QUIET),
        ),
    )
