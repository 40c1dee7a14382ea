from __future__ import annotations

import html
import json
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import forms, outbound
from adapters.slack.blocks import ACTION_ID, read_verb
from adapters.slack.encoding import decode, encode
from adapters.slack.model import Malformed, Unshowable
from adapters.slack.rich import markdown_elements
from adapters.slack.shapes import View, parse
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
    Place,
    Scope,
    Text,
    Tone,
)
from tests.doubles.slack.blocks import problems, too_long, view_problems

PLACE = Place(conversation="C1", scope=Scope.CHANNEL, name="help", thread="1700000000.000100")
PIECES = [
    "<!channel>",
    "<@U1>",
    "&lt;",
    "&amp;amp;",
    "*a*",
    "_b_",
    "`c`",
    "\n",
    "\n\n",
    " ",
    "> ",
    "- ",
    "1. ",
    "x" * 90,
]
PIECES += [
    "https://a.example/?q=1&r=2",
    "[x](https://a.example)",
    "![p](https://a.example/p.png)",
    "```\n",
    "# ",
    "|a|b|\n|-|-|\n",
]

texts = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.builds(lambda piece, times: piece * times, st.sampled_from(PIECES), st.integers(1, 700)),
)
shorts = st.one_of(st.text(max_size=100), st.sampled_from(PIECES))
buttons = st.builds(Button, label=shorts, verb=st.text(min_size=1, max_size=40), value=st.text(max_size=400))
parts = st.one_of(
    st.builds(Heading, text=texts),
    st.builds(Text, text=texts, tone=st.sampled_from(Tone)),
    st.builds(Markdown, text=texts),
    st.builds(Facts, facts=st.lists(st.tuples(shorts, texts), max_size=14).map(tuple)),
    st.builds(Links, links=st.lists(st.builds(Link, label=shorts, url=shorts), max_size=5).map(tuple)),
    st.builds(Image, url=shorts, alt=texts),
    st.builds(Buttons, buttons=st.lists(buttons, max_size=30).map(tuple)),
)
cards = st.builds(Card, summary=texts, parts=st.lists(parts, max_size=12).map(tuple))


def plain_texts(given_: Any) -> list[str]:
    """What is read of all plain text and rich text, in order."""
    if isinstance(given_, list):
        return [text for one in given_ for text in plain_texts(one)]
    if not isinstance(given_, dict):
        return []
    if isinstance(given_.get("text"), str):
        return [html.unescape(given_["text"]) if given_["type"] == "plain_text" else given_["text"]]
    return [text for value in given_.values() for text in plain_texts(value)]


def objects(given_: Any) -> list[dict[str, Any]]:
    if isinstance(given_, list):
        return [found for one in given_ for found in objects(one)]
    if isinstance(given_, dict):
        return [given_, *(found for value in given_.values() for found in objects(value))]
    return []


def blocks_of(*parts_: Any) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = outbound.to_message(Card(summary="x", parts=parts_))["blocks"]
    return blocks


# ── Limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@settings(max_examples=50)
@given(cards)
def test_any_card_is_within_what_slack_takes(card: Card) -> None:
    message = outbound.to_message(card)
    assert problems(message["blocks"]) == []
    assert not too_long(message["blocks"])
    assert 0 < len(message["text"]) <= 40_000
    json.dumps(message).encode()


@settings(max_examples=40)
@given(cards)
def test_no_text_from_outside_can_mention_or_link_by_markup(card: Card) -> None:
    message = outbound.to_message(card)
    assert "<" not in message["text"]
    for found in objects(message["blocks"]):
        assert found.get("type") not in {"user", "channel", "usergroup", "broadcast", "markdown"}
        if found.get("type") == "mrkdwn":
            assert not set("<>&@#") & set(found["text"])
        if found.get("type") == "link":
            assert found["url"].startswith(("https://", "http://", "mailto:"))


@settings(max_examples=40)
@given(st.text(max_size=2900).filter(str.strip), st.sampled_from(Tone))
def test_plain_text_stays_itself(text: str, tone: Tone) -> None:
    text = text.replace("&", "+") + "&lt;*_`"
    assert "".join(plain_texts(blocks_of(Text(text=text, tone=tone)))) == text


@given(st.lists(st.sampled_from(["x" * 70, "y " * 60, "z\n" * 30]), min_size=60, max_size=80).map("".join))
def test_long_text_is_split_without_losing_a_character(text: str) -> None:
    assert "".join(plain_texts(blocks_of(Text(text=text)))).split() == text.split()


def test_too_long_text_is_cut_with_an_ellipsis() -> None:
    for part in (Text(text="word " * 9000), Markdown(text="word " * 9000), Heading(text="word " * 100)):
        shown = "".join(plain_texts(blocks_of(part)))
        assert shown.startswith("word word")
        assert shown.endswith("…")


