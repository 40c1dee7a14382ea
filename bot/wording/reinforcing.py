"""What a learner reads: a nudge, what became of it, and what opens from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.messages import (
    Button,
    Buttons,
    Card,
    Field,
    FieldKind,
    Form,
    Heading,
    Link,
    Links,
    Markdown,
    Part,
    Style,
    Text,
    Tone,
)
from bot.wording.asking import cut
from knowledge.job_aids import opening
from scheduler.kinds import NudgeContent
from scheduler.model import Intention, Kind, Response

LABELS = {
    Response.GOT_IT: "Got it",
    Response.USED_IT: "Used it",
    Response.ASK: "Ask about this",
    Response.LATER: "Later",
    Response.STOP: "Stop this series",
    Response.SHOW_ANSWER: "Show the answer",
    Response.FORGOT_IT: "Not yet",
    Response.BARELY: "Barely",
    Response.KNEW_IT: "I knew it",
    Response.EASILY: "Easily",
    Response.BARRIER: "What got in the way?",
    Response.PLANNED: "Make a plan",
}
_OPEN_FORMS = (Response.ASK, Response.BARRIER, Response.PLANNED)
_FIRST = (Response.GOT_IT, Response.SHOW_ANSWER, Response.PLANNED)  # no grade: none is better than another

_HEADINGS = {
    Kind.TIP: "A reminder",
    Kind.RECALL: "Do you remember?",
    Kind.APPLY: "Did you use it?",
    Kind.PLAN: "Your plan",
    Kind.CHECK_IN: "How is it going?",
}
_QUESTIONS = {
    Kind.APPLY: "Did you use this in the last days?",
    Kind.PLAN: "When will you use this next? Picture the moment, and what you will do then.",
    Kind.CHECK_IN: "How is it going with this?",
}


def source(name: str, *, purpose: str, owner: str | None, personal: bool) -> str:
    """Who sends it and why."""
    if personal:
        return f"“{name}” · a series of your own · you can stop it at any time"
    why = f" · {cut(purpose, 200)}" if purpose else ""
    return f"“{name}” · from {owner or 'Lanyard'}{why} · you can stop it at any time"


def nudge(
    content: NudgeContent, *, source: str, nudge_id: int, offered: Sequence[Response], answer: bool, told: str = ""
) -> Card:
    """`offered`: the buttons still of use. `answer`: show what is hidden at first. `told`: what was done so far."""
    parts = [*_content(content, answer=answer), Text(text=source, tone=Tone.QUIET)]
    if told:
        parts.append(Text(text=told, tone=Tone.QUIET))
    if offered:
        parts.append(
            Buttons(
                buttons=tuple(
                    Button(
                        label=LABELS[response],
                        verb=f"nudge_{response}",
                        value=str(nudge_id),
                        style=Style.PRIMARY if response in _FIRST else Style.PLAIN,
                        opens_form=response in _OPEN_FORMS,
                    )
                    for response in offered
                )
            )
        )
    return Card(summary=_summary(content), parts=tuple(parts))


def dry_run(content: NudgeContent, *, source: str, number: int, of: int, when: str) -> Card:
    """The whole nudge with its answer; the buttons are there to be seen."""
    parts: list[Part] = [
        Text(text=f"Dry run, {number} of {of}: this would come on {when}. Nothing is recorded.", tone=Tone.QUIET),
        *_content(content, answer=False),
    ]
    if content.answer:
        parts += [
            Text(text="After “Show the answer”:", tone=Tone.QUIET),
            Markdown(text=content.answer),
            *_links(content),
        ]
    parts += [
        Text(text=source, tone=Tone.QUIET),
        Buttons(
            buttons=tuple(
                Button(label=LABELS[response], verb="nudge_dry_run") for response in content.responses + content.graded
            )
        ),
    ]
    return Card(summary=f"Dry run: {_summary(content)}", parts=tuple(parts))


def _content(content: NudgeContent, *, answer: bool) -> list[Part]:
    is_tip = content.kind is Kind.TIP
    parts: list[Part] = [Heading(text=(content.heading if is_tip else "") or _HEADINGS[content.kind])]
    if content.body:
        parts.append(Markdown(text=content.body))
    if not is_tip:
        parts.append(Text(text=_question(content)))
    if answer and content.answer:
        parts.append(Markdown(text=content.answer))
    if answer or not content.answer:
        parts += _links(content)
    return parts


def _links(content: NudgeContent) -> list[Part]:
    links = tuple(Link(label=link.label, url=link.url) for link in content.links)
    return [Links(links=links)] if links else []


def _question(content: NudgeContent) -> str:
    if content.intention is not None:
        plan = _say_plan(content.intention)
        return f"You planned: {plan}"
    if content.question:
        return content.question
    about = f"“{content.heading}”: " if content.heading else ""
    if content.kind is Kind.RECALL:
        return f"{about}what is to be done? Try to say it before you look."
    return f"{about}{_QUESTIONS[content.kind]}"


def headline(content: NudgeContent) -> str:
    """A nudge in one line."""
    return _summary(content)


def _summary(content: NudgeContent) -> str:
    heading = _HEADINGS[content.kind]
    if content.intention is not None:
        said = _say_plan(content.intention)
    else:
        said = content.heading or opening(content.body) if content.kind is Kind.TIP else _question(content)
    return f"{heading if heading.endswith('?') else f'{heading}:'} {cut(' '.join(said.split()), 150)}"


_TOLD = {
    Response.GOT_IT: "✓ Got it.",
    Response.USED_IT: "✓ You used it. Well done.",
    Response.SHOW_ANSWER: "Did you know it? Only you see what you say; it decides nothing about you.",
    Response.FORGOT_IT: "Not yet: that is what this is for. It sticks better for having tried.",
    Response.BARELY: "✓ You knew it, with effort.",
    Response.KNEW_IT: "✓ You knew it.",
    Response.EASILY: "✓ You knew it easily.",
    Response.BARRIER: "✓ Thank you. What got in the way was passed on to those who plan this, without your name "
    "unless you added it.",
    Response.STOP: "You stopped this series. Nothing more of it will come.",
    Response.LATER: "Newer ones of this series have come meanwhile, so this one is left as it is.",
}
BARRIER_KEPT = "✓ Noted, for you alone. Perhaps something smaller is easier to begin with."


def told(response: Response | None) -> str:
    return _TOLD.get(response, "") if response is not None else ""


def postponed(when: str) -> str:
    return f"All right. It comes again on {when}."


def graded(response: Response, when: str | None) -> str:
    """`when` it comes again; None where it does not."""
    return f"{_TOLD[response]} " + (f"It comes again on {when}." if when else "It has sunk in, so it rests now.")


def planned(intention: Intention, when: str) -> str:
    return f"✓ Your plan: {_say_plan(intention)} I remind you on {when}."


def _say_plan(intention: Intention) -> str:
    situation = intention.situation.rstrip(" .,")
    action = intention.action.rstrip(" .")
    return f"if {situation}, then I will {action}."


def plan_form(content: NudgeContent | None, *, nudge_id: int, suggested: datetime) -> Form:
    """`suggested` is on the learner's own clock."""
    about = (content.heading or content.question) if content else ""
    return Form(
        title="Make a plan",
        verb="nudge_planned",
        value=str(nudge_id),
        intro=(
            *((Text(text=cut(about, 300), tone=Tone.QUOTE),) if about else ()),
            Text(
                text="What is planned for a moment of one's own is done more often. Only you see it.", tone=Tone.QUIET
            ),
        ),
        fields=(
            Field(name="situation", label="If …", hint="e.g. a customer comes without a receipt", max_length=300),
            Field(name="action", label="… then I will …", hint="e.g. open the refund form first", max_length=300),
            Field(name="day", label="Remind me on", kind=FieldKind.DATE, value=suggested.date().isoformat()),
            Field(name="at", label="At", kind=FieldKind.TIME, value=f"{suggested:%H:%M}"),
        ),
        submit="Plan it",
    )


