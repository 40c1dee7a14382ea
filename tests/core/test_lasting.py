"""What is loaded to stay is left alone by the collector, and the collector works as before."""

from __future__ import annotations

import gc
import weakref

import pytest

from bot.lasting import lasting


class Circle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> None:
    gc.unfreeze()


def test_what_is_there_at_the_end_is_not_looked_through_again() -> None:
    before = gc.get_freeze_count()
    with lasting():
        assert not gc.isenabled()
        kept = [[number] for number in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    gc.unfreeze()


def test_several_at_once_end_with_the_last_and_a_fault_ends_it_too() -> None:
    with lasting():
        with pytest.raises(ZeroDivisionError), lasting():
            raise ZeroDivisionError
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()


def test_what_became_garbage_within_is_gone_and_so_is_what_does_afterwards() -> None:
    with lasting():
        within = weakref.ref(Circle())
    assert within() is None
    after = weakref.ref(Circle())
    gc.collect()
    assert after() is None
    gc.unfreeze()
