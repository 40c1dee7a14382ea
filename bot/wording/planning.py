"""What those read who plan a campaign: its preview, how it is enrolled, what was not understood, and help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.messages import (
    Button,
    Buttons,
    Card,
    Facts,
    Heading,
    Markdown,
    Part,
    Style,
    Text,
    Tone,
)
from bot.store.campaigns import ME
from bot.store.records import CampaignRecord
from bot.wording.general import plain, say_moment
from bot.wording.series import ME_EXAMPLE
from knowledge.job_aids import plain_name
from scheduler.commands import say_links
from scheduler.model import FOREVER, Campaign, Rhythm, Step
from scheduler.moments import WEEKDAYS, say_date
from scheduler.phrases import Fault
from scheduler.plan import Hindrance
from scheduler.tokens import quote

WORTH_SAYING = timedelta(minutes=2)
ROOM = 10_000
"""Characters of all steps together that leave room for the rest of a card on every platform."""

EXAMPLE = (
    '/nudge new "Refund basics" to #support from Monday at 9:30 because "after the refund training": '
    'tip #12; after 3 days recall "What is the limit without approval?" = "50 EUR"; after 7 days apply'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step as it is shown: its place in the plan (from 1), `when` in full, `aid` as people call it.

    `moved`: which days off moved it there, and the wall time at which each kind came up. `most`: the most a day, where
    its day had as many already.
    """

    number: int
    when: str
    step: Step
    aid: str
    moved: Mapping[Hindrance, datetime] = field(default_factory=dict)
    most: int | None = None


# ── a form is offered ────────────────────────────────────────────────────────────────────────────────────────────────


def offer_form() -> Card:
    text = "A form helps you to plan a campaign; one line does too."
    return Card(
        summary=text,
        parts=(
            Text(text=text),
            Text(text=EXAMPLE, tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="Open the form", verb="campaign_form", style=Style.PRIMARY, opens_form=True),
                    Button(label="How it works", verb="nudge_help"),
                )
            ),
        ),
    )


# ── before it starts ────────────────────────────────────────────────────────────────────────────────────────────────


def preview(
    record: CampaignRecord,
    steps: Sequence[PlannedStep],
    *,
    people: int | None,
    rhythm: str,
    personal: bool,
    invited: int = 0,
    takes: timedelta = timedelta(0),
    later: Mapping[Hindrance, datetime] = MappingProxyType({}),
) -> Card:
    """Everything said back in full. `people` None where the audience could not be counted; `invited` of them are
    asked first.

    `later`: what moved the first one away from what was asked for. `takes` is how long the platform lets one reminder
    take until everybody has it.
    """
    plan = record.plan
    facts = [] if personal else [("For", say_audience(record.audience)), ("People now", _people(record, people))]
    if invited and not personal:
        facts.append(("Asked first", f"{invited:,}, who have had nothing to do with Lanyard so far; a yes begins it"))
    if steps:
        facts.append(("First one", steps[0].when + (f", since {_say_all(later)}" if later else "")))
        if later:
            steps = [replace(steps[0], moved={}), *steps[1:]]  # it has just been said
    if takes >= WORTH_SAYING:
        facts.append(("Until everybody has it", f"about {_duration(takes)}: the platform lets no more through"))
    if plan.purpose and plan.purpose != plan.name:
        facts.append(("Why", plan.purpose))
    facts += _own_rules(plan)
    value = str(record.id)
    return Card(
        summary=f"Preview of “{plan.name}”: nothing is sent before you press Start.",
        parts=(
            Heading(text=plan.name),
            Text(text="A draft. Nothing is sent before you press Start.", tone=Tone.QUIET),
            Facts(facts=tuple(facts)),
            Text(text=say_steps(steps)),
            Text(text=rhythm, tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="Start", verb="campaign_start", value=value, style=Style.PRIMARY),
                    Button(label="Send me a dry run", verb="campaign_dry_run", value=value),
                    Button(label="Edit", verb="campaign_edit", value=value, opens_form=True),
                    Button(label="Discard", verb="campaign_discard", value=value),
                )
            ),
        ),
    )


def _say_all(met: Mapping[Hindrance, datetime]) -> str:
    return " and ".join(_say_hindrance(hindrance, wall) for hindrance, wall in met.items())


