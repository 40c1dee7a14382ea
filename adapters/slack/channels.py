"""Channels by their names. Slack tells of them in no other way than by the list of all, which is read now and then.

Within a request there is little time: whoever waits in vain may ask again, since the reading goes on meanwhile.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from adapters.slack.api import Api, call_in
from adapters.slack.directory import Directory, next_cursor, to_channel
from adapters.slack.model import Channel
from adapters.slack.tokens import Tokens
from bot.messages import Place, Scope, TryLater

PATIENCE = 1.5
"""Seconds, of the three that Slack waits for what comes of a form."""
LASTING = 600.0
"""Seconds that a name which is on the list is believed."""
LASTING_UNKNOWN = 30.0
"""And that one which is not stands for no channel: it may have been made just now."""
PAGE = 1000  # as many as Slack gives at once

_ID = re.compile(r"[CG][A-Z0-9]{5,63}")  # names have small letters


@dataclass(slots=True)
class _List:
    """`page` is where the reading broke off, empty where it has come to the end, `read_at` then."""

    names: dict[str, Channel] = field(default_factory=dict)
    page: str = ""
    read_at: float = float("-inf")


class Channels:
    def __init__(
        self, api: Api, tokens: Tokens, directory: Directory, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._directory = directory
        self._clock = clock
        self._known: dict[str, _List] = {}
        self._begun: dict[str, _List] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def find(self, tenant: str, person: str, wanted: str) -> Sequence[Place]:
        """The one of that id or name, if the person may know of it. Raises TryLater, Undeliverable."""
        is_id = _ID.fullmatch(wanted) is not None
        asking = (
            self._directory.channel(tenant, wanted, named=True) if is_id else self._named(tenant, wanted.casefold())
        )
        channel = await asking
        if channel is None or channel.scope is Scope.DIRECT or channel.name is None:
            return ()
        if channel.scope is not Scope.CHANNEL and not await self._directory.is_member(tenant, channel.id, person):
            return ()
        return (Place(conversation=channel.id, scope=channel.scope, name=channel.name, shared=channel.shared),)

    async def _named(self, tenant: str, name: str) -> Channel | None:
        known = self._known.get(tenant, _List())
        age = self._clock() - known.read_at
        found = known.names.get(name)
        if age > (LASTING_UNKNOWN if found is None else LASTING):
            await self._read(tenant)
            found = self._known[tenant].names.get(name)
        return found

    async def _read(self, tenant: str) -> None:
        """Once for all who ask meanwhile."""
        task = self._reading.get(tenant)
        if task is None:
            task = self._reading[tenant] = asyncio.create_task(self._read_on(tenant))
            task.add_done_callback(lambda done: self._end(tenant, done))
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if not done:
            raise TryLater("Slack has many channels, and has not told of all of them yet.")
        task.result()

    def _end(self, tenant: str, done: asyncio.Task[None]) -> None:
        self._reading.pop(tenant, None)
        if not done.cancelled():
            done.exception()  # where nobody waits for it any more, it is no secret

    async def _read_on(self, tenant: str) -> None:
        """From where it broke off. Raises TryLater, Undeliverable."""
        begun = self._begun.setdefault(tenant, _List())
        while True:
            page = await call_in(
                self._api,
                self._tokens,
                tenant,
                lambda client: client.conversations_list(
                    types="public_channel,private_channel", exclude_archived=True, limit=PAGE, cursor=begun.page
                ),
            )
            for given in page.get("channels", []):
                id_ = given.get("id") if isinstance(given, dict) else None
                channel = to_channel(id_, given) if isinstance(id_, str) else None
                if channel is not None and channel.name is not None:
                    begun.names[channel.name.casefold()] = channel
            begun.page = next_cursor(page)
            if not begun.page:
                break
        begun.read_at = self._clock()
        self._known[tenant] = self._begun.pop(tenant)

    async def stop(self) -> None:
        reading = list(self._reading.values())
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
