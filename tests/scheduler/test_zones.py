from __future__ import annotations

from zoneinfo import available_timezones

import pytest

from scheduler.zones import find_zone, name_zone


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        (" new  york ", "America/New_York"),
        ("Sao_Paulo", "America/Sao_Paulo"),
        ("UTC", "UTC"),
        ("Buenos Aires", None),  # two names are called so
        ("Atlantis", None),
        ("gmt+5", None),  # its sign is the other way round
        ("../etc/passwd", None),
        ("", None),
    ],
)
def test_a_zone_is_named_as_people_write_it(written: str, meant: str | None) -> None:
    assert name_zone(written) == meant


def test_every_zone_is_found_by_its_name_in_any_case() -> None:
    for name in available_timezones():
        assert find_zone(name) is not None
        assert name_zone(name.swapcase()) == name
