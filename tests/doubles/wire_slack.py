"""Our Slack in a process of its own, with a crowd on it: it outlives every Lanyard it talks to. Prints its port.

python -m tests.doubles.wire_slack [--socket]

Its people ask in channels, by name, so that each answer stands in the thread of its question; what Lanyard is not sure
of it says to the asker's eyes alone, in the same thread. Events are signed, come twice (`app_mention` and `message`),
and are delivered again until they are acknowledged. Beside `/control` of `wire_crowd` stands that of `slack.control`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from lanyard import sample_company
from tests.doubles.slack.api import Asked as Call
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.control import control_routes
from tests.doubles.slack.double import Slack
from tests.doubles.slack.faults import Wrong
from tests.doubles.slack.person import Deed
from tests.doubles.wire_crowd import LONGEST_RETRY, QUESTIONS, RETRY_AFTER, Crowd, Fault, crowd_routes
from tests.doubles.wire_stdin import end_with_parent

CHANNELS = 40
"""So that the pace of a channel, one post a second, holds nothing up."""
REPEATED = "You may have had this before"
WRONGS = {
    Fault.TOO_MANY: Wrong.TOO_MANY,
    Fault.REFUSED: Wrong.REFUSED,
    Fault.FAILED: Wrong.FAILED,
    Fault.DROPPED: Wrong.DROPPED,
    Fault.CLOSED: Wrong.CLOSED,
    Fault.SLOW: Wrong.SLOW,
}
LOOKS = {"conversations.replies", "conversations.history"}


@dataclass(slots=True)
class Asked:
    channel: str
    ts: str
    acknowledged: bool = False


class SlackCrowd(Crowd):
    def __init__(self, slack: Slack) -> None:
        super().__init__()
        self._slack = slack
        self._people = [persona.sender.id for persona in sample_company.personas()]
        self._asked: dict[int, Asked] = {}
        slack.add_team("Copper Kettle")
        for persona in sample_company.personas():
            sender = persona.sender
            slack.add_user(sender.id, real_name=sender.name or sender.id, email=sender.email, tz=sender.time_zone)
        for number in range(CHANNELS):
            slack.add_channel(f"floor-{number}", *self._people)
        slack.install()
        slack.api.told = self._hear

    def inject(self, shares: Mapping[Fault, float], chance: random.Random) -> None:
        self._slack.faults.shares = {WRONGS[fault]: share for fault, share in shares.items()}
        self._slack.faults.chance = chance

    async def deliver(self, number: int) -> None:
        self._slack.point_at(*(f"{address}/slack/events" for address in self.lanyards))
        channel = f"floor-{number % CHANNELS}"
        person = self._slack.user(self._people[number % len(self._people)])
        deed = await person.says(channel, QUESTIONS[number % len(QUESTIONS)], mention=True)
        asked = self._asked[number] = Asked(self._slack.world.channel(channel).id, deed.ts)
        await self._insist(deed)
        asked.acknowledged = True
        self.count("accepted")

    async def _insist(self, deed: Deed) -> None:
        wait = RETRY_AFTER
        while not deed.accepted:
            self.note("delivered again")
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_RETRY)
            self._slack.point_at(*(f"{address}/slack/events" for address in self.lanyards))
            await self._slack.again(deed, reason="connection_failed")

    def _hear(self, call: Call) -> None:
        said = call.took_effect and call.method in {"chat.postMessage", "chat.postEphemeral"}
        wrong = {fault for fault, wrong in WRONGS.items() if call.fault is not None and call.fault.wrong is wrong}
        looked = call.method in LOOKS
        found = looked and any(message.get("metadata") for message in (call.answer or {}).get("messages", ()))
        self.count(
            *(["posts"] if said else []),
            *(["looked for"] if looked else []),
            *(["found"] if found else []),
            *wrong,
        )

    def tell(self) -> dict[str, Any]:
        app = self._slack.app.id
        channels = list(self._slack.team.channels.values())
        public = Counter(
            (channel.id, one.thread_ts) for channel in channels for one in channel.messages if one.app_id == app
        )
        private: dict[tuple[str, str | None], list[bool]] = {}  # by thread: does it say that it may be a repetition?
        for channel in channels:
            for one in channel.ephemerals:
                marked = REPEATED in json.dumps(one.blocks)
                private.setdefault((channel.id, one.thread_ts), []).append(marked)
        acknowledged = {number: (one.channel, one.ts) for number, one in self._asked.items() if one.acknowledged}
        asked = {(one.channel, one.ts) for one in self._asked.values()}
        answered = [thread for thread in acknowledged.values() if public[thread] or thread in private]
        return {
            "asked": len(self._asked),
            "acknowledged": len(acknowledged),
            "answered": len(answered),
            "lost": [number for number, thread in acknowledged.items() if not public[thread] and thread not in private],
            # In public, or in public and in private; or in private a second time without a word about it.
            "doubled": [
                number
                for number, thread in acknowledged.items()
                if public[thread] > 1
                or (public[thread] and thread in private)
                or private.get(thread, []).count(False) > 1
            ],
            "strange": [str(thread) for thread in {*public, *private} - asked],
            "private": sum(thread in private for thread in acknowledged.values()),
            "repeated": sum(len(private.get(thread, ())) > 1 for thread in acknowledged.values()),
            "attempts": sum(len(one.attempts) for one in self._slack.deliveries),
        }


def more_routes(slack: Slack) -> web.RouteTableDef:
    routes = web.RouteTableDef()

    @routes.get("/control/environment")
    async def environment(_request: web.Request) -> web.Response:
        given = {name.lower(): value for name, value in slack.environment().items()}
        if slack.app.socket_mode:
            given["slack_signing_secret"] = ""
        return web.json_response({"tenant": slack.team.id, "settings": given})

    return routes


async def main(*, socket: bool) -> None:
    slack = Slack(Clock(running=True))
    slack.app.socket_mode = socket
    crowd = SlackCrowd(slack)
    await slack.start(routes=[*control_routes(slack), *crowd_routes(crowd), *more_routes(slack)])
    print(slack.address.rpartition(":")[2], flush=True)  # noqa: T201 — the driver reads it
    await end_with_parent()
    await slack.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", action="store_true", help="Socket Mode instead of HTTP")
    asyncio.run(main(socket=parser.parse_args().socket))
