"""Two or more people code the same replies; how much of their agreement is more than chance?"""

from math import nan

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from oracle_maker import oracle, printed
from statsmodels.stats.inter_rater import cohens_kappa as statsmodels_kappa

from profiles.errors import BadInput
from results.statistics import cohens_kappa
from results.statistics.agreement import (
    LINEAR,
    QUADRATIC,
    Distance,
    interval,
    kappa,
    krippendorff,
    label_table,
    nominal,
    ordinal,
    weighted_kappa,
)

ORACLE = oracle("categories")
DISTANCES: dict[str, Distance] = {"nominal": nominal, "ordinal": ordinal, "interval": interval}
coded = st.lists(st.tuples(*[st.sampled_from([1, 2, 3, None])] * 3), min_size=1, max_size=15)
squares = st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), min_size=3, max_size=3)


def ratings(rows: list[list[float | None]]) -> np.ndarray:
    return np.array([[nan if code is None else code for code in row] for row in rows], dtype=float)


def alpha_by_pairs(rows: np.ndarray, scale: str) -> float | None:
    """Alpha from its definition: disagreement within replies over disagreement between all codes."""
    units = [[code for code in unit if not np.isnan(code)] for unit in rows.T]
    units = [unit for unit in units if len(unit) > 1]
    every = [code for unit in units for code in unit]

    def apart(one: float, other: float) -> float:
        if scale == "nominal":
            return float(one != other)
        if scale == "interval":
            return (one - other) ** 2
        low, high = sorted((one, other))
        return (sum(low <= code <= high for code in every) - (every.count(low) + every.count(high)) / 2) ** 2

    within = sum(apart(a, b) / (len(unit) - 1) for unit in units for a in unit for b in unit) / max(len(every), 1)
    between = sum(apart(a, b) for a in every for b in every) / max(len(every) * (len(every) - 1), 1)
    return 1 - within / between if between else None


@pytest.mark.parametrize(
    ("entry", "scale"),
    [pytest.param(e, s, id=f"{e['name']} {s}") for e in ORACLE["krippendorff"] for s in e["published"]],
)
def test_the_published_alpha_comes_out(entry: dict[str, dict[str, float]], scale: str) -> None:
    found = krippendorff(ratings(entry["ratings"]), DISTANCES[scale], seed=1)  # type: ignore[arg-type]
    assert found.value == printed(entry["published"][scale], 3)
    assert found.low is not None
    assert found.high is not None
    assert found.low < (found.value or 0) <= found.high <= 1


@given(coded, st.sampled_from(sorted(DISTANCES)))
@settings(max_examples=60)
def test_alpha_is_what_its_definition_says_for_every_table_with_gaps(rows: list[tuple[int | None]], scale: str) -> None:
    table = ratings([list(coder) for coder in zip(*rows, strict=True)])
    found, wanted = krippendorff(table, DISTANCES[scale], seed=1), alpha_by_pairs(table, scale)
    assert found.value == (None if wanted is None else pytest.approx(wanted, abs=1e-12))


def test_alpha_has_no_value_when_all_codes_are_the_same_and_says_so() -> None:
    found = krippendorff([[1, 1, 1], [1, 1, 1]], nominal, seed=1)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert found.convention.endswith("niet te berekenen: er zijn geen twee verschillende codes")


def test_perfect_agreement_has_an_alpha_of_one_without_an_interval() -> None:
    found = krippendorff([[1, 2, 3, 1], [1, 2, 3, 1]], ordinal, seed=1)
    assert (found.value, found.low, found.n) == (1.0, None, 4)
    assert "geen interval" in found.convention


def test_the_same_seed_gives_the_same_interval_in_any_order_of_replies() -> None:
    rng = np.random.default_rng(4)
    table = rng.integers(1, 4, size=(2, 60))
    first, again = (krippendorff(table[:, order], nominal, seed=3) for order in (np.arange(60), rng.permutation(60)))
    assert (first.low, first.high) == (again.low, again.high)


def test_the_interval_of_alpha_holds_the_truth_about_as_often_as_it_says() -> None:
    rng, held, truth, rounds = np.random.default_rng(7), 0, 0.5, 150
    for seed in range(rounds):
        true_label = rng.integers(0, 4, size=150)
        # Each coder keeps the label or picks one at random; both keep it in half of the replies.
        keep = rng.random((2, 150)) < truth**0.5
        found = krippendorff(np.where(keep, true_label, rng.integers(0, 4, size=(2, 150))), nominal, seed=seed)
        held += (found.low or 0) <= truth <= (found.high or 0)
    assert 0.89 <= held / rounds <= 0.99


@pytest.mark.parametrize("table", [[[1, 2]], [1, 2], [["a", "b"], ["a", "b"]], [[1.0, float("inf")], [1.0, 2.0]]])
def test_ratings_that_are_none_are_refused(table: list[list[float]]) -> None:
    with pytest.raises(BadInput, match="not-ratings"):
        krippendorff(table, nominal, seed=1)


def test_the_textbook_kappa_and_its_interval_come_out() -> None:
    entry = ORACLE["kappa"]
    found = kappa(entry["table"])
    assert found.value == pytest.approx(entry["published"]["kappa"])
    assert found.high is not None
    assert (found.high - found.value) / 1.959963985 == printed(entry["published"]["se"])  # type: ignore[operator]


@given(squares)
@settings(max_examples=40)
def test_kappa_with_and_without_weights_is_the_one_of_statsmodels(table: list[list[int]]) -> None:
    counts = np.array(table)
    assume(counts.sum() and np.outer(counts.sum(0), counts.sum(1)).trace() < counts.sum() ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):  # theirs also makes a z value, which may not exist
        theirs_all = [statsmodels_kappa(counts, wt=weights) for weights in (None, "linear", "quadratic")]
    ours = kappa(table), weighted_kappa(table, LINEAR), weighted_kappa(table, QUADRATIC)
    for found, theirs in zip(ours, theirs_all, strict=True):
        assert found.value == pytest.approx(theirs.kappa)
        if found.low is not None and found.high is not None and found.low > -1 and found.high < 1:
            assert found.high - found.low == pytest.approx(2 * 1.959963985 * theirs.var_kappa**0.5)


def test_labels_of_two_coders_become_a_table_that_gives_the_same_kappa() -> None:
    first, second = ["ja", "nee", "ja", "later", "nee"], ["ja", "ja", "ja", "later", "nee"]
    table = label_table(first, second, ["ja", "later", "nee"])
    assert table.tolist() == [[2, 0, 0], [0, 1, 0], [1, 0, 1]]
    assert kappa(table).value == pytest.approx(cohens_kappa(first, second))


def test_a_label_outside_the_code_book_is_refused() -> None:
    with pytest.raises(BadInput, match=r"unknown-label.*misschien"):
        label_table(["ja"], ["misschien"], ["ja", "nee"])


@pytest.mark.parametrize("table", [[[9, 0], [0, 0]], [[0, 0], [0, 4]]])
def test_kappa_has_no_value_when_both_used_one_label(table: list[list[int]]) -> None:
    for found in (kappa(table), weighted_kappa(table, LINEAR)):
        assert (found.value, found.low) == (None, None)
        assert "beide codeurs gebruikten steeds hetzelfde label" in found.convention


def test_perfect_agreement_is_one_without_an_interval() -> None:
    found = kappa([[9, 0], [0, 4]])
    assert (found.value, found.low, found.high) == (1.0, None, None)
    assert "geen interval" in found.convention
