from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from knowledge.evidence import EvidenceIndex
from knowledge.experts import rank
from knowledge.model import Evidence, EvidenceKind, RankedExpert
from knowledge.threads import Listener, Utterance

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def evidence(
    person: str,
    text: str,
    *,
    kind: EvidenceKind = EvidenceKind.ANSWERED,
    days_ago: float = 1,
    place: str | None = None,
    thread: str | None = None,
    weight: float = 1.0,
) -> Evidence:
    at = NOW - timedelta(days=days_ago)
    return Evidence(person=person, kind=kind, text=text, at=at, place=place, thread=thread, weight=weight)


def index_of(*pieces: Evidence) -> EvidenceIndex:
    index = EvidenceIndex()
    for piece in pieces:
        index.add(piece)
    return index


def names(experts: tuple[RankedExpert, ...]) -> list[str]:
    return [expert.person for expert in experts]


def ask(index: EvidenceIndex, question: str, *, asker: str | None = None, place: str | None = None) -> list[str]:
    return names(rank(index, question, asker=asker, place=place, now=NOW))


def test_nobody_is_found_without_evidence():
    assert rank(EvidenceIndex(), "How do refunds work?", asker="ann", place=None, now=NOW) == ()


def test_in_a_company_of_three_an_owned_aid_and_a_declared_topic_are_enough():
    index = index_of(
        evidence("ann", "Refund a customer who paid by card", kind=EvidenceKind.OWNS, days_ago=400),
        evidence("bob", "VPN, laptops", kind=EvidenceKind.DECLARED, days_ago=90),
        evidence("cy", "Book a train", kind=EvidenceKind.OWNS, days_ago=10),
    )
    assert ask(index, "A customer wants a refund")[0] == "ann"
    assert ask(index, "My VPN drops every hour")[0] == "bob"
    assert ask(index, "Who books trains?")[0] == "cy"


def test_an_old_owned_aid_on_the_topic_outweighs_yesterdays_talk_beside_it():
    index = index_of(
        evidence("owner", "Claim travel expenses in the portal", kind=EvidenceKind.OWNS, days_ago=300),
        evidence("talker", "lunch was great and then we talked about the portal", kind=EvidenceKind.SPOKE),
    )
    assert ask(index, "How do I claim travel expenses?")[0] == "owner"


def test_who_answered_that_topic_comes_before_who_answered_another():
    index = index_of(evidence("ann", "refund by card"), evidence("bob", "printer out of toner"))
    assert ask(index, "Can I refund to another card?") == ["ann", "bob"]
    assert ask(index, "The printers need toner") == ["bob", "ann"]


def test_evidence_fades_with_time():
    index = index_of(
        evidence("earlier", "refund by card", days_ago=700), evidence("later", "refund by card", days_ago=7)
    )
    assert ask(index, "refund by card") == ["later", "earlier"]


def test_an_answer_that_helped_counts_more_than_one_that_did_not():
    index = index_of(evidence("a_missed", "refund by card", weight=0.2), evidence("helped", "refund by card", weight=2))
    assert ask(index, "refund by card") == ["helped", "a_missed"]


def test_an_answer_shows_more_than_talk():
    index = index_of(
        evidence("a_talker", "refund by card", kind=EvidenceKind.SPOKE),
        evidence("answerer", "refund by card", kind=EvidenceKind.ANSWERED),
    )
    assert ask(index, "refund by card") == ["answerer", "a_talker"]


def test_who_answers_in_the_place_of_the_question_comes_first_among_equals():
    index = index_of(evidence("ann", "rotate the key", place="ops"), evidence("bob", "rotate the key", place="web"))
    assert ask(index, "rotate the key", place="web")[0] == "bob"
    assert ask(index, "rotate the key", place="ops")[0] == "ann"


