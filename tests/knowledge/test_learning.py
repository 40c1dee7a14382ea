from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from knowledge.evidence import EvidenceIndex
from knowledge.experts import rank
from knowledge.hunches import HUNCHES
from knowledge.learning import (
    FEWEST,
    MOST,
    SHIPPED,
    Taught,
    Weights,
    find_lessons,
    learn,
    look_back,
    size_to_learn_at,
    weigh,
)
from knowledge.threads import Listener, Utterance

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOPICS = ("tent zip", "till drawer", "gift card", "label printer", "parcel scale", "shift plan")


class Room:
    """A chat in which threads are opened and answered, and the index that has heard it all."""

    def __init__(self) -> None:
        self.index = EvidenceIndex()
        self._listener = Listener()
        self.now = START
        self._threads = 0

    def say(self, author: str, text: str, thread: str) -> None:
        self.now += timedelta(minutes=1)
        said = Utterance(author=author, text=text, at=self.now, place="shop", thread=thread)
        for piece in self._listener.hear(said):
            self.index.add(piece)

    def talk(self, asker: str, question: str, *answers: tuple[str, str]) -> str:
        self._threads += 1
        thread = f"t{self._threads}"
        self.say(asker, question, thread)
        for who, answer in answers:
            self.say(who, answer, thread)
        return thread


def room_where(answers: str, *, threads: int) -> Room:
    """Six people who each know a topic; the one of the topic answers, or whoever said something last."""
    room = Room()
    for number in range(threads):
        topic = number * 7 % len(TOPICS)
        last = number * 5 % len(TOPICS)
        room.say(f"p{last}", "good morning", f"chat{number}")
        answerer = topic if answers == "who knows" else last
        room.talk(
            f"asker{number}", f"Is the {TOPICS[topic]} broken?", (f"p{answerer}", f"No, the {TOPICS[topic]} is slow.")
        )
        room.now += timedelta(hours=3)
    return room


def first(room: Room, topic: int, last: int) -> str:
    """Who is asked about a topic, by what the room taught, just after somebody else said something."""
    room.now += timedelta(hours=3)
    room.say(f"p{last}", "good morning", "chat")
    question = f"Is the {TOPICS[topic]} broken?"
    weights = learn(room.index, placed=True)
    return rank(room.index, question, asker="new", place="shop", now=room.now, weights=weights)[0].person


def test_where_whoever_is_about_answers_they_are_asked_and_where_whoever_knows_they_are():
    knowing, about = room_where("who knows", threads=120), room_where("who is about", threads=120)
    assert [first(knowing, topic, (topic + 3) % 6) for topic in range(6)] == [f"p{topic}" for topic in range(6)]
    assert [first(about, topic, (topic + 3) % 6) for topic in range(6)] == [f"p{(topic + 3) % 6}" for topic in range(6)]


def test_with_few_answers_the_shipped_weights_hold():
    room = room_where("who knows", threads=FEWEST - 1)
    assert Weights().follow(room.index, placed=True) is SHIPPED
    room.talk("asker", "Is the tent zip broken?", ("p0", "No, the tent zip is slow."))
    assert not np.array_equal(Weights().follow(room.index, placed=True), SHIPPED)


def test_weights_are_learned_again_only_once_there_is_much_more_to_learn_from():
    room = room_where("who knows", threads=40)
    weights = Weights()
    before = weights.follow(room.index, placed=True)
    room.talk("asker", "Is the tent zip broken?", ("p0", "No, the tent zip is slow."))
    assert weights.follow(room.index, placed=True) is before
    assert weights.follow(room.index, placed=False) is not before
    for _ in range(20):
        room.talk("asker", "Is the tent zip broken?", ("p0", "No, the tent zip is slow."))
    assert weights.follow(room.index, placed=True) is not before


