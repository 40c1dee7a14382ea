"""Connecting Slack and Teams: what they must know of Lanyard, and the keys of their tokens."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from lanyard.commands.common import Refusal, open_database, out, run
from lanyard.config import read_settings

slack = typer.Typer(no_args_is_help=True, help="Slack.")
teams = typer.Typer(no_args_is_help=True, help="Microsoft Teams.")
keys = typer.Typer(no_args_is_help=True, help="The keys by which tokens are encrypted in the database.")


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
        async with open_database(settings) as store:
            return await rotate(store, Seal(settings.encryption_keys))

    renewed, unreadable = run(work())
    out.print(f"{renewed} encrypted by the first key.")
    if unreadable:
        raise Refusal(
            f"No key opens those of {', '.join(unreadable)}. Add the key that they were encrypted by to "
            "LANYARD_ENCRYPTION_KEYS, or install Lanyard there again."
        )
