"""The journeys at the sample company through Teams's wire: signed activities in, connector calls out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import sqlalchemy
from aiohttp.test_utils import TestServer

from adapters.teams import connect
from bot.messages import Address, Card
from bot.store import Store
from bot.store.tables import OutboxRow
from lanyard import sample_company
from lanyard.app import Connected, Lanyard, build
from lanyard.teams import StoredReferences
from tests.adapters.chat import let_go
from tests.adapters.teams.harness import cloud_of, secret_of
from tests.doubles.teams.cards import INPUTS, elements
from tests.doubles.teams.double import Deed, Fault, Person, Teams, Wrong, open_teams
from tests.doubles.teams.reading import Seen
from tests.journeys.dialogue import Clock

ADDRESS = "https://lanyard.example"
ZIP = "The zip of a Heron 2 tent keeps splitting open. Can we repair that in the store?"


class Company:
    """The sample company on Teams, with Lanyard in it."""

    def __init__(self, teams: Teams, house: Lanyard, clock: Clock) -> None:
        self.teams = teams
        self.house = house
        self.clock = clock
        self.besides: Callable[[], Awaitable[None]] = self._nothing

    async def _nothing(self) -> None:
        pass

    def __call__(self, who: str) -> Person:
        return self.teams.user(who)

    async def settle(self) -> None:
        """Until nothing waits any more, on either side."""
        while True:
            await self.teams.settle()
            await self.besides()
            worked = await self.house.conversation.work_off() + await self.house.reading.work_off()
            if not worked + await self.house.delivery.work_off() and not await let_go(self.house.services.store):
                return

    async def retries_come(self) -> None:
        """Retries wait by the wall's clock; here their time is brought forward instead of waited for."""
        for _ in range(3):
            async with self.house.services.store.database.write() as db:
                await db.execute(
                    sqlalchemy.update(OutboxRow)
                    .where(OutboxRow.status == "pending")
                    .values(not_before=datetime(2020, 1, 1, tzinfo=UTC))
                )
            await self.settle()

    async def find(self, who: str, words: str) -> Seen:
        """The newest message with these words, or with a button so labelled, that somebody can read."""
        await self.settle()
        found = [seen for seen in self.teams.user(who).reads() if words in seen.text or words in seen.buttons]
        assert found, f"{who} reads nothing with {words!r}"
        return max(found, key=lambda seen: int(seen.id))

    async def find_offer(self, who: str) -> tuple[Seen, str]:
        """The newest message that offers to ask an expert, however near what is known comes; and its button for it."""
        await self.settle()
        found = [(seen, one) for seen in self(who).reads() for one in seen.buttons if "expert" in one]
        assert found, f"{who} is offered no expert"
        return max(found, key=lambda offer: int(offer[0].id))

    async def submit(self, who: str, fields: Mapping[str, str | tuple[str, ...]]) -> Deed:
        """Fill in the open dialog, by the names of its fields."""
        dialog = self(who).dialog()
        assert dialog is not None
        ids = {one["id"].partition(":")[2]: one["id"] for one in elements(dialog.card) if one["type"] in INPUTS}
        return await self(who).submit({ids[name]: value for name, value in fields.items()})

    async def passes(self, by: timedelta) -> None:
        self.clock.advance(by)
        await self.house.rounds.tick()
        await self.settle()


def found_company(teams: Teams) -> str:
    """The sample company's people in one open team; its closed channels are private ones. Returns the team's id."""
    for persona in sample_company.personas():
        sender = persona.sender
        teams.add_user(
            sender.id, name=sender.name, email=sender.email, time_zone=sender.time_zone or "UTC", installed=False
        )
    everybody = teams.add_team("Larkspur", *(persona.sender.id for persona in sample_company.personas()))
    for channel in sample_company.channels():
        kind: Any = "private" if channel.scope.value == "private" else "standard"
        teams.add_channel(everybody, channel.name, *(channel.members if kind == "private" else ()), kind=kind)
    return everybody.id


def connect_teams(teams: Teams, store: Store, *, open_team: str, clock: Clock) -> Any:
    async def found(tenant: str) -> None:
        await store.found_workspace("teams", tenant, name="Larkspur", now=clock(), join=True)

    return connect(
        now=lambda: datetime.fromtimestamp(teams.clock.now(), UTC),
        app_id=teams.app.id,
        proof=secret_of(teams),
        cloud=cloud_of(teams),
        tenants=frozenset({teams.tenant}),
        open_teams=frozenset({open_team}),
        references=StoredReferences(store),
        found=found,
    )


