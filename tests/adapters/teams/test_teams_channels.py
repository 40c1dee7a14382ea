"""Channels that are named or chosen in a dialog, in Teams: those of one's own teams that Lanyard is in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.teams import forms
from bot.messages import Field, FieldKind, Form, Place, Scope, TryLater
from tests.adapters.harness import Core
from tests.adapters.teams.harness import TeamsHarness, open_company
from tests.adapters.teams.schema import problems
from tests.adapters.teams.test_teams_forms import card_of, data_of, inputs_of
from tests.doubles.teams.double import Fault, Wrong

CHOICE = Field(name="channels", label="Channels", kind=FieldKind.CHANNELS, required=False)
FORM = Form(title="Who?", verb="plan", fields=(Field(name="text", label="In words"), CHOICE))
PLACE = Place(conversation="a:1", scope=Scope.DIRECT)


@pytest.fixture
async def company(core: Core) -> AsyncIterator[TeamsHarness]:
    async with open_company(core.receive) as company:
        yield company


async def hear(company: TeamsHarness, team: str, who: str) -> None:
    """Lanyard learns of a team when it is heard in it."""
    found = next(one for one in company.teams.world.teams.values() if one.name == team)
    await company.teams.install(found, twice=False)
    await company.teams.user(who).says(found.channels[0].id, "Hello", mention=True)


async def find(company: TeamsHarness, wanted: str, *, who: str = "alice") -> list[str | None]:
    places = await company.platform.find_channels(company.tenant, company.teams.user(who).id, wanted)
    return [place.name for place in places]


async def offered(company: TeamsHarness, *, who: str = "alice") -> list[str]:
    form = await company.platform._channels.fill(FORM, company.tenant, company.teams.user(who).id)
    return [label for field in form.fields for _, label in field.options]


async def test_channels_that_are_called_alike_are_named_with_their_team(company: TeamsHarness) -> None:
    for team in ("Berlin", "Paris"):
        company.teams.add_team(team, "alice", channels=("till", f"only in {team}"))
        await hear(company, team, "alice")
    assert await find(company, "TILL") == ["Berlin › till", "Paris › till"]
    assert await find(company, "paris › Till") == ["Paris › till"]
    assert await find(company, "only in berlin") == ["only in Berlin"]
    assert set(await find(company, "General")) >= {"Berlin › General", "Paris › General"}
    labels = await offered(company)
    assert labels[:3] == ["Berlin › General", "only in Berlin", "Berlin › till"]


async def test_nobody_is_told_of_the_channels_of_teams_that_they_are_not_in(company: TeamsHarness) -> None:
    company.teams.add_team("Board", "alice", channels=("merger",))
    await hear(company, "Board", "alice")
    assert await find(company, "merger") == ["merger"]
    assert await find(company, "merger", who="bob") == []
    assert "merger" not in await offered(company, who="bob")


async def test_private_channels_are_not_offered(company: TeamsHarness) -> None:
    team = company.teams.add_team("Board", "alice", channels=("merger",))
    company.teams.add_channel(team, "secret", "alice", kind="private")
    company.teams.add_channel(team, "with others", "alice", kind="shared")
    await hear(company, "Board", "alice")
    labels = await offered(company)
    assert "merger" in labels
    assert {"secret", "with others"}.isdisjoint(labels)


async def test_a_team_that_has_let_lanyard_go_is_left_out(company: TeamsHarness) -> None:
    team = company.teams.add_team("Board", "alice", channels=("merger",))
    await hear(company, "Board", "alice")
    await company.teams.uninstall(team)
    assert await find(company, "merger") == []


async def test_where_nothing_can_be_chosen_nothing_is_asked(company: TeamsHarness) -> None:
    form = await company.platform._channels.fill(FORM, company.tenant, "29:1-nobody")
    assert [field.name for field in form.fields] == ["text"]


async def test_a_team_of_which_is_told_too_late_is_looked_at_again(
    company: TeamsHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.teams.add_team("Board", "alice", channels=("merger",))
    await hear(company, "Board", "alice")
    fault = Fault(wrong=Wrong.SLOW, until=asyncio.Event())
    company.teams.faults.add("team", fault)
    monkeypatch.setattr("adapters.teams.channels.PATIENCE", 0.05)
    with pytest.raises(TryLater):
        await find(company, "merger")
    assert fault.until is not None
    fault.until.set()
    await asyncio.gather(*company.platform._channels._asking)
    assert await find(company, "merger") == ["merger"]


async def test_a_connector_that_fails_takes_the_choice_away_and_not_the_dialog(company: TeamsHarness) -> None:
    company.teams.add_team("Board", "alice", channels=("merger",))
    await hear(company, "Board", "alice")
    company.teams.faults.add("member", *[Wrong.REFUSED] * 8)
    assert await offered(company) == []
    with pytest.raises(TryLater):
        await find(company, "nowhere")


def filled(count: int) -> Form:
    options = tuple(
        (f"19:{number:032}@thread.tacv2", f"Team {number} › A channel with a name") for number in range(count)
    )
    return Form(title="Who?", verb="plan", fields=(FORM.fields[0], Field(**_as_given(CHOICE) | {"options": options})))


def _as_given(field: Field) -> dict[str, Any]:
    return {name: getattr(field, name) for name in ("name", "label", "kind", "required")}


@pytest.mark.parametrize(("count", "style"), [(3, "expanded"), (30, "compact")])
def test_few_channels_stand_open_and_many_are_a_menu(count: int, style: str) -> None:
    task = forms.to_task(filled(count), place=PLACE)
    assert problems(card_of(task)) == []
    shown = inputs_of(task)["channels:channels"]
    assert (shown["style"], shown["isMultiSelect"], len(shown["choices"])) == (style, True, count)


def test_what_was_chosen_comes_back_and_stands_in_the_same_dialog_anew() -> None:
    task = forms.to_task(filled(3), place=PLACE)
    chosen = [choice["value"] for choice in inputs_of(task)["channels:channels"]["choices"][:2]]
    back = forms.read_submitted(data_of(task) | {"text:text": "x", "channels:channels": ",".join(chosen)})
    assert back.fields["channels"] == tuple(f"19:{number:032}@thread.tacv2" for number in range(2))
    anew = forms.to_task(back.form, place=back.place, errors={"channels": "Not these."})
    assert inputs_of(anew)["channels:channels"]["value"] == ",".join(chosen)
