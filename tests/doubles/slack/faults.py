"""What goes wrong with a call to the Web API: on demand, by chance, or because of Slack's own limits."""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tests.doubles.slack.clock import Clock


class Wrong(StrEnum):
    TOO_MANY = "ratelimited"
    REFUSED = "server error, not accepted"
    FAILED = "server error, accepted"
    DROPPED = "connection dropped, not accepted"
    CLOSED = "connection dropped, accepted"
    SLOW = "accepted, answered late"
    ERROR = "an error code of Slack's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `until` holds a slow answer back until it is set; without it the answer takes `seconds`.

    `met` is set once a call has met it, and a slow one has taken effect.
    """

    wrong: Wrong
    retry_after: int = 1  # seconds, of TOO_MANY
    status: int = 503  # of REFUSED and FAILED
    error: str = "internal_error"  # of ERROR
    seconds: float = 0.2
    until: asyncio.Event | None = None
    met: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True, eq=False)
class Faults:
    """`add` makes the next calls of a method go wrong, first in, first out; `shares` makes a share of all do."""

    queues: dict[str, deque[Fault]] = field(default_factory=lambda: defaultdict(deque))
    shares: Mapping[Wrong, float] = field(default_factory=dict)
    only: frozenset[str] | None = None  # methods that the shares are for; None: all
    statuses: tuple[int, ...] = (503,)  # of what goes wrong by its share
    chance: random.Random = field(default_factory=lambda: random.Random(0))

    def add(self, method: str, *faults: Fault | Wrong, times: int = 1) -> None:
        """`method` may be "*", for whichever comes next."""
        for fault in faults:
            whole = Fault(wrong=fault) if isinstance(fault, Wrong) else fault
            self.queues[method].extend([whole] * times)

    def draw(self, method: str) -> Fault | None:
        for name in (method, "*"):
            if self.queues.get(name):
                return self.queues[name].popleft()
        if self.only is not None and method not in self.only:
            return None
        drawn = self.chance.random()
        for wrong, share in self.shares.items():
            drawn -= share
            if drawn < 0:
                status = self.chance.choice(self.statuses) if len(self.statuses) > 1 else self.statuses[0]
                return Fault(wrong=wrong, status=status)
        return None

    def clear(self) -> None:
        self.queues.clear()
        self.shares = {}


@dataclass(slots=True, eq=False)
class Limits:
    """Slack's limits of rate, on the double's clock; nothing is limited while `on` is False.

    `per_minute` are the tiers; a method of the special tier "channel" may be called once a second for each channel,
    and `posts_per_minute` times for all of a workspace.
    """

    clock: Clock
    on: bool = False
    per_minute: dict[str, int] = field(default_factory=lambda: {"1": 1, "2": 20, "3": 50, "4": 100, "special": 600})
    posts_per_minute: int = 525
    _seen: dict[tuple[str, ...], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def check(self, *, workspace: str, method: str, tier: str, channel: str | None) -> int | None:
        """Counts the call. Returns the seconds after which to come again when it is one too many."""
        if not self.on:
            return None
        windows: list[tuple[tuple[str, ...], float, int]]
        if tier == "channel":
            windows = [
                ((workspace, method, channel or ""), 1.0, 1),
                ((workspace, method), 60.0, self.posts_per_minute),
            ]
        else:
            windows = [((workspace, method), 60.0, self.per_minute[tier])]
        now = self.clock.now()
        for key, window, most in windows:
            seen = self._seen[key]
            while seen and seen[0] <= now - window:
                seen.popleft()
            if len(seen) >= most:
                return max(1, -int(-(seen[0] + window - now) // 1))
        for key, _, _ in windows:
            self._seen[key].append(now)
        return None
