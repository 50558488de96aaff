import shutil
from collections import Counter
from pathlib import Path

import pytest

from market.hearing import hear
from profiles.catalogue import DATA, load
from profiles.errors import BadInput, Problem
from profiles.profile import Gender, Ground

NAMES = """\
[sets.dutch]
label = "Nederlands klinkende namen"
ground = "origin"
background = "Nederlands"
source = "proef"
licence = "EUPL-1.2"
# a comment with ["brackets"] must not shift the lines
female = [
  ["Eva", "Kok", 1990],
  ["Iris", "Smit", 1980],
]
male = [["Bas", "Bos", 1980],
  ["Daan", "de Boer", 1990]]

[sets.dutch_male]
label = "Nederlands klinkende mannennamen"
ground = "gender"
gender = "male"
of = "dutch"
"""


def folder_with(tmp_path: Path, **files: str | bytes) -> Path:
    """The packaged data, with some files replaced."""
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    for stem, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / f"{stem}.toml").write_bytes(data)
    return folder


def problems(folder: Path) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        load(folder)
    for problem in caught.value.problems:
        assert problem.remedy
        assert problem.file
        assert problem.file.startswith(str(folder))
    return caught.value.problems


def only(folder: Path) -> Problem:
    (problem,) = problems(folder)
    return problem


def test_the_packaged_catalogue_has_the_promised_name_sets() -> None:
    sets = load().sets
    origin = {key for key, name_set in sets.items() if name_set.ground is Ground.ORIGIN}
    assert origin == {"dutch", "moroccan", "turkish", "polish", "surinamese", "ghanaian"}
    assert {key: s.gender for key, s in sets.items() if s.ground is Ground.GENDER} == {
        "dutch_female": Gender.FEMALE,
        "dutch_male": Gender.MALE,
    }


def test_every_packaged_set_has_twenty_different_names_of_each_gender_ten_of_each_cohort() -> None:
    catalogue = load()
    for key, name_set in catalogue.sets.items():
        for gender in (name_set.gender,) if name_set.gender else Gender:
            names = catalogue.of(key, gender)
            assert len({name.full for name in names}) == len(names) == 20
            assert len({name.first for name in names}) == len({name.last for name in names}) == 20
            assert Counter(name.cohort for name in names) == {1980: 10, 1990: 10}


def test_no_packaged_set_claims_to_be_tested_and_each_says_where_it_is_from() -> None:
    catalogue = load()
    assert not any(name_set.tested for name_set in catalogue.sets.values())
    assert catalogue.records == {}
    assert {name_set.source for name_set in catalogue.sets.values()} == {"voor demonstratie; niet vooraf getest"}
    assert {name_set.licence for name_set in catalogue.sets.values()} == {"EUPL-1.2"}


def test_the_market_hears_every_packaged_name_as_it_is_meant() -> None:
    letters = {"f": Gender.FEMALE, "m": Gender.MALE}
    for name in load().names:
        heard = hear(name.full)
        assert heard.dutch == name.name_set.startswith("dutch"), name.full
        assert letters[heard.gender or "?"] is name.gender
        assert (heard.first, heard.last) == (name.first, name.last)


def test_each_name_is_known_with_the_line_it_stands_on() -> None:
    catalogue = load()
    lines = (DATA / "names.toml").read_text(encoding="utf-8").splitlines()
    for name in catalogue.names:
        file, line = catalogue.places[name.full]
        assert file == str(DATA / "names.toml")
        assert line is not None
        assert f'"{name.first}", "{name.last}"' in lines[line - 1]


def test_a_gender_set_holds_the_names_of_one_gender_of_its_base_set() -> None:
    catalogue = load()
    taken = [(name.full, name.gender) for name in catalogue.of("dutch_male")]
    assert taken == [(name.full, name.gender) for name in catalogue.of("dutch", Gender.MALE)]
    assert catalogue.of("dutch_male", Gender.FEMALE) == ()
    assert {name.name_set for name in catalogue.of("dutch_male")} == {"dutch_male"}


def test_asking_for_an_unknown_set_lists_the_known_ones() -> None:
    with pytest.raises(BadInput, match=r"unknown-name-set.*Gevonden: duch.*dutch, dutch_female"):
        load().of("duch")


def test_a_catalogue_elsewhere_can_be_loaded(tmp_path: Path) -> None:
    catalogue = load(folder_with(tmp_path, names=NAMES))
    assert [name.full for name in catalogue.of("dutch", Gender.FEMALE)] == ["Eva Kok", "Iris Smit"]


