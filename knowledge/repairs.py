"""The misspelled words of a question, each with what it was meant to be.

A word stays what it is where the workspace, its glossary, English or the model knows it, where it is written like a
name ("EMTs", "PowerBI"), and where it is part of an address, a file's name or a code. Of a question in another
language, only the workspace's own words are repaired.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import tantivy

from knowledge.english import is_english, together
from knowledge.index import View
from knowledge.shorthand import spell_out
from knowledge.spelling import SHORTEST, mend, mistaken
from knowledge.words import EMPTY_WORDS, plain, stems_of_short

Knows = Callable[[str], bool]
"""Whether a lower-case word is one, by another list than the dictionary."""

MOST = 8
"""Repairs of one question; one with more is in another language, or no language at all."""

_TOKEN = re.compile(r"\S+")
_WORD = re.compile(r"\w+")
_WRITTEN = re.compile(r"\w+(?:['’]s(?!\w))?")
_NO_WORDS = re.compile(r"[@_]|(?:https?|ftps?|file|smb|ssh)://|\w\.\w")  # an address, a file, "U.S."
_NAME = re.compile(r"[A-Z][A-Z0-9]{1,5}(?:['’]?s)?|\w{,20}[a-z][A-Z]\w{,20}")
_WITH_S = re.compile(r"(\w+)['’]s|([A-Z][A-Z0-9]+)s")  # "company's", "VPNs"
_LONGEST_KNOWN = 40  # letters; no word of a model is longer
_SHORTEST_NAME = 5  # letters of one that is repaired to a name of the workspace
_SHORTEST_ONE = 3  # letters before the s of several
_SHORTEST_JOINED = 6  # letters of a word that was typed as two


def _build_little_elsewhere() -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for language in ("danish", "dutch", "french", "german", "italian", "norwegian", "portuguese", "spanish", "swedish"):
        builder = builder.filter(tantivy.Filter.stopword(language))
    return builder.build()


_LITTLE_ELSEWHERE = _build_little_elsewhere()


def _is_little_elsewhere(word: str) -> bool:
    """Whether it is a little word of another language with English letters, as far as tantivy has lists of them."""
    return not _LITTLE_ELSEWHERE.analyze(word)


def find_repairs(question: str, typed: str, view: View, terms: frozenset[str], knows: Knows | None) -> dict[str, str]:
    """The repairs of a question, `typed` being its plain form. The keys are words of that, or two with a space between.

    `terms` are the stems of the glossary.
    """
    repairs = dict(list(_joined(typed, view, knows))[:MOST])
    reader = _Reader(question, _words(repaired(typed, repairs)), view, terms, knows)
    for word in dict.fromkeys(reader.said):
        if len(repairs) == MOST:
            break
        meant = reader.read(word, repairs)
        if meant:
            repairs[word] = meant
    return repairs


def repaired(typed: str, repairs: Mapping[str, str]) -> str:
    """A plain question with the repairs made."""
    for one, meant in repairs.items():
        if " " in one:
            typed = _beside(*one.split()).sub(meant, typed)

    def token(found: re.Match[str]) -> str:
        if _NO_WORDS.search(found[0]):
            return found[0]
        return _WORD.sub(lambda word: repairs.get(word[0], word[0]), found[0])

    return _TOKEN.sub(token, typed)


class _Reader:
    """Reads the words of one question, each beside the others."""

    def __init__(
        self, question: str, said: Sequence[str], view: View, terms: frozenset[str], knows: Knows | None
    ) -> None:
        self.said = said
        self._view = view
        self._terms = terms
        self._knows = knows
        written = _WRITTEN.findall(question)
        with_s = (plain(found[1] or found[2]) for found in map(_WITH_S.fullmatch, written) if found)
        self._with_s = {f"{one}s": one for one in with_s}
        # In a question all in capitals no name stands out.
        names = (word for word in written if not question.isupper() and _NAME.fullmatch(word))
        self._names = frozenset(map(plain, names))
        self._english = True
        self._english = self._is_english()

    def read(self, word: str, repairs: Mapping[str, str]) -> str | None:
        """What a word was meant to be; None for what it is. `repairs` are those of the words before."""
        stem = next(iter(stems_of_short(word)), "")
        if not stem or (stem in EMPTY_WORDS and not spell_out(word)):
            return None
        one = self._one(word)
        if one or stem in self._terms:
            return one
        known = self._view.frequency(stem) > 0
        if self._english and not known and spell_out(word) and not self._is_initial(word):
            return spell_out(word)
        named = word in self._names
        if (known and (named or is_english(word))) or (named and (is_english(word) or len(word) < _SHORTEST_NAME)):
            return None
        return self._mend(word, repairs, english=self._english and not named)

    def _is_initial(self, word: str) -> bool:
        """Whether it is a letter beside another one, "R&D"."""
        place = self.said.index(word)
        beside = [*self.said[max(0, place - 1) : place], *self.said[place + 1 : place + 2]]
        return len(word) == 1 and any(len(other) == 1 for other in beside)

    def _mend(self, word: str, repairs: Mapping[str, str], *, english: bool) -> str | None:
        place = self.said.index(word)
        before = "".join(self.said[max(0, place - 1) : place])
        before = repairs.get(before, before).rpartition(" ")[2]
        after = "".join(self.said[place + 1 : place + 2])
        if not self._english and _is_little_elsewhere(word):
            return None
        if is_english(word) or self._is_known(word):
            return mistaken(word, self._view, before=before, after=after) if english else None
        return mend(word, self._view, english=english, before=before, after=after)

    def _is_english(self) -> bool:
        """Whether most words of the question are, or more than two thirds of the others can be misspelled English.

        None may be a little word of another language alone: much of German is a letter or two from English.
        """
        words = set(self.said)
        unknown = [word for word in words if not (is_english(word) or spell_out(word) or word in self._names)]
        if 2 * len(unknown) <= len(words) or len(words) == 1:
            return True
        others = (word for word in words if not EMPTY_WORDS.issuperset(stems_of_short(word)))
        if len(unknown) > MOST or any(map(_is_little_elsewhere, others)):
            return False
        explained = sum(
            len(word) < SHORTEST
            or self._is_known(word)
            or any(self._view.frequency(stem) for stem in stems_of_short(word))
            or self._mend(word, {}, english=True) is not None
            for word in unknown
        )
        return 3 * explained > 2 * len(unknown)

    def _is_known(self, word: str) -> bool:
        return self._knows is not None and len(word) <= _LONGEST_KNOWN and self._knows(word)

    def _one(self, word: str) -> str | None:
        """The word to which an s was added: an owner's, or of several, "vpns", where no vowel tells the stemmer so."""
        one = self._with_s.get(word)
        if one and (one in self._terms or (not is_english(word) and (is_english(one) or self._view.frequency(one)))):
            return one
        one = word[:-1]
        if len(one) < _SHORTEST_ONE or stems_of_short(word) != (f"{one}s",) or one.endswith("s") or is_english(word):
            return None
        return one if one in self._terms or self._view.frequency(one) else None


