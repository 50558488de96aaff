"""Planning on the command line: how many tests, what they can find, and the curve to look at."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from cli_makers import User, a_user

from results.planning_priors import load
from results.statistics.power import advertiser_pairs, clustered_pairs, connor_pairs, exact_power, smallest_pairs

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def planned(user: User, *words: str) -> dict[str, object]:
    return json.loads(user.does("power", *words, "--format", "json"))  # type: ignore[no-any-return]


def test_the_published_size_of_connor_stands_beside_the_exact_ones(user: User) -> None:
    found = planned(user, "--p10", "0.2", "--p01", "0.1")
    assert found["pairs_needed"] == {
        "connor": 234,
        "midp": smallest_pairs(0.2, 0.1),
        "exact": smallest_pairs(0.2, 0.1, test="exact"),
    }
    assert connor_pairs(0.2, 0.1) == pytest.approx(233.0945, abs=5e-5)


def test_a_given_number_of_pairs_gets_its_power_and_what_it_can_find(user: User) -> None:
    found = planned(user, "--p10", "0.15", "--p01", "0.05", "--pairs", "150", "--alpha", "0.01")
    assert found["pairs"] == 150
    assert found["power_of_pairs"] == {
        test: exact_power(0.15, 0.05, 150, 0.01, test)
        for test in ("midp", "exact")  # type: ignore[arg-type]
    }
    smallest = found["smallest_difference"]
    assert isinstance(smallest, dict)
    half = smallest["midp"] / 2
    assert exact_power(0.1 + half, 0.1 - half, 150, 0.01) == pytest.approx(0.8, abs=1e-6)


def test_three_ways_of_saying_what_is_expected_come_to_the_same(user: User) -> None:
    ways = [
        ["--p10", "0.14", "--p01", "0.06"],
        ["--net", "0.08", "--discordance", "0.2"],
        ["--base", "0.4", "--net", "0.08", "--discordance", "0.2"],
    ]
    found = [planned(user, *way)["pairs_needed"] for way in ways]
    assert found == [found[0]] * 3


def test_an_earlier_study_can_be_planned_by(user: User) -> None:
    row = load().discordance[0]
    assert (
        planned(user, "--prior", row.key)["pairs_needed"]
        == planned(user, "--p10", str(row.control_only), "--p01", str(row.treatment_only))["pairs_needed"]
    )
    ratio = load().ratio[0]
    found = planned(user, "--prior", ratio.key, "--base", "0.4", "--discordance", "0.2")["expected"]
    assert isinstance(found, dict)
    assert found["net"] == pytest.approx(0.4 * (1 - ratio.ratio))


def test_several_tests_at_one_advertiser_ask_for_more(user: User) -> None:
    found = planned(user, "--p10", "0.15", "--p01", "0.07", "--per-advertiser", "4", "--correlation", "0.1")[
        "clustered"
    ]
    needed = clustered_pairs(0.15, 0.07, 4, 0.1)
    assert isinstance(found, dict)
    assert (found["pairs_needed"], found["advertisers_needed"]) == (needed.pairs, needed.advertisers)
    assert found["design_effect"] == pytest.approx(1.3)


def test_one_advertiser_is_planned_with_the_one_sided_test_and_its_floor(user: User) -> None:
    found = planned(user, "--p10", "0.35", "--p01", "0.07", "--one-advertiser")
    assert found["pairs_needed"] == {"advertiser": advertiser_pairs(0.35, 0.07)}
    assert found["fewest_one_sided"] == {"6": 6, "8": 7, "10": 9, "12": 10, "15": 12, "20": 15}


def test_the_table_fits_a_terminal_and_its_curve_marks_where_the_aim_is_reached(user: User) -> None:
    shown = user.does("power", "--p10", "0.15", "--p01", "0.07", "--per-advertiser", "4", "--correlation", "0.05")
    lines = shown.splitlines()
    assert all(len(line) <= 80 for line in lines)
    bars = [line for line in lines if "█" in line]
    assert [line.count("█") for line in bars] == sorted(line.count("█") for line in bars)
    (marked,) = [line for line in bars if "◄" in line]
    assert marked.split()[-2] >= "80%"
    assert "Woningaanbieders nodig" in shown


def test_the_drawn_curve_is_the_one_in_the_json(user: User) -> None:
    user.does("power", "--p10", "0.2", "--p01", "0.1", "--svg", "beeld/power.svg")
    drawing = ET.parse(user.file("beeld/power.svg")).getroot()  # noqa: S314 - our own file
    line = drawing.find(f"{SVG}polyline")
    assert line is not None
    points = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]
    curve = planned(user, "--p10", "0.2", "--p01", "0.1")["curve"]
    assert isinstance(curve, dict)
    assert points[0] == (0, 300)
    assert [1 - y / 300 for _, y in points[1:]] == pytest.approx(curve["power"], abs=1e-4)
    assert [x / 600 * curve["pairs"][-1] for x, _ in points[1:]] == pytest.approx(curve["pairs"], abs=0.01)
    assert drawing.find(f"{SVG}title") is not None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "no-shares: "),
        (["--p10", "0.2"], "no-shares: "),
        (["--p10", "0.7", "--p01", "0.6"], "not-shares: "),
        (["--p10", "0.1", "--p01", "0.1"], "no-difference: "),
        (["--net", "0.3", "--discordance", "0.2"], "not-shares: "),
        (["--base", "0.1", "--net", "0.3", "--discordance", "0.4"], "impossible-plan: "),
        (["--prior", "mars"], "unknown-prior: "),
        (["--p10", "0.2", "--p01", "0.1", "--power", "80"], "not-a-share: "),
        (["--p10", "0.2", "--p01", "0.1", "--format", "xls"], "unknown-format: "),
        (["--p10", "0.2", "--p01", "0.1", "--per-advertiser", "3", "--correlation", "2"], "not-a-correlation: "),
    ],
)
def test_a_plan_that_cannot_be_is_named(user: User, words: list[str], told: str) -> None:
    done = user.says("power", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(told)


def test_an_unknown_study_is_answered_with_the_ones_there_are(user: User) -> None:
    said = user.says("power", "--prior", "mars").err
    assert all(row.key in said for row in load().discordance)


@pytest.mark.long
def test_a_study_that_was_not_looked_up_says_so_wherever_it_is_printed(user: User) -> None:
    unsure = "Deze cijfers zijn niet nagekeken in de bron zelf"
    for row in load().discordance:
        assert (unsure in user.does("power", "--prior", row.key)) is not row.verified
        assert planned(user, "--prior", row.key)["prior"]["verified"] is row.verified
    said = user.says("power", "--prior", "mars").err
    assert all((f"{row.key} (niet nagekeken)" in said) is not row.verified for row in load().ratio)
