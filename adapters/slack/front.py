"""What comes in, whichever way: received by the core, and only then acknowledged.

A plain message goes straight from its bytes into the inbox (`hearing`). What is pressed, submitted, or typed as a
command goes through Bolt, and its outcome goes back within the request.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization.authorize_result import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack import forms, inbound, outbound
from adapters.slack.api import Api, Refusal, call_in
from adapters.slack.directory import Directory
from adapters.slack.hearing import Hearing
from adapters.slack.membership import Membership
from adapters.slack.model import OK, Malformed, Reply, Roster, Unshowable
from adapters.slack.mrkdwn import mentioned_ids
from adapters.slack.replies import Replies
from adapters.slack.shapes import (
    Command,
    Envelope,
    Interaction,
    parse,
)
from adapters.slack.surfaces import Surfaces
from adapters.slack.tokens import Tokens
from bot.messages import (
    Busy,
    Card,
    FieldErrors,
    Form,
    Inbound,
    Note,
    Outcome,
    Place,
    Receive,
    TryLater,
    Undeliverable,
)

_log = logging.getLogger(__name__)
_bolt_log = logging.getLogger(f"{__name__}.bolt")
_bolt_log.setLevel(logging.ERROR)  # its warnings quote what came in

ANYTHING = re.compile("")
REPLY, FAULT = "lanyard_reply", "lanyard_fault"  # in Bolt's context

LATE = {"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"}

TOO_SLOW = Card(summary="That took too long, and Slack closed the door. Please try again.")
NOT_SHOWABLE = Card(summary="This cannot be shown on Slack. Please tell whoever runs Lanyard.")


class Front:
    def __init__(
        self, api: Api, tokens: Tokens, directory: Directory, replies: Replies, *, now: Callable[[], datetime]
    ) -> None:
        self.receive: Receive | None = None
        self._api = api
        self._tokens = tokens
        self._directory = directory
        self._replies = replies
        self._now = now
        self.surfaces = Surfaces(api, tokens, directory, self._receive, now=now)
        self._bolt = self._build_bolt()
        self._membership = Membership(api, tokens)
        self.hearing = Hearing(tokens, directory, self.surfaces, self._membership, self._receive)

    async def _receive(self, heard: Inbound) -> Outcome:
        if self.receive is None:
            raise Busy
        return await self.receive(heard)

    async def event(self, envelope: Envelope) -> Reply:
        """Raises Malformed."""
        return await self.hearing.event(envelope)

    # ── Interactions ────────────────────────────────────────────────────────────────────────────────────────────────

    async def command(self, given: Mapping[str, Any]) -> Reply:
        """Raises Malformed."""
        return await self._from_a_workspace(parse(Command, given), given)

    async def interaction(self, given: Mapping[str, Any]) -> Reply:
        """Raises Malformed."""
        kind = given.get("type")
        if kind == "block_suggestion":
            return Reply(body={"options": []})
        if kind not in {"block_actions", "view_submission", "shortcut", "message_action"}:
            return OK
        parsed = parse(Interaction, given)
        if kind == "block_actions" and not parsed.actions:
            raise Malformed("The press has no action.")
        if kind == "view_submission" and (parsed.view is None or not parsed.view.callback_id):
            raise Malformed("The submission has no view of ours.")
        if kind in {"shortcut", "message_action"} and not parsed.callback_id:
            raise Malformed("The shortcut has no callback_id.")
        return await self._from_a_workspace(parsed, given)

    async def _from_a_workspace(self, parsed: Command | Interaction, given: Mapping[str, Any]) -> Reply:
        try:
            await self._membership.adopt(parsed.tenant, parsed.organisation)
        except Busy:
            return Reply(status=503)
        return await self._through_bolt(given)

    async def _through_bolt(self, given: Mapping[str, Any]) -> Reply:
        request = AsyncBoltRequest(body=dict(given), mode="socket_mode")  # already read, and known to be Slack's
        response = await self._bolt.async_dispatch(request)
        reply = request.context.get(REPLY)
        if isinstance(reply, Reply):
            return reply
        fault = request.context.get(FAULT)
        if isinstance(fault, Malformed):
            raise fault
        _log.error("An interaction was not handled: Bolt answered %s.", response.status)
        raise Malformed("The interaction has a shape that is not known.")

    def _build_bolt(self) -> AsyncApp:
        async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
            # Whether Lanyard is installed there is decided in the core; our calls take their own tokens.
            return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)

        app = AsyncApp(
            name="lanyard",
            logger=_bolt_log,
            process_before_response=True,  # the acknowledgement says that it is stored
            signing_secret="checked before",  # noqa: S106 — `verify` has done it, over the raw bytes
            client=AsyncWebClient(),
            authorize=authorize,
            request_verification_enabled=False,
            ignoring_self_events_enabled=False,
            ssl_check_enabled=False,
            url_verification_enabled=False,
            attaching_function_token_enabled=False,
            attaching_conversation_kwargs_enabled=False,
        )
        app.command(ANYTHING)(_listener(self._command))
        app.action(ANYTHING)(_listener(self._press))
        app.view_submission(ANYTHING)(_listener(self._submit))
        app.shortcut(ANYTHING)(_listener(self._shortcut))
        return app

    async def _command(self, body: Mapping[str, Any]) -> Reply:
        given = parse(Command, body)
        tenant, person, channel = given.team_id, given.user_id, given.channel_id
        self._replies.keep(given.response_url, tenant=tenant, conversation=channel, person=person, message=None)
        bot = await self.hearing.bot(tenant)
        people, channels = mentioned_ids(given.text)
        people = {*people, person} - {bot}
        roster = await self._directory.look_up(tenant, people=people, channels={*channels, channel})
        said = inbound.to_command(given, roster, bot=bot, at=self._now())
        outcome = await self._receive(said)
        if isinstance(outcome, Form):
            late = await self._open(tenant, given.trigger_id, outcome, said.place)
            outcome = Note(card=late) if late else None
        card = _words_of(outcome)
        return Reply(body={"response_type": "ephemeral"} | await _message(card)) if card else OK

    async def _press(self, body: Mapping[str, Any]) -> Reply:
        given = parse(Interaction, body)
        roster = await self._roster_of(given)
        pressed = inbound.to_pressed(given, roster, at=self._now())
        if pressed is None:
            return OK
        private = pressed.message.id if pressed.message and pressed.message.person else None
        self._replies.keep(
            given.response_url,
            tenant=given.tenant,
            conversation=pressed.place.conversation,
            person=given.user.id,
            message=private,
        )
        await self._show(given, await self._receive(pressed), pressed.place)
        if given.view is not None and _is_home(given):
            seen = given.view.hash if given.view.type == "home" else ""
            await self._refresh_home(given, pressed.place, seen=seen)
        return OK

    async def _refresh_home(self, given: Interaction, place: Place, *, seen: str = "") -> None:
        await self.surfaces.show_home(
            given.tenant, given.user.id, direct=place.conversation, key=given.trigger_id, seen=seen
        )

    async def _shortcut(self, body: Mapping[str, Any]) -> Reply:
        given = parse(Interaction, body)
        direct = ""
        if given.type == "shortcut":
            try:
                direct = await self._directory.direct(given.tenant, given.user.id)
            except (TryLater, Undeliverable):
                return Reply(status=503)
        roster = await self._roster_of(given)
        bot = await self.hearing.bot(given.tenant)
        heard = inbound.to_shortcut(given, roster, bot=bot, at=self._now(), direct=direct)
        self._replies.keep(
            given.response_url,
            tenant=given.tenant,
            conversation=heard.place.conversation,
            person=given.user.id,
            message=None,
        )
        await self._show(given, await self._receive(heard), heard.place)
        return OK

    async def _submit(self, body: Mapping[str, Any]) -> Reply:
        given = parse(Interaction, body)
        roster = await self._directory.look_up(given.tenant, people=[given.user.id])
        submitted = inbound.to_submitted(given, roster, at=self._now())
        outcome = await self._receive(submitted)
        assert given.view is not None
        home = _is_home(given)
        if isinstance(outcome, FieldErrors):
            errors = forms.to_errors(given.view, outcome.errors)
            if errors:
                return Reply(body={"response_action": "errors", "errors": errors})
        if isinstance(outcome, Form):
            try:
                view = await _view(outcome, place=submitted.place, home=home)
                return Reply(body={"response_action": "update", "view": view})
            except Unshowable as fault:
                outcome = Note(card=_unshowable(fault))
        if home:
            await self._refresh_home(given, submitted.place)
        card = _words_of(outcome)
        if card is None:
            return OK
        return Reply(body={"response_action": "update", "view": await _note(card, place=submitted.place)})

    async def _roster_of(self, given: Interaction) -> Roster:
        people, channels = (
            mentioned_ids(given.message.text or "")
            if given.type == "message_action" and given.message
            else (set(), set())
        )
        if given.channel is not None:
            channels.add(given.channel.id)
        return await self._directory.look_up(given.tenant, people={*people, given.user.id}, channels=channels)

    # ── Outcomes ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _show(self, given: Interaction, outcome: Outcome, place: Place) -> None:
        """Show what came of a press or shortcut. What cannot be shown is logged: the person sees that nothing came."""
        if isinstance(outcome, Form):
            late = await self._open(
                given.tenant, given.trigger_id, outcome, place, over=_is_modal(given), home=_is_home(given)
            )
            outcome = Note(card=late) if late else None
        card = _words_of(outcome)
        if card is None:
            return
        try:
            await self._whisper(given, card, place)
        except (TryLater, Undeliverable) as fault:
            _log.warning("A note could not be shown: %s", fault)

    async def _open(
        self, tenant: str, trigger: str, form: Form, place: Place, *, over: bool = False, home: bool = False
    ) -> Card | None:
        """Open a form. Returns what to say instead, if it could not be opened."""
        try:
            await self._open_view(tenant, trigger, await _view(form, place=place, home=home), over=over)
        except Unshowable as fault:
            return _unshowable(fault)
        except (TryLater, Undeliverable) as fault:
            _log.warning("A form could not be opened: %s", fault)
            return TOO_SLOW
        return None

    async def _open_view(self, tenant: str, trigger: str, view: dict[str, Any], *, over: bool) -> None:
        def call(client: AsyncWebClient) -> Awaitable[AsyncSlackResponse]:
            open_ = client.views_push if over else client.views_open
            return open_(trigger_id=trigger, view=view)

        await call_in(self._api, self._tokens, tenant, call)

    async def _whisper(self, given: Interaction, card: Card, place: Place) -> None:
        """A private word where the person is looking: in the modal, at the message, or else in a modal of its own.

        Raises TryLater, Undeliverable.
        """
        tenant, person = given.tenant, given.user.id
        url = self._replies.take(tenant=tenant, conversation=place.conversation, person=person)
        if given.view is None and given.response_url is not None and url is not None:
            thread = {"thread_ts": place.thread} if place.thread else {}
            await self._api.respond(
                url, {"response_type": "ephemeral", "replace_original": False} | thread | await _message(card)
            )
            return
        view = await _note(card, place=place)
        try:
            await self._open_view(tenant, given.trigger_id, view, over=_is_modal(given))
        except Refusal as refusal:
            if refusal.error not in LATE:
                raise
            # No door is open any more: their own conversation with the bot always is.
            direct = await self._directory.direct(tenant, person)
            words = await _message(card)
            await call_in(
                self._api,
                self._tokens,
                tenant,
                lambda client: client.chat_postMessage(channel=direct, **words),
                writes=True,
            )


def _listener(to: Callable[[Mapping[str, Any]], Awaitable[Reply]]) -> Callable[..., Awaitable[BoltResponse]]:
    """A listener of Bolt's that leaves its whole reply, or what was raised, in the request's context."""

    async def listen(body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        try:
            context[REPLY] = await to(body)
        except Busy:
            context[REPLY] = Reply(status=503)
        except Malformed as fault:
            context[FAULT] = fault
        return BoltResponse(status=200)

    return listen


def _is_modal(given: Interaction) -> bool:
    return given.view is not None and given.view.type == "modal"


def _is_home(given: Interaction) -> bool:
    """Whether it happened in the Home tab, or in a form that was opened there."""
    if given.view is None:
        return False
    return given.view.type == "home" or forms.is_from_home(given.view.private_metadata)


def _words_of(outcome: Outcome) -> Card | None:
    match outcome:
        case Note(card=card):
            return card
        case FieldErrors(errors=errors):
            return Card(summary=" ".join(errors.values()))
        case _:
            return None


async def _view(form: Form, *, place: Place, home: bool) -> dict[str, Any]:
    """Raises Unshowable."""
    return await outbound.beside(form.intro, lambda: forms.to_view(form, place=place, home=home))


async def _note(card: Card, *, place: Place) -> dict[str, Any]:
    return await outbound.beside(card.parts, lambda: forms.note_view(card, place=place))


async def _message(card: Card) -> dict[str, Any]:
    try:
        return await outbound.beside(card.parts, lambda: outbound.to_message(card))
    except Unshowable as fault:
        return outbound.to_message(_unshowable(fault))


def _unshowable(fault: Unshowable) -> Card:
    _log.error("What came of an interaction cannot be shown: %s", fault)
    return NOT_SHOWABLE
