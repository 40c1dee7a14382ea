from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.web.model import Channel, Issued, Message, NotHere, Persona, Taken, direct
from adapters.web.room import Room
from bot.messages import Scope, Sender
from tests.adapters.web.harness import ALICE, BOB, CHANNELS, NINE


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path / "room.sqlite3")
    room.settle([ALICE, BOB], CHANNELS)
    yield room
    room.close()


def say(room: Room, id_: str, *, author: str = "alice", conversation: str = "c-help", text: str = "Hello") -> Message:
    return room.say(id=id_, author=author, conversation=conversation, thread=None, text=text, private=False, at=NINE)


def post(room: Room, key: str, *, conversation: str = "c-help", only_for: str | None = None) -> Message:
    return room.post(
        key=key, conversation=conversation, thread=None, only_for=only_for, card={"summary": "x", "parts": []}, at=NINE
    )


def test_a_message_is_kept_once_however_often_it_is_said(room: Room) -> None:
    assert say(room, "message-1") == say(room, "message-1")
    assert len(room.history("c-help", reader="bob", before=None)) == 1


def test_an_id_cannot_be_used_for_another_message(room: Room) -> None:
    say(room, "message-1")
    for other in ({"text": "Other"}, {"author": "bob"}, {"conversation": direct("alice")}):
        with pytest.raises((Taken, NotHere)):
            say(room, "message-1", **other)


def test_a_card_with_a_used_key_is_the_first_one(room: Room) -> None:
    assert post(room, "k1") == post(room, "k1")
    assert post(room, "k2").id != post(room, "k1").id


def put_in(room: Room, id_: str, *, by: str = "alice", content: bytes = b"x", at: datetime = NINE) -> None:
    room.keep_upload(id=id_, by=by, name="a.txt", content=content, at=at)


def test_a_file_is_kept_once_and_said_once_by_whoever_put_it_in(room: Room) -> None:
    put_in(room, "file-1")
    put_in(room, "file-1")
    with pytest.raises(Taken):
        put_in(room, "file-1", content=b"other")
    with pytest.raises(Taken):
        put_in(room, "file-1", by="bob")
    with pytest.raises(NotHere):
        room.content_of("file-1")  # it was not said yet
    with pytest.raises(NotHere):
        room.say(**_said("message-1", author="bob", files=["file-1"]))
    message = room.say(**_said("message-1", files=["file-1"]))
    assert [(file.name, file.size) for file in message.files] == [("a.txt", 1)]
    assert room.say(**_said("message-1", files=["file-1"])) == message
    assert room.content_of("file-1") == ("a.txt", b"x")
    with pytest.raises(NotHere):
        room.say(**_said("message-2", files=["file-1"]))


def test_what_nobody_said_within_a_day_is_dropped(room: Room) -> None:
    put_in(room, "file-1")
    put_in(room, "file-2")
    room.say(**_said("message-1", files=["file-2"]))
    put_in(room, "file-3", at=NINE + timedelta(days=2))
    with pytest.raises(NotHere):
        room.say(**_said("message-2", files=["file-1"]))
    assert room.content_of("file-2") == ("a.txt", b"x")


def _said(id_: str, *, author: str = "alice", files: Sequence[str] = ()) -> dict[str, Any]:
    given = {"conversation": "c-help", "thread": None, "text": "", "private": False, "at": NINE}
    return {"id": id_, "author": author, "files": files, **given}


def test_nobody_reads_or_writes_where_they_are_not(room: Room) -> None:
    say(room, "message-1", conversation="c-closed")
    for conversation in ("c-closed", direct("alice"), "nowhere"):
        with pytest.raises(NotHere):
            room.history(conversation, reader="bob", before=None)
        with pytest.raises(NotHere):
            say(room, "message-2", author="bob", conversation=conversation)
        with pytest.raises(NotHere):
            room.see("bob", conversation, 1)
    with pytest.raises(NotHere):
        room.message("message-1", reader="bob")
    assert room.changes("bob", after=0).messages == ()
    assert room.unread("bob") == {}