@asynccontextmanager
async def open_company(
    store: Store, clock: Clock, *others: Connected, without: str = "", installed: bool = True
) -> AsyncIterator[Company]:
    """`without` is who has not got the app. Where it is not `installed` at all, Lanyard has heard nothing yet."""
    async with open_teams() as teams:
        platform = connect_teams(teams, store, open_team=found_company(teams), clock=clock)
        house = build(store, [platform, *others], now=clock, tick=timedelta(seconds=1), address=ADDRESS)
        for one in (platform, *others):
            one.bind(house.conversation.receive)
        async with TestServer(house.app) as server:
            teams.point_at(str(server.make_url("/api/messages")))
            for one in (platform, *others):
                await one.start()
            try:
                for team in teams.world.teams.values() if installed else ():
                    await teams.install(team)
                for user in teams.world.users.values() if installed else ():
                    if user.handle != without:
                        await teams.install(teams.user(user.id))
                company = Company(teams, house, clock)
                await company.settle()
                yield company
            finally:
                for one in (platform, *others):
                    await one.stop()


@pytest.fixture
async def company(sample_url: str, clock: Clock) -> AsyncIterator[Company]:
    store = Store(sample_url)
    async with open_company(store, clock) as company:
        yield company
    await store.close()


async def test_whoever_installs_the_app_is_greeted_once(company: Company) -> None:
    greetings = company("amara").reads(company("amara").direct())
    # One for her own chat, and a word about the team's channel that she let Lanyard into.
    assert [seen.buttons == ("What can I ask?",) for seen in greetings].count(True) == 1
    assert len(greetings) == 2
    await company.teams.install(company("amara"))
    await company.settle()
    assert company("amara").reads(company("amara").direct()) == greetings


async def test_after_a_restart_everybody_can_still_be_written_to_first(company: Company) -> None:
    store = company.house.services.store
    again = connect_teams(company.teams, store, open_team="", clock=company.clock)
    await again.start()
    asked = len(company.teams.calls_of("create"))
    person = company("tomasz").id
    to = Address(platform="teams", tenant=company.teams.tenant, person=person)
    await again.send(to, Card(summary="Good morning."), key="k1")
    await again.stop()
    assert (await company.find("tomasz", "Good morning.")).conversation == company("tomasz").direct().id
    assert len(company.teams.calls_of("create")) == asked  # the conversation was remembered


async def test_a_question_is_answered_and_the_asker_says_that_it_helped(company: Company) -> None:
    await company("amara").dm("How much may I refund without approval?")
    answer = await company.find("amara", "150 EUR")
    assert "looked after by Priya Santos" in answer.text
    deed = await company("amara").press(answer.id, "That helped")
    assert deed.complaint is None
    answer = await company.find("amara", "You said that this helped")
    assert "That helped" not in answer.buttons


async def test_a_mention_is_answered_once_in_its_thread_however_it_is_delivered(company: Company) -> None:
    deed = await company("amara").says(
        "support-desk", "The till is frozen and there is a queue, what now?", mention=True
    )
    await company.teams.again(deed)
    await company.teams.again(deed, new_id=True)
    await company.settle()
    await company.teams.again(deed, new_id=True)
    await company.settle()
    answers = [seen for seen in company("priya").reads() if "Hold the power button" in seen.text]
    assert deed.message is not None
    assert [seen.thread for seen in answers] == [deed.message.id]


async def test_a_captured_request_has_one_effect_however_often_it_is_replayed(company: Company) -> None:
    deed = await company("amara").dm("How much may I refund without approval?")
    answer = await company.find("amara", "150 EUR")
    pressed = await company("amara").press(answer.id, "That helped")
    await company.settle()
    before = company("amara").reads()
    captured = [
        (json.dumps(delivery.activity).encode(), company.teams.mail.headers(delivery.activity))
        for delivery in (*deed.deliveries, *pressed.deliveries)
    ]
    for statuses in ({200}, {403}):  # while the connector may do so itself, and afterwards
        replayed = [await company.teams.mail.post(*one) for one in captured for _ in range(100)]
        assert {attempt.status for attempt in replayed} == statuses
        await company.settle()
        await forget_twins(company)
        assert company("amara").reads() == before
        await company.teams.advance(16 * 60)
    async with company.house.services.store.reading(1, now=company.clock()) as tx:
        changes = await tx.knowledge_since(0)
    assert sum(snippet.phrasings.count("How much may I refund without approval?") for snippet in changes.upsert) == 1


async def test_the_same_question_asked_anew_later_is_answered_again(company: Company) -> None:
    for _ in range(2):
        await company("amara").dm("How much may I refund without approval?")
        await company.settle()
        await company("amara").dm("thanks")
        await company.settle()
        await forget_twins(company)
    assert len([seen for seen in company("amara").reads() if "150 EUR" in seen.text and not seen.thread]) == 2


