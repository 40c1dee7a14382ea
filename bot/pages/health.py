"""Is it alive, is it ready, what does it count?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bot.store import Store

PATIENCE = 3.0
"""Seconds for the database to answer: less than any prober waits. A server that is cut off refuses nothing."""


def routes(store: Store, *, stopping: asyncio.Event) -> Iterable[web.RouteDef]:
    """`/healthz`: the process answers. `/readyz`: it can also store. `/metrics`: Prometheus."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_request: web.Request) -> web.Response:
        if stopping.is_set():
            return web.json_response({"status": "stopping"}, status=503)
        try:
            async with asyncio.timeout(PATIENCE):
                alive = await store.is_alive()
        except TimeoutError:
            alive = False
        if not alive:
            return web.json_response({"status": "database does not answer"}, status=503)
        return web.json_response({"status": "ready"})

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return (web.get("/healthz", healthz), web.get("/readyz", readyz), web.get("/metrics", metrics))
