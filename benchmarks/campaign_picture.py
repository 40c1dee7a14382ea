"""Figures of `benchmarks.campaigns` kept in a readable file, and drawn: a million takes an hour, its picture a second.

python -m benchmarks.campaigns --database postgresql --figures FILE.yaml     # measures
python -m benchmarks.campaign_picture FILE.yaml PICTURE.png                  # draws
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

CLAIMS = ("bare claims a second, {}", "whole claims a second, {}")
PROCESSES = {1: "1 process", 4: "4 processes"}
APSCHEDULER, PROCRASTINATE = "APScheduler's job store, jobs a second", "procrastinate, jobs a second"
ENROLLED, RECKONED = "enrolled a second", "times reckoned a second"
IDLE = "tick that finds nothing, ms"
MEDIAN, HIGH = "acknowledged meanwhile, ms, median", "acknowledged meanwhile, ms, 99th of 100"

Figure = float | list[float]
"""One number, or the least and the most of several runs."""

COLOURS = {"sqlite": "#c1762f", "postgresql": "#0b6e4f"}
NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
OTHERS = "#6c757d"

_BARS = {
    CLAIMS[0].format(PROCESSES[1]): "claimed alone, 1 process",
    CLAIMS[0].format(PROCESSES[4]): "claimed alone, 4 processes",
    APSCHEDULER: "APScheduler's job store, claimed alone, 1 process",
    CLAIMS[1].format(PROCESSES[1]): "whole: weighed, recorded, to be sent, 1 process",
    CLAIMS[1].format(PROCESSES[4]): "whole: weighed, recorded, to be sent, 4 processes",
    PROCRASTINATE: "procrastinate, jobs that do nothing, 1 process",
    ENROLLED: "a start: enrolled",
    RECKONED: "a start: times reckoned",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was found, by database and by what is measured, `on` that day, while `meanwhile` went on as well."""

    on: str
    command: str
    meanwhile: str
    enrolments: int
    found: Mapping[str, Mapping[str, Figure]]


def keep(measured: Measured, file: Path) -> None:
    file.write_text(yaml.safe_dump(asdict(measured), sort_keys=False, allow_unicode=True), encoding="utf-8")


def load(file: Path) -> Measured:
    return Measured(**yaml.safe_load(file.read_text(encoding="utf-8")))


def say(figure: Figure | None, *, digits: int = 1) -> str:
    match figure:
        case None:
            return "–"
        case [least, most]:
            return f"{least:,.{digits}f}–{most:,.{digits}f}"
        case _:
            return f"{figure:,.{digits}f}"


def draw(measured: Measured, file: Path) -> None:
    """What is done in a second, as bars; below, in words, what else waits meanwhile."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    kinds = [*measured.found]
    figure, axes = plt.subplots(figsize=(8, 1.6 + 2.6 * len(kinds)), layout="constrained")
    _draw_bars(axes, measured, kinds)
    axes.set_title(f"{measured.enrolments:,} enrolments: what is done in a second", loc="left", fontsize=11)
    told = [_tell_waits(kind, measured.found[kind]) for kind in kinds]
    told.append(f"Measured on {measured.on}; meanwhile {measured.meanwhile}.")
    figure.supxlabel("\n".join(told), x=0.01, ha="left", fontsize=9)
    figure.savefig(file, dpi=150)


def _draw_bars(axes: Any, measured: Measured, kinds: Sequence[str]) -> None:
    wide = 0.8 / len(kinds)
    names = [name for name in _BARS if any(name in measured.found[kind] for kind in kinds)]
    for shift, kind in enumerate(kinds):
        found = measured.found[kind]
        shown = [(at, name) for at, name in enumerate(names) if name in found]
        colours = [OTHERS if name in (APSCHEDULER, PROCRASTINATE) else COLOURS[kind] for _, name in shown]
        rates = [found[name] for _, name in shown]
        bars = axes.barh([at + shift * wide for at, _ in shown], rates, height=wide, color=colours, label=NAMES[kind])
        axes.bar_label(bars, labels=[say(rate, digits=0) for rate in rates], padding=3, fontsize=9)
    axes.set_yticks([at + wide * (len(kinds) - 1) / 2 for at in range(len(names))], [_BARS[name] for name in names])
    axes.tick_params(axis="y", labelsize=9, length=0)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.margins(x=0.12)
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    if len(kinds) > 1:
        axes.legend(frameon=False, loc="lower right")


def _tell_waits(kind: str, found: Mapping[str, Figure]) -> str:
    waits = f"{say(found.get(MEDIAN))} ms at the median, {say(found.get(HIGH))} at the 99th of 100"
    idle = f"a tick that finds nothing takes {say(found.get(IDLE), digits=2)} ms"
    return f"{NAMES[kind]}: a question that comes meanwhile is acknowledged in {waits};\n{idle}."


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figures", type=Path)
    parser.add_argument("picture", type=Path, help="a PNG file")
    given = parser.parse_args(arguments or None)
    draw(load(given.figures), given.picture)


if __name__ == "__main__":
    main()
