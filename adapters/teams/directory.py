"""Who and what is behind Teams's ids: asked once, remembered for a while, in memory.

The connector tells of a person within a conversation they share with the bot: their own with it, or one that they were
heard in.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from adapters.teams import inbound
from adapters.teams.api import Api
from adapters.teams.model import Channel, Malformed
from adapters.teams.references import Reference, Remembered
from adapters.teams.shapes import Activity, ChannelList, Member, MembersPage, Shape, parse
from bot.messages import Sender, TryLater, Undeliverable

PATIENCE = 1.0
"""Seconds that a message may wait for the name of its channel, of the fifteen that Teams waits."""
LASTING = 3600.0
"""Seconds that an answer is believed."""
LASTING_UNKNOWN = 60.0
LARGEST = 100_000
PAGE = 500  # as many as the connector gives at once
GENERAL = "General"  # the channel that has its team's id, and no name

Value = TypeVar("Value")


class Lately(Generic[Value]):
    """What was learned, the oldest forgotten first. Keys are (tenant, id)."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], tuple[float, Value]] = {}

    def get(self, tenant: str, id_: str) -> Value | None:
        until, value = self._kept.get((tenant, id_), (0.0, None))
        return value if value is not None and until > self._clock() else None

    def put(self, tenant: str, id_: str, value: Value, *, lasting: float = LASTING) -> None:
        self._kept.pop((tenant, id_), None)
        self._kept[tenant, id_] = (self._clock() + lasting, value)
        if len(self._kept) > LARGEST:
            del self._kept[next(iter(self._kept))]


