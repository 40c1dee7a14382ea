from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web.outbound import card_json, for_page, form_json, has_button
from bot.messages import Button, Buttons, Card, Facts, Field, Form, Heading, Image, Link, Links, Markdown, Text


@given(st.text())
def test_any_text_comes_back_as_itself(text: str) -> None:
    card = Card(
        summary=text,
        parts=(
            Heading(text=text),
            Text(text=text),
            Facts(facts=((text, text),)),
            Links(links=(Link(label=text, url=text),)),
            Buttons(buttons=(Button(label=text, verb=text, value=text),)),
        ),
    )
    heading, words, facts, links, buttons = json.loads(json.dumps(card_json(card)))["parts"]
    assert heading["text"] == words["text"] == links["links"][0]["label"] == buttons["buttons"][0]["label"] == text
    assert facts["facts"] == [[text, text]]
    assert has_button(card_json(card), text, text)
    assert not has_button(card_json(card), text, text + "x")


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=30))
def test_what_goes_out_can_be_written_as_utf8(text: str) -> None:
    card = card_json(Card(summary=text, parts=(Text(text=text), Markdown(text=text))))
    json.dumps(card, ensure_ascii=False).encode()


def test_a_picture_from_elsewhere_becomes_a_link() -> None:
    part = card_json(Card(summary="x", parts=(Image(url="https://a.example/p.png", alt="A plan"),)))["parts"][0]
    assert part == {"kind": "links", "links": [{"label": "A plan", "url": "https://a.example/p.png"}]}


@pytest.mark.parametrize("url", ["data:image/svg+xml;base64,AA", 'data:image/png;base64,"onerror', "javascript:x"])
def test_no_other_data_is_shown_as_a_picture(url: str) -> None:
    part = card_json(Card(summary="x", parts=(Image(url=url, alt="A plan"),)))["parts"][0]
    assert part == {"kind": "links", "links": [{"label": "A plan", "url": None}]}


def test_what_a_form_is_about_stays_with_the_server() -> None:
    form = form_json(Form(title="T", verb="answer", value="secret 7", fields=(Field(name="a", label="A"),)))
    assert (form["verb"], form["value"]) == ("answer", "secret 7")
    assert "secret" not in json.dumps(for_page(form, "t1"))
    assert for_page(form, "t1")["token"] == "t1"