def test_without_a_place_the_askers_own_places_stand_in():
    index = index_of(
        evidence("ann", "rotate the key", place="ops"),
        evidence("bob", "rotate the key", place="web"),
        *(evidence("asker", "good morning", kind=EvidenceKind.SPOKE, place="web") for _ in range(5)),
    )
    assert ask(index, "rotate the key", asker="asker") == ["bob", "ann"]


def test_who_talks_with_the_asker_comes_first_among_equals():
    index = index_of(
        evidence("ann", "rotate the key", thread="1"),
        evidence("bob", "rotate the key", thread="2"),
        evidence("asker", "hello", kind=EvidenceKind.SPOKE, thread="2"),
    )
    assert ask(index, "rotate the key", asker="asker") == ["bob", "ann"]


def test_a_person_whom_the_question_names_comes_first_among_equals():
    index = index_of(evidence("ann", "refund by card"), evidence("bob", "refund by card"))
    experts = rank(index, "refund by card, @bob?", asker=None, place=None, now=NOW, named=["bob", "nobody"])
    assert names(experts) == ["bob", "ann"]


def test_evidence_of_the_questions_own_thread_does_not_count():
    index = index_of(evidence("ann", "refund by card", thread="own"), evidence("bob", "toner", thread="other"))
    assert names(rank(index, "refund by card", asker=None, place=None, now=NOW, thread="own")) == ["bob"]


def test_who_is_usually_about_at_this_hour_comes_before_who_never_is():
    rota = [(days, who, hours) for days in range(3, 40) for who, hours in (("early", 0), ("late", 11))]
    index = index_of(
        *(
            evidence(who, "refund by card", days_ago=days - hours / 24, thread=f"t{days}{who}")
            for days, who, hours in rota
        )
    )
    assert ask(index, "Can I refund to another card?") == ["early", "late"]
    evening = NOW + timedelta(hours=11)
    asked = rank(index, "Can I refund to another card?", asker=None, place=None, now=evening)
    assert names(asked) == ["late", "early"]


def talk_of(place: str, *, reply_after: timedelta) -> list[Evidence]:
    """Threads in which an answer takes so long, and after them two people of whom one was seen an hour sooner."""
    days = reply_after / timedelta(days=1)
    threads = [
        evidence("host" if answer == 0 else "guest", "the till", place=place, thread=f"{place}{number}",
                 kind=EvidenceKind.ANSWERED if answer else EvidenceKind.SPOKE, days_ago=90 + number - answer * days)
        for number in range(30)
        for answer in (0, 1)
    ]  # fmt: skip
    return [
        *threads,
        evidence("sooner", "the printer is out of toner", place=place, days_ago=1 / 24),
        evidence("nearer", "the printer is out of toner, says the lamp", place=place, days_ago=2 / 24),
    ]


def test_how_much_lately_counts_follows_the_tempo_of_the_place():
    def lead(place: str, reply_after: timedelta) -> float:
        index = index_of(*talk_of(place, reply_after=reply_after))
        scores = {one.person: one.score for one in rank(index, "toner", asker=None, place=place, now=NOW)}
        return log(scores["sooner"] / scores["nearer"])

    assert lead("chat", timedelta(minutes=10)) > lead("forum", timedelta(days=2)) + 0.2


def test_reasons_are_the_persons_own_strongest_pieces_one_a_thread():
    near = evidence("ann", "refund by card", thread="1")
    index = index_of(
        evidence("ann", "refund by card again", thread="1", days_ago=500),
        near,
        evidence("ann", "refund in cash", thread="2"),
        evidence("ann", "printer toner", thread="3"),
        evidence("bob", "refund by card", thread="4"),
    )
    ann = next(one for one in rank(index, "refund by card", asker=None, place=None, now=NOW) if one.person == "ann")
    assert ann.reasons[0] == near
    assert [piece.thread for piece in ann.reasons] == ["1", "2"]


