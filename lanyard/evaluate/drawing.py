"""Two pictures in one: how often it was right when so sure, and what precision each coverage costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lanyard.evaluate.lines import UnusableInputError
from lanyard.evaluate.metrics import Judged, precision_by_coverage, reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = (".png", ".svg")
_COLOURS = ("#0b6e4f", "#c44536", "#3d5a80", "#b08900")


def check_picture(file: Path) -> None:
    """Raises UnusableInputError for a name that no picture can have."""
    if file.suffix.casefold() not in KINDS:
        raise UnusableInputError(f"{file} is no picture that can be drawn: name a file that ends in .png or .svg.")
    if not file.absolute().parent.is_dir():
        raise UnusableInputError(f"{file} cannot be written: there is no folder {file.absolute().parent}.")


def draw(runs: Mapping[str, Sequence[Judged]], file: Path, *, threshold: float, title: str) -> None:
    """Draw each run over the same questions in a colour of its own. Raises UnusableInputError."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_picture(file)
    figure = Figure(figsize=(11, 5.2), layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    figure.suptitle(title, x=0.01, ha="left", fontsize=13)
    for number, (name, judged) in enumerate(runs.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        _draw_reliability(left, judged, name, colour, among=(number, len(runs)))
        _draw_curve(right, judged, name, colour, threshold)
    left.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--", zorder=0)
    left.axvline(threshold, color="#999999", linewidth=1, linestyle=":", zorder=0)
    left.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="confidence", ylabel="share of right first matches")
    left.set_title("Right when so sure? (bars: 95 %; below: how many)", loc="left", fontsize=11)
    right.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="coverage: share of answerable questions rightly answered")
    right.set(ylabel="precision of the answers")
    right.set_title(f"What each coverage costs (dot: threshold {threshold:.2f})", loc="left", fontsize=11)
    right.legend(frameon=False, loc="lower left")
    for axes in (left, right):
        axes.grid(visible=True, alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    try:
        figure.savefig(file, dpi=130)
    except OSError as error:
        raise UnusableInputError(f"{file} cannot be written: {error.strerror or error}.") from None


def _draw_reliability(axes: Axes, judged: Sequence[Judged], name: str, colour: str, *, among: tuple[int, int]) -> None:
    bins = reliability(judged)
    if not bins:
        return
    x = [one.confidence for one in bins]
    y = [one.right for one in bins]
    spread = [[one.right - one.low for one in bins], [one.high - one.right for one in bins]]
    axes.errorbar(x, y, yerr=spread, color=colour, marker="o", capsize=2, linewidth=1.4, label=name)
    most = max(one.count for one in bins)
    number, count = among
    for one in bins:
        width = 0.06 / count
        begin = min(9, int(one.confidence * 10)) / 10 + 0.02 + number * width
        axes.bar(begin, 0.12 * one.count / most, width=width, align="edge", color=colour, alpha=0.35, linewidth=0)
        if count == 1:
            axes.text(begin + width / 2, 0.12 * one.count / most + 0.01, f"{one.count:,}", ha="center", fontsize=7)


def _draw_curve(axes: Axes, judged: Sequence[Judged], name: str, colour: str, threshold: float) -> None:
    curve = precision_by_coverage(judged)
    if not curve:
        return
    axes.plot([x for x, _ in curve], [y for _, y in curve], color=colour, linewidth=1.6, label=name)
    given = sum(one.confidence >= threshold for one in judged)
    if given:
        right = sum(one.right for one in judged if one.confidence >= threshold)
        answerable = sum(one.answerable for one in judged)
        axes.plot(right / answerable, right / given, marker="o", color=colour, markersize=7)
