"""The other side of the double, by Slack's own library: an app that listens and keeps what it hears.

For the double's own tests, and for looking at what Slack would send.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from tests.doubles.slack.double import Slack

NINE = 1_795_424_400.0
MODAL = {
    "type": "modal",
    "callback_id": "answer",
    "title": {"type": "plain_text", "text": "Answer"},
    "submit": {"type": "plain_text", "text": "Send"},
    "private_metadata": "q-7",
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "Your answer"},
            "element": {"type": "plain_text_input", "action_id": "value", "max_length": 20},
        },
        {
            "type": "input",
            "block_id": "topic",
            "optional": True,
            "label": {"type": "plain_text", "text": "Topic"},
            "element": {
                "type": "static_select",
                "action_id": "value",
                "options": [
                    {"text": {"type": "plain_text", "text": "Refunds"}, "value": "refunds"},
                    {"text": {"type": "plain_text", "text": "Tills"}, "value": "tills"},
                ],
            },
        },
    ],
}
HELPED = {
    "type": "actions",
    "elements": [
        {
            "type": "button",
            "action_id": "helped",
            "text": {"type": "plain_text", "text": "That helped"},
            "value": "q-7",
        }
    ],
}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


class Listener:
    """An app that verifies what it hears by slack_sdk, keeps it, and answers with `answers`, first in, first out."""

    def __init__(self, secret: str) -> None:
        self.verifier = SignatureVerifier(secret)
        self.heard: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.answers: list[web.Response | Callable[[], Awaitable[web.Response]]] = []

    async def hear(self, request: web.Request) -> web.Response:
        body = await request.read()
        assert self.verifier.is_valid_request(body, dict(request.headers))
        self.headers.append(request.headers)
        if request.content_type == "application/json":
            said = json.loads(body)
            if said.get("type") == "url_verification":
                return web.json_response({"challenge": said["challenge"]})
        else:
            form = dict(parse_qsl(body.decode(), keep_blank_values=True))
            said = json.loads(form["payload"]) if "payload" in form else form
        self.heard.append(said)
        answer = self.answers.pop(0) if self.answers else web.Response()
        return answer if isinstance(answer, web.Response) else await answer()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [said["event"] for said in self.heard if "event" in said]


async def refused(call: Awaitable[Any]) -> Any:
    """The answer with which the call was refused."""
    try:
        await call
    except SlackApiError as error:
        return error.response
    raise AssertionError("The call was not refused.")


class SocketApp:
    """slack_sdk's own Socket Mode client; acknowledges, with a payload where `answers` has one."""

    def __init__(self, slack: Slack) -> None:
        self.heard: list[SocketModeRequest] = []
        self.answers: list[dict[str, Any]] = []
        self.acknowledges = True
        web_client = AsyncWebClient(base_url=slack.api_url)
        self.client = SocketModeClient(slack.app.app_token, web_client=web_client, ping_interval=1)
        self.client.socket_mode_request_listeners.append(self.hear)

    async def hear(self, client: Any, request: SocketModeRequest) -> None:
        self.heard.append(request)
        if self.acknowledges:
            payload = self.answers.pop(0) if self.answers else None
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))
