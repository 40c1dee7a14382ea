"""Zips: what Confluence (HTML or XML) and Notion (Markdown and CSV) export, and any folder of documents."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import IO
from urllib.parse import unquote
from xml.etree import ElementTree as ET
from zipfile import ZipFile, ZipInfo

from bs4 import BeautifulSoup, Tag

from knowledge.documents.limits import DEEPEST, Refused, check_xml, open_zip, read_entry
from knowledge.documents.splitting import Fields, as_fields
from knowledge.documents.web import convert, picture_mark, to_markdown
from knowledge.job_aids import ROWS, rows_of

ReadOne = Callable[[IO[bytes], str], tuple[str, str]]

_NOTION = re.compile(r"^(?P<title>.*?)\s*(?P<id>[0-9a-f]{32})$")
_CONFLUENCE = re.compile(r"(?:^|_)(?P<id>\d{3,})$")
_LINK = re.compile(r"(?<!!)\[(?P<label>(?:[^\[\]\\]|\\.)*)\]\((?P<address>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)")
_PICTURE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?:[^()\s]|\([^()]*\))*\)")
PASSED_OVER = ("__MACOSX/", ".DS_Store", "Thumbs.db")


def read(file: IO[bytes], name: str, read_one: ReadOne, *, deep: int = 0) -> Iterator[Fields | Refused]:
    """Each file in turn; what is wrong with one is refused by its own name, and the others are read all the same."""
    with open_zip(file) as opened:
        entries = {
            entry.filename: entry
            for entry in opened.infolist()
            if not entry.is_dir() and not any(mark in entry.filename for mark in PASSED_OVER)
        }
        if not entries:
            raise Refused("There is nothing in it.", "Export it again.")
        if "entities.xml" in entries:
            yield from _confluence_xml(read_entry(opened, entries["entities.xml"]), name)
            return
        readable = [one for one in entries.values() if _is_content(one, entries)]
        if not readable:
            raise Refused("There is nothing in it that could be read.", "It may hold documents, or an export as a zip.")
        for entry in readable:
            where = f"{name}/{entry.filename}"
            try:
                yield from _read_entry(opened, entry, where, read_one, deep=deep)
            except Refused as refused:
                yield Refused(refused.problem, refused.remedy, file=where)
            except RecursionError:
                yield Refused("Its elements lie too deep in each other.", "Save it again.", file=where)


def _is_content(entry: ZipInfo, entries: Mapping[str, ZipInfo]) -> bool:
    path = PurePosixPath(entry.filename)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        # Notion writes a database's rows as pages too, into a folder of the same name.
        bare = re.sub(r"_all$", "", path.stem)
        folders = {str(path.with_name(one)) + "/" for one in (bare, _NOTION.sub(r"\g<title>", bare))}
        return not any(other.startswith(tuple(folders)) for other in entries)
    if suffix in {".html", ".htm"}:
        return path.name != "index.html" or len(entries) == 1
    return suffix in ROWS or suffix in {".docx", ".pptx", ".pdf", ".zip"}


def _read_entry(
    opened: ZipFile, entry: ZipInfo, where: str, read_one: ReadOne, *, deep: int
) -> Iterator[Fields | Refused]:
    path = PurePosixPath(entry.filename)
    suffix = path.suffix.lower()
    content = read_entry(opened, entry)
    if suffix == ".zip":
        if deep >= DEEPEST:
            raise Refused("It is a zip in a zip in a zip.", "Unpack it, and import what is in it.")
        yield from read(io.BytesIO(content), where, read_one, deep=deep + 1)
    elif (notion := _NOTION.match(path.stem)) and suffix in {".md", ".html"}:
        yield from _notion(content, notion, suffix)
    elif suffix in {".html", ".htm"} and b'id="main-content"' in content:
        yield from _confluence_page(content, path)
    elif suffix not in ROWS:
        title, markdown = read_one(io.BytesIO(content), where)
        yield from as_fields(title or path.stem, markdown, key=where)
    else:
        for _, row in rows_of(_text(content), where, suffix):
            try:
                yield row()
            except ValueError as error:  # a row that is none; `rows_of` says why
                yield Refused(str(error), "Correct it, and import it again.", file=where)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise Refused(f"The byte 0x{content[error.start]:02x} is not UTF-8.", "Save the file as UTF-8.") from None


# ── Notion ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _notion(content: bytes, name: re.Match[str], suffix: str) -> Iterator[Fields]:
    """One page. It keeps its id for a key, by which it is known again when it was renamed or moved."""
    title = name["title"].strip()
    if suffix == ".html":
        said, markdown = convert(content, within=".page-body")
        title = said or title
    else:
        markdown = without_dead_links(_text(content))
    yield from as_fields(unquote(title), markdown, key=f"notion:{name['id']}")


def without_dead_links(markdown: str) -> str:
    """Pictures become marks, and links that lead to other files of the export their words."""

    def link(hit: re.Match[str]) -> str:
        return hit.group() if re.match(r"(?:https?://|mailto:)", hit["address"]) else hit["label"]

    return _LINK.sub(link, _PICTURE.sub(lambda hit: picture_mark(hit["alt"]), markdown))


# ── Confluence ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _confluence_page(content: bytes, path: PurePosixPath) -> Iterator[Fields]:
    """One page of an export as HTML, named by its title and its id."""
    page = BeautifulSoup(content, "html.parser")
    heading = page.select_one("#title-text")
    title = heading.get_text(" ", strip=True) if heading is not None else path.stem
    title = title.partition(" : ")[2] or title  # "Space : Page"
    body = page.select_one("#main-content")
    assert body is not None  # it was looked for before
    number = _CONFLUENCE.search(path.stem)
    yield from as_fields(title, to_markdown(body), key=f"confluence:{number['id']}" if number else str(path))


def _confluence_xml(content: bytes, name: str) -> Iterator[Fields | Refused]:
    """A space as XML: the pages as they are now, without drafts and former versions."""
    check_xml(content, "entities.xml")
    try:
        root = ET.fromstring(content)  # noqa: S314 — whatever defines entities was refused just before
    except ET.ParseError as error:
        raise Refused(f"Its entities.xml is damaged: {error}.", "Export the space again.") from None
    bodies = {
        _reference(one, "content"): _property(one, "body") for one in root.iterfind("object[@class='BodyContent']")
    }
    pages = [one for one in root.iterfind("object[@class='Page']") if _is_current(one)]
    if not pages:
        raise Refused("There is no page in it.", "Export the space with its pages.")
    for page in pages:
        number = (page.findtext("id") or "").strip()
        title = _property(page, "title")
        if not title or not bodies.get(number):
            continue
        try:
            yield from as_fields(title, _storage_format(bodies[number]), key=f"confluence:{number}")
        except Refused as refused:
            yield Refused(refused.problem, refused.remedy, file=f"{name}, page “{title}”")


def _is_current(page: ET.Element) -> bool:
    return not _reference(page, "originalVersion") and _property(page, "contentStatus") in {"", "current"}


def _property(element: ET.Element, name: str) -> str:
    return (element.findtext(f"property[@name='{name}']") or "").strip()


def _reference(element: ET.Element, name: str) -> str:
    return (element.findtext(f"property[@name='{name}']/id") or "").strip()


def _storage_format(body: str) -> str:
    """Confluence's own HTML: macros keep their words, pictures become marks."""
    page = BeautifulSoup(
        re.sub(r"<!\[CDATA\[(.*?)\]\]\s?>", lambda hit: _escaped(hit[1]), body, flags=re.DOTALL), "html.parser"
    )
    for image in page.find_all("ac:image"):
        image.replace_with(picture_mark(str(image.get("ac:alt") or "")))
    for parameter in page.find_all("ac:parameter"):
        parameter.decompose()
    for link in page.find_all("ac:link"):
        page_ = link.find("ri:page")
        words = link.get_text(" ", strip=True)
        link.replace_with(words or (str(page_.get("ri:content-title") or "") if isinstance(page_, Tag) else ""))
    for code in page.find_all("ac:plain-text-body"):
        code.name = "pre"
    return to_markdown(page)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
