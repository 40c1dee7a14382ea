"""What is to be asked again of a series that does not go on: it waits where no tick looks at it, and is not lost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from bot.store import tables as t
from scheduler.model import FOREVER
from tests.journeys.dialogue import Dialogue, text_of
from tests.journeys.test_reinforcing import DAY, HOUR, command
from tests.journeys.test_reinforcing_kinds import asked, recalled

ONCE = 'new "Limits" to #store-berlin at 9:30: recall "What is the limit?" = "50 EUR"'


async def waits(talk: Dialogue) -> list[datetime | None]:
    """When the tick looks again at each thing that is to be asked again; None once that is dealt with."""
    async with talk.store.database.read() as db:
        return list((await db.execute(select(t.FollowUp.next_due_at).order_by(t.FollowUp.id))).scalars())


async def test_of_a_stopped_series_no_tick_looks_again_at_what_was_to_be_asked(talk: Dialogue) -> None:
    post = await recalled(talk, "Not yet")
    await talk.presses("tomasz", post, "Stop this series")
    await talk.passes(2 * DAY)
    assert await waits(talk) == [FOREVER]
    await talk.presses("tomasz", post, "Take it up again")
    await talk.passes(DAY)
    assert "What is the limit?" in text_of(talk.last("tomasz").card)


async def test_what_a_campaign_that_is_over_was_to_ask_is_dealt_with(talk: Dialogue) -> None:
    await recalled(talk, "Not yet")
    await command(talk, "leila", "end Limits")
    await talk.passes(2 * DAY)
    assert await waits(talk) == [None]
    assert asked(talk) == 1


async def test_what_a_paused_campaign_was_to_ask_waits_for_its_going_on(talk: Dialogue) -> None:
    await recalled(talk, "Not yet")
    await command(talk, "leila", "pause Limits")
    await talk.passes(2 * DAY)
    assert await waits(talk) == [FOREVER]
    await command(talk, "leila", "resume Limits")
    await talk.passes(DAY)
    assert asked(talk) == 2


async def test_whoever_leaves_is_not_asked_again_either_until_they_are_back(talk: Dialogue) -> None:
    await recalled(talk, "Not yet", line=ONCE)
    talk.platform.rooms["store-berlin"].members.discard("tomasz")
    await talk.passes(2 * HOUR)
    await talk.passes(2 * DAY)
    assert asked(talk) == 1
    assert FOREVER in await waits(talk)
    talk.platform.rooms["store-berlin"].members.add("tomasz")
    await talk.passes(2 * HOUR)
    await talk.passes(DAY)
    assert asked(talk) == 2
