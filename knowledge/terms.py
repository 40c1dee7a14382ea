"""The company's own words: how one is written, and which ones its aids and its questions suggest.

A suggestion is only that: somebody of L&D takes it or leaves it. It is for those who may see the aids that it is made
from.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from rapidfuzz.distance import JaroWinkler

from knowledge.model import EVERYONE, OPEN
from knowledge.words import EMPTY_WORDS, LIGHT_WORDS, plain, stems_of_short

LONGEST_TERM = 80
LONGEST_EXPANSION = 200
"""Characters."""

_ACRONYM = re.compile(r"(?=[^A-Z]*[A-Z][^A-Z]*[A-Z])[A-Z][A-Za-z0-9&./-]{1,9}")
_BRACKETS = re.compile(r"\(([^()\n]{2,100})\)")
_WORD = re.compile(r"[^\W_]+(?:['’&.-][^\W_]+)*")
_PART = re.compile(r"[^\W_]+")
_LINE = re.compile(r"(.+?)\s*(?:=|→|\s[-–]\s|\s+(?:stands\s+for|means)\s)\s*(.+)", re.DOTALL | re.IGNORECASE)
_MISSPELT = 0.9  # likeness from which two words are one, written wrong; the first letter is the same
_MOST_OF = 0.6  # of those who used a word: the share that one aid must have helped, and that must not use its own word
_LONGEST_RUN = 3  # words of a title that one word of an asker can stand for
_BEFORE = 200  # characters in which what an acronym stands for begins
_READ = 20_000  # characters of an aid that are looked through
_ASKED = 500  # … of a question


class Why(StrEnum):
    DEFINED = "defined"  # an aid says what it stands for
    ASKED = "asked"  # people used it, and this aid helped them
    MISSPELT = "misspelt"  # people write it so


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An aid, as far as terms can come from it."""

    title: str
    body: str
    audience: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A question that an aid answered, as its asker said."""

    asker: int
    text: str
    aid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    term: str
    expansion: str
    why: Why
    title: str  # of an aid that it comes from
    audience: frozenset[str]


def pair_of(term: str, expansion: str) -> str:
    """The same for the same two, however they are spelled."""
    folded = (" ".join(unicodedata.normalize("NFKC", one).casefold().split()) for one in (term, expansion))
    return hashlib.sha256("\x00".join(folded).encode("utf-8", "replace")).hexdigest()


def parse(line: str) -> tuple[str, str] | None:
    """The two sides of a line as "PO = purchase order"; None where it is no such line."""
    found = _LINE.fullmatch(" ".join(line.split()))
    return (found[1].strip(), found[2].strip()) if found else None


def check(term: str, expansion: str) -> dict[str, str]:
    """What is wrong with an entry: field → sentence."""
    faults = {}
    for name, text, longest in (("term", term, LONGEST_TERM), ("expansion", expansion, LONGEST_EXPANSION)):
        if not stems_of_short(text):
            faults[name] = "Please write a word, or several."
        elif len(text) > longest:
            faults[name] = f"That has {len(text)} characters; up to {longest} are fine."
    if not faults and stems_of_short(term) == stems_of_short(expansion):
        faults["expansion"] = "That is the same word. Write what people may say or look for instead."
    return faults


# ── what the aids themselves say ────────────────────────────────────────────────────────────────────────────────────


def defined(aids: Iterable[Written]) -> list[Suggestion]:
    """What the aids explain in brackets, as "purchase order (PO)" or "PO (purchase order)"; the most frequent first."""
    found: dict[str, Suggestion] = {}
    counts: Counter[str] = Counter()
    for aid in aids:
        for term, expansion in _explained(f"{aid.title}\n{aid.body[:_READ]}"):
            pair = pair_of(term, expansion)
            counts[pair] += 1
            before = found.get(pair)
            audience = aid.audience | (before.audience if before else frozenset())
            first = before if before and EVERYONE in before.audience else None
            found[pair] = Suggestion(
                term=term,
                expansion=expansion,
                why=Why.DEFINED,
                title=first.title if first else aid.title,
                audience=OPEN if EVERYONE in audience else audience,
            )
    return sorted(found.values(), key=lambda one: (-counts[pair_of(one.term, one.expansion)], one.term))


def _explained(text: str) -> Iterator[tuple[str, str]]:
    for bracket in _BRACKETS.finditer(text):
        inside = bracket[1].strip(" \"'“”‘’*_`")
        before = text[max(0, bracket.start() - _BEFORE) : bracket.start()].rsplit("\n", 1)[-1].rstrip(" \"'“”‘’*_`")
        if _ACRONYM.fullmatch(inside):
            long = _ending(inside, before)
            if long:
                yield inside, long
            continue
        short = re.search(r"\S+$", before)
        if short is not None and _ACRONYM.fullmatch(short[0].strip("\"'“”‘’*_`")):
            acronym = short[0].strip("\"'“”‘’*_`")
            if _ending(acronym, inside) == inside:
                yield acronym, inside


def _ending(acronym: str, text: str) -> str | None:
    """The end of a text whose words begin with the acronym's letters, little words aside."""
    letters = [letter for letter in acronym.removesuffix("s").casefold() if letter.isalnum()]
    words = list(_PART.finditer(text))
    while letters and words:
        word = words.pop()
        if word[0][0].casefold() == letters[-1]:
            letters.pop()
            if not letters:
                return text[word.start() :] if word.start() < word.end() and " " in text[word.start() :] else None
        elif not (stem := stems_of_short(word[0])) or stem[0] not in EMPTY_WORDS:
            return None
    return None


