"""Why this, and why not that."""

from __future__ import annotations

import pytest

from knowledge.calibration import SHIPPED, Calibration
from knowledge.explaining import Explanation, explain_decision
from knowledge.index import Index
from knowledge.model import OPEN, Decision, Snippet
from knowledge.retrieval import CERTAIN, CLAIMED, OTHER_CODE, SHARED, Thresholds, decide, inquire, search
from tests.knowledge.company_aids import index as company

TERMS = (("POS", "point of sale"),)


@pytest.fixture(scope="module")
def index() -> Index:
    return company()


def explain(index: Index, question: str, calibration: Calibration = SHIPPED, **thresholds: float) -> Explanation:
    inquiry = inquire(index, question, grants=OPEN, glossary=TERMS)
    return explain_decision(inquiry, Thresholds(**thresholds), calibration)


QUESTIONS = ("how do i reset my vpn token?", "vpn tokne", "hotel limit", "unicorns", "", "error 9999", "refund")


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_explained_is_what_was_decided(index, question):
    told = explain(index, question)
    assert told.verdict == decide(inquire(index, question, grants=OPEN, glossary=TERMS).matches, Thresholds())
    assert told.verdict.matches[:10] == search(index, question, grants=OPEN, glossary=TERMS)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_parts_add_up_to_the_whole(index, question):
    told = explain(index, question)
    if not told.verdict.matches:
        assert told.comparison == () or all(one.first == 0 for one in told.comparison)
        assert "nothing is answered" in told.conclusion
        return
    first = told.verdict.matches[0]
    assert sum(one.weight * one.first for one in told.comparison) == pytest.approx(first.features["fused"])
    if told.rival is not None:
        gap = first.features["fused"] - told.rival.features["fused"]
        assert sum(one.difference for one in told.comparison) == pytest.approx(gap)
        assert told.rival.snippet.title in told.conclusion


def test_a_repair_and_a_term_are_told(index):
    told = explain(index, "pos and the vpn tokne")
    assert told.inquiry.question.repairs == {"tokne": "token"}
    assert told.terms == [(("pos",), "point sale")]
    assert {words for words, _, known in told.wanted if known} >= {"vpn", "token"}


def test_the_decision_is_told_with_the_bounds_that_made_it(index):
    question = "how do i reset my vpn token?"
    assert explain(index, question, by_words=0.1).conclusion.startswith("It is answered")
    assert explain(index, question, by_words=1.1).conclusion.startswith("Choices are offered")
    assert explain(index, question, by_words=1.1, choices=1.1).conclusion.startswith("Nothing is answered")


def test_what_a_workspace_learned_is_part_of_it(index):
    question = "how do i reset my vpn token?"
    cautious = Calibration(slope=1.0, shift=-9.0, judgements=50)
    told = explain(index, question, cautious)
    assert told.verdict.decision is Decision.NONE
    assert told.verdict.shipped == explain(index, question).verdict.confidence


@pytest.mark.parametrize(
    ("question", "reason"),
    [("Alpha reset", CERTAIN), ("Beta", CLAIMED), ("gamma", SHARED), ("gamma delta error 4012", OTHER_CODE)],
)
def test_what_no_sum_overrules_is_told_with_its_reason(question, reason):
    index = Index()
    pairs = [("Alpha reset", "x"), ("Beta", "x"), ("Beta", "y"), ("Gamma delta", "error 2200"), ("Gamma rays", "z")]
    known = [Snippet(id=str(n), title=title, text=text, aid=str(n)) for n, (title, text) in enumerate(pairs)]
    index.apply(upsert=known, remove=[], revision=1)
    told = explain(index, question)
    assert told.exception == reason
    assert (told.verdict.shipped >= reason.bound) is reason.lifts or told.verdict.shipped == reason.bound


def test_a_title_that_several_have_is_told(index):
    assert explain(index, "refund").untitled == []
    same = "Family support — FAQ"
    shared = Index()
    texts = ("Maven supports all teammates.", "Submit receipts in the Maven wallet.")
    parts = [Snippet(id=str(number), title=same, text=text, aid=str(number)) for number, text in enumerate(texts)]
    other = Snippet(id="own", title="Wallet lost", text="Report the loss of a wallet.", aid="own")
    shared.apply(upsert=[*parts, other], remove=(), revision=1)
    assert explain(shared, "submit receipts to the wallet").untitled == [same]
