"""What stands in Teams, and what the connector does to it. Raises `Refused` as Teams answers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from tests.doubles.slack.clock import Clock
from tests.doubles.teams.cards import ADAPTIVE, check_card
from tests.doubles.teams.model import App, ChannelType, Conversation, Dialog, Message, Refused, Team, User

LARGEST = 100 * 1024  # bytes of an activity


class World:
    def __init__(self, clock: Clock, app: App) -> None:
        self.clock = clock
        self.app = app
        self.users: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.conversations: dict[str, Conversation] = {}
        self.dialogs: dict[str, Dialog] = {}  # the one that stands open, by person
        self.files: dict[str, bytes] = {}  # what people have sent, by its id; gone once its address has run out
        self.typing: list[str] = []  # the conversations in which the bot was seen typing, each time
        self._numbers = itertools.count(1)
        self._last = 0

    # ── founding ──

    def new_guid(self) -> str:
        return str(UUID(int=(0x51AB << 96) | (4 << 76) | (8 << 60) | next(self._numbers)))

    def pass_for(self, file: str) -> str:
        """What lets whoever has it fetch the file."""
        return f"v1.{file[::-1]}"

    def new_message_id(self) -> str:
        """Milliseconds since 1970, as Teams numbers its messages."""
        self._last = max(int(self.clock.now() * 1000), self._last + 1)
        return str(self._last)

    def add_user(self, handle: str, tenant: str, **more: Any) -> User:
        name = more.pop("name", None) or handle.title()
        user = User(id=f"29:1-{handle}-{next(self._numbers):04}", aad=self.new_guid(), name=name, tenant=tenant,
                    handle=handle, **more)  # fmt: skip
        self.users[user.id] = user
        return user

    def add_team(self, name: str, tenant: str, *members: User) -> Team:
        id_ = f"19:{self.new_guid().replace('-', '')}@thread.tacv2"
        team = Team(id=id_, aad=self.new_guid(), name=name, tenant=tenant, members=list(members))
        self.teams[id_] = team
        self.add_channel(team, "General", as_id=id_)
        return team

    def add_channel(
        self, team: Team, name: str, *members: User, kind: ChannelType = "standard", as_id: str | None = None
    ) -> Conversation:
        """A standard channel has the team's members; a private or shared one its own."""
        channel = Conversation(
            id=as_id or f"19:{self.new_guid().replace('-', '')}@thread.tacv2",
            kind="channel",
            tenant=team.tenant,
            members=team.members if kind == "standard" else list(members),
            name=name,
            team=team,
            channel_type=kind,
            bot=False,
        )
        team.channels.append(channel)
        self.conversations[channel.id] = channel
        return channel

    def add_chat(self, tenant: str, *members: User, name: str | None = None, bot: bool = True) -> Conversation:
        id_ = f"19:{self.new_guid().replace('-', '')}@thread.v2"
        chat = Conversation(id=id_, kind="groupChat", tenant=tenant, members=list(members), name=name, bot=bot)
        self.conversations[id_] = chat
        return chat

    def personal(self, user: User) -> Conversation:
        """The person's conversation with the bot."""
        id_ = f"a:1{user.id[3:]}~{user.aad.replace('-', '')}"
        if id_ not in self.conversations:
            self.conversations[id_] = Conversation(id=id_, kind="personal", tenant=user.tenant, members=[user])
        return self.conversations[id_]

    # ── looking ──

    def user(self, name: str) -> User:
        for user in self.users.values():
            if name in {user.id, user.handle, user.name, user.aad}:
                return user
        raise LookupError(f"There is nobody called {name!r}.")

    def place(self, name: str) -> Conversation:
        for one in self.conversations.values():
            if name in {one.id, one.name}:
                return one
        raise LookupError(f"There is no conversation {name!r}.")

    def messages(self) -> Iterator[Message]:
        for place in self.conversations.values():
            yield from place.messages

    def message(self, id_: str) -> Message:
        for message in self.messages():
            if message.id == id_ and not message.deleted:
                return message
        raise LookupError(f"There is no message {id_}.")

    # ── what the connector does ──

    def reach(self, given: str) -> tuple[Conversation, str | None]:
        """The conversation and thread of an id as the bot gives it. Raises Refused."""
        id_, _, thread = given.partition(";messageid=")
        place = self.conversations.get(id_)
        if place is None:
            raise Refused(404, "ConversationNotFound", "Conversation not found.")
        if place.kind == "personal":
            self._check_person(place.members[0])
        elif not place.bot:
            raise Refused(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        if thread and place.kind != "channel":
            raise Refused(400, "BadArgument", "Reply chains are not allowed in this thread type.")
        if thread and all(message.root != thread for message in place.messages):
            raise Refused(404, "ConversationNotFound", "Thread not found.")
        return place, thread or None

    def _check_person(self, user: User) -> None:
        if not user.installed:
            raise Refused(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster.")
        if user.blocked:
            raise Refused(403, "MessageWritesBlocked", "Message writes are blocked for this conversation.")

    def begin(self, given: Mapping[str, Any]) -> tuple[Conversation, str | None]:
        """Create a conversation: a person's with the bot, or a new thread in a channel. Raises Refused."""
        if (given.get("bot") or {}).get("id") not in {self.app.bot, self.app.id}:
            raise Refused(400, "BadArgument", "The bot's id is missing, or another's.")
        data = given.get("channelData") or {}
        if "channel" in data:
            place, _ = self.reach(str(data["channel"].get("id")))
            if "activity" not in given:
                raise Refused(400, "BadArgument", "A thread begins with an activity.")
            return place, self.post(place, None, given["activity"]).id
        tenant = given.get("tenantId") or (data.get("tenant") or {}).get("id")
        members = given.get("members") or []
        if len(members) != 1 or given.get("isGroup"):
            raise Refused(400, "BadArgument", "Bots cannot create group chats.")
        wanted = str(members[0].get("id"))
        user = next((user for user in self.users.values() if wanted in {user.id, user.aad}), None)
        if user is None:
            raise Refused(400, "BadSyntax", "Failed to decrypt pairwise id.")
        if tenant != user.tenant:
            raise Refused(403, "Forbidden", "The tenant ID in the request does not match the user's.")
        self._check_person(user)
        place = self.personal(user)
        return place, self.post(place, None, given["activity"]).id if "activity" in given else None

    def post(self, place: Conversation, thread: str | None, given: Mapping[str, Any]) -> Message:
        """Raises Refused."""
        activity = self.check(place, given)
        message = Message(self.new_message_id(), place, None, activity, thread=thread)
        if activity["type"] == "message":
            place.messages.append(message)
        else:
            self.typing.append(place.id)
        return message

    def replace(self, place: Conversation, id_: str, given: Mapping[str, Any]) -> Message:
        message = self._own(place, id_)
        message.activity = self.check(place, given)
        message.edits += 1
        message.shown.clear()
        return message

    def remove(self, place: Conversation, id_: str) -> None:
        self._own(place, id_).deleted = True

    def _own(self, place: Conversation, id_: str) -> Message:
        found = next((one for one in place.messages if one.id == id_ and not one.deleted), None)
        if found is None:
            raise Refused(404, "ActivityNotFoundInConversation", "Activity does not exist in this conversation.")
        if found.author is not None:
            raise Refused(403, "Forbidden", "Only the author changes a message.")
        return found

    def check(self, place: Conversation, given: Mapping[str, Any]) -> dict[str, Any]:
        """The activity, if Teams takes it. Raises Refused."""
        if len(json.dumps(given, ensure_ascii=False).encode()) > LARGEST:
            raise Refused(413, "MessageSizeTooBig", "Message size too large.")
        if given.get("type") not in {"message", "typing"}:
            raise Refused(400, "BadSyntax", f"There is no activity type {given.get('type')!r}.")
        attachments = given.get("attachments") or []
        if given["type"] == "message" and not given.get("text") and not attachments:
            raise Refused(400, "BadSyntax", "Activity must include text or attachments.")
        for attachment in attachments:
            if attachment.get("contentType") == ADAPTIVE:
                self._check_mentions(place, attachment["content"], (attachment["content"].get("msteams") or {}))
                check_card(attachment["content"])
        self._check_mentions(place, given.get("text") or "", given)
        return dict(given)

    def _check_mentions(self, place: Conversation, text: Any, given: Mapping[str, Any]) -> None:
        words = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
        for entity in given.get("entities") or []:
            if entity.get("type") != "mention":
                continue
            mentioned = (entity.get("mentioned") or {}).get("id")
            if not entity.get("text") or entity["text"] not in words:
                raise Refused(400, "BadArgument", "The mention's text is not in the message.")
            if all(mentioned not in {member.id, member.aad} for member in place.members):
                raise Refused(400, "BadArgument", "Whoever is mentioned is not in the conversation.")