# ── what people's own words show ────────────────────────────────────────────────────────────────────────────────────


def used(
    solved: Sequence[Solved], aids: Mapping[int, Written], *, known: Collection[str], fewest: int
) -> list[Suggestion]:
    """Words that at least `fewest` people used for what an aid calls otherwise, the most used first.

    `known` are stems that the glossary explains already. A word counts where it led to one aid in most cases, and that
    aid does not have it.
    """
    askers: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
    said: defaultdict[tuple[str, int], list[frozenset[str]]] = defaultdict(list)
    led: Counter[str] = Counter()
    has = {number: frozenset(stems_of_short(f"{aid.title}\n{aid.body[:_READ]}")) for number, aid in aids.items()}
    for one in solved:
        words = {
            stem: word for word in _WORD.findall(one.text[:_ASKED]) if len(stem := "".join(stems_of_short(word))) > 1
        }
        for stem, word in words.items():
            led[stem] += 1
            if one.aid in aids and stem not in has[one.aid] and not _says_little(stem) and stem not in known:
                askers[stem, one.aid].add(one.asker)
                spelled[stem][word] += 1
                said[stem, one.aid].append(frozenset(words))
    found = []

    @cache
    def written(number: int) -> frozenset[str]:
        return frozenset(_PART.findall(plain(f"{aids[number].title} {aids[number].body[:_READ]}")))

    for (stem, number), people in sorted(askers.items(), key=lambda item: (-len(item[1]), item[0])):
        if len(people) >= fewest and len(said[stem, number]) >= _MOST_OF * led[stem]:
            term = min(spelled[stem], key=lambda word: (-spelled[stem][word], word))
            meant = _meant(term, stem, aids[number], said[stem, number], written=written(number))
            if meant is not None:
                why, expansion = meant
                audience = aids[number].audience
                found.append(
                    Suggestion(term=term, expansion=expansion, why=why, title=aids[number].title, audience=audience)
                )
    return found


def _says_little(stem: str) -> bool:
    return stem in EMPTY_WORDS or stem in LIGHT_WORDS or stem.isdecimal()


def _meant(
    term: str, stem: str, aid: Written, said: Sequence[frozenset[str]], *, written: frozenset[str]
) -> tuple[Why, str] | None:
    """What the aid calls it: words with these initials, a word spelled nearly so, or its title's other words.

    `written` are all its words, plain.
    """
    heading = aid.title.rpartition(" — ")[2]
    if _ACRONYM.fullmatch(term) and term.upper() == term:
        for text in (aid.title, aid.body[:_READ]):
            ends = (_ending(term, text[max(0, word.end() - _BEFORE) : word.end()]) for word in _PART.finditer(text))
            long = next((end for end in ends if end is not None and "\n" not in end), None)
            if long is not None:
                return Why.ASKED, long
        return (Why.ASKED, heading[:LONGEST_EXPANSION]) if heading.strip() else None
    given = plain(term)
    likeness = {word: JaroWinkler.similarity(given, word) for word in written if word[0] == stem[0] and len(word) > 3}
    nearest = max(likeness, key=lambda word: (likeness[word], word), default="")
    if likeness.get(nearest, 0.0) >= _MISSPELT:
        return Why.MISSPELT, nearest
    unsaid = _unsaid(heading, said)
    return (Why.ASKED, unsaid) if unsaid else None


def _unsaid(heading: str, said: Sequence[frozenset[str]]) -> str | None:
    """The longest run of the title's words that most of those who asked did without."""
    runs: list[list[str]] = [[]]
    for word in _WORD.findall(heading):
        stem = "".join(stems_of_short(word))
        without = sum(stem not in words for words in said) >= _MOST_OF * len(said)
        if without and not _says_little(stem) and len(runs[-1]) < _LONGEST_RUN:
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    longest = max(runs, key=len)
    return " ".join(longest) if longest else None
