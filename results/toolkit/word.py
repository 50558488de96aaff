"""A document of the toolkit as DOCX, with real headings, lists and table headings, the same bytes every time."""

import io
from zipfile import ZipFile

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm

from results.bundle import zipped
from results.paper import Paper
from results.paper.blocks import Alert, Block, Heading, Items, Table, Text

BEHIND = "  "


def written(paper: Paper) -> bytes:
    """The paper as a Word document; for the kinds of block that texts have."""
    document = docx.Document()
    _properties(document, paper)
    if paper.logo:
        document.add_picture(io.BytesIO(paper.logo), height=Cm(1.6))
        picture = document.inline_shapes[0]._inline.docPr  # noqa: SLF001 - python-docx has no other way to describe one
        picture.set("descr", paper.author)
    document.add_heading(paper.title, level=0)
    document.add_paragraph(paper.subtitle)
    for block in paper.blocks:
        _add(document, block)
    document.sections[0].footer.paragraphs[0].text = paper.footer
    return _without_moment(document)


def _properties(document: Document, paper: Paper) -> None:
    told = document.core_properties
    told.title, told.author, told.language, told.comments = paper.title, paper.author, paper.language, ""
    told.created = told.modified = paper.moment.replace(tzinfo=None)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "nl-NL")
    document.styles["Normal"].element.get_or_add_rPr().append(language)


def _add(document: Document, block: Block) -> None:
    match block:
        case Heading(text, level):
            document.add_heading(text, level)
        case Text(text):
            document.add_paragraph(text)
        case Alert(heading, text):
            document.add_paragraph(f"{heading} {text}".strip(), "Intense Quote")
        case Items(items, numbered):
            for place, (strong, rest) in enumerate(items, start=1):
                _item(document, f"{place}." if numbered else "", strong, rest)
        case Table():
            _table(document, block)
        case _:
            raise TypeError(f"a text of the toolkit has no {type(block).__name__}")


def _item(document: Document, number: str, strong: str, rest: str) -> None:
    # Word counts on over all numbered lists of a document, so the number is text.
    paragraph = document.add_paragraph(style="List Bullet" if not number else "List")
    if number:
        paragraph.add_run(number + BEHIND)
    if strong:
        paragraph.add_run(strong + " ").bold = True
    paragraph.add_run(rest)


def _table(document: Document, block: Table) -> None:
    document.add_paragraph(block.caption, "Caption")
    table = document.add_table(rows=1, cols=len(block.head), style="Table Grid")
    heading = OxmlElement("w:tblHeader")
    heading.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(heading)  # noqa: SLF001 - as above, for a row of headings
    for cell, name in zip(table.rows[0].cells, block.head, strict=True):
        cell.paragraphs[0].add_run(name).bold = True
    for row in block.rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text


def _without_moment(document: Document) -> bytes:
    made = io.BytesIO()
    document.save(made)
    with ZipFile(made) as archive:
        return zipped({entry.filename: archive.read(entry) for entry in archive.infolist()})