@pytest.mark.parametrize("piece", PIECES)
def test_a_hundred_kilobytes_of_anything_are_cut(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    for part in (Text(text=text), Text(text=text, tone=Tone.QUOTE), Markdown(text=text), Facts(facts=((text, text),))):
        blocks = blocks_of(part)
        assert problems(blocks) == []
        assert not too_long(blocks)


def test_buttons_are_there_however_long_the_text_before_them() -> None:
    blocks = blocks_of(
        Text(text="word " * 9000), Markdown(text="x " * 9000), Buttons(buttons=(Button(label="Go", verb="go"),))
    )
    assert blocks[-2]["elements"][0]["text"]["text"] == "Go"
    assert blocks[-1]["elements"][0]["text"] == "…"
    assert problems(blocks) == []
    assert not too_long(blocks)


# ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_button_of_a_card_has_an_id_of_its_own_that_tells_its_verb() -> None:
    row = Buttons(buttons=tuple(Button(label="Go", verb="go:on", value="1") for _ in range(30)))
    elements = [element for block in blocks_of(row, row) for element in block["elements"]]
    assert len({element["action_id"] for element in elements}) == 60
    assert {read_verb(element["action_id"]) for element in elements} == {"go:on"}


@given(st.text())
def test_what_a_button_carries_comes_back_also_if_slack_writes_entities(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    returned = html.escape(encode(text), quote=False)
    assert decode(returned) == text


@pytest.mark.parametrize("action_id", ["", "go", ":go", "1:", "x:go"])
def test_a_button_that_is_none_of_ours_has_no_verb(action_id: str) -> None:
    assert read_verb(action_id) is None


@pytest.mark.parametrize(
    "button", [Button(label="Go", verb="go", value="x" * 2001), Button(label="Go", verb="v" * ACTION_ID)]
)
def test_a_button_that_carries_too_much_is_refused_with_a_sentence(button: Button) -> None:
    with pytest.raises(Unshowable, match=r"'Go'.*\d+ characters; Slack takes [\d,]+\.$"):
        blocks_of(Buttons(buttons=(button,)))


# ── Markdown ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_markdown_becomes_rich_text() -> None:
    source = (
        "# Title\nA *word*, **bold**, ~~gone~~ and `code`,\nsee [the *policy*](https://a.example/p?q=1&r=2).\n\n"
        "3. Three\n   - inner\n4. Four\n\n> said\n\n```\nls -l\n```\nEnd."
    )
    assert markdown_elements(source) == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Title", "style": {"bold": True}},
                {"type": "text", "text": "\n\nA "},
                {"type": "text", "text": "word", "style": {"italic": True}},
                {"type": "text", "text": ", "},
                {"type": "text", "text": "bold", "style": {"bold": True}},
                {"type": "text", "text": ", "},
                {"type": "text", "text": "gone", "style": {"strike": True}},
                {"type": "text", "text": " and "},
                {"type": "text", "text": "code", "style": {"code": True}},
                {"type": "text", "text": ",\nsee "},
                {"type": "link", "url": "https://a.example/p?q=1&r=2", "text": "the policy"},
                {"type": "text", "text": "."},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 0,
            "offset": 2,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "Three"}]}],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "indent": 1,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "inner"}]}],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 0,
            "offset": 3,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "Four"}]}],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "said"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "ls -l"}]},
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "\n"}, {"type": "text", "text": "End."}]},
    ]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "https://", "//a.example"],
)
def test_a_link_that_may_not_be_followed_is_text(url: str) -> None:
    blocks = blocks_of(Markdown(text=f"[one](<{url}>) ![two](<{url}>)"), Links(links=(Link(label="three", url=url),)))
    assert not [found for found in objects(blocks) if found.get("type") == "link"]
    assert "three" in "".join(plain_texts(blocks))


def test_html_in_markdown_is_text() -> None:
    assert plain_texts(markdown_elements("a <b>c</b> &lt;")) == ["a <b>c</b> <"]


# ── Forms ───────────────────────────────────────────────────────────────────────────────────────────────────────────

options = st.lists(st.tuples(st.text(max_size=40), shorts), min_size=1, max_size=150).map(tuple)
fields = st.builds(
    Field,
    name=st.text(min_size=1, max_size=40),
    label=texts,
    kind=st.sampled_from(FieldKind),
    value=st.one_of(texts, st.sampled_from(["yes", "2026-11-23", "09:30", "99:99"])),
    hint=texts,
    required=st.booleans(),
    options=options,
    max_length=st.integers(1, 5000),
)
all_forms = st.builds(
    Form,
    title=texts,
    verb=st.text(min_size=1, max_size=40),
    value=st.text(max_size=200),
    intro=st.lists(parts, max_size=4).map(tuple),
    fields=st.lists(fields, max_size=6, unique_by=lambda field: field.name).map(tuple),
    submit=texts,
)