def _say_hindrance(hindrance: Hindrance, wall: datetime) -> str:
    match hindrance:
        case Hindrance.QUIET:
            return f"{wall:%H:%M} is in the quiet hours"
        case Hindrance.WEEKDAY:
            return f"{WEEKDAYS[wall.weekday()]} is no working day"
        case Hindrance.HOLIDAY:
            return f"{say_date(wall.date())}, is a holiday"


def _own_rules(plan: Campaign) -> list[tuple[str, str]]:
    """What the campaign says itself, for those who have chosen nothing else."""
    facts = []
    if plan.working_days is not None:
        facts.append(("Only on", ", ".join(WEEKDAYS[day] for day in sorted(plan.working_days))))
    if plan.country is not None:
        facts.append(("Not on", f"the public holidays of {plan.country}"))
    if plan.zone is not None:
        facts.append(("Where no time zone is known", plan.zone))
    return facts


def _duration(span: timedelta) -> str:
    minutes = -(-int(span.total_seconds()) // 60)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} minutes"
    whole = "1 hour" if hours == 1 else f"{hours} hours"
    return f"{whole} {rest} minutes" if rest else whole


def rhythm(*, quiet: tuple[str, str] | None, daily_cap: int, personal: bool) -> str:
    whose = "" if personal else "The days and times are yours; each person gets it at that time on their own clock. "
    hours = f"Nothing comes between {quiet[0]} and {quiet[1]} or on days off" if quiet else "Nothing comes on days off"
    most = "one reminder" if daily_cap == 1 else f"{daily_cap} reminders"
    return f"{whose}{hours}, and nobody gets more than {most} a day from all series together."


def say_steps(steps: Sequence[PlannedStep]) -> str:
    """A line for each. Where they are so many that a platform would cut the last ones off, why some were moved goes
    first.
    """
    said = _join(
        [f"{planned.when} ({why})" if (why := _say_why(planned)) else planned.when for planned in steps], steps
    )
    return said if len(said) <= ROOM else _join([planned.when for planned in steps], steps)


def _say_why(planned: PlannedStep) -> str:
    reasons = [_say_all(planned.moved)] if planned.moved else []
    if planned.most is not None:
        reasons.append(f"{planned.most} a day {'is' if planned.most == 1 else 'are'} the most")
    return ", and ".join(reasons)


def _join(moments: Sequence[str], steps: Sequence[PlannedStep]) -> str:
    return "\n".join(f"{planned.number}. {when}: {_say(planned)}" for when, planned in zip(moments, steps, strict=True))


def _say(planned: PlannedStep) -> str:
    step = planned.step
    words = [step.kind.replace("_", "-")]
    if step.text:
        words.append(quote(plain_name(step.text)))
    if step.answer:
        words.append(f"with the answer {quote(plain_name(step.answer))}")
    if planned.aid:
        words.append(f"from {planned.aid}")
    return " ".join([*words, *say_links(step)])


def say_audience(entries: Sequence[str]) -> str:
    named = {"open": "anybody who joins", ME: "you alone"}
    return ", ".join(named.get(entry, entry) for entry in entries)


def _people(record: CampaignRecord, people: int | None) -> str:
    if people is None:
        return "not known just now"
    joins = "open" in record.audience
    return "none yet; anybody may join" if joins and not people else f"{people}{', and whoever joins' if joins else ''}"


def drafted(name: str, *, started: bool = False) -> Card:
    if started:
        return Card(summary=f"“{name}” was changed. How it stands is in our own conversation.")
    text = f"The preview of “{name}” is in our own conversation. Nothing is sent before you press Start there."
    return plain(text)


def gathered(name: str, people: int, *, takes: timedelta) -> Card:
    text = f"“{name}”: all {people:,} people are enrolled."
    if takes >= WORTH_SAYING:
        text += f" The platform lets a reminder to all of them through in about {_duration(takes)}."
    return plain(text)


def not_gathered(name: str, why: str) -> Card:
    text = f"“{name}” has started, but its people could not all be enrolled. {why} I try again every hour."
    return plain(text)


def discarded(name: str) -> Card:
    return Card(summary=f"“{name}” was thrown away. Nothing was sent.")


def dry_run_sent(number: int) -> Card:
    text = f"The {number} reminders are on their way to you, marked as a dry run."
    return Card(summary=text)


def offer_edit(name: str, *, campaign_id: int) -> Card:
    text = f"“{name}” is changed in a form."
    button = Button(label="Open the form", verb="campaign_edit", value=str(campaign_id), opens_form=True)
    return Card(summary=text, parts=(Text(text=text), Buttons(buttons=(button,))))


def file(name: str, written: str) -> Card:
    return Card(
        summary=f"“{name}” as a file",
        parts=(
            Text(text="Kept as a file, it can be checked and loaded with “lanyard campaign load”:"),
            Markdown(text=f"```yaml\n{written.replace('```', '')}```"),
        ),
    )


# ── when it is not understood ───────────────────────────────────────────────────────────────────────────────────────


def fault(line: str, found: Fault) -> Card:
    """What was not understood, with the place in the line where it went wrong."""
    begin, end = max(0, found.position - 30), found.position + 30
    before, after = line[begin : found.position], line[found.position : end]
    around = f"{'…' if begin else ''}{before}▸{after}{'…' if end < len(line) else ''}"
    parts: list[Part] = [Text(text=found.problem), Text(text=found.remedy)]
    if line.strip():
        parts.append(Text(text=" ".join(around.split()), tone=Tone.QUIET))
    return Card(summary=f"{found.problem} {found.remedy}", parts=tuple(parts))


def help_card(*, is_ld: bool) -> Card:
    own = (
        f"• {ME_EXAMPLE}\n"
        '• /nudge me tomorrow at 9 "call the supplier" · or in plain words: remind me to call Ann tomorrow\n'
        "• /nudge list · your series, and those you may join\n"
        '• /nudge snooze "Refund basics" 2 days · /nudge stop "Refund basics" · /nudge stop all\n'
        "• /nudge pause 2 weeks · /nudge resume · /nudge fewer · all your reminders at once"
    )
    parts: list[Part] = [
        Heading(text="Reminders"),
        Text(text=own),
    ]
    if is_ld:
        plan = (
            "• /nudge · the form for a new campaign\n"
            f"• {EXAMPLE}\n"
            "• in plain words: remind everyone in #support to close the till tomorrow at 9\n"
            "• /nudge show, figures, preview, dry run, start, pause, resume, end, copy or edit, and the campaign's "
            "name\n\n"
            "A reminder is a tip, recall, apply, plan or check-in: its text in quotation marks, or a job aid such as "
            '#12, and links if you like: tip "Scan twice." link "The film" https://…. “after 3 days” counts from each '
            "person's first day."
        )
        parts += [Heading(text="Planning a campaign"), Text(text=plan)]
    parts.append(Text(text="In our own conversation you may leave the stroke away: nudge list.", tone=Tone.QUIET))
    return Card(summary="How reminders work", parts=tuple(parts))


def settings_card(rhythm: Rhythm, *, now: datetime, is_ld: bool) -> Card:
    facts = [
        ("Your time zone", str(rhythm.zone)),
        ("The usual time", f"{rhythm.at:%H:%M}"),
        ("Days", ", ".join(WEEKDAYS[day] for day in sorted(rhythm.working_days))),
        ("At most", f"{rhythm.daily_cap} a day, from all series together"),
    ]
    if rhythm.quiet_from != rhythm.quiet_until:
        facts.append(("Never between", f"{rhythm.quiet_from:%H:%M} and {rhythm.quiet_until:%H:%M}"))
    if rhythm.country is not None:
        facts.append(("Never on", f"the public holidays of {rhythm.country}"))
    if rhythm.paused_until is not None and rhythm.paused_until > now:
        endless = rhythm.paused_until >= FOREVER
        facts.append(("Paused", "by you" if endless else f"until {say_moment(rhythm.paused_until, rhythm.zone)}"))
    text = "/nudge pause 2 weeks keeps all of them away for a while; /nudge resume ends that."
    return Card(
        summary="When reminders reach you",
        parts=(
            Heading(text="When reminders reach you"),
            Facts(facts=tuple(facts)),
            Text(text=text, tone=Tone.QUIET),
            Buttons(
                buttons=(
                    Button(label="Change my reminders", verb="reminders", opens_form=True),
                    Button(label="Fewer", verb="nudges_fewer"),
                    Button(label="In my calendar", verb="calendar"),
                    *((Button(label="Change for everybody", verb="customs", opens_form=True),) if is_ld else ()),
                )
            ),
        ),
    )
