"""Public holidays, by country or part of one: the one place that knows their library.

A place is named as in ISO 3166: DE, or DE-BE for the days of Berlin. People may also write the English name of
a country, or the name of a part as it is called there: Bayern. A part may stand beside its country: “Germany, Bayern”.
"""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache

import holidays
from holidays.registry import COUNTRIES

from scheduler.tokens import quote

COUNTRY_REMEDY = "Write a country like DE, or a part of one like DE-BE or US-CA."

_SHORTEST_NAME = 4  # letters: what is shorter is mostly the code of one place and an abbreviation of another
_MOST_WORDS = 12  # of a country and a part of it
_MOST_LISTED = 20  # parts of a country, in a sentence


def find_country(text: str) -> str | None:
    """The place as it is kept, or None if its holidays are not known: " de-be " is DE-BE, Germany DE, Bayern DE-BY."""
    name = text.strip()
    return _parts_by_name().get(name.casefold()) or _find_by_code(name) or _find_beside(name)


def _find_by_code(name: str) -> str | None:
    code, _, part = name.upper().partition("-")
    found = _countries()
    if not part:
        code = _codes_by_name().get(_bare(name), code)
    if code not in found or (part and part not in {one.upper() for one in found[code]}):
        return None
    return f"{code}-{part}" if part else code


def _find_beside(name: str) -> str | None:
    """A part that stands beside its country, on either side: “Germany, Bayern”, “California USA”, “US CA”."""
    for country, part in _halves(name):
        found = _find_by_code(country)
        if found is not None and "-" not in found and (code := _parts_of(found).get(part.casefold())):
            return f"{found}-{code}"
    return None


def _halves(name: str) -> Iterator[tuple[str, str]]:
    """Each way in which two names may stand there, both ways round."""
    words = name.replace(",", " ").split()[:_MOST_WORDS]
    for at in range(len(words) - 1, 0, -1):
        first, second = " ".join(words[:at]), " ".join(words[at:])
        yield first, second
        yield second, first


def unknown_place(text: str) -> str:
    """What to tell somebody who named a place of which `find_country` knows nothing."""
    for country, part in _halves(text):
        found = _find_by_code(country)
        if found is not None and len(country) >= _SHORTEST_NAME:
            parts = list(dict.fromkeys(_parts_of(found, named=True).values()))
            listed = ", ".join(parts[:_MOST_LISTED])
            if len(parts) > _MOST_LISTED:
                listed += " and others"
            known = f" Those I know are {listed}." if parts else ""
            return f"I know public holidays of {quote(country)}, but of no part of it called {quote(part)}.{known}"
    return f"I know no public holidays of {quote(text)}."


def is_public_holiday(day: date, country: str | None) -> bool:
    """False where the place is not known. Some holidays are known only a few years ahead."""
    return country is not None and day in _holidays(country, day.year)


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=True)


def _bare(name: str) -> str:
    """In one spelling: “Hong Kong”, “the United Kingdom”."""
    words = name.casefold().replace("_", " ").replace("-", " ").split()
    return "".join(words[1:] if words[:1] == ["the"] else words)


@lru_cache(maxsize=1)
def _codes_by_name() -> dict[str, str]:
    return {_bare(name): code for name, (_, code, *_) in COUNTRIES.items()}


@lru_cache(maxsize=256)
def _parts_of(country: str, *, named: bool = False) -> Mapping[str, str]:
    """A country's parts: its codes by each name in small letters; or `named`, the first name of each by its code."""
    if country not in _countries():
        return {}
    aliases = getattr(holidays, country).get_subdivision_aliases()
    if named:
        return {part.upper(): next(iter(names), part) for part, names in aliases.items()}
    codes = {part.casefold(): part.upper() for part in _countries()[country]}
    return {name.casefold(): part.upper() for part, names in aliases.items() for name in names} | codes


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
