"""The Slack double alone, with the sample company in it. Prints its addresses, and then everything that happens.

python -m tests.doubles.slack [--port 9300] [--lanyard http://127.0.0.1:8080/slack/events] [--socket] [--oauth]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from urllib.parse import urlsplit

from adapters.slack.manifest import build_manifest
from bot.messages import Scope
from lanyard import sample_company
from tests.doubles.slack.api import Asked
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.control import control_routes
from tests.doubles.slack.double import Slack
from tests.doubles.slack.window import window_routes
from tests.doubles.wire_stdin import end_with_parent


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 — a program for people


def settle_in(slack: Slack, *, oauth: bool) -> None:
    """The sample company's people and channels, and the app among them unless it comes by OAuth."""
    slack.add_team("Copper Kettle")
    for persona in sample_company.personas():
        sender = persona.sender
        slack.add_user(
            sender.id,
            real_name=sender.name or sender.id.title(),
            email=sender.email,
            tz=sender.time_zone or "Europe/London",
            is_admin=persona.badge == "Administrator",
        )
    for channel in sample_company.channels():
        slack.add_channel(channel.name, *channel.members, private=channel.scope is Scope.PRIVATE)
    slack.installer = slack.user(next(iter(slack.team.users)))
    if not oauth:
        slack.install()


def tell_call(asked: Asked) -> None:
    words = {key: asked.args[key] for key in ("channel", "user", "text", "trigger_id") if key in asked.args}
    outcome = "ok" if asked.answer and asked.answer.get("ok") else asked.error or asked.status
    say(f"← {asked.method} {words} → {outcome}")


async def main(given: argparse.Namespace) -> None:
    slack = Slack(Clock(running=True))
    lanyard = given.lanyard.removesuffix("/slack/events")
    slack.app.configure(build_manifest(url=lanyard, socket=given.socket, many=given.oauth))
    slack.api.told = tell_call
    settle_in(slack, oauth=given.oauth)
    await slack.start(given.port, routes=[*control_routes(slack), *window_routes(slack)])
    slack.point_at(given.lanyard)
    say(f"A Slack of our own runs at {slack.address}\n")
    say(f"  be one of its people   {slack.address}/")
    say(f"  drive it by JSON       {slack.address}/control/report  (verbs: tests/doubles/slack/control.py)")
    say(f"  events go to           {'Socket Mode' if given.socket else given.lanyard}\n")
    say("Start Lanyard with:\n")
    settings = {"LANYARD_PLATFORMS": "slack", "LANYARD_PORT": str(urlsplit(lanyard).port or 80)} | slack.environment()
    if given.oauth:
        settings |= {"LANYARD_URL": lanyard, "LANYARD_ENCRYPTION_KEYS": "$(lanyard keys new)"}
    for name, value in settings.items():
        say(f"  export {name}={value}")
    if given.oauth:
        say(f"\nThen install it: {lanyard}/slack/install")
    say("")
    try:
        if sys.stdin.isatty():
            await asyncio.Event().wait()
        else:
            await end_with_parent()
    finally:
        await slack.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9300)
    parser.add_argument("--lanyard", default="http://127.0.0.1:8080/slack/events", help="where its events go")
    parser.add_argument("--socket", action="store_true", help="Socket Mode instead of HTTP")
    parser.add_argument("--oauth", action="store_true", help="the app is not installed yet")
    try:
        asyncio.run(main(parser.parse_args()))
    except KeyboardInterrupt:
        sys.exit(0)
