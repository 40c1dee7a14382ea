"""Which Microsoft cloud: where its keys are published, where tokens are had, which hosts are its connector's."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from urllib.parse import SplitResult, urlsplit

from botframework.connector.auth import AuthenticationConstants as Public
from botframework.connector.auth import GovernmentConstants as Government


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """`hosts` are the hosts that a `serviceUrl` may have; `*.example.com` stands for every host below example.com.

    `file_hosts` are those that files which people send may be fetched from.
    """

    metadata_url: str
    issuer: str
    login_url: str
    scope: str
    service_url: str  # where a company's connector is, before it has told
    hosts: tuple[str, ...]
    file_hosts: tuple[str, ...] = ("*.sharepoint.com",)

    def trusts(self, service_url: str) -> bool:
        """Whether calls with our token may go there: over TLS, to a host of the list; on this machine without TLS."""
        parts = _split(service_url)
        if parts is None or parts.query or parts.fragment:
            return False
        return _is_listed(parts, self.hosts)

    def keeps_files_at(self, url: str) -> bool:
        """Whether a file may be fetched there: over TLS, from a host of that list; on this machine without TLS."""
        parts = _split(url)
        return parts is not None and _is_listed(parts, self.file_hosts)


def _split(url: str) -> SplitResult | None:
    """None for what is no address, or brings a name and a password along."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 — raises ValueError for one that is none
    except ValueError:
        return None
    return None if parts.username or parts.password else parts


def _is_listed(parts: SplitResult, hosts: Iterable[str]) -> bool:
    host = (parts.hostname or "").lower()
    listed = any(host == one or (one.startswith("*.") and host.endswith(one[1:])) for one in map(str.lower, hosts))
    return listed and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


PUBLIC = Cloud(
    metadata_url=Public.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL,
    issuer=Public.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER,
    login_url=Public.TO_CHANNEL_FROM_BOT_LOGIN_URL_PREFIX,
    scope=f"{Public.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE}/.default",
    service_url="https://smba.trafficmanager.net/teams/",
    hosts=("smba.trafficmanager.net",),
)
GCC = replace(
    PUBLIC,
    service_url="https://smba.infra.gcc.teams.microsoft.com/teams/",
    hosts=("smba.infra.gcc.teams.microsoft.com",),
)
GCC_HIGH = Cloud(
    metadata_url=Government.TO_BOT_FROM_CHANNEL_OPENID_METADATA_URL,
    issuer=Government.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER,
    login_url=Government.TO_CHANNEL_FROM_BOT_LOGIN_URL_PREFIX,
    scope=f"{Government.TO_CHANNEL_FROM_BOT_OAUTH_SCOPE}/.default",
    service_url="https://smba.infra.gov.teams.microsoft.us/teams/",
    hosts=("smba.infra.gov.teams.microsoft.us",),
    file_hosts=("*.sharepoint.us",),
)
DOD = replace(
    GCC_HIGH,
    service_url="https://smba.infra.dod.teams.microsoft.us/teams/",
    hosts=("smba.infra.dod.teams.microsoft.us",),
    file_hosts=("*.sharepoint-mil.us",),
)
CLOUDS: Mapping[str, Cloud] = MappingProxyType({"public": PUBLIC, "gcc": GCC, "gcc-high": GCC_HIGH, "dod": DOD})