def test_equals_stand_in_the_order_of_their_names():
    pieces = [evidence(name, "refund by card") for name in ("cy", "ann", "bob")]
    assert ask(index_of(*pieces), "refund by card") == ["ann", "bob", "cy"]


def test_forgetting_a_person_leaves_no_trace_of_them():
    index = index_of(
        evidence("ann", "unusualword refund", thread="hers"),
        evidence("bob", "refund by card", thread="his"),
        evidence("ann", "more", thread="his"),
    )
    assert index.forget("ann") == 2
    assert index.forget("ann") == 0
    assert [piece.person for piece in index] == ["bob"]
    assert ask(index, "unusualword refund") == ["bob"]
    held = repr((index._postings, index._people, index._names, index._threads, index._pieces))
    for trace in ("ann", "unusualword", "hers"):
        assert trace not in held


def test_a_person_can_come_back_after_being_forgotten():
    index = index_of(evidence("ann", "refund"), evidence("bob", "refund"), evidence("cy", "toner"))
    index.forget("ann")
    index.add(evidence("ann", "refund by card"))
    assert set(ask(index, "refund by card")) == {"ann", "bob", "cy"}
    assert ask(index, "refund by card")[0] == "ann"


@st.composite
def piles(draw: st.DrawFn) -> list[Evidence]:
    people = st.sampled_from(["ann", "bob", "cy", "dee", ""])
    words = st.text(alphabet="abc ?\ud800é日", max_size=12) | st.text(max_size=30)
    places = st.sampled_from([None, "ops", "web"])
    return draw(
        st.lists(
            st.builds(
                evidence,
                people,
                words,
                kind=st.sampled_from(EvidenceKind),
                days_ago=st.floats(-30, 3000),
                place=places,
                thread=st.sampled_from([None, "1", "2"]),
                weight=st.sampled_from([0.0, 0.2, 1.0, 2.0]),
            ),
            max_size=25,
        )
    )


@given(
    pile=piles(),
    question=st.text(max_size=40),
    asker=st.sampled_from(["ann", "zoe", None]),
    place=st.sampled_from([None, "ops", "elsewhere"]),
    willing=st.none() | st.frozensets(st.sampled_from(["ann", "bob", "zoe"])),
    limit=st.integers(0, 4),
)
@example(pile=[evidence("bob", "\ud800")], question="\udfff\x00", asker=None, place=None, willing=None, limit=1)
def test_any_question_ranks_only_willing_people_other_than_the_asker(pile, question, asker, place, willing, limit):
    index = index_of(*pile)
    experts = rank(index, question, asker=asker, place=place, now=NOW, willing=willing, limit=limit)
    found = names(experts)
    able = {piece.person for piece in pile if piece.weight > 0} - {asker}
    if willing is not None:
        able &= willing
    assert len(found) == min(limit, len(able)) == len(set(found))
    assert set(found) <= able
    assert [one.score for one in experts] == sorted((one.score for one in experts), reverse=True)
    assert all(piece.person == one.person for one in experts for piece in one.reasons)


@given(pile=piles(), person=st.sampled_from(["ann", "bob", ""]))
def test_after_removal_an_index_ranks_as_if_the_evidence_had_never_been(pile, person):
    index = index_of(*pile)
    removed = index.remove(lambda piece: piece.person == person)
    fresh = index_of(*(piece for piece in pile if piece.person != person))
    assert len(index) == len(fresh) == len(pile) - removed
    assert list(index) == list(fresh)
    for question in ("abc a ?", "日 é"):
        before = rank(index, question, asker=None, place="ops", now=NOW)
        after = rank(fresh, question, asker=None, place="ops", now=NOW)
        assert [(one.person, one.reasons) for one in before] == [(one.person, one.reasons) for one in after]


