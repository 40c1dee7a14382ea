from __future__ import annotations

import json

from adapters.teams.extension import MOST_RESULTS, to_results
from bot.messages import Button, Buttons, Card, Heading, Markdown, Result, Text, Tone
from tests.adapters.teams.schema import problems

AID = Card(
    summary="Refund limit",
    parts=(
        Heading(text="How much may I refund?"),
        Markdown(text="Up to **150 EUR**."),
        Text(text="Job aid #12 · verified 2 October 2026", tone=Tone.QUIET),
        Buttons(buttons=(Button(label="That helped", verb="helped", value="1"),)),
    ),
)
RESULT = Result(title="How much may I refund?", text="Up to 150 EUR <b>a day</b> & customer", card=AID)


def test_a_result_is_listed_by_its_words_and_inserted_as_a_card_with_its_source_and_no_buttons() -> None:
    answer = to_results([RESULT])["composeExtension"]
    assert (answer["type"], answer["attachmentLayout"]) == ("result", "list")
    [attachment] = answer["attachments"]
    assert problems(attachment["content"]) == []
    assert "verified 2 October 2026" in json.dumps(attachment["content"])
    assert [element["type"] for element in attachment["content"]["body"]] == [
        "TextBlock",
        "RichTextBlock",
        "RichTextBlock",
    ]
    assert attachment["preview"]["content"] == {
        "title": "How much may I refund?",
        "text": "Up to 150 EUR &lt;b&gt;a day&lt;/b&gt; &amp; customer",
    }


def test_results_end_where_their_room_ends_and_at_ten() -> None:
    assert len(to_results([RESULT] * 30)["composeExtension"]["attachments"]) == MOST_RESULTS
    long = Result(title="t", text="x", card=Card(summary="s", parts=(Text(text="word " * 20_000),)))
    answer = to_results([long] * 10)
    assert 0 < len(answer["composeExtension"]["attachments"]) < 10
    assert len(json.dumps(answer)) < 80_000