class Directory:
    """`bot` is the bot's own id; `tenants` the companies it serves, as far as the settings name them."""

    def __init__(
        self,
        api: Api,
        references: Remembered,
        *,
        bot: str,
        tenants: frozenset[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._references = references
        self._bot = bot
        self._tenants = tenants
        self._people: Lately[Sender] = Lately(clock)
        self._emails: Lately[str] = Lately(clock)
        self._read_through: Lately[bool] = Lately(clock)  # the teams whose members' addresses are known
        self._channels: Lately[dict[str, Channel]] = Lately(clock)  # by team
        self._heard_in: Lately[Reference] = Lately(clock)

    # ── Where ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def service(self, tenant: str, conversation: str | None = None) -> str:
        """The address of the connector there. Raises TryLater, Undeliverable."""
        found = await self._references.of(tenant, conversation) if conversation is not None else None
        found = found or await self._references.newest(tenant)
        if found is None and tenant not in self._tenants:
            raise Undeliverable("Lanyard is not installed in this company's Teams.")
        return found.service_url if found is not None else self._api.cloud.service_url

    async def direct(self, tenant: str, person: str) -> Reference:
        """The person's conversation with the bot, begun if need be. Raises TryLater, Undeliverable."""
        known = await self._references.direct(tenant, person)
        if known is not None:
            return known
        service_url = await self.service(tenant)
        answer = await self._api.call(
            "POST",
            service_url,
            "conversations",
            body={
                "bot": {"id": self._bot},
                "isGroup": False,
                "members": [{"id": person}],
                "tenantId": tenant,
                "channelData": {"tenant": {"id": tenant}},
            },
            personal=True,
        )
        id_ = answer.get("id") if isinstance(answer, dict) else None
        if not isinstance(id_, str) or not id_:
            raise TryLater("Teams began a conversation and did not say which.")
        begun = Reference(tenant=tenant, conversation=id_, service_url=service_url, person=person)
        await self._references.keep(begun)
        return begun

    async def channel(self, activity: Activity) -> Channel | None:
        """The channel that an activity comes from, if Teams tells of it in time. Raises nothing."""
        data = activity.channel_data
        team = data.team.id if data is not None and data.team is not None else None
        conversation, _ = inbound.split(activity.conversation.id)
        if team is None or not inbound.is_channel(conversation):
            return None
        tenant = inbound.tenant_of(activity)
        known = self._channels.get(tenant, team)
        if known is None:
            try:
                async with asyncio.timeout(PATIENCE):
                    known = await self._ask_channels(tenant, team, activity.service_url)
            except (TimeoutError, TryLater, Undeliverable):
                # The next messages shall not wait for the same silence.
                self._channels.put(tenant, team, {}, lasting=LASTING_UNKNOWN)
                return None
        return known.get(conversation)

    async def channels_of(self, tenant: str, team: str, service_url: str) -> dict[str, Channel]:
        """By their ids. Raises TryLater, Undeliverable."""
        return self._channels.get(tenant, team) or await self._ask_channels(tenant, team, service_url)

    async def _ask_channels(self, tenant: str, team: str, service_url: str) -> dict[str, Channel]:
        answer = await self._api.call("GET", service_url, "teams", team, "conversations")
        listed = read_answer(ChannelList, answer).conversations
        channels = {
            one.id: Channel(
                id=one.id,
                name=one.name or (GENERAL if one.id == team else None),
                standard=one.type == "standard",
                shared=one.type == "shared",
            )
            for one in listed
            if one.id is not None
        }
        self._channels.put(tenant, team, channels)
        return channels

    # ── Who ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, person: str, reference: Reference) -> None:
        """Where somebody was heard, so that they can be asked after there."""
        self._heard_in.put(reference.tenant, person, reference)

    async def person(self, tenant: str, id_: str) -> Sender | None:
        """None for nobody, and for whom Lanyard shares no conversation with. Raises TryLater."""
        known = self._people.get(tenant, id_)
        if known is not None:
            return known
        try:
            where = self._heard_in.get(tenant, id_) or await self.direct(tenant, id_)
            answer = await self._api.call("GET", where.service_url, "conversations", where.conversation, "members", id_)
        except Undeliverable:
            return None
        return self._keep(tenant, read_answer(Member, answer))

    def _keep(self, tenant: str, member: Member) -> Sender:
        email = member.email or member.user_principal_name
        sender = Sender(
            id=member.id,
            name=member.name or None,
            email=email or None,
            is_bot=member.id.startswith(inbound.BOT),
            is_guest=member.user_role == "guest" or member.tenant_id not in {None, "", tenant},
        )
        self._people.put(tenant, member.id, sender)
        for address in {member.email, member.user_principal_name} - {None, ""}:
            self._emails.put(tenant, str(address).casefold(), member.id)
        return sender

    async def by_email(self, tenant: str, email: str) -> Sender | None:
        """Among the members of the teams that Lanyard is in. Raises TryLater."""
        wanted = email.strip().casefold()
        if (found := self._with_email(tenant, wanted)) is not None:
            return found
        for team in await self._references.teams(tenant):
            if team.team is None or self._read_through.get(tenant, team.team):
                continue
            with contextlib.suppress(Undeliverable):  # Lanyard may be in that team no more
                await self._read_members(team.service_url, tenant, team.team)
            self._read_through.put(tenant, team.team, value=True)
            if (found := self._with_email(tenant, wanted)) is not None:
                return found
        return None

    def _with_email(self, tenant: str, email: str) -> Sender | None:
        id_ = self._emails.get(tenant, email)
        return self._people.get(tenant, id_) if id_ is not None else None

    async def members(self, tenant: str, conversation: str) -> Sequence[str]:
        """The people there, bots left out. Raises TryLater, Undeliverable."""
        return await self._read_members(await self.service(tenant, conversation), tenant, conversation)

    async def _read_members(self, service_url: str, tenant: str, conversation: str) -> Sequence[str]:
        people: list[str] = []
        token: str | None = None
        while True:
            query = {"pageSize": str(PAGE)} | ({"continuationToken": token} if token else {})
            answer = await self._api.call(
                "GET", service_url, "conversations", conversation, "pagedmembers", query=query
            )
            page = read_answer(MembersPage, answer)
            members = [self._keep(tenant, member) for member in page.members]
            people += [member.id for member in members if not member.is_bot]
            if not page.continuation_token or page.continuation_token == token:
                return people
            token = page.continuation_token


def read_answer(shape: type[Shape], answer: object) -> Shape:
    """Raises TryLater."""
    try:
        return parse(shape, answer)
    except Malformed:
        raise TryLater("Teams answered in a shape that is not known.") from None
