"""The toolkit by its command: files of every form, the score, and what is wrong."""

from pathlib import Path

import pytest
from cli_makers import User, a_user

EXAMPLE = Path(__file__).parents[2] / "examples" / "office.yaml"


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF"), ("docx", b"PK"), ("html", b"<!DOCTYPE html>")])
def test_a_command_writes_the_documents_and_says_how_complete_they_are(user: User, kind: str, begins: bytes) -> None:
    said = user.does("toolkit", "make", str(EXAMPLE), "--format", kind, "--out", "kantoor")
    made = sorted(Path("kantoor").glob(f"*.{kind}"))
    assert len(made) == 7
    assert all(path.read_bytes().startswith(begins) for path in made)
    assert "Volledigheid: 30 van 31 punten." in said
    assert "Mist: De meldpunten staan er" in said


def test_a_municipalitys_texts_come_from_the_folder_of_the_setting(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("teksten").mkdir()
    Path("teksten/background.md").write_text("# Bij ons {fout}", encoding="utf-8")
    monkeypatch.setenv("PRAKTIJKTEST_TOOLKIT_TEXTS", "teksten")
    done = user.says("toolkit", "make", str(EXAMPLE), "--out", "kantoor")
    assert done.code == 2
    assert "background.md:1: unknown-placeholder" in done.err
    assert not Path("kantoor").exists()


def test_a_form_that_does_not_exist_is_named(user: User) -> None:
    assert "unknown-format" in user.says("toolkit", "make", str(EXAMPLE), "--format", "odt").err


@pytest.mark.long
def test_a_participant_ticks_what_it_uses_and_the_summary_names_nobody(user: User) -> None:
    user.plans()
    who, site = "bedachte-deuren-makelaars", ("--url", "https://deuren.example/verklaring", "--since", "2026-08-01")
    assert "sinds 1 augustus 2026" in user.does("toolkit", "use", who, "statement", *site, "--by", "anna")
    assert "unknown-part" in user.says("toolkit", "use", who, "vlag", *site).err
    shown = user.says("toolkit", "uptake")
    assert who not in shown.out + shown.err
    assert "niet meer" in user.does("toolkit", "end", who, "statement", "--by", "anna")
    assert user.says("toolkit", "end", who, "statement", "--by", "anna").code == 2
