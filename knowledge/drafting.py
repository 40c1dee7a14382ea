"""What an expert said to one colleague → the draft of a job aid for everybody. By rules, so that it invents nothing.

Greetings, farewells and the names of those addressed are taken out. What only the expert can settle is marked where it
stands: who is meant by a name, and which day by “tomorrow”. Steps, links and code stay as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from knowledge.relative_dates import RELATIVE

LONGEST_TITLE = 140
ROLE = "[which role or team?]"
"""Stands where a colleague was named who was not spoken to."""

WHEN = "when?"

_GREETED = r"(?:hi|hello|hey|hallo|hiya|dear|good (?:morning|afternoon|evening)|morning|greetings)"
_GREETING = re.compile(rf"^\s*{_GREETED}\b(?![-'’])[^,.!?:;\n]{{0,40}}(?:[,.!:;]+|\n|$)\s*", re.IGNORECASE)
_HOPES = r"(?:i )?hope (?:that|this|it) helps|let me know (?:if|how|whether)\b[^.!?\n]*|good luck"
_PLEASANTRY = re.compile(
    r"^\s*(?:(?:thanks|thank you|thx)(?: for (?:asking|your question|the question|reaching out))?"
    r"|(?:good|great|nice) question|sure(?: thing)?|no (?:problem|worries)|happy to help|of course"
    r"|here (?:you go|it is))\s*[,.!:–—-]+\s*(?=\S)",
    re.IGNORECASE,
)
_NAME = r"[A-ZÄÖÜÅØÆ][\w'’-]*\.?"
_FAREWELL = re.compile(
    r"^\W*(?i:(?:(?:many |best |kind |warm )?(?:regards|wishes)|cheers|best|thanks|thank you|thx|sincerely|bye|see you"
    rf"|{_HOPES}|(?:just )?(?:ping|shout|ask)(?: me)? if\b[^.!?\n]*|have a (?:good|nice|great) \w+))"
    rf"\s*(?:[-–—,.!:)]+\s*(?:{_NAME}\s*){{0,3}})?\W*$"
)
_LAST_WORDS = re.compile(rf"(?<=[.!?])\s+(?:{_HOPES}|cheers|thanks|thank you)\s*[.!,]*\s*$", re.IGNORECASE)
_SIGNED = re.compile(rf"^\s*(?:--+|[–—~]|-(?=\S))\s*(?:{_NAME}\s*){{1,3}}$")
_BARE_NAME = re.compile(rf"^\s*(?:{_NAME}\s*){{1,3}}$")
# What is left exactly as it is written: code, the address of a link, addresses of the web and of mail.
_VERBATIM = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\]\([^)\s]*\)|<?\b(?:https?://|mailto:)\S+|\S+@\S+\.\w+", re.DOTALL)
_POINTS_BACK = re.compile(r"\b(?:it|its|that|this|these|those|them|they|there)\b", re.IGNORECASE)
_ITEM = re.compile(r"^\s*(?:\d+[.)]|[-*+•])\s")

# Names that are words as well: alone they name somebody only where that person was spoken to.
_ALSO_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        angel april art august autumn baker bill black bliss brook brown chance chase christian clay cliff cook dale
        dawn dean drew duke earl faith fisher frank gene grace grant gray green guy heath hope hunter iris ivy jack jade
        jay joy june king lance lane law long major march mark mason may miles miller moss noble olive page park parker
        pat penny pierce porter price ray reed rich river rob robin rose ruby sandy sky smith star stone sue summer
        sunny taylor turner violet walker ward west white will wood young
        """,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """`marks` are the brackets that wait for the expert, in the order in which they stand in the text."""

    text: str
    marks: tuple[str, ...] = ()


def draft_title(question: str, *, names: Iterable[str] = ()) -> str:
    """The first sentence that asks and can stand alone, else the first; without greeting and names.

    "Untitled" where nothing is left.
    """
    line = hide_names(" ".join(_without_greeting(" ".join(question.split())).split()), names)
    sentences = [one.strip().lstrip("… ") for one in re.split(r"(?<=[?!.])\s", line)]
    asking = (one for one in sentences if one.endswith("?") and len(one) > 8 and not _POINTS_BACK.search(one))
    title = next(asking, sentences[0])
    title = re.sub(r"\s+([,.?!])", r"\1", title).strip(" ,;:")
    title = title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…"
    return title[:1].upper() + title[1:] or "Untitled"


def draft_body(
    text: str, *, spoken_to: Iterable[str] = (), colleagues: Iterable[str] = (), on: date | None = None
) -> Draft:
    """`spoken_to` are those who took part in the talk, by full name; `colleagues` all others who may be named in it.

    `on` is the day on which it was said, from which relative dates are counted.
    """
    body = _without_farewell(_without_greeting(text.replace("\r\n", "\n").replace("\r", "\n")))
    body = _outside_verbatim(body, lambda plain: _without_spoken_to(plain, spoken_to))
    body = _without_greeting(body)
    body = _outside_verbatim(body, lambda plain: _mark_names(plain, colleagues))
    if on is not None:
        body = _outside_verbatim(body, lambda plain: _mark_dates(plain, on))
    body = _tidy(body) or text.strip()
    return Draft(text=body, marks=tuple(MARK.findall(body)))


