"""What is wrong with a job aid, said before it is published. Findings are advice: nothing here refuses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from knowledge.drafting import MARK
from knowledge.job_aids import plain_text
from knowledge.model import JobAid
from knowledge.relative_dates import RELATIVE

LONGEST = 2_500
"""Characters of plain text beyond which an aid is more than one needs in the flow of work."""

SHORTEST = 25
"""Characters of plain text below which an aid cannot say what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`code` is stable and can be switched off by; `message` says what was found and what to do."""

    code: str
    message: str


_YES_NO = re.compile(
    r"^\W*(?:yes|no|yep|yeah|nope|sure|of course|not (?:yet|any ?more)|right|correct|exactly)\b[\w\s]{0,20}\W*$",
    re.IGNORECASE,
)
_SECRETS = (
    ("a private key", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")),
    ("an AWS access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a GitHub token", re.compile(r"\bgh[pousr]_[A-Za-z0-9]{30,}\b|\bgithub_pat_\w{30,}")),
    ("a Slack token", re.compile(r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{10,}")),
    ("a Google key", re.compile(r"\bAIza[0-9A-Za-z_-]{35}\b")),
    ("a payment key", re.compile(r"\b[sr]k_live_[0-9A-Za-z]{16,}")),
    ("a signed token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("a password in an address", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/:@]{3,}@\S", re.IGNORECASE)),
    (
        "a password",
        # A value that looks like one (a digit or a sign inside), so that "password: at least 14 characters" passes.
        re.compile(
            r"\b(?:password|passwd|pwd|passcode|secret|api[ _-]?key|access[ _-]?token)\b\W{0,3}"
            r"(?:\s*[:=]\s*|\s+is\s+)[\"'`*]{0,3}(?=[^\s\"'`]*[\d!@#$%^&+])[^\s\"'`]{6,}",
            re.IGNORECASE,
        ),
    ),
)
_STEP = re.compile(r"^\s*(?:\d+[.)]|[-*+])\s+\S", re.MULTILINE)
_ACTS = re.compile(
    r"\b(?:add|ask|attach|block|book|bring|call|check|choose|claim|clean|click|close|come|confirm|connect|contact|copy"
    r"|create|do|don.?t|download|e-?mail|enter|fill|find|follow|forward|get|give|go|hold|install|keep|leave|let|log|look"
    r"|meet|move|never|note|offer|open|order|paste|pick|plug|press|print|pull|push|put|read|register|remove|replace"
    r"|report|request|reserve|reset|restart|return|run|save|scan|select|send|set|show|sign|start|stop|submit|swap|switch"
    r"|take|talk|tap|tell|test|try|turn|type|unplug|update|upload|use|visit|wait|wear|write)\b",
    re.IGNORECASE,
)
_FACT = re.compile(r"\d|https?://|\bis\b|\bare\b|\bmay\b|\bmust\b|\bcan\b|\bneeds?\b", re.IGNORECASE)


def lint(aid: JobAid, *, people: Iterable[str] = ()) -> tuple[Finding, ...]:
    """What to mend in an aid. `people` are the names of colleagues, who may leave or may not wish to be named."""
    text = plain_text(aid.body)
    whole = f"{aid.title}\n{text}"
    found: list[Finding] = []

    def note(code: str, message: str) -> None:
        found.append(Finding(code=code, message=message))

    bare = bool(_YES_NO.match(text))
    if bare:
        note("bare-yes-no", f"“{text.strip()}” alone does not say to what. Write the rule as a full sentence.")
    elif len(text.strip()) < SHORTEST and not aid.links:
        note("too-short", f"{len(text.strip())} characters are too few to act on. Say what to do, and where.")
    elif not aid.links and not (_STEP.search(aid.body) or _ACTS.search(text) or _FACT.search(text)):
        note("no-action", "It says neither what to do nor a fact to go by. Begin with a verb: “Open …”, “Call …”.")
    if len(text) > LONGEST:
        note("over-long", f"It has {len(text):,} characters; up to {LONGEST:,} are read at work. Split it by need.")
    if relative := _distinct(match.group() for match in RELATIVE.finditer(whole)):
        note("relative-date", f"{_quoted(relative)} will be wrong when it is read later. Write the date or the rule.")
    if named := _distinct(name for name in people if _names(name, whole)):
        note("person-name", f"It names {_quoted(named)}. Name the role or the team, which stays when people go.")
    if unsettled := _distinct(match.group() for match in MARK.finditer(aid.body)):
        note("unsettled", f"{_quoted(unsettled)} waits for you: say there who or when is meant, or take it out.")
    if (what := _secret_in(aid)) is not None:
        note("secret", f"It seems to hold {what}. Take it out, change it, and say where it is kept instead.")
    return tuple(found)


def _secret_in(aid: JobAid) -> str | None:
    texts = (f"{aid.title}\n{aid.body}", *(link.url for link in aid.links))
    return next((what for what, pattern in _SECRETS if any(pattern.search(text) for text in texts)), None)


def _names(name: str, text: str) -> bool:
    """Whether a full name stands in the text, or its last word does as a name (capital, whole word)."""
    words = name.split()
    if not words:
        return False
    if re.search(rf"(?<!\w){re.escape(' '.join(words))}(?!\w)", text, re.IGNORECASE):
        return True
    return len(words) > 1 and any(
        len(word) > 3 and word[0].isupper() and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words
    )


def _distinct(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(" ".join(one.split()) for one in found))[:3]


def _quoted(found: Iterable[str]) -> str:
    return ", ".join(f"“{one}”" for one in found)