def test_a_private_message_has_only_private_replies(room: Room) -> None:
    private = post(room, "k1", only_for="alice")
    with pytest.raises(NotHere):
        room.post(key="k2", conversation="c-help", thread=private.id, only_for=None, card={}, at=NINE)
    with pytest.raises(NotHere):
        room.say(
            id="message-2", author="bob", conversation="c-help", thread=private.id, text="x", private=False, at=NINE
        )


def test_a_reply_to_a_reply_stands_in_the_same_thread(room: Room) -> None:
    root = say(room, "message-1")
    reply = room.post(key="k1", conversation="c-help", thread=root.id, only_for=None, card={}, at=NINE)
    again = room.post(key="k2", conversation="c-help", thread=reply.id, only_for=None, card={}, at=NINE)
    assert again.thread == root.id


def test_changes_tell_each_message_and_revision_once_and_in_order(room: Room) -> None:
    start = room.changes("bob", after=0).seq
    first, second = post(room, "k1"), say(room, "message-1")
    changes = room.changes("bob", after=start)
    assert changes.messages == (first, second)
    room.revise(first.id, {"summary": "new", "parts": []})
    (revised,) = room.changes("bob", after=changes.seq).messages
    assert (revised.id, revised.number, revised.card) == (first.id, first.number, {"summary": "new", "parts": []})
    assert room.changes("bob", after=revised.seq).messages == ()


def test_many_changes_are_told_in_batches_without_a_gap(room: Room) -> None:
    posted = [post(room, f"k{n}").id for n in range(7)]
    after, told = 0, []
    while changes := room.changes("bob", after=after, limit=3):
        if changes.seq == after:
            break
        after = changes.seq
        told += [message.id for message in changes.messages]
    assert told == posted


def test_unread_counts_what_others_said_since_one_looked(room: Room) -> None:
    say(room, "message-1")
    last = post(room, "k1")
    assert room.unread("alice") == {"c-help": 1}
    assert room.unread("bob") == {"c-help": 2}
    room.see("bob", "c-help", last.number)
    assert room.unread("bob") == {}
    room.see("bob", "c-help", 1)
    assert room.unread("bob") == {}


def test_what_waits_for_others_is_only_what_the_bot_said_to_them_alone(room: Room) -> None:
    post(room, "k1")
    post(room, "k2", conversation=direct("bob"))
    assert room.waiting() == {"bob": 1}


def test_history_comes_in_pages_with_whole_threads(room: Room) -> None:
    roots = [say(room, f"message-{n}") for n in range(5)]
    reply = room.post(key="k1", conversation="c-help", thread=roots[0].id, only_for=None, card={}, at=NINE)
    assert room.history("c-help", reader="bob", before=None, limit=2) == roots[3:]
    assert room.history("c-help", reader="bob", before=roots[1].number, limit=2) == [roots[0], reply]


def test_a_newcomer_is_in_every_open_channel_and_has_nothing_unread(room: Room) -> None:
    say(room, "message-1")
    room.add_person(Persona(sender=Sender(id="cleo", name="Cleo", email="cleo@example.org")))
    assert "cleo" in room.members("c-help")
    assert "cleo" not in room.members("c-closed")
    assert room.unread("cleo") == {}
    with pytest.raises(Taken, match="Cleo has the e-mail address"):
        room.add_person(Persona(sender=Sender(id="cleo-2", name="Cleo", email="CLEO@example.org")))


def test_a_channel_name_is_taken_once(room: Room) -> None:
    with pytest.raises(Taken, match="#Help already"):
        room.add_channel(Channel(id="other", name="Help", scope=Scope.PRIVATE, members=("alice",)))
    with pytest.raises(NotHere):
        room.add_channel(Channel(id="other", name="other", scope=Scope.PRIVATE, members=("nobody",)))
    assert [channel.name for channel in room.channels("alice")] == ["help", "closed"]


def test_what_was_not_heard_is_known_until_it_is(room: Room) -> None:
    message = say(room, "message-1")
    assert room.unheard() == [message]
    room.mark_heard([message.id])
    assert room.unheard() == []


