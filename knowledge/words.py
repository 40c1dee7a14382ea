"""Text → words: one reading of text for what is asked and for what is known, so that the two can meet.

Everything here takes any string at all, lone surrogates and control characters included, and raises nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

import tantivy

ANALYZER: tantivy.TextAnalyzer = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    .filter(tantivy.Filter.remove_long(64))  # bytes; what is longer is no word
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .filter(tantivy.Filter.stemmer("english"))
    .build()
)

_APOSTROPHES = re.compile(r"(?<=\w)['’‘ʼ`](?=\w)")
_MARKS = frozenset("'’‘ʼ`")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
# Scripts written without spaces: each character becomes a word, so that a part of a sentence can be found.
_UNSPACED = re.compile(r"([\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")
_LINK_TARGET = re.compile(r"\]\([^()\s]*(?:\s[^()]*)?\)|<?https?://[^\s<>)]+>?")
_AROUND = ' \t\r]*_)|"”'  # what Markdown and quotation put around a line
_SENTENCE_END = re.compile(r"\n+|(?<=[.!?;])\s+")


def plain(text: str, limit: int | None = None) -> str:
    """The text in one form: NFKC, case folded, control characters but line feeds as spaces, cut at `limit` characters.

    Apostrophes inside words vanish ("what's" and "whats" are one word).
    """
    text = text[:limit].encode("utf-8", "replace").decode()
    text = unicodedata.normalize("NFKC", text).casefold()
    if not _MARKS.isdisjoint(text):
        text = _APOSTROPHES.sub("", text)
    if not text.isascii():
        text = _UNSPACED.sub(r" \1 ", text)
    return _CONTROL.sub(" ", text)[:limit]


def without_link_targets(markdown: str) -> str:
    """Markdown with the addresses taken out and the words of the links kept: addresses are no language."""
    return _LINK_TARGET.sub("] ", markdown) if "](" in markdown or "://" in markdown else markdown


def stems(text: str) -> list[str]:
    """The English stems of the words of `plain` text, in order, with repetitions."""
    return ANALYZER.analyze(text)


@lru_cache(maxsize=8192)
def stems_of_short(text: str) -> tuple[str, ...]:
    """The stems of a title, a phrasing or a glossary term in any form. Remembers the last few thousand."""
    return tuple(stems(plain(text)))


def sentences(text: str) -> list[str]:
    """The lines and sentences of a text."""
    return [part for part in _SENTENCE_END.split(text) if part.strip()]


def listed_questions(text: str) -> list[str]:
    """The questions that stand in a text one below the other, a line each, so that no answer can stand between them.

    What follows the last of them may answer it.
    """
    lines = [line for line in (line.strip(_AROUND) for line in text.split("\n")) if line]
    asked = [line.endswith("?") for line in lines]
    ends = len(lines) - 1
    return [
        line
        for place, line in enumerate(lines)
        if asked[place] and (asked[place + 1] if place < ends else place > 0 and asked[place - 1])
    ]


def canonical(text: str) -> str:
    """One spelling for wordings that differ in case, punctuation, endings and spaces. Empty if there is no word."""
    return " ".join(stems_of_short(text))


def _stemmed(words: str) -> frozenset[str]:
    return frozenset(stems(plain(words)))


_CONTRACTIONS = """
    aint arent cant couldnt couldve didnt doesnt dont gonna gotta hadnt hasnt havent hes hows im isnt itd itll ive
    mustnt neednt shes shouldnt shouldve thatll thats theres theyd theyll theyre theyve wanna wasnt werent weve whats
    whens wheres whos wont wouldnt wouldve youd youll youre youve
    """
CONTRACTIONS = frozenset(_CONTRACTIONS.split())
"""Little words in which an apostrophe, a space or a letter was left out; few dictionaries have them."""

_AFTER_APOSTROPHE = ("ve", "re", "ll", "t", "d", "m", "s")


def _with_apostrophe(word: str) -> str:
    end = next((end for end in _AFTER_APOSTROPHE if word.endswith(end)), "")
    return f"{word.removesuffix(end)}'{end}" if end else word


APOSTROPHES: Mapping[str, str] = {word: _with_apostrophe(word) for word in CONTRACTIONS}
"""The same as they are printed: "don't" of "dont"."""

EMPTY_WORDS = _stemmed(
    """
    a about also am an and any anybody anyone are as at be because been being both but by can cannot could
    did do does doing done either else ever for from had has have having he hello her
    here hers hey hi him his how i id if ill in into is it its itself just let lets like may maybe me
    might mine must my myself no nor not now of ok okay on once or ought our ours please pls plz shall she should
    so some somebody someone such than thank thanks that the their them then there these they
    this those though to too us very was we well were what whatever when whenever where
    wherever whether which while who whoever whom whose why will with would yes yet you
    your yours yourself
    s t d ll re ve m
    """
    + _CONTRACTIONS
)
"""Stems that say nothing of the need. A question of these alone finds nothing."""

LIGHT_WORDS = _stemmed(
    """
    able above actually after again all allow allowed anything available before below best between bit come current
    currently detail does down during each everything exactly explain few find further get getting give go going good
    got happen help information know kind look lot made make many mean more most much need needed new off only other
    out over own people person possible provide put question quick really right same say see show something sort take
    tell thing think through time try under until up use used using want way work
    """
)
"""Stems that say little of the need: they weigh less than their rarity in a small collection would make them."""
