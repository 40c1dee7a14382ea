"""The `lanyard` command: what it prints, how it ends, and that whatever goes wrong is a sentence."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from adapters.slack import Installation, SignIn
from bot.messages import Address, Card, Pace, Sender
from bot.store import Lane, Store
from bot.store.outbox import PutOff
from lanyard import cli, logs, seal
from lanyard.config import Settings
from lanyard.installations import StoredInstallations

VPN = """---
title: Connect to the VPN
owner: mei@example.com
tags: [vpn, remote work]
---
1. Open the VPN client.
2. Enter the six digits of your token.
"""
TILL = "# The till is frozen\n\nHold the power button for ten seconds, then sign in again.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    code: int
    out: str
    err: str


Lanyard = Callable[..., Ended]


@pytest.fixture
def lanyard(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Lanyard:
    """The command, run in this process, in a folder of its own."""
    _forget_settings(monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANYARD_PORT", str(_free_port()))
    monkeypatch.setattr(logs, "set_up", lambda _settings: None)  # the suite's own logging stays
    monkeypatch.setattr(cli, "out", Console(width=200))
    monkeypatch.setattr(cli, "err", Console(width=200, stderr=True))

    def run(*arguments: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["lanyard", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        code = ended.value.code
        return Ended(code=code if isinstance(code, int) else 0, out=out, err=err)

    return run


@pytest.fixture
def on_each_database(lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch, empty_url: str) -> str:
    """The same test on SQLite and on PostgreSQL, instead of on the file that needs no setting."""
    monkeypatch.setenv("DATABASE_URL", empty_url)
    return empty_url


def _forget_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.validation_alias), raising=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def table(text: str) -> dict[str, int]:
    """The numbers of the import's table."""
    cells = [[cell.strip() for cell in line.strip("│┃").split("│")] for line in text.splitlines() if "│" in line]
    return {row[0]: int(row[1]) for row in cells if row[1].isdecimal()}


# ── import ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("on_each_database")
def test_import_says_what_was_added_changed_and_unchanged(lanyard: Lanyard, tmp_path: Path) -> None:
    folder = write(tmp_path / "aids", vpn_md=VPN, till_md=TILL)

    first = lanyard("import", folder)
    again = lanyard("import", folder)
    (folder / "vpn.md").write_text(VPN + "3. Still stuck: extension 210.\n")
    changed = lanyard("import", folder)

    assert (first.code, table(first.out)) == (0, {"added": 2, "changed": 0, "unchanged": 0, "refused": 0})
    assert (again.code, table(again.out)) == (0, {"added": 0, "changed": 0, "unchanged": 2, "refused": 0})
    assert (changed.code, table(changed.out)) == (0, {"added": 0, "changed": 1, "unchanged": 1, "refused": 0})
    assert "extension 210" in lanyard("ask", "connect to the VPN").out


@pytest.mark.usefixtures("on_each_database")
def test_a_bad_file_is_named_with_line_and_remedy_and_what_was_there_stays(lanyard: Lanyard, tmp_path: Path) -> None:
    folder = write(tmp_path / "aids", vpn_md=VPN, till_md=TILL)
    lanyard("import", folder)
    (folder / "vpn.md").write_text(VPN.replace("owner: mei@example.com", "owner: the boss"))

    ended = lanyard("import", folder)

    assert (ended.code, table(ended.out)) == (1, {"added": 0, "changed": 0, "unchanged": 1, "refused": 1})
    assert "vpn.md, line 3: The owner 'the boss' will not do: it is no e-mail address. Correct the owner." in ended.out
    assert "six digits of your token" in lanyard("ask", "connect to the VPN").out