@settings(max_examples=40)
@given(all_forms)
def test_any_form_is_within_what_slack_takes(form: Form) -> None:
    view = forms.to_view(form, place=PLACE)
    assert view_problems(view) == []
    assert forms.remembered(html.escape(view["private_metadata"], quote=False)) == (
        form.value,
        PLACE,
    )


def test_a_title_that_is_cut_stands_whole_above_the_form() -> None:
    view = forms.to_view(Form(title="What got in the way of using it?", verb="v"), place=PLACE)
    assert view["title"]["text"] == "What got in the way of…"
    assert view["blocks"][0]["text"]["text"] == "What got in the way of using it?"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (Form(title="F", verb="v", value='"' * 1600), "carries 1600 characters"),
        (Form(title="F", verb="v" * 256), "verb has 256"),
        (Form(title="F", verb="v", fields=(Field(name="x" * 256, label="L"),)), "needs a name"),
        (Form(title="F", verb="v", fields=(Field(name="x", label="L", kind=FieldKind.CHOICE),)), "nothing to choose"),
        (
            Form(
                title="F",
                verb="v",
                fields=(Field(name="x", label="L", kind=FieldKind.CHOICES, options=(("v" * 150, "V"),)),),
            ),
            "'V' carries",
        ),
        (Form(title="F", verb="v", fields=tuple(Field(name=f"f{n}", label="L") for n in range(100))), "100 fields"),
    ],
)
def test_a_form_that_carries_too_much_is_refused_with_a_sentence(form: Form, sentence: str) -> None:
    with pytest.raises(Unshowable, match=sentence):
        forms.to_view(form, place=PLACE)


def view_with(values: Any = None, *, inputs: tuple[str, ...] = ("a", "b")) -> View:
    blocks = [{"type": "header", "block_id": "h"}, *({"type": "input", "block_id": name} for name in inputs)]
    return parse(View, {"id": "V1", "blocks": blocks, "state": {"values": values or {}}})


def test_what_was_filled_in_is_read_by_the_kind_of_its_field() -> None:
    option = {"text": {}, "value": "=r"}
    view = view_with(
        {
            "line": {"line": {"type": "plain_text_input", "value": "one"}},
            "text": {"text": {"type": "plain_text_input", "value": None}},
            "choice": {"choice": {"type": "static_select", "selected_option": option}},
            "none": {"choice": {"type": "static_select", "selected_option": None}},
            "choices": {"choices": {"type": "checkboxes", "selected_options": [option, {"value": "=%26"}]}},
            "check": {"check": {"type": "checkboxes", "selected_options": []}},
            "date": {"date": {"type": "datepicker", "selected_date": "2026-11-23"}},
            "time": {"time": {"type": "timepicker", "selected_time": "09:30"}},
        }
    )
    assert forms.read_fields(view) == {
        "line": "one",
        "text": "",
        "choice": "r",
        "none": "",
        "choices": ("r", "&"),
        "check": "",
        "date": "2026-11-23",
        "time": "09:30",
    }


@pytest.mark.parametrize(
    "values", [{"a": {"other": {"type": "x"}}}, {"a": {"choice": {"type": "x", "selected_option": {"value": 5}}}}]
)
def test_a_field_that_is_none_of_ours_is_malformed(values: Any) -> None:
    with pytest.raises(Malformed):
        forms.read_fields(view_with(values))


@pytest.mark.parametrize(
    "metadata", ["", "{}", "[]", "null", '["v","C1","open","",null]', '["v",5,"direct","",null]', "[" * 9000]
)
def test_private_metadata_that_is_none_of_ours_is_malformed(metadata: str) -> None:
    with pytest.raises(Malformed):
        forms.remembered(metadata)


def test_errors_stand_at_their_field_and_those_of_the_whole_form_at_the_first() -> None:
    errors = {"b": "Too short.", "": "Not now.", "gone": "What?"}
    assert forms.to_errors(view_with(), errors) == {"b": "Too short.", "a": "Not now. What?"}
    assert forms.to_errors(view_with(inputs=()), errors) == {}


async def test_long_markdown_is_laid_out_beside_the_loop_and_short_at_once() -> None:
    here = threading.get_ident()
    assert await outbound.beside([Markdown(text="short")], threading.get_ident) == here
    assert await outbound.beside([Text(text="x" * 40_000)], threading.get_ident) == here
    assert await outbound.beside([Markdown(text="![" * 6_000)], threading.get_ident) != here
