"""Teams's limits of rate, as paces. Pure.

Teams counts for each bot and conversation, in four windows at once, and for each bot and company. Of the four, the
second and the hour bind: what keeps to both keeps to those between.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.messages import Address, Pace

_TENANT_A_SECOND = 50
_AT_ONCE = 4
"""Of the 7 a second and 8 in two that Teams takes from one bot in one conversation."""
_A_HALF_MINUTE = 60
_AN_HOUR = 1800


def paces(to: Address, *, revising: bool) -> Sequence[Pace]:  # noqa: ARG001 — Teams counts both alike
    # What is for one person's eyes goes to their own conversation.
    where = f"@{to.person}" if to.person is not None else to.conversation
    bucket = f"{to.tenant}/{where}"
    return (
        Pace.at_most(_A_HALF_MINUTE, within=timedelta(seconds=30), burst=_AT_ONCE, bucket=bucket),
        Pace.at_most(_AN_HOUR, within=timedelta(hours=1), burst=120, bucket=f"{bucket}/hour"),
        Pace.at_most(_TENANT_A_SECOND, within=timedelta(seconds=1), bucket=to.tenant, wide=True),
    )
