"""Campaigns as files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from lanyard.commands.common import InWorkspace, Refusal, open_store, out, run

campaign = typer.Typer(no_args_is_help=True, help="Campaigns as files.")

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
        async with open_store(workspace) as (store, id_):
            by = await _find_person(store, id_, person) if person else None
            out.print((await prepare(store, id_, file, by=by)).told, markup=False, highlight=False, soft_wrap=True)

    try:
        run(work())
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
        async with open_store(workspace) as (store, id_):
            by = await _find_person(store, id_, person)
            prepared = await prepare(store, id_, file, by=by)
            out.print(prepared.told, markup=False, highlight=False, soft_wrap=True)
            out.print(await load(store, id_, prepared, by=by, start=start), markup=False, soft_wrap=True)

    try:
        run(work())
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
        async with open_store(workspace) as (store, id_):
            return await export(store, id_, name, by=await _find_person(store, id_, person))

    try:
        typer.echo(run(work()).rstrip())  # not by the console, which would break long lines
    except BadInputError as error:
        raise Refusal(str(error)) from error


async def _find_person(store: Any, workspace: int, email: str) -> Any:
    async with store.reading(workspace, now=datetime.now(UTC)) as tx:
        found = await tx.person_by_email(email)
    if found is None or not found.active:
        raise Refusal(f"Nobody here has the e-mail address {email!r}.")
    return found
