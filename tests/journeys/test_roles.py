"""Who may do what: seen and changed by administrators, told to whomever it concerns."""

from __future__ import annotations

import pytest

from bot.messages import FieldErrors, Form, Note
from bot.store import NotAllowedError
from bot.store.records import Role
from tests.journeys.dialogue import Dialogue, labels, text_of

TOMASZ = "tomasz.okafor@larkspur.example"
MEI = "mei.hartono@larkspur.example"


async def open_roles(talk: Dialogue, of: str) -> Form:
    await talk.says("mei", f"people {of}")
    form = await talk.presses("mei", talk.last("mei"), "Change")
    assert isinstance(form, Form)
    return form


async def test_an_administrator_sees_who_may_do_what_and_finds_anybody(talk: Dialogue) -> None:
    await talk.says("mei", "people")
    text = text_of(talk.last("mei").card)
    assert "Administrator: Mei Hartono" in text
    assert "L&D: Leila Brandvold" in text
    form = await talk.presses("mei", talk.last("mei"), "Look somebody up")
    found = await talk.submits("mei", form, email=f" {TOMASZ.upper()} ")
    assert isinstance(found, Note)
    assert "Roles: none" in text_of(found.card)
    assert labels(found.card) == ["Change", "Have them forgotten"]
    missing = await talk.submits("mei", form, email="nobody@larkspur.example")
    assert isinstance(missing, FieldErrors)
    assert "nobody@larkspur.example" in missing.errors["email"]


async def test_whoever_gets_a_role_hears_of_it_and_can_use_it(talk: Dialogue) -> None:
    await talk.says("tomasz", "gaps")
    assert "Only" in text_of(talk.last("tomasz").card)
    form = await open_roles(talk, TOMASZ)
    assert isinstance(await talk.submits("mei", form, roles=("ld",), groups="store,  night shift"), Note)
    assert "Mei Hartono has given you a role in Lanyard: L&D." in text_of(talk.last("tomasz").card)
    await talk.says("tomasz", "gaps")
    assert "Only" not in text_of(talk.last("tomasz").card)
    async with talk.look() as tx:
        tomasz = await tx.person_by_email(TOMASZ)
        assert await tx.broken_audit_row() is None
    assert tomasz is not None
    assert tomasz.groups == {"store", "night shift"}
    form = await open_roles(talk, TOMASZ)
    await talk.submits("mei", form, roles=())
    assert "has taken a role of yours in Lanyard back: L&D." in text_of(talk.last("tomasz").card)


async def test_a_change_of_groups_alone_is_no_news(talk: Dialogue) -> None:
    form = await open_roles(talk, TOMASZ)
    await talk.submits("mei", form, groups="night shift")
    assert talk.seen_by("tomasz") == []


async def test_the_only_administrator_stays_one(talk: Dialogue) -> None:
    form = await open_roles(talk, MEI)
    refused = await talk.submits("mei", form, roles=("ld",))
    assert isinstance(refused, FieldErrors)
    assert "only administrator" in refused.errors[""]
    form = await open_roles(talk, TOMASZ)
    await talk.submits("mei", form, roles=("administrator",))
    form = await open_roles(talk, MEI)
    assert isinstance(await talk.submits("mei", form, roles=("ld",)), Note)
    refused = await talk.submits("mei", form, roles=("administrator",))
    assert isinstance(refused, FieldErrors)


@pytest.mark.parametrize("who", ["leila", "priya", "amara"])
async def test_nobody_else_sees_or_changes_roles_whatever_they_forge(talk: Dialogue, who: str) -> None:
    form = await open_roles(talk, TOMASZ)
    await talk.says(who, f"people {TOMASZ}")
    assert "Only an administrator" in text_of(talk.last(who).card)
    for verb in ("find_person", "change_roles"):
        refused = await talk.forges(who, verb, form.value)
        assert isinstance(refused, Note)
        assert "Only an administrator" in refused.card.summary
    assert isinstance(await talk.submits(who, form, roles=("administrator",)), FieldErrors)
    async with talk.look() as tx:
        tomasz = await tx.person_by_email(TOMASZ)
    assert tomasz is not None
    assert Role.ADMINISTRATOR not in tomasz.roles


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("roles", ("king",)),
        ("groups", ",".join(f"g{number}" for number in range(21))),
        ("groups", "x" * 61),
        ("groups", "@cashiers"),
    ],
)
async def test_what_cannot_be_meant_is_refused_at_its_field(
    talk: Dialogue, name: str, value: str | tuple[str, ...]
) -> None:
    form = await open_roles(talk, TOMASZ)
    refused = await (
        talk.submits("mei", form, roles=value) if name == "roles" else talk.submits("mei", form, groups=value)
    )
    assert isinstance(refused, FieldErrors)
    assert set(refused.errors) == {name}


async def test_a_question_about_people_stays_a_question(talk: Dialogue) -> None:
    await talk.says("mei", "people keep asking for refunds, what now")
    assert "Who may do what" not in text_of(talk.last("mei").card)


async def test_an_administrators_help_names_what_only_they_may(talk: Dialogue) -> None:
    await talk.says("mei", "help")
    assert "/lanyard people" in text_of(talk.last("mei").card)
    await talk.says("leila", "help")
    assert "/lanyard people" not in text_of(talk.last("leila").card)
    assert "I am a bot" in text_of(talk.last("leila").card)


async def test_two_administrators_cannot_both_step_down(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        tomasz, mei = await tx.person_by_email(TOMASZ), await tx.person_by_email(MEI)
        assert tomasz is not None
        assert mei is not None
        await tx.change_roles(tomasz.id, roles=["administrator"], by=mei)
        await tx.change_roles(mei.id, roles=[], by=mei)
        with pytest.raises(NotAllowedError, match="only administrator"):
            await tx.change_roles(tomasz.id, roles=[], by=mei)