@given(pile=piles(), dice=st.randoms(use_true_random=False))
def test_the_order_in_which_evidence_came_does_not_matter(pile, dice):
    """A replica reads it by revision, and anew by time."""
    shuffled = dice.sample(pile, len(pile))
    for question in ("abc a ?", "日 é"):
        for place in (None, "ops"):
            one, other = (
                {
                    found.person: found.score
                    for found in rank(index_of(*way), question, asker="ann", place=place, now=NOW)
                }
                for way in (pile, shuffled)
            )
            assert one == pytest.approx(other, rel=2e-3)


# ── Reading along ───────────────────────────────────────────────────────────────────────────────────────────────────


def say(listener: Listener, author: str, text: str, *, thread: str = "t") -> tuple[Evidence, ...]:
    return listener.hear(Utterance(author=author, text=text, at=NOW, place="ops", thread=thread))


def test_the_first_reply_to_a_question_is_an_answer_that_carries_the_question_along():
    listener = Listener()
    say(listener, "ann", "How do I refund")
    say(listener, "ann", "to another card?")
    (piece,) = say(listener, "bob", "Use the form.")
    assert (piece.person, piece.kind, piece.place, piece.thread) == ("bob", EvidenceKind.ANSWERED, "ops", "t")
    assert piece.text == "How do I refund\nto another card?\nUse the form."


def test_further_replies_are_talk_and_do_not_repeat_the_question():
    listener = Listener()
    say(listener, "ann", "How do I refund?")
    say(listener, "bob", "Use the form.")
    (piece,) = say(listener, "bob", "The blue one.")
    assert (piece.kind, piece.text) == (EvidenceKind.SPOKE, "The blue one.")


def test_a_reply_to_a_remark_weighs_less_than_a_reply_to_a_question():
    listener = Listener()
    say(listener, "ann", "How do I refund?", thread="question")
    say(listener, "ann", "Lunch was great.", thread="remark")
    (answer,) = say(listener, "bob", "Like so.", thread="question")
    (chat,) = say(listener, "bob", "Like so.", thread="remark")
    assert chat.weight < answer.weight


def test_asking_shows_less_than_answering():
    (piece,) = say(Listener(), "ann", "How do I refund?")
    assert (piece.kind, piece.weight) == (EvidenceKind.SPOKE, 0.5)


def test_thanks_go_once_to_who_is_named_or_else_to_who_replied_last():
    listener = Listener()
    say(listener, "ann", "How do I refund?")
    assert [piece.kind for piece in say(listener, "ann", "thanks in advance")] == [EvidenceKind.SPOKE]
    say(listener, "bob", "Use the form.")
    say(listener, "cy", "The blue one.")
    assert say(listener, "ann", "Thanks @bob!")[1].person == "bob"
    assert say(listener, "ann", "that worked")[1].person == "cy"
    assert len(say(listener, "ann", "thank you")) == 1


def test_a_listener_forgets_an_erased_persons_questions_and_name():
    listener = Listener()
    say(listener, "ann", "How do I refund?", thread="hers")
    say(listener, "bob", "VPN?", thread="his")
    say(listener, "ann", "Restart it.", thread="his")
    listener.forget("ann")
    assert "ann" not in repr(listener._threads)
    assert "refund" not in repr(listener._threads)


def test_who_answered_a_moment_ago_seems_to_be_about_unless_it_was_because_they_were_asked():
    def lead(days_ago: float, *, solicited: bool) -> float:
        """Of Bob, who answered then, before Ann, who answered the same ten days ago."""
        pieces = (("bob", days_ago), ("ann", 10.0))
        index = index_of(
            *(evidence(who, "Where is the ladder kept?", days_ago=days, place="shop") for who, days in pieces)
        )
        question = "Why does the till print nothing at all today?"
        found = rank(index, question, asker=None, place="shop", now=NOW, solicited=solicited)
        chance = {one.person: one.score for one in found}
        return log(chance["bob"] / chance["ann"])

    assert lead(0.01, solicited=False) > 1
    assert abs(lead(0.01, solicited=True)) < 0.1
