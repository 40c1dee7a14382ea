"""Whether something is already known: the same need, told again."""

from __future__ import annotations

from math import sqrt

from rapidfuzz import fuzz

from knowledge.index import Index, Reading, read
from knowledge.model import Match, Snippet
from knowledge.words import EMPTY_WORDS, canonical, plain

_CANDIDATES = 20
_QUERY_WORDS = 40
NEAR = 0.72
"""Likeness from which two snippets are worth a person's look."""


def near_duplicates(
    snippet: Snippet, index: Index, *, grants: frozenset[str], limit: int = 3, near: float = NEAR
) -> tuple[Match, ...]:
    """The visible snippets of other aids that say nearly the same, likest first; `score` is the likeness, 0 … 1.

    It is the greater of two: how alike the titles and wordings are, and how much of the shorter text stands in the
    other, each helped a little by the other.
    """
    view = index.view(grants)
    mine = read(snippet)
    by_rarity = sorted(mine.counts.keys() - EMPTY_WORDS, key=lambda stem: (-view.rarity(view.frequency(stem)), stem))
    known = [stem for stem in by_rarity if view.frequency(stem)]
    wanted = list(dict.fromkeys([*(stem for stem in sorted(mine.title) if stem not in EMPTY_WORDS), *known]))
    found = []
    for entry in view.candidates(wanted[:_QUERY_WORDS], _CANDIDATES):
        other = entry.snippet
        if other.id == snippet.id or (snippet.aid and other.aid == snippet.aid):
            continue
        title = _wordings_alike(snippet, other)
        text = _texts_alike(mine, view.read(entry))
        score = min(1.0, max(0.8 * title + 0.2 * text, 0.25 * title + 0.75 * text))
        if score >= near:
            found.append(Match(snippet=other, score=score, features={"title": title, "text": text}))
    return tuple(sorted(found, key=lambda match: (-match.score, match.snippet.id))[:limit])


def _wordings_alike(one: Snippet, other: Snippet) -> float:
    return max(
        fuzz.token_sort_ratio(_said(mine), _said(theirs)) / 100
        for mine in (one.title, *one.phrasings)
        for theirs in (other.title, *other.phrasings)
    )


def _said(wording: str) -> str:
    said = " ".join(stem for stem in canonical(wording).split() if stem not in EMPTY_WORDS)
    return said or plain(wording)


def _texts_alike(one: Reading, other: Reading) -> float:
    """Share of the shorter snippet's words that the other has, each counted as often as both have it."""
    mine = {stem: count for stem, count in one.counts.items() if stem not in EMPTY_WORDS}
    theirs = {stem: count for stem, count in other.counts.items() if stem not in EMPTY_WORDS}
    shared = sum(min(count, theirs.get(stem, 0)) for stem, count in mine.items())
    fewest, most = sorted((sum(mine.values()), sum(theirs.values())))
    if not fewest:
        return 0.0
    # A few words are found in any long text: being contained counts only as far as the lengths are comparable.
    return shared / fewest * min(1.0, sqrt(3 * fewest / most))
