"""Talk in threads → evidence of who answers what, one message at a time, in the order it was said."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from knowledge.model import Evidence, EvidenceKind

_MOST_QUESTION = 2000  # characters of a question that its answers carry along

_ASKS = re.compile(
    r"\?|？|؟"
    r"|^\W*(?:how|what|when|where|which|who|why|can|could|does|do|is|are|should|has|have|any(?:one|body))\b"
    r"|\b(?:help|stuck|error|issue|problem|trouble|wonder(?:ing)?|fail(?:s|ed|ing)?)\b"
    r"|\b(?:not|n.?t) work(?:ing)?\b",
    re.IGNORECASE | re.MULTILINE,
)
_THANKS = re.compile(
    r"\b(?:thanks?|thank you|thx|cheers|that (?:worked|helped|fixed|did it)|works now)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One message as a channel's people saw it. `thread` is the first message's own id in a thread of its own."""

    author: str
    text: str
    at: datetime
    place: str
    thread: str


@dataclass(slots=True)
class _Thread:
    asker: str
    question: str
    answerers: list[str] = field(default_factory=list)  # in the order of their first reply
    thanked: set[str] = field(default_factory=set)


class Listener:
    """Reads along in channels where that is allowed, and says what each message shows.

    Who opens a thread asks, until somebody else replies; a reply is an answer. It keeps each thread's question and
    names, nothing else; `forget` a person who is erased.
    """

    def __init__(self) -> None:
        self._threads: dict[tuple[str, str], _Thread] = {}

    def hear(self, said: Utterance) -> tuple[Evidence, ...]:
        """What this message shows, given those before it."""
        thread = self._threads.get((said.place, said.thread))
        if thread is None:
            self._threads[said.place, said.thread] = _Thread(asker=said.author, question=said.text[:_MOST_QUESTION])
            return (_evidence(said, EvidenceKind.SPOKE, weight=0.5),)
        if said.author == thread.asker:
            return self._hear_asker(thread, said)
        if said.author in thread.answerers:
            return (_evidence(said, EvidenceKind.SPOKE),)
        thread.answerers.append(said.author)
        weight = 1.0 if _ASKS.search(thread.question) else 0.5
        return (_evidence(said, EvidenceKind.ANSWERED, about=thread.question, weight=weight),)

    def _hear_asker(self, thread: _Thread, said: Utterance) -> tuple[Evidence, ...]:
        if not thread.answerers:
            thread.question = f"{thread.question}\n{said.text}"[:_MOST_QUESTION]
        spoke = _evidence(said, EvidenceKind.SPOKE, weight=0.5)
        if not thread.answerers or not _THANKS.search(said.text):
            return (spoke,)
        helper = next((name for name in thread.answerers if f"@{name}" in said.text), thread.answerers[-1])
        if helper in thread.thanked:
            return (spoke,)
        thread.thanked.add(helper)
        thanked = Evidence(
            person=helper,
            kind=EvidenceKind.THANKED,
            text=thread.question,
            at=said.at,
            place=said.place,
            thread=said.thread,
        )
        return spoke, thanked

    def forget(self, person: str) -> None:
        """Drop the threads that a person opened and their name in all others."""
        self._threads = {key: thread for key, thread in self._threads.items() if thread.asker != person}
        for thread in self._threads.values():
            thread.thanked.discard(person)
            if person in thread.answerers:
                thread.answerers.remove(person)


def _evidence(said: Utterance, kind: EvidenceKind, *, about: str = "", weight: float = 1.0) -> Evidence:
    return Evidence(
        person=said.author,
        kind=kind,
        text=f"{about}\n{said.text}" if about else said.text,
        at=said.at,
        place=said.place,
        thread=said.thread,
        question=about or None,
        weight=weight,
    )
