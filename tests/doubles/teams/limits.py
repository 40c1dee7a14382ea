"""Teams's limits of rate, on the double's clock: for each conversation, and for a company as a whole."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field

from tests.doubles.slack.clock import Clock

PER_CONVERSATION = ((1.0, 7), (2.0, 8), (30.0, 60), (3600.0, 1800))  # seconds, calls
PER_TENANT = ((1.0, 50),)


@dataclass(slots=True, eq=False)
class Limits:
    """Nothing is limited while `on` is False."""

    clock: Clock
    on: bool = False
    _seen: dict[tuple[str, ...], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def check(self, *, tenant: str, conversation: str) -> int | None:
        """Counts the call. Returns the seconds after which to come again when it is one too many."""
        if not self.on:
            return None
        now = self.clock.now()
        queues = (((tenant, conversation), PER_CONVERSATION), ((tenant,), PER_TENANT))
        for key, windows in queues:
            seen = self._seen[key]
            while seen and seen[0] <= now - windows[-1][0]:
                seen.popleft()
            for seconds, most in windows:
                recent = [at for at in seen if at > now - seconds]
                if len(recent) >= most:
                    return max(1, -int(-(recent[0] + seconds - now) // 1))
        for key, _ in queues:
            self._seen[key].append(now)
        return None
