"""The bot's home: one's questions, what one is asked, one's reminders, the aids one looks after, and L&D's figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot.figures import Figures
from bot.messages import Button, Buttons, Card, Facts, Heading, Link, Links, Part, Text, Tone
from bot.store.doings import FEWEST
from bot.store.records import Aid, ExpertProfile, QuestionStatus
from bot.wording.asking import cut, format_day
from bot.wording.preferences import Belief, belief_parts, consent_line
from bot.wording.series import Series

LONGEST = 200  # characters of a question


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """A question of theirs. `answer_id` is set while they have not said whether the answer helped."""

    question_id: int
    text: str
    status: QuestionStatus
    at: datetime
    with_whom: str | None  # who is asked, or is to be asked then; None where a whole channel was
    from_when: str | None  # set while they have not been asked yet, as they are not at work
    answer_id: int | None
    answered_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    routing_id: int
    question: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """`figures` is None for whom they are no business."""

    name: str
    questions: Sequence[tuple[Mine, str | None]]  # with the address of the thread
    asked: Sequence[Asked]
    profile: ExpertProfile | None
    beliefs: Sequence[Belief]
    series: Sequence[Series]
    paused: bool
    aids: Sequence[Aid]
    figures: Figures | None
    today: date


def home(shown: Contents) -> Card:
    parts: list[Part] = [
        *_asked(shown),
        *_questions(shown.questions),
        *_reminders(shown),
        *_aids(shown),
        *_figures(shown),
        *_known(shown),
        Buttons(
            buttons=(
                Button(label="Ask a question", verb="ask_form", opens_form=True),
                Button(label="New job aid", verb="new_aid", opens_form=True),
                Button(label="What can I ask?", verb="examples"),
            )
        ),
    ]
    return Card(summary="What is open for you", parts=tuple(parts))


def my_questions(questions: Sequence[tuple[Mine, str | None]]) -> Card:
    return Card(summary="How your questions stand", parts=tuple(_questions(questions)))


def _questions(questions: Sequence[tuple[Mine, str | None]]) -> list[Part]:
    parts: list[Part] = [Heading(text="My questions")]
    if not questions:
        parts.append(Text(text="None in the last month. Ask me anything about your work.", tone=Tone.QUIET))
    for mine, link in questions:
        parts.append(Text(text=f"{cut(mine.text, LONGEST)}\n{_standing(mine)}"))
        if link is not None:
            parts.append(Links(links=(Link(label="Open the thread", url=link),)))
        buttons = _question_buttons(mine)
        if buttons:
            parts.append(Buttons(buttons=buttons))
    return parts


def _standing(mine: Mine) -> str:
    day = f"asked on {format_day(mine.at.date())}"
    match mine.status:
        case QuestionStatus.ROUTED:
            return f"→ {_whom(mine)}, {day}"
        case QuestionStatus.ANSWERED:
            return f"✓ answered by {mine.answered_by or 'a job aid'}, {day}"
        case QuestionStatus.UNANSWERED:
            return f"– not answered, {day}"
        case _ if mine.answer_id is not None or mine.answered_by is not None:
            return f"✓ answered from a job aid, {day}"
        case _:
            return f"– open, {day}"


def _whom(mine: Mine) -> str:
    if mine.with_whom is None:
        return "put to several colleagues"
    if mine.from_when is not None:
        return f"{mine.with_whom} is at work again {mine.from_when} and is asked then"
    return f"with {mine.with_whom}"


def _question_buttons(mine: Mine) -> tuple[Button, ...]:
    value = str(mine.question_id)
    match mine.status:
        case QuestionStatus.ROUTED:
            return (
                Button(label="It's solved", verb="solved", value=value),
                Button(label="Withdraw", verb="withdraw", value=value),
            )
        case QuestionStatus.ANSWERED if mine.answer_id is not None:
            answer = str(mine.answer_id)
            return (
                Button(label="That helped", verb="helped", value=answer),
                Button(label="Not what I need", verb="not_helped", value=answer),
            )
        case QuestionStatus.OPEN | QuestionStatus.UNANSWERED:
            return (
                Button(label="Ask an expert", verb="ask_expert_about", value=value),
                Button(label="It's solved", verb="solved", value=value),
            )
        case _:
            return ()


def _asked(shown: Contents) -> list[Part]:
    """Shown first, where there is something: a colleague waits for it."""
    if not shown.asked:
        return []
    parts: list[Part] = [Heading(text="Colleagues ask you")]
    for one in shown.asked:
        parts.append(Text(text=cut(one.question, LONGEST), tone=Tone.QUOTE))
        value = str(one.routing_id)
        parts.append(
            Buttons(
                buttons=(
                    Button(label="Answer", verb="answer", value=value, opens_form=True),
                    Button(label="Pass", verb="pass", value=value),
                )
            )
        )
    return parts


def _reminders(shown: Contents) -> list[Part]:
    parts: list[Part] = [Heading(text="My reminders")]
    if not shown.series:
        text = "You are in no series. Write “/nudge me …” to set one up for a goal of your own."
        return [*parts, Text(text=text, tone=Tone.QUIET)]
    if shown.paused:
        parts.append(Text(text="All of them are paused. What comes meanwhile waits.", tone=Tone.QUIET))
    for one in shown.series:
        parts.append(Text(text=f"{one.name}\n{one.state}"))
        value = f"{one.enrolment_id}.1"  # from a list, which stays a list
        if one.active:
            later = Button(label="Later", verb="series_later", value=value)
            parts.append(Buttons(buttons=(later, Button(label="Stop", verb="series_stop", value=value))))
        elif one.can_go_on:
            parts.append(Buttons(buttons=(Button(label="Go on", verb="series_go_on", value=value),)))
    if shown.paused:
        all_of_them = Button(label="Let them go on", verb="nudges_resume")
    else:
        all_of_them = Button(label="Pause all", verb="nudges_pause")
    when = Button(label="When they come", verb="reminders", opens_form=True)
    return [*parts, Buttons(buttons=(all_of_them, when))]


def _aids(shown: Contents) -> list[Part]:
    if not shown.aids:
        return []
    parts: list[Part] = [Heading(text="Is it still true?")]
    for aid in shown.aids:
        since = f"last said to be true on {format_day(aid.verified_on)}" if aid.verified_on else "never checked"
        parts.append(Text(text=f"#{aid.number} {aid.title}\n{since}"))
        value = str(aid.id)
        parts.append(
            Buttons(
                buttons=(
                    Button(label="Still true", verb="still_true", value=value),
                    Button(label="Open", verb="open_aid", value=value),
                    Button(label="Change it", verb="edit_aid", value=value, opens_form=True),
                    Button(label="Retire", verb="retire_aid", value=value),
                )
            )
        )
    return parts


def _known(shown: Contents) -> list[Part]:
    return [
        Heading(text="What I am asked"),
        Text(text=consent_line(shown.profile)),
        *belief_parts(shown.beliefs),
        Buttons(buttons=(Button(label="Change what I am asked", verb="topics", opens_form=True),)),
    ]


def _figures(shown: Contents) -> list[Part]:
    figures = shown.figures
    if figures is None:
        return []
    facts = [(row.label.capitalize(), f"{_say(row.week)} · {_say(row.month)}") for row in figures.rows]
    facts.append(("Job aids overdue for a check", str(figures.overdue)))
    parts: list[Part] = [
        Heading(text="How it goes: last 7 days · last 28 days"),
        Facts(facts=tuple(facts)),
    ]
    if figures.campaigns:
        listed = "\n".join(f"• {cut(name, 80)}: {_say(sent)} sent" for name, sent in figures.campaigns)
        parts.append(Text(text=f"Running campaigns\n{listed}"))
    note = f"Counts of questions, never of people. “–” stands where fewer than {FEWEST} people are behind a count."
    page = Button(label="In pictures", verb="insight_page")
    gaps = Button(label="What is missing?", verb="gaps")
    glossary = Button(label="Glossary", verb="glossary")
    return [*parts, Text(text=note, tone=Tone.QUIET), Buttons(buttons=(page, gaps, glossary))]


def _say(count: int | None) -> str:
    return "–" if count is None else str(count)
