from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.index import Index
from knowledge.model import OPEN, Snippet
from knowledge.retrieval import search
from knowledge.shard import empty

HR = frozenset({"hr"})


def snippet(name: str, title: str, text: str = "", **more) -> Snippet:
    return Snippet(id=name, title=title, text=text, **more)


def found(index: Index, question: str, grants: frozenset[str] = OPEN) -> list[str]:
    return [match.snippet.id for match in search(index, question, grants=grants, glossary=())]


def test_a_new_index_is_empty_and_stands_for_revision_0():
    index = Index()
    assert (len(index), index.revision, index.get("1")) == (0, 0, None)
    assert found(index, "vpn token") == []


def test_what_was_applied_is_found_got_and_counted():
    index = Index()
    index.apply(upsert=[snippet("1", "Reset your VPN token"), snippet("2", "Fire drill")], remove=[], revision=4)
    assert (len(index), index.revision) == (2, 4)
    assert index.get("2") == snippet("2", "Fire drill")
    assert found(index, "vpn token") == ["1"]


def test_an_upsert_replaces_what_had_the_id():
    index = Index()
    index.apply(upsert=[snippet("1", "Reset your VPN token")], remove=[], revision=1)
    index.apply(upsert=[snippet("1", "Fire drill")], remove=[], revision=2)
    assert len(index) == 1
    assert found(index, "vpn token") == []
    assert found(index, "fire") == ["1"]


def test_what_was_removed_is_found_no_more_and_unknown_ids_do_no_harm():
    index = Index()
    index.apply(upsert=[snippet("1", "Fire drill"), snippet("2", "Fire exit")], remove=[], revision=1)
    index.apply(upsert=[], remove=["1", "nobody"], revision=2)
    assert (len(index), index.get("1")) == (1, None)
    assert found(index, "fire drill") == ["2"]
    index.apply(upsert=[], remove=["2"], revision=3)
    assert found(index, "fire") == []


def test_applying_the_same_again_changes_nothing():
    index = Index()
    for _ in range(3):
        index.apply(upsert=[snippet("1", "Fire drill")], remove=["2"], revision=1)
    assert len(index) == 1
    assert found(index, "fire") == ["1"]


def test_an_older_revision_that_comes_late_is_ignored():
    index = Index()
    index.apply(upsert=[snippet("1", "Fire drill")], remove=[], revision=5)
    index.apply(upsert=[snippet("1", "Old fire drill")], remove=[], revision=4)
    assert index.revision == 5
    assert index.get("1") == snippet("1", "Fire drill")


def test_a_changed_audience_hides_the_snippet_at_once():
    index = Index()
    index.apply(upsert=[snippet("1", "Salary bands")], remove=[], revision=1)
    assert found(index, "salary") == ["1"]
    index.apply(upsert=[snippet("1", "Salary bands", audience=HR)], remove=[], revision=2)
    assert found(index, "salary") == []
    assert found(index, "salary", HR | OPEN) == ["1"]
    assert len(index) == 1


def test_nobody_without_grants_sees_anything():
    index = Index()
    index.apply(upsert=[snippet("1", "Fire drill")], remove=[], revision=1)
    assert found(index, "fire", frozenset()) == []


def test_a_view_taken_before_a_change_still_sees_what_was():
    index = Index()
    index.apply(upsert=[snippet("1", "Fire drill")], remove=[], revision=1)
    before = index.view(OPEN)
    index.apply(upsert=[snippet("2", "Fire exit")], remove=["1"], revision=2)
    assert [entry.snippet.id for entry in before.candidates(["fire"], 10)] == ["1"]
    assert [entry.snippet.id for entry in index.view(OPEN).candidates(["fire"], 10)] == ["2"]


def test_searches_in_other_threads_see_either_all_of_a_change_or_none_of_it():
    index = Index()
    index.apply(upsert=[snippet("a", "Fire drill 0"), snippet("b", "Fire exit 0")], remove=[], revision=1)
    faults: list[str] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            titles = [match.snippet.title for match in search(index, "fire", grants=OPEN, glossary=())]
            if len(titles) != 2 or len({title[-1] for title in titles}) != 1:
                faults.append(str(titles))

    readers = [threading.Thread(target=ask) for _ in range(2)]
    for reader in readers:
        reader.start()
    for turn in range(1, 9):
        change = [snippet("a", f"Fire drill {turn}"), snippet("b", f"Fire exit {turn}")]
        index.apply(upsert=change, remove=[], revision=turn + 1)
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []


WORDS = st.lists(
    st.sampled_from(["vpn", "token", "fire", "drill", "refund", "hotel", "limit", "badge"]), min_size=1, max_size=5
)
LINES = WORDS.map(" ".join)
AUDIENCES = st.sets(st.sampled_from(["everyone", "hr", "sales"]), min_size=1).map(frozenset)


