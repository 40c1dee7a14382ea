"""views.* and assistant.threads.*"""

from __future__ import annotations

from typing import Any

from tests.doubles.slack.blocks import view_problems, view_too_large
from tests.doubles.slack.methods import Answer, Call, Refused, method
from tests.doubles.slack.model import Channel, View
from tests.doubles.slack.shapes import view_shape
from tests.doubles.slack.world import MODAL_STACK, Trigger, World

PROMPTS = 4


def check_view(world: World, given: Any, kind: str, *, replacing: View | None = None) -> dict[str, Any]:
    """A view that Slack would take. Raises Refused."""
    found = view_problems(given)
    if not found and given["type"] != kind:
        found = [f"must be of type {kind}, got: {given['type']} [json-pointer:/view/type]"]
    if found:
        raise Refused("invalid_arguments", messages=found)
    if view_too_large(given):
        raise Refused("view_too_large")
    external = given.get("external_id")
    if external and any(view.given.get("external_id") == external for view in world.views() if view is not replacing):
        raise Refused("duplicate_external_id")
    return dict(given)


def _exchange(call: Call) -> Trigger:
    trigger = call.world.triggers.get(call.args.need("trigger_id"))
    if trigger is None or not call.caller.covers(trigger.user.team):
        raise Refused("invalid_trigger_id")
    if call.world.clock.now() > trigger.until:
        raise Refused("expired_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    return trigger


def _given(call: Call, kind: str, replacing: View | None = None) -> dict[str, Any]:
    return check_view(call.world, call.args.structure("view", "invalid_arguments"), kind, replacing=replacing)


def _answer(call: Call, view: View) -> Answer:
    return {"view": view_shape(view, call.world.app, call.caller)}


@method("views.open", tier="4")
def open_view(call: Call) -> Answer:
    trigger = _exchange(call)
    given = _given(call, "modal")
    trigger.used = True
    return _answer(call, call.world.show(trigger.user, given))


@method("views.push", tier="4")
def push_view(call: Call) -> Answer:
    trigger = _exchange(call)
    given = _given(call, "modal")
    stack = call.world.stack(trigger.user)
    if trigger.view is None or not stack:
        raise Refused("not_found")
    if len(stack) >= MODAL_STACK:
        raise Refused("push_limit_reached")
    trigger.used = True
    return _answer(call, call.world.show(trigger.user, given, over=stack[-1]))


@method("views.update", tier="4")
def update_view(call: Call) -> Answer:
    wanted, external = call.args.text("view_id"), call.args.text("external_id")
    if not wanted and not external:
        raise Refused("invalid_arguments", messages=["missing required field: view_id or external_id"])
    view = next(
        (
            one
            for one in call.world.views()
            if (one.id == wanted or (external and one.given.get("external_id") == external))
            and call.caller.covers(one.user.team)
        ),
        None,
    )
    if view is None:
        raise Refused("not_found")
    _check_hash(call, view)
    call.world.change(view, _given(call, view.kind, replacing=view))
    return _answer(call, view)


def _check_hash(call: Call, view: View | None) -> None:
    given = call.args.text("hash")
    if given and view is not None and given != view.hash:
        raise Refused("hash_conflict")


@method("views.publish", tier="4")
def publish_view(call: Call) -> Answer:
    try:
        user = call.user("user_id")
    except Refused as refused:
        # The one method that says it in its arguments.
        raise Refused("invalid_arguments", messages=["invalid `user_id` [json-pointer:/user_id]"]) from refused
    old = call.world.homes.get(user.id)
    _check_hash(call, old)
    given = _given(call, "home", replacing=old)
    if old is None:
        return _answer(call, call.world.show(user, given))
    call.world.change(old, given)
    return _answer(call, old)


# ── the assistant's pane ──


def _assistant_thread(call: Call) -> tuple[Channel, str]:
    given = call.args.need("channel_id")
    channel = call.find_channel(given)
    thread = call.args.need("thread_ts")
    if thread not in channel.assistant_threads and channel.find(thread) is None:
        raise Refused("invalid_thread_ts")
    return channel, thread


@method("assistant.threads.setStatus", "assistant:write", "chat:write", tier="special")
def set_status(call: Call) -> Answer:
    channel, thread = _assistant_thread(call)
    status = call.args.text("status")
    if status is None:
        raise Refused("invalid_arguments", messages=["missing required field: status"])
    channel.statuses[thread] = status
    return {}


@method("assistant.threads.setSuggestedPrompts", "assistant:write")
def set_prompts(call: Call) -> Answer:
    if call.args.text("thread_ts"):
        channel, thread = _assistant_thread(call)
    else:
        # An agent's prompts stand above its whole conversation; an assistant's belong to a thread.
        channel, thread = call.find_channel(call.args.need("channel_id")), ""
        if call.world.app.agent is False:
            raise Refused("invalid_thread_ts")
    prompts = call.args.structure("prompts", "invalid_arguments")
    right = isinstance(prompts, list) and 1 <= len(prompts) <= PROMPTS
    if not right or any(set(prompt) != {"title", "message"} for prompt in prompts):
        raise Refused("invalid_arguments", messages=[f"prompts must be 1 to {PROMPTS} of title and message"])
    if not (thread and call.world.app.agent):  # where there are no such threads, it is taken and nothing comes of it
        channel.prompts[thread] = prompts
    return {}


@method("assistant.threads.setTitle", "assistant:write")
def set_title(call: Call) -> Answer:
    channel, thread = _assistant_thread(call)
    channel.titles[thread] = call.args.need("title")
    return {}
