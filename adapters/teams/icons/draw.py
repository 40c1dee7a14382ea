"""Draws the app's two icons anew, beside this file: `python -m adapters.teams.icons.draw`.

`color.png`, 192 pixels wide, and `outline.png`, 32 pixels, white on nothing, as Teams wants them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

GREEN, GOLD, WHITE = "#0f5c57", "#f4b942", "#ffffff"


def draw(file: Path, *, size: int, outline: bool) -> None:
    """A badge on its lanyard, in a square of 32 units."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch

    figure = Figure(figsize=(size / 100, size / 100), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 32), ylim=(32, 0))
    axes.axis("off")
    unit = size * 72 / 100 / 32  # points

    def box(left: float, top: float, width: float, height: float, radius: float, **look: Any) -> None:
        style = f"round,pad=0,rounding_size={radius}"
        axes.add_patch(FancyBboxPatch((left, top), width, height, boxstyle=style, **look))

    def stroke(xs: tuple[float, float], ys: tuple[float, float], *, color: str, width: float) -> None:
        axes.plot(xs, ys, color=color, linewidth=width * unit, solid_capstyle="round")

    if not outline:
        box(0, 0, 32, 32, 0, facecolor=GREEN, linewidth=0)  # Teams rounds the corners by itself
    strap, paper, ink = (WHITE, "none", WHITE) if outline else (GOLD, WHITE, GREEN)
    stroke((9, 14.2), (4, 14 if not outline else 12), color=strap, width=2.6 if not outline else 2)
    stroke((23, 17.8), (4, 14 if not outline else 12), color=strap, width=2.6 if not outline else 2)
    edge = {"edgecolor": WHITE, "linewidth": 2 * unit} if outline else {"linewidth": 0}
    box(8.5, 13.5, 15, 14, 3, facecolor=paper, **edge)
    stroke((12.5, 19.5), (18.3, 18.3), color=ink, width=2)
    stroke((12.5, 17), (22.7, 22.7), color=ink, width=2)
    figure.savefig(file, transparent=outline, metadata={"Software": None})


def draw_all(folder: Path) -> None:
    draw(folder / "color.png", size=192, outline=False)
    draw(folder / "outline.png", size=32, outline=True)


if __name__ == "__main__":
    draw_all(Path(__file__).parent)
