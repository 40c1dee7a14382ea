"""A watched folder is the source of truth: aids follow its files, and are changed nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.messages import Note
from bot.store.records import Aid
from knowledge.model import JobAid
from lanyard.folder import Folder, Report
from tests.journeys.dialogue import Dialogue, labels, text_of

OWNER = "henrik.adeyemi@larkspur.example"
RED = f"---\ntitle: Label printer blinks red\nowner: {OWNER}\n---\n1. Open the lid.\n2. Press Reset.\n"
BLUE = "---\ntitle: Label printer blinks blue\n---\nIt waits for the network. Plug the cable in.\n"
ASK = "The label printer blinks red, what now?"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "handbook"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "HEAD.md").write_text("# Not an aid\n\nref")
    (folder / "red.md").write_text(RED)
    (folder / "blue.md").write_text(BLUE)
    return folder


def follower(talk: Dialogue, files: Path) -> Folder:
    return Folder(talk.store, 1, files, address="https://git.example/handbook/blob/main/")


async def followed(folder: Folder) -> Report | None:
    """Two looks: what is there has come to rest."""
    first = await folder.look()
    second = await folder.look()
    return second or first


def write(path: Path, text: str) -> None:
    """So that its time of change is another one, however coarse the file system counts."""
    before = path.stat().st_mtime_ns if path.exists() else 0
    path.write_text(text)
    if path.stat().st_mtime_ns == before:
        os.utime(path, ns=(before + 1_000_000, before + 1_000_000))


def away(files: Path) -> None:
    files.rename(files.with_name("away"))


def emptied(files: Path) -> None:
    files.mkdir()


def back(files: Path) -> None:
    files.rmdir()
    files.with_name("away").rename(files)


async def find(talk: Dialogue, key: str) -> Aid:
    async with talk.look() as tx:
        return await tx.aid_by_key(key)


async def test_aids_follow_their_files_and_answers_in_sight_are_corrected(talk: Dialogue, files: Path) -> None:
    folder = follower(talk, files)
    report = await followed(folder)
    assert report is not None
    assert dict(report.outcomes) == {"added": 2}
    await talk.says("amara", ASK)
    given = talk.last("amara")
    assert "Press Reset." in text_of(given.card)

    write(files / "red.md", RED.replace("Press Reset", "Hold Reset"))
    report = await followed(folder)
    assert report is not None
    assert dict(report.outcomes) == {"changed": 1}
    await talk.settle()
    assert "Hold Reset." in text_of(given.card)
    assert await followed(folder) is None
    async with talk.look() as tx:
        newest = (await tx.versions((await tx.aid_by_key("red.md")).id))[0]
    assert newest.why == "https://git.example/handbook/blob/main/red.md was changed"


async def test_a_file_is_not_taken_while_it_is_being_written(talk: Dialogue, files: Path) -> None:
    folder = follower(talk, files)
    await followed(folder)
    write(files / "new.md", "# New\n\nHalf of")
    assert await folder.look() is None
    write(files / "new.md", "# New\n\nHalf of it, and the rest.\n")
    assert await folder.look() is None
    await folder.look()
    assert (await find(talk, "new.md")).body == "Half of it, and the rest."


async def test_what_has_no_file_any_more_is_retired_and_comes_back_with_it(talk: Dialogue, files: Path) -> None:
    folder = follower(talk, files)
    await followed(folder)
    (files / "red.md").unlink()
    assert await folder.look() is None
    report = await folder.look()
    assert report is not None
    assert report.outcomes["retired"] == 1
    assert (await find(talk, "red.md")).status == "retired"
    write(files / "red.md", RED)
    await followed(folder)
    assert (await find(talk, "red.md")).status == "published"


async def test_a_folder_that_is_away_or_empty_changes_nothing(talk: Dialogue, files: Path) -> None:
    folder = follower(talk, files)
    await followed(folder)
    away(files)
    for _ in range(3):
        assert await folder.look() is None
    emptied(files)
    for _ in range(3):
        assert await folder.look() is None
    assert (await find(talk, "red.md")).status == "published"
    back(files)
    await followed(folder)
    assert (await find(talk, "red.md")).status == "published"


@pytest.mark.parametrize("key", ["", "key: printer-red\n"])
async def test_a_file_that_moves_keeps_its_aid(talk: Dialogue, files: Path, key: str) -> None:
    write(files / "red.md", RED.replace("---\n", f"---\n{key}", 1))
    folder = follower(talk, files)
    await followed(folder)
    before = await find(talk, "printer-red" if key else "red.md")
    (files / "printers").mkdir()
    (files / "red.md").rename(files / "printers" / "label.md")
    for _ in range(3):
        await folder.look()
    after = await find(talk, "printer-red" if key else "printers/label.md")
    assert (after.id, after.number, after.status) == (before.id, before.number, "published")
    assert after.origin == "https://git.example/handbook/blob/main/printers/label.md"


async def test_in_chat_editing_leads_to_the_file(talk: Dialogue, files: Path) -> None:
    await followed(follower(talk, files))
    aid = await find(talk, "red.md")
    for verb in ("edit_aid", "suggest_edit", "care_aid", "retire_aid"):
        refused = await talk.forges("henrik", verb, str(aid.id))
        assert isinstance(refused, Note)
        assert "is kept in https://git.example/handbook/blob/main/red.md, and is changed there" in refused.card.summary
    opened = await talk.forges("henrik", "open_aid", str(aid.id))
    assert isinstance(opened, Note)
    assert "changed there" in text_of(opened.card)
    assert "Edit" not in labels(opened.card)


async def test_a_suggestion_goes_to_the_owner_with_the_way_to_the_file(talk: Dialogue, files: Path) -> None:
    await followed(follower(talk, files))
    aid = await find(talk, "red.md")
    form = await talk.forges("amara", "suggest_edit", str(aid.id))
    await talk.submits("amara", form, body="1. Open the lid.\n2. Hold Reset.")
    card = talk.last("henrik")
    assert labels(card.card) == ["It is changed there", "No, thanks"]
    assert "Kept in a file" in text_of(card.card)
    await talk.presses("henrik", card, "It is changed there")
    assert "took up your change" in text_of(talk.last("amara").card)


async def test_what_was_changed_in_chat_before_is_not_overwritten_by_a_file(talk: Dialogue, files: Path) -> None:
    async with talk.store.transaction(1, now=talk.clock()) as tx:
        await tx.put_aid(JobAid(key="red.md", title="Label printer blinks red", body="Old."), by=None, source="import")
        aid = await tx.aid_by_key("red.md")
    form = await talk.forges("leila", "edit_aid", str(aid.id))
    await talk.submits("leila", form, body="Press Reset twice.")
    folder = follower(talk, files)
    report = await followed(folder)
    assert report is not None
    (fault,) = report.faults
    assert "was changed in chat" in fault.problem
    assert "word for word" in fault.remedy
    assert (await find(talk, "red.md")).body == "Press Reset twice."
    write(files / "red.md", "---\ntitle: Label printer blinks red\n---\nPress Reset twice.\n")
    report = await followed(folder)
    assert report is not None
    assert not report.faults
    assert (await find(talk, "red.md")).origin is not None


async def test_that_it_is_still_true_can_be_said_in_chat_and_stays_when_the_file_changes(
    talk: Dialogue, files: Path
) -> None:
    folder = follower(talk, files)
    await followed(folder)
    aid = await find(talk, "red.md")
    await talk.forges("henrik", "still_true", str(aid.id))
    write(files / "red.md", RED.replace("Press", "Hold"))
    await followed(folder)
    assert (await find(talk, "red.md")).verified_on == talk.clock().date()


async def test_a_file_that_cannot_be_read_leaves_its_aid_and_is_named(talk: Dialogue, files: Path) -> None:
    folder = follower(talk, files)
    await followed(folder)
    write(files / "red.md", "---\ntitle: [\n---\nx")
    report = await followed(folder)
    assert report is not None
    assert [fault.file for fault in report.faults] == ["red.md"]
    aid = await find(talk, "red.md")
    assert (aid.status, aid.body) == ("published", "1. Open the lid.\n2. Press Reset.")


async def test_one_of_two_replicas_follows_and_the_other_takes_over(talk: Dialogue, files: Path) -> None:
    one, other = follower(talk, files), follower(talk, files)
    assert await followed(one) is not None
    assert await followed(other) is None
    await one.let_go()
    write(files / "red.md", RED.replace("Press", "Hold"))
    await followed(other)
    assert "Hold" in (await find(talk, "red.md")).body
    assert await followed(one) is None


async def test_a_link_out_of_the_folder_is_not_followed(talk: Dialogue, files: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n\nThe combination.\n")
    (files / "link.md").symlink_to(tmp_path / "secret.md")
    report = await followed(follower(talk, files))
    assert report is not None
    assert dict(report.outcomes) == {"added": 2}
