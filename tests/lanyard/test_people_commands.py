"""`lanyard people`: how somebody comes to be the first administrator, and who has which role."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from bot.messages import Sender
from bot.store import Store
from bot.store.records import Person
from tests.lanyard.test_cli import Lanyard, lanyard, on_each_database

__all__ = ["lanyard", "on_each_database"]

ADA = "ada@example.org"


def meet(url: str) -> Person:
    """Somebody writes to Lanyard for the first time."""

    async def work() -> Person:
        store = Store(url)
        try:
            async with store.transaction(1, now=datetime.now(UTC)) as tx:
                return await tx.recognise(
                    "web", "default", Sender(id="ada", name="Ada Lovelace", email="Ada@example.org")
                )
        finally:
            await store.close()

    return asyncio.run(work())


def test_the_first_administrator_is_made_before_anybody_has_come(lanyard: Lanyard, on_each_database: str) -> None:
    given = lanyard("people", "give", "administrator", "Ada@Example.org")
    assert given.code == 0, given.err
    assert "administrator" in given.out
    person = meet(on_each_database)
    assert person.roles == {"member", "administrator"}
    listed = lanyard("people", "list")
    assert ADA in listed.out
    assert "1 people are known here" in listed.out


@pytest.mark.usefixtures("on_each_database")
def test_roles_add_up_and_are_taken_back_but_an_administrator_stays(lanyard: Lanyard) -> None:
    lanyard("people", "give", "administrator", ADA)
    assert "administrator, ld" in lanyard("people", "give", "ld", ADA).out
    assert "Nothing has changed" in lanyard("people", "give", "ld", ADA).out
    refused = lanyard("people", "take", "administrator", ADA)
    assert refused.code == 1
    assert "only administrator" in refused.err
    lanyard("people", "give", "administrator", "bo@example.org")
    assert lanyard("people", "take", "administrator", ADA).code == 0


@pytest.mark.usefixtures("on_each_database")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("give", "expert", "ada"), "is no e-mail address"),
        (("give", "expert", "ada@exam ple.org"), "is no e-mail address"),
        (("take", "expert", ADA), "Nobody here has the e-mail address"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(lanyard: Lanyard, arguments: tuple[str, ...], told: str) -> None:
    refused = lanyard("people", *arguments)
    assert refused.code == 1
    assert told in refused.err


@pytest.mark.usefixtures("on_each_database")
def test_a_role_that_is_none_is_refused(lanyard: Lanyard) -> None:
    assert lanyard("people", "give", "king", ADA).code == 2


def test_the_doctor_says_that_nobody_looks_after_a_workspace_with_people(
    lanyard: Lanyard, on_each_database: str
) -> None:
    lanyard("people", "give", "expert", ADA)
    ended = lanyard("doctor")
    assert ended.code == 1
    assert "lanyard people give administrator" in " ".join(ended.out.replace("│", " ").split())
    lanyard("people", "give", "administrator", ADA)
    assert lanyard("doctor").code == 0