MARK = re.compile(rf"{re.escape(ROLE)}|\[(?:{re.escape(WHEN)}|\d{{1,2}} [A-Z][a-z]+ \d{{4}}\?)\]")
"""A bracket that a draft puts where its expert has something to settle."""


def hide_names(text: str, names: Iterable[str]) -> str:
    """The text with every one of these names, whole or in part, as “…”. For wordings, which nobody looks through."""
    return _outside_verbatim(text, lambda plain: _replace_names(plain, names, "…", also_words=True))


def hide_person(text: str, *, name: str, email: str | None) -> str:
    """The text without the one who wrote it: without their name, however they wrote it, and their address."""
    for said in filter(None, (email, *sorted(_own_spellings(name), key=len, reverse=True))):
        text = re.sub(rf"(?<!\w)@?{re.escape(said)}(?!\w)", "…", text, flags=re.IGNORECASE)
    return hide_names(text, [name])


def _own_spellings(name: str) -> set[str]:
    parts = {part for part in name.split() if len(part) > 2 and part.casefold() not in _ALSO_WORDS}
    return parts | ({" ".join(name.split())} if len(name.split()) > 1 else set())


# ── inside ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _without_greeting(text: str) -> str:
    for pattern in (_GREETING, _PLEASANTRY, _GREETING):
        shorter = pattern.sub("", text, count=1)
        text = shorter if shorter.strip() else text
    return text


def _without_farewell(text: str) -> str:
    lines = text.rstrip().split("\n")
    while len(lines) > 1:
        above = next((line for line in reversed(lines[:-1]) if line.strip()), "")
        last = lines[-1]
        signed = _SIGNED.match(last) or (_BARE_NAME.match(last) and _FAREWELL.match(above))
        if last.strip() and (_ITEM.match(last) or not (signed or _FAREWELL.match(last))):
            break
        lines.pop()
    kept = "\n".join(lines).rstrip()
    return _LAST_WORDS.sub("", kept).rstrip() or kept


def _outside_verbatim(text: str, change: Callable[[str], str]) -> str:
    parts: list[str] = []
    end: int = 0
    for hit in _VERBATIM.finditer(text):
        parts += [change(text[end : hit.start()]), hit.group()]
        end = hit.end()
    return "".join([*parts, change(text[end:])])


def _without_spoken_to(text: str, names: Iterable[str]) -> str:
    """Whoever was addressed is left out: "Amara, …", "… , Amara." and "@Amara"; named otherwise they become a role."""
    for spelling in _spellings(names, also_words=True):
        name = rf"@?(?<!\w){re.escape(spelling)}(?!\w)(?!['’]s)"
        text = re.sub(rf"(?m)^(\s*(?:(?:\d+[.)]|[-*+•])\s+)?){name}\s*[,:!–—-]+\s*", r"\1", text)
        text = re.sub(rf"\s*,\s*{name}(?=\s*[.!?,;:]|\s*$)", "", text)
        text = re.sub(rf"@{re.escape(spelling)}(?!\w)\s*", "", text)
    return _replace_names(text, names, ROLE, also_words=False)


def _mark_names(text: str, names: Iterable[str]) -> str:
    return _replace_names(text, names, ROLE, also_words=False)


def _replace_names(text: str, names: Iterable[str], by: str, *, also_words: bool) -> str:
    spellings = _spellings(names, also_words=also_words)
    # A company has thousands of names and a text a few words: only what can be meant is looked for.
    present = [one for one in spellings if one in text]
    if not present:
        return text
    either = "|".join(re.escape(one) for one in present)
    return re.sub(rf"@?(?<!\w)(?:{either})(?!\w)", by, text)


def _spellings(names: Iterable[str], *, also_words: bool) -> list[str]:
    """Full names and each of their words, longest first; capitals count, so that a word in a sentence is no name."""
    found: dict[str, None] = {}
    for name in names:
        parts = name.split()
        if len(parts) > 1:
            found[" ".join(parts)] = None
        for part in parts:
            if len(part) > 2 and part[0].isupper() and (also_words or part.casefold() not in _ALSO_WORDS):
                found[part] = None
    return sorted(found, key=lambda one: (-len(one), one))


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NEAR: Mapping[str, int] = {
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tomorrow": 1,
    "yesterday": -1,
    "last night": -1,
}


def _mark_dates(text: str, on: date) -> str:
    return RELATIVE.sub(lambda hit: f"{hit.group()} [{_resolve(hit.group(), on)}]", text)


def _resolve(words: str, on: date) -> str:
    """The day that is meant, as a question; "when?" where the words do not tell."""
    said = " ".join(words.casefold().split())
    day: date | None = None
    if said in _NEAR:
        day = on + timedelta(days=_NEAR[said])
    elif (weekday := said.rpartition(" ")[2]) in _WEEKDAYS:
        ahead = (_WEEKDAYS.index(weekday) - on.weekday()) % 7
        day = on + timedelta(days=ahead - 7 if said.startswith("last ") else ahead or 7)
    return f"{day.day} {day:%B} {day.year}?" if day is not None else WHEN


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in text.split("\n")]
    tidied = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return tidied[:1].upper() + tidied[1:] if tidied[:1].islower() and not _VERBATIM.match(tidied) else tidied
