"""Documents that were not written as job aids are read in a child with limits; bombs and broken files are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from knowledge.documents import splitting
from knowledge.job_aids import Fault
from knowledge.model import JobAid
from lanyard.converting import Limits, convert
from tests.doubles import documents as made

WORDS = ["".join(chr(97 + (number * step) % 26) for step in range(3, 10)) for number in range(97)]
MANUAL = "How to do it, in a sentence that is long enough to be worth reading twice. " * 12


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def aids(path: Path, *, limits: Limits | None = None) -> list[JobAid]:
    found = list(convert(path, path.name, limits=limits) if limits else convert(path, path.name))
    assert not [one for one in found if isinstance(one, Fault)], found
    return [one for one in found if isinstance(one, JobAid)]


def fault(path: Path, *, limits: Limits | None = None) -> Fault:
    found = list(convert(path, path.name, limits=limits) if limits else convert(path, path.name))
    assert len(found) == 1, found
    (refused,) = found
    assert isinstance(refused, Fault)
    assert refused.file.startswith(path.name)
    assert refused.remedy.endswith(".")
    return refused


# ── what is read ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_word_document_keeps_headings_and_links_and_marks_its_pictures(tmp_path: Path) -> None:
    content = made.word(
        made.paragraph("Refunds", "Heading1"), made.paragraph("Scan the receipt."), made.LINK, made.PICTURE
    )
    (aid,) = aids(write(tmp_path / "refunds.docx", content))
    assert (aid.key, aid.title) == ("refunds.docx", "Refunds")
    assert "Scan the receipt." in aid.body
    assert "[the policy](https://intranet.example/refunds)" in aid.body
    assert "[picture: the red lamp]" in aid.body


def test_a_long_word_document_is_cut_at_its_headings_and_each_piece_has_a_key_of_its_own(tmp_path: Path) -> None:
    parts = [made.paragraph("Till manual", "Heading1"), made.paragraph("What this is.")]
    for number in range(8):
        parts += [made.paragraph(f"Chapter {number}", "Heading2"), made.paragraph(MANUAL)]
    found = aids(write(tmp_path / "till.docx", made.word(*parts)))
    assert [aid.title for aid in found] == ["Till manual", *(f"Till manual — Chapter {n}" for n in range(8))]
    assert found[3].key == "till.docx#chapter-2"
    assert all(len(aid.body) <= splitting.LONGEST_AID for aid in found)


def test_slides_keep_titles_bullets_tables_and_links(tmp_path: Path) -> None:
    content = made.slides(("Open the store", ["Unlock", "Count the till"]), ("Refunds", ["Scan"]))
    (aid,) = aids(write(tmp_path / "opening.pptx", content))
    assert aid.title == "opening"
    assert "## Open the store\n\n- Unlock\n- Count the till" in aid.body
    assert "| Tender | Back by |" in aid.body
    assert "[the policy](https://intranet.example/refunds)" in aid.body


def test_a_pdf_of_two_hundred_pages_becomes_aids_by_its_headings_without_head_and_foot(tmp_path: Path) -> None:
    pages = []
    for number in range(200):
        lines = [(8, "Larkspur manual, confidential")]
        if number % 10 == 0:
            lines.append((20, f"Chapter {number // 10 + 1} of the manual"))
        lines += [
            (11, f"{WORDS[(number * 31 + line) % 97]} is said on page {number} in line {line}.") for line in range(30)
        ]
        lines.append((8, f"Page {number + 1} of 200"))
        pages.append(lines)
    found = aids(write(tmp_path / "manual.pdf", made.pdf(pages)))
    assert len({aid.key for aid in found}) == len(found)
    assert {aid.title.split(" — ")[1] for aid in found} == {f"Chapter {n} of the manual" for n in range(1, 21)}
    text = "\n".join(aid.body for aid in found)
    assert "confidential" not in text
    assert "of 200" not in text
    assert "is said on page 199 in line 29." in text


def test_a_web_page_loses_what_is_no_content_and_links_that_lead_nowhere(tmp_path: Path) -> None:
    page = (
        "<html><head><title>Frozen till</title><script>evil()</script></head><body><nav>Home</nav>"
        "<ol><li>Hold the button</li><li>Wait</li></ol><a href='other.html'>more</a> <a href='javascript:x()'>x</a>"
        "<a href='https://intranet.example/a'>the list</a><img src=x alt='lamp'></body></html>"
    )
    (aid,) = aids(write(tmp_path / "till.html", page.encode()))
    assert aid.title == "Frozen till"
    assert "1. Hold the button\n2. Wait" in aid.body
    assert "[the list](https://intranet.example/a)" in aid.body
    assert "[picture: lamp]" in aid.body
    assert not any(gone in aid.body for gone in ("evil", "Home", "other.html", "javascript"))


def test_an_html_export_of_confluence_is_read_page_by_page_under_its_ids(tmp_path: Path) -> None:
    (aid,) = aids(write(tmp_path / "space.zip", made.confluence_html()))
    assert (aid.key, aid.title) == ("confluence:4711", "Frozen till")
    assert "Hold the **power** button." in aid.body
    assert "refunds and [the till](https://intranet.example/till)" in aid.body
    assert "generated" not in aid.body


def test_an_xml_export_of_confluence_is_read_without_former_versions(tmp_path: Path) -> None:
    (aid,) = aids(write(tmp_path / "space.zip", made.confluence_xml()))
    assert (aid.key, aid.title) == ("confluence:5", "Frozen till")
    assert "## How" in aid.body
    assert "till --reset < 1" in aid.body
    assert "Refunds" in aid.body
    assert "bash" not in aid.body


def test_an_export_of_notion_is_read_from_the_zip_within_and_keeps_the_pages_ids(tmp_path: Path) -> None:
    till, task = aids(write(tmp_path / "export.zip", made.notion()))
    assert (till.key, till.title) == (f"notion:{made.NOTION_ID}", "Frozen till")
    assert "See refunds and [the till](https://intranet.example/till)." in till.body
    assert "[picture: lamp]" in till.body
    assert task.title == "Count"


def test_a_zip_of_documents_is_read_like_a_folder_and_what_is_wrong_in_it_is_named(tmp_path: Path) -> None:
    content = made.zipped(
        {
            "a/vpn.md": "---\ntitle: VPN\ntags: [remote]\n---\nConnect first.",
            "b/rows.csv": "title,body\nTill,Press it.\n",
            "c/broken.pdf": b"%PDF-1.4 nothing",
            "d/picture.png": b"x",
        }
    )
    found = list(convert(write(tmp_path / "all.zip", content), "all.zip"))
    named = {one.title: one for one in found if isinstance(one, JobAid)}
    assert set(named) == {"VPN", "Till"}
    assert named["VPN"].tags == ("remote",)
    (broken,) = [one for one in found if isinstance(one, Fault)]
    assert broken.file == "all.zip/c/broken.pdf"
    assert "damaged" in broken.problem


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────

REFUSED: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.docx", b"", "empty"),
    "empty zip": ("a.zip", made.zipped({}), "nothing in it"),
    "wrong ending": ("a.pdf", made.word(made.paragraph("x")), "its content is an Office document or a zip"),
    "a zip that is no Word document": ("a.docx", made.zipped({"x": "y"}), "no Word document in it"),
    "slides that are a Word document": ("a.pptx", made.word(made.paragraph("x")), "no PowerPoint presentation in it"),
    "binary called html": ("a.html", b"\x7fELF\0\0\0", "something else"),
    "old or encrypted Office": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "password"),
    "encrypted zip": ("a.zip", made.locked_zip(), "password"),
    "cut off zip": ("a.zip", made.zipped({"a.md": "x" * 500})[:-30], "damaged"),
    "cut off Word document": ("a.docx", made.word(made.paragraph("x"))[:-30], "damaged"),
    "damaged PDF": ("a.pdf", b"%PDF-1.7\n" + b"x" * 3000, "damaged"),
    "PDF without words": ("a.pdf", made.pdf([[]]), "no words"),
    "PDF with a password": ("a.pdf", made.locked_pdf(), "password"),
    "PDF without end": ("a.pdf", made.endless_pdf(), "damaged"),
    "PDF bomb": ("a.pdf", made.pdf_bomb(), "of memory"),
    "Word document without words": ("a.docx", made.word(), "no words"),
    "zip bomb": ("a.zip", made.zip_bomb(), "zip bomb"),
    "lying zip": ("a.zip", made.lying_zip(), "damaged"),
    "zips in zips": ("a.zip", made.nested_zip(4), "zip in a zip"),
    "billion laughs in Word": ("a.docx", made.word(made.paragraph("&a;"), prolog=made.LAUGHS), "defines entities"),
    "billion laughs in Confluence": (
        "a.zip",
        made.zipped({"entities.xml": f'<?xml version="1.0"?>{made.LAUGHS}<x>&a;</x>'}),
        "defines entities",
    ),
    "elements without end": ("a.html", b"<div>" * 20_000 + b"x", "deep"),
    "too many files": ("a.zip", made.zipped({f"{n}.md": "x" for n in range(20_001)}), "20,001 files"),
}


@pytest.mark.parametrize(("name", "content", "said"), REFUSED.values(), ids=REFUSED)
def test_bombs_and_broken_files_are_refused_by_name_with_a_remedy(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    assert said in fault(write(tmp_path / name, content)).problem


def test_what_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge.docx"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 200_000_000)
    assert "200,000,000 bytes" in fault(path).problem


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = write(tmp_path / "a.docx", made.word(made.paragraph("x")))
    assert "longer than 0 seconds" in fault(path, limits=Limits(seconds=0.001)).problem


def test_a_child_that_takes_too_much_memory_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.html", b"<p>x</p>" * 200_000)
    assert fault(path, limits=Limits(memory=150_000_000)).problem


def test_a_child_that_says_too_much_is_ended(tmp_path: Path) -> None:
    path = write(tmp_path / "a.html", b"<p>" + b"word " * 50_000)
    assert "text came out of it" in fault(path, limits=Limits(said=100_000)).problem


def test_a_child_neither_writes_nor_speaks_to_anybody(tmp_path: Path) -> None:
    from knowledge.documents import __main__ as child

    for event in ("socket.connect", "socket.__new__", "subprocess.Popen", "os.system", "os.posix_spawn"):
        with pytest.raises(PermissionError):
            child._watch(event, ())
    child._watch("open", ("x",))


def test_what_cannot_be_read_says_so(tmp_path: Path) -> None:
    assert "No such file" in fault(tmp_path / "gone.pdf").problem
