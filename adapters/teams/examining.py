"""Is Lanyard well on Teams? What Microsoft and the public address tell when asked; nothing is changed by it."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from adapters.teams.cloud import Cloud
from adapters.teams.credentials import BotToken, Proof
from adapters.teams.keys import Keys, Unavailable
from adapters.teams.manifest import Publisher, build_manifest, is_guid
from adapters.teams.routes import PATH
from bot.messages import TryLater

PATIENCE = aiohttp.ClientTimeout(total=10)
NOBODYS_KEY = "none-of-these"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    subject: str
    well: bool
    text: str


async def examine(
    *, app_id: str, proof: Proof | None, cloud: Cloud, url: str, version: str, running: bool
) -> AsyncIterator[Checked]:
    """`url` is the public address, if there is one; it is tried only while Lanyard is `running`."""
    if not app_id:
        yield Checked(subject="teams", well=True, text="without a registration: only this machine's test clients")
        return
    yield _examine_app(app_id)
    async with aiohttp.ClientSession(timeout=PATIENCE) as session:
        yield await _examine_token(session, proof)
        yield await _examine_keys(session, cloud)
        yield _examine_hosts(cloud)
        yield await _examine_address(session, url, running=running)
    yield _examine_package(app_id, url, version)


def _examine_app(app_id: str) -> Checked:
    if is_guid(app_id):
        return Checked(subject="teams bot", well=True, text=f"app id {app_id}")
    text = f"MICROSOFT_APP_ID is {app_id!r}, which is no app id. Copy it from the page of the Azure Bot."
    return Checked(subject="teams bot", well=False, text=text)


async def _examine_token(session: aiohttp.ClientSession, proof: Proof | None) -> Checked:
    subject = "teams sending"
    try:
        async with asyncio.timeout(10):
            await BotToken(proof).get(session)
    except TryLater as fault:
        return Checked(subject=subject, well=False, text=f"{fault} A secret's value is wanted, not its id.")
    except TimeoutError:
        text = "Microsoft gives no token within ten seconds. Does a firewall keep Lanyard from signing in?"
        return Checked(subject=subject, well=False, text=text)
    return Checked(subject=subject, well=True, text="Microsoft gives Lanyard a token")


async def _examine_keys(session: aiohttp.ClientSession, cloud: Cloud) -> Checked:
    subject = "teams receiving"
    keys = Keys(cloud.metadata_url, lambda: session)
    try:
        await keys.get(NOBODYS_KEY)
    except Unavailable:
        text = f"{cloud.metadata_url} gives no keys to check calls by. Does a firewall keep Lanyard from it?"
        return Checked(subject=subject, well=False, text=text)
    finally:
        await keys.stop()
    return Checked(subject=subject, well=True, text="the keys by which calls are checked can be fetched")


def _examine_hosts(cloud: Cloud) -> Checked:
    hosts = ", ".join(cloud.hosts)
    if not cloud.trusts(cloud.service_url):
        text = f"{cloud.service_url} is at none of {hosts}: nothing could be sent. Check TEAMS_SERVICE_HOSTS."
        return Checked(subject="teams hosts", well=False, text=text)
    return Checked(subject="teams hosts", well=True, text=f"the token goes to {hosts}, and nowhere else")


async def _examine_address(session: aiohttp.ClientSession, url: str, *, running: bool) -> Checked:
    subject, address = "teams endpoint", url + PATH
    if not url:
        text = "LANYARD_URL is empty. Set it to the public address, as https://lanyard.example.com."
        return Checked(subject=subject, well=False, text=text)
    if urlsplit(url).scheme != "https" or _is_inside(urlsplit(url).hostname or ""):
        text = f"{address} is no public https address, and Microsoft's servers call no other. Check LANYARD_URL."
        return Checked(subject=subject, well=False, text=text)
    if not running:
        return Checked(subject=subject, well=True, text=f"{address}; tried while Lanyard is running")
    remedy = "Does the proxy lead it here, with this path?"
    try:
        async with session.post(address, data=b"{}", allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as fault:
        text = f"{address} cannot be reached from here ({type(fault).__name__}). {remedy}"
        return Checked(subject=subject, well=False, text=text)
    if status != 401:
        text = f"{address} answers {status}, not as Lanyard does to a call without a token. {remedy}"
        return Checked(subject=subject, well=False, text=text)
    return Checked(subject=subject, well=True, text=f"{address} leads here, and takes only what Microsoft signed")


def _is_inside(host: str) -> bool:
    """Whether only machines of one's own reach it, as far as the name tells."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal"))


def _examine_package(app_id: str, url: str, version: str) -> Checked:
    subject = "teams package"
    try:
        build_manifest(
            app_id=app_id, url=url, version=version, publisher=Publisher(website=url, privacy=url, terms=url)
        )
    except ValueError as fault:
        return Checked(subject=subject, well=False, text=str(fault))
    return Checked(subject=subject, well=True, text="`lanyard teams package` can write it")
