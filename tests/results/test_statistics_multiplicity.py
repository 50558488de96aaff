"""Adjusted p values and q-values of several tests at once."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.errors import BadInput
from results.statistics.multiplicity import benjamini_hochberg, holm, storey

ORACLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles" / "statistics.json").read_text("utf-8"))
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_the_published_adjustments_come_out() -> None:
    vector = ORACLE["multiplicity"]
    assert holm(vector["p"]) == pytest.approx(vector["holm"], abs=5e-7)
    assert benjamini_hochberg(vector["p"]) == pytest.approx(vector["bh"], abs=1e-6)


def test_half_of_the_p_values_above_one_half_means_that_all_null_hypotheses_are_true() -> None:
    found = storey([0.01, 0.2, 0.6, 0.9])
    assert found.pi0 == 1
    assert found.values == pytest.approx(benjamini_hochberg([0.01, 0.2, 0.6, 0.9]))
    assert found.note.endswith("q gelijk is aan Benjamini-Hochberg")


def test_few_p_values_above_one_half_make_q_smaller_than_the_adjusted_p() -> None:
    p = [0.001, 0.01, 0.02, 0.03, 0.04, 0.05, 0.2, 0.3, 0.4, 0.8]
    found = storey(p)
    assert found.pi0 == pytest.approx(1 / (0.5 * 10))
    assert found.values == pytest.approx([0.2 * each for each in benjamini_hochberg(p)])
    assert found.note.startswith("1 van de 10 p-waarden liggen boven 0,5")


def test_with_no_p_value_above_one_half_pi0_is_not_zero_and_that_is_said() -> None:
    found = storey([0.01, 0.02, 0.3])
    assert found.pi0 == pytest.approx(1 / 3)
    assert "niet op 0 maar op 1/3 gezet" in found.note


def test_another_lambda_counts_from_there() -> None:
    assert storey([0.1, 0.85, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.2, 0.05], 0.8).pi0 == pytest.approx(1 / (0.2 * 10))


@given(P_VALUES)
def test_a_q_value_never_exceeds_the_adjusted_p_and_keeps_the_order(p: list[float]) -> None:
    found = storey(p)
    assert found.pi0 is not None
    assert 0 < found.pi0 <= 1
    assert all(q <= over for q, over in zip(found.values, benjamini_hochberg(p), strict=True))
    ranked = [q for _, q in sorted(zip(p, found.values, strict=True))]
    assert ranked == sorted(ranked)


def test_without_tests_there_is_nothing_to_estimate() -> None:
    assert (storey([]).values, storey([]).pi0) == ((), None)


@pytest.mark.parametrize("p", [[-0.1], [1.1], [float("nan")]])
def test_what_is_no_p_value_is_refused(p: list[float]) -> None:
    with pytest.raises(BadInput, match="not-a-p-value"):
        storey(p)


def test_a_lambda_of_one_is_refused() -> None:
    with pytest.raises(BadInput, match="not-a-share"):
        storey([0.5], 1)
