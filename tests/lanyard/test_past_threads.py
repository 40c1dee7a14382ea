"""Past threads, in files of every kind, become the evidence that listening would have kept: once, of those known."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import delete, select

from bot.messages import Sender
from bot.store import Store
from bot.store import tables as t
from bot.store.records import Mode
from knowledge.model import Evidence, EvidenceKind
from lanyard.past.model import LARGEST_FILE, Reading
from lanyard.past.taking import CannotTakeError, import_past
from tests.journeys.dialogue import Dialogue, labels, text_of
from tests.shown import evidence_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
QUESTION = "The kiln shows error E47 and stays cold. What can I do?"
ANSWER = "Hold the reset button for ten seconds, then start the programme again."
USERS = [
    {"id": "U1", "team_id": "T1", "tz": "Europe/Berlin", "profile": {"email": "ada@x.example", "real_name": "Ada"}},
    {"id": "U2", "team_id": "T1", "profile": {"email": "Bo@x.example", "real_name": "Bo"}},
    {"id": "U3", "team_id": "T1", "profile": {"email": "cy@x.example", "real_name": "Cy"}},
    {"id": "U4", "team_id": "T1", "is_bot": True, "profile": {"real_name": "Builds"}},
    {"id": "U5", "team_id": "T1", "is_restricted": True, "profile": {"email": "guest@y.example", "real_name": "Eve"}},
]


def said(user: str, text: str, at: float, *, thread: float | None = None, **more: Any) -> dict[str, Any]:
    told = {"type": "message", "user": user, "text": text, "ts": f"{1_760_000_000 + at:.6f}", **more}
    return told if thread is None else told | {"thread_ts": f"{1_760_000_000 + thread:.6f}"}


DAY_ONE = [
    said("U1", QUESTION, 1),
    said("U4", "Build 12 failed, try another one.", 2, thread=1, bot_id="B1"),
    said("U3", "has joined the channel", 3, subtype="channel_join"),
    said("U2", f"<@U1> {ANSWER}", 4, thread=1),
]
DAY_TWO = [said("U1", "Thanks, that worked!", 90_000, thread=1), said("U3", "ok", 90_001, thread=1)]


def pack(path: Path, files: Mapping[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return path


def slack_export(path: Path, **more: Any) -> Path:
    files = {
        "users.json": USERS,
        "channels.json": [{"id": "C1", "name": "kilns"}],
        "groups.json": [{"id": "G1", "name": "board"}],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "kilns/2025-10-09.json": DAY_ONE,
        "kilns/2025-10-10.json": DAY_TWO,
        "board/2025-10-09.json": [
            said("U1", "How do we word the merger?", 1),
            said("U2", "Call it a union.", 2, thread=1),
        ],
        "D1/2025-10-09.json": [said("U1", "Where is my badge?", 1), said("U2", "It lies on your desk.", 2, thread=1)],
    }
    return pack(path, files | more)


async def found(store: Store, *, tenant: str = "T1", people: Sequence[str] = ("U1", "U2")) -> int:
    """A company on Slack where these have been seen, by their ids and without their addresses."""
    workspace, _ = await store.found_workspace("slack", tenant, name="X", now=NOW)
    async with store.transaction(workspace, now=NOW) as tx:
        for one in people:
            await tx.recognise("slack", tenant, Sender(id=one, name=one))
    return workspace


async def take(
    store: Store,
    workspace: int,
    *paths: Path,
    is_open: bool = False,
    private: bool = False,
    add_people: bool = False,
    named: str | None = None,
) -> tuple[int, dict[str, int], str]:
    """How many files were refused, the table, and all that was printed."""
    printed = io.StringIO()
    refused = await import_past(
        store,
        workspace,
        paths,
        reading=Reading(is_open=is_open, private=private),
        named=named,
        add_people=add_people,
        console=Console(file=printed, width=300),
    )
    cells = [[cell.strip(" ┃│") for cell in line.split("│")[1:3]] for line in printed.getvalue().splitlines()]
    return refused, {row[0]: int(row[1]) for row in cells if len(row) == 2 and row[1].isdecimal()}, printed.getvalue()


async def kept(store: Store, workspace: int, *, place: str | None = None) -> list[Evidence]:
    async with store.reading(workspace, now=NOW) as tx:
        return list(await evidence_of(tx, place=place))


# ── Slack ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_in_a_public_channel_counts_for_who_gave_it_and_thanks_for_it_too(
    store: Store, tmp_path: Path
) -> None:
    workspace = await found(store)
    refused, told, _ = await take(store, workspace, slack_export(tmp_path / "x.zip"))
    assert refused == 0
    assert (told["messages"], told["threads"], told["answers: new"], told["thanks: new"]) == (4, 1, 1, 1)
    answer, thanks = await kept(store, workspace)
    assert (answer.kind, answer.weight, answer.place) == (EvidenceKind.SPOKE, 1.0, "slack/T1/C1")
    assert answer.text == f"{QUESTION}\n@Ada {ANSWER}"
    assert answer.at == datetime.fromtimestamp(1_760_000_004, UTC)
    assert (thanks.kind, thanks.text, thanks.person) == (EvidenceKind.THANKED, QUESTION, answer.person)


async def test_a_second_import_keeps_nothing_twice(store: Store, tmp_path: Path) -> None:
    workspace = await found(store)
    export = slack_export(tmp_path / "x.zip")
    await take(store, workspace, export)
    before = await kept(store, workspace)
    _, told, _ = await take(store, workspace, export, export)
    assert (told["answers: new"], told["answers: here already"], told["thanks: new"]) == (0, 2, 0)
    assert await kept(store, workspace) == before


async def test_what_its_person_took_away_does_not_come_back(store: Store, tmp_path: Path) -> None:
    workspace = await found(store)
    export = slack_export(tmp_path / "x.zip")
    await take(store, workspace, export)
    (answer, _) = await kept(store, workspace)
    async with store.transaction(workspace, now=NOW) as tx:
        bo = await tx.person(int(answer.person))
        for piece in await tx.evidence_about(bo, limit=9):
            await tx.disown_evidence(piece.id, by=bo)
    await take(store, workspace, export)
    assert await kept(store, workspace) == []


async def test_who_is_erased_goes_with_all_that_was_imported(store: Store, tmp_path: Path) -> None:
    workspace = await found(store)
    export = slack_export(tmp_path / "x.zip")
    await take(store, workspace, export)
    person = int((await kept(store, workspace))[0].person)
    async with store.transaction(workspace, now=NOW) as tx:
        await tx.db.execute(delete(t.Person).where(t.Person.id == person))
        assert (await tx.db.execute(select(t.Evidence.id))).all() == []
    _, told, _ = await take(store, workspace, export)
    assert (told["answers: new"], told["answers: of people not known here"]) == (0, 1)


async def test_nothing_but_answers_and_what_they_answer_is_kept(store: Store, tmp_path: Path) -> None:
    workspace = await found(store, people=("U1", "U2", "U3"))
    await take(store, workspace, slack_export(tmp_path / "x.zip"), private=True)
    async with store.reading(workspace, now=NOW) as tx:
        texts = " ".join((await tx.db.execute(select(t.Evidence.text))).scalars())
    for absent in ("Build 12", "joined", "that worked", "badge", "desk"):
        assert absent not in texts


async def test_private_channels_are_left_out_unless_that_is_said_and_then_serve_inside_alone(
    store: Store, tmp_path: Path
) -> None:
    workspace = await found(store)
    export = slack_export(tmp_path / "x.zip")
    _, told, _ = await take(store, workspace, export)
    assert told["left out: private channels"] == 1
    assert "merger" not in str(await kept(store, workspace, place="slack/T1/G1"))
    await take(store, workspace, export, private=True)
    assert "merger" in str(await kept(store, workspace, place="slack/T1/G1"))
    assert "merger" not in str(await kept(store, workspace))
    assert "merger" not in str(await kept(store, workspace, place="slack/T1/C1"))


async def test_a_channel_that_other_companies_read_along_in_counts_as_private(store: Store, tmp_path: Path) -> None:
    workspace = await found(store)
    shared = [{"id": "C1", "name": "kilns", "is_ext_shared": True}]
    export = slack_export(tmp_path / "x.zip", **{"channels.json": shared})
    await take(store, workspace, export)
    assert await kept(store, workspace, place="slack/T1/C1") == []


async def test_a_channel_whose_people_want_no_learning_is_left_out(store: Store, tmp_path: Path) -> None:
    workspace = await found(store)
    async with store.transaction(workspace, now=NOW) as tx:
        (one, *_) = await tx.everyone()
        await tx.change_channel("slack/T1/C1", mode=Mode.MENTION, learns=False, name="kilns", by=one, among=[one.id])
    _, told, _ = await take(store, workspace, slack_export(tmp_path / "x.zip"))
    assert told["left out: messages of channels that want no learning"] == 4
    assert await kept(store, workspace) == []


async def test_people_are_told_by_their_address_where_their_id_was_never_seen(store: Store, tmp_path: Path) -> None:
    workspace, _ = await store.found_workspace("web", "local", name="X", now=NOW)
    async with store.transaction(workspace, now=NOW) as tx:
        bo = await tx.add_person(name="Bo", email="bo@X.example")
    await take(store, workspace, slack_export(tmp_path / "x.zip"))
    assert {one.person for one in await kept(store, workspace)} == {str(bo)}


async def test_of_people_not_known_nothing_is_kept_until_they_are(store: Store, tmp_path: Path) -> None:
    workspace = await found(store, people=("U1",))
    export = slack_export(tmp_path / "x.zip")
    _, told, printed = await take(store, workspace, export)
    assert told["people who answered: not known here"] == 1
    assert "import the same files again" in printed
    assert await kept(store, workspace) == []
    async with store.transaction(workspace, now=NOW) as tx:
        await tx.recognise("slack", "T1", Sender(id="U2", name="Bo"))
    await take(store, workspace, export)
    assert len(await kept(store, workspace)) == 2


async def test_colleagues_who_answered_are_made_known_where_that_is_said_and_guests_are_not(
    store: Store, tmp_path: Path
) -> None:
    workspace = await found(store, people=("U1",))
    day = [*DAY_ONE, said("U5", "I would call the electrician first.", 5, thread=1)]
    export = slack_export(tmp_path / "x.zip", **{"kilns/2025-10-09.json": day})
    _, told, _ = await take(store, workspace, export, add_people=True)
    assert (told["people made known"], told["people who answered: not known here"]) == (1, 1)
    async with store.reading(workspace, now=NOW) as tx:
        bo = await tx.known_person("slack", "T1", "U2")
        assert bo is not None
        assert (bo.name, bo.email, bo.is_ld()) == ("Bo", "bo@x.example", False)
        assert await tx.known_person("slack", "T1", "U5") is None


async def test_an_import_makes_nobody_administrator(store: Store, tmp_path: Path) -> None:
    workspace = await found(store, people=())
    with pytest.raises(CannotTakeError, match="Nobody is administrator here yet"):
        await take(store, workspace, slack_export(tmp_path / "x.zip"), add_people=True)


async def test_who_replies_a_fortnight_later_is_not_heard(store: Store, tmp_path: Path) -> None:
    workspace = await found(store)
    late = timedelta(days=15).total_seconds()
    days = {
        "kilns/2025-10-09.json": [said("U1", QUESTION, 1)],
        "kilns/2025-10-24.json": [said("U2", ANSWER, late, thread=1)],
        "kilns/2025-10-10.json": [],
    }
    await take(store, workspace, slack_export(tmp_path / "x.zip", **days))
    assert await kept(store, workspace) == []


# ── Teams, JSON Lines ───────────────────────────────────────────────────────────────────────────────────────────────


def graph(id_: str, user: str | None, html: str, minute: int, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "messageType": "message",
        "createdDateTime": f"2025-10-09T10:{minute:02}:00.123Z",
        "from": {"user": {"id": user, "displayName": user}} if user else {"application": {"id": "bot"}},
        "body": {"contentType": "html", "content": html},
        "channelIdentity": {"teamId": "team", "channelId": "19:kilns@thread.tacv2"},
        **more,
    }


def teams_export(path: Path, **more: Any) -> Path:
    reply = graph("2", "aad-2", f"<p>{ANSWER}</p>", 2, replyToId="1")
    robot = graph("3", None, "<p>I am only a bot here.</p>", 3, replyToId="1")
    root = graph("1", "aad-1", f"<p>{QUESTION}</p>", 1, replyToId=None, replies=[robot, reply])
    users = {"value": [{"id": "aad-2", "mail": None, "userPrincipalName": "Bo@x.example"}]}
    return pack(path, {"kilns.json": {"value": [root]}, "users.json": users} | more)


async def teams_company(store: Store) -> tuple[int, int]:
    workspace, _ = await store.found_workspace("teams", "contoso", name="X", now=NOW)
    async with store.transaction(workspace, now=NOW) as tx:
        return workspace, await tx.add_person(name="Bo", email="bo@x.example")


async def test_messages_of_teams_are_read_as_graph_gives_them(store: Store, tmp_path: Path) -> None:
    workspace, bo = await teams_company(store)
    refused, told, _ = await take(store, workspace, teams_export(tmp_path / "x.zip"), is_open=True)
    assert (refused, told["left out: messages of bots, joins and the like"]) == (0, 1)
    (answer,) = await kept(store, workspace)
    assert (answer.person, answer.place) == (str(bo), "teams/contoso/19:kilns@thread.tacv2")
    assert answer.text == f"{QUESTION}\n{ANSWER}"


async def test_what_does_not_tell_who_may_read_it_waits_until_that_is_said(store: Store, tmp_path: Path) -> None:
    workspace, _ = await teams_company(store)
    export = teams_export(tmp_path / "x.zip")
    refused, _, printed = await take(store, workspace, export)
    assert refused == 1
    assert "Say --open where everybody" in printed
    await take(store, workspace, export, private=True)
    assert await kept(store, workspace) == []
    assert len(await kept(store, workspace, place="teams/contoso/19:kilns@thread.tacv2")) == 1


def write_lines(path: Path, *lines: tuple[str, str, int, str, str]) -> Path:
    keys = ("id", "author", "ts", "text", "thread_id")
    told = [dict(zip(keys, line, strict=True)) for line in lines]
    for one in told:
        one |= {"ts": f"2026-11-{one['ts']}T10:00:00Z", "channel": "support-desk"}
    path.write_text("".join(json.dumps(one) + "\n" for one in told))
    return path


async def test_a_question_after_the_import_goes_to_whom_had_answered_such_with_the_reason_in_words(
    talk: Dialogue, tmp_path: Path
) -> None:
    async with talk.look() as tx:
        everyone = await tx.everyone()
    asker, expert = (next(one for one in everyone if one.name.startswith(name)) for name in ("Tomasz", "Jonas"))
    assert asker.email
    assert expert.email
    path = write_lines(
        tmp_path / "past.jsonl",
        ("a", asker.email, 16, "The pottery kiln shows error E47 and stays cold, what can I do?", "a"),
        ("b", expert.email, 17, "Error E47 of the kiln is the thermocouple: hold the reset for ten seconds.", "a"),
        ("c", asker.email, 18, "thanks, works now", "a"),
        ("d", asker.email, 19, "How long does the pottery kiln take to cool down?", "d"),
        ("e", expert.email, 20, "Give the pottery kiln twelve hours, and never open it hot.", "d"),
    )
    _, told, _ = await take(talk.store, 1, path, is_open=True)
    assert (told["answers: new"], told["thanks: new"]) == (2, 1)
    question = "Does anybody know why the pottery kiln says E47?"
    await talk.says("amara", question)
    offered = talk.last("amara")
    await talk.presses("amara", offered, next(label for label in labels(offered.card) if "expert" in label))
    request = text_of(talk.last("jonas").card)
    assert question in request
    assert "Why you: you have answered this kind of question in a channel" in request
    assert "I have asked Jonas" in text_of(talk.last("amara").card)


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("mail.pst", b"!BDN", "A mailbox of Outlook, as Purview writes it, is not read"),
        ("one.json", b"[]", "A single JSON file is not read"),
        ("notes.txt", b"hello", "A file '.txt' is not read"),
        ("x.zip", b"PK nonsense", "It is damaged"),
        ("x.jsonl", b"{not json}\n", "line 1: It is not JSON"),
    ],
)
async def test_other_files_are_refused_by_name(
    store: Store, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    workspace = await found(store)
    (tmp_path / name).write_bytes(content)
    refused, _, printed = await take(store, workspace, tmp_path / name, is_open=True)
    assert refused == 1
    assert reason in printed
    assert name in printed


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (b"[" * 200_000, "is not JSON"),
        (b'{"ok": true}', "is not a list"),
        (b" " * (LARGEST_FILE + 1), "as only a zip bomb does"),
        (os.urandom(1000), "is not JSON"),
    ],
)
async def test_a_broken_or_swollen_day_is_named_and_what_was_before_it_is_kept_at_the_next_import(
    store: Store, tmp_path: Path, day: bytes, reason: str
) -> None:
    workspace = await found(store)
    export = slack_export(tmp_path / "x.zip", **{"kilns/2025-10-11.json": day})
    refused, _, printed = await take(store, workspace, export)
    assert refused == 1
    assert reason in printed
    assert "2025-10-11.json" in printed
    await take(store, workspace, slack_export(tmp_path / "x.zip"))
    assert len(await kept(store, workspace)) == 2


async def test_teams_without_its_people_is_refused(store: Store, tmp_path: Path) -> None:
    workspace, _ = await teams_company(store)
    pack(tmp_path / "x.zip", {"kilns.json": {"value": [graph("1", "aad-1", QUESTION, 1)]}})
    refused, _, printed = await take(store, workspace, tmp_path / "x.zip", is_open=True)
    assert refused == 1
    assert "There is no 'users.json'" in printed
