from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.teams import forms
from adapters.teams.model import Malformed, Unshowable
from bot.messages import Button, Buttons, Card, Field, FieldKind, Form, Markdown, Place, Scope, Text, Tone

PLACE = Place(conversation="19:a@thread.tacv2", scope=Scope.CHANNEL, name="help", thread="1700000000000")
FORM = Form(
    title="Answer",
    verb="answer",
    value="7",
    intro=(Text(text="How?", tone=Tone.QUOTE), Markdown(text="*Like* this")),
    fields=(
        Field(name="answer", label="Your answer", kind=FieldKind.TEXT, value="As it was", hint="Short is best."),
        Field(name="who", label="Who?", kind=FieldKind.CHOICE, options=(("", "Nobody"), ("a,b%", "Ann")), value="a,b%"),
        Field(name="topics", label="Topics", kind=FieldKind.CHOICES, options=(("x,y", "X"), ("%2C", "Y"), ("z", "Z"))),
        Field(name="sure", label="Sure?", kind=FieldKind.CHECK, value="yes", required=False),
        Field(name="day", label="Day", kind=FieldKind.DATE, value="2026-11-25", required=False),
        Field(name="at", label="At", kind=FieldKind.TIME, value="99:99", required=False),
        Field(name="line", label="Line", required=False, max_length=9),
    ),
    submit="Send the answer",
)


def card_of(task: Any) -> Any:
    return task["value"]["card"]["content"]


def data_of(task: Any) -> Any:
    """What Teams brings back of the dialog's button, before the inputs are added."""
    return json.loads(json.dumps(card_of(task)["actions"][0]["data"]))


def inputs_of(task: Any) -> dict[str, Any]:
    return {one["id"]: one for one in card_of(task)["body"] if one["type"].startswith("Input.")}


def shown_after(task: Any, id_: str) -> str:
    """The text that stands right below an input."""
    body = card_of(task)["body"]
    at = next(n for n, one in enumerate(body) if one.get("id") == id_)
    return "".join(run["text"] for run in body[at + 1].get("inlines", []))


def test_a_form_becomes_a_dialog_with_an_input_for_each_kind_of_field() -> None:
    task = forms.to_task(FORM, place=PLACE)
    inputs = inputs_of(task)
    assert task["value"]["title"] == "Answer"
    assert [(one["type"], one["isRequired"]) for one in inputs.values()] == [
        ("Input.Text", True),
        ("Input.ChoiceSet", True),
        ("Input.ChoiceSet", True),
        ("Input.Toggle", False),
        ("Input.Date", False),
        ("Input.Time", False),
        ("Input.Text", False),
    ]
    assert [one.get("value") for one in inputs.values()] == [
        "As it was",
        "=a%2Cb%25",
        None,
        "yes",
        "2026-11-25",
        None,
        None,
    ]
    assert [one.get("label", one.get("title")) for one in inputs.values()] == [field.label for field in FORM.fields]
    assert shown_after(task, "text:answer") == "Short is best."
    assert card_of(task)["actions"][0]["title"] == "Send the answer"


def test_what_was_filled_in_comes_back_by_the_kind_of_its_field() -> None:
    sent = {
        "text:answer": "One\ntwo",
        "choice:who": "=",
        "choices:topics": "=x%2Cy,=%252C",
        "check:sure": "",
        "date:day": None,
        "time:at": "09:30",
    }
    filled = forms.read_submitted({**data_of(forms.to_task(FORM, place=PLACE)), **sent})
    assert (filled.verb, filled.value, filled.place) == ("answer", "7", PLACE)
    assert filled.fields == {
        "answer": "One\ntwo",
        "who": "",
        "topics": ("x,y", "%2C"),
        "sure": "",
        "day": "",
        "at": "09:30",
        "line": "",
    }


def test_a_form_that_was_not_accepted_is_shown_anew_with_what_was_written_and_what_is_wrong() -> None:
    sent = {"text:answer": "Hm", "choice:who": "=a%2Cb%25", "choices:topics": "=z"}
    filled = forms.read_submitted({**data_of(forms.to_task(FORM, place=PLACE)), **sent})
    errors = {"answer": "That is too short.", "": "Not now.", "gone": "What?"}
    again = forms.to_task(filled.form, place=filled.place, errors=errors)
    assert {id_: one.get("value") for id_, one in inputs_of(again).items()} == {
        "text:answer": "Hm",
        "choice:who": "=a%2Cb%25",
        "choices:topics": "=z",
        "check:sure": None,
        "date:day": None,
        "time:at": None,
        "line:line": None,
    }
    assert shown_after(again, "text:answer") == "⚠ That is too short."
    texts = ["".join(run["text"] for run in one.get("inlines", [])) for one in card_of(again)["body"]]
    assert texts[:2] == ["⚠ Not now.", "⚠ What?"]
    assert "How?" in json.dumps(card_of(again)["body"])
    assert forms.read_submitted({**data_of(again), **sent}) == filled


def test_a_dialogs_buttons_are_of_the_one_kind_that_a_dialog_knows() -> None:
    row = Buttons(buttons=(Button(label="Go", verb="go", opens_form=True), Button(label="Stop", verb="stop")))
    task = forms.to_note_task(Card(summary="Well?", parts=(row,)))
    actions = card_of(task)["body"][0]["actions"]
    assert [action["type"] for action in actions] == ["Action.Submit", "Action.Submit"]
    assert [action["data"] for action in actions] == [{"verb": "go", "value": ""}, {"verb": "stop", "value": ""}]


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {},
        {"verb": "go", "value": ""},
        {"form": {}, "place": {}},
        {"form": {"title": "T", "verb": "v"}, "place": {"conversation": "c", "scope": "everywhere"}},
        {"form": {"title": "T", "verb": "v", "fields": [{"name": "n"}]}, "place": {"conversation": "c"}},
        {"form": {"title": "T", "verb": "v", "intro": [{"is": "Virus"}]}, "place": {"conversation": "c"}},
        {"form": {"title": "T", "verb": "v", "fields": 5}, "place": {"conversation": "c", "scope": "direct"}},
        {
            "form": {
                "title": "T",
                "verb": "v",
                "fields": [{"name": "n", "label": "L", "kind": "line", "max_length": float("inf")}],
            },
            "place": {"conversation": "c", "scope": "direct"},
        },
    ],
)
def test_a_submission_that_is_none_of_ours_is_malformed(data: Any) -> None:
    with pytest.raises(Malformed):
        forms.read_submitted(data)


@pytest.mark.parametrize(
    "sent", [{"choice:who": "a"}, {"choices:topics": "=x,y"}, {"text:answer": 5}, {"line:line": ["x"]}]
)
def test_an_input_that_holds_what_ours_cannot_is_malformed(sent: Any) -> None:
    data = data_of(forms.to_task(FORM, place=PLACE))
    with pytest.raises(Malformed):
        forms.read_submitted({**data, **sent})


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (Form(title="F", verb="v", value="x" * 70_000), "'F' carries more"),
        (Form(title="F", verb="v", fields=(Field(name="", label="Label"),)), "'Label' needs a name"),
        (Form(title="F", verb="v", fields=(Field(name="x", label="L", kind=FieldKind.CHOICE),)), "nothing to choose"),
    ],
)
def test_a_form_that_carries_too_much_is_refused_with_a_sentence(form: Form, sentence: str) -> None:
    with pytest.raises(Unshowable, match=sentence):
        forms.to_task(form, place=PLACE)
