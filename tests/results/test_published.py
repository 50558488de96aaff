"""Published rounds as data, and one of ours beside those of the same convention and no others."""

from pathlib import Path

import pytest
import report_makers as make

from profiles.errors import BadInput
from results import published
from results.published import Convention, Line
from results.releases import document

GROENE = """
[[rounds]]
key = "proef"
country = "NL"
place = "Proefstad"
year = "2020"
by = "een krant"
ground = "origin"
who = "een naam"
how = "pers"
source = "krant"
"""


def by_key(lines: tuple[Line, ...]) -> dict[str, Line]:
    return {line.source.key: line for line in lines}


def test_every_line_of_the_data_has_a_source_and_one_convention_or_its_numbers() -> None:
    assert len(published.known()) >= 15
    assert len({each.key for each in published.known()}) == len(published.known())
    assert all(each.figures() for each in published.known())


def test_de_groene_is_46_of_250_tests_and_a_chance_that_was_28_per_cent_smaller() -> None:
    """De Groene Amsterdammer 2018: 162 and 116 invitations at 250 advertisements."""
    (groene,) = [each for each in published.known() if each.key == "groene-2018"]
    figures = groene.figures()
    assert figures[Convention.ALL] == pytest.approx(0.184)
    assert figures[Convention.RELATIVE] == pytest.approx(0.284, abs=5e-4)
    assert Convention.USABLE not in figures


def test_the_same_counts_have_another_figure_under_each_convention() -> None:
    """BR Data and SPIEGEL 2017, Arabic names: 8.3 points, 26.7% and 29.4% of the same 2,734 tests."""
    made = document.make(make.table(make.pairs(464, 307, 80, 1883), state="released"), (), 1, None)
    found = {each.convention: each for each in published.beside(made, published.known())}
    own = {convention: each.own.value for convention, each in found.items() if each.own and each.own.value}
    assert {each: round(100 * value, 1) for each, value in own.items()} == {
        Convention.ALL: 8.3, Convention.USABLE: 26.7, Convention.RELATIVE: 29.4,
    }  # fmt: skip
    assert found[Convention.ALL].own is not None
    assert found[Convention.ALL].own.low == made["result"]["net"]["low"]


def test_a_figure_without_a_denominator_stands_beside_nothing_of_ours() -> None:
    made = document.make(make.table(make.pairs(90, 50, 10, 60), state="released"), (), 1, None)
    (unstated,) = [each for each in published.beside(made, published.known()) if each.convention == "unstated"]
    assert unstated.own is None
    assert "brussel-2017-mannen" in by_key(unstated.lines)
    others = [each for each in published.beside(made, published.known()) if each.convention != "unstated"]
    assert not any("brussel" in key for each in others for key in by_key(each.lines))


def test_only_rounds_about_the_same_ground_are_set_beside_ours() -> None:
    made = document.make(
        make.table(make.pairs(90, 50, 10, 60), state="released", ground="disability", signal="wheelchair"), (), 1, None
    )
    found = published.beside(made, published.known())
    assert {line.source.key for each in found for line in each.lines} == {"gent-2016-handicap"}


def test_a_round_that_shows_no_figures_has_none_beside_others_either() -> None:
    made = document.make(make.table(make.pairs(10, 5, 3, 6, advertisers=4), state="released"), (), 1, None)
    assert all(each.own is None and each.bar is None for each in published.beside(made, published.known()))


@pytest.mark.parametrize(
    "wrong", ["figure = 0.1", 'figure = 21\nconvention = "all"', "invited = [12, 9]", "tests = 5\ninvited = [12, 9]"]
)
def test_a_line_that_cannot_be_is_told_with_its_place(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "rounds.toml"
    path.write_text(GROENE + wrong, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        published.read(path)
    assert caught.value.problems[0].line
    assert caught.value.problems[0].file == str(path)