def test_good_rows_of_a_table_are_taken_and_bad_ones_named(lanyard: Lanyard, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "aids",
        a_csv='title,body,owner\nPrinter,Turn it off and on.,\nScanner,,\nCopier,"Press, hold.",nobody\n',
        b_jsonl='{"title": "Lift", "body": "Press 3."}\n{"title": "Stairs", "bdy": "Walk."}\nnot json\n',
    )

    ended = lanyard("import", folder)

    assert (ended.code, table(ended.out)) == (1, {"added": 2, "changed": 0, "unchanged": 0, "refused": 4})
    for where in ("a.csv, line 3", "a.csv, line 4", "b.jsonl, line 2", "b.jsonl, line 3"):
        assert f"{where}: " in ended.out
    assert "This name is unknown: bdy. Known are key, title" in ended.out


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("notes.exe", b"MZ", "Supported are .csv, .jsonl, .markdown, .md."),
        ("bad.md", b"---\nneed: x\ntitle: a: b\n---\nText\n", "bad.md, line 3: The front matter is not YAML"),
        ("bad.md", b"# Title\n\xff\n", "bad.md, line 2: The byte 0xff is not UTF-8. Save the file as UTF-8."),
        ("bad.md", b"", "The title is missing. Give it a title."),
        ("bad.csv", b"name,age\na,1\n", "bad.csv, line 1: There is no column title or body, only name, age."),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole(
    lanyard: Lanyard, tmp_path: Path, name: str, content: bytes, part: str
) -> None:
    (tmp_path / name).write_bytes(content)

    ended = lanyard("import", tmp_path / name)

    assert (ended.code, table(ended.out)["refused"], table(ended.out)["added"]) == (1, 1, 0)
    assert part in ended.out


def test_a_file_that_is_named_twice_is_read_once(lanyard: Lanyard, tmp_path: Path) -> None:
    folder = write(tmp_path / "aids", vpn_md=VPN)

    ended = lanyard("import", folder / "vpn.md", folder, folder / ".." / "aids" / "vpn.md", folder / "vpn.md")

    assert (ended.code, table(ended.out)) == (0, {"added": 1, "changed": 0, "unchanged": 0, "refused": 0})


