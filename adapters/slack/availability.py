"""What Slack tells of somebody's being there: presence, do not disturb, and the status that they wrote. Pure.

Presence says little ("away" after ten minutes without a key pressed, or with the phone in a pocket). What people say of
themselves says more: Slack's own suggestions for leave and illness, and words that mean the same, count as being out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.slack.shapes import Person
from bot.messages import Availability, Presence

OUT_EMOJI = {":palm_tree:", ":face_with_thermometer:"}
"""Those that Slack itself suggests for "Vacationing" and "Out sick"."""
OUT_WORDS = re.compile(
    r"\b(?:ooo|o\.o\.o|pto|out of (?:the )?office|out (?:sick|ill)|off sick|vacationing"
    r"|on (?:my )?(?:annual |parental |maternity |paternity |sick |medical )?(?:leave|vacation|holidays?)"
    r"|im urlaub|krank|en vacances|en congé|de vacaciones|de baja|in ferie|de férias)\b",
    re.IGNORECASE,
)
LATEST = 32_503_680_000  # seconds since 1970: the year 3000; a later moment is a slip of somebody's


def read_status(person: Person, *, now: datetime) -> tuple[bool, datetime | None]:
    """Whether their status says that they are out, and until when, if it says that too."""
    profile = person.profile
    back_at = to_moment(profile.status_expiration)
    if back_at is not None and back_at <= now:
        return False, None
    if profile.status_emoji in OUT_EMOJI or OUT_WORDS.search(profile.status_text or ""):
        return True, back_at
    return False, None


def read_availability(
    presence: Mapping[str, Any], disturbing: Mapping[str, Any], status: tuple[bool, datetime | None], *, now: datetime
) -> Availability:
    """`presence` is what users.getPresence answers, `disturbing` what dnd.info does; empty where neither told."""
    out, back_at = status
    known = {"active": Presence.PRESENT, "away": Presence.AWAY}.get(str(presence.get("presence")), Presence.UNKNOWN)
    return Availability(
        presence=Presence.OUT if out else known,
        back_at=back_at,
        undisturbed_until=read_quiet(disturbing, now=now),
    )


def read_quiet(disturbing: Mapping[str, Any], *, now: datetime) -> datetime | None:
    ends: list[datetime] = []
    if disturbing.get("snooze_enabled"):
        ends += [end for end in [to_moment(disturbing.get("snooze_endtime"))] if end is not None]
    start, end = to_moment(disturbing.get("next_dnd_start_ts")), to_moment(disturbing.get("next_dnd_end_ts"))
    if disturbing.get("dnd_enabled") and start is not None and end is not None and start <= now:
        ends.append(end)
    return max((end for end in ends if end > now), default=None)


def to_moment(seconds: Any) -> datetime | None:
    """None for what is no time, and for Slack's zero."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 1 < seconds < LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)
