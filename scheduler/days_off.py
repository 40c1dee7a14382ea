"""Public holidays, by country or part of one: the one place that knows their library.

A place is named as in ISO 3166: DE, or DE-BE for the days of Berlin. People may also write the English name of
a country, or the name of a part as it is called there: Bayern.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from datetime import date
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

from scheduler.tokens import quote

COUNTRY_REMEDY = "Write a country like DE, or a part of one like DE-BE or US-CA."

_SHORTEST_NAME = 4  # letters: what is shorter is mostly the code of one place and an abbreviation of another


def find_country(text: str) -> str | None:
    """The place as it is kept, or None if its holidays are not known: " de-be " is DE-BE, Germany DE, Bayern DE-BY."""
    name = text.strip()
    if name.casefold() in _parts_by_name():
        return _parts_by_name()[name.casefold()]
    code, _, part = name.upper().partition("-")
    found = _countries()
    if not part and name.casefold().replace(" ", "_") in COUNTRIES:
        code = COUNTRIES[name.casefold().replace(" ", "_")][1]
    if code not in found or (part and part not in {one.upper() for one in found[code]}):
        return None
    return f"{code}-{part}" if part else code


def unknown_place(text: str) -> str:
    """What to tell somebody who named a place of which `find_country` knows nothing."""
    return f"I know no public holidays of {quote(text)}."


def is_public_holiday(day: date, country: str | None) -> bool:
    """False where the place is not known. Some holidays are known only a few years ahead."""
    return country is not None and day in _holidays(country, day.year)


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=True)


@lru_cache(maxsize=1)
def _parts_by_name() -> dict[str, str]:
    """The parts of countries by their local names. A name of several parts, or of a country as well, names none."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for _, code, *_ in COUNTRIES.values():
        for part, names in getattr(holidays, code).get_subdivision_aliases().items():
            for name in names:
                found[name.casefold()].add(f"{code}-{part.upper()}")
    return {
        name: places.pop()
        for name, places in found.items()
        if len(places) == 1 and len(name) >= _SHORTEST_NAME and name.replace(" ", "_") not in COUNTRIES
    }


@lru_cache(maxsize=4096)
def _holidays(country: str, year: int) -> frozenset[date]:
    code, _, part = country.partition("-")
    parts = {one.upper(): one for one in _countries().get(code, ())}
    if code not in _countries() or (part and part not in parts):
        return frozenset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where it knows only some years: then the others have none
        return frozenset(holidays.country_holidays(code, subdiv=parts.get(part), years=year, expand=False))
