"""Two companies on one Lanyard, through Slack's wire: whatever one sends, no word of the other comes back.

Somebody of the second company walks through every command, every press and every form, with the ids of the first.
"""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from bot.journeys import COMMANDS, PRESSES, SUBMISSIONS
from knowledge.model import JobAid
from tests.doubles.slack.delivery import Delivery
from tests.doubles.slack.model import User
from tests.install.conftest import Many
from tests.store.test_two_workspaces import _rows_of

SECRET = "Heron slider LK-40718"
ASKED = "Where do we keep the heron sliders?"
IDS = ("1", "2", "1.0", "1.1", "2.1", "")
WORDS = ("", "#1", "1", ASKED, 'show "Herons"', "list", "topics", "gaps", "settings", "home", "help")
MACHINERY = {"outbox"}  # the second company's walk may well send what the first had waiting


async def fill(many: Many, amara: User) -> int:
    """The first company has an aid, an answered question, and a campaign."""
    workspace = await many.store.workspace_of("slack", amara.team.id)
    assert workspace is not None
    async with many.store.transaction(workspace, now=many.now()) as tx:
        aid = JobAid(key="herons", title="Where heron sliders are kept", body=f"{ASKED} Take the {SECRET}.")
        await tx.put_aid(aid, by=None, source="import")
    answered = await many.asks(amara, ASKED)
    assert any(SECRET in seen.text for seen in answered), "the first company itself is not answered"
    await many.slack.user(amara.id).command("/nudge", 'new "Herons" to everyone: tip "' + SECRET + '"')
    await many.settle()
    return workspace


async def send(many: Many, who: User, kind: str, **members: Any) -> Delivery:
    payload = {
        "type": kind,
        "user": {"id": who.id, "team_id": who.team.id},
        "team": {"id": who.team.id, "domain": who.team.domain},
        "api_app_id": many.slack.app.id,
        "trigger_id": many.slack.world.new_trigger(who),
    }
    delivery = many.slack.mail.send("interactive", payload | members)
    await delivery.tried.wait()
    assert delivery.status is not None
    assert delivery.status < 500, (kind, members)
    return delivery


async def test_no_word_of_one_company_reaches_the_other_by_any_verb(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    _, (bo,) = many.add("Blue Lamp", "bo")
    await many.install(amara)
    await many.install(bo)
    first = await fill(many, amara)
    before = await _rows_of(many.store, first)
    posts = len(many.slack.world.channel(many.slack.user(amara.id).direct()).messages)
    person = many.slack.user(bo.id)
    said = await person.dm("Hello")
    await many.settle()
    direct = person.direct().id
    theirs = many.slack.user(amara.id).direct()
    numbers = itertools.count(1)
    walk: list[tuple[str, str, str]] = [("press", verb, value) for verb in PRESSES for value in IDS]
    walk += [("submit", verb, value) for verb in SUBMISSIONS for value in IDS]
    walk += [("command", f"/{name}", text) for name in COMMANDS for text in WORDS]
    walk += [("say", "", text) for text in WORDS if text]
    random.Random(11).shuffle(walk)
    deliveries: list[Delivery] = []
    for kind, verb, value in walk:
        match kind:
            case "press":
                # On a message of their own, and on one of the other company's.
                place, ts = (direct, said.ts) if next(numbers) % 2 else (theirs.id, theirs.messages[-1].ts)
                action = {"type": "button", "action_id": f"0:{verb}", "value": value, "action_ts": f"{next(numbers)}.1"}
                container = {"type": "message", "message_ts": ts, "channel_id": place}
                members = {"actions": [action], "container": container, "channel": {"id": place}}
                deliveries.append(await send(many, bo, "block_actions", **members))
            case "submit":
                remembered = json.dumps([value, direct, "direct", "", None, False])
                view = {"id": f"V{next(numbers)}", "hash": "1", "callback_id": verb, "private_metadata": remembered}
                deliveries.append(await send(many, bo, "view_submission", view=view))
            case "command":
                deliveries += (await person.command(verb, value)).deliveries if _known(many, verb) else []
            case _:
                await person.dm(value)
        await many.settle()
    await person.opens_home()
    await many.settle()

    statuses = [delivery.status for delivery in deliveries]
    assert statuses.count(200) > len(statuses) // 2, "the walk was refused at the door, and showed nothing"
    heard = [attempt.body for delivery in deliveries for attempt in delivery.attempts]
    heard += [seen.text for seen in person.reads()]
    heard += [json.dumps(view.given) for view in many.slack.world.views()]
    assert len(heard) > len(walk) // 2
    assert [words for words in heard if "slider" in words.replace(ASKED, "").lower()] == []
    after = await _rows_of(many.store, first)
    assert {name for name in before if before[name] != after[name]} - MACHINERY == set()
    assert len(theirs.messages) == posts


def _known(many: Many, command: str) -> bool:
    configured = many.slack.app.commands
    return configured is None or command in configured


@pytest.mark.parametrize("team", ["T0NOBODYS", ""])
async def test_a_company_that_nobody_installed_it_for_is_answered_nothing(many: Many, team: str) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    workspace = await many.store.workspace_of("slack", amara.team.id)
    assert workspace is not None
    before = await _rows_of(many.store, workspace)
    action = {"type": "button", "action_id": "0:helped", "value": "1", "action_ts": "1.1"}
    members = {"actions": [action], "container": {"type": "message", "message_ts": "1.1", "channel_id": "C1"}}
    delivery = await send(many, amara, "block_actions", team={"id": team}, **members)
    await many.settle()
    assert SECRET not in json.dumps([attempt.body for attempt in delivery.attempts])
    assert await _rows_of(many.store, workspace) == before
