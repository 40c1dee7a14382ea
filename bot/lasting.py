"""What is loaded to stay is not looked through for garbage, time and again: with a great company that would stop the
event loop for a third of a second each time.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_loading = 0


@contextmanager
def lasting() -> Iterator[None]:
    """Within, nothing is looked through; what there is at the end never will be. It goes as ever when nothing refers to
    it any more: only a circle of objects that has become garbage by then would stay, so this is for what is rare.
    """
    global _loading  # noqa: PLW0603 — there is one collector in a process
    _loading += 1
    gc.disable()
    try:
        yield
    finally:
        _loading -= 1
        if not _loading:
            gc.collect(1)  # the young, which takes a moment
            gc.freeze()
            gc.enable()
