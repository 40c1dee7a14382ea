"""Which links in what people wrote may be followed."""

from __future__ import annotations

import pytest

from bot.messages import is_web_link


@pytest.mark.parametrize(
    ("url", "is_good"),
    [
        ("https://a.example/x", True),
        ("http://a.example", True),
        ("mailto:ada@a.example", True),
        ("HTTPS://A.EXAMPLE", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("//a.example", False),
        ("/chat/room", False),
        ("https:", False),
        ("https://[::1", False),
        ("", False),
    ],
)
def test_only_outside_links_can_be_followed(url: str, is_good: bool) -> None:
    assert is_web_link(url) is is_good
