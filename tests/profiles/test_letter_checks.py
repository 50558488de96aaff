"""A letter text that cannot carry a signal is told before anything is drawn, with its file and line."""

import shutil
from pathlib import Path

import pytest
from applicant_makers import GROUNDS, SIGNALS

from profiles.errors import Problem
from profiles.letter_checks import check
from profiles.letters import TEMPLATES
from profiles.profile import Language

PLAIN = "Goedendag,\n\nMag ik komen kijken?{% if profile.sentence %} {{ profile.sentence }}{% endif %}\n\n"


def found(tmp_path: Path, key: str, body: str, where: str = "nl/beknopt/body.txt") -> tuple[Problem, ...]:
    """The problems when one text is replaced."""
    templates = tmp_path / "templates"
    shutil.copytree(TEMPLATES, templates)
    (templates / where).write_text(body, encoding="utf-8")
    return check(GROUNDS.grounds[SIGNALS[key].ground], SIGNALS[key], "minimal", Language.DUTCH, templates=templates)


def test_the_packaged_letters_carry_every_signal_on_every_level_that_it_allows() -> None:
    for signal in SIGNALS.values():
        for level in signal.levels:
            for language in [Language.DUTCH, *(Language.ENGLISH for _ in (1,) if signal.key == "origin_name")]:
                assert check(GROUNDS.grounds[signal.ground], signal, level, language) == ()


@pytest.mark.parametrize(
    ("key", "line", "code", "at"),
    [
        ("wheelchair", "Is er ook een lift voor een rolstoel?", "mentions-ground", 5),
        ("origin_name", "Ik kom niet uit het buitenland.", "mentions-ground", 5),
        ("child", "Er zijn geen kinderen.", "mentions-ground", 5),
        ("wheelchair", "Bel mij op {{ profile.phone }}.", "unknown-field", 5),
        ("wheelchair", "Mijn partner {{ profile.partner }} komt mee.", "unknown-field", 5),
        ("wheelchair", "{{ profile.sentence }}", "signal-not-shown", None),
    ],
)
def test_a_line_that_does_not_belong_is_told(tmp_path: Path, key: str, line: str, code: str, at: int | None) -> None:
    (problem, *_) = found(tmp_path, key, f"{PLAIN}{line}\n\n{{{{ profile.full_name }}}}\n")
    assert (problem.code, problem.line) == (code, at)
    assert problem.file is not None
    assert problem.file.endswith("nl/beknopt/body.txt")
    assert problem.remedy


def test_a_letter_that_leaves_the_signal_out_is_told(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, "mosque", "Goedendag,\n\nMag ik komen kijken?\n\n{{ profile.full_name }}\n")
    assert (problem.code, problem.found) == ("signal-not-shown", "profile.sentence")
    where = "nl/couples/kort/body.txt"
    (problem,) = found(tmp_path / "b", "same_sex_partner", "Mogen wij komen kijken?\n\n{{ profile.names }}\n", where)
    assert (problem.code, problem.found) == ("signal-not-shown", "profile.partner")


def test_a_letter_without_the_name_of_its_writer_is_told(tmp_path: Path) -> None:
    (problem,) = found(tmp_path, "wheelchair", f"{PLAIN}Groet\n")
    assert problem.code == "unsigned"


def test_a_language_without_letters_is_told(tmp_path: Path) -> None:
    described = GROUNDS.grounds[SIGNALS["unmarried"].ground]
    (problem,) = check(described, SIGNALS["unmarried"], "minimal", Language.ENGLISH)
    assert problem.code == "too-few-variants"
