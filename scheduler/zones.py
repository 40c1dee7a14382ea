"""Time zones: by the name that IANA gives them, and as people write them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

ZONE_REMEDY = "Write it like Europe/Berlin or America/New_York."


def find_zone(name: str | None) -> ZoneInfo | None:
    """The time zone of an IANA name, or None if there is none of that name."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # what a bad key raises depends on how it is bad
        return None


def name_zone(text: str) -> str | None:
    """The IANA name of the zone that is meant: as it is written, in another case, or by its city where that is one's
    alone: berlin, New York. None where there is none, or several.
    """
    return text if find_zone(text) is not None else _written().get(" ".join(text.replace("_", " ").casefold().split()))


@lru_cache(maxsize=1)
def _written() -> Mapping[str, str]:
    names = {name.replace("_", " ").casefold(): name for name in available_timezones()}
    cities = Counter(written.rpartition("/")[2] for written in names)
    return names | {
        city: name
        for written, name in names.items()
        if cities[city := written.rpartition("/")[2]] == 1 and "/" in written and not written.startswith("etc/")
    }
