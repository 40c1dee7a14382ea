"""`lanyard campaign check|load|export`: whole, or refused with every fault by file and line, and nothing half-done."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import NotAllowedError
from bot.store.records import Person
from lanyard.campaigns import FileRefused, export, load, prepare
from tests.journeys.dialogue import Dialogue, text_of
from tests.journeys.test_reinforcing import HOUR, command, note

WHOLE = """\
name: Till basics
audience: [Tomasz]
list: people.csv
at: "9:30"
steps:
  - tip: Scan twice.
  - recall: What is the limit?
    answer: 50 EUR
    day: 3
"""


async def person(talk: Dialogue, who: str) -> Person:
    async with talk.look() as tx:
        found = await tx.person_by_email(talk.platform.people[who].email or "")
    assert found is not None
    return found


def write(
    folder: Path, text: str = WHOLE, people: str = "email\namara.lindqvist@larkspur.example\nnew@x.example"
) -> Path:
    (folder / "people.csv").write_text(people, encoding="utf-8")
    (folder / "till.yaml").write_text(text, encoding="utf-8")
    return folder / "till.yaml"


async def test_a_file_becomes_a_campaign_that_is_started_and_reaches_its_people(talk: Dialogue, tmp_path: Path) -> None:
    leila = await person(talk, "leila")
    prepared = await prepare(talk.store, 1, write(tmp_path), by=leila)
    assert "After 3 days: recall “What is the limit?” with the answer “50 EUR”" in prepared.told
    assert "2 people of people.csv" in prepared.told
    done = await load(talk.store, 1, prepared, by=leila, start=True)
    assert "It was started" in done
    await talk.house.gathering.work_off()
    await talk.rounds.tick()
    await talk.passes(HOUR)
    for who in ("tomasz", "amara"):
        assert "Scan twice." in text_of(talk.last(who).card)
    assert "all 3 people are enrolled" in "".join(text_of(post.card) for post in talk.seen_by("leila"))


async def test_what_is_exported_loads_again_as_the_same(talk: Dialogue, tmp_path: Path) -> None:
    leila = await person(talk, "leila")
    written = await export(talk.store, 1, "Refunds", by=leila)
    assert "name: Refunds without friction" in written
    again = await prepare(talk.store, 1, write(tmp_path, written), by=leila)
    async with talk.look() as tx:
        before = (await tx.campaigns_by_id([1]))[1]
    assert again.plan.steps == before.plan.steps
    assert "what was sent stays" in await load(talk.store, 1, again, by=leila, start=False)
    async with talk.look() as tx:
        after = (await tx.campaigns_by_id([1]))[1]
    assert (after.plan, after.step_ids, after.audience) == (before.plan, before.step_ids, before.audience)


@pytest.mark.parametrize(
    ("text", "people", "said"),
    [
        (WHOLE.replace("day: 3", "day: x"), "email\na@b.example", "till.yaml:9: “x” is no number"),
        (WHOLE, "email\na@b.example\nnobody\n,\n@", "people.csv:3: “nobody” is no e-mail address"),
        (WHOLE.replace("people.csv", "gone.csv"), "", "gone.csv: No such file"),
        (
            WHOLE.replace("Tomasz", "'#nowhere'"),
            "email\na@b.example",
            "audience: I know no channel #nowhere: name it in a campaign in chat once",
        ),
        (WHOLE.replace("tip: Scan twice.", "tip:\n    aid: 4711"), "email\na@b.example", "4711"),
    ],
)
async def test_whatever_is_wrong_is_named_by_file_and_line_and_nothing_is_kept(
    talk: Dialogue, tmp_path: Path, text: str, people: str, said: str
) -> None:
    leila = await person(talk, "leila")
    with pytest.raises(FileRefused) as refused:
        await prepare(talk.store, 1, write(tmp_path, text, people), by=leila)
    assert any(said in fault for fault in refused.value.faults), refused.value.faults
    async with talk.look() as tx:
        assert len(await tx.campaigns(by=leila)) == 1


async def test_a_list_of_ten_thousand_with_faults_is_refused_whole(talk: Dialogue, tmp_path: Path) -> None:
    lines = [f"learner{number}@x.example" for number in range(10_000)]
    lines[17], lines[9_000] = "one two", "three@"
    with pytest.raises(FileRefused) as refused:
        await prepare(talk.store, 1, write(tmp_path, people="email\n" + "\n".join(lines)), by=None)
    assert [fault.partition("people.csv:")[2].split(":")[0] for fault in refused.value.faults] == ["19", "9002"]


async def test_only_planners_load(talk: Dialogue, tmp_path: Path) -> None:
    amara = await person(talk, "amara")
    prepared = await prepare(talk.store, 1, write(tmp_path), by=amara)
    with pytest.raises(NotAllowedError, match="Only L&D"):
        await load(talk.store, 1, prepared, by=amara, start=True)
    assert "Till" not in text_of(note(await command(talk, "leila", "list")))


async def test_a_file_that_is_no_text_is_refused_with_what_to_do(talk: Dialogue, tmp_path: Path) -> None:
    path = tmp_path / "till.yaml"
    path.write_bytes(b"name: \xff\xfe")
    with pytest.raises(FileRefused, match="Save it as UTF-8"):
        await prepare(talk.store, 1, path, by=None)
