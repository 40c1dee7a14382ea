from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import job_aids
from knowledge.job_aids import SHORT, Fault, opening, plain_name, plain_text, read, snippets
from knowledge.model import OPEN, JobAid, Link, Status


def put(folder: Path, name: str, content: str | bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def aids_and_faults(path: Path, root: Path) -> tuple[list[JobAid], list[Fault]]:
    items = list(read(path, root=root))
    return [one for one in items if isinstance(one, JobAid)], [one for one in items if isinstance(one, Fault)]


def only_fault(path: Path, root: Path) -> Fault:
    aids, faults = aids_and_faults(path, root)
    assert (aids, len(faults)) == ([], 1)
    return faults[0]


def test_a_markdown_file_tells_everything_in_its_front_matter(tmp_path):
    put(
        tmp_path,
        "it/vpn.md",
        "---\ntitle: Reset your VPN token\nneed: my token is gone\ntags: [vpn, access]\nowner: Ana@Example.com\n"
        "deputy: ben@example.com\naudience: it, hr\nreview_days: 90\nverified_on: 2026-05-12\nstatus: draft\n"
        "locked: true\nlinks:\n  - {label: Portal, url: https://portal.example.com/a}\n---\n\n1. Open it.\n",
    )
    aids, faults = aids_and_faults(tmp_path, tmp_path)
    assert faults == []
    assert aids == [
        JobAid(
            key="it/vpn.md",
            title="Reset your VPN token",
            body="1. Open it.",
            need="my token is gone",
            links=(Link(label="Portal", url="https://portal.example.com/a"),),
            tags=("vpn", "access"),
            owner="ana@example.com",
            deputy="ben@example.com",
            audience=frozenset({"it", "hr"}),
            review_days=90,
            verified_on=date(2026, 5, 12),
            status=Status.DRAFT,
            locked=True,
        )
    ]


def test_a_page_without_front_matter_is_titled_by_its_first_heading(tmp_path):
    put(tmp_path, "fire.md", "# When the **alarm** rings\r\n\r\nLeave.\r\n")
    ((aid,), faults) = aids_and_faults(tmp_path / "fire.md", tmp_path)
    assert faults == []
    assert (aid.key, aid.title, aid.body, aid.audience) == ("fire.md", "When the alarm rings", "Leave.", OPEN)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_csv_is_read_with_any_usual_delimiter_and_with_a_byte_order_mark(tmp_path, delimiter, encoding):
    rows = [["Title", "Body", "Tags"], ["Parken", '"Die Schranke\nöffnet."', "auto"], ["Fire", "Leave.", ""]]
    put(tmp_path, "a.csv", "\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    aids, faults = aids_and_faults(tmp_path, tmp_path)
    assert faults == []
    assert [(aid.key, aid.title, aid.body, aid.tags) for aid in aids] == [
        ("a.csv#2", "Parken", "Die Schranke\nöffnet.", ("auto",)),
        ("a.csv#4", "Fire", "Leave.", ()),
    ]


def test_json_lines_may_say_id_for_key_and_text_for_body(tmp_path):
    put(
        tmp_path,
        "a.jsonl",
        '{"id": 7, "title": "T", "text": "B", "tags": ["x"]}\n\n{"key": "k", "title": "T", "body": "B"}\n',
    )
    aids, faults = aids_and_faults(tmp_path, tmp_path)
    assert faults == []
    assert [(aid.key, aid.body) for aid in aids] == [("7", "B"), ("k", "B")]


def test_one_bad_row_never_spoils_the_rest(tmp_path):
    put(tmp_path, "a.jsonl", '{"title": "1", "text": "b"}\n{oops\n[]\n{"title": "4"}\n{"title": "5", "text": "b"}\n')
    put(tmp_path, "b.csv", "title,body,owner\n1,b,\n2,b,nobody\n,b,\n4,b,,,\n5,b,\n")
    aids, faults = aids_and_faults(tmp_path, tmp_path)
    assert [aid.key for aid in aids] == ["a.jsonl#1", "a.jsonl#5", "b.csv#2", "b.csv#6"]
    assert [(fault.file, fault.line) for fault in faults] == [
        ("a.jsonl", 2),
        ("a.jsonl", 3),
        ("a.jsonl", 4),
        ("b.csv", 3),
        ("b.csv", 4),
        ("b.csv", 5),
    ]
    assert all(fault.problem and fault.remedy for fault in faults)


@pytest.mark.parametrize(
    ("name", "content", "line", "words"),
    [
        ("a.md", "Just text.", 1, "title is missing"),
        ("a.md", "---\ntitle: T\n---\n  \n", None, "body is missing"),
        ("a.md", "---\ntitle: VPN: the token\n---\nB", 2, "not YAML"),
        ("a.md", "---\n- title\n---\nB", 1, "list"),
        ("a.md", "---\ntitle: T\nwoner: a@b.de\n---\nB", 3, "woner"),
        ("a.md", "---\ntitle: T\n\nreview_days: soon\n---\nB", 4, "review_days 'soon'"),
        ("a.md", "---\ntitle: T\nstatus: live\n---\nB", 3, "status 'live'"),
        ("a.md", "---\ntitle: T\nlinks: [javascript:alert(1)]\n---\nB", 3, "https://"),
        ("a.md", "---\ntitle: T\nverified_on: 2026-13-45\n---\nB", None, "month"),
        ("a.md", b"# T\n\n\xe4\xf6", 3, "0xe4"),
        ("a.csv", "name,words\na,b\n", 1, "no column title or body"),
        ("a.csv", "title,body,colour\na,b,red\n", 2, "colour"),
        ("a.jsonl", "17", 1, "int"),
        ("a.jsonl", "[" * 100_000, 1, "not JSON"),
        ("a.docx", "PK", None, "Supported are .csv, .jsonl, .markdown, .md"),
        ("README", "x", None, "Supported are"),
    ],
)
def test_a_fault_names_its_line_what_is_wrong_and_what_to_do(tmp_path, name, content, line, words):
    put(tmp_path, name, content)
    fault = only_fault(tmp_path / name, tmp_path)
    assert fault.file == name
    assert words in str(fault)
    assert fault.remedy.endswith(".")
    if line:
        assert fault.line == line


def test_a_key_that_comes_twice_is_a_fault_that_names_the_first(tmp_path):
    put(tmp_path, "a.jsonl", '{"key": "k", "title": "1", "text": "b"}\n')
    put(tmp_path, "b.jsonl", '{"key": "k", "title": "2", "text": "b"}\n')
    aids, (fault,) = aids_and_faults(tmp_path, tmp_path)
    assert [aid.title for aid in aids] == ["1"]
    assert (fault.file, fault.line) == ("b.jsonl", 1)
    assert "a.jsonl, line 1" in fault.problem


def test_folders_are_walked_in_order_and_hidden_ones_passed_over(tmp_path):
    for name in ("b/2.md", "b/10.md", "a/1.md", ".git/x.md", "a/.hidden.md"):
        put(tmp_path, name, f"# {name}\n\ntext")
    aids, faults = aids_and_faults(tmp_path, tmp_path)
    assert faults == []
    assert [aid.key for aid in aids] == ["a/1.md", "b/10.md", "b/2.md"]


def test_a_file_that_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    limit = job_aids.LARGEST_MARKDOWN
    file = put(tmp_path, "big.md", "")
    with file.open("r+b") as big:
        big.truncate(limit + 1)
    fault = only_fault(file, tmp_path)
    assert f"{limit:,}" in fault.problem


def test_a_path_that_is_not_there_is_a_fault(tmp_path):
    assert "cannot be read" in only_fault(tmp_path / "no.md", tmp_path).problem


def test_yaml_that_folds_a_huge_value_into_few_lines_is_refused_at_once(tmp_path):
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{name}: &{name} [{','.join(['*' + before] * 9)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    put(tmp_path, "a.md", f"---\n{bomb}title: *i\n---\nB")
    assert "unknown" in only_fault(tmp_path, tmp_path).problem


def test_what_no_database_takes_becomes_visible(tmp_path):
    put(tmp_path, "a.jsonl", '{"title": "a\\u0000b\\ud800", "text": "b"}')
    ((aid,), _) = aids_and_faults(tmp_path, tmp_path)
    aid.title.encode()
    assert "\0" not in aid.title


@settings(max_examples=120)
@given(
    name=st.sampled_from(["a.md", "a.csv", "a.jsonl"]),
    content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
)
def test_any_bytes_give_aids_or_faults_and_never_an_error(tmp_path_factory, name, content):
    folder = tmp_path_factory.mktemp("any")
    for item in read(put(folder, name, content), root=folder):
        if isinstance(item, JobAid):
            assert item.title.strip()
            assert item.body.strip()
        else:
            assert item.problem
            assert item.remedy


HEAD = st.dictionaries(
    st.sampled_from(
        ["title", "tags", "owner", "audience", "links", "review_days", "verified_on", "locked", "key", "need"]
    ),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
        max_leaves=4,
    ),
)


@settings(max_examples=120)
@given(HEAD)
def test_any_json_object_gives_an_aid_or_a_fault(tmp_path_factory, head):
    import json

    folder = tmp_path_factory.mktemp("object")
    (item,) = read(put(folder, "a.jsonl", json.dumps({"body": "b", **head})), root=folder)
    assert isinstance(item, JobAid | Fault)


AID = JobAid(key="k", title="Travel", body="Short.", tags=("t",), audience=frozenset({"sales"}), need="I must go")


def test_a_short_aid_is_one_snippet_that_knows_the_need_as_a_phrasing():
    (one,) = snippets(AID, aid_id="12")
    assert (one.id, one.aid, one.title, one.text) == ("12.1", "12", "Travel", "Short.")
    assert (one.tags, one.audience, one.phrasings) == (("t",), frozenset({"sales"}), ("I must go",))


def test_a_long_aid_is_cut_at_its_headings_and_keeps_its_markdown():
    filler = "word " * (SHORT // 5)
    body = f"Intro **bold**.\n\n## By train\n\n{filler}\n\n```\n# no heading\n```\n\n"
    body += "### Fares\n\n- second class\n\n## Empty\n"
    pieces = snippets(JobAid(key="k", title="Travel", body=body), aid_id="9")
    assert [(piece.id, piece.title) for piece in pieces] == [
        ("9.1", "Travel"),
        ("9.2", "Travel — By train"),
        ("9.3", "Travel — Fares"),
    ]
    assert pieces[0].text == "Intro **bold**."
    assert "# no heading" in pieces[1].text
    assert pieces[2].text == "- second class"


def test_a_long_aid_without_headings_stays_whole():
    body = "word " * SHORT
    (one,) = snippets(JobAid(key="k", title="T", body=body), aid_id="1")
    assert one.text == body.strip()


@given(st.text(max_size=400))
def test_no_word_of_an_aid_is_lost_in_cutting(text):
    body = f"start {text}\n\n# Heading\n\n" + "word " * SHORT
    pieces = snippets(JobAid(key="k", title="T", body=body), aid_id="1")
    assert len({piece.id for piece in pieces}) == len(pieces)
    assert all(piece.text for piece in pieces)
    assert pieces[0].text.startswith("start")
    assert pieces[-1].text.endswith("word")


def test_plain_text_has_the_words_without_marks_and_addresses():
    text = plain_text(
        "# Go\n\nOpen [the **portal**](https://x.example/a?b=c) and `run` it.\n\n"
        "- one\n- two <b>x</b>\n\n```\ncode\n```\n"
    )
    assert text == "Go\nOpen the portal and run it.\none\ntwo x\ncode"


@pytest.mark.parametrize(
    ("markdown", "told"),
    [
        ("Scan **twice**.\n\n- see [the *film*](https://x.example/f)\n- `F5`", "Scan twice. see the film F5"),
        ("Press <Enter>, 2 < 3", "Press <Enter>, 2 < 3"),  # as a card shows it
        ("***", "***"),
        ("", ""),
    ],
)
def test_an_opening_is_one_line_of_the_words_that_are_shown(markdown, told):
    assert opening(markdown) == told


@given(st.text())
def test_an_opening_says_something_of_every_text_in_one_line(text):
    told = opening(text)
    assert "\n" not in told
    assert bool(told) == bool(text.strip())


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Scan **twice**, as in [the guide](https://x.example/g)", "Scan twice, as in the guide"),
        ("1. call Ann", "1. call Ann"),
        ("> 5 refunds # by snake_case_name, 3 * 4 * 5", "> 5 refunds # by snake_case_name, 3 * 4 * 5"),
        ("**" + "x" * 2_000, "**" + "x" * 2_000),
    ],
)
def test_a_name_keeps_everything_but_marks_within_the_line(line, name):
    assert plain_name(line) == name
