"""Who has completed a training, as a learning system tells it: xAPI statements, plain JSON, or a CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scheduler.roster import LONGEST_NAME, Named, is_address, read_roster

_COMPLETED = ("/completed", "/passed", "/mastered")
"""The ends of the verbs that say so, in whoever's vocabulary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Somebody has completed it. `statement` is the id of the statement that says so, where there is one."""

    named: Named
    statement: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was told. `statements` are the ids of all of them, in order; those that say something else are `ignored`."""

    completions: tuple[Completion, ...]
    statements: tuple[str, ...] = ()
    ignored: int = 0


class NotUnderstood(Exception):  # noqa: N818 — a list of what to mend
    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def read_csv(text: str) -> Report:
    """Raises NotUnderstood."""
    named = read_roster(text)
    faults = [str(one) for one in named if not isinstance(one, Named)]
    if faults:
        raise NotUnderstood(faults)
    return Report(completions=tuple(Completion(named=one) for one in named if isinstance(one, Named)))


def read_json(text: str) -> Report:
    """Statements of xAPI, or {"email": …, "name": …}; one or a list. Raises NotUnderstood with all that is wrong."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotUnderstood([f"This is no JSON: {error}."]) from error
    entries = given if isinstance(given, list) else [given]
    if not entries:
        raise NotUnderstood(["The list is empty."])
    completions, statements, faults = [], [], []
    ignored = 0
    for number, entry in enumerate(entries, 1):
        try:
            found = _read_entry(entry)
        except ValueError as error:
            faults.append(f"Entry {number}: {error}")
            continue
        if isinstance(entry, dict) and isinstance(entry.get("id"), str):
            statements.append(entry["id"][:64])
        if found is None:
            ignored += 1
        else:
            completions.append(found)
    if faults:
        raise NotUnderstood(faults)
    return Report(completions=tuple(completions), statements=tuple(statements), ignored=ignored)


def _read_entry(entry: Any) -> Completion | None:
    """None for a statement that says something else. Raises ValueError with a sentence."""
    if not isinstance(entry, dict):
        raise ValueError("It is no object with names and values.")  # noqa: TRY004 — the sentence is for the sender
    if "actor" in entry or "verb" in entry:
        return _read_statement(entry)
    return Completion(named=_named(entry.get("email"), entry.get("name"), "“email”"))


def _read_statement(statement: Mapping[str, Any]) -> Completion | None:
    verb = statement.get("verb")
    identity = verb.get("id") if isinstance(verb, dict) else None
    if not isinstance(identity, str):
        raise ValueError("The statement has no verb with an “id”.")  # noqa: TRY004
    result = statement.get("result")
    result = result if isinstance(result, dict) else {}
    failed = result.get("success") is False or result.get("completion") is False
    if failed or not identity.rstrip("/").endswith(_COMPLETED):
        return None
    actor = statement.get("actor")
    mbox = actor.get("mbox") if isinstance(actor, dict) else None
    if not isinstance(mbox, str) or not mbox.lower().startswith("mailto:"):
        raise ValueError("The actor has no “mbox” such as mailto:ana@example.com, by which Lanyard knows people.")
    given = statement.get("id")
    named = _named(mbox[len("mailto:") :], actor.get("name") if isinstance(actor, dict) else None, "“mbox”")
    return Completion(named=named, statement=given[:64] if isinstance(given, str) else None)


def _named(email: Any, name: Any, what: str) -> Named:
    email = email.strip().lower() if isinstance(email, str) else ""
    if not is_address(email):
        raise ValueError(f"{what} is no e-mail address: “{email[:80]}”.")
    name = " ".join(name.split())[:LONGEST_NAME] if isinstance(name, str) else ""
    return Named(email=email, name=name or None)
