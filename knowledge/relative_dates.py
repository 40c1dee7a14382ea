"""Words that mean another day each time they are read."""

from __future__ import annotations

import re

_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"

RELATIVE = re.compile(
    rf"\b(?:yesterday|tomorrow|today|tonight|this (?:morning|afternoon|evening|week|month|quarter|year|{_WEEKDAY})"
    rf"|(?:last|next) (?:night|week|month|quarter|year|{_WEEKDAY})"
    r"|(?:a few|some|\d+|two|three) (?:days|weeks|months) ago"
    r"|at the moment|right now|recently|soon)\b",
    re.IGNORECASE,
)
