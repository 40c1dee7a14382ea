"""HTML → Markdown. Links to the web stay; pictures become a mark; what is no content of a page is left out."""

from __future__ import annotations

import re
from typing import IO

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from knowledge.documents.limits import Refused

NO_CONTENT = (
    "script",
    "style",
    "nav",
    "footer",
    "noscript",
    "template",
    "iframe",
    "object",
    "embed",
    "form",
    "svg",
    "head",
)
_KEPT = re.compile(r"(?:https?://|mailto:)\S+$")
DEEPEST = 400  # elements within each other; the readers go down by recursion


def read(file: IO[bytes], _name: str) -> tuple[str, str]:
    return convert(file.read())


def convert(content: bytes | str, *, within: str | None = None) -> tuple[str, str]:
    """The title ("" without any) and the Markdown of a page, or of what stands in `within` (a CSS selector)."""
    page = BeautifulSoup(content, "html.parser")
    title = page.title.get_text(" ", strip=True) if page.title is not None else ""
    root: Tag = page
    if within is not None:
        root = page.select_one(within) or page
    return title, to_markdown(root)


def to_markdown(root: Tag) -> str:
    """What a piece of HTML says. It is changed thereby. Raises Refused."""
    for tag in root.find_all(NO_CONTENT):
        tag.decompose()
    _check_depth(root)
    for picture in root.find_all("img"):
        picture.replace_with(picture_mark(str(picture.get("alt") or "")))
    for link in root.find_all("a"):
        if not _KEPT.match(str(link.get("href") or "").strip()):
            link.unwrap()
    markdown: str = MarkdownConverter(heading_style="ATX", bullets="-", escape_misc=False).convert_soup(root)
    return re.sub(r"\n{3,}", "\n\n", markdown.replace("\xa0", " ")).strip()


def _check_depth(root: Tag) -> None:
    depths = {id(root): 0}
    for tag in root.descendants:
        if isinstance(tag, Tag):
            depths[id(tag)] = depth = depths.get(id(tag.parent), 0) + 1
            if depth > DEEPEST:
                raise Refused(f"Its elements lie more than {DEEPEST} deep.", "Save it from a browser again.")


def picture_mark(alt: str) -> str:
    """Stands where a picture was."""
    words = " ".join(alt.split())
    return f"[picture: {words[:200]}]" if words else "[picture]"
