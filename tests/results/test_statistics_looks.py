"""Declared looks may not cost more than alpha together; between them numbers stay hidden."""

import json
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from profiles.errors import BadInput
from results.statistics import Counts
from results.statistics.looks import (
    LookPlan,
    Shape,
    classic,
    evidence,
    judge,
    log_mixture,
    open_look,
    spending_boundaries,
    spent,
)
from results.statistics.looks.anytime import sequence
from results.statistics.looks.boundaries import crossing

ORACLE: dict[str, Any] = json.loads((Path(__file__).parents[1] / "oracles" / "statistics.json").read_text("utf-8"))
FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)
PLAN = LookPlan((200, 400, 600))


def only(c10: int, c01: int) -> Counts:
    return Counts(0, c10, c01, 0)


def walks(paths: int, coins: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """c10 and c01 after each of ``coins`` one-sided pairs, for many rounds; shape (paths, coins)."""
    heads = (np.random.default_rng(seed).random((paths, coins)) < share).cumsum(axis=1)
    return heads, np.arange(1, coins + 1) - heads


# --- boundaries ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        (Shape.OBRIEN_FLEMING, (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
        (Shape.POCOCK, (2.4380, 2.4268, 2.4101, 2.3966, 2.3859)),
    ],
)
def test_the_published_spending_boundaries_of_five_looks_come_out(shape: Shape, published: tuple[float, ...]) -> None:
    """As the program of Reboussin, DeMets, Kim & Lan (2000) prints them; its grid shows in the fourth decimal."""
    assert spending_boundaries(FIVE, 0.05, shape).z == pytest.approx(published, abs=1.5e-4)


@pytest.mark.parametrize("shape", Shape)
def test_the_second_boundary_is_the_one_that_adaptive_integration_finds(shape: Shape) -> None:
    first, second = spending_boundaries((0.2, 0.4, 1.0), 0.05, shape).z[:2]

    def beyond(z1: float) -> float:
        """Density of the first z times the chance that the second passes; both looks equally far apart."""
        return float(stats.norm.pdf(z1) * stats.norm.sf(second * np.sqrt(2) - z1))

    crossed, _ = integrate.quad(beyond, -first, first, epsabs=1e-14, epsrel=1e-12)
    early, later = spent([0.2, 0.4], 0.05, shape)
    assert 2 * crossed == pytest.approx(later - early, rel=1e-8)


@pytest.mark.parametrize(
    ("looks", "shape", "last"),
    [
        (5, Shape.OBRIEN_FLEMING, 2.040),
        (2, Shape.OBRIEN_FLEMING, 1.977),
        (10, Shape.OBRIEN_FLEMING, 2.087),
        (5, Shape.POCOCK, 2.413),
        (2, Shape.POCOCK, 2.178),
        (10, Shape.POCOCK, 2.555),
    ],
)
def test_the_published_classic_constants_come_out(looks: int, shape: Shape, last: float) -> None:
    """Jennison & Turnbull (2000), tables 2.1 and 2.3."""
    assert classic(looks, 0.05, shape).z[-1] == pytest.approx(last, abs=5.1e-4)


def test_classic_obrien_fleming_is_not_the_spending_version() -> None:
    assert classic(5).z == pytest.approx((4.562, 3.226, 2.634, 2.281, 2.040), abs=5.1e-4)
    assert classic(5).z[0] < spending_boundaries(FIVE).z[0]


def test_one_look_is_the_ordinary_test() -> None:
    for found in (spending_boundaries([1.0]), classic(1), spending_boundaries([1.0], 0.05, Shape.POCOCK)):
        assert found.z == pytest.approx((1.959964,), abs=1e-6)
        assert found.nominal_p == pytest.approx((0.05,))


@pytest.mark.parametrize("shape", Shape)
def test_the_looks_together_spend_exactly_alpha(shape: Shape) -> None:
    for parts in ([0.1, 0.15, 0.9, 1.0], [0.5, 1.0], [0.01, 0.99, 1.0]):
        found = spending_boundaries(parts, 0.05, shape)
        assert crossing(parts, found.z) == pytest.approx(found.spent, abs=1e-12)
        assert found.spent[-1] == pytest.approx(0.05)
    assert spent(0.5, 0.05, shape) < 0.05


