"""A campaign as a small YAML file: read with every fault named by its line, and written so that it reads back the same.

    name: Refund basics
    purpose: after the refund training
    audience: ["#support", ana@example.com]
    list: completed.csv
    start: 2026-12-01
    at: "9:30"
    steps:
      - tip: Scan twice.
        aid: 12
      - recall: What is the limit without approval?
        answer: 50 EUR
        day: 3
      - apply: Did you use the refund form this week?
        day: 7

A step is one of the kinds with its words, and counts its `day` from each person's first one; without it a step comes on
the day of the one before. Dates and times may be written as in the one-line form (`next Monday`, `2pm`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

import yaml

from scheduler.commands import LONGEST_NAME, MOST_LINKS, MOST_STEPS, NewCampaign
from scheduler.days_off import COUNTRY_REMEDY, find_country
from scheduler.model import Kind, Step
from scheduler.moments import DATE_REMEDY, MOST_DAYS, WEEKDAYS, take_date, take_time
from scheduler.tokens import Cursor, Misunderstood, is_web_address
from scheduler.zones import ZONE_REMEDY, name_zone

T = TypeVar("T")

LARGEST = 1_000_000
"""Characters of a file; more is no campaign."""

_KINDS = {kind.replace("_", "-"): kind for kind in Kind}
_KEYS = ("name", "purpose", "audience", "list", "start", "at", "zone", "holidays", "working days", "steps")
_STEP_KEYS = ("day", "answer", "aid", "links")
_STEP_REMEDY = 'Write it like "- recall: What is the limit?" with "answer: 50 EUR" and "day: 3" below it.'


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFault:
    """What is wrong at a line of the file, counted from 1, and what to do."""

    line: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.problem} {self.remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFile:
    """What a file says. `listed` is the name of a CSV beside it; `lines` tells where each step stands."""

    campaign: NewCampaign
    listed: str | None = None
    lines: tuple[int, ...] = ()


def read_file(text: str, *, today: date) -> CampaignFile | list[FileFault]:
    """The campaign of a file, or all that is wrong with it, in the order of its lines."""
    if len(text) > LARGEST:
        return [
            FileFault(line=1, problem=f"The file has {len(text):,} characters.", remedy=f"{LARGEST:,} is the most.")
        ]
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = f"This is no YAML: {error.problem or error.context}."
        remedy = "Put texts with a colon, a # or a quotation mark into quotation marks."
        return [FileFault(line=mark.line + 1 if mark else 1, problem=problem, remedy=remedy)]
    except (yaml.YAMLError, RecursionError) as error:
        return [FileFault(line=1, problem=f"This is no YAML: {error}.", remedy="Save it as plain text in UTF-8.")]
    reader = _Reader(today=today)
    found = reader.read(root)
    return sorted(reader.faults, key=lambda fault: fault.line) if reader.faults else found


def write_file(campaign: NewCampaign) -> str:
    """The campaign as a file that `read_file` reads back."""
    told: dict[str, Any] = {"name": campaign.name}
    if campaign.purpose:
        told["purpose"] = campaign.purpose
    told["audience"] = list(campaign.audience)
    if campaign.start is not None:
        told["start"] = campaign.start
    if campaign.at is not None:
        told["at"] = f"{campaign.at:%H:%M}"
    if campaign.zone is not None:
        told["zone"] = campaign.zone
    if campaign.country is not None:
        told["holidays"] = campaign.country
    if campaign.working_days is not None:
        told["working days"] = [WEEKDAYS[day] for day in sorted(campaign.working_days)]
    told["steps"] = [_write_step(step) for step in campaign.steps]
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=100)


def _write_step(step: Step) -> dict[str, Any]:
    told: dict[str, Any] = {step.kind.replace("_", "-"): step.text}
    if step.answer:
        told["answer"] = step.answer
    if step.aid:
        told["aid"] = int(step.aid) if step.aid.isdecimal() else step.aid
    if step.links:
        told["links"] = [{"label": label, "url": url} for label, url in step.links]
    told["day"] = step.after_days
    return told


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Walks the nodes, which know their lines, and gathers what is wrong instead of ending at the first."""

    today: date
    faults: list[FileFault] = field(default_factory=list)

    def fault(self, node: yaml.Node | None, problem: str, remedy: str) -> None:
        self.faults.append(FileFault(line=node.start_mark.line + 1 if node else 1, problem=problem, remedy=remedy))

    def read(self, root: yaml.Node | None) -> CampaignFile:
        entries = self._entries(root, _KEYS, "A campaign", 'Begin with "name: …", as in "name: Refund basics".')
        campaign = NewCampaign(
            name=self._name(entries.get("name"), root),
            purpose=" ".join(self._text(entries.get("purpose")).split()),
            audience=self._audience(entries.get("audience")),
            steps=(),
            zone=self._one(entries.get("zone"), name_zone, "time zone", ZONE_REMEDY),
            country=self._one(entries.get("holidays"), find_country, "place with known holidays", COUNTRY_REMEDY),
            working_days=self._days(entries.get("working days")),
        )
        campaign = replace(
            campaign,
            start=self._taken(entries.get("start"), lambda cursor: take_date(cursor, self.today), "date", DATE_REMEDY),
            at=self._taken(entries.get("at"), take_time, "time of day", 'Write it like "9:30", in quotation marks.'),
        )
        listed = self._text(entries.get("list")) or None
        if not campaign.audience and listed is None:
            self.fault(root, "It does not say who the campaign is for.", 'Write "audience: everyone" or "list: ….csv".')
        steps, lines = self._steps(entries.get("steps"), root)
        return CampaignFile(campaign=replace(campaign, steps=steps), listed=listed, lines=lines)

    # ── values ──

    def _entries(self, node: yaml.Node | None, known: tuple[str, ...], what: str, remedy: str) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"{what} is written as names with values.", remedy)
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value).strip().casefold().replace("_", " ") if isinstance(key, yaml.ScalarNode) else ""
            name = "check-in" if name == "check in" else name
            if name not in known:
                self.fault(key, f"“{name or '…'}” means nothing here.", f"What may stand here: {', '.join(known)}.")
            elif name in found:
                self.fault(key, f"“{name}” comes twice.", "Keep one of the two.")
            else:
                found[name] = value
        return found

    def _text(self, node: yaml.Node | None) -> str:
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, "Here a text is meant, and this is a list.", "Write it on one line, in quotation marks.")
            return ""
        return "" if node.tag.endswith(":null") else str(node.value).strip()

    def _name(self, node: yaml.Node | None, root: yaml.Node | None) -> str:
        name = " ".join(self._text(node).split())
        if not name:
            self.fault(node or root, "The campaign has no name.", 'Write it like "name: Refund basics".')
        elif len(name) > LONGEST_NAME:
            problem = f"The name has {len(name)} characters; {LONGEST_NAME} is the most."
            self.fault(node, problem, "Shorten it; the purpose can say more.")
        return name

    def _list(self, node: yaml.Node | None) -> list[yaml.Node]:
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        return [node] if node is not None and self._is_said(node) else []

    @staticmethod
    def _is_said(node: yaml.Node) -> bool:
        return not isinstance(node, yaml.ScalarNode) or bool(str(node.value).strip())

    def _audience(self, node: yaml.Node | None) -> tuple[str, ...]:
        entries = [self._text(one) for one in self._list(node)]
        if isinstance(node, yaml.ScalarNode):
            entries = [part.strip() for part in entries[0].split(",")] if entries else []
        if node is not None and not any(entries):
            remedy = "Write #channel in quotation marks, names, addresses, everyone or open."
            self.fault(node, "The audience is empty.", remedy)
        return tuple(dict.fromkeys(entry for entry in entries if entry))

    def _one(self, node: yaml.Node | None, read: Callable[[str], T | None], what: str, remedy: str) -> T | None:
        text = self._text(node)
        found = read(text) if text else None
        if text and found is None:
            self.fault(node, f"“{text}” is no {what}.", remedy)
        return found

    def _taken(self, node: yaml.Node | None, take: Callable[[Cursor], T | None], what: str, remedy: str) -> T | None:
        text = self._text(node)
        if not text:
            return None
        try:
            cursor = Cursor(text)
            found = take(cursor)
        except Misunderstood as misunderstood:
            self.fault(node, misunderstood.problem, misunderstood.remedy)
            return None
        if found is None or cursor.peek() is not None:
            self.fault(node, f"“{text}” is no {what}.", remedy)
            return None
        return found

    def _days(self, node: yaml.Node | None) -> frozenset[int] | None:
        days = set()
        for one in self._list(node):
            name = self._text(one).casefold()
            number = next(
                (at for at, day in enumerate(WEEKDAYS) if len(name) > 1 and day.casefold().startswith(name)), None
            )
            if number is None:
                self.fault(one, f"“{name}” is no weekday.", "Write them like [Mon, Tue, Wed].")
            else:
                days.add(number)
        return frozenset(days) or None

    # ── steps ──

    def _steps(self, node: yaml.Node | None, root: yaml.Node | None) -> tuple[tuple[Step, ...], tuple[int, ...]]:
        nodes = self._list(node)
        if not nodes:
            self.fault(node or root, "The campaign has no steps.", _STEP_REMEDY)
        if len(nodes) > MOST_STEPS:
            self.fault(nodes[MOST_STEPS], f"A campaign has at most {MOST_STEPS} steps.", "Make two campaigns of it.")
        found: list[tuple[Step, int]] = []
        for one in nodes[:MOST_STEPS]:
            before = found[-1][0].after_days if found else 0
            step = self._step(one, before)
            if step is not None:
                found.append((step, one.start_mark.line + 1))
        found.sort(key=lambda pair: pair[0].after_days)
        return tuple(step for step, _ in found), tuple(line for _, line in found)

    def _step(self, node: yaml.Node, day_before: int) -> Step | None:
        entries = self._entries(node, (*_KINDS, *_STEP_KEYS), "A step", _STEP_REMEDY)
        kinds = [name for name in entries if name in _KINDS]
        if len(kinds) != 1:
            if entries:
                said = "is of two kinds" if kinds else "has no kind"
                self.fault(
                    node, f"This step {said}.", f"It is one of {', '.join(kind.replace('_', '-') for kind in Kind)}."
                )
            return None
        kind = _KINDS[kinds[0]]
        step = Step(
            kind=kind,
            after_days=self._day(entries.get("day"), day_before),
            text=self._text(entries[kinds[0]]),
            answer=self._text(entries.get("answer")),
            aid=self._text(entries.get("aid")).lstrip("#") or None,
            links=self._links(entries.get("links")),
        )
        if step.answer and kind is not Kind.RECALL:
            self.fault(entries["answer"], f"Only a recall has an answer, and this is a {kinds[0]}.", "Leave it out.")
        if kind in {Kind.TIP, Kind.RECALL} and not step.text and step.aid is None:
            self.fault(
                entries[kinds[0]], f"There is nothing to send in this {kinds[0]}.", 'Write its words, or "aid: 12".'
            )
        elif kind is Kind.RECALL and not step.answer and step.aid is None:
            self.fault(
                entries[kinds[0]], f"The recall “{step.text}” has no answer.", 'Write "answer: …", or "aid: 12".'
            )
        return step

    def _day(self, node: yaml.Node | None, day_before: int) -> int:
        text = self._text(node)
        if not text:
            return day_before
        if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) <= MOST_DAYS):
            self.fault(node, f"“{text}” is no number of days.", "Count from the first day, which is 0: day: 3.")
            return day_before
        return int(text)

    def _links(self, node: yaml.Node | None) -> tuple[tuple[str, str], ...]:
        found = []
        for one in self._list(node):
            if isinstance(one, yaml.ScalarNode):
                label = url = self._text(one)
            else:
                entries = self._entries(one, ("label", "url"), "A link", 'Write "- https://…", or label and url.')
                url = self._text(entries.get("url"))
                label = self._text(entries.get("label")) or url
            if not is_web_address(url):
                self.fault(one, f"“{url}” is no web address.", "It begins with https://.")
            else:
                found.append((label, url))
        if len(found) > MOST_LINKS:
            self.fault(node, f"A step has at most {MOST_LINKS} links.", "Keep those that are needed at that moment.")
        return tuple(found)
