"""Processes that a test starts hold its pipe as their standard input: when the test is gone, however, so are they."""

from __future__ import annotations

import asyncio
import os
import threading


async def end_with_parent() -> None:
    """Returns when the parent has closed our standard input, or has died."""
    loop = asyncio.get_running_loop()
    closed = asyncio.Event()

    def read() -> None:
        while os.read(0, 1024):
            pass
        loop.call_soon_threadsafe(closed.set)

    threading.Thread(target=read, daemon=True).start()
    await closed.wait()
