"""What those read who plan a campaign: its form, its preview, how it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.messages import (
    Button,
    Buttons,
    Card,
    Facts,
    Field,
    FieldKind,
    Form,
    Heading,
    Markdown,
    Part,
    Style,
    Text,
    Tone,
)
from bot.store.records import CampaignRecord
from bot.wording.general import plain, say_moment
from bot.wording.preferences import country_field, time_field, weekdays_field, zone_field
from bot.wording.series import ME_EXAMPLE
from scheduler.commands import NewCampaign, say_links, write_audience, write_steps
from scheduler.model import FOREVER, Campaign, Customs, Rhythm, Step
from scheduler.moments import WEEKDAYS
from scheduler.phrases import Fault
from scheduler.tokens import quote

WORTH_SAYING = timedelta(minutes=2)

EXAMPLE = (
    '/nudge new "Refund basics" to #support from Monday at 9:30 because "after the refund training": '
    'tip #12; after 3 days recall "What is the limit without approval?" = "50 EUR"; after 7 days apply'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """A step as it is shown: its place in the plan (from 1), `when` in full, `aid` as people call it."""

    number: int
    when: str
    step: Step
    aid: str


# ── the form ────────────────────────────────────────────────────────────────────────────────────────────────────────


def form(*, name: str = "", audience: str = "") -> Form:
    intro = (
        "You see a preview next; nothing is sent before you press Start. “/nudge list” shows those "
        "that are there already."
    )
    return _form("New campaign", "campaign_new", intro, NewCampaign(name=name, audience=(), steps=()), audience)


def edit_form(campaign: NewCampaign, *, campaign_id: int, started: bool) -> Form:
    intro = "What was sent stays as it is; the rest follows what you write here." if started else ""
    return _form(
        "Edit a campaign", "campaign_edit", intro, campaign, write_audience(campaign.audience), value=str(campaign_id)
    )


def _form(title: str, verb: str, intro: str, campaign: NewCampaign, audience: str, *, value: str = "") -> Form:
    return Form(
        title=title,
        verb=verb,
        value=value,
        intro=(Text(text=intro, tone=Tone.QUIET),) if intro else (),
        fields=(
            Field(
                name="name",
                label="Name",
                value=campaign.name,
                hint="What learners will see, e.g. Refund basics",
                max_length=100,
            ),
            Field(
                name="purpose",
                label="Why they get it",
                value=campaign.purpose,
                required=False,
                hint="One sentence that stands on every reminder, e.g. after the refund training",
                max_length=500,
            ),
            Field(
                name="audience",
                label="Who it is for",
                value=audience,
                hint="#channel, names, everyone, or open (anybody may join); several parted by commas",
                max_length=1000,
            ),
            Field(
                name="steps",
                label="The reminders, one on each line",
                kind=FieldKind.TEXT,
                value=write_steps(campaign.steps),
                hint='tip #12\nafter 3 days recall "What is the limit?" = "50 EUR"\n'
                'after 7 days apply "Did you use it this week?"',
            ),
            Field(
                name="start",
                label="First day",
                kind=FieldKind.DATE,
                value=campaign.start.isoformat() if campaign.start else "",
                required=False,
                hint="Leave it empty to begin with the next working day after you press Start.",
            ),
            Field(
                name="at",
                label="Time of day",
                kind=FieldKind.TIME,
                value=f"{campaign.at:%H:%M}" if campaign.at else "",
                required=False,
                hint="On each person's own clock. Leave it empty for the usual time.",
            ),
            weekdays_field(
                "Only on",
                campaign.working_days or (),
                hint="For those who have not chosen other days. Leave all empty for the usual working days.",
            ),
            country_field(campaign.country, more=" Leave it empty for the usual ones."),
            zone_field(
                campaign.zone,
                hint="Such as Europe/Berlin, for those whose own is not known. Leave it empty for the usual one.",
            ),
        ),
        submit="Save" if value else "Preview",
    )


def too_long(name: str, field: Field) -> str:
    much = f"“{field.label}” has {len(field.value):,} characters there, and {field.max_length:,} is the most"
    return (
        f"“{name}” has no room in a form: {much}. Change it as a file: “lanyard campaign export” writes it, "
        "“lanyard campaign load” takes it."
    )


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
) -> Card:
    """Everything said back in full. `people` None where the audience could not be counted; `invited` of them are
    asked first.

    `takes` is how long the platform lets one reminder take until everybody has it.
    """
    plan = record.plan
    facts = [] if personal else [("For", say_audience(record.audience)), ("People now", _people(record, people))]
    if invited and not personal:
        facts.append(("Asked first", f"{invited:,}, who have had nothing to do with Lanyard so far; a yes begins it"))
    if steps:
        facts.append(("First one", steps[0].when))
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
    return "\n".join(f"{planned.number}. {planned.when}: {_say(planned)}" for planned in steps)


def _say(planned: PlannedStep) -> str:
    step = planned.step
    words = [step.kind.replace("_", "-")]
    if step.text:
        words.append(quote(step.text))
    if step.answer:
        words.append(f"with the answer {quote(step.answer)}")
    if planned.aid:
        words.append(f"from {planned.aid}")
    return " ".join([*words, *say_links(step)])


def say_audience(entries: Sequence[str]) -> str:
    return ", ".join("anybody who joins" if entry == "open" else entry for entry in entries)


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


def customs_form(customs: Customs) -> Form:
    """What holds for everybody who has not chosen otherwise."""
    return Form(
        title="Reminders for everybody",
        verb="customs",
        intro=(Text(text="It holds where neither a person nor a campaign has chosen otherwise.", tone=Tone.QUIET),),
        fields=(
            zone_field(customs.zone, hint="Such as Europe/Berlin, for whom the platform tells none.", required=True),
            time_field("nudge_at", "The usual time of day", customs.at),
            weekdays_field("Working days", customs.working_days, required=True),
            time_field("quiet_from", "Nothing after", customs.quiet_from),
            time_field("quiet_until", "Nothing before", customs.quiet_until),
            Field(name="daily_cap", label="At most, a day", value=str(customs.daily_cap), max_length=2),
            country_field(customs.country),
            Field(
                name="holidays",
                label="The company's own days off",
                kind=FieldKind.TEXT,
                value=", ".join(day.isoformat() for day in sorted(customs.holidays)),
                hint="Dates parted by commas, as in 2026-12-28, 2026-12-29.",
                required=False,
            ),
            Field(
                name="retention",
                label="Aim of recalls, in per cent",
                value=f"{customs.retention * 100:.0f}",
                hint="How likely somebody should still know it when it comes again: 70 to 97. More means more often.",
                max_length=2,
            ),
            Field(
                name="consented",
                label="Our people have agreed to reminders",
                kind=FieldKind.CHECK,
                value="yes" if customs.consented else "",
                hint="Else whoever never turned to Lanyard is asked first, and gets nothing without a yes.",
                required=False,
            ),
        ),
        submit="Save",
    )
