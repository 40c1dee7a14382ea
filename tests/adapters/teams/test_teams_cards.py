from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters.teams import forms, outbound
from adapters.teams.elements import read_verb
from adapters.teams.model import Unshowable
from adapters.teams.plain import clean, inert, line
from adapters.teams.rich import markdown_elements
from bot.messages import (
    Button,
    Buttons,
    Card,
    Facts,
    Field,
    FieldKind,
    Form,
    Heading,
    Image,
    Link,
    Links,
    Markdown,
    Part,
    Place,
    Scope,
    Style,
    Text,
    Tone,
)
from tests.adapters.teams.schema import problems

PLACE = Place(conversation="19:a@thread.tacv2", scope=Scope.CHANNEL, name="help", thread="1700000000000")
LARGEST = 80_000
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)

PIECES = ["<at>Bob</at>", "<At id='0'>", "{{DATE(2026-11-25T09:00:00Z)}}", "{{TIME(2026-11-25T09:00:00Z)}}"]
PIECES += ["${name}", "*a*", "**b**", "_c_", "__d__", "~~e~~", "`f`", "\\*", "\\", "[", "]", "<b>x</b>", '"']
PIECES += ["&lt;", "&#42;", "<https://a.example>", "https://a.example/?q=1&r=2", "[x](https://a.example)"]
PIECES += ["![p](https://a.example/p.png)", "[x]: https://a.example", "[x](javascript:alert(1))"]
PIECES += ["\n", "\n\n", " ", "    ", "> ", "- ", "+ ", "1. ", "2) ", "# ", "---", "===", "```\n", "~~~"]
PIECES += ["|a|b|\n|-|-|\n", "x" * 90, "漢字" * 40, "🧗" * 40, "\x00", "\r\n"]

texts = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.builds(lambda piece, times: piece * times, st.sampled_from(PIECES), st.integers(1, 700)),
)
shorts = st.one_of(st.text(max_size=100), st.sampled_from(PIECES))
buttons = st.builds(
    Button,
    label=shorts,
    verb=st.text(min_size=1, max_size=40),
    value=st.text(max_size=100),
    style=st.sampled_from(Style),
    opens_form=st.booleans(),
)
urls = st.one_of(shorts, st.sampled_from([PNG, "https://a.example/p.png", "http://a.example", "mailto:a@a.example"]))
parts = st.one_of(
    st.builds(Heading, text=texts),
    st.builds(Text, text=texts, tone=st.sampled_from(Tone)),
    st.builds(Markdown, text=texts),
    st.builds(Facts, facts=st.lists(st.tuples(shorts, texts), max_size=14).map(tuple)),
    st.builds(Links, links=st.lists(st.builds(Link, label=shorts, url=urls), max_size=5).map(tuple)),
    st.builds(Image, url=urls, alt=texts),
    st.builds(Buttons, buttons=st.lists(buttons, max_size=14).map(tuple)),
)
cards = st.builds(Card, summary=texts, parts=st.lists(parts, max_size=12).map(tuple))

_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
_DATE = re.compile(r"\{\{(DATE|TIME)\(|\$\{|</?at\b", re.IGNORECASE)


def objects(given_: Any) -> Iterator[dict[str, Any]]:
    if isinstance(given_, list):
        for one in given_:
            yield from objects(one)
    elif isinstance(given_, dict):
        yield given_
        for value in given_.values():
            yield from objects(value)


def text_of(given_: Any) -> str:
    """What is read of every run and text block, in order."""
    return "".join(one["text"] for one in objects(given_) if one.get("type") in {"TextRun", "TextBlock"})


def body_of(*parts_: Part) -> list[dict[str, Any]]:
    body: list[dict[str, Any]] = outbound.to_card(Card(summary="x", parts=parts_))["body"]
    return body


def assert_nothing_acts(card: dict[str, Any]) -> None:
    for found in objects(card["body"]):
        kind = found.get("type", "")
        # The few places where Teams reads Markdown.
        for name in ("text", "label", "title") if kind != "TextRun" else ():
            if name in found and not kind.startswith("Action."):
                assert_is_plain(found[name])
        if kind == "TextRun":
            assert not _DATE.search(found["text"])
        if kind == "Action.OpenUrl":
            assert found["url"].startswith(("https://", "http://", "mailto:"))
        if kind == "Image":
            assert found["url"].startswith(("https://", "data:image/png;base64,"))
        assert "entities" not in found
        assert kind not in {"Action.ShowCard", "Action.ToggleVisibility", "Media"}
    assert_is_plain(card["fallbackText"])
    assert not set("<>&") & set(card["speak"])


