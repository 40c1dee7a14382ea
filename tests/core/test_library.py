"""Indexes in files: opened in place of being built, brought up to date, and built anew where they are no use."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from bot.encoding import Encoding
from bot.library import Library
from bot.store import Store
from knowledge.embedding import Encoder, open_encoder
from knowledge.model import OPEN, JobAid, Status
from knowledge.saved import Workplace
from knowledge.words import plain, stems

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def encoder(tiny_model: Path) -> Encoder:
    encoder = open_encoder(tiny_model)
    assert encoder is not None
    return encoder


@pytest.fixture
async def workspace(store: Store) -> int:
    return (await store.found_workspace("web", "local", name="Here", now=NOW))[0]


@pytest.fixture
async def kept(store: Store, workspace: int, encoder: Encoder, tmp_path: Path) -> Path:
    """The folder of a library that knew three aids, and was closed."""
    await publish(store, workspace, "Fire drill", "Gate", "Locker")
    await Encoding(store, encoder).work_off()
    library = Library(store, encoder=encoder, folder=tmp_path)
    assert await titles(library, workspace, "gate") == ["Gate"]
    await library.close()
    return tmp_path / str(workspace)


async def publish(store: Store, workspace: int, *names: str, audience: frozenset[str] = OPEN) -> None:
    async with store.transaction(workspace, now=NOW) as tx:
        for name in names:
            aid = JobAid(key=name, title=name, body=f"All about {name}.", audience=audience)
            await tx.put_aid(aid, by=None, source="test")


async def titles(library: Library, workspace: int, question: str, grants: frozenset[str] = OPEN) -> list[str]:
    """What is found by words alone: by meaning, everything is somewhat near to everything."""
    view = (await library.index(workspace, now=NOW)).view(grants)
    return [entry.snippet.title for entry in view.candidates(stems(plain(question)), 10)]


async def similar(library: Library, workspace: int, encoder: Encoder) -> set[str]:
    view = (await library.index(workspace, now=NOW)).view(OPEN)
    return {entry.snippet.title for entry in view.similar(encoder.encode(["gate"])[0], 10)}


async def test_a_closed_index_is_opened_from_its_files(store, workspace, encoder, kept, monkeypatch):
    library = Library(store, encoder=encoder, folder=kept.parent)
    monkeypatch.setattr(library, "_follow", None)  # it may not be needed
    assert await titles(library, workspace, "fire drill") == ["Fire drill"]
    assert await similar(library, workspace, encoder) == {"Fire drill", "Gate", "Locker"}
    await library.close()


async def test_what_changed_meanwhile_is_applied_to_what_was_kept(store, workspace, encoder, kept):
    await publish(store, workspace, "Badge")
    await publish(store, workspace, "Gate", audience=frozenset({"group:hr"}))
    await Encoding(store, encoder).work_off()
    library = Library(store, encoder=encoder, folder=kept.parent)
    assert await titles(library, workspace, "badge") == ["Badge"]
    assert await titles(library, workspace, "gate") == []
    assert await similar(library, workspace, encoder) == {"Fire drill", "Locker", "Badge"}
    await library.close()


async def test_a_change_to_an_opened_index_does_not_reach_the_files_that_were_kept(store, workspace, encoder, kept):
    before = {file: file.read_bytes() for file in (kept / "saved").rglob("*") if file.is_file()}
    library = Library(store, encoder=encoder, folder=kept.parent)
    await publish(store, workspace, "Badge")
    await Encoding(store, encoder).work_off()
    assert await titles(library, workspace, "badge") == ["Badge"]
    assert {file: file.read_bytes() for file in before} == before
    await library.close()


@pytest.mark.parametrize("how", ["cut", "flipped", "gone", "foreign"])
async def test_damaged_files_are_set_aside_the_log_says_so_and_nothing_wrong_is_found(
    store, workspace, encoder, kept, how
):
    whole = shutil.copytree(kept / "saved", kept.parent / "whole")
    for name in sorted(str(file.relative_to(whole)) for file in whole.rglob("*") if file.is_file()):
        shutil.rmtree(kept / "saved", ignore_errors=True)
        shutil.copytree(whole, kept / "saved")
        file = kept / "saved" / name
        content = file.read_bytes()
        match how:
            case "cut":
                file.write_bytes(content[: len(content) // 2])
            case "flipped":
                file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]) if content else b"x")
            case "gone":
                file.unlink()
            case "foreign":
                file.write_bytes(b"[]")
        library = Library(store, encoder=encoder, folder=kept.parent)
        with structlog.testing.capture_logs() as logged:
            assert await titles(library, workspace, "fire drill") == ["Fire drill"]
        assert await similar(library, workspace, encoder) == {"Fire drill", "Gate", "Locker"}
        assert [line["event"] for line in logged if line["log_level"] == "warning"] == [
            "index set aside, to be built anew"
        ], name
        assert (kept / "set-aside").exists()
        await library.close()  # which keeps a whole one


async def test_files_of_another_format_are_built_anew(store, workspace, encoder, kept):
    manifest = kept / "saved" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 0}))
    library = Library(store, encoder=encoder, folder=kept.parent)
    assert await titles(library, workspace, "gate") == ["Gate"]
    await library.close()


async def test_files_that_know_more_than_the_store_are_no_use(store, workspace, encoder, kept):
    """As after a backup was put back."""
    other, _ = await store.found_workspace("web", "other", name="There", now=NOW)
    kept.rename(kept.parent / str(other))
    library = Library(store, encoder=encoder, folder=kept.parent)
    assert await titles(library, other, "gate") == []
    await library.close()


async def test_files_of_a_model_that_is_not_here_any_more_are_no_use(store, workspace, encoder, kept):
    library = Library(store, folder=kept.parent)
    assert await titles(library, workspace, "gate") == ["Gate"]
    assert (await library.index(workspace, now=NOW)).model == ""
    await library.close()


async def test_files_that_were_kept_without_a_model_take_up_what_a_model_has_read(store, workspace, encoder, kept):
    shutil.rmtree(kept)
    library = Library(store, folder=kept.parent)
    assert await titles(library, workspace, "gate") == ["Gate"]
    await library.close()
    library = Library(store, encoder=encoder, folder=kept.parent)
    assert await similar(library, workspace, encoder) == {"Fire drill", "Gate", "Locker"}
    await library.close()


async def test_processes_that_share_a_folder_do_not_disturb_each_other(store, workspace, encoder, kept):
    one = Library(store, encoder=encoder, folder=kept.parent)
    other = Library(store, encoder=encoder, folder=kept.parent)
    assert await titles(one, workspace, "gate") == await titles(other, workspace, "gate") == ["Gate"]
    await publish(store, workspace, "Badge")
    assert await titles(one, workspace, "badge") == ["Badge"]
    await one.close()
    assert await titles(other, workspace, "badge") == ["Badge"]
    await other.close()
    assert [folder.name for folder in kept.iterdir()] == ["saved"]


async def test_what_a_killed_process_left_behind_is_cleared_away(store, workspace, encoder, kept):
    for name in ("work-dead", "saving-dead"):
        (kept / name).mkdir()
    (kept / "work-dead" / "lock").touch()
    library = Library(store, encoder=encoder, folder=kept.parent)
    assert await titles(library, workspace, "gate") == ["Gate"]
    await library.close()
    assert [folder.name for folder in kept.iterdir()] == ["saved"]


async def test_many_changes_come_part_by_part(store, workspace, encoder, tmp_path, monkeypatch):
    monkeypatch.setattr("bot.library.PART", 3)
    monkeypatch.setattr("bot.library.TOGETHER", 5)
    names = [f"Locker {number}" for number in range(20)]
    library = Library(store, encoder=encoder, folder=tmp_path)
    assert await similar(library, workspace, encoder) == set()
    await publish(store, workspace, *names[:10])
    await Encoding(store, encoder).work_off()
    async with store.transaction(workspace, now=NOW) as tx:
        await tx.put_aids([JobAid(key=name, title=name, body=name) for name in names[10:]], source="test")
    assert len(await library.index(workspace, now=NOW)) == 20
    await Encoding(store, encoder).work_off()
    index = await library.index(workspace, now=NOW)
    assert (len(index), index.undirected(20)) == (20, [])
    await library.close()


async def test_what_was_used_longest_ago_makes_room(store, workspace, encoder, tmp_path):
    others = [(await store.found_workspace("web", name, name=name, now=NOW))[0] for name in ("b", "c")]
    for one in (workspace, *others):
        await publish(store, one, "Gate")
    library = Library(store, encoder=encoder, folder=tmp_path, memory=1)
    for one in (workspace, *others, workspace):
        assert await titles(library, one, "gate") == ["Gate"]
        assert list(library._shelves) == [one]
    await library.close()


async def test_what_was_withdrawn_is_in_no_file_that_is_kept_afterwards(store, workspace, encoder, kept):
    assert frequency(kept, "gate") == 1
    async with store.transaction(workspace, now=NOW) as tx:
        aid = JobAid(key="Gate", title="Gate", body="All about Gate.", status=Status.RETIRED)
        await tx.put_aid(aid, by=None, source="test")
    library = Library(store, encoder=encoder, folder=kept.parent)
    assert await titles(library, workspace, "gate") == []
    await library.close()
    assert (frequency(kept, "gate"), frequency(kept, "locker")) == (0, 1)


def frequency(kept: Path, stem: str) -> int:
    """In how many snippets of the kept files a stem is counted, of removed ones too."""
    place = Workplace(kept)
    index = place.load()
    assert index is not None
    counted = sum(shard.searcher.doc_freq("everything", stem) for shard in index.standing()[0])
    place.close()
    return counted