@pytest.mark.parametrize("shape", Shape)
def test_a_random_walk_crosses_the_boundaries_as_often_as_computed(shape: Shape) -> None:
    steps = np.random.default_rng(5).standard_normal((100_000, 5)) * np.sqrt(0.2)
    z = steps.cumsum(axis=1) / np.sqrt(FIVE)
    crossed = np.abs(z) >= spending_boundaries(FIVE, 0.05, shape).z
    assert crossed.any(axis=1).mean() == pytest.approx(0.05, abs=0.002)
    assert crossed[:, :3].any(axis=1).mean() == pytest.approx(spent(0.6, 0.05, shape), abs=0.002)


@pytest.mark.parametrize("parts", [[], [0.5, 0.5], [0.0, 1.0], [0.5, 1.2], [0.8, 0.3]])
def test_looks_that_do_not_rise_are_refused(parts: list[float]) -> None:
    with pytest.raises(BadInput, match="looks-not-rising"):
        spending_boundaries(parts)


# --- the exact decision -------------------------------------------------------------------------------------------


def boundaries(plan: LookPlan, sizes: list[int]) -> list[tuple[int | None, float]]:
    """Boundary and alpha spent per look when nothing stops: counts as even as they can be."""
    found = judge(plan, [only(m // 2, m - m // 2) for m in sizes])
    return [(each.boundary, each.spent) for each in found]


@pytest.mark.parametrize("shape", Shape)
def test_the_alpha_spent_is_what_all_possible_rounds_add_up_to(shape: Shape) -> None:
    """All 16,384 ways in which 14 coins can fall, three looks."""
    plan, sizes = LookPlan((10, 20, 30), 0.2, shape), [5, 9, 14]
    ways = np.array(list(product((1, -1), repeat=14))).cumsum(axis=1)
    stopped = np.zeros(len(ways), dtype=bool)
    for size, (boundary, total), allowed in zip(sizes, boundaries(plan, sizes), plan.allowed, strict=True):
        if boundary is not None:
            stopped |= np.abs(ways[:, size - 1]) >= boundary
        assert total == pytest.approx(stopped.mean(), abs=1e-12)
        assert total <= allowed


@pytest.mark.parametrize("shape", Shape)
@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 60), min_size=3, max_size=3), alpha=st.sampled_from([0.01, 0.05, 0.1]))
def test_whatever_the_numbers_of_one_sided_pairs_the_size_stays_below_alpha(
    shape: Shape, sizes: list[int], alpha: float
) -> None:
    plan = LookPlan((200, 400, 600), alpha, shape)
    found = boundaries(plan, np.cumsum(sizes).tolist())
    assert all(total <= allowed for (_, total), allowed in zip(found, plan.allowed, strict=True))


def test_simulated_rounds_without_a_difference_stop_no_more_often_than_alpha() -> None:
    sizes = [40, 85, 130]
    b, c = walks(20_000, 130, 0.5, seed=11)
    limits = [limit for limit, _ in boundaries(PLAN, sizes) if limit is not None]
    assert len(limits) == 3
    gaps = np.abs(b - c)[:, np.array(sizes) - 1]
    size = (gaps >= limits).any(axis=1).mean()
    assert size == pytest.approx(boundaries(PLAN, sizes)[-1][1], abs=0.005)
    assert size < 0.05


def test_a_clear_difference_stops_early_and_later_looks_are_not_judged() -> None:
    found = judge(PLAN, [only(40, 5), only(80, 10), only(120, 15)])
    assert [(each.look, each.stops) for each in found] == [(1, True)]
    assert found[0].p == pytest.approx(found[0].p_alone)


def test_a_difference_that_would_be_found_by_one_look_alone_does_not_stop_an_early_look() -> None:
    first = judge(PLAN, [only(26, 12)])[0]
    assert first.p_alone < 0.05
    assert not first.stops


def test_the_p_value_of_a_later_look_counts_what_earlier_looks_could_have_stopped() -> None:
    found = judge(PLAN, [only(20, 18), only(45, 28), only(80, 42)])
    assert [each.stops for each in found] == [False, False, True]
    assert found[2].p > found[1].spent
    assert found[2].p <= 0.05


