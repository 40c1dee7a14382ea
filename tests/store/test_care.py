"""What the database reckons of dates is what the rules of caring for aids say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import true

from bot.store import Store, Transaction
from bot.store.care import review_on
from bot.store.records import Person
from knowledge.model import JobAid, Status

FIRST = date(2028, 2, 1)
CHECKED = [None, *(FIRST + timedelta(days=days) for days in (-400, -60, -31, -30, -29, -1, 0, 28))]  # over a leap day
EVERY = (1, 4, 5, 29, 30, 365, 3650)


@pytest.fixture
async def workspace(store: Store) -> int:
    """An aid of each age and interval, looked after by Ana; and some that are nobody's, drafts, or somebody else's."""
    now = datetime.combine(FIRST, datetime.min.time(), UTC)
    workspace, _ = await store.found_workspace("web", "local", name="Here", now=now)
    async with store.transaction(workspace, now=now) as tx:
        ana = await tx.add_person(name="Ana", email=" Ana@shop.example")
        assert await tx.add_person(name="Ana again", email="ANA@shop.example ") == ana
        bo = await tx.add_person(name="Bo", email="bo@shop.example")
        for checked in CHECKED:
            for every in EVERY:
                for owner, deputy, status in (
                    (ana, None, Status.PUBLISHED),
                    (bo, ana, Status.PUBLISHED),
                    (bo, None, Status.PUBLISHED),
                    (None, None, Status.PUBLISHED),
                    (ana, None, Status.DRAFT),
                ):
                    key = f"{checked}-{every}-{owner}-{deputy}-{status}"
                    aid = JobAid(key=key, title=key, body=key, verified_on=checked, review_days=every, status=status)
                    await tx.put_aid(aid, by=None, source="test", owner_id=owner, deputy_id=deputy)
    return workspace


@pytest.mark.parametrize("later", [0, 1, 27, 28, 29, 60, 4000])
async def test_overdue_is_what_was_checked_too_long_ago_or_never(store: Store, workspace: int, later: int) -> None:
    now = datetime.combine(FIRST + timedelta(days=later), datetime.min.time(), UTC)
    async with store.reading(workspace, now=now) as tx:
        every = (await tx.aids_by_id(range(1, 1000))).values()
        over = [
            aid
            for aid in every
            if aid.status == Status.PUBLISHED
            and (aid.verified_on is None or aid.verified_on + timedelta(days=aid.review_days) < now.date())
        ]
        ana = await tx.person_by_email("ana@shop.example")
        assert ana is not None
        hers = [aid for aid in over if ana.id in (aid.owner_id, aid.deputy_id)]
        wanted = sorted(hers, key=lambda aid: (aid.verified_on is not None, aid.verified_on, aid.number))
        assert await tx.count_overdue() == len(over)
        assert [aid.number for aid in await tx.aids_due(ana, limit=1000)] == [aid.number for aid in wanted]
        assert [aid.number for aid in await tx.aids_due(ana, limit=3)] == [aid.number for aid in wanted[:3]]


@pytest.mark.parametrize("later", [0, 1, 5, 23, 24, 25, 28, 60, 4000])
async def test_nothing_that_is_due_for_a_review_is_left_out(store: Store, workspace: int, later: int) -> None:
    now = datetime.combine(FIRST + timedelta(days=later), datetime.min.time(), UTC)
    async with store.reading(workspace, now=now) as tx:
        rows = await tx._looked_after(true())
        wanted = {row["id"] for row in rows if review_on(row) <= now.date()}
        assert {one.aid_id for one in await tx.reviews_due(again=timedelta(days=14))} == wanted
        assert later != 28 or 0 < len(wanted) < len(rows)


async def people(tx: Transaction) -> dict[str, Person]:
    return {person.name: person for person in await tx.everyone()}


async def test_people_are_found_by_name_address_and_role(store: Store) -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    workspace, _ = await store.found_workspace("web", "local", name="Here", now=now)
    async with store.transaction(workspace, now=now) as tx:
        await tx.add_person(name="Ödön Ángel", email="odon@shop.example", roles=["ld"], groups=["sales"])
        await tx.add_person(name="Ödön Ángel", email="other@shop.example", roles=["expert"])
        await tx.add_person(name="Mei", email=None, roles=["administrator", "expert"], groups=["sales", "board"])
        await tx.add_person(name="odon@shop.example", email="mean@shop.example")
        await tx.add_person(name="Greta", email="greta@else.example", guest=True)
        known = await people(tx)
        await tx.set_active(known["odon@shop.example"], active=True)
        assert [one.name for one in await tx.administrators()] == ["Mei"]
        assert [one.name for one in await tx.learning_people()] == ["Mei", "Ödön Ángel"]
        assert await tx.names() == sorted({"Ödön Ángel", "Mei", "odon@shop.example", "Greta"})
        assert "Greta" not in [one.name for one in await tx.first_colleagues(limit=100)]
        assert len(await tx.first_colleagues(limit=2)) == 2
        assert (await tx.colleagues_called("Odon@shop.example"))[0].name == "Ödön Ángel"
        assert len(await tx.colleagues_called("Ödön Ángel")) == 2
        assert [one.name for one in await tx.colleagues_called("mei")] == ["Mei"]
        assert await tx.colleagues_called("greta") == []
        assert await tx.colleagues_called("%") == []

        await tx.set_group("sales", {known["Mei"].id, known["Greta"].id})
        groups = {person.name: person.groups for person in await tx.everyone() if person.groups}
        assert groups == {"Mei": {"board", "sales"}, "Greta": {"sales"}}
        await tx.set_group("sales", set())
        assert {person.name for person in await tx.everyone() if "sales" in person.groups} == set()

        await tx.set_active(known["Mei"], active=False)
        assert await tx.administrators() == []
        assert "Mei" not in await tx.names()
