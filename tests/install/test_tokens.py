"""Tokens in the database, where nobody can read them; renewed before they end, once; taken away by Slack."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from adapters.slack import Installation, Lapsed
from adapters.slack.renewing import EARLY, StoredTokens
from bot.messages import Address, Card, Text, TryLater, Undeliverable
from bot.store.tables import Base
from lanyard.installations import StoredInstallations, rotate
from lanyard.seal import Seal, new_key
from tests.doubles.slack.double import Fault, Wrong
from tests.doubles.slack.model import User
from tests.install.conftest import KEY, Many, Replica

LIFE = 12 * 3600.0
# What each of Slack's tokens begins with. A shorter piece, such as `xox`, comes up in what is encrypted by chance.
STARTS = (b"xoxb-", b"xoxe-", b"xoxe.", b"xoxp-")
CARD = Card(summary="hello", parts=(Text(text="hello"),))


def to(person: User) -> Address:
    return Address(platform="slack", tenant=person.team.id, person=person.id)


async def send(replica: Replica, person: User, *, key: str = "k1") -> None:
    await replica.platform.send(to(person), CARD, key=key)


def stored(many: Many) -> StoredTokens:
    tokens = many.platform._tokens
    assert isinstance(tokens, StoredTokens)
    return tokens


def refreshed(many: Many) -> int:
    calls = many.slack.calls_of("oauth.v2.access")
    return sum(call.args.get("grant_type") == "refresh_token" for call in calls)


# ── At rest ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def dump(url: str) -> bytes:
    """Everything that whoever gets hold of the database can read."""
    if url.startswith("sqlite"):
        file = Path(url.removeprefix("sqlite:///"))
        return b"".join(part.read_bytes() for part in file.parent.glob(file.name + "*"))
    with psycopg.connect(url) as connection:
        rows = [connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in Base.metadata.tables]
    return repr(rows).encode()


async def test_a_copy_of_the_database_shows_no_token(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    await many.asks(amara)
    await many.slack.advance(LIFE + 1)
    await many.asks(amara)  # by a renewed token
    copy = dump(many.database)

    assert team.id.encode() in copy  # it is the right file
    assert refreshed(many) == 1
    assert [secret for secret in many.secrets() if secret.encode() in copy] == []
    assert [start for start in STARTS if start in copy] == []


async def test_what_stands_for_a_token_shows_none(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    one = await StoredInstallations(many.store, Seal([KEY]), now=many.now).find(amara.team.id)
    (row,) = await many.store.installations.all()

    assert one is not None
    assert one.token.startswith("xoxe")
    assert one.refresh_token.startswith("xoxe")
    shown = f"{one!r} {row!r} {many.platform!r} {vars(many.platform)!r} {vars(many.platform._tokens)!r}"
    assert [secret for secret in many.secrets() if secret in shown] == []


async def test_a_wrong_key_is_told_and_what_waits_goes_out_with_the_right_one(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    wrong = await many.start(keys=(new_key(),))
    with pytest.raises(TryLater, match="No key of LANYARD_ENCRYPTION_KEYS opens it") as put_off:
        await send(wrong, amara)

    assert put_off.value.after is not None
    assert "installation unreadable" in many.written.getvalue()
    await send(many.replicas[0], amara)


async def test_with_a_new_key_before_the_old_one_everything_is_read_and_can_be_encrypted_anew(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    new = new_key()

    assert await rotate(many.store, Seal([new, KEY])) == (1, [])
    await send(await many.start(keys=(new,)), amara)
    with pytest.raises(TryLater):
        await send(many.replicas[0], amara)
    assert await rotate(many.store, Seal([KEY])) == (0, [f"slack/{amara.team.id}"])


async def test_a_token_that_was_put_into_another_companys_row_is_not_used_for_it(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    _, (bo,) = many.add("Blue Lamp", "bo")
    await many.install(amara)
    await many.install(bo)
    one, other = await many.store.installations.all()
    assert one.sealed is not None
    assert await many.store.installations.reseal(other, sealed=one.sealed)

    with pytest.raises(TryLater, match="It is the token of"):
        await send(many.replicas[0], bo)
    await send(many.replicas[0], amara)


# ── Renewed ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_token_is_renewed_before_it_ends(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    tokens = stored(many)
    await many.slack.advance(LIFE - EARLY.total_seconds() - 60)
    assert await tokens.renew_due() == 0
    await many.slack.advance(120)
    assert await tokens.renew_due() == 1
    assert await tokens.renew_due() == 0
    await many.slack.advance(EARLY.total_seconds())  # the first one would have ended
    await send(many.replicas[0], amara)

    assert refreshed(many) == 1


async def test_a_token_that_has_ended_is_renewed_once_however_many_want_it(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    other = await many.start()
    await many.slack.advance(LIFE + 1)
    replicas = [many.replicas[0], other] * 10
    outcomes = await asyncio.gather(
        *(send(one, amara, key=f"k{number}") for number, one in enumerate(replicas)), return_exceptions=True
    )

    assert refreshed(many) == 1
    assert {type(outcome) for outcome in outcomes} <= {type(None), TryLater}
    assert outcomes.count(None) >= 10  # those of the process that renewed waited for it
    for one in replicas[:2]:
        await send(one, amara, key="later")
    assert refreshed(many) == 1


async def test_while_another_process_renews_a_message_is_put_off_for_a_moment(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    (row,) = await many.store.installations.all()
    assert await many.store.installations.lease(row, lasting=timedelta(seconds=60))
    await many.slack.advance(LIFE + 1)
    with pytest.raises(TryLater, match="is being renewed") as put_off:
        await send(many.replicas[0], amara)

    assert put_off.value.after == timedelta(seconds=1)
    assert not put_off.value.maybe_sent
    await many.store.installations.release(row)
    await send(many.replicas[0], amara)


async def test_a_renewal_goes_on_though_whoever_wanted_it_lost_patience(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    await many.slack.advance(LIFE + 1)
    slow = Fault(wrong=Wrong.SLOW, until=asyncio.Event())
    many.slack.faults.add("oauth.v2.access", slow)
    sending = asyncio.create_task(send(many.replicas[0], amara))
    await slow.met.wait()
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert slow.until is not None
    slow.until.set()
    await asyncio.gather(*stored(many)._renewals.values())
    await send(many.replicas[0], amara)

    assert refreshed(many) == 1


class Forgetful(StoredInstallations):
    """A store that is away when the new token is to be kept, for a while."""

    away = 3

    async def replace(self, one: object, by: object) -> bool:
        if self.away:
            self.away -= 1
            raise TryLater("The database does not answer.")
        return await super().replace(one, by)  # type: ignore[arg-type]


async def test_a_new_token_is_kept_though_the_database_goes_away_meanwhile(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    await many.slack.advance(LIFE + 1)
    tokens = stored(many)
    tokens._installations = Forgetful(many.store, Seal([KEY]), now=many.now)
    tokens._saving = (0.0,)
    await send(many.replicas[0], amara)
    await send(await many.start(), amara, key="k2")

    assert refreshed(many) == 1
    assert "is not kept yet" in many.written.getvalue()


async def test_when_slacks_answer_is_lost_the_old_token_serves_to_its_end_and_somebody_is_told(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    tokens = stored(many)
    await many.slack.advance(LIFE - 3600)
    many.slack.faults.add("oauth.v2.access", Wrong.CLOSED)  # as with a kill between the answer and the commit
    assert await tokens.renew_due() == 0
    assert await tokens.renew_due() == 0
    await send(many.replicas[0], amara)
    assert "Install Lanyard there again before" in many.written.getvalue()

    await many.slack.advance(3601)
    with pytest.raises(Lapsed, match="must be installed in this Slack workspace again"):
        await send(many.replicas[0], amara, key="k2")
    await many.install(amara)
    await send(many.replicas[0], amara, key="k2")


async def test_a_wrong_client_secret_ends_no_installation(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    await many.slack.advance(LIFE + 1)
    good, many.slack.app.client_secret = many.slack.app.client_secret, "another"
    with pytest.raises(TryLater, match="client secret"):
        await send(many.replicas[0], amara)
    many.slack.app.client_secret = good
    await send(many.replicas[0], amara)


async def test_renewing_gives_way_to_somebody_who_installs_meanwhile(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    old = await stored(many).installation(amara.team.id)
    assert old is not None
    await many.install(amara)
    newer = await stored(many).renew(old)

    assert newer is not None
    assert newer.version == old.version + 1
    assert refreshed(many) == 0
    assert await stored(many).renew(replace(newer, refresh_token="")) is None


class Counting(StoredInstallations):
    """Counts how often it is asked."""

    asked = 0

    async def find(self, tenant: str) -> Installation | None:
        self.asked += 1
        return await super().find(tenant)


async def test_an_installation_is_remembered_for_ten_seconds(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    seconds = 0.0
    memory = Counting(many.store, Seal([KEY]), now=many.now)
    tokens = StoredTokens(memory, stored(many)._oauth, now=many.now, clock=lambda: seconds)
    first = [await tokens.installation(amara.team.id) for _ in range(5)]
    assert (first, memory.asked) == ([first[0]] * 5, 1)
    seconds = 10.0
    assert await tokens.installation(amara.team.id) == first[0]
    assert memory.asked == 2

    assert first[0] is not None
    assert await tokens.end(first[0]) is None
    with pytest.raises(Undeliverable):
        await tokens.installation(amara.team.id)


async def test_a_remembered_token_that_is_not_the_last_any_more_gives_way_to_it(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    other = await many.start()
    await send(other, amara)  # remembers
    old = many.slack.world.installations[0].token
    await many.install(amara)
    many.slack.world.installations[0].old_tokens.pop(old, None)
    await send(other, amara, key="k2")

    assert many.slack.calls_of("chat.postMessage")[-1].token == many.slack.world.installations[0].token


# ── Taken away ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_after_an_uninstall_nothing_is_delivered_and_nothing_is_kept_but_what_is_known(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    await many.asks(amara)
    workspace = await many.store.workspace_of("slack", team.id)
    farewells = await many.slack.uninstall(team)

    assert [one.payload["event"]["type"] for one in farewells] == ["tokens_revoked", "app_uninstalled"]
    assert all(one.accepted for one in farewells)
    with pytest.raises(Undeliverable, match="Lanyard has been removed from this Slack workspace"):
        await send(many.replicas[0], amara)
    assert [row.sealed for row in await many.store.installations.all()] == [None]
    assert await many.store.workspace_of("slack", team.id) == workspace
    assert (await many.person(amara)).active


async def test_installed_again_it_takes_up_where_it_was(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    before = (await many.store.workspace_of("slack", team.id), (await many.person(amara)).id)
    await many.slack.uninstall(team)
    await many.install(amara)

    assert (await many.store.workspace_of("slack", team.id), (await many.person(amara)).id) == before
    assert len(await many.asks(amara)) == 1


async def test_an_uninstall_that_is_told_late_and_twice_ends_no_newer_installation(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    old = many.slack.world.installation(team)
    assert old is not None
    farewells = await many.slack.uninstall(team)
    await many.install(amara)
    for one in [*reversed(farewells), *farewells]:
        assert (await many.slack.mail.again(one)).outcome == "accepted"

    assert len(await many.asks(amara)) == 1


async def test_an_uninstall_that_is_never_told_is_noticed_at_the_first_call(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    many.slack.app.events = frozenset()
    await many.slack.uninstall(team)
    with pytest.raises(Undeliverable):
        await send(many.replicas[0], amara)

    assert [row.sealed for row in await many.store.installations.all()] == [None]


async def test_when_slack_is_away_an_uninstall_is_told_again(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    many.slack.faults.add("auth.test", *[Wrong.REFUSED] * 4)
    farewells = await many.slack.uninstall(team)
    assert not any(one.accepted for one in farewells)
    await many.slack.advance(60)

    assert all(one.accepted for one in farewells)
    assert [row.sealed for row in await many.store.installations.all()] == [None]


async def test_an_uninstall_whose_token_has_run_out_ends_the_installation_too(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    await many.slack.advance(LIFE + 1)
    installation = many.slack.world.installation(team)
    assert installation is not None
    installation.refresh_token = "another"
    many.slack.faults.add("auth.test", Fault(wrong=Wrong.ERROR, error="token_expired"))
    await many.slack.uninstall(team)

    assert [row.sealed for row in await many.store.installations.all()] == [None]


async def test_persons_tokens_that_are_revoked_are_none_of_ours(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    await many.install(amara)
    before = many.slack.calls_of("auth.test")
    many.slack.world.hears(team, {"type": "tokens_revoked", "tokens": {"oauth": [amara.id], "bot": []}})
    await many.slack.settle()

    assert many.slack.calls_of("auth.test") == before
    assert len(await many.asks(amara)) == 1


async def test_one_companys_uninstall_leaves_the_other_alone(many: Many) -> None:
    team, (amara,) = many.add("Copper Kettle", "amara")
    _, (bo,) = many.add("Blue Lamp", "bo")
    await many.install(amara)
    await many.install(bo)
    await many.slack.uninstall(team)

    with pytest.raises(Undeliverable):
        await send(many.replicas[0], amara)
    assert len(await many.asks(bo)) == 1


async def test_a_workspace_that_never_installed_lanyard_is_named(many: Many) -> None:
    _, (amara,) = many.add("Copper Kettle", "amara")
    with pytest.raises(Undeliverable, match=f"Lanyard is not installed in the Slack workspace {amara.team.id}"):
        await send(many.replicas[0], amara)
