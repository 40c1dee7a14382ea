"""How it goes, in words: on the page, in the file, and in the weekly digest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.insight import Insight, Week
from bot.messages import Button, Buttons, Card, Facts, Heading, Link, Links, Part, Style, Text, Tone
from bot.store.doings import FEWEST
from bot.store.records import Aid
from bot.wording.asking import format_day

TITLE = "How it goes"
LEAD = (
    "By whole weeks, until last Sunday. Counts of questions, never of people: "
    f"where fewer than {FEWEST} people are behind a count, it is not shown."
)
DOWNLOAD = "As a table (CSV)"
COMMAND = "figures"
CLOSED = (
    "These figures are for L&D, and this browser has not said who you are.",
    "Write this to Lanyard, in Slack or Teams. It gives you a link that works for you alone:",
)
TOO_FEW = "too few to be shown"
WEEKS, HELPED, WAITED, USED, MISSING, OVERDUE, LONE, GAPS, CAMPAIGNS = (
    "Asked, week by week",
    "Did it help?",
    "Waiting for a colleague",
    "Job aids that answer most",
    "Job aids that miss",
    "Job aids whose check is overdue",
    "Topics that rest on one colleague",
    "Asked in vain",
    "Running campaigns",
)
EXPLAINED = {
    WEEKS: "The dark part was answered, from job aids or by colleagues.",
    HELPED: "Answers that their askers said have helped, of all; many say nothing.",
    MISSING: "Said not to be what was needed. Do their titles promise something else?",
    OVERDUE: "Whoever looks after them was asked whether they are still true.",
    LONE: "Should that colleague be away, nobody else has offered to answer. Invite somebody.",
    GAPS: "Grouped by what is meant, without names. “gaps” in chat leads to what can be done.",
}


def way_in(url: str) -> Card:
    text = "Open in your browser: how it goes"
    return Card(
        summary=text,
        parts=(
            Links(links=(Link(label=TITLE, url=url),)),
            Text(text="For you alone: the link works once, within ten minutes."),
        ),
    )


def name_week(week: Week) -> str:
    return f"Week of {format_day(week.monday)}"


def say_week(week: Week) -> str:
    asked = week.counts["asked"]
    if asked is None:
        return TOO_FEW
    if not asked:
        return "nothing"
    told = [f"{count} {label}" for label, count in week.counts.items() if label in _OUTCOMES and count]
    return f"{asked} asked" + (f": {', '.join(told)}" if told else "")


_OUTCOMES = ("answered from job aids", "answered by experts", "not answered", "under way")


def answered(week: Week) -> int:
    return sum(week.counts[label] or 0 for label in _OUTCOMES[:2])


def rows(seen: Insight) -> list[tuple[str, str, str]]:
    """Everything that the page shows, as section, what, and what is told of it."""
    helped = f"{seen.helped[0]}+ of {seen.helped[1]}+" if seen.helped else TOO_FEW
    waited = f"half were answered within {say_wait(seen.waited)}" if seen.waited is not None else TOO_FEW
    found = [(WEEKS, name_week(week), say_week(week)) for week in seen.weeks]
    found += [(HELPED, "Said to have helped", helped), (WAITED, "Questions to colleagues", waited)]
    found += [(GAPS, gap.examples[0], f"{gap.count} times") for gap in seen.gaps]
    found += [(MISSING, _name(aid), f"{count}+ times") for aid, count in seen.missing]
    found += [(USED, _name(aid), f"{count}+ times") for aid, count in seen.used]
    found += [(OVERDUE, _name(aid), _since(aid)) for aid in seen.overdue]
    if seen.lone_topics:
        found.append((LONE, f"{len(seen.lone_topics)} of them", ", ".join(seen.lone_topics)))
    found += [(CAMPAIGNS, name, TOO_FEW if sent is None else f"{sent} sent") for name, sent in seen.campaigns]
    return found


def _name(aid: Aid) -> str:
    return f"#{aid.number} {aid.title}"


def _since(aid: Aid) -> str:
    return f"verified {format_day(aid.verified_on)}" if aid.verified_on else "never verified"


def say_wait(wait: timedelta) -> str:
    minutes = max(1, round(wait.total_seconds() / 60))
    if minutes < 90:
        return "a minute" if minutes == 1 else f"{minutes} minutes"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"


# ── the digest ──


def weekly(last: Week, before: Week, *, gaps: int, overdue: int) -> Card:
    facts = [(label.capitalize(), f"{_say(last.counts[label])} · {_say(before.counts[label])}") for label in _SHOWN]
    todo = []
    if gaps:
        todo.append(f"• {_many(gaps, 'question')} {FEWEST} people or more asked in vain.")
    if overdue:
        todo.append(f"• {_many(overdue, 'job aid')} overdue for a check.")
    parts: list[Part] = [Heading(text="Last week · the week before"), Facts(facts=tuple(facts))]
    if todo:
        parts.append(Text(text="\n".join(todo)))
    parts.append(Text(text=f"“–” stands where fewer than {FEWEST} people are behind a count.", tone=Tone.QUIET))
    buttons = (
        Button(label="In pictures", verb="insight_page", style=Style.PRIMARY),
        Button(label="What is missing?", verb="gaps"),
        Button(label="No digest, thanks", verb="digest_off"),
    )
    return Card(
        summary=f"Last week: {_say(last.counts['asked'])} questions asked", parts=(*parts, Buttons(buttons=buttons))
    )


_SHOWN: Sequence[str] = ("asked", *_OUTCOMES, "said to have helped")


def _many(count: int, noun: str) -> str:
    return f"One {noun}" if count == 1 else f"{count} {noun}s"


def _say(count: int | None) -> str:
    return "–" if count is None else str(count)


def digest_chosen(*, wanted: bool) -> Card:
    text = "✓ You get the digest on Mondays." if wanted else "✓ No digest any more. The figures stay where they are."
    again = () if wanted else (Button(label="Send it after all", verb="digest_on"),)
    parts: list[Part] = [Text(text=text)]
    if again:
        parts.append(Buttons(buttons=again))
    return Card(summary=text, parts=tuple(parts))
