"""Who and what is behind Slack's ids: asked once, remembered for a while, in memory.

Looking somebody up may stand on the path of an acknowledgement, which Slack awaits for three seconds: `look_up` takes
what it gets within `PATIENCE`, and does without the rest.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from adapters.slack.api import Api, Call, Refusal, call_in
from adapters.slack.availability import read_availability, read_status
from adapters.slack.model import Channel, Malformed, Roster
from adapters.slack.mrkdwn import unescape
from adapters.slack.shapes import Person, parse
from adapters.slack.tokens import Tokens
from bot.messages import Availability, Scope, Sender, TryLater, Undeliverable

PATIENCE = 1.0
"""Seconds."""
LASTING = 3600.0
"""Seconds that an answer is believed."""
LASTING_UNKNOWN = 60.0
LASTING_GROUPS = 300.0  # a new group shall not be unknown for an hour
LASTING_PRESENCE = 60.0
"""Seconds: presence changes by the minute, and nobody tells of it."""
LARGEST = 100_000
PAGE = 200  # as Slack recommends; a page of people in a conversation may have 1,000
MANY = 50
"""From so many unknown people on, the list of all of them takes fewer calls."""
AT_ONCE = 4
MOST = 20  # questions that one message may put
QUIET = 10.0  # seconds without questions from messages after one got no answer

NOBODY = {"user_not_found", "users_not_found", "user_not_visible"}

Value = TypeVar("Value")
Question = Callable[[str, str], Coroutine[Any, Any, object]]  # of a tenant and an id


class _Memory(Generic[Value]):
    """What was learned, the oldest forgotten first. Keys are (tenant, id)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, Value | None]] = {}

    def get(self, tenant: str, id_: str) -> tuple[Value | None] | None:
        """In a tuple, because None may be what was learned."""
        kept = self._kept.get((tenant, id_))
        return (kept[1],) if kept is not None and kept[0] > self._clock() else None

    def known(self, tenant: str, ids: Iterable[str]) -> dict[str, Value]:
        """Those of the ids behind which there is something."""
        found = {id_: kept[0] for id_ in ids if (kept := self.get(tenant, id_))}
        return {id_: value for id_, value in found.items() if value is not None}

    def forget(self, tenant: str, id_: str) -> None:
        self._kept.pop((tenant, id_), None)

    def put(self, tenant: str, id_: str, value: Value | None, *, lasting: float = LASTING) -> None:
        self._kept.pop((tenant, id_), None)
        self._kept[(tenant, id_)] = (self._clock() + lasting, value)
        if len(self._kept) > LARGEST:
            del self._kept[next(iter(self._kept))]