def test_a_lesson_is_a_question_with_its_time_its_asker_and_who_answered_it():
    room = Room()
    asked = room.talk(
        "ann", "How do I\nrefund a card?", ("bob", "In the till."), ("cy", "Or by post."), ("ann", "Thanks")
    )
    opened = START + timedelta(minutes=1)
    room.talk("ann", "Lunch was great.", ("bob", "It was."))
    room.talk("ann", "Who has the keys?")
    (lesson,) = find_lessons(room.index)
    assert (lesson.question, lesson.asker, lesson.place, lesson.thread) == (
        "How do I\nrefund a card?",
        "ann",
        "shop",
        asked,
    )
    assert (lesson.at, lesson.answerers) == (opened, frozenset({"bob", "cy"}))


def test_an_answer_a_month_later_is_no_part_of_the_lesson():
    room = Room()
    thread = room.talk("ann", "How do I refund a card?", ("bob", "In the till."))
    room.now += timedelta(days=30)
    room.say("cy", "By the way, the till is new.", thread)
    assert find_lessons(room.index)[0].answerers == {"bob"}


def test_looking_back_nothing_is_known_of_the_answer_nor_of_what_came_after():
    room = Room()
    room.talk("ann", "Who has the keys?", ("bob", "The keys? I do."))
    room.talk("ann", "How do I refund a card?", ("cy", "Refund a card in the till."))
    room.talk("ann", "How do I refund a card?", ("bob", "Refund a card in the till."))
    keys, first_refund, second_refund = (
        look_back(room.index, lesson, placed=True, solicited=False) for lesson in find_lessons(room.index)
    )
    assert keys is None  # nobody had said anything yet
    assert first_refund is None  # cy had not
    assert second_refund is not None
    assert second_refund.answered.tolist() == [True, False]
    topic = second_refund.hunches[:, HUNCHES.index("topic")]
    assert topic[0] < topic[1]  # of bob only the keys were known, of cy the refund


def test_lessons_are_the_newest():
    room = Room()
    for number in range(MOST + 5):
        room.talk("ann", f"Is number {number} broken?", ("bob", "No."))
    lessons = find_lessons(room.index)
    assert len(lessons) == MOST
    assert [lesson.question for lesson in lessons[:: MOST - 1]] == [
        "Is number 5 broken?",
        f"Is number {MOST + 4} broken?",
    ]


def test_what_was_forgotten_teaches_nothing():
    room = room_where("who knows", threads=60)
    room.index.forget("p0")
    room.index.forget("asker7")
    assert room.index.answers == 50
    lessons = find_lessons(room.index)
    assert not any("p0" in lesson.answerers for lesson in lessons)
    assert "asker7" not in {lesson.asker for lesson in lessons}


@given(answers=st.integers(0, 10_000_000))
def test_the_sizes_at_which_weights_are_learned_are_few_and_never_ahead(answers):
    size = size_to_learn_at(answers)
    assert size <= answers
    assert size_to_learn_at(size) == size or size == 0
    assert (size == 0) == (answers < FEWEST)
    assert size == 0 or answers - size < max(25, size // 20)


@st.composite
def lessons(draw: st.DrawFn) -> list[Taught]:
    people = st.lists(
        st.tuples(st.booleans(), st.lists(st.floats(-12, 12, width=32), min_size=len(HUNCHES), max_size=len(HUNCHES))),
        min_size=1,
        max_size=6,
    ).filter(lambda found: any(answered for answered, _ in found))
    return [
        Taught(
            hunches=np.array([hunches for _, hunches in found], np.float32),
            answered=np.array([answered for answered, _ in found]),
        )
        for found in draw(st.lists(people, max_size=8))
    ]


def surprise(taught: list[Taught], weights: np.ndarray) -> float:
    """How unlikely the weights make the answerers."""
    total = 0.0
    for one in taught:
        scores = one.hunches.astype(np.float64) @ weights
        total += float(np.log(np.exp(scores - scores.max()).sum()) + scores.max() - scores[one.answered].mean())
    return total


@given(taught=lessons())
def test_learned_weights_are_finite_never_negative_and_explain_the_answers_at_least_as_well(taught):
    weights = weigh(taught)
    assert np.all(np.isfinite(weights))
    assert np.all(weights >= 0)
    assert surprise(taught, weights) <= surprise(taught, SHIPPED) + 1e-3
