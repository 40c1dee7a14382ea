"""The words of a message are what the person typed, and nothing of what was quoted or put around it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.teams.inbound import to_said
from adapters.teams.shapes import FILE, Activity, parse
from adapters.teams.words import Words, read, read_html
from bot.messages import Place, Scope
from tests.doubles.slack.clock import Clock
from tests.doubles.teams.model import App
from tests.doubles.teams.shapes import write
from tests.doubles.teams.world import World

BOT = "28:app"
MENTION = '<span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="0">{}</span>'


def heard(text: str = "", markup: str | None = None, **more: Any) -> Words:
    mentions = more.pop("mentions", {})
    activity: dict[str, Any] = {
        "type": "message",
        "id": "1",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "conversation": {"id": "a:1"},
        "recipient": {"id": BOT},
        "text": text,
        "entities": [
            {"type": "mention", "text": f"<at>{name}</at>", "mentioned": {"id": id_, "name": name}}
            for name, id_ in mentions.items()
        ],
        **more,
    }
    if markup is not None:
        activity["attachments"] = [{"contentType": "text/html", "content": markup}]
    return read(parse(Activity, activity), bot=BOT)


def test_the_bots_own_mention_is_taken_out_and_others_are_resolved() -> None:
    mentions = {"Lanyard": BOT, "Bob Achebe": "29:bob", "help": "19:c@thread.tacv2"}
    for text, markup in (
        ("<at>Lanyard</at> ask <at>Bob Achebe</at> in <at>help</at>", None),
        ("x", "<p>" + "{} ask {} in {}".format(*map(MENTION.format, mentions)) + "</p>"),
        ("x", '<div><at id="0">Lanyard</at>&nbsp;ask <at id="1">Bob Achebe</at> in <at id="2">help</at></div>'),
    ):
        words = heard(text, markup, mentions=mentions)
        assert words.text == "ask @Bob Achebe in #help"
        assert words.mentioned
        assert words.people == {"@Bob Achebe": "29:bob"}
        assert words.channels == {"#help": "19:c@thread.tacv2"}


def test_two_people_of_one_name_are_two_mentions() -> None:
    both = [
        {"type": "mention", "text": "<at>Bob</at>", "mentioned": {"id": id_, "name": "Bob"}} for id_ in ("29:a", BOT)
    ]
    words = heard("<at>Bob</at> and <at>Bob</at>", entities=both)
    assert words.text == "@Bob and"
    assert words.mentioned
    assert words.people == {"@Bob": "29:a"}


def test_markup_without_an_entity_is_only_text() -> None:
    assert heard("<at>Lanyard</at> hello").text == "<at>Lanyard</at> hello"
    assert not heard("<at>Lanyard</at> hello").mentioned


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p>\r\n<p>Two<br>\r\nThree</p>", "One\nTwo\nThree"),
        ("<div><div>  spaced \n out  </div></div>", "spaced out"),
        ("<p>a&nbsp;&nbsp;b</p>", "a  b"),
        ("<ul><li>One</li><li>Two</li></ul>", "One\nTwo"),
        ("<p>&lt;b&gt; &amp;amp;</p>", "<b> &amp;"),
        ('<p>well <emoji alt="👍"></emoji> done</p>', "well 👍 done"),
        ('<p><img alt="a diagram" src="https://x.example/a.png"></p>', "a diagram"),
        ("<blockquote>theirs<blockquote>older</blockquote></blockquote><p>mine</p>", "mine"),
        ('<attachment id="1"></attachment><p>mine</p>', "mine"),
        ("<p>one<script>alert(1)</script></p>", "one"),
        ("<p>never <b>closed", "never closed"),
        ("</p></blockquote>stray", "stray"),
        ("<blockquote>never closed <p>mine</p>", ""),
    ],
)
def test_html_is_read_as_it_is_shown(markup: str, text: str) -> None:
    assert read_html(markup) == text


def test_a_quotation_in_the_text_alone_is_left_out_too() -> None:
    assert heard('<quoted messageId="1795"/> and why?').text == "and why?"


def test_a_text_that_is_markup_itself_is_read_as_such() -> None:
    assert heard("<b>bold</b> &amp; plain", textFormat="xml").text == "bold & plain"
    assert heard("<b>bold</b> &amp; plain").text == "<b>bold</b> &amp; plain"


world = World(Clock(0.0), App())
bob = world.add_user("bob", "t", name="Bob Achebe")
typed = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), whitelist_characters=" \n"), max_size=80
)


@given(typed)
def test_whatever_is_typed_is_heard_as_it_was_typed(text: str) -> None:
    words = write(world, text, world.personal(bob))
    said = heard(words.text, words.html, entities=words.entities, recipient={"id": world.app.bot})
    lines = [line.rstrip(" ") for line in text.replace("@Lanyard", "").strip().split("\n")]
    if "@" not in text and "#" not in text:
        assert said.text == "\n".join(lines).strip()


BLOCK = (
    '<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="17">\n<p>Can you help?</p></blockquote>'
)


@pytest.mark.parametrize(
    ("text", "markup", "quoted"),
    [
        ("Wax it.", f"{BLOCK}<p>Wax it.</p>", "17"),
        ('<quoted messageId="17"/> Wax it.', None, "17"),
        ('<quoted messageId="16"/> Wax it.', f"{BLOCK}{BLOCK.replace('17', '18')}<p>Wax it.</p>", "17"),
        ("Wax it.", "<blockquote><p>Somebody's words.</p></blockquote><p>Wax it.</p>", None),
        ("Wax it.", "<p>Wax it.</p>", None),
    ],
)
def test_a_reply_in_a_chat_tells_which_message_it_quotes(text: str, markup: str | None, quoted: str | None) -> None:
    activity = {
        "type": "message",
        "id": "1",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "conversation": {"id": "a:1", "tenantId": "t"},
        "text": text,
        "attachments": [{"contentType": "text/html", "content": markup}] if markup else None,
    }
    words = read(parse(Activity, activity), bot=None)
    assert (words.text, words.quoted) == ("Wax it.", quoted)


def test_the_bots_name_is_no_part_of_what_somebody_else_said_to_it() -> None:
    markup = "<p><at>Lanyard</at> ask <at>Priya</at>.</p>"
    assert read_html(markup, bot="Lanyard") == "ask @Priya."
    assert read_html(markup) == "@Lanyard ask @Priya."


@given(st.text(st.sampled_from('<>/abp lockquote="&;at \n'), max_size=200))
def test_any_markup_is_read_without_a_fault(markup: str) -> None:
    assert isinstance(read_html(markup), str)


@pytest.mark.parametrize(
    ("attachments", "names"),
    [
        ([{"contentType": FILE, "name": "handbook.docx", "content": {"downloadUrl": "https://files.example/1"}}],
         ("handbook.docx",)),
        ([{"contentType": "text/html", "content": "<p></p>"}, {"contentType": FILE, "name": 7}], ("a file",)),
        ([{"contentType": "image/png", "contentUrl": "https://files.example/2"}], ("a picture",)),
        ([{"contentType": FILE, "name": "x" * 5000}] * 50, ("x" * 200,) * 10),
        ([{"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}, {}], ()),
        (None, ()),
    ],
)  # fmt: skip
def test_files_that_come_with_a_message_are_told_by_their_names(attachments: object, names: tuple[str, ...]) -> None:
    activity = {
        "type": "message",
        "id": "1",
        "serviceUrl": "https://smba.trafficmanager.net/emea/",
        "from": {"id": "29:bob"},
        "conversation": {"id": "a:1", "tenantId": "t"},
        "attachments": attachments,
    }
    place = Place(conversation="a:1", scope=Scope.DIRECT)
    assert to_said(parse(Activity, activity), place, now=datetime(2026, 3, 2, tzinfo=UTC)).attached == names
