"""What an office signs is one text: the letter of the municipality, the terms in words, and who signs."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestrator.design import Purpose
from orchestrator.invitations import Signature, fingerprint
from orchestrator.terms import Terms
from profiles.errors import BadInput
from results import invitation
from results.paper import typeset
from results.paper.blocks import Heading, Items, Text
from results.toolkit.word import written

NOON = datetime(2026, 9, 4, 10, 0, tzinfo=UTC)
TERMS = Terms(
    Purpose.LEARNING, frozenset({"origin", "age"}), frozenset({"smtp", "phone"}), frozenset({"*"}),
    "verhuur@alfa.example", None, date(2026, 9, 7), date(2026, 12, 31), 1, frozenset({date(2026, 12, 24)}),
)  # fmt: skip


def signed(terms: Terms = TERMS) -> str:
    texts = invitation.read_texts()
    letter = invitation.letter(texts, "Alfa")
    return invitation.worded(Signature("Alfa", letter, texts.version, terms, "Els de Wit", "directeur", NOON))


def test_the_signed_text_says_every_term_and_who_signed_when() -> None:
    text = signed()
    for said in (
        "Uitnodiging aan Alfa", "Afkomst", "Leeftijd", "e-mail, telefoon", "verhuur@alfa.example",
        "alle van uw kantoor",
        "7 september 2026 tot en met 31 december 2026", "1 test", "24 december 2026", "Els de Wit, directeur",
        "4 september 2026, 12:00",
    ):  # fmt: skip
        assert said in text
    assert "{" not in text


def test_named_listings_and_a_form_stand_in_the_signed_text() -> None:
    changes = {"channels": frozenset({"webform"}), "form_url": "https://alfa.example/f", "listings": frozenset({"a-1"})}
    text = signed(replace(TERMS, **changes))
    assert "https://alfa.example/f" in text
    assert "verhuur@alfa.example" not in text
    assert "a-1" in text


def test_a_copy_holds_the_signed_text_and_its_fingerprint_and_becomes_paper() -> None:
    text = signed()
    paper = invitation.copy("Alfa", text, NOON, NOON)
    assert paper.title == "Uitnodiging aan Alfa om mee te doen aan praktijktests"
    said = " ".join(block.text for block in paper.blocks if isinstance(block, Text | Heading))
    assert fingerprint(text) in said
    assert "Medeondertekend" in said
    assert any(("Hoogstens:", "1 test") in block.items for block in paper.blocks if isinstance(block, Items))
    assert typeset(paper).startswith(b"%PDF")


def test_a_copy_that_waits_for_the_second_signature_says_so() -> None:
    blocks = invitation.copy("Alfa", signed(), NOON, None).blocks
    assert any(isinstance(block, Text) and "wacht nog" in block.text for block in blocks)


def test_the_announcement_tells_staff_the_period_and_never_which() -> None:
    paper = invitation.notice(invitation.read_texts(), "Alfa", TERMS)
    said = " ".join(block.text for block in paper.blocks if isinstance(block, Text))
    assert "Van 7 september 2026 tot en met 31 december 2026" in said
    assert typeset(paper).startswith(b"%PDF")
    assert written(paper).startswith(b"PK")


def test_a_municipality_has_its_own_letter_and_another_version(tmp_path: Path) -> None:
    (tmp_path / "invitation.md").write_text("# Dag {office}\n\nNamens {municipality}.\n", "utf-8")
    own = invitation.read_texts(tmp_path)
    assert invitation.letter(own, "Alfa") == "# Dag Alfa\n\nNamens de gemeente.\n"
    assert own.version != invitation.read_texts().version
    assert own.notice == invitation.read_texts().notice


def test_an_unknown_placeholder_is_told_with_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "invitation.md").write_text("# Dag\n\nDag {ofice}, vanaf {first}.\n", "utf-8")
    with pytest.raises(BadInput) as wrong:
        invitation.read_texts(tmp_path)
    found = [(each.code, each.line, each.found) for each in wrong.value.problems]
    assert found == [("unknown-placeholder", 3, "{ofice}"), ("unknown-placeholder", 3, "{first}")]
    assert wrong.value.problems[0].file == str(tmp_path / "invitation.md")


@pytest.mark.parametrize("told", ['version = "1"', 'version = "1"\nmunicipality = ""\ncontact = "x"'])
def test_an_index_without_a_sender_is_refused(tmp_path: Path, told: str) -> None:
    (tmp_path / "invitation.toml").write_text(told, "utf-8")
    with pytest.raises(BadInput) as wrong:
        invitation.read_texts(tmp_path)
    assert {each.code for each in wrong.value.problems} == {"missing-value"}
