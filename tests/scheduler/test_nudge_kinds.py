"""What each kind of nudge says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge.model import JobAid, Link, Status
from scheduler.kinds import NothingToSay, compose, compose_reminder
from scheduler.model import Intention, Kind, Response, Step

AID = JobAid(
    key="refunds",
    title="Refund limits",
    body="Up to **50 EUR** without approval.",
    links=(Link(label="Form", url="https://example.org/f"),),
)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_can_be_put_off_and_stopped_and_is_told_apart(kind):
    content = compose(Step(kind=kind, after_days=0, text="Words", answer="More"), AID)
    assert content.kind is kind
    assert {Response.LATER, Response.STOP} <= set(content.responses)
    assert content.heading == "Refund limits"
    assert content.links == AID.links


def test_a_tip_shows_its_words_and_the_aid():
    content = compose(Step(kind=Kind.TIP, after_days=0, text="Remember:"), AID)
    assert content.body == "Remember:\n\nUp to **50 EUR** without approval."
    assert (content.question, content.answer) == ("", "")


def test_a_changed_aid_changes_the_nudge():
    step = Step(kind=Kind.TIP, after_days=0)
    assert compose(step, replace(AID, body="Up to 80 EUR.")).body == "Up to 80 EUR."


def test_a_recall_hides_its_answer_until_it_is_asked_for():
    content = compose(Step(kind=Kind.RECALL, after_days=3, text="What is the limit?", answer="50 EUR"), None)
    assert (content.question, content.answer, content.body) == ("What is the limit?", "50 EUR", "")
    assert content.responses[0] is Response.SHOW_ANSWER
    assert content.graded == (Response.FORGOT_IT, Response.BARELY, Response.KNEW_IT, Response.EASILY)


def test_a_recall_without_words_asks_for_the_aid_and_answers_with_it():
    content = compose(Step(kind=Kind.RECALL, after_days=3), AID)
    assert (content.question, content.answer, content.body) == ("", AID.body, "")


@pytest.mark.parametrize("kind", [Kind.APPLY, Kind.CHECK_IN])
def test_a_question_about_ones_own_work_needs_no_content_and_takes_a_barrier(kind):
    content = compose(Step(kind=kind, after_days=7), None)
    assert Response.BARRIER in content.responses
    assert Response.SHOW_ANSWER not in content.responses
    assert Response.SHOW_ANSWER in compose(Step(kind=kind, after_days=7), AID).responses


@pytest.mark.parametrize(
    ("step", "missing"),
    [
        (Step(kind=Kind.TIP, after_days=2), "The tip on day 2 has no text, and it names no job aid."),
        (
            Step(kind=Kind.RECALL, after_days=2, answer="x"),
            "The recall on day 2 has no question, and it names no job aid.",
        ),
        (
            Step(kind=Kind.RECALL, after_days=2, text="x", aid="12"),
            "The recall on day 2 has no answer, and the job aid “12” is not published.",
        ),
    ],
)
def test_a_nudge_without_content_says_what_is_missing(step, missing):
    for aid in (None, replace(AID, status=Status.RETIRED), replace(AID, status=Status.DRAFT)):
        with pytest.raises(NothingToSay) as raised:
            compose(step, aid)
        assert str(raised.value) == missing


def test_a_plan_is_made_first_and_its_reminder_says_it_and_takes_what_came_of_it():
    step = Step(kind=Kind.PLAN, after_days=3, text="When will you use it?")
    assert Response.PLANNED in compose(step, None).responses
    reminder = compose_reminder(step, None, Intention(situation="a return comes in", action="open the form"))
    assert reminder.question == ""
    assert reminder.intention == Intention(situation="a return comes in", action="open the form")
    assert {Response.USED_IT, Response.BARRIER, Response.LATER, Response.STOP} <= set(reminder.responses)
