"""Enterprise Grid: Lanyard in a whole organisation, by one token; one company, in whichever workspace people are."""

from __future__ import annotations

import pytest

from bot.messages import Sender, Undeliverable
from tests.doubles.slack.model import Team, User
from tests.install.conftest import Many
from tests.install.test_tokens import LIFE, refreshed, send


@pytest.fixture
def grid(many: Many) -> tuple[Team, User, Team, User]:
    enterprise = many.slack.add_enterprise("Starling Group")
    north, (amara,) = many.add("Starling North", "amara", enterprise=enterprise)
    south, (bruno,) = many.add("Starling South", "bruno", enterprise=enterprise)
    return north, amara, south, bruno


async def test_an_organisation_is_one_company_with_one_token(many: Many, grid: tuple[Team, User, Team, User]) -> None:
    north, amara, south, bruno = grid
    page = await many.install(amara, organisation=True)
    assert north.enterprise is not None
    assert "Lanyard is in Starling Group" in page.text
    assert page.links == [
        f"https://app.slack.com/manage/{north.enterprise.id}/integrations/profile/{many.slack.app.id}/workspaces/add"
    ]

    assert len(await many.asks(amara)) == 1
    assert len(await many.asks(bruno)) == 1
    assert len(await many.store.workspaces()) == 1
    assert await many.store.workspace_of("slack", north.id) == await many.store.workspace_of("slack", south.id)
    assert "administrator" in (await many.person(amara)).roles
    assert "administrator" not in (await many.person(bruno)).roles
    assert len(await many.store.installations.all()) == 1


async def test_each_call_names_the_workspace_that_it_is_about(many: Many, grid: tuple[Team, User, Team, User]) -> None:
    north, amara, south, bruno = grid
    await many.install(amara, organisation=True)
    await many.asks(amara)
    await many.asks(bruno)

    assert [call.args["team_id"] for call in many.slack.calls_of("chat.postMessage")] == [north.id, south.id]


async def test_a_workspace_that_joins_the_organisation_later_is_known_at_its_first_word(
    many: Many, grid: tuple[Team, User, Team, User]
) -> None:
    north, amara, _, _ = grid
    await many.install(amara, organisation=True)
    west, (cleo,) = many.add("Starling West", "cleo", enterprise=north.enterprise)
    installation = many.slack.world.installation(west)
    assert installation is not None
    west.users[installation.bot.id] = installation.bot

    assert len(await many.asks(cleo)) == 1
    assert await many.store.workspace_of("slack", west.id) == await many.store.workspace_of("slack", north.id)
    # Another process learns it from the store.
    await send(await many.start(), cleo)


@pytest.mark.parametrize("way", ["command", "press"])
async def test_a_workspace_of_the_organisation_is_known_by_a_command_or_a_press_too(
    many: Many, grid: tuple[Team, User, Team, User], way: str
) -> None:
    _, amara, south, bruno = grid
    await many.install(amara, organisation=True)
    person = many.slack._person(bruno)
    if way == "command":
        await person.command("/lanyard")
    else:
        message = many.slack.world.post(person.direct(), many.slack.world.installations[0].bot, "Well?")
        block = {"type": "button", "text": {"type": "plain_text", "text": "Go"}, "action_id": "v:x", "value": ""}
        message.blocks = many.slack.world.name_blocks([{"type": "actions", "elements": [block]}])
        await person.press(message.ts, "Go")

    assert await many.store.workspace_of("slack", south.id) is not None


async def test_one_person_in_two_workspaces_of_an_organisation_is_one_person(
    many: Many, grid: tuple[Team, User, Team, User]
) -> None:
    _, amara, south, _ = grid
    amara.email = None  # by the id alone
    await many.install(amara, organisation=True)
    await many.asks(amara)
    first = await many.person(amara)
    assert south.enterprise is not None
    assert await many.store.installations.adopt("slack", south.id, south.enterprise.id)
    workspace = await many.store.workspace_of("slack", south.id)
    assert workspace is not None
    async with many.store.transaction(workspace, now=many.now()) as tx:
        again = await tx.recognise("slack", south.id, Sender(id=amara.id))
    assert again.id == first.id