def _beside(first: str, second: str) -> re.Pattern[str]:
    """Two words of letters alone, with no other between them: signs are as good as spaces."""
    return re.compile(rf"(?<!\w){first}\W+{second}(?!\w)")


def _words(typed: str) -> list[str]:
    return [
        word
        for token in typed.split()
        if not _NO_WORDS.search(token)
        for word in _WORD.findall(token)
        if word.isalpha()
    ]


def _joined(typed: str, view: View, knows: Knows | None) -> Iterator[tuple[str, str]]:
    """Words that were typed as two, and the one that they are.

    Either no list has the two, or the workspace has the one, and does not have the two or nobody says them together.
    """
    for first, second in pairwise(_words(typed)):
        word = first + second
        if len(word) < _SHORTEST_JOINED or not is_english(word) or not _beside(first, second).search(typed):
            continue
        broken = [part for part in (first, second) if not (is_english(part) or (knows and knows(part)))]
        own = any(view.frequency(stem) for stem in stems_of_short(word) if stem not in EMPTY_WORDS)
        parts = stems_of_short(f"{first} {second}")
        apart = all(map(view.frequency, parts)) and together(first, second)
        if len(broken) == 2 or (own and (broken or not (apart or EMPTY_WORDS.intersection(parts)))):
            yield f"{first} {second}", word
