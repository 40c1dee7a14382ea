"""Remarks → who answered what, by the very rules of listening; a thread is told of once it is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.journeys.overhearing import ASKED, SHORTEST_ANSWER, THANKS, asked_and_answered
from bot.rounds import TALK_KEPT
from bot.store.channels import LONGEST_TALK
from knowledge.listening import ENOUGH, asks, own_words
from knowledge.model import EvidenceKind
from lanyard.past.model import Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Evidence of somebody by their platform's id."""

    author: str
    kind: EvidenceKind
    channel: str
    thread: str
    text: str
    at: datetime
    weight: float
    closed: bool


@dataclass(slots=True)
class _Talk:
    asker: str
    text: str
    begun: datetime
    weight: float | None = None  # of its answers, once there is one
    answered_by: str | None = None
    answers: dict[str, Shown] = field(default_factory=dict)
    thanks: Shown | None = None


class Pairing:
    """Holds the threads of a fortnight, as listening does: who replies later is not heard."""

    def __init__(self) -> None:
        self._talks: dict[tuple[str, str], _Talk] = {}
        self.threads = 0

    def hear(self, said: Remark) -> Iterator[Shown]:
        """What the threads show that are over by now. `said` is not before what was heard of its channel."""
        where = (said.channel, said.thread)
        text = own_words(said.text).strip()
        talk = self._talks.get(where)
        if said.opens:
            if talk is None:
                self._talks[where] = _Talk(said.author, text[:LONGEST_TALK], said.at)
                self.threads += 1
        elif talk is not None and talk.text and said.at < talk.begun + TALK_KEPT:
            _reply(talk, said, text)
        yield from self._let_go(said)

    def end(self) -> Iterator[Shown]:
        """What the rest shows."""
        for talk in self._talks.values():
            yield from _shown(talk)
        self._talks.clear()

    def _let_go(self, said: Remark) -> Iterator[Shown]:
        # What stands first was begun first, or in a channel that was read to its end.
        while self._talks:
            oldest = next(iter(self._talks))
            if abs(said.at - self._talks[oldest].begun) < TALK_KEPT:
                return
            yield from _shown(self._talks.pop(oldest))


def _reply(talk: _Talk, said: Remark, text: str) -> None:
    if said.author == talk.asker:
        if talk.answered_by is not None and talk.thanks is None and THANKS.search(text):
            talk.thanks = _piece(said, talk.answered_by, EvidenceKind.THANKED, talk.text, weight=1.0)
        return
    at_length = len(text.split()) >= SHORTEST_ANSWER
    if at_length or talk.answered_by is None:
        talk.answered_by = said.author
    if at_length:
        if talk.weight is None:
            talk.weight = ASKED if asks(talk.text) >= ENOUGH else ASKED / 2
        piece = _piece(said, said.author, EvidenceKind.SPOKE, asked_and_answered(talk.text, text), weight=talk.weight)
        before = talk.answers.get(said.author)  # said again, it is of the first time, in the words of the last
        talk.answers[said.author] = piece if before is None else replace(piece, at=before.at)


def _piece(said: Remark, author: str, kind: EvidenceKind, text: str, *, weight: float) -> Shown:
    return Shown(
        author=author,
        kind=kind,
        channel=said.channel,
        thread=said.thread,
        text=text,
        at=said.at,
        weight=weight,
        closed=said.closed,
    )


def _shown(talk: _Talk) -> Iterator[Shown]:
    yield from talk.answers.values()
    if talk.thanks is not None:
        yield talk.thanks
