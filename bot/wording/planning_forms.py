"""The forms of those who plan: a campaign, a series of one's own, and when reminders come for everybody."""

from __future__ import annotations

from bot.messages import Field, FieldKind, Form, Text, Tone
from bot.store.campaigns import ME
from bot.wording.preferences import country_field, time_field, weekdays_field, zone_field
from scheduler.commands import LONGEST_NAME, NewCampaign, write_audience, write_steps
from scheduler.model import Customs


def form(*, name: str = "", audience: str = "") -> Form:
    intro = (
        "You see a preview next; nothing is sent before you press Start. “/nudge list” shows those "
        "that are there already."
    )
    return _form("New campaign", "campaign_new", intro, NewCampaign(name=name, audience=(), steps=()), audience)


def edit_form(campaign: NewCampaign, *, campaign_id: int, started: bool) -> Form:
    """Of a series of one's own only what is its own: for whom and why is plain, and days off are one's settings."""
    intro = "What was sent stays as it is; the rest follows what you write here." if started else ""
    if campaign.audience == (ME,):
        return Form(
            title="Edit your series",
            verb="campaign_edit",
            value=str(campaign_id),
            intro=(Text(text=intro, tone=Tone.QUIET),) if intro else (),
            fields=(
                _name_field(campaign.name, hint="What it is called in your list."),
                *_plan_fields(campaign, clock="Leave it empty for your usual time."),
            ),
            submit="Save",
        )
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
            _name_field(campaign.name, hint="What learners will see, e.g. Refund basics"),
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
                required=False,
                hint="#channel, names, everyone, or open (anybody may join); several parted by commas",
                max_length=1000,
            ),
            Field(
                name="channels",
                label="And the people of these channels",
                kind=FieldKind.CHANNELS,
                required=False,
                hint="On top of what is written above, where a channel that is not listed here can be named too.",
            ),
            *_plan_fields(campaign, clock="On each person's own clock. Leave it empty for the usual time."),
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


def _name_field(name: str, *, hint: str) -> Field:
    return Field(name="name", label="Name", value=name, hint=hint, max_length=LONGEST_NAME)


def _plan_fields(campaign: NewCampaign, *, clock: str) -> tuple[Field, ...]:
    """What is sent, and when."""
    return (
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
            hint=clock,
        ),
    )


def too_long(name: str, field: Field) -> str:
    much = f"“{field.label}” has {len(field.value):,} characters there, and {field.max_length:,} is the most"
    return (
        f"“{name}” has no room in a form: {much}. Change it as a file: “lanyard campaign export” writes it, "
        "“lanyard campaign load” takes it."
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
