"""What comes in: received by the core, and only then acknowledged. Invokes have their outcome within the request."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from botbuilder.schema import ActivityTypes

from adapters.teams import extension, forms, inbound, outbound
from adapters.teams.api import Api
from adapters.teams.channels import Channels
from adapters.teams.directory import Directory
from adapters.teams.model import Malformed, Reply, Unshowable
from adapters.teams.references import Reference, Remembered
from adapters.teams.shapes import Activity, ExtensionAction, Pasted, Query, parse
from bot.messages import (
    Busy,
    Buttons,
    Card,
    FieldErrors,
    Form,
    Found,
    Home,
    Inbound,
    Links,
    Note,
    Outcome,
    Place,
    Pressed,
    Receive,
    Said,
    Submitted,
    TryLater,
    Undeliverable,
)

_log = logging.getLogger(__name__)

OK = Reply()
AGAIN = Reply(status=503)
UNKNOWN = Reply(status=501)  # as the Bot Framework answers an invoke that a bot does not know
NOT_SHOWABLE = Card(summary="This cannot be shown in Teams. Please tell whoever runs Lanyard.")
DONE = Card(summary="Done.")
LOOKING = Card(summary="I am looking. The answer comes to your chat with me.")
NOTHING_SAID = Card(summary="There are no words in that message that I could ask about.")
ONE_MORE_STEP = "There is a form to fill in."


class Front:
    def __init__(
        self,
        api: Api,
        references: Remembered,
        directory: Directory,
        channels: Channels,
        *,
        bot: str,
        open_teams: frozenset[str],
        found: Callable[[str], Awaitable[None]],
        now: Callable[[], datetime],
    ) -> None:
        """`found` is told each company that is heard of for the first time; it raises TryLater."""
        self.receive: Receive | None = None
        self._api = api
        self._references = references
        self._directory = directory
        self._channels = channels
        self._bot = bot
        self._open_teams = open_teams
        self._found = found
        self._founded: set[str] = set()
        self._now = now
        self._invokes: Mapping[str, Callable[[Activity], Awaitable[Reply]]] = {
            "adaptiveCard/action": self._press,
            "task/fetch": self._fetch,
            "task/submit": self._submit,
            "composeExtension/query": self._search,
            "composeExtension/queryLink": self._show_link,
            # Asked for people of whom Teams does not say who they are: they are shown nothing.
            "composeExtension/anonymousQueryLink": self._answer_no_results,
            "composeExtension/fetchTask": self._act_on_message,
            "composeExtension/submitAction": self._act_on_message,
            "composeExtension/selectItem": self._answer_no_results,
            "signin/verifyState": self._answer_nothing,
            "signin/tokenExchange": self._refuse_token,
        }

    async def activity(self, activity: Activity) -> Reply:
        """Raises Malformed."""
        try:
            await self._make_known(inbound.tenant_of(activity))
            if activity.type == ActivityTypes.invoke:
                return await self._invoke(activity)
            reference = inbound.reference_of(activity)
            await self._references.keep(reference)
            match activity.type:
                case ActivityTypes.message:
                    return await self._message(activity, reference)
                case ActivityTypes.message_update | ActivityTypes.message_delete:
                    return await self._amend(activity)
                case ActivityTypes.conversation_update | ActivityTypes.installation_update:
                    return await self._update(activity)
        except (Busy, TryLater):
            return AGAIN
        return OK

    async def _make_known(self, tenant: str) -> None:
        if tenant not in self._founded:
            await self._found(tenant)
            self._founded.add(tenant)

    async def _receive(self, heard: Inbound) -> Outcome:
        if self.receive is None:
            raise Busy
        return await self.receive(heard)

    async def _place(self, activity: Activity) -> Place:
        return inbound.place_of(activity, await self._directory.channel(activity), open_teams=self._open_teams)

    # ── Said ────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _message(self, activity: Activity, reference: Reference) -> Reply:
        sender = inbound.sender_of(activity)
        if sender.is_bot:
            return OK
        self._directory.hear(sender.id, reference)
        place = await self._place(activity)
        if inbound.has_value(activity):
            pressed = inbound.to_pressed(activity, activity.value, place, now=self._now())
            if pressed is not None:
                await self._tell(pressed, await self._receive(pressed))
            return OK
        said = inbound.to_said(activity, place, now=self._now())
        await self._tell(said, await self._receive(said))
        return OK

    async def _amend(self, activity: Activity) -> Reply:
        if activity.sender is not None and not inbound.sender_of(activity).is_bot:
            place = await self._place(activity)
            await self._receive(inbound.to_amended(activity, place, now=self._now()))
        return OK

    async def _update(self, activity: Activity) -> Reply:
        """Somebody let the bot in: it says hello, once. Everything else of this kind needs no answer."""
        added = {account.id for account in activity.members_added or ()}
        bots = {self._bot, activity.recipient.id if activity.recipient else self._bot}
        let_in = not added.isdisjoint(bots) or activity.action == "add"
        if not let_in or activity.sender is None or inbound.sender_of(activity).is_bot:
            return OK
        await self._receive(inbound.to_invited(activity, await self._place(activity), now=self._now()))
        return OK

    # ── Invoked ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _invoke(self, activity: Activity) -> Reply:
        """Raises Malformed, Busy, TryLater."""
        handler = self._invokes.get(activity.name or "")
        return await handler(activity) if handler is not None else UNKNOWN

    async def _answer_nothing(self, _activity: Activity) -> Reply:
        return OK

    async def _answer_no_results(self, _activity: Activity) -> Reply:
        return Reply(body=extension.to_results(()))

    async def _refuse_token(self, _activity: Activity) -> Reply:
        return Reply(status=412, body={"failureDetail": "Lanyard has no sign-in of its own."})

    async def _press(self, activity: Activity) -> Reply:
        reference = inbound.reference_of(activity)
        await self._references.keep(reference)
        place = await self._place(activity)
        pressed = inbound.to_pressed(activity, inbound.read_press(activity.value), place, now=self._now())
        if pressed is None:
            raise Malformed("The press carries no verb of ours.")
        self._directory.hear(pressed.sender.id, reference)
        outcome = await self._receive(pressed)
        card = _words_of(outcome)
        if isinstance(outcome, Form) or _needs_card(card):
            await self._tell(pressed, outcome)
        return Reply(body=outbound.to_note(card) if card else _silence(outcome))

    async def _fetch(self, activity: Activity) -> Reply:
        data = inbound.read_task(activity.value)
        if isinstance(data, Mapping) and "form" in data:
            form, offered_in = forms.read_offered(data)
            return await self._dialog(activity, form, offered_in, otherwise=DONE)
        place = await self._place(activity)
        pressed = inbound.to_pressed(activity, data, place, now=self._now())
        if pressed is None:
            raise Malformed("The press carries no verb of ours.")
        return await self._dialog(activity, await self._receive(pressed), place, otherwise=DONE)

    async def _submit(self, activity: Activity) -> Reply:
        """A dialog was sent: what was filled in, or a button in it pressed."""
        data = inbound.read_task(activity.value)
        place = await self._place(activity)
        heard: Pressed | Submitted | None
        if isinstance(data, Mapping) and "form" in data:
            filled = forms.read_submitted(data)
            heard = inbound.to_submitted(activity, filled, place, now=self._now())
            outcome = await self._receive(heard)
            if isinstance(outcome, FieldErrors):
                return _dialog(filled.form, filled.place, otherwise=None, errors=outcome.errors)
        else:
            heard = inbound.to_pressed(activity, data, place, now=self._now())
            if heard is None:
                raise Malformed("The dialog carries nothing of ours.")
            outcome = await self._receive(heard)
        return await self._dialog(activity, outcome, heard.place, otherwise=None)

    # ── The message extension ───────────────────────────────────────────────────────────────────────────────────────

    async def _act_on_message(self, activity: Activity) -> Reply:
        action = parse(ExtensionAction, activity.value)
        if action.data is not None:
            return await self._submit(activity)
        if action.message_payload is None:
            raise Malformed("The command names no message.")
        place = await self._place(activity)
        match action.command_id:
            case inbound.ASK_ABOUT:
                said = inbound.to_question(activity, action.message_payload, place, now=self._now())
                if not said.text:
                    return _dialog(Note(card=NOTHING_SAID), place, otherwise=None)
                return await self._dialog(activity, await self._receive(said), place, otherwise=LOOKING)
            case inbound.SAVE_AS_AID:
                pressed = inbound.to_saving(activity, action.message_payload, place, now=self._now())
                return await self._dialog(activity, await self._receive(pressed), place, otherwise=DONE)
        raise Malformed("The extension has no such command.")

    async def _search(self, activity: Activity) -> Reply:
        sought = inbound.to_sought(activity, parse(Query, activity.value), await self._place(activity), now=self._now())
        outcome = await self._receive(sought)
        return Reply(body=extension.to_results(outcome.results if isinstance(outcome, Found) else ()))

    async def _show_link(self, activity: Activity) -> Reply:
        place = await self._place(activity)
        linked = inbound.to_linked(activity, parse(Pasted, activity.value), place, now=self._now())
        outcome = await self._receive(linked)
        return Reply(body=extension.to_shown(outcome.results if isinstance(outcome, Found) else ()))

    # ── Outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _dialog(self, activity: Activity, outcome: Outcome, place: Place, *, otherwise: Card | None) -> Reply:
        if isinstance(outcome, Form):
            tenant, person = inbound.tenant_of(activity), inbound.sender_of(activity).id
            outcome = await self._channels.fill(outcome, tenant, person)
        return _dialog(outcome, place, otherwise=otherwise)

    async def _tell(self, heard: Said | Pressed, outcome: Outcome) -> None:
        """Say what came of it to the one who acted. What cannot be said is logged: they see that nothing came."""
        if isinstance(outcome, Form):
            body = _lay_out_offer(outcome, heard.place)
        elif (card := _words_of(outcome)) is not None:
            body = _lay_out(card)
        else:
            return
        try:
            where = await self._directory.direct(heard.tenant, heard.sender.id)
            path = ("conversations", where.conversation, "activities")
            await self._api.call("POST", where.service_url, *path, body=body, creates=True, personal=True)
        except (TryLater, Undeliverable) as fault:
            _log.warning("A note could not be shown: %s", fault)


def _words_of(outcome: Outcome) -> Card | None:
    match outcome:
        case Note(card=card):
            return card
        case FieldErrors(errors=errors):
            return Card(summary=" ".join(errors.values()))
        case Home(card=card):
            return card
        case _:
            return None


def _needs_card(card: Card | None) -> bool:
    """Whether there is something to press in it, which the words that Teams shows after a press are not."""
    return card is not None and any(isinstance(part, Buttons | Links) for part in card.parts)


def _silence(outcome: Outcome) -> dict[str, Any]:
    words = ONE_MORE_STEP if isinstance(outcome, Form) else ""
    return {"statusCode": 200, "type": outbound.MESSAGE_TYPE, "value": words}


def _dialog(
    outcome: Outcome, place: Place, *, otherwise: Card | None, errors: Mapping[str, str] | None = None
) -> Reply:
    """What came of it, as the dialog that stands open now; closed where there is nothing to show."""
    try:
        if isinstance(outcome, Form):
            return _task_reply(forms.to_task(outcome, place=place, errors=errors))
        card = _words_of(outcome) or otherwise
        return _task_reply(forms.to_note_task(card)) if card is not None else OK
    except Unshowable as fault:
        return _task_reply(forms.to_note_task(_unshowable(fault)))


def _task_reply(task: dict[str, Any]) -> Reply:
    return Reply(body={"task": task})


def _lay_out(card: Card) -> dict[str, Any]:
    try:
        return outbound.to_activity(card)
    except Unshowable as fault:
        return outbound.to_activity(_unshowable(fault))


def _lay_out_offer(form: Form, place: Place) -> dict[str, Any]:
    try:
        return forms.to_offer(form, place=place)
    except Unshowable as fault:
        return outbound.to_activity(_unshowable(fault))


def _unshowable(fault: Unshowable) -> Card:
    _log.error("What came of an interaction cannot be shown: %s", fault)
    return NOT_SHOWABLE
