"""Bringing in what a company knows: job aids, and past threads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lanyard.commands.common import InWorkspace, Refusal, open_store, out, run

threads = typer.Typer(no_args_is_help=True, help="What people answered each other before Lanyard came.")


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
        async with open_store(workspace) as (store, id_):
            if watch:
                await follow(store, id_, paths[0], address=address, console=out)
                return 0
            return await import_paths(store, id_, paths, console=out)

    if run(work()):
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
        async with open_store(workspace) as (store, id_):
            reading = Reading(is_open=is_open, private=private)
            return await import_past(
                store, id_, paths, reading=reading, named=workspace, add_people=add_people, console=out
            )

    try:
        refused = run(work())
    except CannotTakeError as error:
        raise Refusal(str(error)) from None
    if refused:
        raise typer.Exit(1)