def test_at_the_last_look_p_below_alpha_and_stopping_are_the_same_up_to_whole_counts() -> None:
    for b in range(30, 66):
        last = judge(LookPlan((300, 600)), [only(15, 15), only(b, 95 - b)])[-1]
        assert last.stops == (last.p <= 0.05)


def test_one_declared_look_is_the_exact_test() -> None:
    for b in range(21):
        only_one = judge(LookPlan((100,)), [only(b, 20 - b)])[0]
        assert only_one.p == pytest.approx(only_one.p_alone)
        assert only_one.stops == (only_one.p_alone <= 0.05)


def test_a_look_without_one_sided_pairs_cannot_stop() -> None:
    found = judge(PLAN, [only(0, 0), only(3, 0)])
    assert [(each.boundary, each.stops) for each in found] == [(None, False), (None, False)]
    assert found[0].p == 1


def test_very_many_pairs_are_judged_as_the_normal_boundaries_say() -> None:
    sizes = [40_000, 80_000, 160_000]
    plan = LookPlan((250_000, 500_000, 1_000_000))
    z = [limit / np.sqrt(m) for (limit, _), m in zip(boundaries(plan, sizes), sizes, strict=True) if limit is not None]
    assert z == pytest.approx(spending_boundaries((0.25, 0.5, 1.0)).z, abs=0.02)


@pytest.mark.parametrize("tables", [[], [only(9, 1), only(8, 5)], [only(1, 1)] * 4])
def test_tables_that_do_not_fit_the_plan_are_refused(tables: list[Counts]) -> None:
    with pytest.raises(BadInput, match="looks-do-not-fit"):
        judge(PLAN, tables)


@pytest.mark.parametrize("at", [(), (100, 100), (0, 100), (200, 100), (0.5, 1)])
def test_a_plan_that_does_not_rise_is_refused(at: Any) -> None:
    with pytest.raises(BadInput, match="looks-not-rising"):
        LookPlan(at)


# --- open or hidden -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("observed", "taken", "look"),
    [(0, 0, None), (199, 0, None), (200, 0, 1), (260, 0, 1), (260, 1, None), (400, 1, 2), (450, 0, 2), (600, 2, 3)],
)
def test_numbers_are_shown_only_at_a_declared_look_that_was_not_taken_yet(
    observed: int, taken: int, look: int | None
) -> None:
    found = open_look(PLAN, observed, taken)
    assert (found.look, found.hidden) == (look, look is None)


def test_at_the_end_numbers_stay_open() -> None:
    assert [open_look(PLAN, observed, taken=3).look for observed in (600, 700)] == [3, 3]


def test_a_round_closed_early_opens_its_last_look() -> None:
    assert open_look(PLAN, 150).hidden
    assert open_look(PLAN, 150, closed=True).look == 3


def test_hidden_numbers_say_when_they_open() -> None:
    found = open_look(PLAN, 230, taken=1)
    assert (found.next_at, found.text) == (400, "cijfers blijven verborgen tot 400 geslaagde tests; nu 230")


@given(st.integers(0, 800), st.integers(0, 3))
def test_more_pairs_never_reopen_a_look_that_was_taken(observed: int, taken: int) -> None:
    found = open_look(PLAN, observed, taken)
    assert found.look is None or found.look > taken or found.look == 3
    assert found.look is None or observed >= PLAN.at[found.look - 1]


@pytest.mark.parametrize(("observed", "taken"), [(-1, 0), (10, 4), (10, -1)])
def test_impossible_looks_are_refused(observed: int, taken: int) -> None:
    with pytest.raises(BadInput, match="looks-do-not-fit"):
        open_look(PLAN, observed, taken)


# --- evidence at any moment ---------------------------------------------------------------------------------------


def test_five_out_of_five_gives_the_published_e_values() -> None:
    assert np.exp(log_mixture(5, 0)) == pytest.approx(5.333333, abs=1e-6)
    assert np.exp(log_mixture(5, 0, one_sided=True)) == pytest.approx(10.5)


