"""Slack's installations over the store: what a platform knows as tokens stands in the database sealed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from cattrs.preconf.json import make_converter

from adapters.slack import Installation, Overtaken, SignIn
from bot.messages import TryLater, Undeliverable
from bot.store import UNREACHABLE, Store
from bot.store.installations import TooManySignInsError
from bot.store.records import Installed, Role
from lanyard.seal import Seal, WrongKeyError

log = structlog.get_logger(__name__)

SLACK = "slack"
LEASE = timedelta(seconds=60)  # a call to Slack ends well within it
UNREADABLE = timedelta(minutes=1)

_converter = make_converter()


class StoredInstallations:
    """See `adapters.slack.tokens.Installations`. `now` is the wall's clock."""

    def __init__(self, store: Store, seal: Seal, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._rows = store.installations
        self._seal = seal
        self._now = now

    # ── Looking ──

    async def find(self, tenant: str) -> Installation | None:
        with _reaching():
            rows = await self._rows.of(SLACK, tenant)
        alive = next((row for row in rows if row.sealed is not None), None)
        if alive is not None:
            return self._open(alive)
        if rows:
            raise Undeliverable("Lanyard has been removed from this Slack workspace. Install it there again.")
        return None

    async def all(self) -> Sequence[Installation]:
        with _reaching():
            rows = await self._rows.all(SLACK)
        return self._open_all(rows)

    async def expiring(self, before: datetime) -> Sequence[Installation]:
        with _reaching():
            rows = await self._rows.expiring(SLACK, before=before)
        return self._open_all(rows)

    def _open_all(self, rows: Sequence[Installed]) -> list[Installation]:
        """Those that can be read; one that cannot must not keep the others from being looked after."""
        opened = []
        for row in rows:
            if row.sealed is not None:
                try:
                    opened.append(self._open(row))
                except TryLater:
                    continue
        return opened

    def _open(self, row: Installed) -> Installation:
        assert row.sealed is not None
        try:
            return unseal(self._seal, row)
        except WrongKeyError as error:
            # Not chained, and not lost either: with the right key what waits goes out.
            log.error("installation unreadable", tenant=row.tenant, fault=str(error))  # noqa: TRY400
            raise TryLater(f"Slack's token cannot be read: {error}", after=UNREADABLE) from None

    # ── Changing ──

    async def count_kept(self, tenant: str) -> int:
        with _reaching():
            rows = await self._rows.of(SLACK, tenant)
        return next((row.version for row in rows if row.tenant == tenant), 0)

    async def keep(self, sign_in: SignIn, *, after: int) -> bool:
        one, now = sign_in.installation, self._now()
        with _reaching():
            before = await self._store.workspace_of(SLACK, sign_in.known_in)
            # All in one: whoever writes to a workspace that nobody looks after would be its administrator.
            async with self._store.installing(
                SLACK, one.tenant, organisation=sign_in.organisation, name=sign_in.name, now=now
            ) as tx:
                # Their own part of an organisation may have been there before, apart from it.
                known_in = sign_in.known_in if before in {tx.workspace, None} else one.tenant
                person = await tx.recognise(SLACK, known_in, sign_in.by)
                looked_after = bool(await tx.administrators())
                if not looked_after:
                    await tx.change_roles(person.id, roles=person.roles | {Role.ADMINISTRATOR}, by=None)
                sealed = seal_up(self._seal, one)
                if not await tx.put_installation(
                    SLACK, one.tenant, sealed=sealed, expires_at=one.expires_at, after=after
                ):
                    raise Overtaken(one.tenant)  # and so nothing of this is kept
                await tx.audit("install", f"{SLACK}/{one.tenant}", by=person)
            if one.of_organisation:
                await self._rows.adopt(SLACK, sign_in.known_in, one.tenant)
            return not looked_after or Role.ADMINISTRATOR in person.roles

    async def lease(self, one: Installation) -> bool:
        with _reaching():
            return await self._rows.lease(_row(one), lasting=LEASE)

    async def release(self, one: Installation) -> None:
        with _reaching():
            await self._rows.release(_row(one))

    async def replace(self, one: Installation, by: Installation) -> bool:
        sealed = seal_up(self._seal, by)
        with _reaching():
            return await self._rows.replace(_row(one), sealed=sealed, expires_at=by.expires_at)

    async def end(self, one: Installation) -> bool:
        with _reaching():
            if not await self._rows.end(_row(one)):
                return False
            workspace = await self._store.workspace_of(SLACK, one.tenant)
            if workspace is not None:
                async with self._store.transaction(workspace, now=self._now()) as tx:
                    await tx.audit("uninstall", f"{SLACK}/{one.tenant}", by=None)
            return True

    async def adopt(self, tenant: str, organisation: str) -> bool:
        with _reaching():
            return await self._rows.adopt(SLACK, tenant, organisation)

    # ── Sign-ins ──

    async def begin_sign_in(self, state: str, browser: str, *, until: datetime) -> None:
        with _reaching():
            try:
                await self._rows.begin_sign_in(state, browser, until=until, now=self._now())
            except TooManySignInsError:
                raise TryLater("Very many sign-ins have been begun.") from None

    async def finish_sign_in(self, state: str, browser: str) -> bool:
        with _reaching():
            return await self._rows.finish_sign_in(state, browser, now=self._now())


@contextmanager
def _reaching() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as error:
        raise TryLater(f"The database does not answer: {type(error).__name__}.") from error


def _row(one: Installation) -> Installed:
    """As much of it as names it."""
    return Installed(platform=SLACK, tenant=one.tenant, sealed=None, version=one.version, expires_at=None)


def seal_up(seal: Seal, one: Installation) -> str:
    return seal.close(_converter.dumps(one))


def unseal(seal: Seal, row: Installed) -> Installation:
    """Raises WrongKeyError. What was put into another tenant's row by hand is not opened for it, either."""
    assert row.sealed is not None
    given = _converter.loads(seal.open(row.sealed), Installation)
    if given.tenant != row.tenant:
        raise WrongKeyError(f"It is the token of {given.tenant}.")
    return replace(given, version=row.version)


async def count_unreadable(store: Store, seal: Seal) -> int:
    """How many installations none of the keys opens."""
    unreadable = 0
    for row in await store.installations.all(SLACK):
        if row.sealed is not None:
            try:
                unseal(seal, row)
            except WrongKeyError:
                unreadable += 1
    return unreadable


async def rotate(store: Store, seal: Seal) -> tuple[int, list[str]]:
    """Encrypt everything anew by the first key. Returns how many there were, and the tenants that no key opens.

    Whatever is changed by others meanwhile has been sealed by their first key; run it again once they all have the new.
    """
    renewed, unreadable = 0, []
    for row in await store.installations.all():
        if row.sealed is None:
            continue
        try:
            sealed = seal.renew(row.sealed)
        except WrongKeyError:
            unreadable.append(f"{row.platform}/{row.tenant}")
            continue
        if await store.installations.reseal(row, sealed=sealed):
            renewed += 1
    return renewed, unreadable
