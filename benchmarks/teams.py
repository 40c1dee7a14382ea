"""What an activity of Teams costs until it is verified and understood: `python -m benchmarks.teams`.

Beside Lanyard stands the Bot Framework's own `CloudAdapter` (its base, which is all but the HTTP), in the same run.
Both get the same bytes and the same signed tokens of the double's connector, and hand what they made of them to a bot
that does nothing. "Processor" is all the processor time of this process, user and system, divided by the activities;
no HTTP is in it. A token serves for an hour, so "one token" is how activities come; "a new token each" is the dearest
case.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import resource
import statistics
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from adapters.teams import TeamsPlatform, connect
from adapters.teams.shapes import Activity, parse
from bot.messages import Inbound
from tests.adapters.teams.harness import cloud_of, secret_of
from tests.doubles.teams.double import Teams, open_teams
from tests.doubles.teams.shapes import envelope, write

ROUNDS = 5
TEXT = "How much may I refund without approval when the receipt is lost and the goods were used?"

Handle = Callable[[bytes, str], Awaitable[None]]


def processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def make_body(teams: Teams, number: int) -> bytes:
    alice = teams.user("alice")
    words = write(teams.world, TEXT, alice.direct())
    activity = envelope(teams.world, "message", alice.direct(), alice.user, service_url=teams.connector.service_url) | {
        "id": str(1_795_000_000_000 + number),
        "text": words.text,
        "textFormat": "plain",
    }
    activity["attachments"] = [{"contentType": "text/html", "content": words.html}]
    return json.dumps(activity).encode()


def lanyard(platform: TeamsPlatform) -> Handle:
    async def nothing(_heard: Inbound) -> None: ...

    platform.bind(nothing)
    verifier, front = platform._routes._verifier, platform._front  # noqa: SLF001 — what is measured is inside
    assert verifier is not None

    async def handle(body: bytes, authorization: str) -> None:
        claims = await verifier.check_token(authorization)
        activity = parse(Activity, body)
        verifier.check_activity(claims, activity)
        reply = await front.activity(activity)
        assert reply.status == 200, reply

    return handle


def stock(teams: Teams) -> Handle:
    from botbuilder.core import CloudAdapterBase, TurnContext
    from botbuilder.schema import Activity as StockActivity
    from botframework.connector.auth import (
        AuthenticationConfiguration,
        BotFrameworkAuthenticationFactory,
        ChannelValidation,
        PasswordServiceClientCredentialFactory,
    )

    ChannelValidation.open_id_metadata_endpoint = teams.address + "/v1/.well-known/openidconfiguration"
    credentials = PasswordServiceClientCredentialFactory(teams.app.id, teams.app.secret)
    authentication = BotFrameworkAuthenticationFactory.create(
        credential_factory=credentials, auth_configuration=AuthenticationConfiguration()
    )
    adapter = CloudAdapterBase(authentication)

    async def bot(_context: TurnContext) -> None: ...

    async def handle(body: bytes, authorization: str) -> None:
        await adapter.process_activity(authorization, StockActivity().deserialize(json.loads(body)), bot)

    return handle


async def measure(handle: Handle, bodies: list[bytes], tokens: list[str]) -> list[float]:
    """Seconds of processor an activity, once for each round."""
    await handle(bodies[0], f"Bearer {tokens[0]}")  # fetches the keys
    found = []
    given = itertools.cycle(tokens)
    for _ in range(ROUNDS):
        began = processor_time()
        for body in bodies:
            await handle(body, f"Bearer {next(given)}")
        found.append((processor_time() - began) / len(bodies))
    return found


@asynccontextmanager
async def open_apart() -> AsyncIterator[Teams]:
    """The double in a thread and event loop of its own: the SDK fetches its keys by a call that blocks ours."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="teams double")
    thread.start()
    double = open_teams(running=True)  # the SDK goes by the real clock
    teams = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(double.__aenter__(), loop))
    try:
        yield teams
    finally:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(double.__aexit__(None, None, None), loop))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def run(count: int, console: Console) -> None:
    async with open_apart() as teams:
        teams.add_user("alice", name="Alice Berg")
        bodies = [make_body(teams, number) for number in range(count)]
        claims = teams.keys.claims(teams.connector.service_url)
        one = [teams.keys.sign(claims)]
        several = [teams.keys.sign(claims | {"jti": str(number)}) for number in range(count * ROUNDS)]
        platform = connect(
            now=lambda: datetime.now(UTC), app_id=teams.app.id, proof=secret_of(teams), cloud=cloud_of(teams)
        )
        await platform.start()
        table = Table(title=f"One activity, verified and understood ({count} × {ROUNDS})")
        table.add_column("adapter")
        for column in ("tokens", "processor, µs each", "worst round"):
            table.add_column(column, justify="right")
        medians: dict[tuple[str, str], float] = {}
        for name, handle in (("Lanyard's", lanyard(platform)), ("Bot Framework's CloudAdapter", stock(teams))):
            for kind, tokens in (("one token", one), ("a new token each", several)):
                found = await measure(handle, bodies, tokens)
                medians[name, kind] = statistics.median(found)
                table.add_row(name, kind, f"{1e6 * statistics.median(found):,.0f}", f"{1e6 * max(found):,.0f}")
        await platform.stop()
    console.print(table)
    mine, theirs = medians["Lanyard's", "one token"], medians["Bot Framework's CloudAdapter", "one token"]
    console.print(f"Lanyard's costs {mine * 1e3:.2f} ms an activity (aim: under 0.5), {theirs / mine:.0f} times less.")


def main(*arguments: str) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=400, help="activities a round")
    given = parser.parse_args(arguments or None)
    asyncio.run(run(given.count, Console()))


if __name__ == "__main__":
    main()