async def test_the_organisations_token_is_renewed_for_all_its_workspaces(
    many: Many, grid: tuple[Team, User, Team, User]
) -> None:
    _, amara, _, bruno = grid
    await many.install(amara, organisation=True)
    await many.asks(bruno)
    await many.slack.advance(LIFE + 1)
    await send(many.replicas[0], amara)
    await send(many.replicas[0], bruno)

    assert refreshed(many) == 1


async def test_an_organisation_that_removes_lanyard_removes_it_from_each_workspace(
    many: Many, grid: tuple[Team, User, Team, User]
) -> None:
    north, amara, _, bruno = grid
    await many.install(amara, organisation=True)
    await many.asks(bruno)
    await many.slack.uninstall(north)

    for person in (amara, bruno):
        with pytest.raises(Undeliverable, match="removed"):
            await send(many.replicas[0], person)


async def test_a_workspace_that_had_lanyard_before_its_organisation_keeps_what_it_knows(
    many: Many, grid: tuple[Team, User, Team, User]
) -> None:
    north, amara, south, bruno = grid
    await many.install(amara)  # in the one workspace
    before = await many.store.workspace_of("slack", north.id)
    await many.install(amara, organisation=True)
    await many.asks(bruno)

    assert await many.store.workspace_of("slack", north.id) == before
    assert await many.store.workspace_of("slack", south.id) == before  # the organisation has just the one


async def test_two_workspaces_that_were_apart_stay_apart_when_their_organisation_installs(
    many: Many, grid: tuple[Team, User, Team, User]
) -> None:
    north, amara, south, bruno = grid
    await many.install(amara)
    await many.install(bruno)
    await many.install(amara, organisation=True)

    assert await many.store.workspace_of("slack", north.id) != await many.store.workspace_of("slack", south.id)
    # Each speaks by its own token still, and by the organisation's when that has been taken away.
    own = next(one for one in many.slack.world.installations if one.team is south)
    own.refused = "account_inactive"
    with pytest.raises(Undeliverable):
        await send(many.replicas[0], bruno)
    await send(many.replicas[0], bruno)
    assert many.slack.calls_of("chat.postMessage")[-1].args["team_id"] == south.id


async def test_a_stranger_that_names_the_organisation_is_not_taken_in(
    many: Many, grid: tuple[Team, User, Team, User]
) -> None:
    """In a channel shared with another company an event may carry that company's id."""
    north, amara, _, _ = grid
    await many.install(amara, organisation=True)
    await many.asks(amara)
    other, _ = many.add("Blue Lamp", "bo")
    (said,) = [one for one in many.slack.deliveries if one.payload["event"]["type"] == "message"][:1]
    forged = said.payload | {"team_id": other.id, "context_team_id": None, "is_ext_shared_channel": True}
    many.slack.mail.send("events_api", forged)
    await many.slack.settle()

    assert await many.store.workspace_of("slack", other.id) is None
    assert await many.store.workspace_of("slack", north.id) is not None


async def test_a_channel_is_looked_for_by_name_in_the_workspace_where_somebody_is(
    many: Many, grid: tuple[Team, User, Team, User]
) -> None:
    north, amara, south, bruno = grid
    await many.install(amara, organisation=True)
    await many.asks(amara)
    await many.asks(bruno)
    for team, user in ((north, amara), (south, bruno)):
        many.slack.add_channel(f"only-{user.name}", user.id, team=team)
    platform = many.platform
    assert [place.name for place in await platform.find_channels(north.id, amara.id, "only-amara")] == ["only-amara"]
    assert await platform.find_channels(south.id, bruno.id, "only-amara") == ()