@settings(max_examples=40)
@given(
    pieces=st.lists(st.tuples(LINES, LINES, AUDIENCES), min_size=1, max_size=8),
    question=LINES,
    grants=st.sets(st.sampled_from(["everyone", "hr", "sales"])).map(frozenset),
)
def test_what_is_hidden_neither_shows_nor_moves_what_is_seen(pieces, question, grants):
    known = [
        snippet(str(number), title, text, audience=audience) for number, (title, text, audience) in enumerate(pieces)
    ]
    seen = [one for one in known if one.audience & grants]
    whole, pure = Index(), Index()
    whole.apply(upsert=known, remove=[], revision=1)
    pure.apply(upsert=seen, remove=[], revision=1)
    answers = search(whole, question, grants=grants, glossary=())
    assert {match.snippet.id for match in answers} <= {one.id for one in seen}
    alike = search(pure, question, grants=grants, glossary=())
    assert [(match.snippet.id, match.score) for match in answers] == [(m.snippet.id, m.score) for m in alike]


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.dictionaries(st.sampled_from("abcd"), LINES, max_size=3), st.sets(st.sampled_from("abcd"))),
        max_size=5,
    )
)
def test_after_any_changes_the_index_equals_one_built_at_once(changes):
    index = Index()
    state: dict[str, Snippet] = {}
    for revision, (upsert, remove) in enumerate(changes, 1):
        fresh = [snippet(name, title) for name, title in upsert.items()]
        index.apply(upsert=fresh, remove=remove, revision=revision)
        for name in remove:
            state.pop(name, None)
        state |= {one.id: one for one in fresh}
    assert len(index) == len(state)
    for name in "abcd":
        assert index.get(name) == state.get(name)
    for word in ("vpn", "token", "fire"):
        assert set(found(index, word)) == {name for name, one in state.items() if word in one.title.split()}


def test_removals_from_a_shard_that_is_too_large_to_build_anew_are_removals_too():
    many = [snippet(str(number), f"Locker {number}", "key") for number in range(1_100)]
    index = Index()
    index.apply(upsert=many, remove=[], revision=1)
    index.apply(upsert=[snippet("7", "Gate", "key")], remove=["9"], revision=2)
    assert found(index, "locker 7")[0] != "7"
    assert found(index, "locker 8")[0] == "8"
    assert found(index, "gate") == ["7"]
    assert "9" not in found(index, "locker 9")
    assert len(index) == 1_099


def test_what_was_hidden_later_no_longer_counts_either():
    index, pure = Index(), Index()
    pay = [snippet(str(number), "Salary bands", "salary") for number in range(5)]
    seen = [snippet("a", "Salary day", "the 27th"), snippet("b", "Pay day", "salary on the 27th"), snippet("c", "Fire")]
    index.apply(upsert=[*pay, *seen], remove=[], revision=1)
    index.apply(upsert=[Snippet(id=one.id, title="x", text="y", audience=HR) for one in pay], remove=[], revision=2)
    pure.apply(upsert=seen, remove=[], revision=1)
    assert index.view(OPEN).frequency("salari") == 2
    assert search(index, "salary day", grants=OPEN, glossary=()) == search(pure, "salary day", grants=OPEN, glossary=())


def merged_away(folder) -> set[str]:
    """What this process has mapped of the folder's files that have no name there any more, as Linux tells."""
    lines = Path("/proc/self/maps").read_text().splitlines() if sys.platform == "linux" else []
    return {line for line in lines if str(folder) in line and line.endswith("(deleted)")}


def test_files_that_were_merged_away_are_unmapped_where_they_are_let_go_of_and_not_by_who_searched_them(tmp_path):
    shard = empty(OPEN, parent=tmp_path, dimensions=None)
    for part in range(8):  # which tantivy merges into one at the last
        former, shard = shard, shard.changed([(snippet(f"{part}.{one}", "Locker"), None) for one in range(50)], [])
        if part < 7:
            del former
            shard.let_go()
    assert (former.searcher.num_segments, shard.searcher.num_segments) == (7, 1)
    del former
    # To drop what was searched unmaps nothing, for that would hold the interpreter.
    assert bool(merged_away(tmp_path)) == (sys.platform == "linux")
    shard.let_go()
    assert not merged_away(tmp_path)


def test_an_index_in_files_holds_what_stands_and_nothing_that_was_merged_away(tmp_path):
    index = Index(tmp_path)
    for part in range(40):
        fresh = [snippet(f"{part}.{one}", f"Locker {part}") for one in range(50)]
        index.apply(upsert=fresh, remove=[], revision=part + 1)
    (shard,) = index.standing()[0]
    assert shard.searcher.num_segments < 20
    assert len(list(tmp_path.rglob("*.store"))) == shard.searcher.num_segments
    assert not merged_away(tmp_path)
    assert found(index, "locker 39")[0].startswith("39.")


NICENESS = """
import os, sys, threading
from contextlib import suppress
from pathlib import Path
from knowledge.model import OPEN
from knowledge.shard import empty, open_writer

def niceness():
    if sys.platform != "linux":  # threads have none of their own there
        return {threading.get_native_id(): os.getpriority(os.PRIO_PROCESS, 0)}
    found = {}
    for task in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has just ended
            found[int(task.name)] = os.getpriority(os.PRIO_PROCESS, int(task.name))
    return found

shard = empty(OPEN, parent=Path(sys.argv[1]), dimensions=None)
before = niceness()
writer = open_writer(shard.store, int(sys.argv[2]))
during = niceness()
begun = [nice for number, nice in during.items() if number not in before]
others_stay = all(during.get(number, nice) == nice for number, nice in before.items())
mine = before[threading.get_native_id()]
print(min(begun, default=mine) - mine, others_stay)
writer.wait_merging_threads()
"""


@pytest.mark.parametrize(("snippets", "stands_back"), [(1, False), (5_000, sys.platform == "linux")])
def test_what_writes_many_snippets_lets_all_other_threads_go_first(tmp_path, snippets, stands_back):
    # In a process of its own: here threads of other tests begin and end meanwhile.
    asked = [sys.executable, "-c", NICENESS, str(tmp_path), str(snippets)]
    lower, others_stay = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    assert (int(lower) > 0) == stands_back
    assert others_stay == "True"