class Directory:
    """`now` is the wall's clock, by which Slack tells until when somebody is not to be disturbed."""

    def __init__(
        self,
        api: Api,
        tokens: Tokens,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._clock = clock
        self._now = now
        self._quiet_until: dict[str, float] = {}
        self._asking: dict[tuple[str, str, str], asyncio.Task[object]] = {}
        self._people: _Memory[Sender] = _Memory(clock)
        self._channels: _Memory[Channel] = _Memory(clock)
        self._statuses: _Memory[Person] = _Memory(clock)
        self._available: _Memory[Availability] = _Memory(clock)
        self._groups: _Memory[Mapping[str, str]] = _Memory(clock)
        self._directs: _Memory[str] = _Memory(clock)
        self._pages: dict[str, str] = {}  # where the list of all people was broken off, by tenant

    # ── Within a request ────────────────────────────────────────────────────────────────────────────────────────────

    def learn(self, tenant: str, channel: Channel) -> None:
        known = self._channels.get(tenant, channel.id)
        kept = known[0] if known is not None else None
        if kept is None or (kept.scope, kept.shared) != (channel.scope, channel.shared):
            # An event does not tell the name; what was known of it stays.
            name = channel.name or (kept.name if kept else None)
            self._channels.put(tenant, channel.id, replace(channel, name=name))

    def is_news(self, tenant: str, person: Person) -> bool:
        """Whether it is more than a status, which changes often, or than what is not known at all."""
        known = self._people.get(tenant, person.id)
        return known is None or known[0] != to_sender(person, tenant)

    def learn_person(self, tenant: str, person: Person) -> None:
        self._available.forget(tenant, person.id)
        self._remember(tenant, person)

    async def look_up(
        self, tenant: str, *, people: Iterable[str] = (), channels: Iterable[str] = (), ask: bool = True
    ) -> Roster:
        """What is known, asked for if need be; whoever does not answer in time stays unknown. Raises nothing."""
        people, channels = set(people), set(channels)
        if ask and self._quiet_until.get(tenant, 0.0) <= self._clock():
            unknown: list[tuple[Question, str]] = []
            unknown += [(self.person, id_) for id_ in people if not self._people.get(tenant, id_)]
            unknown += [(self.channel, id_) for id_ in channels if not self._channels.get(tenant, id_)]
            if unknown:
                await self._ask(tenant, unknown[:MOST])
        return Roster(people=self._people.known(tenant, people), channels=self._channels.known(tenant, channels))

    async def _ask(self, tenant: str, unknown: Sequence[tuple[Question, str]]) -> None:
        tasks = {self._ask_once(ask, tenant, id_) for ask, id_ in unknown}
        done, late = await asyncio.wait(tasks, timeout=PATIENCE)
        faults = [task.exception() for task in done if not task.cancelled()]
        if late or any(isinstance(fault, TryLater) for fault in faults):
            # The next messages shall not wait for the same silence.
            self._quiet_until[tenant] = self._clock() + QUIET
        for fault in faults:
            if fault is not None and not isinstance(fault, TryLater | Undeliverable):
                raise fault

    def _ask_once(self, ask: Question, tenant: str, id_: str) -> asyncio.Task[object]:
        """The same question for all who put it meanwhile. Late answers are remembered for the next."""
        key = (ask.__name__, tenant, id_)
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(ask(tenant, id_))
            task.add_done_callback(lambda done: self._end(key, done))
        return task

    def _end(self, key: tuple[str, str, str], done: asyncio.Task[object]) -> None:
        del self._asking[key]
        if not done.cancelled():
            done.exception()  # where nobody waits for it any more, it is no secret

    async def stop(self) -> None:
        asking = list(self._asking.values())
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)

    # ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _call(self, tenant: str, call: Call) -> Mapping[str, Any]:
        return await call_in(self._api, self._tokens, tenant, call)

    async def person(self, tenant: str, id_: str) -> Sender | None:
        """None for nobody, for another company's people, and for whoever has left. Raises TryLater, Undeliverable."""
        known = self._people.get(tenant, id_)
        if known is not None:
            return known[0]
        try:
            answer = await self._call(tenant, lambda client: client.users_info(user=id_))
        except Refusal as refusal:
            if refusal.error not in NOBODY:
                raise
            self._people.put(tenant, id_, None, lasting=LASTING_UNKNOWN)
            return None
        return self._keep(tenant, answer.get("user"), id_)

    def _keep(self, tenant: str, given: Any, id_: str | None = None) -> Sender | None:
        try:
            person = parse(Person, given)
        except Malformed:
            if id_ is None:
                return None
            raise TryLater("Slack tells of a person in a shape that is not known.") from None
        return self._remember(tenant, person)

    def _remember(self, tenant: str, person: Person) -> Sender | None:
        sender = to_sender(person, tenant)
        self._people.put(tenant, person.id, sender)
        self._statuses.put(tenant, person.id, person if sender is not None else None)
        return sender

    async def person_by_email(self, tenant: str, email: str) -> Sender | None:
        """Raises TryLater, Undeliverable."""
        try:
            answer = await self._call(tenant, lambda client: client.users_lookupByEmail(email=email))
        except Refusal as refusal:
            if refusal.error not in NOBODY:
                raise
            return None
        return self._keep(tenant, answer.get("user"))

    async def has_left(self, tenant: str, id_: str) -> bool:
        """Whether their account is closed. Raises TryLater, Undeliverable."""
        try:
            answer = await self._call(tenant, lambda client: client.users_info(user=id_))
        except Refusal as refusal:
            if refusal.error not in NOBODY:
                raise
            return False
        try:
            return bool(parse(Person, answer.get("user") or {}).deleted)
        except Malformed:
            return False

    async def availability(self, tenant: str, id_: str) -> Availability:
        """What Slack does not grant us to see is left open. Raises TryLater, Undeliverable."""
        known = self._available.get(tenant, id_)
        if known is not None and known[0] is not None:
            return known[0]
        person, presence, disturbing = await asyncio.gather(
            self.person(tenant, id_),
            self._ask_if_granted(tenant, lambda client: client.users_getPresence(user=id_)),
            self._ask_if_granted(tenant, lambda client: client.dnd_info(user=id_)),
        )
        now = self._now()
        told = self._statuses.get(tenant, id_)
        status = read_status(told[0], now=now) if person is not None and told and told[0] else (False, None)
        found = read_availability(presence, disturbing, status, now=now)
        self._available.put(tenant, id_, found, lasting=LASTING_PRESENCE)
        return found

    async def _ask_if_granted(self, tenant: str, call: Call) -> Mapping[str, Any]:
        try:
            return await self._call(tenant, call)
        except Refusal:
            return {}

    async def channel(self, tenant: str, id_: str, *, named: bool = False) -> Channel | None:
        """None for a conversation that Lanyard cannot see. Raises TryLater, Undeliverable.

        `named` asks for one of which an event has told, and not the name.
        """
        known = self._channels.get(tenant, id_)
        if known is not None and not (named and known[0] is not None and known[0].name is None):
            return known[0]
        channel: Channel | None = None
        if is_group(id_):  # its members are asked for as a conversation's are; nothing is said there
            handle = (await self.groups(tenant)).get(id_)
            channel = Channel(id=id_, scope=Scope.PRIVATE, name=handle) if handle else None
        else:
            try:
                answer = await self._call(tenant, lambda client: client.conversations_info(channel=id_))
                channel = to_channel(id_, answer.get("channel"))
            except Refusal as refusal:
                if refusal.error not in {"channel_not_found", "missing_scope"}:
                    raise
        self._channels.put(tenant, id_, channel, lasting=LASTING if channel else LASTING_UNKNOWN)
        return channel

    async def direct(self, tenant: str, person: str) -> str:
        """The person's conversation with the bot. Raises TryLater, Undeliverable."""
        known = self._directs.get(tenant, person)
        if known is not None and known[0] is not None:
            return known[0]
        answer = await self._call(tenant, lambda client: client.conversations_open(users=person))
        id_ = str(answer["channel"]["id"])
        self._directs.put(tenant, person, id_)
        self._channels.put(tenant, id_, Channel(id=id_, scope=Scope.DIRECT))
        return id_

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        """The people in a conversation or user group, bots and other companies' left out.

        What was learned before a TryLater is remembered: the next try goes on from there. Raises TryLater,
        Undeliverable.
        """
        if is_group(conversation):
            answer = await self._call(
                tenant, lambda client: client.usergroups_users_list(usergroup=conversation, team_id=tenant)
            )
            return await self._people_of(tenant, [id_ for id_ in answer.get("users", []) if isinstance(id_, str)])
        return await self._people_of(
            tenant, [id_ async for page in self._member_pages(tenant, conversation) for id_ in page]
        )

    async def is_member(self, tenant: str, conversation: str, person: str) -> bool:
        """Without asking who the others are. Raises TryLater, Undeliverable."""
        async for page in self._member_pages(tenant, conversation):
            if person in page:
                return await self.person(tenant, person) is not None
        return False

    async def _member_pages(self, tenant: str, conversation: str) -> AsyncIterator[Sequence[str]]:
        cursor = ""
        while True:
            page = await self._call(
                tenant,
                lambda client, at=cursor: client.conversations_members(channel=conversation, limit=1000, cursor=at),  # type: ignore[misc]
            )
            yield page.get("members", [])
            cursor = next_cursor(page)
            if not cursor:
                return

    async def _people_of(self, tenant: str, ids: Sequence[str]) -> Sequence[str]:
        unknown = [id_ for id_ in ids if not self._people.get(tenant, id_)]
        if len(unknown) > MANY:
            await self._learn_everybody(tenant)
            unknown = [id_ for id_ in ids if not self._people.get(tenant, id_)]
        for start in range(0, len(unknown), AT_ONCE):
            some = unknown[start : start + AT_ONCE]
            for outcome in await asyncio.gather(*(self.person(tenant, id_) for id_ in some), return_exceptions=True):
                if isinstance(outcome, BaseException):
                    raise outcome
        people = self._people.known(tenant, ids)
        return [id_ for id_ in ids if id_ in people and not people[id_].is_bot]

    async def groups(self, tenant: str) -> Mapping[str, str]:
        """The handles of the user groups, by id. Raises TryLater, Undeliverable."""
        known = self._groups.get(tenant, "")
        if known is not None and known[0] is not None:
            return known[0]
        answer = await self._ask_if_granted(tenant, lambda client: client.usergroups_list(team_id=tenant))
        found = {
            group["id"]: group["handle"]
            for group in answer.get("usergroups", [])
            if isinstance(group, dict) and isinstance(group.get("id"), str) and isinstance(group.get("handle"), str)
        }
        self._groups.put(tenant, "", found, lasting=LASTING_GROUPS)
        return found

    async def _learn_everybody(self, tenant: str) -> None:
        while True:
            cursor = self._pages.get(tenant, "")
            page = await self._call(
                tenant,
                lambda client, at=cursor: client.users_list(limit=PAGE, cursor=at),  # type: ignore[misc]
            )
            for given in page.get("members", []):
                self._keep(tenant, given)
            self._pages[tenant] = next_cursor(page)
            if not self._pages[tenant]:
                return


