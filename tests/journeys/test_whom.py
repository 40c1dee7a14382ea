"""Naming a colleague in a company that no list has room for."""

from __future__ import annotations

import pytest

from bot.journeys.whom import ROOM
from bot.messages import Field, FieldErrors, FieldKind, Form, Outcome
from tests.journeys.dialogue import Dialogue, find_button, text_of
from tests.journeys.test_gaps import ask_all, gaps
from tests.journeys.test_routing import ask_expert

TYPED = "somebody_else"


@pytest.fixture
async def many(talk: Dialogue) -> Dialogue:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        for number in range(ROOM + 1):
            await tx.add_person(name=f"Aaron Aalto {number}", email=f"aaron{number}@larkspur.example")
        await tx.add_person(name="Rafael Tamm", email="another@larkspur.example")
    return talk


def fields_of(form: Outcome) -> dict[str, Field]:
    assert isinstance(form, Form)
    return {field.name: field for field in form.fields}


def faults_of(outcome: Outcome) -> dict[str, str]:
    assert isinstance(outcome, FieldErrors)
    return dict(outcome.errors)


async def test_whom_to_ask_instead_is_written_where_no_list_has_room_for_all(many: Dialogue) -> None:
    await ask_expert(many)
    form = await many.presses("henrik", many.last("henrik"), "Not me → who?")
    fields = fields_of(form)
    assert set(fields) == {TYPED}
    assert not fields[TYPED].required
    assert "Leave it open" in fields[TYPED].hint
    for unknown in ("Nobody Known", "rafael tamm", "%", "@"):  # of one name there are two
        faults = faults_of(await many.submits("henrik", form, **{TYPED: unknown}))
        assert faults == {TYPED: f"I know nobody called “{unknown}”, or several. Give their e-mail address."}
    await many.submits("henrik", form, **{TYPED: " @Tomasz  Okafor "})
    assert "were named by a colleague" in text_of(many.last("tomasz").card)


async def test_whoever_names_nobody_passes_it_on_all_the_same(many: Dialogue) -> None:
    await ask_expert(many)
    form = await many.presses("henrik", many.last("henrik"), "Not me → who?")
    await many.submits("henrik", form, **{TYPED: ""})
    assert "passed" in text_of(many.last("henrik").card).casefold()


@pytest.mark.parametrize("who", ["Amara Lindqvist", "Henrik Adeyemi"])
async def test_naming_the_asker_or_oneself_tells_nothing_and_names_nobody(many: Dialogue, who: str) -> None:
    await ask_expert(many)
    form = await many.presses("henrik", many.last("henrik"), "Not me → who?")
    assert not isinstance(await many.submits("henrik", form, **{TYPED: who}), FieldErrors)
    async with many.look() as tx:
        assert all(routing.reason != "were named by a colleague" for routing in await tx.routings(1))


async def test_the_likely_ones_are_offered_beside_a_line_for_the_others(many: Dialogue) -> None:
    await ask_all(many, people=6)
    await gaps(many)
    form = await many.presses("leila", many.last("leila"), "Invite an expert")
    fields = fields_of(form)
    assert fields["person"].kind is FieldKind.CHOICE
    assert fields["person"].options[0][0] == ""
    assert not any(label.startswith("Aaron") for _, label in fields["person"].options)
    assert fields[TYPED].label == "Somebody else"
    nobody = await many.submits("leila", form, person="", topic="unicorns", **{TYPED: ""})
    assert faults_of(nobody) == {TYPED: "Please choose somebody, or write who it is."}
    await many.submits("leila", form, person="", topic="unicorns", **{TYPED: "tomasz.okafor@larkspur.example"})
    assert find_button(many.last("tomasz").card, "Yes, ask me")


async def test_what_is_written_counts_before_what_is_chosen(many: Dialogue) -> None:
    await ask_all(many, people=6)
    await gaps(many)
    form = await many.presses("leila", many.last("leila"), "Invite an expert")
    chosen = next(value for value, _ in fields_of(form)["person"].options if value)
    await many.submits("leila", form, person=chosen, topic="unicorns", **{TYPED: "Tomasz Okafor"})
    assert find_button(many.last("tomasz").card, "Yes, ask me")


async def test_whoever_prefers_not_to_be_asked_is_not_invited_by_name_either(many: Dialogue) -> None:
    async with many.store.transaction(1, now=many.clock()) as tx:
        tomasz = await tx.person_by_email("tomasz.okafor@larkspur.example")
        assert tomasz is not None
        await tx.set_profile(tomasz, consent="no")
    await ask_all(many, people=6)
    await gaps(many)
    form = await many.presses("leila", many.last("leila"), "Invite an expert")
    refused = await many.submits("leila", form, person="", topic="unicorns", **{TYPED: "Tomasz Okafor"})
    assert faults_of(refused) == {"": "Tomasz Okafor prefers not to be asked. Please choose another."}


async def test_the_last_rung_is_chosen_among_those_used_to_it_or_by_name(many: Dialogue) -> None:
    form = await many.says("mei", "fallback", command="lanyard")
    fields = fields_of(form)
    labels = [label for _, label in fields["person"].options]
    assert labels[0] == "Nobody"
    assert "Leila Brandvold" in labels
    await many.submits("mei", form, person="", place="none", **{TYPED: "Aaron Aalto 77"})
    async with many.look() as tx:
        chosen = (await tx.workspace_record()).settings["fallback_person"]
        assert (await tx.person(chosen)).name == "Aaron Aalto 77"
    again = fields_of(await many.says("mei", "fallback", command="lanyard"))["person"]
    assert again.value == str(chosen)
    assert again.options[1] == (str(chosen), "Aaron Aalto 77")


async def test_somebody_who_left_meanwhile_is_not_chosen(talk: Dialogue) -> None:
    form = await talk.says("mei", "fallback", command="lanyard")
    leila = next(value for value, label in fields_of(form)["person"].options if label == "Leila Brandvold")
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.set_active(await tx.person(int(leila)), active=False)
    for value in (leila, "99999", "x", "9" * 40, "-1"):
        outcome = await talk.submits("mei", form, person=value, place="none")
        assert faults_of(outcome) == {"person": "That colleague is not here any more. Please choose another."}


async def test_of_a_hundred_everybody_can_be_chosen(talk: Dialogue) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        there = len(await tx.colleagues())
        for number in range(ROOM - there):
            await tx.add_person(name=f"Aaron Aalto {number}", email=f"aaron{number}@larkspur.example")
    fields = fields_of(await talk.says("mei", "fallback", command="lanyard"))
    assert TYPED not in fields
    assert len(fields["person"].options) == ROOM + 1