async def forget_twins(company: Company) -> None:
    """As if the half minute had passed in which a message may come anew under another key."""
    async with company.house.services.store.database.write() as db:
        await db.execute(sqlalchemy.text("UPDATE inbox SET twin = NULL"))


async def test_a_question_in_a_channel_goes_to_an_expert_and_back_and_becomes_an_aid(company: Company) -> None:
    await company("amara").says("support-desk", ZIP, mention=True)
    offer, label = await company.find_offer("amara")
    # What is for the asker's eyes alone stands in their own chat with the bot.
    assert offer.conversation == company("amara").direct().id
    assert [seen for seen in company("priya").reads("support-desk") if seen.by_app] == []
    await company("amara").press(offer.id, label)
    request = await company.find("henrik", "Why you: you")
    opened = await company("henrik").press(request.id, "Answer")
    assert opened.dialog is not None
    assert opened.complaint is None
    done = await company.submit("henrik", {"answer": "It is the slider: take LK-40718."})
    assert done.complaint is None
    answer = await company.find("amara", "LK-40718")
    assert answer.conversation == company.teams.world.place("support-desk").id
    draft = await company.find("henrik", "Publish")
    await company("henrik").press(draft.id, "Publish")
    await company.settle()
    await company("tomasz").dm(ZIP)
    assert "looked after by Henrik Adeyemi" in (await company.find("tomasz", "LK-40718")).text


async def test_in_a_channel_shared_with_others_the_asker_alone_sees_what_the_company_knows(company: Company) -> None:
    team = company.teams.world.place("support-desk").team
    assert team is not None
    company.teams.add_channel(team, "suppliers", "amara", "henrik", kind="shared")
    await company("amara").says("suppliers", "How much may I refund without approval?", mention=True)
    answer = await company.find("amara", "150 EUR")
    assert answer.conversation == company("amara").direct().id
    assert [seen for seen in company("henrik").reads("suppliers") if "150 EUR" in seen.text] == []


async def test_a_campaign_is_planned_by_a_typed_command_and_reaches_its_learners(company: Company) -> None:
    await company("leila").dm('nudge new "Ladders" to #store-berlin at 10:00: tip "Use a ladder safely"')
    preview = await company.find("leila", "Start")
    await company("leila").press(preview.id, "Start")
    await company.settle()
    await company.passes(timedelta(days=1, hours=2))
    nudge = await company.find("tomasz", "Use a ladder safely")
    await company("tomasz").press(nudge.id, "Got it")
    assert "✓ Got it" in (await company.find("tomasz", "Use a ladder safely")).text


async def test_health_and_readiness_answer_while_microsofts_keys_do_not_come(sample_url: str, clock: Clock) -> None:
    store = Store(sample_url)
    async with open_company(store, clock, installed=False) as company, aiohttp.ClientSession() as prober:
        connector, base = company.teams.connector, company.teams.app.url.removesuffix("/api/messages")
        connector.metadata_gate = gate = asyncio.Event()

        async def probe() -> list[int]:
            return [(await prober.get(base + path)).status for path in ("/healthz", "/readyz", "/metrics")]

        waiting = asyncio.create_task(company.teams.install(company("amara")))
        await connector.metadata_asked.wait()
        for _ in range(20):
            assert await probe() == [200, 200, 200]
        assert not waiting.done()
        connector.metadata_status = 500  # at last it says that it cannot
        gate.set()
        await waiting
        assert {attempt.status for delivery in company.teams.deliveries for attempt in delivery.attempts} == {503}
        assert await probe() == [200, 200, 200]
    await store.close()


REPEATED = "You may have had this before"
TYPING_AND_ANSWER = 2  # calls, of which the first shows that the bot is looking


@pytest.mark.parametrize("status", [502, 504])
async def test_an_answer_that_may_have_arrived_is_said_again_with_a_word_about_it(
    company: Company, status: int
) -> None:
    company.teams.faults.add("send", Fault(wrong=Wrong.FAILED, status=status), times=TYPING_AND_ANSWER)
    await company("amara").dm("How much may I refund without approval?")
    await company.settle()
    await company.retries_come()
    first, again = [seen for seen in company("amara").reads() if "150 EUR" in seen.text]
    assert REPEATED not in first.text
    assert REPEATED in again.text
    # What is pressed on either is taken for the one answer that it is.
    await company("amara").press(again.id, "That helped")
    await company.find("amara", "You said that this helped")
    assert (await company("amara").press(first.id, "That helped")).complaint is None


