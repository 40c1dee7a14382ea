"""Settings are read once, and a bad one is refused by its name, with what is wrong and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from lanyard.config import Settings, SettingsError, is_loopback, read_settings

SECRET = "hunter2"
KEY = Fernet.generate_key().decode()


@pytest.fixture(autouse=True)
def _nowhere_in_particular(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of whoever runs the tests, and no `.env` of theirs."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)
    monkeypatch.chdir(tmp_path)


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    return str(refused.value)


def test_nothing_needs_to_be_set() -> None:
    settings = read_settings()

    assert (settings.host, settings.port, settings.platforms) == ("127.0.0.1", 3978, ("web",))
    assert settings.database() == f"sqlite:///{Path('data/lanyard.sqlite3').absolute()}"


def test_the_environment_wins_over_the_file_and_the_command_line_over_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("LANYARD_PORT=1111\nLANYARD_LOG_LEVEL=debug\nSOMETHING_ELSE=1\n")
    assert read_settings().port == 1111

    monkeypatch.setenv("LANYARD_PORT", "2222")
    assert read_settings().port == 2222
    assert read_settings().log_level == "debug"

    assert read_settings(port=0).port == 0
    assert read_settings(port=None).port == 2222


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.20", "::", "chat.example.com", ""])
def test_the_web_chat_is_refused_on_an_address_that_others_reach(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    text = refusal(monkeypatch, LANYARD_HOST=host)

    assert f"LANYARD_HOST is {host!r}" in text
    assert "no sign-in" in text
    assert "Use 127.0.0.1, or leave the web chat out" in text


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_the_web_chat_listens_on_every_loopback_address(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("LANYARD_HOST", host)

    assert read_settings().host == host
    assert is_loopback(host)


def test_without_the_web_chat_any_address_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANYARD_PLATFORMS", "")
    monkeypatch.setenv("LANYARD_HOST", "0.0.0.0")

    assert read_settings().platforms == ()


def test_platforms_are_named_with_commas_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANYARD_PLATFORMS", " Web , ")

    assert read_settings().platforms == ("web",)


def test_an_unknown_platform_is_named_with_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    text = refusal(monkeypatch, LANYARD_PLATFORMS="web,irc")

    assert "LANYARD_PLATFORMS" in text
    assert "There is no platform 'irc'. Name one or more of: web" in text


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("LANYARD_PORT", "http", "valid integer"),
        ("LANYARD_PORT", "70000", "less than or equal to 65535"),
        ("LANYARD_PORT", "-1", "greater than or equal to 0"),
        ("LANYARD_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        ("LANYARD_LOG_FORMAT", "xml", "'auto', 'json' or 'console'"),
        ("LANYARD_TICK_SECONDS", "0", "greater than 0"),
        ("LANYARD_TICK_SECONDS", "nan", "less than or equal to 3600"),
        ("LANYARD_DRAIN_SECONDS", "inf", "less than or equal to 600"),
        ("LANYARD_LEASE_SECONDS", "soon", "valid number"),
    ],
)
def test_a_bad_value_is_named_with_what_it_should_be(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    text = refusal(monkeypatch, **{name: value})

    assert text.startswith(f"{name} is {value!r}: ")
    assert part in text


def test_several_bad_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = refusal(monkeypatch, LANYARD_PORT="x", LANYARD_LOG_LEVEL="y").splitlines()

    assert [line.split()[0] for line in lines] == ["LANYARD_PORT", "LANYARD_LOG_LEVEL"]


def test_a_bad_option_of_the_command_line_is_named_like_the_setting() -> None:
    with pytest.raises(SettingsError, match="LANYARD_PORT is 99999: "):
        read_settings(port=99999)


@pytest.mark.parametrize(
    ("url", "part"),
    [
        (f"mysql://lanyard:{SECRET}@db/lanyard", "SQLite or PostgreSQL, not in 'mysql'"),
        (f"lanyard:{SECRET}@db", "no database address"),
        (f"postgresql://lanyard:{SECRET}@db:port/lanyard", "no database address"),
        (f"postgresql://lanyard:x@db:{SECRET}@db/lanyard", "no database address"),
        ("sqlite://", "in a file, not in memory"),
        ("sqlite:///:memory:", "in a file, not in memory"),
    ],
)
def test_a_bad_database_address_is_refused_without_showing_its_password(
    monkeypatch: pytest.MonkeyPatch, url: str, part: str
) -> None:
    text = refusal(monkeypatch, DATABASE_URL=url)

    assert text.startswith("DATABASE_URL: ")
    assert part in text
    assert "postgresql://user:password@host:5432/name" in text
    assert SECRET not in text


def test_the_settings_can_be_logged_without_the_databases_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://lanyard:{SECRET}@db/lanyard")

    settings = read_settings()

    assert SECRET in settings.database()
    assert SECRET not in repr(settings)
    assert SECRET not in str(settings)


def test_a_file_of_settings_that_is_no_text_is_refused() -> None:
    Path(".env").write_bytes(b"LANYARD_PORT=3978\xff\xfe")

    with pytest.raises(SettingsError, match=r"\.env cannot be read: .* Save it as UTF-8"):
        read_settings()


def test_a_file_that_is_no_database_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all,\n")

    for file in (tmp_path / "letter.txt", tmp_path):
        text = refusal(monkeypatch, DATABASE_URL=f"sqlite:///{file}")

        assert text.startswith(f"DATABASE_URL: {file} is no SQLite database.")


def test_an_empty_file_becomes_a_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "new.sqlite3").touch()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'new.sqlite3'}")

    assert read_settings().database().endswith("new.sqlite3")


def test_slack_is_refused_without_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "SLACK_BOT_TOKEN is empty" in refusal(monkeypatch, LANYARD_PLATFORMS="slack")
    text = refusal(monkeypatch, SLACK_BOT_TOKEN=f"xoxb-{SECRET}")
    assert "SLACK_SIGNING_SECRET is empty" in text
    assert SECRET not in text


def test_slack_takes_either_way_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANYARD_PLATFORMS", "slack")
    monkeypatch.setenv("SLACK_BOT_TOKEN", f"xoxb-{SECRET}")
    monkeypatch.setenv("SLACK_APP_TOKEN", f"xapp-{SECRET}")
    settings = read_settings()
    assert settings.platforms == ("slack",)
    assert SECRET not in repr(settings)


MANY = {
    "LANYARD_PLATFORMS": "slack",
    "SLACK_SIGNING_SECRET": SECRET,
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": SECRET,
    "LANYARD_URL": "https://lanyard.example.com/",
    "LANYARD_ENCRYPTION_KEYS": KEY,
}


def test_slack_in_many_workspaces_needs_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in MANY.items():
        monkeypatch.setenv(name, value)
    settings = read_settings()

    assert settings.url == "https://lanyard.example.com"
    assert settings.encryption_keys == (KEY,)
    assert KEY not in repr(settings)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("missing", "part"),
    [
        ("SLACK_CLIENT_ID", "SLACK_CLIENT_ID is empty, but SLACK_CLIENT_SECRET is not"),
        ("SLACK_CLIENT_SECRET", "SLACK_CLIENT_SECRET is empty, but SLACK_CLIENT_ID is not"),
        ("LANYARD_URL", "LANYARD_URL is empty"),
        ("LANYARD_ENCRYPTION_KEYS", "make a key with `lanyard keys new`"),
        ("SLACK_SIGNING_SECRET", "SLACK_SIGNING_SECRET is empty"),
    ],
)
def test_slack_in_many_workspaces_is_refused_where_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, missing: str, part: str
) -> None:
    text = refusal(monkeypatch, **(MANY | {missing: ""}))

    assert part in text
    assert SECRET not in text
    assert KEY not in text


def test_one_workspace_or_many_but_not_both(monkeypatch: pytest.MonkeyPatch) -> None:
    text = refusal(monkeypatch, **MANY, SLACK_BOT_TOKEN=f"xoxb-{SECRET}")

    assert "leave one or the other empty" in text
    assert SECRET not in text


@pytest.mark.parametrize("keys", ["nonsense", KEY[:-4], f"{KEY},x", "ключ"])
def test_what_is_no_key_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    text = refusal(monkeypatch, LANYARD_ENCRYPTION_KEYS=keys)

    assert text == "LANYARD_ENCRYPTION_KEYS: This holds something that is no key. `lanyard keys new` makes one."


@pytest.mark.parametrize(
    "url",
    [
        "lanyard.example.com",
        "http://lanyard.example.com",
        "ftp://127.0.0.1",
        "https://",
        "https://user:pw@lanyard.example.com",
        "https://lanyard.example.com/?a=b",
        "https://lanyard.example.com/#a",
        "https://lanyard.example.com:port",
        "https://lanyard.example.com/<script>",
        "https://[::1",
    ],
)
def test_a_public_address_that_cannot_be_one_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    text = refusal(monkeypatch, LANYARD_URL=url)

    assert text.startswith("LANYARD_URL is ")
    assert "https://lanyard.example.com" in text


@pytest.mark.parametrize("url", ["http://127.0.0.1:3978", "https://lanyard.example.com/help", "http://localhost"])
def test_a_public_address_may_have_a_port_and_a_path_and_this_machine_needs_no_tls(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("LANYARD_URL", url + "/")

    assert read_settings().url == url


TEAMS = {
    "LANYARD_PLATFORMS": "teams",
    "MICROSOFT_APP_ID": "5b2d0a4c",
    "MICROSOFT_APP_PASSWORD": SECRET,
    "MICROSOFT_APP_TENANT_ID": "0b9f1c52",
}


def test_teams_takes_a_registration_of_each_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for changes in (
        {},
        {"MICROSOFT_APP_PASSWORD": "", "MICROSOFT_APP_CERTIFICATE": "bot.pem"},
        {"MICROSOFT_APP_PASSWORD": "", "MICROSOFT_APP_CERTIFICATE": "", "MICROSOFT_APP_TYPE": "UserAssignedMSI"},
        {"MICROSOFT_APP_TYPE": "MultiTenant", "TEAMS_TENANTS": "a, b"},
    ):
        for name, value in (TEAMS | changes).items():
            monkeypatch.setenv(name, value)
        settings = read_settings()
        assert settings.platforms == ("teams",)
        assert SECRET not in repr(settings)
    assert settings.teams_tenants == ("a", "b")


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"MICROSOFT_APP_ID": ""}, "MICROSOFT_APP_ID is empty"),
        ({"MICROSOFT_APP_PASSWORD": ""}, "MICROSOFT_APP_PASSWORD is empty"),
        ({"MICROSOFT_APP_TENANT_ID": ""}, "MICROSOFT_APP_TENANT_ID is empty"),
        ({"MICROSOFT_APP_CERTIFICATE": "bot.pem"}, "are both given"),
        ({"MICROSOFT_APP_TYPE": "MultiTenant"}, "TEAMS_TENANTS is empty"),
        ({"MICROSOFT_APP_TYPE": "UserAssignedMSI"}, "a managed identity has none"),
        ({"MICROSOFT_APP_TYPE": "Any"}, "MICROSOFT_APP_TYPE is 'Any'"),
        ({"TEAMS_CLOUD": "moon"}, "TEAMS_CLOUD is 'moon'"),
        ({"TEAMS_ANONYMOUS": "1"}, "MICROSOFT_APP_ID is given"),
        (
            {"TEAMS_ANONYMOUS": "1", "MICROSOFT_APP_ID": "", "LANYARD_HOST": "0.0.0.0"},
            "whoever reaches it can be anybody",
        ),
    ],
)
def test_teams_is_refused_where_its_settings_do_not_fit(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], part: str
) -> None:
    text = refusal(monkeypatch, **(TEAMS | changes))

    assert part in text
    assert SECRET not in text


def test_teams_without_a_registration_serves_this_machine_when_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANYARD_PLATFORMS", "teams")
    monkeypatch.setenv("TEAMS_ANONYMOUS", "1")
    assert read_settings().teams_anonymous
