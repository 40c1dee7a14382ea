"""What platforms know of people is asked anew now and then, also where nobody tells of a change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.journeys.refreshing import refresh_groups, refresh_people
from bot.messages import TryLater
from bot.store.records import Person
from knowledge.model import JobAid
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue, text_of


async def meet(talk: Dialogue, who: str) -> Person:
    async with talk.look() as tx:
        person = await tx.known_person(PLATFORM, TENANT, who)
    assert person is not None
    return person


async def refresh(talk: Dialogue) -> None:
    async with talk.look() as tx:
        workspace = tx.workspace
    while await refresh_people(talk.house.services, workspace):
        pass
    await refresh_groups(talk.house.services, workspace)
    await talk.settle()


async def publish(talk: Dialogue, aid: JobAid) -> None:
    async with talk.look() as tx:
        workspace = tx.workspace
    async with talk.store.transaction(workspace, now=talk.clock()) as tx:
        await tx.put_aids([aid], source="import")


async def test_who_moved_is_found_out_within_a_day_though_nobody_told(talk: Dialogue) -> None:
    henrik = talk.platform.people["henrik"]
    talk.platform.people["henrik"] = replace(henrik, name="Henrik Lund", time_zone="Asia/Tokyo", email="h@lund.example")
    await refresh(talk)
    assert (await meet(talk, "henrik")).time_zone == henrik.time_zone
    talk.clock.advance(timedelta(days=1, minutes=1))
    await refresh(talk)
    known = await meet(talk, "henrik")
    assert (known.name, known.time_zone, known.email) == ("Henrik Lund", "Asia/Tokyo", "h@lund.example")


async def test_who_left_is_found_out_and_who_is_only_not_shown_is_not_taken_for_gone(talk: Dialogue) -> None:
    talk.platform.left.add("henrik")
    del talk.platform.people["tomasz"]
    talk.clock.advance(timedelta(days=2))
    await refresh(talk)
    assert not (await meet(talk, "henrik")).active
    assert (await meet(talk, "tomasz")).active


async def test_a_platform_that_is_away_is_asked_again(talk: Dialogue) -> None:
    talk.platform.left.add("henrik")
    talk.clock.advance(timedelta(days=2))
    talk.platform.faults = [TryLater("busy")]
    async with talk.look() as tx:
        workspace = tx.workspace
    await refresh_people(talk.house.services, workspace)
    assert (await meet(talk, "henrik")).active
    await refresh(talk)
    assert not (await meet(talk, "henrik")).active


async def test_a_name_that_no_column_can_hold_is_kept_without_what_it_cannot(talk: Dialogue) -> None:
    henrik = talk.platform.people["henrik"]
    talk.platform.people["henrik"] = replace(henrik, name="Henrik\x00 \ud800Lund")
    talk.clock.advance(timedelta(days=2))
    await refresh(talk)
    assert (await meet(talk, "henrik")).name == "Henrik\ufffd ?Lund"


async def test_a_job_aid_for_a_group_of_the_platform_is_for_who_is_in_it_now(talk: Dialogue) -> None:
    title, question = "Open the vault", "How do I open the vault in the cellar?"
    body = "Turn the wheel of the vault in the cellar twice to the left."
    audience = frozenset({"group:@cashiers"})
    await publish(talk, JobAid(key="vault", title=title, body=body, audience=audience))
    for inside, outside in (("amara", "tomasz"), ("tomasz", "amara")):
        talk.platform.groups["cashiers"] = {inside}
        await refresh(talk)
        await talk.says(inside, question)
        assert "twice to the left" in text_of(talk.last(inside).card)
        await talk.says(outside, question)
        assert "twice to the left" not in text_of(talk.last(outside).card)


async def test_a_campaign_for_a_group_of_the_platform_reaches_its_people(talk: Dialogue) -> None:
    talk.platform.groups["cashiers"] = {"amara", "tomasz"}
    await talk.says("leila", 'new "Ladders" to @Cashiers at 10:00: tip "Use a ladder safely"', command="nudge")
    await talk.presses("leila", talk.last("leila"), "Start")
    await talk.passes(timedelta(days=1, hours=2))
    for who, reached in (("amara", True), ("tomasz", True), ("henrik", False)):
        cards = [text_of(post.card) for post in talk.seen_by(who)]
        assert any("Use a ladder safely" in card for card in cards) is reached, who
