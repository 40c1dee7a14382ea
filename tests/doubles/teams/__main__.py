"""The Teams double alone, with the sample company in it. Prints its addresses, and then everything that happens.

python -m tests.doubles.teams [--port 9400] [--lanyard http://127.0.0.1:3978/api/messages]
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from bot.messages import Scope
from lanyard import sample_company
from tests.doubles.slack.clock import Clock
from tests.doubles.teams.connector import Asked
from tests.doubles.teams.control import control_routes
from tests.doubles.teams.double import Teams
from tests.doubles.teams.window import window_routes
from tests.doubles.wire_stdin import end_with_parent


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 — a program for people


def settle_in(teams: Teams) -> None:
    """The sample company: a team of everybody with its open channels, and a private channel for each closed one."""
    for persona in sample_company.personas():
        sender = persona.sender
        teams.add_user(
            sender.id,
            name=sender.name or sender.id.title(),
            email=sender.email,
            time_zone=sender.time_zone or "Europe/London",
            installed=False,
        )
    everybody = teams.add_team("Copper Kettle", *(user.handle for user in teams.world.users.values()))
    for channel in sample_company.channels():
        if channel.scope is Scope.CHANNEL:
            teams.add_channel(everybody, channel.name)
        else:
            teams.add_chat(*channel.members, name=channel.name, bot=False)


def tell_call(asked: Asked) -> None:
    say(f"← {asked.name} {asked.path} → {asked.status}")


async def main(given: argparse.Namespace) -> None:
    teams = Teams(Clock(running=True))
    teams.connector.told = tell_call
    settle_in(teams)
    await teams.start(given.port, routes=[*control_routes(teams), *window_routes(teams)])
    teams.point_at(given.lanyard)
    say(f"A Teams of our own runs at {teams.address}\n")
    say(f"  be one of its people   {teams.address}/")
    say(f"  drive it by JSON       {teams.address}/control/report  (verbs: tests/doubles/teams/control.py)")
    say(f"  activities go to       {given.lanyard}\n")
    say("Start Lanyard with:\n")
    for name, value in teams.environment().items():
        say(f"  export {name}='{value}'")
    say("\nThen install the app: press “Install the app everywhere” on the page.\n")
    try:
        if sys.stdin.isatty():
            await asyncio.Event().wait()
        else:
            await end_with_parent()
    finally:
        await teams.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9400)
    parser.add_argument("--lanyard", default="http://127.0.0.1:3978/api/messages", help="where its activities go")
    try:
        asyncio.run(main(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(0)