def ask_form(content: NudgeContent, *, nudge_id: int) -> Form:
    about = content.heading or content.question or opening(content.body)
    return Form(
        title="Ask about this",
        verb="nudge_ask",
        value=str(nudge_id),
        intro=(Text(text=cut(about, 300), tone=Tone.QUOTE),) if about else (),
        fields=(
            Field(
                name="question",
                label="Your question",
                kind=FieldKind.TEXT,
                hint="In your own words, so that it can be understood without the reminder.",
            ),
        ),
        submit="Ask",
    )


def barrier_form(*, nudge_id: int, personal: bool, few: bool) -> Form:
    """`few` where it could be guessed whose it is."""
    intro = "It goes to those who plan this series, without your name unless you add it."
    if few:
        intro += " Fewer than five people have this series, so whose it is may be guessed: write it if you do not mind."
    name = Field(
        name="named",
        label="Add my name, so that they can come back to me",
        kind=FieldKind.CHECK,
        required=False,
    )
    return Form(
        title="What got in the way?",
        verb="nudge_barrier",
        value=str(nudge_id),
        intro=() if personal else (Text(text=intro),),
        fields=(
            Field(name="text", label="What got in the way?", kind=FieldKind.TEXT, max_length=1000),
            *(() if personal else (name,)),
        ),
    )


def stopped_nudge(card: Card, *, enrolment_id: int) -> Card:
    """The nudge whose series was stopped, with the way back."""
    again = Button(label="Take it up again", verb="series_go_on", value=f"{enrolment_id}.0")
    return Card(summary=card.summary, parts=(*card.parts, Buttons(buttons=(again,))))
