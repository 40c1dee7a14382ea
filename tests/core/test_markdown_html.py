from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import markdown_html
from tests.adapters.web.harness import Visible

OURS = set("p br em strong s code pre blockquote ul ol li a hr table thead tbody tr th td h4 h5 h6".split())  # noqa: SIM905

PIECES = """<script> </script> <img src=x onerror=alert(1)> <a href= > javascript: &#106; &lt; [ ] ( ) ! https://a.example
" ' ` * _ ~~ # - > | \\ data:text/html; <!-- --> mailto: <https://b.example> [r]: //c.example 1."""
markup = st.lists(st.sampled_from([*PIECES.split(), " ", "\n", "\t"]) | st.text(max_size=5), max_size=25).map("".join)


@pytest.mark.parametrize("new_tab", [False, True])
@given(text=markup)
def test_markdown_never_becomes_anything_but_our_few_tags(text: str, new_tab: bool) -> None:
    seen = Visible(markdown_html(text, first_heading=4, new_tab=new_tab))
    assert seen.tags <= OURS
    assert seen.attributes <= {"href", "rel", "target", "title", "start", "style", "class"}
    assert all(urlsplit(link).scheme in {"https", "http", "mailto"} for link in seen.links)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1))
def test_plain_words_in_markdown_come_back_as_themselves(text: str) -> None:
    assert "".join(Visible(markdown_html(text, first_heading=4)).words).strip() == text


def test_links_in_markdown_open_outside_the_page() -> None:
    html = markdown_html("[policy](https://intranet.example/?a=1&b=2)", first_heading=4, new_tab=True)
    assert 'href="https://intranet.example/?a=1&amp;b=2" rel="noopener noreferrer" target="_blank"' in html


def test_raw_html_in_markdown_is_shown_as_text() -> None:
    assert "&lt;img src=x onerror=alert(1)&gt;" in markdown_html("<img src=x onerror=alert(1)>", first_heading=4)


def test_a_picture_inside_a_link_is_its_words() -> None:
    html = markdown_html("[![alt](https://a.example/p.png)](https://b.example)", first_heading=4)
    assert html.count("<a ") == 1
    assert "<img" not in html


def test_a_picture_is_a_link_with_its_words_that_no_browser_fetches_by_itself() -> None:
    html = markdown_html("![A <plan>](https://a.example/p.png?a=1&b=2)", first_heading=2)
    assert '<a href="https://a.example/p.png?a=1&amp;b=2" rel="noopener noreferrer">A &lt;plan&gt;</a>' in html


@pytest.mark.parametrize(("first", "shown"), [(2, ["h2", "h3", "h6"]), (4, ["h4", "h5", "h6"])])
def test_headings_stand_below_those_of_the_page(first: int, shown: list[str]) -> None:
    html = markdown_html("# a\n\n## b\n\n###### c", first_heading=first)
    assert re.findall(r"<(h\d)>", html) == shown
