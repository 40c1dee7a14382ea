"""People as their platform tells of them: changed, gone, back again, guests; and who brings Lanyard into a channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.journeys.people import find_on_platforms
from bot.messages import Changed, Invited, Note, Place, Scope, Sender
from bot.store.records import RoutingStatus
from tests.doubles.memory import PLATFORM, TENANT
from tests.journeys.dialogue import Dialogue, labels, text_of

TENT = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"


async def tell(talk: Dialogue, sender: Sender, *, left: bool = False, at: datetime | None = None) -> None:
    moment = at or talk.clock()
    await talk.conversation.receive(
        Changed(
            platform=PLATFORM,
            tenant=TENANT,
            key=f"{sender.id}:{moment.isoformat()}:{left}:{sender.name}",
            sender=sender,
            place=Place(conversation=f"dm-{sender.id}", scope=Scope.DIRECT),
            at=moment,
            left=left,
        )
    )
    await talk.settle()


async def test_a_changed_name_and_zone_are_kept_and_older_news_changes_nothing(talk: Dialogue) -> None:
    henrik = talk.platform.people["henrik"]
    await tell(talk, replace(henrik, name="Henrik Adeyemi-Lund", time_zone="Asia/Tokyo"))
    await tell(talk, henrik, at=talk.clock() - timedelta(hours=1))
    async with talk.look() as tx:
        person = await tx.known_person(PLATFORM, TENANT, "henrik")
    assert person is not None
    assert (person.name, person.time_zone) == ("Henrik Adeyemi-Lund", "Asia/Tokyo")


async def test_an_address_that_is_somebody_elses_stays_theirs(talk: Dialogue) -> None:
    taken = talk.platform.people["priya"].email
    await tell(talk, replace(talk.platform.people["henrik"], email=taken))
    async with talk.look() as tx:
        person = await tx.known_person(PLATFORM, TENANT, "henrik")
    assert person is not None
    assert person.email == "henrik.adeyemi@larkspur.example"


async def test_people_who_never_met_lanyard_are_not_kept(talk: Dialogue) -> None:
    await tell(talk, Sender(id="stranger", name="Somebody New", email="new@larkspur.example"))
    async with talk.look() as tx:
        assert await tx.known_person(PLATFORM, TENANT, "stranger") is None
        assert "Somebody New" not in {person.name for person in await tx.everyone()}


async def test_who_only_talks_where_lanyard_is_not_meant_is_not_kept(talk: Dialogue) -> None:
    talk.platform.people["ines"] = Sender(id="ines", name="Ines Vidal", email="ines@larkspur.example")
    await talk.says("ines", "Lunch at the lake, anybody?", channel="shop-floor")
    await talk.says("ines", "I am in!", channel="shop-floor", thread="said-of-somebody-else")
    async with talk.look() as tx:
        assert await tx.known_person(PLATFORM, TENANT, "ines") is None
        assert await tx.person_by_email("ines@larkspur.example") is None
    assert await talk.store.inbox.pending() == 0
    await talk.says("ines", "How do I reset my VPN token?", channel="shop-floor", mentioned=True)
    async with talk.look() as tx:
        assert await tx.known_person(PLATFORM, TENANT, "ines") is not None


async def test_somebody_known_by_address_alone_becomes_reachable_when_their_platform_tells_of_them(
    talk: Dialogue,
) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        nora = await tx.add_person(name="Nora", email="nora@larkspur.example")
        assert await tx.direct_address(nora) is None
    await tell(talk, Sender(id="nora", name="Nora Quist", email="Nora@larkspur.example"))
    async with talk.look() as tx:
        to = await tx.direct_address(nora)
    assert to is not None
    assert to.person == "nora"


async def test_a_campaign_reaches_somebody_known_by_their_address_alone(talk: Dialogue) -> None:
    talk.platform.people["nora"] = Sender(id="nora", name="Nora Quist", email="nora@larkspur.example")
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        nora = await tx.add_person(name="Nora", email="nora@larkspur.example")
        olaf = await tx.add_person(name="Olaf", email="olaf@larkspur.example")  # no platform knows him
    await find_on_platforms(talk.house.services, 1, {nora, olaf})
    async with talk.look() as tx:
        reachable = await tx.direct_addresses([nora, olaf])
    assert {person: to.person for person, to in reachable.items()} == {nora: "nora"}


async def test_when_an_expert_leaves_their_questions_move_on_and_their_aids_are_handed_over(talk: Dialogue) -> None:
    await talk.says("amara", TENT)
    post = talk.last("amara")
    (label,) = [label for label in labels(post.card) if label.endswith("sk an expert")]
    await talk.presses("amara", post, label)
    assert TENT in text_of(talk.last("henrik").card)
    await tell(talk, talk.platform.people["henrik"], left=True)
    await talk.passes(timedelta(seconds=1))
    async with talk.look() as tx:
        first = (await tx.routings(1))[0]
        assert "Henrik Adeyemi" not in {person.name for person in await tx.everyone()}
    assert first.status is RoutingStatus.EXPIRED
    assert any("Henrik Adeyemi has left. As their deputy" in text_of(one.card) for one in talk.platform.posts)


async def test_what_has_no_deputy_is_offered_to_the_administrators_and_taken_once(talk: Dialogue) -> None:
    for who in ("rafael", "priya", "henrik", "jonas", "leila"):  # each of them is somebody's deputy, or has one
        await tell(talk, talk.platform.people[who], left=True)
    told = next(one for one in reversed(talk.seen_by("mei")) if "nobody looks after" in text_of(one.card))
    refused = await talk.forges("amara", "look_after", "1.2.3")
    assert isinstance(refused, Note)
    assert "Only L&D" in refused.card.summary
    done = await talk.presses("mei", told, "I look after them")
    assert isinstance(done, Note)
    assert "Mei Hartono looks after" in done.card.summary
    again = await talk.forges("mei", "look_after", "1.2.3")
    assert isinstance(again, Note)


async def test_who_leaves_and_returns_is_here_again(talk: Dialogue) -> None:
    amara = talk.platform.people["amara"]
    await tell(talk, amara, left=True)
    async with talk.look() as tx:
        assert "Amara Lindqvist" not in {person.name for person in await tx.everyone()}
    talk.clock.advance(timedelta(days=1))
    await tell(talk, amara)
    async with talk.look() as tx:
        assert "Amara Lindqvist" in {person.name for person in await tx.everyone()}


async def test_a_guest_is_told_so_and_gets_no_answer(talk: Dialogue) -> None:
    guest = Sender(id="guest", name="Gil Guest", email="gil@elsewhere.example", is_guest=True)
    talk.platform.people["guest"] = guest
    await talk.says("guest", "How much may I refund without approval?")
    (post,) = talk.seen_by("guest")
    assert "help only them" in text_of(post.card)
    assert "150" not in text_of(post.card)
    await talk.says("guest", "How much may I refund without approval?", channel="support-desk")
    assert len(talk.platform.posts) == 1


async def test_who_becomes_a_guest_is_answered_no_more(talk: Dialogue) -> None:
    await tell(talk, replace(talk.platform.people["amara"], is_guest=True))
    await talk.says("amara", "How much may I refund without approval?")
    assert "150" not in text_of(talk.last("amara").card)


@pytest.mark.parametrize(("guest", "told"), [(False, "I am Lanyard"), (True, "help only them")])
async def test_a_chat_that_opens_with_somebody_is_greeted_and_is_no_word_of_theirs(
    talk: Dialogue, guest: bool, told: str
) -> None:
    noor = Sender(id="noor", name="Noor", email="noor@x.example", is_guest=guest)
    talk.platform.people["noor"] = noor
    place = Place(conversation="dm-noor", scope=Scope.DIRECT)
    for _ in range(2):
        await talk.conversation.receive(
            Invited(platform=PLATFORM, tenant=TENANT, key="hello", sender=noor, place=place, at=talk.clock())
        )
        await talk.settle()
    (post,) = talk.seen_by("noor")
    assert told in text_of(post.card)
    async with talk.look() as tx:
        assert not next(one for one in await tx.everyone() if one.name == "Noor").met


async def test_who_brings_lanyard_into_a_channel_gets_a_word_and_the_channel_none(talk: Dialogue) -> None:
    invitation = Invited(
        platform=PLATFORM,
        tenant=TENANT,
        key="i1",
        sender=talk.platform.people["priya"],
        place=Place(conversation="support-desk", scope=Scope.CHANNEL, name="support-desk"),
        at=talk.clock(),
    )
    for _ in range(2):
        await talk.conversation.receive(invitation)
        await talk.settle()
    (post,) = talk.platform.posts
    assert post.ref.conversation == "dm-priya"
    form = await talk.presses("priya", post, "Change how I listen")
    done = await talk.submits("priya", form, mode="offer")
    assert isinstance(done, Note)
    assert "Saved" in done.card.summary
