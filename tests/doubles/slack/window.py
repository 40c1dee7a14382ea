"""A window on the double for people: one page on which one is anybody, reads, says, presses and fills in forms."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from tests.doubles.slack.double import Slack
from tests.doubles.slack.drawing import LOOK, Press, draw
from tests.doubles.slack.elements import options_of
from tests.doubles.slack.model import Channel, Message, View
from tests.doubles.slack.person import Person
from tests.doubles.slack.reading import read_message
from tests.doubles.slack.sight import ImpossibleError

STYLE = (
    """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 14rem 1fr; }
nav { background: #2f2440; color: #eee; min-height: 100vh; padding: 1rem; } nav a { color: inherit; display: block; }
main { padding: 1rem 2rem; max-width: 46rem; } .here { font-weight: bold; }
article { display: grid; grid-template-columns: 2.6rem 1fr; padding: .5rem 0; } .reply { margin-left: 2.6rem; }
.mark { width: 2rem; height: 2rem; border-radius: 6px; background: #d8cfe6; text-align: center; line-height: 2rem; }
.mark.app { background: #1f4e4a; color: #fff; font-weight: bold; }
.private { background: #fff6dd; } small { color: #666; } form { display: inline; white-space: normal; }
dialog { max-width: 34rem; } label { display: block; margin: .6rem 0; } .error { color: #a11; }
main > form input[name=text] { width: 70%; } article input { width: 8rem; }
"""
    + LOOK
)


GLOBAL = frozenset({"ask", "new_aid"})
ON_MESSAGES = frozenset({"ask_about", "save_as_aid"})
"""Shortcuts by their callback ids."""


def window_routes(slack: Slack) -> web.RouteTableDef:
    routes = web.RouteTableDef()

    @routes.get("/")
    async def show(request: web.Request) -> web.Response:
        people = [user for user in slack.team.users.values() if not user.is_bot]
        person = slack.user(request.query.get("as", people[0].id))
        places = [one for one in slack.team.channels.values() if person.id in one.members]
        if slack.world.installation(slack.team) is not None and person.direct() not in places:
            places.append(person.direct())
        wanted = request.query.get("in", places[0].id if places else "")
        channel = next((one for one in places if one.id == wanted), None)
        page = "".join(_page(slack, person, places, channel, request.query.get("complaint", "")))
        return web.Response(text=page, content_type="text/html")

    @routes.post("/act")
    async def act(request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        person, place = slack.user(form.pop("as")), form.pop("in")
        complaint = ""
        try:
            complaint = await _act(person, place, form)
        except (ImpossibleError, LookupError) as error:
            complaint = str(error)
        raise web.HTTPSeeOther(request.url.with_path("/").with_query(as_query(person, place, complaint)))

    return routes


def as_query(person: Person, place: str, complaint: str = "") -> dict[str, str]:
    return {"as": person.id, "in": place} | ({"complaint": complaint} if complaint else {})


async def _act(person: Person, place: str, form: dict[str, str]) -> str:
    """Do what the form says. Returns what Slack complains of."""
    match form.pop("do"):
        case "say" if form["text"].startswith("/"):
            name, _, rest = form["text"].partition(" ")
            deed = await person.command(name, rest, channel=place)
        case "say":
            deed = await person.says(place, form["text"], thread=form.get("thread") or None)
        case "press":
            deed = await person.press(form["on"] or None, form["label"])
        case "home":
            deed = await person.opens_home()
        case "assistant":
            deed = await person.opens_assistant(looking_at=place if place != person.direct().id else None)
        case "shortcut" if "on" in form:
            deed = await person.message_shortcut(form["name"], form["on"])
        case "shortcut":
            deed = await person.shortcut(form["name"])
        case "submit":
            deed = await person.submit({name: value for name, value in form.items() if value})
        case _:
            deed = await person.closes()
    if deed.deliveries and not deed.accepted:
        return deed.complaint or "Lanyard did not take it; Slack tries again where it would."
    return deed.complaint or ""


def _hidden(person: Person, place: str, **more: str) -> str:
    given = {"as": person.id, "in": place, **more}
    return "".join(f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in given.items())


def _form(fields: str) -> str:
    return f'<form method="post" action="/act">{fields}</form>'


def _page(
    slack: Slack, person: Person, places: list[Channel], channel: Channel | None, complaint: str
) -> Iterator[str]:
    place = channel.id if channel else ""
    yield f'<!doctype html><html lang="en"><title>A Slack of our own</title><style>{STYLE}</style><nav>'
    for user in slack.team.users.values():
        if not user.is_bot:
            mark = ' class="here"' if user is person.user else ""
            yield f'<a{mark} href="/?as={user.id}">{html.escape(user.real_name)}</a>'
    yield "<hr>"
    for one in places:
        mark = ' class="here"' if one is channel else ""
        name = {"im": slack.app.name, "channel": f"# {one.name}"}.get(one.kind, f"🔒 {one.name}")
        yield f'<a{mark} href="/?as={person.id}&amp;in={one.id}">{html.escape(name)}</a>'
    yield "</nav><main>"
    if complaint:
        yield f'<p class="error" role="alert">{html.escape(complaint)}</p>'
    yield _form(_hidden(person, place, do="home") + "<button>Open the app's Home</button>")
    yield _form(_hidden(person, place, do="assistant") + "<button>Open the assistant's pane</button>")
    for name in sorted(GLOBAL & (slack.app.shortcuts or GLOBAL)):
        yield _form(_hidden(person, place, do="shortcut", name=name) + f"<button>⚡ {html.escape(name)}</button>")
    home = person.home()
    if home is not None:
        yield f"<details><summary>Home</summary>{_shown_view(person, place, home)}</details>"
    for message in person.sees(channel) if channel else ():
        yield _message(slack, person, message)
    for thread, prompts in channel.prompts.items() if channel else ():
        title = channel.titles.get(thread, "New conversation") if channel else ""
        yield f"<p><small>Begin with ({html.escape(title)}):</small> "
        for prompt in prompts:
            words = _hidden(person, place, do="say", thread=thread, text=prompt["message"])
            yield _form(f"{words}<button>{html.escape(prompt['title'])}</button> ")
        yield "</p>"
    for status in channel.statuses.values() if channel else ():
        yield f"<p><small>{html.escape(slack.app.name)} {html.escape(status)}</small></p>"
    if channel is not None:
        words = '<input name="text" aria-label="Message" placeholder="@Lanyard …, or /ask …" autofocus>'
        yield _form(_hidden(person, place, do="say") + words + "<button>Send</button>")
    modal = person.modal()
    if modal is not None:
        yield f"<dialog open>{_modal(slack, person, place, modal)}</dialog>"
    yield "</main></html>"


def _message(slack: Slack, person: Person, message: Message) -> str:
    seen = read_message(slack.world, message)
    who = message.author.real_name if message.author else message.username or ""
    kinds = ["reply"] * bool(message.thread_ts and message.thread_ts != message.ts) + ["private"] * seen.only_for_me
    only = "only you see this" if seen.only_for_me else ""
    place = message.channel.id
    shown = draw(message.blocks, _press(person, place, message.ts)) if message.blocks else html.escape(seen.text)
    thread = message.thread_ts or message.ts
    reply = _form(_hidden(person, place, do="say", thread=thread) + '<input name="text" aria-label="Reply" size="12">')
    mark = "mark app" if seen.by_app else "mark"
    signs = " ".join(f":{name}: {len(users)}" for name, users in message.reactions.items())
    for name in sorted(ON_MESSAGES & (slack.app.shortcuts or ON_MESSAGES)):
        reply += _form(
            _hidden(person, place, do="shortcut", on=message.ts, name=name) + f"<button>{html.escape(name)}</button>"
        )
    return (
        f'<article class="{" ".join(kinds)}"><span class="{mark}">{html.escape(who[:1])}</span>'
        f"<div><b>{html.escape(who)}</b> <small>{only}</small>{shown}<small>{html.escape(signs)}</small> {reply}</div>"
        "</article>"
    )


def _press(person: Person, place: str, on: str) -> Press:
    def press(label: str, style: str) -> str:
        button = f'<button class="{html.escape(style)}">{html.escape(label)}</button>'
        return _form(_hidden(person, place, do="press", on=on, label=label) + button)

    return press


def _shown_view(person: Person, place: str, view: View) -> str:
    return draw(view.given["blocks"], _press(person, place, ""))


def _modal(slack: Slack, person: Person, place: str, view: View) -> str:
    inputs = [block for block in view.given["blocks"] if block["type"] == "input"]
    rest = View(
        view.id, view.user, view.given | {"blocks": [b for b in view.given["blocks"] if b not in inputs]}, "", ""
    )
    fields = "".join(_field(block, view.errors.get(block["block_id"], "")) for block in inputs)
    submit = view.given.get("submit")
    send = f"<button>{html.escape(submit['text'])}</button>" if submit else ""
    return (
        _shown_view(person, place, rest)
        + _form(_hidden(person, place, do="submit") + fields + send)
        + _form(_hidden(person, place, do="close") + "<button>Close</button>")
    )


def _field(block: Mapping[str, Any], error: str) -> str:
    element, name = block["element"], html.escape(block["block_id"])
    initial = html.escape(str(element.get("initial_value", "")))
    if options_of(element):
        offered = "".join(
            f'<option value="{html.escape(one["value"])}">{html.escape(one["text"]["text"])}</option>'
            for one in options_of(element)
        )
        entry = f'<select name="{name}"><option value=""></option>{offered}</select>'
    elif element.get("multiline"):
        entry = f'<textarea name="{name}" rows="4" cols="40">{initial}</textarea>'
    else:
        entry = f'<input name="{name}" value="{initial}">'
    wrong = f'<span class="error">{html.escape(error)}</span>' if error else ""
    return f"<label>{html.escape(block['label']['text'])}<br>{entry} {wrong}</label>"
