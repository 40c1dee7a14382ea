"""A window on the double for people: one page on which one is anybody, reads, says, presses and fills in dialogs."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from tests.doubles.teams.cards import INPUTS, elements
from tests.doubles.teams.double import Teams
from tests.doubles.teams.model import Conversation, Dialog, ImpossibleError, Message
from tests.doubles.teams.person import Deed, Person
from tests.doubles.teams.reading import read_card, read_message

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; display: grid; grid-template-columns: 15rem 1fr; }
nav { background: #3b3a5c; color: #eee; min-height: 100vh; padding: 1rem; } nav a { color: inherit; display: block; }
main { padding: 1rem 2rem; max-width: 46rem; } .here { font-weight: bold; }
article { border-top: 1px solid #ddd; padding: .6rem 0; white-space: pre-wrap; } .reply { margin-left: 2rem; }
.mine { background: #eef; } small { color: #666; } form { display: inline; white-space: normal; }
dialog { max-width: 34rem; } label { display: block; margin: .6rem 0; } .error { color: #a11; }
main > form input[name=text] { width: 70%; } article input { width: 8rem; }
"""


COMMANDS = {"ask_about": "Ask Lanyard", "save_as_aid": "Save as job aid"}
"""What the extension offers on a message."""


def window_routes(teams: Teams) -> web.RouteTableDef:
    routes = web.RouteTableDef()

    @routes.get("/")
    async def show(request: web.Request) -> web.Response:
        person = teams.user(request.query.get("as", next(iter(teams.world.users))))
        person.direct()
        wanted = request.query.get("in", person.direct().id)
        place = next((one for one in person.places() if one.id == wanted), person.direct())
        page = "".join(_page(teams, person, place, request.query.get("word", "")))
        return web.Response(text=page, content_type="text/html")

    @routes.post("/act")
    async def act(request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        person, place = teams.user(form.pop("as")), form.pop("in")
        try:
            word = await _act(teams, person, place, form)
        except (ImpossibleError, LookupError) as error:
            word = str(error)
        query = {"as": person.id, "in": place} | ({"word": word} if word else {})
        raise web.HTTPSeeOther(request.url.with_path("/").with_query(query))

    return routes


async def _act(teams: Teams, person: Person, place: str, form: dict[str, str]) -> str:
    """Do what the form says. Returns what Teams shows of it besides."""
    deed = Deed()
    match form.pop("do"):
        case "install":
            await teams.install_everywhere()
        case "say":
            deed = await person.says(place, form["text"], thread=form.get("thread") or None)
        case "press":
            deed = await person.press(form["on"] or None, form["label"])
        case "submit":
            deed = await person.submit({name: value for name, value in form.items() if value})
        case "search":
            deed = await person.searches(form["text"], place=place)
            if deed.results and "content" in deed.results[0]:
                await person.inserts(deed.results[0], place)
        case "act":
            deed = await person.acts_on(form["on"], form["command"])
        case _:
            person.closes()
    if deed.deliveries and not deed.accepted:
        return deed.complaint or "Lanyard did not take it."
    return deed.complaint or deed.note or ""


def _hidden(person: Person, place: Conversation, **more: str) -> str:
    given = {"as": person.id, "in": place.id, **more}
    return "".join(f'<input type="hidden" name="{name}" value="{html.escape(value)}">' for name, value in given.items())


def _form(fields: str) -> str:
    return f'<form method="post" action="/act">{fields}</form> '


def _page(teams: Teams, person: Person, place: Conversation, word: str) -> Iterator[str]:
    yield f'<!doctype html><html lang="en"><title>A Teams of our own</title><style>{STYLE}</style><nav>'
    for user in teams.world.users.values():
        mark = ' class="here"' if user is person.user else ""
        yield f'<a{mark} href="/?as={html.escape(user.id)}">{html.escape(user.name)}</a>'
    yield "<hr>"
    for one in person.places():
        mark = ' class="here"' if one is place else ""
        name = {"personal": teams.app.name, "channel": f"# {one.name}"}.get(one.kind, f"🔒 {one.name or 'a chat'}")
        yield f'<a{mark} href="/?as={html.escape(person.id)}&amp;in={html.escape(one.id)}">{html.escape(name)}</a>'
    yield "<hr>" + _form(_hidden(person, place, do="install") + "<button>Install the app everywhere</button>")
    yield "</nav><main>"
    if word:
        yield f'<p role="alert"><strong>{html.escape(word)}</strong></p>'
    for message in person.sees(place):
        yield _message(teams, person, message)
    words = '<input name="text" aria-label="Message" placeholder="@Lanyard …" autofocus>'
    yield _form(_hidden(person, place, do="say") + words + "<button>Send</button>")
    find = '<input name="text" aria-label="Search job aids" placeholder="Search job aids, and insert the first">'
    yield _form(_hidden(person, place, do="search") + find + "<button>Insert</button>")
    dialog = person.dialog()
    if dialog is not None:
        yield f"<dialog open>{_dialog(person, place, dialog)}</dialog>"
    yield "</main></html>"


def _message(teams: Teams, person: Person, message: Message) -> str:
    seen = read_message(message, person.user)
    who = message.author.name if message.author else teams.app.name
    kinds = ["reply"] * bool(message.thread) + ["mine"] * (message.author is None)
    place = message.conversation
    buttons = "".join(
        _form(_hidden(person, place, do="press", on=message.id, label=label) + f"<button>{html.escape(label)}</button>")
        for label in seen.buttons
    )
    links = "".join(f' <a href="{html.escape(link)}">{html.escape(link)}</a>' for link in seen.links)
    more = ""
    if place.kind == "channel":
        more += _form(
            _hidden(person, place, do="say", thread=message.root) + '<input name="text" aria-label="Reply" size="12">'
        )
    for command, label in COMMANDS.items() if message.author else ():
        more += _form(_hidden(person, place, do="act", on=message.id, command=command) + f"<button>{label}</button>")
    return (
        f'<article class="{" ".join(kinds)}"><small>{html.escape(who)}</small>\n'
        f"{html.escape(seen.text)}{links}\n{buttons} {more}</article>"
    )


def _dialog(person: Person, place: Conversation, dialog: Dialog) -> str:
    shown = html.escape(read_card(dialog.card).text)
    fields = "".join(_field(one) for one in elements(dialog.card) if one["type"] in INPUTS)
    return (
        f"<h2>{html.escape(dialog.title)}</h2><article>{shown}</article>"
        + _form(_hidden(person, place, do="submit") + fields + "<button>Send</button>")
        + _form(_hidden(person, place, do="close") + "<button>Close</button>")
    )


def _field(element: Mapping[str, Any]) -> str:
    name, initial = html.escape(element["id"]), html.escape(str(element.get("value", "")))
    if element["type"] == "Input.ChoiceSet":
        offered = "".join(
            f'<option value="{html.escape(one["value"])}">{html.escape(one["title"])}</option>'
            for one in element["choices"]
        )
        entry = f'<select name="{name}"><option value=""></option>{offered}</select>'
    elif element.get("isMultiline"):
        entry = f'<textarea name="{name}" rows="4" cols="40">{initial}</textarea>'
    else:
        entry = f'<input name="{name}" value="{initial}">'
    return f"<label>{html.escape(str(element.get('label', element['id'])))}<br>{entry}</label>"
