"""How good are the answers, the choice of experts, and listening?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lanyard.commands.common import InWorkspace, err, open_store, out, run
from lanyard.config import read_settings

evaluate = typer.Typer(no_args_is_help=True, help="How good are the answers, the choice of experts, and listening?")

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
        async with open_store(workspace) as (store, id_):
            encoder = choose(read_settings()).encoder
            await history.evaluate(store, id_, console=out, encoder=encoder, picture=picture)

    run(work())


@evaluate.command("routing")
def evaluate_routing(
    messages: Annotated[list[Path], typer.Option(help="A JSON Lines file of messages; may be given several times.")],
    questions: Jsonl,
    out: Jsonl,
) -> None:
    """Replay messages as evidence and rank, at each question, who can answer it.

    The language model reads every question and answer, some sixty a second; LANYARD_MODEL=none spares that.
    """
    from lanyard.evaluate import routing
    from lanyard.model import choose

    routing.evaluate(messages, questions, out, console=err, encoder=choose(read_settings()).encoder)


@evaluate.command("listening")
def evaluate_listening(messages: Jsonl, out: Jsonl) -> None:
    """Say of each message how likely it asks something that needs an answer."""
    from lanyard.evaluate import listening

    listening.evaluate(messages, out, console=err)
