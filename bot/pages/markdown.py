"""A job aid's body → HTML that can be put into a page: CommonMark without raw HTML, or pictures from elsewhere."""

from __future__ import annotations

import html
from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from bot.messages import is_web_link

LONGEST = 50_000
"""Characters. Beyond, the text is shown as it was written: parsing hostile text grows with the square of its length."""


def to_html(text: str) -> str:
    text = text.encode("utf-8", "replace").decode()  # half a surrogate pair is no character
    if len(text) > LONGEST:
        return f"<pre>{html.escape(text)}</pre>"
    return str(_MARKDOWN.render(text))


class _Markdown(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 — the library's name
        return is_web_link(url)


class _Renderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        tokens[idx].attrSet("rel", "noopener noreferrer")
        return self.renderToken(tokens, idx, options, env)

    def heading_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # The first rank is the page's own.
        tokens[idx].tag = f"h{min(6, int(tokens[idx].tag[1]) + 1)}"
        return self.renderToken(tokens, idx, options, env)

    heading_close = heading_open

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:  # noqa: ARG002
        """Its words alone: fetching it would tell a stranger who reads what."""
        return html.escape(tokens[idx].content or "picture")


_MARKDOWN = _Markdown("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer)
_MARKDOWN.enable(["table", "strikethrough"])
