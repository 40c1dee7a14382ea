"""What Lanyard's door for Slack is measured against: Slack's own library, with a listener that does nothing.

`python -m benchmarks.plain_bolt API_URL TOKEN SIGNING_SECRET` prints its port.
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.wire import tell_cost
from tests.doubles.wire_stdin import end_with_parent


async def main(api_url: str, token: str, secret: str) -> None:
    bolt = AsyncApp(signing_secret=secret, client=AsyncWebClient(token=token, base_url=api_url))

    @bolt.event("message")
    async def hear() -> None: ...

    async def post(request: web.Request) -> web.Response:
        response: web.Response = await to_aiohttp_response(await bolt.async_dispatch(await to_bolt_request(request)))
        return response

    app = web.Application()
    app.add_routes([web.post("/slack/events", post), web.get("/wire/cost", tell_cost)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await end_with_parent()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
