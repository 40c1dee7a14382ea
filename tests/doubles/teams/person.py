"""The hands and eyes of one person in Teams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote as quote_url

from tests.doubles.sent_files import Files, contents_of
from tests.doubles.teams.cards import ADAPTIVE, actions, check_card
from tests.doubles.teams.connector import Connector
from tests.doubles.teams.delivery import Delivery, Mail
from tests.doubles.teams.filling import Filled, fill
from tests.doubles.teams.model import Conversation, Dialog, ImpossibleError, Message, Refused, User
from tests.doubles.teams.reading import Seen, read_card, read_message
from tests.doubles.teams.shapes import envelope, quote, write
from tests.doubles.teams.world import World

CARD, WORDS = "application/vnd.microsoft.card.adaptive", "application/vnd.microsoft.activity.message"
ERROR = "application/vnd.microsoft.error"


@dataclass(slots=True, eq=False)
class Deed:
    """What came of something a person did. `complaint` is what Teams shows where the bot's answer has no shape."""

    deliveries: list[Delivery] = field(default_factory=list)
    message: Message | None = None
    note: str | None = None
    dialog: Dialog | None = None
    results: list[dict[str, Any]] = field(default_factory=list)
    complaint: str | None = None

    @property
    def accepted(self) -> bool:
        return bool(self.deliveries) and all(one.accepted for one in self.deliveries)

    @property
    def answer(self) -> Any:
        return self.deliveries[-1].answer if self.deliveries else None