@pytest.mark.parametrize(
    ("before", "after", "code", "line", "found"),
    [
        ('["Iris", "Smit", 1980]', '["Iris", "Смит", 1980]', "no-mailbox", 10, "Iris Смит"),
        ('["Iris", "Smit", 1980]', '["Eva", "Kok", 1990]', "duplicate-name", 10, "Eva Kok"),
        ('["Iris", "Smit", 1980]', '["Éva", "Kók", 1990]', "duplicate-name", 10, "Éva Kók"),
        ('["Daan", "de Boer", 1990]', '["Eva", "Kok", 1990]', "duplicate-name", 13, "Eva Kok"),
        ('["Iris", "Smit", 1980]', '["Iris", "", 1980]', "empty-text", 10, "''"),
        ('["Iris", "Smit", 1980]', '["Iris ", "Smit", 1980]', "empty-text", 10, "'Iris '"),
        ('["Iris", "Smit", 1980]', '["Iris", 3, 1980]', "bad-value", 10, "3"),
        ('  ["Iris", "Smit", 1980],\n', "", "too-few", 8, "[['Eva', 'Kok', 1990]]"),
        ('source = "proef"\n', "", "missing-key", 1, None),
        ('licence = "EUPL-1.2"\n', "", "missing-key", 1, None),
        ('background = "Nederlands"', 'background = ""', "empty-text", 4, "''"),
        ('["Iris", "Smit", 1980]', '["Iris", "Smit"]', "bad-value", 10, None),
        ('["Iris", "Smit", 1980]', '["Iris", "Smit", 1985]', "bad-value", 10, "1985"),
        ('ground = "origin"', 'ground = "religion"', "unknown-value", 1, "religion"),
        ('ground = "origin"\n', "", "missing-key", 1, None),
        ('gender = "male"', 'gender = "man"', "unknown-value", 18, "'man'"),
        ('of = "dutch"', 'of = "duch"', "unknown-name-set", 19, "duch"),
        ('of = "dutch"', 'of = "dutch_male"', "unknown-name-set", 19, "dutch_male"),
        ('of = "dutch"', 'of = "dutch"\ncolour = "blue"', "unknown-key", 20, "'blue'"),
    ],
)
def test_a_mistake_in_the_names_is_told_with_file_line_and_entry(
    tmp_path: Path, before: str, after: str, code: str, line: int, found: str | None
) -> None:
    assert before in NAMES
    problem = only(folder_with(tmp_path, names=NAMES.replace(before, after, 1)))
    assert (problem.code, problem.line, problem.found) == (code, line, found)


def test_every_mistake_in_a_file_is_told_at_once(tmp_path: Path) -> None:
    names = NAMES.replace('"Smit"', '""').replace('gender = "male"', 'gender = "man"')
    assert [problem.line for problem in problems(folder_with(tmp_path, names=names))] == [10, 18]


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    problem = only(folder_with(tmp_path, names=NAMES.replace('source = "proef"', 'source = "proef')))
    assert (problem.code, problem.line) == ("not-toml", 5)


def test_a_file_without_any_set_is_refused(tmp_path: Path) -> None:
    assert [problem.code for problem in problems(folder_with(tmp_path, names="[sets]\n"))] == ["too-few"]
    assert [problem.code for problem in problems(folder_with(tmp_path / "more", names=""))] == ["missing-key"]


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    assert only(folder_with(tmp_path, names=NAMES.replace("Eva", "Éva").encode("latin-1"))).code == "not-utf8"


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "households.toml").unlink()
    assert only(folder).code == "missing-file"


JOB = '[[jobs]]\noccupation = "docent"\ncontract = "vast contract"\nincome_from = 3000\nincome_until = 4000\n'


@pytest.mark.parametrize(
    ("jobs", "code", "line"),
    [
        (JOB + JOB, "duplicate-entry", 6),
        (JOB.replace("4000", "2000"), "empty-income-band", 5),
        (JOB + JOB.replace("docent", "planner").replace("3000", '"3000"'), "bad-value", 9),
        (JOB.replace("3000", "0"), "bad-value", 4),
        ("jobs = []\n", "too-few", None),
    ],
)
def test_a_mistake_in_the_jobs_is_told_with_its_line(tmp_path: Path, jobs: str, code: str, line: int | None) -> None:
    problem = only(folder_with(tmp_path, jobs=jobs))
    assert (problem.code, problem.line) == (code, line)


def test_a_household_has_one_or_two_earners(tmp_path: Path) -> None:
    problem = only(folder_with(tmp_path, households='[[households]]\nlabel = "alleenstaand"\nearners = 3\n'))
    assert (problem.code, problem.line) == ("bad-value", 3)