def is_group(id_: str) -> bool:
    """Whether it is a user group's id, and no conversation's."""
    return id_.startswith("S")


def next_cursor(page: Mapping[str, Any]) -> str:
    metadata = page.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, dict) else None
    return cursor if isinstance(cursor, str) else ""


def to_sender(person: Person, tenant: str) -> Sender | None:
    if person.deleted or person.is_stranger:
        return None
    if person.team_id not in {None, tenant} and not person.enterprise_user:
        return None
    name = person.profile.display_name or person.profile.real_name or person.real_name or person.name
    return Sender(
        id=person.id,
        name=unescape(name) if name else None,
        email=person.profile.email or None,
        time_zone=_zone(person.tz),
        is_bot=bool(person.is_bot) or person.id == "USLACKBOT",
        is_guest=bool(person.is_restricted or person.is_ultra_restricted),
    )


def _zone(name: str | None) -> str | None:
    try:
        return ZoneInfo(name).key if name else None
    except (ValueError, OSError, LookupError):
        return None


def to_channel(id_: str, given: Any) -> Channel | None:
    if not isinstance(given, dict):
        return None
    if given.get("is_im"):
        return Channel(id=id_, scope=Scope.DIRECT)
    shared = bool(given.get("is_ext_shared"))
    closed = given.get("is_private") or given.get("is_mpim") or given.get("is_group") or shared
    name = given.get("name")
    return Channel(
        id=id_,
        scope=Scope.PRIVATE if closed else Scope.CHANNEL,
        name=name if isinstance(name, str) and name else None,
        shared=shared,
    )
