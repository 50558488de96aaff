"""docs/looks.md prints what the program computes."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scipy import stats

from results import looks
from results.looks import Look, RoundLooks
from results.statistics.looks import LookPlan, Shape

PAGE = (Path(__file__).parents[2] / "docs" / "looks.md").read_text(encoding="utf-8")
PLAN = LookPlan((30, 60))
AT_LOOK = [(f"P-{place}", place < 10, 10 <= place < 14) for place in range(30)]
AT_END = [*AT_LOOK, *((f"Q-{place}", place < 6, 6 <= place < 10) for place in range(30))]


def opened(plan: LookPlan) -> RoundLooks:
    bare = RoundLooks(plan, (), tuple(code for code, _, _ in AT_LOOK))
    seen = Look(1, 30, datetime(2026, 9, 20, tzinfo=UTC), "anna", bare.settled or (), looks.judged(bare, AT_LOOK, 30))
    return replace(bare, opened=(seen,))


def test_the_look_of_the_page_has_the_boundary_the_alpha_and_the_evidence_it_says() -> None:
    (seen,) = opened(PLAN).opened
    verdict = seen.verdict
    assert verdict.boundary == 12
    for number in (f"**{verdict.allowed:.5f}**", f"**{verdict.spent:.5f}**", f"**{verdict.e_value:.4f}**"):
        assert number in PAGE
    assert f"always-valid p of {verdict.always_p:.2f}" in PAGE
    assert f"{stats.binomtest(4, 14).pvalue:.2f}." in PAGE
    assert not verdict.stops


def test_the_end_of_the_page_has_the_boundary_and_the_tails_it_says() -> None:
    end = looks.final(opened(PLAN), AT_END)
    assert end is not None
    assert end.counts.discordant == 24
    assert end.boundary == 12
    tails = {size: 2 * stats.binom.sf((24 + size) // 2 - 1, 24, 0.5) for size in (10, 12)}
    assert f"{tails[12]:.5f}" in PAGE
    assert f"{tails[10]:.5f}" in PAGE
    bare = looks.final(RoundLooks(PLAN), AT_END)
    assert bare is not None
    assert bare.boundary == 12


@pytest.mark.parametrize("shape", list(Shape))
def test_the_levels_of_the_page_are_those_of_the_final_look(shape: Shape) -> None:
    level = looks.level(opened(LookPlan((30, 60), 0.05, shape)), 0.95)
    assert f"{100 * level:.1f}%" in PAGE