def assert_is_plain(text: str) -> None:
    """To Markdown it is one paragraph of nothing but text."""
    assert not _DATE.search(text)
    tokens = _MARKDOWN.parse(text)
    assert [token.type for token in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"]), text
    assert {child.type for token in tokens for child in token.children or []} <= {"text"}, text


# ── Limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=40)
@given(cards)
def test_any_card_is_valid_within_what_teams_takes_and_does_nothing_by_itself(card: Card) -> None:
    activity = outbound.to_activity(card, key="k")
    [attachment] = activity["attachments"]
    assert problems(attachment["content"]) == []
    assert len(json.dumps(activity)) < LARGEST
    assert len(json.dumps(activity, ensure_ascii=False).encode("utf-16-le")) < LARGEST
    json.dumps(activity, ensure_ascii=False).encode()
    assert 0 < len(activity["summary"]) <= outbound.SUMMARY
    assert_nothing_acts(attachment["content"])


@settings(max_examples=30)
@given(st.text(max_size=2900).filter(str.strip), st.sampled_from(Tone))
def test_plain_text_stays_itself(text: str, tone: Tone) -> None:
    text += "&lt;*_`[a](https://a.example) <at>b</at> {{DATE(2026-11-25T09:00:00Z)}}"
    assert text_of(body_of(Text(text=text, tone=tone))) == clean(text)
    assert text_of(body_of(Facts(facts=((text, text),)))) == clean(text.strip()) * 2


@settings(max_examples=40)
@given(shorts.filter(str.strip))
def test_a_heading_stays_itself(text: str) -> None:
    assert text_of(body_of(Heading(text=text))) == line(text)


@pytest.mark.parametrize(
    "text", ["How much may I refund?", "Job aid #12: “Ladders”, up to 3 m (10 ft)", "Überzählig – €5"]
)
def test_a_heading_is_told_as_one_to_those_who_listen(text: str) -> None:
    assert body_of(Heading(text=text))[0]["style"] == "heading"


@settings(max_examples=100)
@given(st.one_of(shorts, st.lists(st.sampled_from(PIECES), max_size=6).map("".join)))
def test_a_line_made_inert_is_plain_to_markdown_and_reads_the_same(text: str) -> None:
    shown = inert(text)
    assert_is_plain(shown)
    rendered = "".join(child.content for token in _MARKDOWN.parse(shown) for child in token.children or [])
    read = rendered.replace("\u2060", "").replace("\u2217", "*").replace("\u02cb", "`")
    assert read == line(text).replace("\u2060", "").replace("\u2217", "*").replace("\u02cb", "`")


def test_too_long_text_is_cut_with_an_ellipsis() -> None:
    for part in (Text(text="word " * 90_000), Markdown(text="word " * 90_000), Heading(text="word " * 100)):
        shown = text_of(body_of(part))
        assert shown.startswith("word word")
        assert shown.endswith("…")


@pytest.mark.parametrize("piece", PIECES)
def test_a_hundred_kilobytes_of_anything_are_cut(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    for part in (Text(text=text), Text(text=text, tone=Tone.QUOTE), Markdown(text=text), Facts(facts=((text, text),))):
        activity = outbound.to_activity(Card(summary=text, parts=(part,)))
        assert len(json.dumps(activity)) < LARGEST


def test_buttons_are_there_however_long_the_text_before_them() -> None:
    body = body_of(
        Text(text="word " * 9000),
        Markdown(text="x " * 9000),
        Text(text="never"),
        Buttons(buttons=(Button(label="Go", verb="go"),)),
    )
    assert body[-1]["actions"][0]["title"] == "Go"
    assert text_of(body).endswith("…")


def test_the_mark_of_a_cut_stands_once() -> None:
    parts_ = [Text(text="word " * 20_000), *(Text(text="more") for _ in range(3))]
    assert text_of(body_of(*parts_)).count("…") == 1


# ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_button_carries_its_verb_and_value_and_the_kind_of_action_that_its_outcome_needs() -> None:
    row = Buttons(
        buttons=(
            Button(label="That helped", verb="helped", value="7", style=Style.PRIMARY),
            Button(label="Answer", verb="answer", value="8", opens_form=True),
            Button(label="End", verb="end", style=Style.DANGER),
        )
    )
    assert body_of(row)[0]["actions"] == [
        {
            "type": "Action.Execute",
            "title": "That helped",
            "style": "positive",
            "verb": "helped",
            "data": {"verb": "helped", "value": "7"},
        },
        {
            "type": "Action.Submit",
            "title": "Answer",
            "data": {"msteams": {"type": "task/fetch"}, "verb": "answer", "value": "8"},
        },
        {
            "type": "Action.Execute",
            "title": "End",
            "style": "destructive",
            "verb": "end",
            "data": {"verb": "end", "value": ""},
        },
    ]


def test_many_buttons_stand_in_rows_that_teams_shows_whole() -> None:
    row = Buttons(buttons=tuple(Button(label=f"B{n}", verb="go") for n in range(20)))
    rows = [element["actions"] for element in body_of(row)]
    assert [len(actions) for actions in rows] == [6, 6, 6, 2]
    assert [action["title"] for actions in rows for action in actions] == [f"B{n}" for n in range(20)]


def test_long_labels_stand_one_below_the_other() -> None:
    row = Buttons(buttons=tuple(Button(label=f"Choice {n} " + "x" * 40, verb="go") for n in range(3)))
    assert [len(element["actions"]) for element in body_of(row)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("data", "read"),
    [
        ({"verb": "go", "value": "1"}, ("go", "1")),
        ({"msteams": {"type": "task/fetch"}, "verb": "go"}, ("go", "")),
        ({"verb": "go", "form": {}}, None),
        ({"verb": 5, "value": "1"}, None),
        ({"verb": "", "value": "1"}, None),
        ({"verb": "go", "value": ["1"]}, None),
        ({"verb": "go", "value": "x" * 2001}, None),
        ({}, None),
        ("go", None),
        (None, None),
    ],
)
def test_a_buttons_data_is_read_with_care(data: Any, read: tuple[str, str] | None) -> None:
    assert read_verb(data) == read


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (Buttons(buttons=(Button(label="Go", verb="go", value="x" * 2001),)), "'Go' has a value of 2001 characters"),
        (Buttons(buttons=(Button(label="Go", verb="go", value="x" * 2000),) * 20), "carry more than Teams takes"),
    ],
)
def test_buttons_that_carry_too_much_are_refused_with_a_sentence(row: Buttons, sentence: str) -> None:
    with pytest.raises(Unshowable, match=sentence):
        body_of(row)


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────────────────────────