class Person:
    def __init__(self, world: World, user: User, mail: Mail, connector: Connector) -> None:
        self.world = world
        self.user = user
        self.mail = mail
        self.connector = connector

    @property
    def id(self) -> str:
        return self.user.id

    # ── looking ──

    def places(self) -> list[Conversation]:
        return [one for one in self.world.conversations.values() if self.user in one.members]

    def direct(self) -> Conversation:
        return self.world.personal(self.user)

    def sees(self, place: Conversation | str | None = None) -> list[Message]:
        wanted = self._place(place) if place is not None else None
        places = [one for one in self.places() if wanted in (None, one)]
        found = [message for one in places for message in one.messages if not message.deleted]
        return sorted(found, key=lambda message: int(message.id))

    def reads(self, place: Conversation | str | None = None) -> list[Seen]:
        return [read_message(message, self.user) for message in self.sees(place)]

    def dialog(self) -> Dialog | None:
        return self.world.dialogs.get(self.user.id)

    def reads_dialog(self) -> Seen:
        dialog = self._open_dialog()
        seen = read_card(dialog.card)
        seen.text = f"{dialog.title}\n{seen.text}"
        return seen

    def _open_dialog(self) -> Dialog:
        dialog = self.dialog()
        if dialog is None:
            raise ImpossibleError("No dialog is open.")
        return dialog

    def closes(self) -> None:
        self.world.dialogs.pop(self.user.id, None)

    def _place(self, place: Conversation | str) -> Conversation:
        found = place if isinstance(place, Conversation) else self.world.place(place)
        if self.user not in found.members:
            raise ImpossibleError(f"{self.user.name} is not in {found.name or found.id}.")
        return found

    # ── saying ──

    async def dm(self, text: str, **more: Any) -> Deed:
        return await self.says(self.direct(), text, **more)

    async def says(
        self,
        place: Conversation | str,
        text: str,
        *,
        thread: str | None = None,
        mention: bool = False,
        quoting: str | None = None,
        files: Files = (),
    ) -> Deed:
        """`mention` puts the bot's name before it. Without, a channel's or chat's words reach only who may hear all.

        Of `files` a bot is told in conversations with one person alone.
        """
        where = self._place(place)
        if mention:
            text = f"@{self.world.app.name} {text}"
        words = write(self.world, text, where)
        message = Message(self.world.new_message_id(), where, self.user, {"type": "message", "text": text}, thread)
        where.messages.append(message)
        activity = self._envelope("message", where, thread=message.root if where.kind == "channel" else None)
        markup = words.html
        if quoting is not None:
            of = self.world.message(quoting)
            markup = quote(read_message(of).text, of.author, of.id) + markup
            activity["replyToId"] = of.id
        activity |= {
            "id": message.id,
            "text": words.text,
            "textFormat": "plain",
            "attachments": [
                {"contentType": "text/html", "content": markup},
                *(self._file(*file) for file in contents_of(files).items() if where.kind == "personal"),
            ],
        }
        activity["entities"] += words.entities
        message.activity |= {"sent": activity}
        deed = Deed(message=message)
        if self._is_heard(where, words.bot):
            deed.deliveries.append(await self.mail.deliver(activity))
        return deed

    def _file(self, name: str, content: bytes) -> dict[str, Any]:
        """As a bot is told of it: by an address that lets in whoever has it. A picture comes without its name."""
        if name.endswith((".png", ".jpg")):
            return {
                "contentType": "image/*",
                "contentUrl": "https://smba.trafficmanager.net/emea/v3/attachments/1/views/original",
            }
        id_, in_url = self.world.new_guid(), quote_url(name, safe="")
        self.world.files[id_] = content
        url = f"{self.connector.address}/personal/{id_}/{in_url}?tempauth={self.world.pass_for(id_)}"
        told = {"downloadUrl": url, "uniqueId": id_, "fileType": name.rpartition(".")[2]}
        return {"contentType": "application/vnd.microsoft.teams.file.download.info", "name": name, "content": told}

    def _is_heard(self, where: Conversation, mentioned: bool) -> bool:
        if where.kind == "personal":
            return self.user.installed
        return where.bot and (mentioned or (self.world.app.hears_all and where.channel_type == "standard"))

    async def edits(self, id_: str, text: str) -> Deed:
        return await self._tells(id_, "messageUpdate", eventType="editMessage", text=text)

    async def deletes(self, id_: str) -> Deed:
        deed = await self._tells(id_, "messageDelete", eventType="softDeleteMessage")
        self.world.message(id_).deleted = True
        return deed

    async def _tells(self, id_: str, kind: str, *, eventType: str, text: str | None = None) -> Deed:  # noqa: N803
        message = self.world.message(id_)
        activity = self._envelope(kind, message.conversation) | {"id": message.id}
        activity["channelData"]["eventType"] = eventType
        if text is not None:
            message.activity["text"] = text
            words = write(self.world, text, message.conversation)
            activity |= {"text": words.text, "textFormat": "plain"}
            activity["entities"] += words.entities
        return Deed(message=message, deliveries=[await self.mail.deliver(activity)])

    async def reacts(self, id_: str, kind: str = "like", *, takes_back: bool = False) -> Deed:
        message = self.world.message(id_)
        activity = self._envelope("messageReaction", message.conversation)
        activity |= {"id": f"f:{self.world.new_guid()}", "replyToId": message.id}
        activity["reactionsRemoved" if takes_back else "reactionsAdded"] = [{"type": kind}]
        return Deed(message=message, deliveries=[await self.mail.deliver(activity)])

    # ── pressing ──

    async def press(
        self, on: Message | Seen | str | None, label: str, values: Mapping[str, Filled] | None = None
    ) -> Deed:
        """A button of a message, or (None) of the dialog that stands open."""
        message = None if on is None else self.world.message(on if isinstance(on, str) else on.id)
        dialog = self._open_dialog() if message is None else None
        card = dialog.card if dialog else message.card(self.user) if message else None
        place = dialog.place if dialog else message.conversation if message else self.direct()
        if card is None or self.user not in place.members:
            raise ImpossibleError("There is no card before one's eyes.")
        action = _find_action(card, label)
        match action["type"]:
            case "Action.Execute":
                return await self._execute(action, fill(card, values or {}, sending=False), place, message)
            case "Action.Submit" if dialog is not None:
                return await self.submit(values or {}, label=label)
            case "Action.Submit":
                return await self._submit_action(action, fill(card, values or {}, sending=False), place, message)
        raise ImpossibleError(f"{label!r} sends nothing to the bot.")

    async def looks(self, on: Message | Seen | str) -> Deed:
        """Have a card before one's eyes that renews itself for this person."""
        message = self.world.message(on if isinstance(on, str) else on.id)
        refresh = (message.card(self.user) or {}).get("refresh")
        if refresh is None or self.user.id not in refresh.get("userIds", []):
            return Deed(message=message)
        return await self._execute(refresh["action"], {}, message.conversation, message, trigger="automatic")

    async def _execute(
        self,
        action: Mapping[str, Any],
        inputs: Mapping[str, str],
        place: Conversation,
        message: Message | None,
        *,
        trigger: str = "manual",
    ) -> Deed:
        given = {"type": "Action.Execute", "verb": action["verb"], "data": {**action.get("data", {}), **inputs}}
        if "id" in action:
            given["id"] = action["id"]
        deed = await self._invoke("adaptiveCard/action", {"action": given, "trigger": trigger}, place, message)
        answer = deed.answer
        if not deed.accepted:
            deed.complaint = "Something went wrong. Please try again."
            return deed
        try:
            self._apply(deed, answer, message)
        except (KeyError, TypeError, Refused) as fault:
            deed.complaint = f"The answer has not the shape of an adaptive card's response: {fault}"
        return deed

    def _apply(self, deed: Deed, answer: Mapping[str, Any], message: Message | None) -> None:
        status, kind, value = answer["statusCode"], answer["type"], answer["value"]
        if status == 200 and kind == CARD:
            card = check_card(value)
            if message is not None:
                message.shown[self.user.id] = card
            deed.note = read_card(card).text
        elif status == 200 and kind == WORDS and isinstance(value, str):
            deed.note = value or None
        elif kind == ERROR and status >= 400:
            deed.complaint = f"{value['code']}: {value['message']}"
        else:
            deed.complaint = f"No such response: {status} {kind}"

    async def _submit_action(
        self, action: Mapping[str, Any], inputs: Mapping[str, str], place: Conversation, message: Message | None
    ) -> Deed:
        data = {**(action.get("data") or {}), **inputs}
        teams = data.get("msteams") or {}
        match teams.get("type"):
            case "task/fetch":
                value = {"data": {**data, "type": "task/fetch"}, "context": {"theme": "default"}}
                return self._show(await self._invoke("task/fetch", value, place, message), place)
            case "invoke":
                raise ImpossibleError("An invoke action of its own is not what the bot's cards have.")
            case "messageBack" | "imBack":
                return await self._say_value(place, message, data, text=teams.get("text") or teams.get("value", ""))
        return await self._say_value(place, message, data, text=None)

    async def _say_value(
        self, place: Conversation, message: Message | None, data: dict[str, Any], *, text: str | None
    ) -> Deed:
        activity = self._envelope("message", place, thread=message.thread if message else None)
        activity |= {"id": f"f:{self.world.new_guid()}", "value": data}
        if message is not None:
            activity["replyToId"] = message.id
        if text:
            activity["text"] = text
        return Deed(deliveries=[await self.mail.deliver(activity)])

    # ── dialogs ──

    async def submit(self, values: Mapping[str, Filled], *, label: str | None = None) -> Deed:
        """Fill in the dialog that stands open, and send it."""
        dialog = self._open_dialog()
        inputs = fill(dialog.card, values)
        found = [
            one for one in actions(dialog.card) if one["type"] == "Action.Submit" and label in (None, one["title"])
        ]
        if not found:
            raise ImpossibleError("The dialog has nothing to send it by.")
        data = {**(found[0].get("data") or {}), **inputs}
        if dialog.extension is not None:
            value = {**dialog.extension, "data": data, "context": {"theme": "default"}}
            deed = await self._invoke("composeExtension/submitAction", value, dialog.place, None)
        else:
            deed = await self._invoke(
                "task/submit", {"data": data, "context": {"theme": "default"}}, dialog.place, None
            )
        return self._show(deed, dialog.place, extension=dialog.extension)

    def _show(self, deed: Deed, place: Conversation, *, extension: dict[str, Any] | None = None) -> Deed:
        """Do with the dialog what the answer says."""
        if not deed.accepted:
            deed.complaint = "Unable to reach app. Please try again."
            return deed
        answer = deed.answer or {}
        try:
            if "composeExtension" in answer:
                self.closes()
                deed.results = _check_results(answer["composeExtension"])
            elif not answer.get("task"):
                self.closes()
            elif answer["task"]["type"] == "message":
                self.closes()
                deed.note = str(answer["task"]["value"])
            else:
                deed.dialog = self._open(answer["task"], place, extension)
        except (KeyError, TypeError, Refused) as fault:
            deed.complaint = f"The answer has not the shape of a task: {fault}"
        return deed

    def _open(self, task: Mapping[str, Any], place: Conversation, extension: dict[str, Any] | None) -> Dialog:
        if task["type"] != "continue":
            raise Refused(400, "BadTask", f"There is no task type {task['type']!r}.")
        value = task["value"]
        if value["card"]["contentType"] != ADAPTIVE:
            raise Refused(400, "BadTask", "The dialog's card is no Adaptive Card.")
        for side in ("height", "width"):
            if not isinstance(value.get(side), int | None) and value[side] not in {"small", "medium", "large"}:
                raise Refused(400, "BadTask", f"The {side} {value[side]!r} is none.")
        dialog = Dialog(value.get("title", ""), check_card(value["card"]["content"]), place, extension)
        self.world.dialogs[self.user.id] = dialog
        return dialog

    # ── the message extension ──

    async def searches(
        self, query: str, *, place: Conversation | str | None = None, command: str = "search_aids", skip: int = 0
    ) -> Deed:
        """Type it into the extension's search, or open it (an empty query: Teams says `initialRun`)."""
        parameter = {"name": "query", "value": query} if query else {"name": "initialRun", "value": "true"}
        value = {"commandId": command, "parameters": [parameter], "queryOptions": {"skip": skip, "count": 25}}
        return await self._asks_extension("composeExtension/query", value, place)

    async def pastes(self, url: str, *, place: Conversation | str | None = None, installed: bool = True) -> Deed:
        name = "composeExtension/queryLink" if installed else "composeExtension/anonymousQueryLink"
        return await self._asks_extension(name, {"url": url}, place)

    async def _asks_extension(self, name: str, value: Any, place: Conversation | str | None) -> Deed:
        where = self._place(place) if place is not None else self.direct()
        deed = await self._invoke(name, value, where, None)
        if not deed.accepted:
            deed.complaint = "Unable to reach app. Please try again."
            return deed
        try:
            deed.results = _check_results(deed.answer["composeExtension"])
        except (KeyError, TypeError, Refused) as fault:
            deed.complaint = f"The answer has not the shape of a result: {fault}"
        return deed

    async def inserts(self, result: Mapping[str, Any], place: Conversation | str) -> Deed:
        """Post a result that was found, as one's own message."""
        where = self._place(place)
        attachment = {"contentType": result["contentType"], "content": result["content"]}
        message = Message(
            self.world.new_message_id(), where, self.user, {"type": "message", "attachments": [attachment]}
        )
        where.messages.append(message)
        return Deed(message=message)

    async def acts_on(self, id_: str, command: str, *, fetches: bool = True) -> Deed:
        """Use one of the extension's commands on a message."""
        message = self.world.message(id_)
        value = {
            "commandId": command,
            "commandContext": "message",
            "context": {"theme": "default"},
            "messagePayload": self._payload(message),
        }
        name = "composeExtension/fetchTask" if fetches else "composeExtension/submitAction"
        deed = await self._invoke(name, value, message.conversation, message)
        return self._show(deed, message.conversation, extension={k: v for k, v in value.items() if k != "context"})

    def _payload(self, message: Message) -> dict[str, Any]:
        author = message.author
        sent = message.activity.get("sent")
        content = sent["attachments"][0]["content"] if sent else f"<p>{read_message(message).text}</p>"
        link = f"https://teams.microsoft.com/l/message/{message.conversation.id}/{message.id}"
        return {
            "id": message.id,
            "replyToId": message.thread,
            "createdDateTime": envelope_time(self.world),
            "linkToMessage": link,
            "from": {"user": {"userIdentityType": "aadUser", "id": author.aad, "displayName": author.name}}
            if author
            else {"application": {"id": self.world.app.id, "displayName": self.world.app.name}},
            "body": {"contentType": "html", "content": content},
            "attachments": [],
            "mentions": [],
            "reactions": [],
        }

    # ── common ──

    def _envelope(self, kind: str, place: Conversation, *, thread: str | None = None) -> dict[str, Any]:
        service_url = self.connector.service_url
        activity = envelope(self.world, kind, place, self.user, service_url=service_url)
        if thread is not None:
            activity["conversation"]["id"] += f";messageid={thread}"
        return activity

    async def _invoke(self, name: str, value: Any, place: Conversation, message: Message | None) -> Deed:
        thread = message.root if message is not None and place.kind == "channel" else None
        activity = self._envelope("invoke", place, thread=thread)
        activity |= {"id": f"f:{self.world.new_guid()}", "name": name, "value": value}
        if message is not None:
            activity["replyToId"] = message.id
        return Deed(deliveries=[await self.mail.deliver(activity)], message=message)


def envelope_time(world: World) -> str:
    return str(int(world.clock.now() * 1000))


def _find_action(card: Mapping[str, Any], label: str) -> dict[str, Any]:
    found = [action for action in actions(card) if action.get("title") == label]
    if not found:
        there = [str(action.get("title")) for action in actions(card)]
        raise ImpossibleError(f"There is no {label!r} to press; there is: {', '.join(there) or 'nothing'}.")
    return found[0]


def _check_results(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Raises Refused, KeyError, TypeError for what is no result of an extension."""
    if given["type"] == "message":
        return [{"text": str(given["text"])}]
    if given["type"] != "result" or given["attachmentLayout"] not in {"list", "grid"}:
        raise Refused(400, "BadResult", f"There is no result {given['type']!r} laid out so.")
    for attachment in given["attachments"]:
        if attachment["contentType"] == ADAPTIVE:
            check_card(attachment["content"])
        if attachment["preview"]["contentType"] not in {
            "application/vnd.microsoft.card.thumbnail",
            "application/vnd.microsoft.card.hero",
        }:
            raise Refused(400, "BadResult", "A preview is a thumbnail or a hero card.")
    return [*given["attachments"]]
