"""One advertiser is not called anything on a handful of pairs."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.statistics import FLOOR, AdvertiserResult, Counts, Verdict, advertisers, holm
from results.statistics.advertiser import evidence_floor, more_needed, one_sided_p, sentence
from results.statistics.advertiser.verdict import tails
from results.statistics.mcnemar import exact_p
from results.statistics.multiplicity import storey

ORACLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles" / "statistics.json").read_text("utf-8"))
ALPHA = 0.05
BROKERS = ORACLE["brokers_synthetic"]


def only(c10: int, c01: int) -> Counts:
    return Counts(0, c10, c01, 0)


def result(c10: int, c01: int) -> AdvertiserResult:
    return advertisers({"kantoor": only(c10, c01)})[0]


def test_the_p_values_of_twelve_brokers_come_out() -> None:
    tables = {b["broker"]: Counts(0, b["b"], b["c"], b["n"] - b["b"] - b["c"]) for b in BROKERS}
    found = advertisers(tables)
    assert [f.advertiser for f in found] == [b["broker"] for b in BROKERS]
    assert [f.p for f in found] == pytest.approx([b["p_one_sided"] for b in BROKERS], abs=5.1e-9)
    assert [f.p_midp for f in found] == pytest.approx([b["midp"] for b in BROKERS], abs=5.1e-9)
    assert [f.p_adjusted for f in found] == pytest.approx([b["bh"] for b in BROKERS], abs=5.1e-9)
    assert holm([f.p for f in found]) == pytest.approx([b["holm"] for b in BROKERS], abs=5e-8)


def test_of_those_twelve_only_one_shows_a_difference() -> None:
    tables = {b["broker"]: only(b["b"], b["c"]) for b in BROKERS}
    assert [f.advertiser for f in advertisers(tables) if f.verdict is Verdict.PATTERN] == ["A"]


def test_the_published_detection_limits_come_out() -> None:
    limits = ORACLE["detection_limits"]
    for size, least in limits["one_sided_05_min_b"].items():
        m = int(size)
        assert evidence_floor(m) == least
        assert min(b for b in range(m + 1) if one_sided_p(only(b, m - b)) <= ALPHA) == least
    for size, least in limits["two_sided_05_min_b"].items():
        m = int(size)
        enough = [b for b in range(m // 2 + 1, m + 1) if exact_p(m - b, m) <= ALPHA]
        assert (min(enough) if enough else None) == least


@given(st.integers(0, 5), st.integers(0, 5))
def test_below_six_discordant_pairs_nothing_is_said_about_an_advertiser(c10: int, c01: int) -> None:
    found = result(c10, c01)
    if c10 + c01 < FLOOR:
        assert found.verdict == "te weinig gegevens"
        assert found.more_needed >= FLOOR - c10 - c01
    else:
        assert (found.verdict is Verdict.TOO_LITTLE, found.more_needed) == (False, 0)


@pytest.mark.long
@given(st.integers(0, 5), st.integers(0, 5))
def test_the_pairs_still_needed_are_just_enough_for_a_verdict(c10: int, c01: int) -> None:
    extra = more_needed(only(c10, c01))
    assert result(c10 + extra, c01).verdict is Verdict.PATTERN or extra == 0
    if extra:
        assert result(c10 + extra - 1, c01).verdict is not Verdict.PATTERN


@pytest.mark.parametrize(("c10", "c01", "needed"), [(0, 0, 6), (5, 0, 1), (4, 1, 3), (0, 1, 7), (0, 5, 13)])
def test_how_many_pairs_are_still_needed(c10: int, c01: int, needed: int) -> None:
    assert more_needed(only(c10, c01)) == needed


def test_an_advertiser_who_favours_the_treatment_arm_shows_no_difference_against_it() -> None:
    assert result(0, 9).verdict is Verdict.NO_PATTERN


def test_no_advertisers_give_no_results() -> None:
    assert advertisers({}) == ()


def test_below_five_one_sided_pairs_no_outcome_reaches_five_percent() -> None:
    assert [evidence_floor(m) for m in range(6)] == [None] * 5 + [5]


def test_the_sentence_says_how_many_one_sided_pairs_are_still_needed() -> None:
    assert sentence(result(0, 0)) == "te weinig gegevens: nog 6 eenzijdige tests nodig"
    assert sentence(result(5, 0)) == "te weinig gegevens: nog 1 eenzijdige test nodig"
    assert sentence(result(4, 1)) == "te weinig gegevens: nog 3 eenzijdige tests nodig"
    assert sentence(result(8, 0)) == "verschil in het nadeel van het testprofiel"


def test_one_pair_is_never_a_verdict() -> None:
    assert {result(*one).verdict for one in ((1, 0), (0, 1))} == {Verdict.TOO_LITTLE}


@given(st.integers(0, 30), st.integers(0, 30), st.sampled_from([0.001, 0.01, 0.05, 0.2]))
def test_the_number_still_needed_is_the_smallest_that_convinces(c10: int, c01: int, alpha: float) -> None:
    def convinces(extra: int) -> bool:
        return c10 + extra + c01 >= FLOOR and one_sided_p(only(c10 + extra, c01)) <= alpha

    assert more_needed(only(c10, c01), alpha) == next(extra for extra in range(500) if convinces(extra))


def test_q_values_of_the_round_stand_beside_the_adjusted_p_values() -> None:
    found = advertisers({b["broker"]: only(b["b"], b["c"]) for b in BROKERS})
    whole = storey([f.p for f in found])
    assert tuple(f.q for f in found) == whole.values
    assert whole.pi0 == 1


def test_many_advertisers_are_judged_as_each_alone() -> None:
    c10, c01 = (side.ravel() for side in np.indices((8, 8)))
    exact, _ = tails(c10, c01)
    assert exact.tolist() == [one_sided_p(only(*pair)) for pair in zip(c10.tolist(), c01.tolist(), strict=True)]