def outline(elements: list[dict[str, Any]]) -> Any:
    """Elements as nested tuples: the words, with their styles where they have any."""
    found: list[Any] = []
    for element in elements:
        match element["type"]:
            case "RichTextBlock":
                found.append([run_outline(run) for run in element["inlines"]])
            case "Container":
                found.append(("quoted", outline(element["items"])))
            case "ColumnSet":
                found.append(tuple(outline(column["items"]) for column in element["columns"]))
    return found


def run_outline(run: dict[str, Any]) -> Any:
    style = {name: value for name, value in run.items() if name not in {"type", "text"}}
    if "selectAction" in style:
        style["selectAction"] = style["selectAction"]["url"]
    return (run["text"], style) if style else run["text"]


def test_markdown_becomes_rich_text_columns_and_boxes() -> None:
    source = (
        "# Title\nA *word*, **bold**, ~~gone~~ and `code`,\nsee [the *policy*](https://a.example/p?q=1&r=2).\n\n"
        "3. Three\n   - inner\n4. Four\n\n> said\n\n```\nif x:\n  ls -l\n```\n\n|a|b|\n|-|-|\n|1|*2*|\n\n"
        "![A map](https://a.example/map.png) End."
    )
    assert outline(markdown_elements(source)) == [
        [("Title", {"weight": "Bolder"})],
        [
            "A ",
            ("word", {"italic": True}),
            ", ",
            ("bold", {"weight": "Bolder"}),
            ", ",
            ("gone", {"strikethrough": True}),
            " and ",
            ("code", {"fontType": "Monospace"}),
            ",\nsee ",
            ("the policy", {"selectAction": "https://a.example/p?q=1&r=2"}),
            ".",
        ],
        ([["3."]], [["Three"], ([["•"]], [["inner"]])]),
        ([["4."]], [["Four"]]),
        ("quoted", [["said"]]),
        ("quoted", [[("if x:\n\u00a0\u00a0ls -l", {"fontType": "Monospace"})]]),
        ([[("a", {"weight": "Bolder"})]], [[("b", {"weight": "Bolder"})]]),
        ([["1"]], [[("2", {"italic": True})]]),
        [("A map", {"selectAction": "https://a.example/map.png"}), " End."],
    ]


def test_lists_in_lists_without_end_are_written_into_the_text() -> None:
    source = "\n".join("  " * depth + f"- level {depth}" for depth in range(12))
    elements = markdown_elements(source)
    assert len([one for one in objects(elements) if one.get("type") == "ColumnSet"]) == 4
    assert all(f"level {depth}" in text_of(elements) for depth in range(12))