@pytest.mark.parametrize("study", [s for s in ORACLE["studies"] if "e_value_one_sided_uniform" in s.get("derived", {})])
def test_the_e_values_of_the_studies_come_out(study: dict[str, Any]) -> None:
    counts = study["counts"]
    found = np.exp(log_mixture(counts["only_majority"], counts["only_minority"], one_sided=True))
    assert found == pytest.approx(study["derived"]["e_value_one_sided_uniform"], rel=6e-6)


@pytest.mark.parametrize(("one_sided", "printed"), [(True, -0.07134019), (False, -0.6941012)])
def test_the_unit_test_vector_of_confseq_comes_out(one_sided: bool, printed: float) -> None:
    """beta_binomial_log_mixture(s=10, v=100, v_opt=100, g=.2, h=.8), rewritten to counts: b = 135, c = 490, share 0.2.

    Howard et al. (2021) tune the prior by rho = v_opt / (2 log(1/a) + log(1 + 2 log(1/a))), a doubled when one-sided.
    """
    s, v, g, h, a = 10, 100, 0.2, 0.8, 0.1 if one_sided else 0.05
    r = 100 / (-2 * np.log(a) + np.log(1 - 2 * np.log(a))) - g * h
    b, c, prior = (v + h * s) / h, (v - g * s) / g, (r / h, r / g)
    assert log_mixture(b, c, g, prior, one_sided=one_sided) == pytest.approx(
        printed, abs=5.1e-9 if one_sided else 5.1e-8
    )


def test_evidence_starts_at_nothing() -> None:
    found = evidence([0], [0])[0]
    assert (found.log_e, found.p) == (pytest.approx(0), pytest.approx(1))
    assert (found.share.value, found.share.low, found.share.high) == (None, 0, 1)


def test_the_always_valid_p_never_rises() -> None:
    found = evidence([5, 12, 20, 24], [0, 1, 8, 22])
    assert all(after.p <= before.p for before, after in pairwise(found))
    assert found[3].log_e < found[1].log_e


def test_the_confidence_sequence_is_what_the_mixture_does_not_reject() -> None:
    low, high = sequence([30, 0, 7], [10, 9, 0], 0.95)
    edges = [
        log_mixture(30, 10, low[0]),
        log_mixture(30, 10, high[0]),
        log_mixture(0, 9, high[1]),
        log_mixture(7, 0, low[2]),
    ]
    assert edges == pytest.approx([np.log(20)] * 4)
    assert (low[1], high[2]) == (0, 1)


def test_looks_that_contradict_each_other_are_said_to() -> None:
    found = evidence([60, 60], [0, 500])
    assert found[1].share.convention.endswith("de tussenstanden spreken elkaar tegen")
    assert found[1].share.low is not None
    assert found[1].share.low < 60 / 560


@pytest.mark.parametrize("one_sided", [False, True])
def test_without_a_difference_the_evidence_rarely_ever_passes_twenty(one_sided: bool) -> None:
    """Looked at after every single pair, 200 times."""
    b, c = walks(4000, 200, 0.5, seed=2)
    ever = (log_mixture(b, c, one_sided=one_sided) >= np.log(20)).any(axis=1).mean()
    assert 0 < ever < 0.05


def test_the_confidence_sequence_holds_the_true_share_at_all_moments_together() -> None:
    b, c = walks(4000, 200, 0.7, seed=3)
    assert (log_mixture(b, c, 0.7) < np.log(20)).all(axis=1).mean() > 0.95


@given(st.integers(0, 200), st.integers(0, 200))
@settings(deadline=None)
def test_the_interval_holds_the_observed_share(b: int, c: int) -> None:
    share = evidence([b], [c])[0].share
    assert share.low is not None
    assert share.high is not None
    assert share.value is None or share.low <= share.value <= share.high


def test_one_sided_evidence_against_the_other_side_is_none() -> None:
    assert evidence([0], [400], one_sided=True)[0].p == 1
    assert evidence([0], [5000], one_sided=True)[0].log_e == -np.inf


def test_falling_counts_are_refused() -> None:
    with pytest.raises(BadInput, match="looks-do-not-fit"):
        evidence([5, 4], [1, 2])
