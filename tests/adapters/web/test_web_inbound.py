from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.inbound import check_fields, split_command, to_said
from adapters.web.model import Channel, Message
from adapters.web.outbound import form_json
from adapters.web.shapes import AddPerson, Malformed, Press, Say, Submit, parse
from bot.messages import Field, FieldKind, Form, Place, Said, Scope, Sender

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PEOPLE = [
    Sender(id="alice", name="Alice Berg"),
    Sender(id="bob", name="Bob Achebe"),
    Sender(id="bob-2", name="Bob Ruiz"),
    Sender(id="ann", name="Ann"),
    Sender(id="anna", name="Anna-Maria Weiß"),
]
CHANNELS = [Channel(id="c1", name="help"), Channel(id="c2", name="help-desk")]


def said(text: str) -> Said:
    message = Message(
        number=1,
        id="m1",
        conversation="c1",
        thread=None,
        author="alice",
        only_for=None,
        at=NINE,
        text=text,
        card=None,
        seq=1,
    )
    return to_said(
        message,
        platform="web",
        tenant="sample",
        bot="Lanyard",
        sender=PEOPLE[0],
        place=Place(conversation="c1", scope=Scope.CHANNEL),
        people=PEOPLE,
        channels=CHANNELS,
    )


@pytest.mark.parametrize(
    ("text", "rest", "mentioned"),
    [
        ("@Lanyard how?", "how?", True),
        ("@lanyard, how?", "how?", True),
        ("how, @Lanyard?", "how, ?", True),
        ("@Lanyard", "", True),
        ("@Lanyards how?", "@Lanyards how?", False),
        ("mail@Lanyard how?", "mail@Lanyard how?", False),
        ("how?", "how?", False),
    ],
)
def test_the_bots_mention_is_taken_out_and_told(text: str, rest: str, mentioned: bool) -> None:
    assert (said(text).text, said(text).mentioned) == (rest, mentioned)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("ask @Bob Achebe", {"@Bob Achebe": "bob"}),
        ("ask @bob achebe now", {"@bob achebe": "bob"}),
        ("ask @Bob", {}),  # there are two
        ("ask @Alice", {"@Alice": "alice"}),
        ("ask @Ann and @Anna-Maria Weiß", {"@Ann": "ann", "@Anna-Maria Weiß": "anna"}),
        ("write to a@Alice", {}),
        ("ask @Nobody", {}),
    ],
)
def test_people_are_found_by_whole_name_or_by_a_first_name_of_one(text: str, people: dict[str, str]) -> None:
    assert said(text).people == people


def test_the_longest_channel_name_wins() -> None:
    assert said("in #help-desk, not #help or #helpful").channels == {"#help-desk": "c2", "#help": "c1"}


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/ask how?", ("ask", "how?")),
        ("  /Nudge", ("nudge", "")),
        ("/ask\nhow?", ("ask", "how?")),
        ("/etc/passwd", (None, "/etc/passwd")),
        ("/ ask", (None, "/ ask")),
        ("see /ask", (None, "see /ask")),
    ],
)
def test_a_slash_and_a_word_are_a_command(text: str, command: tuple[str | None, str]) -> None:
    assert split_command(text) == command


def test_nothing_can_stand_in_the_thread_of_a_command() -> None:
    assert said("/ask how?").message is None
    assert said("how?").message == "m1"


@given(st.text(min_size=1))
def test_any_words_can_be_said(text: str) -> None:
    heard = said(text)
    assert set(heard.people.values()) <= {person.id for person in PEOPLE}
    assert all(name in heard.text for name in (*heard.people, *heard.channels))


@given(st.binary())
def test_any_bytes_are_understood_or_refused_with_a_sentence(body: bytes) -> None:
    for shape in (Say, Press, Submit, AddPerson):
        with pytest.raises(Malformed, match=r"\.$"):
            parse(shape, body)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20), lambda x: st.lists(x, max_size=3), max_leaves=5
)


@given(st.dictionaries(st.sampled_from(["by", "id", "conversation", "thread", "text", "other"]), values))
def test_any_object_is_understood_or_refused_with_a_sentence(body: dict[str, Any]) -> None:
    if isinstance(understood := read(body), Malformed):
        assert str(understood).endswith(".")
    else:
        assert understood.text.strip()


def read(body: dict[str, Any]) -> Say | Malformed:
    try:
        return parse(Say, json.dumps(body).encode())
    except Malformed as malformed:
        return malformed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"text": ""}, "`text` is not usable: is empty"),
        ({"text": " \n "}, "`text` is not usable: is empty"),
        ({"text": "a\x07b"}, "U+0007 at position 1"),
        ({"text": 7}, "`text` is not usable"),
        ({"text": "x" * 120_001}, "at most 120000 characters"),
        ({"id": "short"}, "`id` is not usable"),
        ({"id": "lanyard.12345"}, "`id` is not usable"),
        ({"admin": True}, "`admin` is not known here"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], sentence: str) -> None:
    body = {"by": "alice", "id": "made-by-page", "conversation": "c1", "text": "hello"} | change
    with pytest.raises(Malformed) as malformed:
        parse(Say, json.dumps(body).encode())
    assert sentence in str(malformed.value)


def test_half_a_surrogate_pair_is_refused() -> None:
    with pytest.raises(Malformed):
        parse(Say, rb'{"by": "alice", "id": "made-by-page", "conversation": "c1", "text": "\ud800"}')


def test_line_ends_of_every_system_are_one() -> None:
    body = {"by": "alice", "id": "made-by-page", "conversation": "c1", "text": "a\r\nb\rc\td"}
    assert parse(Say, json.dumps(body).encode()).text == "a\nb\nc\td"


FORM = form_json(
    Form(
        title="T",
        verb="v",
        fields=(
            Field(name="line", label="L", max_length=5),
            Field(name="day", label="D", kind=FieldKind.DATE, required=False),
            Field(name="hour", label="H", kind=FieldKind.TIME, required=False),
            Field(name="one", label="O", kind=FieldKind.CHOICE, options=(("a", "A"),), required=False),
            Field(name="some", label="S", kind=FieldKind.CHOICES, options=(("a", "A"), ("b", "B")), required=False),
            Field(name="tick", label="K", kind=FieldKind.CHECK, required=False),
        ),
    )
)


@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ({"line": "x"}, set()),
        ({}, {"line"}),
        ({"line": " "}, {"line"}),
        ({"line": "123456"}, {"line"}),
        ({"line": "x", "day": "2026-02-30"}, {"day"}),
        ({"line": "x", "day": "tomorrow"}, {"day"}),
        ({"line": "x", "day": "2026-02-28", "hour": "09:30", "one": "a", "some": ["a", "b"], "tick": "yes"}, set()),
        ({"line": "x", "hour": "25:00"}, {"hour"}),
        ({"line": "x", "one": "b"}, {"one"}),
        ({"line": "x", "some": ["a", "c"]}, {"some"}),
        ({"line": "x", "tick": "on"}, {"tick"}),
    ],
)
def test_each_field_that_cannot_be_taken_gets_a_sentence(sent: dict[str, Any], wrong: set[str]) -> None:
    filled, errors = check_fields(FORM, sent)
    assert set(errors) == wrong
    assert set(filled) == {"line", "day", "hour", "one", "some", "tick"}


@pytest.mark.parametrize("forged", [{"line": "x", "role": "admin"}, {"line": ["x"]}, {"line": "x", "some": "a"}])
def test_a_forged_field_is_refused(forged: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        check_fields(FORM, forged)