@pytest.mark.parametrize("status", [412, 429, 502, 503, 504])
async def test_an_answer_that_did_not_arrive_is_said_once_when_teams_takes_it(company: Company, status: int) -> None:
    wrong = Fault(wrong=Wrong.TOO_MANY) if status == 429 else Fault(wrong=Wrong.REFUSED, status=status)
    company.teams.faults.add("send", wrong, times=TYPING_AND_ANSWER)
    await company("amara").dm("How much may I refund without approval?")
    await company.settle()
    await company.retries_come()
    answers = [seen for seen in company("amara").reads() if "150 EUR" in seen.text]
    assert len(answers) == 1
    # Of 502 and 504 nobody can tell whether it arrived, so the word about it is there as well.
    assert (REPEATED in answers[0].text) == (status in {502, 503, 504})


@pytest.mark.parametrize("status", [502, 504])
async def test_a_nudge_that_may_have_arrived_is_not_said_again(company: Company, status: int) -> None:
    await company("leila").dm('nudge new "Ladders" to #store-berlin at 10:00: tip "Use a ladder safely"')
    await company("leila").press((await company.find("leila", "Start")).id, "Start")
    await company.settle()
    company.teams.faults.add("send", Fault(wrong=Wrong.FAILED, status=status), times=50)
    await company.passes(timedelta(days=1, hours=2))
    company.teams.faults.clear()
    await company.retries_come()
    nudges = [seen for seen in company("tomasz").reads() if "Use a ladder safely" in seen.text]
    assert len(nudges) == 1
    assert REPEATED not in nudges[0].text
    await company("tomasz").press(nudges[0].id, "Got it")
    await company.settle()
    assert len([seen for seen in company("tomasz").reads() if "Use a ladder safely" in seen.text]) == 1


async def test_an_aid_is_searched_for_and_put_into_a_message_of_ones_own(company: Company) -> None:
    amara = company("amara")
    deed = await amara.searches("refund without approval", place="support-desk")
    assert deed.complaint is None
    await amara.inserts(deed.results[0], "support-desk")
    assert "150 EUR" in company("priya").reads("support-desk")[-1].text
    assert (await amara.searches("", place="support-desk")).results


async def test_a_search_finds_only_what_everybody_at_the_place_may_read(company: Company) -> None:
    async with company.house.services.store.reading(1, now=company.clock()) as tx:
        everything = await tx.aids_by_id(range(1, 200))
    hidden = [aid for aid in everything.values() if "everyone" not in aid.audience]
    assert hidden
    for aid in hidden:
        for word in (aid.title, f"#{aid.number}", ""):
            found = (await company("leila").searches(word, place="support-desk")).results
            assert aid.title not in [result["preview"]["content"]["title"] for result in found]


async def test_an_answers_address_is_shown_as_its_aid_wherever_somebody_writes_it(company: Company) -> None:
    await company("amara").dm("How much may I refund without approval?")
    answer = await company.find("amara", "150 EUR")
    (address,) = [link for link in answer.links if link.startswith(f"{ADDRESS}/aids/")]
    deed = await company("tomasz").pastes(address, place="support-desk")
    assert deed.complaint is None
    await company("tomasz").inserts(deed.results[0], "support-desk")
    shown = company("priya").reads("support-desk")[-1]
    assert "150 EUR" in shown.text
    assert address in shown.links


async def test_the_address_of_what_not_everybody_may_read_is_shown_to_nobody(company: Company) -> None:
    async with company.house.services.store.reading(1, now=company.clock()) as tx:
        hidden = [aid for aid in (await tx.aids_by_id(range(1, 200))).values() if "everyone" not in aid.audience]
    assert hidden
    for aid in hidden:
        for place in ("support-desk", "people-team", None):
            deed = await company("leila").pastes(f"{ADDRESS}/aids/1/{aid.number}", place=place)
            assert (deed.complaint, deed.results) == (None, [])


async def test_who_wants_to_read_in_a_browser_gets_a_link_in_their_own_chat(company: Company) -> None:
    await company("tomasz").says("support-desk", "open 1", mention=True)
    link = await company.find("tomasz", "For you alone")
    assert link.conversation == company("tomasz").direct().id
    assert link.links[0].startswith(f"{ADDRESS}/aids/enter?key=")


@pytest.mark.parametrize("command", ["help", "/help", "settings", "topics", "/lanyard settings"])
async def test_commands_are_typed_with_or_without_a_slash(company: Company, command: str) -> None:
    before = {seen.id for seen in company("amara").reads()}
    await company("amara").dm(command)
    await company.settle()
    assert [seen for seen in company("amara").reads() if seen.id not in before and seen.by_app]


async def test_a_command_that_opens_a_form_offers_a_button_for_it(company: Company) -> None:
    await company("leila").dm("/nudge new")
    offer = await company.find("leila", "Open")
    opened = await company("leila").press(offer.id, "Open")
    assert opened.dialog is not None
    assert [one for one in elements(opened.dialog.card) if one["type"] in INPUTS]
