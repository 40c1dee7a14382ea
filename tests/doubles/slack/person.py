"""The hands and eyes of one person in Slack."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.doubles.sent_files import Files, contents_of
from tests.doubles.slack.api import Api
from tests.doubles.slack.delivery import Delivery, Mail
from tests.doubles.slack.filling import State, fill
from tests.doubles.slack.methods import Refused
from tests.doubles.slack.model import Channel, Message, View
from tests.doubles.slack.reading import Seen
from tests.doubles.slack.shapes import actor_shape, enterprise_shape, file_id, message_shape, team_shape, view_shape
from tests.doubles.slack.sight import ImpossibleError, Sight
from tests.doubles.slack.typed import rich_text, type_text
from tests.doubles.slack.view_methods import check_view
from tests.doubles.slack.world import Sent, elements_of


@dataclass(slots=True, eq=False)
class Deed:
    """What somebody did, and how the app took it."""

    deliveries: list[Delivery] = field(default_factory=list)
    message: Message | None = None
    trigger_id: str | None = None
    complaint: str | None = None  # what Slack shows the person when the app's answer was no good

    @property
    def accepted(self) -> bool:
        return bool(self.deliveries) and all(delivery.accepted for delivery in self.deliveries)

    @property
    def answer(self) -> Any:
        """What came with the acknowledgement."""
        return self.deliveries[-1].answer if self.deliveries else None

    @property
    def ts(self) -> str:
        assert self.message is not None
        return self.message.ts


@dataclass(slots=True, eq=False)
class Person(Sight):
    """Each deed returns when the app has acknowledged it, or Slack has given up on an answer for now."""

    mail: Mail
    api: Api

    # ── saying ──

    async def says(
        self,
        channel: str | Channel,
        text: str,
        *,
        mention: bool = False,
        thread: str | None = None,
        broadcast: bool = False,
        raw: bool = False,
        files: Files = (),
    ) -> Deed:
        """Type it: "@name", "@handle" and "#channel" become links, and `&`, `<`, `>` are escaped, unless it is `raw`.

        `mention` puts the app's name in front; `thread` is the time stamp of the thread's first message.
        """
        place = self._channel(channel)
        if place.archived or self.id not in place.members:
            raise ImpossibleError(f"{self.user.name} is not a member of {place.name!r}, or it is archived.")
        typed = text if raw else type_text(self.world, self.user, text)
        if mention:
            typed = f"<@{self.app.bot.id}> {typed}"
        mark = len(self.mail.sent)
        more: dict[str, Any] = {"files": tuple(contents_of(files)), "subtype": "file_share"} if files else {}
        message = self.world.post(
            place, self.user, typed, thread_ts=thread, broadcast=broadcast, blocks=rich_text(typed), **more
        )
        for name, content in contents_of(files).items():
            self.world.sent[file_id(message, name)] = Sent(name, content, message)
        return await self._after(mark, Deed(message=message))

    async def dm(self, text: str, *, thread: str | None = None, files: Files = ()) -> Deed:
        return await self.says(self.direct(), text, thread=thread, files=files)

    async def edits(self, message: Message | str, text: str) -> Deed:
        own = self._message(message)
        if own.author is not self.user:
            raise ImpossibleError("One can edit one's own messages only.")
        mark = len(self.mail.sent)
        before = message_shape(own)
        own.text = type_text(self.world, self.user, text)
        own.blocks = self.world.name_blocks(rich_text(own.text))
        own.edited = {"user": self.id, "ts": f"{int(self.world.clock.now())}.000000"}
        self.world.tell_change(own, before)
        return await self._after(mark, Deed(message=own))

    async def deletes(self, message: Message | str) -> Deed:
        own = self._message(message)
        if own.author is not self.user:
            raise ImpossibleError("One can delete one's own messages only.")
        mark = len(self.mail.sent)
        self.world.delete(own)
        return await self._after(mark, Deed())

    async def reacts(self, message: Message | Seen | str, name: str) -> Deed:
        mark = len(self.mail.sent)
        self.world.react(self._message(message), self.user, name.strip(":"))
        return await self._after(mark, Deed())

    async def joins(self, channel: str | Channel) -> Deed:
        mark = len(self.mail.sent)
        self.world.join(self._channel(channel), self.user)
        return await self._after(mark, Deed())

    async def leaves(self, channel: str | Channel) -> Deed:
        mark = len(self.mail.sent)
        self.world.leave(self._channel(channel), self.user)
        return await self._after(mark, Deed())

    async def invites_app(self, channel: str | Channel) -> Deed:
        mark = len(self.mail.sent)
        self.world.join(self._channel(channel), self.app.bot, self.user)
        return await self._after(mark, Deed())

    async def changes(self, **fields: Any) -> Deed:
        """Their profile, status, presence or account: `fields` of `User`."""
        mark = len(self.mail.sent)
        self.world.change_user(self.user, **fields)
        return await self._after(mark, Deed())

    # ── asking the app for something ──

    async def command(self, name: str, text: str = "", *, channel: str | Channel | None = None) -> Deed:
        """A slash command; without `channel` it is typed in the direct conversation. The words are not escaped."""
        configured = self.world.app.commands
        if "commands" not in self.app.scopes or (configured is not None and name not in configured):
            raise ImpossibleError(f"{name} is not a valid command.")
        place = self.direct() if channel is None else self._channel(channel)
        path = self.world.new_response_path(self.user, place)
        names = {"im": "directmessage", "group": "privategroup", "mpim": place.name}
        deed = Deed(trigger_id=self.world.new_trigger(self.user))
        payload = {
            "token": self.world.app.verification_token,
            "team_id": self.user.team.id,
            "team_domain": self.user.team.domain,
            "channel_id": place.id,
            "channel_name": names.get(place.kind, place.name),
            "user_id": self.id,
            "user_name": self.user.name,
            "command": name,
            "text": text,
            "api_app_id": self.world.app.id,
            "is_enterprise_install": str(self.app.team is None).lower(),
            "response_url": self.api.address + path,
            "trigger_id": deed.trigger_id,
        }
        if self.user.team.enterprise is not None:
            payload["enterprise_id"] = self.user.team.enterprise.id
            payload["enterprise_name"] = self.user.team.enterprise.name
        await self._hand_over(deed, "slash_commands", payload)
        if not deed.accepted:
            deed.complaint = f"{name} failed because the app did not respond"
        elif deed.answer is not None:
            given = deed.answer if isinstance(deed.answer, dict) else {"text": str(deed.answer)}
            self._respond(deed, path, given)
        return deed

    async def shortcut(self, callback_id: str) -> Deed:
        """A global shortcut."""
        self._check_shortcut(callback_id)
        deed = Deed(trigger_id=self.world.new_trigger(self.user))
        more = {"callback_id": callback_id, "action_ts": self.world.new_ts()}
        return await self._interact(deed, "shortcut", **more)

    async def message_shortcut(self, callback_id: str, message: Message | Seen | str) -> Deed:
        self._check_shortcut(callback_id)
        about = self._message(message)
        path = self.world.new_response_path(self.user, about.channel, about)
        deed = Deed(trigger_id=self.world.new_trigger(self.user))
        return await self._interact(
            deed,
            "message_action",
            callback_id=callback_id,
            action_ts=self.world.new_ts(),
            message_ts=about.ts,
            message=message_shape(about),
            channel=self._channel_shape(about.channel),
            response_url=self.api.address + path,
        )

    async def opens_home(self, tab: str = "home") -> Deed:
        """The app's own place; `tab` is "home" or "messages"."""
        mark = len(self.mail.sent)
        event = {"type": "app_home_opened", "user": self.id, "channel": self.direct().id, "tab": tab}
        home = self.world.homes.get(self.id)
        if tab == "home" and home is not None:
            event["view"] = view_shape(home, self.world.app, self.app)
        self.world.hears(self.user.team, event | {"event_ts": self.world.new_ts()})
        return await self._after(mark, Deed())

    async def opens_assistant(self, *, looking_at: str | Channel | None = None) -> Deed:
        """The assistant's pane, with a new thread; `Deed.message` stands at its head."""
        place = self.direct()
        head = Message(self.world.new_ts(), place, self.app.bot, "New assistant thread", subtype="assistant_app_thread")
        head.thread_ts = head.ts
        place.add(head)
        place.assistant_threads.add(head.ts)
        mark = len(self.mail.sent)
        context: dict[str, Any] = {}
        if looking_at is not None:
            context = {"channel_id": self._channel(looking_at).id, "team_id": self.user.team.id, "enterprise_id": None}
        thread = {"user_id": self.id, "context": context, "channel_id": place.id, "thread_ts": head.ts}
        event = {"type": "assistant_thread_started", "assistant_thread": thread, "channel": place.id}
        self.world.hears(self.user.team, event | {"event_ts": self.world.new_ts()})
        return await self._after(mark, Deed(message=head))

    # ── pressing and filling in ──

    async def press(self, on: Message | Seen | View | str | None, label: str, *, nth: int = 0) -> Deed:
        """Press a button by its label or action_id, in a message, or (None) in the modal on top or the Home tab."""
        return await self._act(on, label, None, nth=nth)

    async def choose(self, on: Message | Seen | View | str | None, label: str, chosen: str | Sequence[str]) -> Deed:
        """Choose in a menu by its action_id or placeholder; `chosen` are labels or values."""
        return await self._act(on, label, chosen, nth=0)

    async def submit(self, values: Mapping[str, Any] | None = None, *, view: View | None = None) -> Deed:
        """Send the modal on top. `values` by label, block_id or action_id; what is not given keeps its initial value.

        Raises ImpossibleError for what Slack itself would not send. Errors stand in `modal().errors` afterwards.
        """
        modal = view or self.modal()
        if modal is None or not modal.given.get("submit"):
            raise ImpossibleError("There is no modal that could be sent.")
        state = self._fill(modal, values or {})
        deed = Deed(trigger_id=self.world.new_trigger(self.user, modal))
        await self._interact(deed, "view_submission", view=self._view_shape(modal, state), response_urls=[])
        if not deed.accepted:
            deed.complaint = "We had some trouble connecting. Try again?"
            return deed
        self._apply(deed, modal)
        return deed

    async def closes(self, view: View | None = None, *, everything: bool = False) -> Deed:
        """Leave the modal on top without sending it. The app hears of it if it asked to."""
        modal = view or self.modal()
        if modal is None:
            raise ImpossibleError("There is no modal to close.")
        stack = self.world.stack(self.user)
        stack[:] = [] if everything else [one for one in stack if one is not modal]
        if not modal.given.get("notify_on_close"):
            return Deed()
        return await self._interact(Deed(), "view_closed", view=self._view_shape(modal, {}), is_cleared=everything)

    async def looks_up(self, on: Message | View | None, label: str, query: str) -> list[dict[str, Any]]:
        """Type into a menu whose options come from the app. Returns them."""
        _, message, view = self._surface(on)
        block, element = self._element(on, label, 0)
        deed = Deed()
        about = {} if message is None else {"message": message_shape(message)}
        await self._interact(
            deed,
            "block_suggestion",
            action_id=element["action_id"],
            block_id=block["block_id"],
            value=query,
            container=self._container(message, view),
            **about,
            **({} if view is None else {"view": self._view_shape(view, {})}),
        )
        answer = deed.answer or {}
        grouped = [option for group in answer.get("option_groups", ()) for option in group["options"]]
        return [*answer.get("options", ()), *grouped]

    # ── the machinery ──

    async def _after(self, mark: int, deed: Deed) -> Deed:
        """Wait for what the deed caused to be delivered; nothing else ran between the mark and here."""
        deed.deliveries += self.mail.sent[mark:]
        for delivery in deed.deliveries:
            await delivery.tried.wait()
        return deed

    async def _hand_over(self, deed: Deed, kind: Any, payload: dict[str, Any]) -> Deed:
        mark = len(self.mail.sent)
        self.mail.send(kind, payload)
        return await self._after(mark, deed)

    async def _interact(self, deed: Deed, kind: str, **more: Any) -> Deed:
        payload: dict[str, Any] = {
            "type": kind,
            "token": self.world.app.verification_token,
            "api_app_id": self.world.app.id,
            "team": team_shape(self.user.team if self.app.team is None else self.app.team),
            "enterprise": enterprise_shape(self.user.team),
            "is_enterprise_install": self.app.team is None,
            "user": actor_shape(self.user),
            **more,
        }
        if deed.trigger_id is not None:
            payload["trigger_id"] = deed.trigger_id
        return await self._hand_over(deed, "interactive", payload)

    async def _act(
        self, on: Message | Seen | View | str | None, label: str, chosen: str | Sequence[str] | None, *, nth: int
    ) -> Deed:
        _, message, view = self._surface(on)
        block, element = self._element(on, label, nth)
        action = {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
        if element["type"] == "button":
            action |= {"text": element["text"], "value": element.get("value", "")}
            action |= {name: element[name] for name in ("style", "url") if name in element}
            if "value" not in element:
                del action["value"]
        else:
            action |= fill(element, chosen)
        action["action_ts"] = self.world.new_ts()
        deed = Deed(trigger_id=self.world.new_trigger(self.user, view if view and view.kind == "modal" else None))
        more: dict[str, Any] = {"container": self._container(message, view), "actions": [action]}
        if message is not None:
            path = self.world.new_response_path(self.user, message.channel, message)
            more |= {"channel": self._channel_shape(message.channel), "response_url": self.api.address + path}
            more["state"] = {"values": {}}
            if message.only_for is None:
                more["message"] = message_shape(message)
        elif view is not None:
            more["view"] = self._view_shape(view, self._fill(view, {}, sending=False))
        return await self._interact(deed, "block_actions", **more)

    def _container(self, message: Message | None, view: View | None) -> dict[str, Any]:
        if view is not None:
            return {"type": "view", "view_id": view.id}
        assert message is not None
        container: dict[str, Any] = {"type": "message", "message_ts": message.ts, "channel_id": message.channel.id}
        container["is_ephemeral"] = message.only_for is not None
        return container | ({"thread_ts": message.thread_ts} if message.thread_ts else {})

    def _surface(
        self, on: Message | Seen | View | str | None
    ) -> tuple[list[dict[str, Any]], Message | None, View | None]:
        if on is None or isinstance(on, View):
            view = on or self.modal() or self.home()
            if view is None:
                raise ImpossibleError("There is neither a modal nor a Home tab.")
            return view.given["blocks"], None, view
        message = self._message(on)
        return message.blocks or [], message, None

    def _element(
        self, on: Message | Seen | View | str | None, label: str, nth: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        blocks, _, _ = self._surface(on)
        found = [
            (block, element)
            for block in blocks
            for element in elements_of(block)
            if label in {element.get("action_id"), *_names(block, element)}
        ]
        if len(found) <= nth:
            there = [name for block in blocks for element in elements_of(block) for name in _names(block, element)]
            raise ImpossibleError(f"There is no {label!r} to press; there is: {', '.join(there) or 'nothing'}.")
        return found[nth]

    def _fill(self, view: View, values: Mapping[str, Any], *, sending: bool = True) -> State:
        try:
            return State.of(view, values, sending=sending)
        except ValueError as error:
            raise ImpossibleError(str(error)) from error

    def _apply(self, deed: Deed, modal: View) -> None:
        """Do with the modal what the app's answer says."""
        stack = self.world.stack(self.user)
        answer = deed.answer if isinstance(deed.answer, dict) else {}
        action = answer.get("response_action")
        try:
            match action:
                case None:
                    stack[:] = [one for one in stack if one is not modal]
                case "clear":
                    stack.clear()
                case "errors":
                    modal.errors = self._check_errors(modal, answer.get("errors"))
                case "update":
                    self.world.change(modal, check_view(self.world, answer.get("view"), "modal", replacing=modal))
                case "push":
                    self.world.show(self.user, check_view(self.world, answer.get("view"), "modal"), over=modal)
                case _:
                    deed.complaint = f"unknown response_action: {action}"
        except Refused as refused:
            deed.complaint = f"{refused.error}: {refused.more}"

    def _check_errors(self, modal: View, errors: Any) -> dict[str, str]:
        inputs = {block["block_id"] for block in modal.given["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or set(errors) - inputs:
            raise Refused("invalid_arguments", messages=[f"errors must name input blocks, got: {errors}"])
        return dict(errors)

    def _respond(self, deed: Deed, path: str, given: Mapping[str, Any]) -> None:
        try:
            self.api.respond(path, given)
        except Refused as refused:
            deed.complaint = f"{refused.error}: {refused.more}"

    def _view_shape(self, view: View, state: Any) -> Any:
        values = state.values if isinstance(state, State) else state
        return view_shape(view, self.world.app, self.app, values=values)

    def _check_shortcut(self, callback_id: str) -> None:
        configured = self.world.app.shortcuts
        if "commands" not in self.app.scopes or (configured is not None and callback_id not in configured):
            raise ImpossibleError(f"The app has no shortcut {callback_id!r}.")

    def _channel_shape(self, channel: Channel) -> dict[str, str]:
        return {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name}


def _names(block: Mapping[str, Any], element: Mapping[str, Any]) -> Iterable[str]:
    if "text" in element and isinstance(element["text"], Mapping):
        yield html.unescape(element["text"]["text"])
    if "placeholder" in element:
        yield element["placeholder"]["text"]
    if "label" in block:
        yield block["label"]["text"]