def test_a_table_too_wide_for_columns_is_written_into_the_text() -> None:
    row = "|" + "|".join(map(str, range(12))) + "|\n"
    elements = markdown_elements(row + "|" + "-|" * 12 + "\n" + row)
    assert [one["type"] for one in elements] == ["RichTextBlock"]
    assert "10 | 11" in text_of(elements)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://", "//a.example", "msteams://x", ""],
)
def test_a_link_that_may_not_be_followed_is_text(url: str) -> None:
    body = body_of(Markdown(text=f"[one](<{url}>) ![two](<{url}>)"), Links(links=(Link(label="three", url=url),)))
    assert not [found for found in objects(body) if "selectAction" in found]
    assert "three" in text_of(body)


def test_html_in_markdown_is_text() -> None:
    assert text_of(markdown_elements("a <b>c</b> &lt;")) == "a <b>c</b> <"


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_picture_has_its_words_and_one_that_cannot_be_shown_leaves_them() -> None:
    large = "data:image/png;base64," + "A" * 70_000
    web, inline, too_large, plain_http, odd = body_of(
        Image(url="https://a.example/p.png", alt="A map"),
        Image(url=PNG, alt="A dot"),
        Image(url=large, alt="A poster"),
        Image(url="http://a.example/p.png", alt="An old map"),
        Image(url="file:///p.png", alt="Yours"),
    )
    assert (web["type"], web["altText"]) == ("Image", "A map")
    assert (inline["url"], inline["altText"]) == (PNG, "A dot")
    assert text_of(too_large) == "🖼 A poster"
    assert run_outline(plain_http["inlines"][0]) == ("An old map", {"selectAction": "http://a.example/p.png"})
    assert text_of(odd) == "🖼 Yours"


# ── Words alone ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_note_to_the_one_who_pressed_has_all_its_words() -> None:
    note = outbound.to_note(
        Card(
            summary="s",
            parts=(
                Heading(text="Two things"),
                Facts(facts=(("For", "all"),)),
                Links(links=(Link(label="Policy", url="https://a.example"),)),
                Buttons(buttons=(Button(label="Go", verb="go"),)),
            ),
        )
    )
    assert note["value"] == "Two things\nFor: all\nPolicy (https://a.example)"
    assert outbound.to_note(Card(summary="Saved."))["value"] == "Saved."


# ── Forms ───────────────────────────────────────────────────────────────────────────────────────────────────────────

option_values = st.text(min_size=1, max_size=20).filter(lambda value: "," not in value)  # as `Field.value` parts them
fields = st.builds(
    Field,
    name=st.text(min_size=1, max_size=40),
    label=shorts,
    kind=st.sampled_from(FieldKind),
    value=st.one_of(shorts, st.sampled_from(["yes", "2026-11-23", "09:30", "99:99"])),
    hint=shorts,
    required=st.booleans(),
    options=st.lists(st.tuples(option_values, shorts), min_size=1, max_size=9).map(tuple),
    max_length=st.integers(1, 5000),
)
all_forms = st.builds(
    Form,
    title=shorts,
    verb=st.text(min_size=1, max_size=40),
    value=st.text(max_size=200),
    intro=st.lists(parts, max_size=4).map(tuple),
    fields=st.lists(fields, max_size=4, unique_by=lambda field: clean(field.name)).map(tuple),
    submit=shorts,
)
plain_forms = st.builds(
    Form,
    title=shorts,
    verb=st.text(min_size=1, max_size=40),
    value=st.text(max_size=200),
    intro=st.lists(st.one_of(st.builds(Text, text=shorts), st.builds(Markdown, text=shorts)), max_size=4).map(tuple),
    fields=st.lists(fields, max_size=4, unique_by=lambda field: clean(field.name)).map(tuple),
    submit=shorts,
)


@settings(max_examples=30)
@given(all_forms, st.dictionaries(shorts, shorts, max_size=3))
def test_any_form_is_valid_within_what_teams_takes_and_does_nothing_by_itself(
    form: Form, errors: dict[str, str]
) -> None:
    named = errors | {field.name: "Wrong." for field in form.fields}
    try:
        task = forms.to_task(form, place=PLACE, errors=named)
    except Unshowable:
        return  # its buttons alone are too much; that has a test of its own
    card = task["value"]["card"]["content"]
    assert problems(card) == []
    assert len(json.dumps(task)) < LARGEST
    assert_nothing_acts(card)


@settings(max_examples=30)
@given(plain_forms)
def test_any_form_comes_back_from_its_dialog_with_what_it_was_opened_with(form: Form) -> None:
    filled = send(form)
    assert (filled.verb, filled.value, filled.place) == (clean(form.verb), clean(form.value), PLACE)
    assert send(filled.form) == filled


def send(form: Form) -> forms.Filled:
    """The form, sent as it was opened."""
    card = forms.to_task(form, place=PLACE)["value"]["card"]["content"]
    held = {one["id"]: one.get("value", "") for one in card["body"] if one["type"].startswith("Input.")}
    return forms.read_submitted(json.loads(json.dumps(card["actions"][0]["data"] | held)))
