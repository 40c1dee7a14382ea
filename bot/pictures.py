"""A campaign's figures as one picture for chat, as a PNG in a `data:` address.

The same is told in words beside it (`bot.wording.figures`), for whoever sees no pictures. It is drawn within the
request of whoever asks, for which the strictest platform leaves three seconds: Pillow takes some hundredths of one,
where matplotlib takes one or two to be loaded. No words of people stand in it: the font has not all letters.
"""

from __future__ import annotations

import base64
import io
import textwrap
from collections.abc import Sequence
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from bot.campaign_figures import Bar
from bot.wording.figures import TOO_FEW

SURE, PERHAPS, REST = "#0b6e4f", "#8fc4ae", "#e7e5e0"
INK, QUIET, PAPER = "#1d1c1d", "#5a585b", "#ffffff"

# In pixels: legible in a chat's narrow column, and small enough for the strictest platform.
WIDTH, MARGIN = 660, 16
LABELS = 208  # where bars begin, their labels ending before
BAR_END = 470
TOLD = 480  # where the words of a bar begin
ROW, BAR = 44, 28
HEADING, TITLE = 44, 44
LETTERS = 20  # on a line beside a bar


def draw(*, title: str, panels: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """A panel under another, each a bar for a share: sure, perhaps, and the rest."""
    height = TITLE + sum(HEADING + ROW * len(bars) for _, bars in panels) + MARGIN
    picture = Image.new("RGB", (WIDTH, height), PAPER)
    on = ImageDraw.Draw(picture)
    on.text((MARGIN, TITLE / 2), title, fill=QUIET, font=_font(17), anchor="lm")
    top = TITLE
    for heading, bars in panels:
        on.text((LABELS, top + HEADING / 2), heading, fill=INK, font=_font(19), anchor="lm")
        top += HEADING
        for bar in bars:
            _draw_bar(on, bar, middle=top + ROW // 2)
            top += ROW
    written = io.BytesIO()
    picture.quantize(32).save(written, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(written.getvalue()).decode()


def _draw_bar(on: ImageDraw.ImageDraw, bar: Bar, *, middle: int) -> None:
    on.text((LABELS - 10, middle), bar.label, fill=INK, font=_font(16), anchor="rm")
    if bar.share is None:
        on.text((LABELS, middle), TOO_FEW, fill=QUIET, font=_font(16), anchor="lm")
        return
    for colour, part in ((REST, 1.0), (PERHAPS, bar.share.most), (SURE, bar.share.least)):
        width = round((BAR_END - LABELS) * part)
        if width:
            on.rectangle((LABELS, middle - BAR // 2, LABELS + width - 1, middle + BAR // 2), fill=colour)
    lines = textwrap.wrap(str(bar.share), LETTERS)
    size = 16 if len(lines) == 1 else 14
    on.multiline_text((TOLD, middle), "\n".join(lines), fill=INK, font=_font(size), anchor="lm", spacing=2)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The one that comes with the library, so that pictures look alike on every machine."""
    return ImageFont.load_default(size)
