"""An aid's address in somebody's message is shown as the aid, through Slack's wire, to who may read it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.slack.test_slack_journeys import ADDRESS, Company, company
from tests.doubles.slack.model import Channel
from tests.doubles.slack.reading import Seen

__all__ = ["company"]

DESK, CLOSED = "support-desk", "people-team"


async def answered(company: Company) -> str:
    """The address of the aid that answers what may be refunded."""
    await company("amara").dm("How much may I refund without approval?")
    answer = await company.find("amara", "150 EUR")
    (address,) = [link for link in answer.links if link.startswith(f"{ADDRESS}/aids/")]
    return address


async def write(company: Company, who: str, text: str, place: str | Channel) -> Seen:
    """What others see of the message, with what is shown beside it."""
    deed = await company(who).says(place, text)
    await company.settle()
    (seen,) = [seen for seen in company(who).reads(place) if seen.id == deed.ts]
    return seen


async def test_an_answers_address_is_shown_as_its_aid_where_somebody_writes_it(company: Company) -> None:
    address = await answered(company)
    seen = await write(company, "amara", f"As it says in {address}?from=chat#top", DESK)
    assert "150 EUR" in seen.text
    assert "looked after by Priya Santos" in seen.text


async def test_it_is_shown_where_lanyard_is_not_a_member_too_as_long_as_everybody_may_read_there(
    company: Company,
) -> None:
    address = await answered(company)
    open_channel = company.slack.add_channel("lunch", "amara", "priya", bot=False)
    assert "150 EUR" in (await write(company, "amara", address, open_channel)).text


async def test_where_slack_does_not_tell_who_reads_nothing_is_shown(company: Company) -> None:
    address = await answered(company)
    closed = company.slack.add_channel("board", "amara", private=True, bot=False)
    between_two = company.slack.world.direct(company("amara").user, company("priya").user)
    for place in (closed, between_two):
        assert (await write(company, "amara", address, place)).text == address


async def test_where_another_company_reads_what_is_for_everybody_in_ours_is_not_shown(company: Company) -> None:
    address = await answered(company)
    other = company.slack.add_team("Elsewhere")
    stranger = company.slack.add_user("stranger", team=other)
    desk = company.slack.world.channel(DESK)
    company.slack.share(desk, stranger)
    assert (await write(company, "amara", address, DESK)).text == address
    assert (await write(company, "stranger", address, desk)).text == address


async def test_what_not_everybody_may_read_is_shown_to_nobody(company: Company) -> None:
    async with company.house.services.store.reading(1, now=company.clock()) as tx:
        hidden = [aid for aid in (await tx.aids_by_id(range(1, 200))).values() if "everyone" not in aid.audience]
    assert hidden
    for aid in hidden:
        address = f"{ADDRESS}/aids/1/{aid.number}"
        for who, place in (("amara", DESK), ("priya", DESK)):
            assert (await write(company, who, address, place)).text == address


@pytest.mark.parametrize("path", ["", "/aids", "/aids/1/999", "/aids/2/1", "/aids/1/1/2", "/aids/enter?key=x"])
async def test_addresses_that_lead_to_no_aid_are_left_alone(company: Company, path: str) -> None:
    assert (await write(company, "amara", f"{ADDRESS}{path}", DESK)).text == f"{ADDRESS}{path}"


async def test_while_it_is_being_written_nothing_is_shown(company: Company) -> None:
    address = await answered(company)
    world = company.slack.world
    written: dict[str, Any] = {
        "type": "link_shared",
        "channel": "COMPOSER",
        "user": company("amara").id,
        "message_ts": "0b9e3b6e-3f5e-4c7e-8d1f-1f6f1c6c9a51",
        "unfurl_id": "U1",
        "source": "composer",
        "links": [{"domain": "lanyard.example.com", "url": address}],
        "event_ts": world.new_ts(),
    }
    (delivery,) = await company.slack.sends_event(written)
    assert delivery.accepted
    await company.settle()
    assert [call for call in company.slack.calls if "COMPOSER" in str(call)] == []
