"""A job aid's body, as a page or a feed shows it."""

from __future__ import annotations

import html

from bot.messages import clean, markdown_html

LONGEST = 50_000
"""Characters. Beyond, the text is shown as it was written: parsing hostile text grows with the square of its length."""


def to_html(text: str) -> str:
    if len(text) > LONGEST:
        return f"<pre>{html.escape(clean(text))}</pre>"
    return markdown_html(text, first_heading=2)
