"""Settings, read once: the environment, then an optional file `.env`. A bad one is refused by name, with the remedy."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.store.engine import parse_url
from lanyard.seal import Seal

PLATFORMS = ("web", "slack", "teams")
SQLITE = b"SQLite format 3\0"  # what such a file begins with, unless it is empty

_ADDRESS = re.compile(r"https?://[A-Za-z0-9._:\[\]-]+(/[A-Za-z0-9._~/-]*)?", re.ASCII)


class SettingsError(Exception):
    """A setting that cannot be meant. Each line names one: what is wrong with its value, and what to do."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True, populate_by_name=True
    )

    data_dir: Path = Field(default=Path("data"), validation_alias="LANYARD_DATA_DIR")
    database_url: str = Field(default="", validation_alias="DATABASE_URL", repr=False)
    host: str = Field(default="127.0.0.1", validation_alias="LANYARD_HOST")
    port: int = Field(default=3978, ge=0, le=65535, validation_alias="LANYARD_PORT")
    url: str = Field(default="", validation_alias="LANYARD_URL")
    platforms: Annotated[tuple[str, ...], NoDecode] = Field(default=("web",), validation_alias="LANYARD_PLATFORMS")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", validation_alias="LANYARD_LOG_LEVEL"
    )
    log_format: Literal["auto", "json", "console"] = Field(default="auto", validation_alias="LANYARD_LOG_FORMAT")
    tick_seconds: float = Field(default=1.0, gt=0, le=3600, validation_alias="LANYARD_TICK_SECONDS")
    slack_bot_token: str = Field(default="", validation_alias="SLACK_BOT_TOKEN", repr=False)
    slack_signing_secret: str = Field(default="", validation_alias="SLACK_SIGNING_SECRET", repr=False)
    slack_app_token: str = Field(default="", validation_alias="SLACK_APP_TOKEN", repr=False)
    slack_client_id: str = Field(default="", validation_alias="SLACK_CLIENT_ID")
    slack_client_secret: str = Field(default="", validation_alias="SLACK_CLIENT_SECRET", repr=False)
    slack_api_url: str = Field(default="https://slack.com/api/", validation_alias="SLACK_API_URL")
    encryption_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), validation_alias="LANYARD_ENCRYPTION_KEYS", repr=False
    )
    model: str = Field(default="", validation_alias="LANYARD_MODEL")
    model_threads: int = Field(default=1, ge=1, le=64, validation_alias="LANYARD_MODEL_THREADS")
    teams_app_id: str = Field(default="", validation_alias="MICROSOFT_APP_ID")
    teams_app_password: str = Field(default="", validation_alias="MICROSOFT_APP_PASSWORD", repr=False)
    teams_app_type: Literal["SingleTenant", "MultiTenant", "UserAssignedMSI"] = Field(
        default="SingleTenant", validation_alias="MICROSOFT_APP_TYPE"
    )
    teams_tenant_id: str = Field(default="", validation_alias="MICROSOFT_APP_TENANT_ID")
    teams_certificate: str = Field(default="", validation_alias="MICROSOFT_APP_CERTIFICATE")
    teams_tenants: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="TEAMS_TENANTS")
    teams_open_teams: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="TEAMS_OPEN_TEAMS")
    teams_cloud: Literal["public", "gcc", "gcc-high", "dod"] = Field(default="public", validation_alias="TEAMS_CLOUD")
    teams_metadata_url: str = Field(default="", validation_alias="TEAMS_METADATA_URL")
    teams_login_url: str = Field(default="", validation_alias="TEAMS_LOGIN_URL")
    teams_service_url: str = Field(default="", validation_alias="TEAMS_SERVICE_URL")
    teams_service_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), validation_alias="TEAMS_SERVICE_HOSTS"
    )
    teams_file_hosts: Annotated[tuple[str, ...], NoDecode] = Field(default=(), validation_alias="TEAMS_FILE_HOSTS")
    teams_anonymous: bool = Field(default=False, validation_alias="TEAMS_ANONYMOUS")
    identity_endpoint: str = Field(default="", validation_alias="IDENTITY_ENDPOINT")
    identity_header: str = Field(default="", validation_alias="IDENTITY_HEADER", repr=False)
    index_memory_mb: int = Field(default=2048, ge=64, validation_alias="LANYARD_INDEX_MEMORY_MB")
    folder: Path | None = Field(default=None, validation_alias="LANYARD_FOLDER")
    folder_url: str = Field(default="", validation_alias="LANYARD_FOLDER_URL")
    folder_workspace: str = Field(default="", validation_alias="LANYARD_FOLDER_WORKSPACE")
    lease_seconds: float = Field(default=60.0, ge=1, le=3600, validation_alias="LANYARD_LEASE_SECONDS")
    drain_seconds: float = Field(default=20.0, ge=0, le=600, validation_alias="LANYARD_DRAIN_SECONDS")

    @field_validator("platforms", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("platforms")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in PLATFORMS:
                raise ValueError(f"There is no platform {name!r}. Name one or more of: {', '.join(PLATFORMS)}.")
        return value

    @field_validator(
        "encryption_keys", "teams_tenants", "teams_open_teams", "teams_service_hosts", "teams_file_hosts", mode="before"
    )
    @classmethod
    def _split_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _sound(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        Seal(value)
        return value

    @field_validator("url")
    @classmethod
    def _public(cls, value: str) -> str:
        """Without a slash at its end, so that a path can follow."""
        if not value:
            return value
        remedy = "Give it as https://lanyard.example.com, without a query."
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise ValueError(f"This is no address. {remedy}") from None
        if not host or parts.username or parts.query or parts.fragment or not _ADDRESS.fullmatch(value):
            raise ValueError(f"This is no public address. {remedy}")
        if parts.scheme != "https" and not is_loopback(host):
            raise ValueError(f"Slack and browsers want https. {remedy}")
        return value.rstrip("/")

    @field_validator("folder", mode="before")
    @classmethod
    def _none_if_empty(cls, value: Any) -> Any:
        return value or None

    @field_validator("folder_url")
    @classmethod
    def _leads_to_files(cls, value: str) -> str:
        if value and not re.match(r"https?://\S+$", value):
            raise ValueError(
                "This is no address. Give it as https://git.example.com/handbook/blob/main, or leave it empty."
            )
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _usable(cls, value: str) -> str:
        if value:
            url = parse_url(value)
            if url.get_backend_name() == "sqlite" and url.database and _is_something_else(Path(url.database)):
                raise ValueError(f"{url.database} is no SQLite database. Name a database, or a file that is not there.")
        return value

    @model_validator(mode="after")
    def _only_loopback_without_sign_in(self) -> Self:
        if "web" in self.platforms and not is_loopback(self.host):
            raise ValueError(
                f"LANYARD_HOST is {self.host!r}, but the web chat has no sign-in: whoever reaches it can be anybody. "
                "Use 127.0.0.1, or leave the web chat out with LANYARD_PLATFORMS."
            )
        return self

    @model_validator(mode="after")
    def _slack_needs_its_keys(self) -> Self:
        if "slack" not in self.platforms:
            return self
        if self.slack_client_id or self.slack_client_secret:
            self._check_sign_in()
        elif not self.slack_bot_token:
            raise ValueError(
                "SLACK_BOT_TOKEN is empty. Give the app's bot token, which begins with xoxb-; or, for many workspaces, "
                "SLACK_CLIENT_ID and SLACK_CLIENT_SECRET."
            )
        if not self.slack_signing_secret and not self.slack_app_token:
            raise ValueError(
                "SLACK_SIGNING_SECRET is empty. Give it for events over HTTP, or SLACK_APP_TOKEN for Socket Mode."
            )
        return self

    def _check_sign_in(self) -> None:
        if self.slack_bot_token:
            raise ValueError(
                "SLACK_BOT_TOKEN is given, and SLACK_CLIENT_ID or SLACK_CLIENT_SECRET too. A token is for one "
                "workspace, the others are for many: leave one or the other empty."
            )
        if not self.slack_client_id or not self.slack_client_secret:
            missing, given = "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET"
            if self.slack_client_id:
                missing, given = given, missing
            raise ValueError(f"{missing} is empty, but {given} is not. Both stand on the app's page Basic Information.")
        if not self.url:
            raise ValueError(
                "LANYARD_URL is empty. Installing in many workspaces needs the public address to which Slack sends "
                "people back, as https://lanyard.example.com."
            )
        if not self.encryption_keys:
            raise ValueError(
                "LANYARD_ENCRYPTION_KEYS is empty. The tokens of many workspaces are kept encrypted: make a key with "
                "`lanyard keys new`, and keep it apart from the database."
            )

    @model_validator(mode="after")
    def _teams_needs_its_keys(self) -> Self:
        if "teams" in self.platforms:
            if self.teams_anonymous:
                self._check_anonymous()
            elif not self.teams_app_id:
                raise ValueError(
                    "MICROSOFT_APP_ID is empty. Give the app id of the bot's registration; or TEAMS_ANONYMOUS=1, to "
                    "serve test clients on this machine alone."
                )
            else:
                self._check_registration()
        return self

    def _check_anonymous(self) -> None:
        if self.teams_app_id:
            raise ValueError(
                "TEAMS_ANONYMOUS is 1, but MICROSOFT_APP_ID is given. With a registration nobody is served without a "
                "token: leave one or the other empty."
            )
        if not is_loopback(self.host):
            raise ValueError(
                f"TEAMS_ANONYMOUS is 1, but LANYARD_HOST is {self.host!r}: whoever reaches it can be anybody. Use "
                "127.0.0.1, or register the bot and give MICROSOFT_APP_ID."
            )

    def _check_registration(self) -> None:
        managed = self.teams_app_type == "UserAssignedMSI"
        given = {
            "MICROSOFT_APP_PASSWORD": self.teams_app_password,
            "MICROSOFT_APP_CERTIFICATE": self.teams_certificate,
        }
        secrets = [name for name, value in given.items() if value]
        if managed and secrets:
            raise ValueError(
                f"MICROSOFT_APP_TYPE is UserAssignedMSI, but {secrets[0]} is given: a managed identity has none. Leave "
                "it empty."
            )
        if not managed and not secrets:
            raise ValueError(
                "MICROSOFT_APP_PASSWORD is empty. Give the client secret of the bot's registration, or a certificate "
                "with its private key in MICROSOFT_APP_CERTIFICATE."
            )
        if len(secrets) == 2:
            raise ValueError(
                "MICROSOFT_APP_PASSWORD and MICROSOFT_APP_CERTIFICATE are both given. Leave one of them empty."
            )
        if self.teams_app_type != "MultiTenant" and not self.teams_tenant_id:
            raise ValueError(
                "MICROSOFT_APP_TENANT_ID is empty. Give the id of your company's directory, in which the bot is "
                "registered."
            )
        if self.teams_app_type == "MultiTenant" and not self.teams_tenants:
            raise ValueError(
                "TEAMS_TENANTS is empty, but MICROSOFT_APP_TYPE is MultiTenant, so that any company could use this "
                "bot. Name the directory ids of those that may, with commas between; or * for all."
            )

    def database(self) -> str:
        """The database's address: the one given, else a file in the data directory."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'lanyard.sqlite3').absolute()}"


def _is_something_else(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            return content.read(len(SQLITE)) not in (b"", SQLITE)
    except OSError:
        return file.is_dir()


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(**overrides: Any) -> Settings:
    """Raises SettingsError. `overrides` are options of the command line, by field name; None is no option given."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env cannot be read: {error}. Save it as UTF-8, where Lanyard may read it.") from None
    except ValidationError as error:
        raise SettingsError("\n".join(_explain(fault) for fault in error.errors())) from None


def _explain(fault: Any) -> str:
    """One line: the name, the value's fault, the remedy. Never the value of a secret."""
    field = Settings.model_fields.get(str(fault["loc"][0])) if fault["loc"] else None
    alias = str(fault["loc"][0]) if fault["loc"] else ""
    for name, known in Settings.model_fields.items():
        if alias in (name, known.validation_alias):
            field, alias = known, str(known.validation_alias)
    message = str(fault["msg"]).removeprefix("Value error, ")
    if not alias:
        return message
    secret = field is not None and not field.repr
    shown = "" if secret else f" is {fault.get('input')!r}:"
    return f"{alias}{shown} {message}" if shown else f"{alias}: {message}"
