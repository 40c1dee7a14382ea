"""How crowded a collection is: how near the nearest other aid comes to what an aid is about.

In a sparse collection whatever is asked about a topic finds the only aid on it, whether that answers or not, and far
ahead of all others. In a crowded one an aid that is near and ahead has left others behind that were near as well. So
the same signs mean more there, and one bound for both would be too loose for the one or too strict for the other.

It is measured without any judgement: some of the collection's own titles are asked as questions, each with its own aid
left out. Nothing that an asker may not see is looked at.
"""

from __future__ import annotations

import numpy as np

from knowledge.embedding import heading_of
from knowledge.features import compare, weigh
from knowledge.index import Index, View
from knowledge.question import understand
from knowledge.shard import Entry

TITLES = 64
"""So many are asked, evenly spread. With 200 no figure of the public sets moved by more than .005."""

_FOUND = 12  # snippets by words that a title is compared with
_USUAL, _HELD = 0.129, 8  # the mean over six collections, which counts for so many titles
_LEAST, _MOST = 0.06, 0.17  # what these six reach from: beyond it nothing is known of what it means


def crowd(view: View) -> float:
    """The mean likeness (`text_cosine`) of each title with what comes nearest to it, between .06 and .17.

    Each of the view's shards counts by its size. What has to be measured first takes some .2 s, and is kept with the
    shard until that has grown or shrunk by a quarter.
    """
    measured = [(size, value) for size, value in view.crowds(_measure) if size]
    whole = sum(size for size, _ in measured)
    return sum(size * value for size, value in measured) / whole if whole else _USUAL


def prepare(index: Index) -> None:
    """Measure what has to be, so that no question waits for it."""
    index.whole().crowds(_measure)


def _measure(view: View) -> float:
    """Of the view of one shard."""
    found = [_nearest(view, entry) for entry in view.sample(TITLES)]
    return float(np.clip((sum(found) + _HELD * _USUAL) / (len(found) + _HELD), _LEAST, _MOST))


def _nearest(view: View, own: Entry) -> float:
    title = heading_of(own.snippet.title) or own.snippet.title
    question = understand(title, view, ())
    if not question.units:
        return 0.0
    wanted = dict.fromkeys((*question.wanted, *question.typed))
    others = [entry for entry in view.candidates(wanted, _FOUND) if not _same(entry, own)]
    readings = [view.read(entry) for entry in others]
    asked = weigh(question, view, readings)
    compared = [compare(asked, entry, reading, view) for entry, reading in zip(others, readings, strict=True)]
    return max(compared, key=lambda one: one["words"])["text_cosine"] if compared else 0.0


def _same(entry: Entry, own: Entry) -> bool:
    """Whether both are of one aid, which answers its own titles."""
    return entry.number == own.number or bool(own.snippet.aid and entry.snippet.aid == own.snippet.aid)
