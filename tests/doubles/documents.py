"""Documents as other programs write them, and as attackers do, made by hand so that each byte is meant."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from pptx import Presentation
from pptx.util import Inches

_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
    '<Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_LINKS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="l1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" '
    'Target="https://intranet.example/refunds" TargetMode="External"/>'
    '<Relationship Id="p1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" '
    'Target="media/a.png"/></Relationships>'
)
_STYLES = (
    '<?xml version="1.0"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/></w:style></w:styles>'
)
PICTURE = (
    '<w:p><w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<wp:docPr id="1" name="p" descr="the red lamp"/>'
    '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData>'
    '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:blipFill>'
    '<a:blip r:embed="p1"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
)
LINK = '<w:p><w:hyperlink r:id="l1"><w:r><w:t>the policy</w:t></w:r></w:hyperlink></w:p>'


def paragraph(text: str, style: str = "") -> str:
    look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{look}<w:r><w:t>{text}</w:t></w:r></w:p>"


def word(*paragraphs: str, prolog: str = "") -> bytes:
    body = (
        f'<?xml version="1.0"?>{prolog}<w:document '
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f"<w:body>{''.join(paragraphs)}</w:body></w:document>"
    )
    return zipped(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": _RELS,
            "word/document.xml": body,
            "word/_rels/document.xml.rels": _LINKS,
            "word/styles.xml": _STYLES,
            "word/media/a.png": "not really",
        }
    )


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return made.getvalue()


def slides(*shown: tuple[str, Sequence[str]]) -> bytes:
    deck = Presentation()
    for title, lines in shown:
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(lines)
    last = deck.slides[-1]
    cells = last.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1)).table
    for row, words in enumerate((("Tender", "Back by"), ("Card", "the same card"))):
        for column, word_ in enumerate(words):
            cells.cell(row, column).text = word_
    box = last.shapes.add_textbox(Inches(1), Inches(4), Inches(4), Inches(1)).text_frame
    run = box.paragraphs[0].add_run()
    run.text = "the policy"
    run.hyperlink.address = "https://intranet.example/refunds"
    made = io.BytesIO()
    deck.save(made)
    return made.getvalue()


def pdf(pages: Sequence[Sequence[tuple[int, str]]], *, extra: str = "") -> bytes:
    """Lines of text with the size of their letters, from the top of each page."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        y = 800
        drawn = []
        for size, text in lines:
            y -= size + 4
            bare = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            drawn.append(f"BT /F1 {size} Tf 50 {y} Td ({bare}) Tj ET")
        content = "\n".join(drawn)
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
        kids.append(len(objects) + 1)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(f'{kid} 0 R' for kid in kids)}] >>"
    return _pdf_of([content.encode() for content in objects], extra=extra)


def _pdf_of(objects: Sequence[bytes], *, extra: str = "") -> bytes:
    made = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(made)
    made += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    made += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    made += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R {extra} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(made)


def confluence_html() -> bytes:
    page = (
        "<html><head><title>x</title></head><body><div id='breadcrumbs'>Home</div>"
        '<h1 id="title-heading"><span id="title-text"> Stores : Frozen till </span></h1>'
        '<div id="main-content"><p>Hold the <b>power</b> button.</p><p><a href="Refunds_4712.html">refunds</a> and '
        '<a href="https://intranet.example/till">the till</a></p><img src="attachments/1.png" alt="power button"></div>'
        "<div id='footer'>Document generated by Confluence</div></body></html>"
    )
    return zipped({"STORES/index.html": "<html>Confluence</html>", "STORES/Frozen-till_4711.html": page})


