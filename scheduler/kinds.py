"""What a nudge says: one function a kind.

The words come from the campaign and its job aid; what the bot adds around them is wording, and not decided here. A new
kind is a member of `Kind`, a function, and a line in `_COMPOSERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from knowledge.job_aids import plain_name
from knowledge.model import JobAid, Link, Status
from scheduler.model import Intention, Kind, Response, Step

GRADES = (Response.FORGOT_IT, Response.BARELY, Response.KNEW_IT, Response.EASILY)
"""How well a recall was known, by the learner's own word, from the worst to the best."""


class NothingToSay(ValueError):  # noqa: N818 — a verdict on the step, for preview and tick alike
    """The step has neither words of its own nor a job aid to take them from. The message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NudgeContent:
    """The content of one nudge. Empty text means there is none; an empty question leaves its words to the kind.

    `answer` stays hidden until the learner responds `SHOW_ANSWER`; `graded` are the responses offered after that.
    `body` and `answer` are CommonMark, `heading` and `question` plain.
    """

    kind: Kind
    heading: str = ""
    body: str = ""
    question: str = ""
    answer: str = ""
    links: tuple[Link, ...] = ()
    responses: tuple[Response, ...]
    graded: tuple[Response, ...] = ()
    intention: Intention | None = None  # the plan that is reminded of


def compose(step: Step, aid: JobAid | None) -> NudgeContent:
    """What `step` says now, with `aid` as it is now: a changed aid changes the nudge.

    An aid that is not published counts as none. Raises NothingToSay.
    """
    usable = aid if aid is not None and aid.status is Status.PUBLISHED else None
    return _COMPOSERS[step.kind](step, usable)


def compose_reminder(step: Step, aid: JobAid | None, intention: Intention) -> NudgeContent:
    """What is said when the moment has come that a learner chose for their plan; it needs no more than their words."""
    usable = aid if aid is not None and aid.status is Status.PUBLISHED else None
    responses = (Response.USED_IT, Response.BARRIER, Response.ASK, Response.LATER, Response.STOP)
    return replace(_ask(step, usable, responses), question="", intention=intention)


def _compose_tip(step: Step, aid: JobAid | None) -> NudgeContent:
    if not step.text and aid is None:
        raise NothingToSay(f"The tip on day {step.after_days} has no text, and {_describe_missing(step)}.")
    return NudgeContent(
        kind=Kind.TIP,
        heading=aid.title if aid else "",
        body="\n\n".join(part for part in (step.text, aid.body if aid else "") if part),
        links=_links(step, aid),
        responses=(Response.GOT_IT, Response.USED_IT, Response.ASK, Response.LATER, Response.STOP),
    )


def _compose_recall(step: Step, aid: JobAid | None) -> NudgeContent:
    """A recall without a question asks for what the aid says; one without an answer takes the aid as the answer."""
    if not step.text and aid is None:
        raise NothingToSay(f"The recall on day {step.after_days} has no question, and {_describe_missing(step)}.")
    if not step.answer and aid is None:
        raise NothingToSay(f"The recall on day {step.after_days} has no answer, and {_describe_missing(step)}.")
    return NudgeContent(
        kind=Kind.RECALL,
        heading=aid.title if aid else "",
        question=_bare(step.text),
        answer=step.answer or (aid.body if aid else ""),
        links=_links(step, aid),
        responses=(Response.SHOW_ANSWER, Response.ASK, Response.LATER, Response.STOP),
        graded=GRADES,
    )


def _compose_apply(step: Step, aid: JobAid | None) -> NudgeContent:
    return _ask(step, aid, (Response.USED_IT, Response.BARRIER, Response.ASK, Response.LATER, Response.STOP))


def _compose_plan(step: Step, aid: JobAid | None) -> NudgeContent:
    return _ask(step, aid, (Response.PLANNED, Response.ASK, Response.LATER, Response.STOP))


def _compose_check_in(step: Step, aid: JobAid | None) -> NudgeContent:
    return _ask(step, aid, (Response.USED_IT, Response.BARRIER, Response.ASK, Response.LATER, Response.STOP))


def _ask(step: Step, aid: JobAid | None, responses: tuple[Response, ...]) -> NudgeContent:
    """A question about one's own work. It needs no content; an aid waits behind "show" for whoever wants it."""
    return NudgeContent(
        kind=step.kind,
        heading=aid.title if aid else "",
        question=_bare(step.text),
        answer=aid.body if aid else "",
        links=_links(step, aid),
        responses=(Response.SHOW_ANSWER, *responses) if aid and aid.body else responses,
    )


def _bare(text: str) -> str:
    """A question is shown as plain text, line by line; marks in it would stand there as letters."""
    return "\n".join(plain_name(line) for line in text.split("\n"))


def _links(step: Step, aid: JobAid | None) -> tuple[Link, ...]:
    own = tuple(Link(label=label, url=url) for label, url in step.links)
    return own + (aid.links if aid else ())


def _describe_missing(step: Step) -> str:
    return f"the job aid “{step.aid}” is not published" if step.aid else "it names no job aid"


_COMPOSERS: Mapping[Kind, Callable[[Step, JobAid | None], NudgeContent]] = MappingProxyType(
    {
        Kind.TIP: _compose_tip,
        Kind.RECALL: _compose_recall,
        Kind.APPLY: _compose_apply,
        Kind.PLAN: _compose_plan,
        Kind.CHECK_IN: _compose_check_in,
    }
)
