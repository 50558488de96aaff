"""Flipping who had which label: exact distributions against enumeration, and draws against the exact answer."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from profiles.errors import BadInput
from results.statistics import Counts
from results.statistics.mcnemar import mcnemar
from results.statistics.randomisation import sign_flip, sign_flip_clustered, sign_flip_drawn, sign_flip_exact

wholes = st.lists(st.integers(-40, 40), min_size=1, max_size=60).filter(any)


def enumerated(differences: list[int]) -> float:
    """The whole distribution in exact fractions, one difference after another."""
    ways = {0: 1}
    for size in map(abs, differences):
        grown: dict[int, int] = {}
        for total, count in ways.items():
            for new in (total + size, total - size):
                grown[new] = grown.get(new, 0) + count
        ways = grown
    far = sum(count for total, count in ways.items() if abs(total) >= abs(sum(differences)))
    return float(Fraction(far, sum(ways.values())))


@settings(max_examples=150)
@given(wholes)
@example([2] * 30 + [1])
@example([40, -1, -1, -1])
@example([3] * 60)
@example([6, -9, 15, 12])
@example([5, -5])
def test_the_exact_p_is_that_of_enumeration_to_twelve_digits(differences: list[int]) -> None:
    assert sign_flip_exact(differences).p == pytest.approx(enumerated(differences), rel=1e-12)


@pytest.mark.parametrize("cells", [(464, 307, 80, 1883), (59, 6, 16, 80), (43, 43, 27, 197), (0, 5, 0, 1)])
def test_one_application_per_arm_is_mcnemars_exact_test(cells: tuple[int, ...]) -> None:
    counts = Counts(*cells)
    exact = {test.name: test.p for test in mcnemar(counts)}["mcnemar_exact"]
    assert sign_flip(counts).p == exact
    assert sign_flip_exact([1] * counts.c10 + [-1] * counts.c01).p == pytest.approx(exact, rel=1e-11)


def test_pairs_of_one_advertiser_are_flipped_together() -> None:
    table = [[0, 3, 0, 2], [1, 2, 2, 0], [0, 1, 2, 5], [2, 4, 0, 1]]
    found = sign_flip_clustered(table)
    assert found.p == pytest.approx(enumerated([3, 0, -1, 4]), rel=1e-12)
    assert found.statistic == 6


def test_five_thousand_advertisers_and_a_million_pairs_agree_with_a_direct_convolution() -> None:
    rng = np.random.default_rng(6)
    net = rng.binomial(200, 0.1008, 5000) - rng.binomial(200, 0.1, 5000)
    heads = np.ones(1)
    for size in map(int, np.abs(net)):  # the chance of every sum of heads, one advertiser after another
        grown = np.zeros(len(heads) + size)
        grown[: len(heads)] += heads / 2
        grown[size:] += heads / 2
        heads = grown
    beyond = (int(np.abs(net).sum()) + abs(int(net.sum()))) // 2
    assert sign_flip_exact(net).p == pytest.approx(2 * heads[beyond:].sum(), rel=1e-10)


@given(wholes, st.integers(2, 5))
def test_a_common_factor_and_the_direction_do_not_matter(differences: list[int], factor: int) -> None:
    p = sign_flip_exact(differences).p
    assert sign_flip_exact([factor * d for d in differences]).p == pytest.approx(p, rel=1e-11)
    assert sign_flip_exact([-d for d in differences]).p == pytest.approx(p, rel=1e-11)


def test_draws_come_close_to_the_exact_p_and_are_the_same_for_the_same_seed() -> None:
    differences = [3, -1, 4, 1, 5, -2, 2, 2]
    drawn = [sign_flip_drawn(differences, np.random.default_rng(12)).p for _ in range(2)]
    assert drawn[0] == drawn[1] == pytest.approx(enumerated(differences), abs=0.012)


def test_a_drawn_p_is_never_zero() -> None:
    assert sign_flip_drawn([0.5 + 0.001 * k for k in range(60)], np.random.default_rng(1), draws=99).p == 0.01


def test_draws_flip_the_pairs_of_one_advertiser_together() -> None:
    values, codes = [1.5, 1.5, 2.0, 2.0, -1.0, 0.5], [0, 0, 1, 1, 2, 2]
    apart = sign_flip_drawn(values, np.random.default_rng(3)).p
    together = sign_flip_drawn(values, np.random.default_rng(3), codes).p
    assert together == pytest.approx(0.5, abs=0.02)  # 3, 4, -0.5: four of eight patterns are as far
    assert apart < 0.3


def test_over_all_sign_patterns_the_test_rejects_in_at_most_five_percent() -> None:
    sizes = np.array([1, 1, 2, 3, 3, 5, 7, 8, 11])
    patterns = 2 * ((np.arange(2**9)[:, None] >> np.arange(9)) & 1) - 1
    rejected = np.mean([sign_flip_exact(pattern * sizes).p <= 0.05 for pattern in patterns])
    assert 0.03 < rejected <= 0.05


def test_no_difference_at_all_says_that_there_was_nothing_to_test() -> None:
    for found in (
        sign_flip(Counts(3, 0, 0, 3)),
        sign_flip_exact([0, 0]),
        sign_flip_clustered([[1, 2, 2, 1]]),
        sign_flip_drawn([0.0], np.random.default_rng(1)),
    ):
        assert (found.p, found.statistic) == (1, None)
        assert "niets te toetsen" in found.note


@pytest.mark.parametrize("differences", [[0.5, 1], ["a"], [[1, 2]], [True, False]])
def test_the_exact_test_refuses_what_is_not_whole(differences: Any) -> None:
    with pytest.raises(BadInput, match="difference-not-whole"):
        sign_flip_exact(differences)


@pytest.mark.parametrize("differences", [["a"], [np.nan, 1.0], [np.inf], [[1.0]], [None, 1]])
def test_draws_refuse_what_is_not_a_number(differences: Any) -> None:
    with pytest.raises(BadInput, match="difference-not-a-number"):
        sign_flip_drawn(differences, np.random.default_rng(1))


def test_differences_whose_sums_do_not_fit_in_memory_are_a_named_error() -> None:
    with pytest.raises(BadInput, match="differences-too-large"):
        sign_flip_exact([10**9, 10**9 + 1, -1])


def test_small_integer_types_do_not_overflow() -> None:
    assert sign_flip_exact(np.array([-128, 100, 100], dtype=np.int8)).p == pytest.approx(enumerated([-128, 100, 100]))