def confluence_xml() -> bytes:
    def page(number: int, title: str, body: str, *, more: str = "") -> str:
        return (
            f'<object class="Page" package="x"><id name="id">{number}</id><property name="title"><![CDATA[{title}]]>'
            f'</property>{more}</object><object class="BodyContent" package="x"><id name="id">{number}0</id>'
            f'<property name="body"><![CDATA[{body}]]></property><property name="content" class="Page">'
            f'<id name="id">{number}</id></property></object>'
        )

    code = '<ac:structured-macro ac:name="code"><ac:parameter ac:name="language">bash</ac:parameter>'
    code += "<ac:plain-text-body><![CDATA[till --reset < 1]]]]><![CDATA[></ac:plain-text-body></ac:structured-macro>"
    old = '<property name="originalVersion" class="Page"><id name="id">5</id></property>'
    body = f'<h2>How</h2><p>Hold it.</p>{code}<p><ac:link><ri:page ri:content-title="Refunds"/></ac:link></p>'
    return zipped(
        {
            "entities.xml": '<?xml version="1.0"?><hibernate-generic>'
            + page(5, "Frozen till", body)
            + page(6, "Frozen till", "<p>As it was.</p>", more=old)
            + "</hibernate-generic>",
            "exportDescriptor.properties": "x",
        }
    )


NOTION_ID = "0123456789abcdef0123456789abcdef"


def notion() -> bytes:
    page = (
        "# Frozen till\n\nHold the power button. See [refunds](Refunds%20fedcba9876543210fedcba9876543210.md) and "
        "[the till](https://intranet.example/till).\n\n![lamp](lamp.png)\n"
    )
    inner = zipped(
        {
            f"Stores/Frozen till {NOTION_ID}.md": page,
            "Stores/Tasks aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.csv": "Name,Done\nCount,Yes\n",
            "Stores/Tasks/Count bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.md": "# Count\n\nCount the cash twice.\n",
            "Stores/lamp.png": b"x",
        }
    )
    return zipped({"Export-1-Part-1.zip": inner})


# ── attacks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def locked_pdf() -> bytes:
    """It asks for a password that opens it."""
    given = f"/V 1 /R 2 /O <{'41' * 32}> /U <{'42' * 32}> /P -4"
    return pdf([[(12, "Secret")]], extra=f"/Encrypt << /Filter /Standard {given} >> /ID [<{'43' * 16}> <{'43' * 16}>]")


def pdf_bomb(megabytes: int = 300) -> bytes:
    """A page whose words are packed twice: a few kilobytes for hundreds of megabytes."""
    packer = zlib.compressobj(9)
    line = b"BT /F1 9 Tf (bang) Tj ET\n" * 40_000
    packed = b"".join([*(packer.compress(line) for _ in range(megabytes)), packer.flush()])
    content = zlib.compress(packed, 9)
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
        b"/Resources << /Font << /F1 3 0 R >> >> >>"
    )
    return _pdf_of(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Count 1 /Kids [4 0 R] >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            page,
            b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%b\nendstream" % (len(content), content),
        ]
    )


def endless_pdf() -> bytes:
    """Its pages hold themselves, and are said to be a billion."""
    tree = b"<< /Type /Pages /Count 1000000000 /Kids [2 0 R 2 0 R] >>"
    return _pdf_of([b"<< /Type /Catalog /Pages 2 0 R >>", tree])


LAUGHS = "<!DOCTYPE x [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
LAUGHS += "]>"


def zip_bomb(megabytes: int = 300) -> bytes:
    return zipped({"bomb.md": b"0" * (megabytes * 1_000_000)})


def lying_zip() -> bytes:
    """Its directory says that the file in it is small."""
    made = bytearray(zipped({"a.md": b"x" * 50_000}))
    size = (50_000).to_bytes(4, "little")
    small = (10).to_bytes(4, "little")
    return bytes(made.replace(size, small))


def nested_zip(deep: int) -> bytes:
    made = zipped({"a.md": "# A\n\nText."})
    for _ in range(deep):
        made = zipped({"inner.zip": made})
    return made


def locked_zip() -> bytes:
    """What is in it is marked as encrypted."""
    made = bytearray(zipped({"a.md": "# A\n\nText."}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = made.index(mark) + at
        made[place] |= 1
    return bytes(made)
