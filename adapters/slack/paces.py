"""Slack's limits of rate, as paces. Pure.

Slack counts calls for each method and workspace; posts are counted for each conversation besides. Response addresses
have a limit of their own, of five uses, which `replies` keeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.messages import Address, Pace

POST, WHISPER, UPDATE = "chat.postMessage", "chat.postEphemeral", "chat.update"

_MINUTE = timedelta(minutes=1)
_POSTS = 525
"""A minute in one workspace, where Slack says "several hundred"."""
_POSTS_AT_ONCE = 25
_CONVERSATION = timedelta(seconds=1)
_CONVERSATION_AT_ONCE = 3
"""Slack grants "generous bursts" beyond one a second; an answer is seldom more than three messages."""
_TIERS = {UPDATE: 50, WHISPER: 100}
"""Calls a minute: tiers 3 and 4."""
_TIER_AT_ONCE = 5


def paces(to: Address, *, revising: bool) -> Sequence[Pace]:
    private = to.conversation is not None and to.person is not None
    if revising:
        return () if private else (_tier(to.tenant, UPDATE),)
    if private:
        return (_tier(to.tenant, WHISPER),)
    return (
        Pace(
            bucket=f"{to.tenant}/{POST}/{to.conversation or '@' + str(to.person)}",
            every=_CONVERSATION,
            burst=_CONVERSATION_AT_ONCE,
        ),
        Pace.at_most(_POSTS, within=_MINUTE, burst=_POSTS_AT_ONCE, bucket=f"{to.tenant}/{POST}", wide=True),
    )


def _tier(tenant: str, method: str) -> Pace:
    return Pace.at_most(_TIERS[method], within=_MINUTE, burst=_TIER_AT_ONCE, bucket=f"{tenant}/{method}", wide=True)