def issue(room: Room, token: str) -> None:
    expires = NINE + timedelta(days=1)
    issued = Issued(
        token=token, person="alice", conversation="c-help", thread=None, kind="form", body={}, expires=expires
    )
    room.issue(issued, now=NINE)


def test_a_form_is_for_one_person_and_for_a_while(room: Room) -> None:
    issue(room, "t1")
    assert room.issued("t1", person="alice", now=NINE).conversation == "c-help"
    with pytest.raises(NotHere):
        room.issued("t1", person="bob", now=NINE)
    with pytest.raises(NotHere):
        room.issued("t1", person="alice", now=NINE + timedelta(days=2))


def test_a_form_is_used_up_by_one_submission(room: Room) -> None:
    issue(room, "t1")
    room.claim("t1", by="submit-1")
    room.claim("t1", by="submit-1")
    with pytest.raises(Taken):
        room.claim("t1", by="submit-2")
    room.settle_claim("t1", None)
    room.claim("t1", by="submit-2")


def test_everything_is_there_after_opening_again(tmp_path: Path) -> None:
    room = Room(tmp_path / "room.sqlite3")
    room.settle([ALICE], CHANNELS[:0])
    room.skip(timedelta(hours=3))
    message = say(room, "message-1", conversation=direct("alice"))
    room.close()
    again = Room(tmp_path / "room.sqlite3")
    assert again.history(direct("alice"), reader="alice", before=None) == [message]
    assert again.ahead() == timedelta(hours=3)
    assert again.people() == [ALICE]
    again.close()


def test_a_room_of_the_first_version_is_brought_up_to_date_with_all_that_stands_in_it(tmp_path: Path) -> None:
    file = tmp_path / "room.sqlite3"
    room = Room(file)
    room.settle([ALICE], CHANNELS[:0])
    message = say(room, "message-1", conversation=direct("alice"))
    room.close()
    db = sqlite3.connect(file)
    db.execute("ALTER TABLE message DROP COLUMN signs")
    db.execute("ALTER TABLE message DROP COLUMN files")
    db.execute("DROP TABLE upload")
    db.execute("PRAGMA user_version = 1")
    db.close()
    again = Room(file)
    assert again.history(direct("alice"), reader="alice", before=None) == [message]
    again.sign("message-1", "done")
    again.sign("message-1", "done")
    assert again.message("message-1", reader="alice").signs == ("done",)
    with pytest.raises(NotHere):
        again.sign("nowhere", "done")
    again.close()


def test_a_room_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "room.sqlite3"
    db = sqlite3.connect(file)
    db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(ValueError, match="version 99"):
        Room(file)


WRITER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from adapters.web.model import direct
from adapters.web.room import Room
room = Room(Path(sys.argv[1]))
for n in range(100_000):
    message = room.say(id=f"message-{n}", author="alice", conversation="c-help", thread=None, text="x",
                       private=False, at=datetime.now(UTC))
    print(message.id, flush=True)
"""


@pytest.mark.faults
def test_what_was_accepted_survives_a_kill(tmp_path: Path) -> None:
    file = tmp_path / "room.sqlite3"
    room = Room(file)
    room.settle([ALICE, BOB], CHANNELS)
    with subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        accepted = [writer.stdout.readline().strip() for _ in range(50)]
        writer.kill()
        accepted += [line.strip() for line in writer.stdout if line.endswith("\n")]
    kept = {message.id for message in room.history("c-help", reader="bob", before=None, limit=200_000)}
    assert "message-49" in kept
    assert set(accepted) <= kept
    room.close()


def test_two_open_rooms_on_one_file_see_each_others_writes(tmp_path: Path, room: Room) -> None:
    other = Room(tmp_path / "room.sqlite3")
    before = other.data_version()
    message = say(room, "message-1")
    assert other.data_version() != before
    assert other.changes("bob", after=message.seq - 1).messages == (message,)
    other.close()


def test_times_are_kept_with_their_zone(room: Room) -> None:
    assert say(room, "message-1").at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
