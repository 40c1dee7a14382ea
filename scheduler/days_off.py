"""Public holidays, by country or part of one: the one place that knows their library.

A place is named as in ISO 3166: DE, or DE-BE for the days of Berlin. People may also write the country's English name.
"""

from __future__ import annotations

import warnings
from datetime import date
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

COUNTRY_REMEDY = "Write a country like DE, or a part of one like DE-BE or US-CA."


def find_country(text: str) -> str | None:
    """The place as it is kept, or None if its holidays are not known: " de-be " is DE-BE, Germany is DE."""
    name = text.strip()
    code, _, part = name.upper().partition("-")
    found = _countries()
    if not part and name.casefold().replace(" ", "_") in COUNTRIES:
        code = COUNTRIES[name.casefold().replace(" ", "_")][1]
    if code not in found or (part and part not in {one.upper() for one in found[code]}):
        return None
    return f"{code}-{part}" if part else code


def is_public_holiday(day: date, country: str | None) -> bool:
    """False where the place is not known. Some holidays are known only a few years ahead."""
    return country is not None and day in _holidays(country, day.year)


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=True)


@lru_cache(maxsize=4096)
def _holidays(country: str, year: int) -> frozenset[date]:
    code, _, part = country.partition("-")
    parts = {one.upper(): one for one in _countries().get(code, ())}
    if code not in _countries() or (part and part not in parts):
        return frozenset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where it knows only some years: then the others have none
        return frozenset(holidays.country_holidays(code, subdiv=parts.get(part), years=year, expand=False))
