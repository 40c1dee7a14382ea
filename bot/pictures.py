"""A campaign's figures as one picture for chat, as a PNG in a `data:` address.

The same is told in words beside it (`bot.wording.figures`), for whoever sees no pictures. Drawing takes some tenths of
a second of a processor, so callers do it beside the loop. No words of people stand in it: the font has not all letters.
"""

from __future__ import annotations

import base64
import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.campaign_figures import Bar

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SURE, PERHAPS, REST = "#0b6e4f", "#8fc4ae", "#e7e5e0"
INK, QUIET = "#1d1c1d", "#5a585b"
WIDTH = 6.0  # inches, at DPI: legible in a chat's narrow column, and small enough for the strictest platform
ROW = 0.4
DPI = 110
TOLD = 20  # letters on a line beside a bar


def draw(*, title: str, panels: Sequence[tuple[str, Sequence[Bar]]]) -> str:
    """A panel under another, each a bar for a share: sure, perhaps, and the rest."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = [max(1, len(bars)) for _, bars in panels]
    figure = Figure(figsize=(WIDTH, 0.7 + sum(rows) * ROW + 0.45 * len(panels)), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, x=0.01, ha="left", fontsize=15, color=INK, parse_math=False)
    axes = figure.subplots(len(panels), 1, height_ratios=rows, squeeze=False)[:, 0]
    for place, (heading, bars) in zip(axes, panels, strict=True):
        _draw_panel(place, heading, bars)
    figure.align_ylabels()
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=DPI, facecolor="white")
    return "data:image/png;base64," + base64.b64encode(_shrink(written.getvalue())).decode()


def _draw_panel(axes: Axes, heading: str, bars: Sequence[Bar]) -> None:
    axes.set_title(heading, loc="left", fontsize=12, color=INK, parse_math=False)
    axes.set(xlim=(0, 1.72), ylim=(len(bars) - 0.5, -0.5), xticks=[], yticks=range(len(bars)))
    axes.set_yticklabels([bar.label for bar in bars], fontsize=11, color=INK, parse_math=False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    for row, bar in enumerate(bars):
        if bar.share is None:
            axes.text(0.01, row, "too few to be shown", va="center", fontsize=11, color=QUIET)
            continue
        axes.barh(row, 1, height=0.62, color=REST)
        axes.barh(row, bar.share.most, height=0.62, color=PERHAPS)
        axes.barh(row, bar.share.least, height=0.62, color=SURE)
        told = textwrap.fill(str(bar.share), TOLD)
        axes.text(1.03, row, told, va="center", fontsize=11 if "\n" not in told else 9, color=INK, parse_math=False)


def _shrink(png: bytes) -> bytes:
    """In sixteen colours: a quarter of the size, and no difference to the eye."""
    from PIL import Image

    written = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(16).save(written, format="PNG", optimize=True)
    return written.getvalue()
