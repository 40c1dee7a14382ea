"""Our Teams in a process of its own, with a crowd on it: it outlives every Lanyard it talks to. Prints its port.

python -m tests.doubles.wire_teams

Its people ask in channels of an open team, by name, so that each answer stands in the thread of its question; what
Lanyard is not sure of comes to the asker's own chat, with the question in it. Activities are signed, and delivered
again until they are acknowledged, now and then with a new id and time stamp as Teams does. Nothing can be read back on
Teams, so what may have arrived comes twice and says so. Beside `/control` of `wire_crowd` stands that of
`teams.control`.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from lanyard import sample_company
from tests.doubles.slack.clock import Clock
from tests.doubles.slack.faults import Wrong
from tests.doubles.teams.connector import Asked as Call
from tests.doubles.teams.control import control_routes
from tests.doubles.teams.double import Deed, Teams
from tests.doubles.teams.model import Message
from tests.doubles.wire_crowd import LONGEST_RETRY, QUESTIONS, RETRY_AFTER, Crowd, Fault, crowd_routes
from tests.doubles.wire_stdin import end_with_parent

CHANNELS = 12
"""So that the pace of a conversation, two posts a second, holds nothing up."""
REPEATED = "You may have had this before"
NEW_ID = 4  # of so many deliveries of the same one comes with a new id, …
WHILE = 15.0  # … if so few seconds have passed since the first
STATUSES = (502, 503, 504)
WRONGS = {
    Fault.TOO_MANY: Wrong.TOO_MANY,
    Fault.REFUSED: Wrong.REFUSED,
    Fault.FAILED: Wrong.FAILED,
    Fault.DROPPED: Wrong.DROPPED,
    Fault.CLOSED: Wrong.CLOSED,
    Fault.SLOW: Wrong.SLOW,
}
_CASE = re.compile(r"\(case (\d+)\)")


@dataclass(slots=True)
class Asked:
    root: str
    acknowledged: bool = False


class TeamsCrowd(Crowd):
    def __init__(self, teams: Teams) -> None:
        super().__init__()
        self._teams = teams
        self._asked: dict[int, Asked] = {}
        for persona in sample_company.personas():
            sender = persona.sender
            teams.add_user(sender.id, name=sender.name or sender.id, email=sender.email)
        self._people = [user.handle for user in teams.world.users.values()]
        team = teams.add_team("Copper Kettle", *self._people, channels=[f"floor-{n}" for n in range(CHANNELS)])
        for channel in team.channels:
            channel.bot = True
        teams.connector.told = self._hear

    def inject(self, shares: Mapping[Fault, float], chance: random.Random) -> None:
        self._teams.faults.shares = {WRONGS[fault]: share for fault, share in shares.items()}
        self._teams.faults.statuses = STATUSES
        self._teams.faults.chance = chance

    async def deliver(self, number: int) -> None:
        self._point(number)
        person = self._teams.user(self._people[number % len(self._people)])
        text = f"{QUESTIONS[number % len(QUESTIONS)]} (case {number})"
        deed = await person.says(f"floor-{number % CHANNELS}", text, mention=True)
        assert deed.message is not None
        asked = self._asked[number] = Asked(deed.message.id)
        await self._insist(deed, number)
        asked.acknowledged = True
        self.count("accepted")

    async def _insist(self, deed: Deed, number: int) -> None:
        wait, waited = RETRY_AFTER, 0.0
        times = 0
        while not deed.accepted:
            self.note("delivered again")
            await asyncio.sleep(wait)
            waited += wait
            wait = min(2 * wait, LONGEST_RETRY)
            times += 1
            self._point(number + times)
            new_id = waited < WHILE and times % NEW_ID == 0
            if new_id:
                self.note("with a new id")
            await self._teams.again(deed, new_id=new_id)

    def _point(self, number: int) -> None:
        if self.lanyards:
            self._teams.point_at(f"{self.lanyards[number % len(self.lanyards)]}/api/messages")

    def _hear(self, call: Call) -> None:
        said = call.took_effect and call.name == "send" and (call.given or {}).get("type") == "message"
        wrong = {fault for fault, wrong in WRONGS.items() if call.fault is not None and call.fault.wrong is wrong}
        self.count(*(["posts"] if said else []), *wrong)

    def tell(self) -> dict[str, Any]:
        numbers = {asked.root: number for number, asked in self._asked.items()}
        public: dict[int, list[bool]] = defaultdict(list)  # by question: does it say that it may be a repetition?
        private: dict[int, list[bool]] = defaultdict(list)
        strange = []
        for one in self._teams.messages():
            if one.author is not None:
                continue
            if one.conversation.kind == "channel" and one.thread in numbers:
                public[numbers[one.thread]].append(_is_marked(one))
            elif (case := _CASE.search(json.dumps(one.activity))) is not None:
                private[int(case[1])].append(_is_marked(one))
            else:
                strange.append(one.id)
        acknowledged = [number for number, asked in self._asked.items() if asked.acknowledged]
        told = {number: [*public[number], *private[number]] for number in acknowledged}
        return {
            "asked": len(self._asked),
            "acknowledged": len(acknowledged),
            "answered": sum(bool(replies) for replies in told.values()),
            "lost": [number for number, replies in told.items() if not replies],
            # A second time without a word about it.
            "doubled": [number for number, replies in told.items() if replies.count(False) > 1],
            "strange": strange,
            "private": sum(bool(private[number]) for number in acknowledged),
            "repeated": sum(len(replies) > 1 for replies in told.values()),
            "attempts": sum(len(one.attempts) for one in self._teams.deliveries),
        }


def _is_marked(message: Message) -> bool:
    return REPEATED in json.dumps(message.activity)


def more_routes(teams: Teams) -> web.RouteTableDef:
    routes = web.RouteTableDef()

    @routes.get("/control/environment")
    async def environment(_request: web.Request) -> web.Response:
        given = {name: value for name, value in teams.environment().items() if name != "LANYARD_PLATFORMS"}
        return web.json_response({"tenant": teams.tenant, "settings": given})

    return routes


async def main() -> None:
    teams = Teams(Clock(running=True))
    crowd = TeamsCrowd(teams)
    await teams.start(routes=[*control_routes(teams), *crowd_routes(crowd), *more_routes(teams)])
    print(teams.address.rpartition(":")[2], flush=True)  # noqa: T201 — the driver reads it
    await end_with_parent()
    await teams.stop()


if __name__ == "__main__":
    asyncio.run(main())