def test_two_files_of_one_key_do_not_overwrite_each_other(lanyard: Lanyard, tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", vpn_md=VPN), write(tmp_path / "other", vpn_md=TILL)

    ended = lanyard("import", one, other)

    assert (ended.code, table(ended.out)["added"], table(ended.out)["refused"]) == (1, 1, 1)
    assert f"{other}: The key 'vpn.md' is in {one} too. Give one of the two" in ended.out


def test_a_path_that_is_not_there_is_a_sentence(lanyard: Lanyard, tmp_path: Path) -> None:
    ended = lanyard("import", tmp_path / "no-such-folder")

    assert ended.code == 1
    assert ended.err.startswith(f"There is no file or folder {tmp_path / 'no-such-folder'}. Check the spelling")


# ── ask ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ask_shows_the_answer_and_how_sure_it_is(lanyard: Lanyard, tmp_path: Path) -> None:
    lanyard("import", write(tmp_path / "aids", vpn_md=VPN, till_md=TILL))

    ended = lanyard("ask", "The till is frozen")

    assert ended.code == 0
    assert ended.out.startswith("answer, confidence ")
    assert "Hold the power button for ten seconds" in ended.out


def test_ask_is_honest_where_nothing_is_known(lanyard: Lanyard, tmp_path: Path) -> None:
    lanyard("import", write(tmp_path / "aids", vpn_md=VPN))

    ended = lanyard("ask", "zxqv")

    assert (ended.code, ended.out.splitlines()) == (
        0,
        ["none, confidence 0.00", "No job aid has anything to do with these words."],
    )


def test_what_looks_like_markup_is_shown_as_it_is_written(lanyard: Lanyard, tmp_path: Path) -> None:
    lanyard("import", write(tmp_path / "aids", till_md="# The [/red] key of the till\n\nPress [bold] and [/wrong].\n"))

    ended = lanyard("ask", "The [/red] key of the till")

    assert ended.code == 0
    assert "The [/red] key of the till" in ended.out
    assert "Press [bold] and [/wrong]." in ended.out


@pytest.mark.usefixtures("on_each_database")
def test_ask_as_somebody_shows_what_they_may_see(lanyard: Lanyard, tmp_path: Path) -> None:
    closed = VPN.replace("tags:", "audience: [group:support]\ntags:")
    lanyard("import", write(tmp_path / "aids", vpn_md=closed))

    everybody = lanyard("ask", "Connect to the VPN")
    stranger = lanyard("ask", "Connect to the VPN", "--as", "who@example.com")

    assert "six digits" not in everybody.out
    assert "none, confidence 0.00" in everybody.out
    assert (stranger.code, stranger.err) == (1, "Nobody here has the e-mail address 'who@example.com'.\n")


@pytest.mark.usefixtures("on_each_database")
def test_ask_explains_stage_by_stage_for_the_one_who_asks(lanyard: Lanyard, tmp_path: Path) -> None:
    closed = TILL.replace("# The till", "---\naudience: [group:support]\n---\n# The till")
    lanyard("import", write(tmp_path / "aids", vpn_md=VPN, till_md=closed))

    ended = lanyard("ask", "Conect to the VPN", "--explain")

    assert ended.code == 0
    for stage in ("1. What was asked", "2. What was found", "3. What speaks for", "4. How sure", "5. What follows"):
        assert stage in ended.out
    assert "conect → connect" in ended.out
    assert "somebody who may see what everybody may" in ended.out
    assert "of the 0." in ended.out
    assert "till" not in ended.out
    nothing = lanyard("ask", "zxqv", "--explain")
    assert "so nothing is answered" in nothing.out
    assert "3. What speaks for" not in nothing.out


# ── db upgrade, doctor ──────────────────────────────────────────────────────────────────────────────────────────────


def test_upgrade_brings_a_new_database_up_to_date_once(
    lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/a folder/new.sqlite3")

    first, again = lanyard("db", "upgrade"), lanyard("db", "upgrade")

    assert (first.code, again.code) == (0, 0)
    assert "(it was empty)" in first.out
    assert "nothing was to do" in again.out


@pytest.mark.usefixtures("on_each_database")
def test_the_doctor_finds_a_healthy_deployment_well(lanyard: Lanyard, tmp_path: Path) -> None:
    lanyard("import", write(tmp_path / "aids", vpn_md=VPN))

    ended = lanyard("doctor")

    assert ended.code == 0
    assert "✗" not in ended.out
    for part in ("platforms: web", "answers", "at revision", "1 job aids", "0 to be worked, 0 to be sent", "is free"):
        assert part in ended.out


def test_the_doctor_tells_what_waits_and_until_when(lanyard: Lanyard, on_each_database: str) -> None:
    asyncio.run(_let_wait(on_each_database))

    ended = lanyard("doctor")

    assert ended.code == 0
    assert "3 in 2/slack/T1/say/7, the oldest from" in ended.out
    assert "UTC, held until" in ended.out
    assert "slack/T1/chat.postMessage rests until" in ended.out


async def _let_wait(url: str) -> None:
    """A campaign of four: the first was refused, and with it the rest of the company."""
    store = Store(url)
    now = datetime.now(UTC)
    pace = Pace(bucket="T1/chat.postMessage", every=timedelta(minutes=1), wide=True)
    workspace, _ = await store.found_workspace("slack", "T1", name="Copper Kettle", now=now)
    async with store.transaction(workspace, now=now) as tx:
        for person in ("U1", "U2", "U3"):
            to = Address(platform="slack", tenant="T1", person=person)
            await tx.send(to, Card(summary="tip"), lane=Lane.CAMPAIGN, campaign=7)
    (row,) = (await store.outbox.claim(lease="a", limit=8, paces=lambda _to, _revising: (pace,))).rows
    refused = PutOff(
        row=row, uncertain=False, until=now + timedelta(minutes=5), pause=pace.bucket, paces=(pace,), counted=False
    )
    await store.outbox.claim(lease="b", limit=0, results=[refused])
    await store.close()


def test_the_doctor_says_that_the_database_does_not_answer(lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://lanyard:hunter2@127.0.0.1:1/lanyard")

    ended = lanyard("doctor")

    assert ended.code == 1
    assert "postgresql does not answer. Check DATABASE_URL, and that the server runs" in ended.out
    assert "hunter2" not in ended.out + ended.err


def test_the_doctor_says_that_tables_are_missing_and_how_to_make_them(
    lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/bare.sqlite3")

    ended = lanyard("doctor")

    assert ended.code == 1
    assert "at revision none, this Lanyard needs" in ended.out
    assert "Run `lanyard db upgrade`" in ended.out


def test_the_doctor_says_that_a_newer_lanyard_has_been_here(
    lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/newer.sqlite3")
    lanyard("db", "upgrade")
    with sqlite3.connect(tmp_path / "newer.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    examined, upgraded = lanyard("doctor"), lanyard("db", "upgrade")

    assert (examined.code, upgraded.code) == (1, 1)
    assert "revision 9999, which this Lanyard does not know" in examined.out
    assert "revision 9999, which this Lanyard does not know" in upgraded.err


def test_the_doctor_says_that_the_data_folder_is_a_file(
    lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("")

    examined, asked = lanyard("doctor"), lanyard("ask", "anything")

    assert (examined.code, asked.code) == (1, 1)
    assert f"{tmp_path / 'data'} is a file. Set LANYARD_DATA_DIR to a folder." in examined.out
    assert "its folder cannot be made" in examined.out
    assert f"{tmp_path / 'data'}: File exists." in asked.err


def test_the_doctor_sees_that_somebody_changed_the_audit_log(lanyard: Lanyard, on_each_database: str) -> None:
    asyncio.run(_write_audit_and_change_it(on_each_database))

    ended = lanyard("doctor")

    assert ended.code == 1
    assert "somebody changed the log by hand" in ended.out


async def _write_audit_and_change_it(url: str) -> None:
    from sqlalchemy import text

    store = Store(url)
    try:
        workspace, _ = await store.found_workspace("web", "local", name="A company", now=datetime.now(UTC))
        async with store.transaction(workspace, now=datetime.now(UTC)) as tx:
            await tx.audit("publish", "job aid #1", by=None)
            await tx.audit("publish", "job aid #2", by=None)
        async with store.database.write() as db:
            await db.execute(text("UPDATE audit SET subject = 'job aid #3' WHERE subject = 'job aid #1'"))
    finally:
        await store.close()


# ── evaluate ────────────────────────────────────────────────────────────────────────────────────────────────────────

SNIPPETS: list[dict[str, Any]] = [
    {"id": "vpn", "title": "Connect to the VPN", "text": "Open the client and enter the six digits of your token."},
    {"id": 7, "title": "The till is frozen", "text": "Hold the power button for ten seconds.", "tags": ["pos"]},
    {"id": "leave", "title": "Ask for holiday", "text": "Enter the days in the calendar; your lead approves them."},
]
QUESTIONS: list[dict[str, Any]] = [
    {"id": "q1", "text": "The till is frozen", "relevant": ["7"], "answerable": True, "set": "ignored"},
    {"id": 2, "text": "Connect to the VPN", "relevant": ["vpn"], "answerable": True},
    {"id": "q3", "text": "zxqv", "relevant": [], "answerable": False},
    {"id": "q4", "text": ""},
]


def jsonl(path: Path, lines: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_evaluate_answers_writes_a_verdict_for_each_question_in_order(
    lanyard: Lanyard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANYARD_MODEL", "none")  # by meaning, everything is somewhat near to everything
    snippets, questions = jsonl(tmp_path / "S.jsonl", SNIPPETS), jsonl(tmp_path / "Q.jsonl", QUESTIONS)
    out = tmp_path / "R.jsonl"

    ended = lanyard("evaluate", "answers", "--snippets", snippets, "--questions", questions, "--out", out)

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert ended.code == 0
    assert [row["id"] for row in rows] == ["q1", "2", "q3", "q4"]
    assert [set(row) for row in rows] == [{"id", "decision", "confidence", "ranked"}] * 4
    assert [(row["decision"], row["ranked"][:1]) for row in rows[:2]] == [("answer", ["7"]), ("answer", ["vpn"])]
    assert [(row["decision"], row["confidence"], row["ranked"]) for row in rows[2:]] == [("none", 0, [])] * 2
    assert all(0 <= row["confidence"] <= 1 for row in rows)
    for figure in ("R@1", "R@5", "MRR@10", "AUROC", "Cov95", "precision of answer", "coverage of answer"):
        assert figure in ended.err
    assert "4 questions over 3 snippets: answer 2, choices 0, none 2." in ended.err


def test_evaluate_answers_never_touches_the_deployments_database(lanyard: Lanyard, tmp_path: Path) -> None:
    snippets, questions = jsonl(tmp_path / "S.jsonl", SNIPPETS), jsonl(tmp_path / "Q.jsonl", QUESTIONS)

    lanyard("evaluate", "answers", "--snippets", snippets, "--questions", questions, "--out", tmp_path / "R.jsonl")

    assert "none, confidence 0.00" in lanyard("ask", "The till is frozen").out


def test_evaluate_routing_ranks_who_answered_before(lanyard: Lanyard, tmp_path: Path) -> None:
    def said(number: int, author: str, text: str, thread: str) -> dict[str, Any]:
        at = f"2026-01-{number:02}T09:00:00Z"
        return {"id": number, "channel": "help", "ts": at, "author": author, "text": text, "thread_id": thread}

    chat = [
        said(1, "ann", "How do I reset the token of the VPN?", "t1"),
        said(2, "bob", "In the self-service: reset the token, then scan the new code. That is for the VPN.", "t1"),
        said(3, "ann", "Who can open the till when its drawer is stuck?", "t2"),
        said(4, "eve", "Use the small key under the till; the drawer opens.", "t2"),
        said(9, "zoe", "I know all about the VPN token, too late.", "t9"),
    ]
    asked: dict[str, Any] = {"ts": "2026-01-05T09:00:00Z", "channel": "help", "author": "cat", "thread_id": "t5"}
    questions = [
        {"id": "q1", "text": "My VPN token must be reset", "answerers": ["bob"], **asked},
        {"id": "q2", "text": "The drawer of the till is stuck", "answerers": ["eve"], **asked},
    ]
    one, two = jsonl(tmp_path / "M.jsonl", chat[3:]), jsonl(tmp_path / "M2.jsonl", chat[:3])
    out = tmp_path / "R.jsonl"

    ended = lanyard(
        *("evaluate", "routing", "--messages", one, "--messages", two),
        *("--questions", jsonl(tmp_path / "Q.jsonl", questions), "--out", out),
    )

    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert ended.code == 0
    assert [(row["id"], row["ranked"][0]) for row in rows] == [("q1", "bob"), ("q2", "eve")]
    assert all("zoe" not in row["ranked"] and "cat" not in row["ranked"] for row in rows)
    for figure in ("hit@1", "hit@3", "hit@5"):
        assert figure in ended.err


@pytest.mark.parametrize("command", ["answers", "routing"])
def test_evaluate_names_a_file_that_is_not_there(lanyard: Lanyard, tmp_path: Path, command: str) -> None:
    first = {"answers": "--snippets", "routing": "--messages"}[command]
    missing, out = tmp_path / "missing.jsonl", tmp_path / "R.jsonl"

    ended = lanyard("evaluate", command, first, missing, "--questions", missing, "--out", out)

    assert ended.code == 1
    assert ended.err == f"{missing} cannot be read: No such file or directory. Check the path.\n"
    assert not out.exists()


def test_evaluate_names_the_line_that_cannot_be_read(lanyard: Lanyard, tmp_path: Path) -> None:
    snippets = jsonl(tmp_path / "S.jsonl", SNIPPETS)
    questions = tmp_path / "Q.jsonl"
    questions.write_text('{"id": "q1", "text": "A question"}\n\n{"id": "q2"}\n')

    ended = lanyard("evaluate", "answers", "--snippets", snippets, "--questions", questions, "--out", tmp_path / "R")

    assert ended.code == 1
    assert ended.err.startswith(f"{questions}, line 3: “text”: Field required. Write ")
    assert not (tmp_path / "R").exists()


# ── the command itself ──────────────────────────────────────────────────────────────────────────────────────────────


def test_bad_settings_end_every_command_before_it_begins(lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANYARD_HOST", "0.0.0.0")

    for command in (["serve"], ["doctor"], ["db", "upgrade"], ["ask", "anything"]):
        ended = lanyard(*command)

        assert ended.code == 2
        assert ended.err.startswith("Lanyard does not start with these settings:\nLANYARD_HOST is '0.0.0.0', but")


def test_a_database_that_is_away_is_a_sentence(lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://lanyard:hunter2@127.0.0.1:1/lanyard")

    ended = lanyard("ask", "anything")

    assert ended.code == 1
    assert ended.err.startswith("The database does not answer: ")
    assert "Check DATABASE_URL" in ended.err
    assert "hunter2" not in ended.err


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_the_installed_command_says_that_its_port_is_taken(tmp_path: Path, taken_port: int) -> None:
    environment = {**os.environ, "LANYARD_PORT": str(taken_port), "LANYARD_DATA_DIR": str(tmp_path / "data")}
    for name in ("DATABASE_URL", "LANYARD_HOST", "LANYARD_PLATFORMS"):
        environment.pop(name, None)

    ended = subprocess.run(
        [sys.executable, "-m", "lanyard", "serve", "--empty"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode == 1
    assert f"Lanyard cannot listen on 127.0.0.1:{taken_port}: " in ended.stderr
    assert "choose another port with --port" in ended.stderr
    assert "Traceback" not in ended.stderr


# ── slack manifest ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_any_setting_the_manifest_is_for_socket_mode(lanyard: Lanyard) -> None:
    printed = yaml.safe_load(lanyard("slack", "manifest").out)

    assert printed["settings"]["socket_mode_enabled"] is True
    assert {command["command"] for command in printed["features"]["slash_commands"]} == {"/ask", "/nudge", "/lanyard"}


def test_with_a_public_address_the_manifest_is_for_http_and_is_printed_in_either_form(
    lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANYARD_URL", "https://lanyard.example.com/")
    as_yaml, as_json = lanyard("slack", "manifest").out, lanyard("slack", "manifest", "--format", "json").out

    assert yaml.safe_load(as_yaml) == json.loads(as_json)
    wanted = "https://lanyard.example.com/slack/events"
    assert json.loads(as_json)["settings"]["event_subscriptions"]["request_url"] == wanted


def test_the_manifest_follows_the_settings_though_some_are_missing_yet(
    lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANYARD_PLATFORMS", "slack")
    monkeypatch.setenv("LANYARD_URL", "https://lanyard.example.com")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    printed = yaml.safe_load(lanyard("slack", "manifest").out)

    assert printed["settings"]["socket_mode_enabled"] is True
    assert printed["oauth_config"]["redirect_urls"] == ["https://lanyard.example.com/slack/oauth_redirect"]


@pytest.mark.parametrize("option", ["--http", "--many"])
def test_a_manifest_that_needs_an_address_is_refused_without_one(lanyard: Lanyard, option: str) -> None:
    ended = lanyard("slack", "manifest", option)

    assert ended.code == 1
    assert "LANYARD_URL is empty." in ended.err


# ── several workspaces ──────────────────────────────────────────────────────────────────────────────────────────────


def test_where_there_are_several_workspaces_the_one_meant_is_named(
    lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch, on_each_database: str, tmp_path: Path
) -> None:
    key = seal.new_key()
    for tenant in ("T1", "T2"):
        asyncio.run(_install(on_each_database, key, tenant))
    folder = write(tmp_path / "aids", vpn_md=VPN)
    unnamed, wrong = lanyard("import", folder), lanyard("import", "--workspace", "slack/T9", folder)
    named = lanyard("import", "--workspace", "slack/T2", folder)
    examined = lanyard("doctor")

    assert (unnamed.code, wrong.code, named.code) == (1, 1, 0)
    assert "name the one meant with --workspace" in unnamed.err
    assert "There is no workspace 'slack/T9' here." in wrong.err
    assert "0 job aids; slack/T1" in examined.out
    assert "1 job aids; slack/T2" in examined.out
    assert "answer" in lanyard("ask", "--workspace", "slack/T2", "connect to the VPN").out
    assert "No job aid" in lanyard("ask", "--workspace", "slack/T1", "connect to the VPN").out


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_new_key_is_another_and_is_taken(lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = lanyard("keys", "new").out.strip(), lanyard("keys", "new").out.strip()
    monkeypatch.setenv("LANYARD_ENCRYPTION_KEYS", f"{first}, {second}")

    assert first != second
    assert lanyard("db", "upgrade").code == 0


def test_keys_are_rotated_where_there_are_some(
    lanyard: Lanyard, monkeypatch: pytest.MonkeyPatch, on_each_database: str
) -> None:
    old, new = seal.new_key(), seal.new_key()
    asyncio.run(_install(on_each_database, old))
    without = lanyard("keys", "rotate")
    monkeypatch.setenv("LANYARD_ENCRYPTION_KEYS", f"{new},{old}")
    rotated = lanyard("keys", "rotate")
    monkeypatch.setenv("LANYARD_ENCRYPTION_KEYS", new)
    again = lanyard("keys", "rotate")
    monkeypatch.setenv("LANYARD_ENCRYPTION_KEYS", old)
    lost = lanyard("keys", "rotate")

    assert without.code == 1
    assert "LANYARD_ENCRYPTION_KEYS is empty." in without.err
    assert (rotated.code, rotated.out.strip()) == (0, "1 encrypted by the first key.")
    assert (again.code, again.out.strip()) == (0, "1 encrypted by the first key.")
    assert lost.code == 1
    assert "No key opens those of slack/T1." in lost.err
    assert not any(key in ended.out + ended.err for key in (old, new) for ended in (without, rotated, again, lost))


async def _install(url: str, key: str, tenant: str = "T1") -> None:
    store = Store(url)
    try:
        installations = StoredInstallations(store, seal.Seal([key]), now=lambda: datetime.now(UTC))
        await installations.keep(
            SignIn(
                installation=Installation(tenant=tenant, token="xoxb-1"),
                name="Copper Kettle",
                app=None,
                organisation=None,
                by=Sender(id="U1"),
                known_in=tenant,
            ),
            after=0,
        )
    finally:
        await store.close()


def test_a_campaign_is_checked_loaded_and_exported_by_the_command(lanyard: Lanyard, tmp_path: Path) -> None:
    (tmp_path / "till.yaml").write_text("name: Till\naudience: everyone\nsteps:\n  - tip: Scan twice.\n    day: x\n")
    refused = lanyard("campaign", "check", "till.yaml")
    assert refused.code == 1
    assert "till.yaml:5: “x” is no number of days." in refused.err
    (tmp_path / "till.yaml").write_text("name: Till\naudience: everyone\nsteps:\n  - tip: Scan twice.\n")
    assert "On the first day: tip “Scan twice.”" in lanyard("campaign", "check", "till.yaml").out
    unknown = lanyard("campaign", "load", "till.yaml", "--as", "ana@example.com")
    assert unknown.code == 1
    assert "Nobody here has the e-mail address" in unknown.err

    async def hire() -> None:
        store = Store(Settings().database())
        try:
            async with store.transaction((await store.workspaces())[0], now=datetime.now(UTC)) as tx:
                await tx.add_person(name="Ana", email="ana@example.com", roles=["ld"])
        finally:
            await store.close()

    asyncio.run(hire())
    assert "is kept as a draft" in lanyard("campaign", "load", "till.yaml", "--as", "ana@example.com").out
    exported = lanyard("campaign", "export", "till", "--as", "ana@example.com")
    assert yaml.safe_load(exported.out)["steps"] == [{"tip": "Scan twice.", "day": 0}]


# ── threads import ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.usefixtures("on_each_database")
def test_past_threads_are_imported_with_a_table_of_what_came_of_them(lanyard: Lanyard, tmp_path: Path) -> None:
    line = {"channel": "c", "author": "a@x.example", "text": "Where is it?", "thread_id": "1"}
    reply = line | {"author": "b@x.example", "text": "In the left drawer."}
    lines = [line | {"id": "1", "ts": "2026-01-31T09:00:00Z"}, reply | {"id": "2", "ts": "2026-01-31T09:05:00Z"}]
    (tmp_path / "past.jsonl").write_text("\n".join(map(json.dumps, lines)))
    unsaid = lanyard("threads", "import", tmp_path / "past.jsonl")
    both = lanyard("threads", "import", "--open", "--private", tmp_path / "past.jsonl")
    nowhere = lanyard("threads", "import", tmp_path / "other.zip")
    done = lanyard("threads", "import", "--open", tmp_path / "past.jsonl")
    assert (unsaid.code, both.code, nowhere.code, done.code) == (1, 1, 1, 0)
    assert "It does not tell who may read its channels" in unsaid.out
    assert "exclude each other" in both.err
    assert "There is no file or folder" in nowhere.err
    assert table(done.out)["answers: of people not known here"] == 1
