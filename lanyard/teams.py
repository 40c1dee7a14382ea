"""Microsoft Teams as the settings describe it; where its conversations are is kept in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import adapters.teams as teams_adapter
from adapters.teams import Cloud, Proof, Reference
from bot.messages import TryLater
from bot.store import UNREACHABLE, Store, records
from lanyard.config import Settings, SettingsError

PLATFORM = "teams"


class StoredReferences:
    """See `adapters.teams.References`."""

    def __init__(self, store: Store) -> None:
        self._references = store.references

    async def keep(self, reference: Reference) -> None:
        with _edge():
            await self._references.keep(
                PLATFORM,
                records.Reference(
                    tenant=reference.tenant,
                    conversation=reference.conversation,
                    service_url=reference.service_url,
                    person=reference.person,
                    team=reference.team,
                ),
            )

    async def of(self, tenant: str, conversation: str) -> Reference | None:
        with _edge():
            return _read(await self._references.of(PLATFORM, tenant, conversation))

    async def direct(self, tenant: str, person: str) -> Reference | None:
        with _edge():
            return _read(await self._references.direct(PLATFORM, tenant, person))

    async def newest(self, tenant: str) -> Reference | None:
        with _edge():
            return _read(await self._references.newest(PLATFORM, tenant))

    async def teams(self, tenant: str) -> Sequence[Reference]:
        with _edge():
            found = await self._references.teams(PLATFORM, tenant)
        return [one for record in found if (one := _read(record)) is not None]


@contextmanager
def _edge() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as error:
        raise TryLater(f"The store cannot be reached: {type(error).__name__}.") from error


def _read(record: records.Reference | None) -> Reference | None:
    if record is None:
        return None
    return Reference(
        tenant=record.tenant,
        conversation=record.conversation,
        service_url=record.service_url,
        person=record.person,
        team=record.team,
    )


# ── From the settings ───────────────────────────────────────────────────────────────────────────────────────────────


def connect(settings: Settings, store: Store) -> teams_adapter.TeamsPlatform:
    """Raises SettingsError for a certificate that is none."""
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731 — tokens live by it
    cloud = cloud_of(settings)
    tenants = tenants_of(settings)
    # One company's Teams and Slack are one workspace; of many companies each has its own.
    join = len(tenants) == 1 or settings.teams_anonymous

    async def found(tenant: str) -> None:
        with _edge():
            await store.found_workspace(PLATFORM, tenant, name=f"Teams company {tenant}", now=wall(), join=join)

    return teams_adapter.connect(
        now=wall,
        app_id=settings.teams_app_id,
        proof=proof_of(settings, cloud, now=wall),
        anonymous=settings.teams_anonymous,
        tenants=frozenset(tenants),
        cloud=cloud,
        open_teams=frozenset(settings.teams_open_teams),
        references=StoredReferences(store),
        found=found,
    )


def cloud_of(settings: Settings) -> Cloud:
    cloud = teams_adapter.CLOUDS[settings.teams_cloud]
    return replace(
        cloud,
        metadata_url=settings.teams_metadata_url or cloud.metadata_url,
        login_url=settings.teams_login_url or cloud.login_url,
        service_url=settings.teams_service_url or cloud.service_url,
        hosts=settings.teams_service_hosts or cloud.hosts,
        file_hosts=settings.teams_file_hosts or cloud.file_hosts,
    )


def tenants_of(settings: Settings) -> tuple[str, ...]:
    """The companies that may use the bot; none are any."""
    if settings.teams_app_type == "MultiTenant":
        return () if "*" in settings.teams_tenants else settings.teams_tenants
    return (settings.teams_tenant_id,) if settings.teams_tenant_id else ()


def proof_of(settings: Settings, cloud: Cloud, *, now: Callable[[], datetime]) -> Proof | None:
    """Raises SettingsError."""
    if not settings.teams_app_id:
        return None
    if settings.teams_app_type == "UserAssignedMSI":
        return teams_adapter.ManagedIdentity(
            app_id=settings.teams_app_id,
            scope=cloud.scope,
            endpoint=settings.identity_endpoint,
            header=settings.identity_header,
        )
    # A bot of many companies signs in at the Bot Framework's own directory.
    directory = "botframework.com" if settings.teams_app_type == "MultiTenant" else settings.teams_tenant_id
    token_url = f"{cloud.login_url.rstrip('/')}/{directory}/oauth2/v2.0/token"
    if settings.teams_certificate:
        try:
            key, thumbprint = teams_adapter.read_certificate(Path(settings.teams_certificate))
        except ValueError as fault:
            raise SettingsError(f"MICROSOFT_APP_CERTIFICATE: {fault}") from None
        return teams_adapter.Certificate(
            app_id=settings.teams_app_id,
            key=key,
            thumbprint=thumbprint,
            token_url=token_url,
            scope=cloud.scope,
            now=now,
        )
    return teams_adapter.Secret(
        app_id=settings.teams_app_id, secret=settings.teams_app_password, token_url=token_url, scope=cloud.scope
    )
