"""Markdown that people wrote → HTML that can be put into a page.

CommonMark with tables and struck text; without raw HTML, with links only where they may be followed, and with nothing
that a browser would fetch by itself.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from bot.messages.links import is_web_link

_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Half a surrogate pair is no character and cannot be sent as UTF-8: U+FFFD stands in its place."""
    return _SURROGATES.sub("\ufffd", text)


def markdown_html(text: str, *, first_heading: int, new_tab: bool = False) -> str:
    """`first_heading`: the rank, 1 to 6, of the text's first-rank headings; the page has those above for itself.

    `new_tab`: what is followed does not take the place of the page. Parsing hostile text grows with the square of its
    length, so the caller limits that.
    """
    return str(_MARKDOWN.render(clean(text), {"first_heading": first_heading, "new_tab": new_tab}))


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 — the library's name
        return is_web_link(url)


class _Renderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        tokens[idx].attrSet("rel", "noopener noreferrer")
        if env["new_tab"]:
            tokens[idx].attrSet("target", "_blank")
        return self.renderToken(tokens, idx, options, env)

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        tokens[idx].tag = f"h{min(6, int(tokens[idx].tag[1]) - 1 + env['first_heading'])}"
        return self.renderToken(tokens, idx, options, env)

    heading_close = heading_open

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002
        """A link with its words: fetching it would tell a stranger who reads what."""
        label = html.escape(tokens[idx].content or "picture")
        inside_link = sum((t.type == "link_open") - (t.type == "link_close") for t in tokens[:idx]) > 0
        if inside_link:
            return label
        source = html.escape(str(tokens[idx].attrGet("src")))
        target = ' target="_blank"' if env["new_tab"] else ""
        return f'<a href="{source}" rel="noopener noreferrer"{target}>{label}</a>'


_MARKDOWN = _Markdown("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer)
_MARKDOWN.enable(["table", "strikethrough"])
