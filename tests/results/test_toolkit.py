"""The toolkit of an office: its texts filled, its checklists counted, its mistakes named."""

import io
import struct
import zlib
from pathlib import Path
from zipfile import ZipFile

import docx
import page as checker
import pytest
from pypdf import PdfReader

from profiles.errors import BadInput
from results.paper import typeset
from results.paper.blocks import Items, Table
from results.toolkit import Made, made, read_office, read_texts
from results.toolkit.logo import kind_of, read_logo
from results.toolkit.texts import SHIPPED
from results.toolkit.word import written

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "examples" / "office.yaml").read_text(encoding="utf-8")
KEYS = ["statement", "procedure", "clause-assignment", "clause-rental", "conduct", "background", "reporting-points"]


def a_picture() -> bytes:
    """A PNG of one blue dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\x15\x4f\x7d")) + chunk(b"IEND", b"")


def documents(folder: Path, text: str = EXAMPLE, own: Path | None = None, logo: bytes | None = None) -> dict[str, Made]:
    (folder / "office.yaml").write_text(text, encoding="utf-8")
    return {each.key: each for each in made(read_texts(own), read_office(folder / "office.yaml"), logo)}


def own_text(folder: Path, file: str, text: str) -> Path:
    own = folder / "teksten"
    own.mkdir(exist_ok=True)
    (own / file).write_text(text, encoding="utf-8")
    return own


def problem(caught: pytest.ExceptionInfo[BadInput]) -> str:
    return str(caught.value)


def read(content: bytes) -> str:
    return " ".join(" ".join(each.extract_text() for each in PdfReader(io.BytesIO(content)).pages).split())


def test_an_office_gets_seven_documents_that_meet_their_checklists_but_for_reporting_points_nobody_checked(
    tmp_path: Path,
) -> None:
    all_ = documents(tmp_path)
    assert list(all_) == KEYS
    assert {key: each.score.missing for key, each in all_.items() if each.score.missing} == {
        "reporting-points": (
            (
                "De meldpunten staan er, met de dag waarop zij voor het laatst zijn nagekeken",
                "vul nog in: de dag waarop elk meldpunt is nagekeken (reporting_points.toml)",
            ),
        )
    }
    assert [all_["statement"].score.met, all_["statement"].score.of] == [7, 7]


def test_what_an_office_leaves_out_is_a_gap_in_the_text_and_a_line_of_the_checklist(tmp_path: Path) -> None:
    without = "\n".join(line for line in EXAMPLE.splitlines() if not line.startswith(("responsible", "procedure_url")))
    statement = documents(tmp_path, without)["statement"]
    assert "[nog in te vullen: wie verantwoordelijk is]" in read(typeset(statement.paper))
    assert [why for _, why in statement.score.missing] == [
        "vul nog in: het webadres van uw werkwijze",
        "vul nog in: wie verantwoordelijk is",
    ]


def test_the_werkwijze_is_written_from_the_offices_own_choices(tmp_path: Path) -> None:
    drawn = EXAMPLE.replace("order: received", "order: lot").replace("[income, household, documents]", "[priority]")
    paper = documents(tmp_path, drawn)["procedure"].paper
    text = read(typeset(paper))
    assert "Wij loten tussen alle kandidaten" in text
    assert "volgorde van aanmelding" not in text
    lists = [block for block in paper.blocks if isinstance(block, Items)]
    assert (("", "De kandidaat hoort bij een groep die volgens de gemeente voorrang heeft."),) in [
        x.items for x in lists
    ]


def test_a_municipality_replaces_a_text_and_its_fingerprint_shows(tmp_path: Path) -> None:
    own = own_text(tmp_path, "background.md", "# Zo doet {municipality} het\n\nEigen tekst.")
    shipped, theirs = documents(tmp_path), documents(tmp_path, own=own)
    assert theirs["background"].paper.title == "Zo doet Amersfoort het"
    assert "de tekst wijst niet aan waar dat staat" in theirs["background"].score.missing[0][1]
    assert theirs["statement"].paper.footer != shipped["statement"].paper.footer
    assert theirs["statement"].paper.title == shipped["statement"].paper.title


def test_reporting_points_with_a_day_count_and_what_is_not_sure_says_so(tmp_path: Path) -> None:
    points = '[[points]]\nname = "Loket"\npurpose = "Alles"\nchecked = "2026-11-20"\nverify = true\n'
    found = documents(tmp_path, own=own_text(tmp_path, "reporting_points.toml", points))["reporting-points"]
    table = next(block for block in found.paper.blocks if isinstance(block, Table))
    assert table.rows == (("Loket", "Alles (te verifiëren)", "20 november 2026"),)
    assert found.score.missing == ()


def test_an_unknown_placeholder_is_named_with_its_file_its_line_and_what_was_meant(tmp_path: Path) -> None:
    own = own_text(tmp_path, "conduct.md", "# Code\n\nTekst.\n\nVan {ofice} en {iets}.")
    with pytest.raises(BadInput) as caught:
        documents(tmp_path, own=own)
    first, second = caught.value.problems
    assert (first.code, first.file, first.line, first.found) == (
        "unknown-placeholder",
        str(own / "conduct.md"),
        5,
        "{ofice}",
    )
    assert first.remedy == "Bedoelt u '{office}'?"
    assert second.found == "{iets}"


@pytest.mark.parametrize(
    ("file", "text", "code"),
    [
        ("toolkit.toml", "version = ", "not-toml"),
        ("toolkit.toml", 'version = "1"\n[parts.x]\nname = "x"\nfil = "x.md"', "wrong-index"),
        ("toolkit.toml", 'version = "1"\n[parts.x]\nname = "x"\nfile = "x.md"', "missing-file"),
        ("choices.toml", "[order]\nlot = 'x'", "missing-choice"),
        ("statement.md", "Zonder titel.", "no-title"),
        (
            "reporting_points.toml",
            '[[points]]\nname = "a"\npurpose = "b"\nchecked = "gisteren"',
            "wrong-reporting-point",
        ),
    ],
)
def test_a_text_that_cannot_be_used_is_a_named_error(tmp_path: Path, file: str, text: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        documents(tmp_path, own=own_text(tmp_path, file, text))
    assert caught.value.problems[0].code == code


def test_a_folder_of_texts_that_is_not_there_is_a_named_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="missing-folder"):
        read_texts(tmp_path / "nergens")


def test_a_mistake_in_the_offices_file_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        documents(tmp_path, EXAMPLE.replace("order: received", "order: gevoel"))
    assert caught.value.problems[0].line == 8
    with pytest.raises(BadInput, match="unknown-key"):
        documents(tmp_path, EXAMPLE + "kleur: blauw\n")


def test_every_document_is_pdf_ua_and_pdf_a_with_and_without_a_logo(tmp_path: Path) -> None:
    for logo in (None, a_picture()):
        for each in documents(tmp_path, logo=logo).values():
            content = typeset(each.paper)
            for profile in ("ua1", "2a"):
                assert checker.validate_pdf_bytes(content, profile=profile).failures == [], each.key


def test_a_word_document_has_headings_lists_a_heading_row_and_the_same_bytes_every_time(tmp_path: Path) -> None:
    conduct = documents(tmp_path, logo=a_picture())["conduct"].paper
    content = written(conduct)
    document = docx.Document(io.BytesIO(content))
    styles = {paragraph.style.name for paragraph in document.paragraphs if paragraph.style}
    assert {"Title", "Heading 1", "List Bullet", "Caption"} <= styles
    assert [cell.text for cell in document.tables[0].rows[0].cells] == ["Naam", "Functie", "Datum", "Handtekening"]
    assert len(document.tables[0].rows) == 1 + 6
    whole = ZipFile(io.BytesIO(content)).read("word/document.xml").decode()
    assert "w:tblHeader" in whole
    assert 'descr="Bedachte Deuren Makelaars"' in whole
    assert document.core_properties.title == conduct.title
    assert written(conduct) == content


def test_every_text_says_the_same_in_pdf_and_in_word(tmp_path: Path) -> None:
    for each in documents(tmp_path).values():
        words = {
            word
            for paragraph in docx.Document(io.BytesIO(written(each.paper))).paragraphs
            for word in paragraph.text.split()
        }
        text = read(typeset(each.paper)).replace("-", "").replace(" ", "")
        assert {word for word in words if word.replace("-", "") not in text} == set()


def test_a_logo_is_a_png_or_jpeg_picture_or_a_clear_error(tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(a_picture())
    assert kind_of(read_logo(logo)) == "png"
    for content in (b"<svg/>", b"", a_picture()[:20], b"GIF89a"):
        logo.write_bytes(content)
        with pytest.raises(BadInput, match="not-an-image"):
            read_logo(logo)
    logo.write_bytes(a_picture() + b"\0" * 2_000_001)
    with pytest.raises(BadInput, match="logo-too-large"):
        read_logo(logo)
    with pytest.raises(BadInput, match="missing-file"):
        read_logo(tmp_path / "weg.png")


def test_no_text_that_comes_along_holds_a_telephone_number() -> None:
    for path in (ROOT / "results" / SHIPPED).iterdir():
        assert not any(word.isdigit() and len(word) > 4 for word in path.read_text(encoding="utf-8").split()), path
