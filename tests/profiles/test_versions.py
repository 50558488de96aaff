"""What letters are made of has a version that changes with every byte of it, and with nothing else."""

import shutil
from pathlib import Path

from applicant_makers import SIGNALS

from profiles.grounds import DATA
from profiles.letters import TEMPLATES
from profiles.profile import Language
from profiles.versions import changed, used


def copies(tmp_path: Path) -> tuple[Path, Path]:
    return Path(shutil.copytree(DATA, tmp_path / "data")), Path(shutil.copytree(TEMPLATES, tmp_path / "templates"))


def test_texts_of_another_language_party_or_level_are_not_among_what_is_used() -> None:
    names = used(SIGNALS["origin_name"], "minimal", Language.DUTCH)
    assert "templates/nl/beknopt/body.txt" in names
    assert "templates/nl/decline/intrekken/body.txt" in names
    assert "data/names.toml" in names
    assert not [name for name in names if "couples" in name or "/en/" in name or "full" in name]
    assert any("/en/" in name for name in used(SIGNALS["english"], "full", Language.DUTCH))
    assert any("couples" in name for name in used(SIGNALS["unmarried"], "full", Language.DUTCH))


def test_a_byte_another_a_variant_more_and_a_file_gone_are_each_told(tmp_path: Path) -> None:
    data, templates = copies(tmp_path)
    signal = SIGNALS["origin_name"]
    then = used(signal, "minimal", Language.DUTCH)
    assert used(signal, "minimal", Language.DUTCH, data=data, templates=templates) == then
    (templates / "nl/vraag/subject.txt").write_text("Een andere vraag\n", encoding="utf-8")
    (data / "towns.toml").write_text('towns = ["Assen"]\n', encoding="utf-8")
    shutil.copytree(templates / "nl/formeel", templates / "nl/nieuw")
    (templates / "nl/beknopt/body.txt").unlink()
    now = used(signal, "minimal", Language.DUTCH, data=data, templates=templates)
    assert changed(then, now) == (
        "data/towns.toml",
        "templates/nl/beknopt/body.txt",
        "templates/nl/beknopt/subject.txt",
        "templates/nl/nieuw/body.txt",
        "templates/nl/nieuw/subject.txt",
        "templates/nl/vraag/subject.txt",
    )
