"""Word → Markdown, by way of the HTML that its styles mean."""

from __future__ import annotations

from typing import IO, Any

import mammoth
from bs4 import BeautifulSoup

from knowledge.documents.limits import Refused, check_office
from knowledge.documents.web import to_markdown

_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"


def read(file: IO[bytes], _name: str) -> tuple[str, str]:
    """Titled by its first heading or its name: what stands in its properties is seldom looked after."""
    check_office(file, main="word/document.xml", what="Word document")
    try:
        converted = mammoth.convert_to_html(
            file, style_map=_STYLES, convert_image=mammoth.images.img_element(_without_content)
        )
    except (RecursionError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 — the library has no error of its own for a damaged document
        raise Refused(f"It cannot be read: {type(error).__name__}.", "Open it in Word and save it again.") from None
    return "", to_markdown(BeautifulSoup(converted.value, "html.parser"))


def _without_content(_image: Any) -> dict[str, str]:
    return {"src": ""}
