"""The page about advertisers and looks prints what the program computes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from results.statistics import Counts, advertisers
from results.statistics.advertiser import (
    fit_beta,
    more_needed,
    net_shrunk,
    no_one_sided_treatment,
    one_sided_p,
    report_card,
    sentence,
    shares,
)
from results.statistics.advertiser.grades import grade, loss, ordering
from results.statistics.advertiser.shrinkage import posterior
from results.statistics.looks import LookPlan, Shape, classic, evidence, judge, spending_boundaries, spent
from results.statistics.multiplicity import benjamini_hochberg, holm, storey

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "statistics-advertisers.md").read_text("utf-8")
ORACLE: dict[str, Any] = json.loads((ROOT / "tests" / "oracles" / "statistics.json").read_text("utf-8"))
BROKERS = ORACLE["brokers_synthetic"]
B, C = (np.array([broker[side] for broker in BROKERS]) for side in ("b", "c"))
FIT = fit_beta(B, C)
FLAT = " ".join(PAGE.split())


def says(*texts: str) -> None:
    """Each text stands on the page, whatever its line breaks."""
    missing = [text for text in texts if text not in FLAT]
    assert missing == []


def rows(start: str) -> list[list[str]]:
    """The cells of the table rows after the header row that begins with ``start``."""
    _, _, rest = PAGE.partition(f"| {start}")
    lines = rest.splitlines()[2:]
    end = next(k for k, line in enumerate(lines) if not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]


def test_the_page_prints_the_twelve_advertisers() -> None:
    judged = advertisers({each["broker"]: Counts(0, each["b"], each["c"], 0) for each in BROKERS})
    drawn, alike = shares(B, C, FIT), no_one_sided_treatment(B, C, pi0=0.5).posterior
    grades = report_card(B, C, FIT).grades
    assert rows("advertiser | c10") == [
        [
            *(one.advertiser, str(one.counts.c10), str(one.counts.c01), f"{one.p:.4f}", f"{one.p_adjusted:.4f}"),
            *(f"{number:.3f}" for number in (share.value, share.low, share.high) if number is not None),
            *(f"{same:.4f}", str(number), sentence(one)),
        ]
        for one, share, same, number in zip(judged, drawn, alike, grades, strict=True)
    ]


def test_the_page_prints_the_boundaries() -> None:
    parts = (0.2, 0.4, 0.6, 0.8, 1.0)
    columns = [spending_boundaries(parts, 0.05, shape).z for shape in Shape] + [classic(5, 0.05, s).z for s in Shape]
    printed = [row[1:] for row in rows("look | spending")]
    assert printed == [[f"{column[k]:.4f}" for column in columns] for k in range(5)]
    says(f"= {float(spent(0.2, 0.05, Shape.OBRIEN_FLEMING)):.7f}", f"= {float(spent(0.2, 0.05, Shape.POCOCK)):.5f}")


def test_the_page_derives_the_exact_test_and_the_pairs_still_needed() -> None:
    says(f"56 / 1024 = {one_sided_p(Counts(0, 8, 2, 0)):.4f}")
    says(f"E (4, 0) needs {more_needed(Counts(0, 4, 0, 0))}:", f"K (0, 1) needs {more_needed(Counts(0, 0, 1, 0))}:")
    says(f"9/256 = {one_sided_p(Counts(0, 7, 1, 0)):.3f}", f"8/128 = {one_sided_p(Counts(0, 6, 1, 0)):.4f}")


def test_the_page_derives_the_adjusted_p_values() -> None:
    p = ORACLE["multiplicity"]["p"]
    says("0.0098 × 5 = 0.0490, 0.0129 × 4 = 0.0516, 0.0347 × 3 = 0.1041, 0.0521 × 2 = 0.1042, 0.6746")
    assert holm(p) == pytest.approx((0.1042, 0.1041, 0.0490, 0.6746, 0.0516))
    says("0.6746, 0.0651, 0.0578, 0.03225 (rank 2)")
    assert benjamini_hochberg(p) == pytest.approx((0.0651, 0.0578, 0.03225, 0.6746, 0.03225), abs=5e-5)
    says(f"= {storey(p).pi0} and q", f"{storey(p).values[2]:.4f} for the smallest two")
    assert storey([one_sided_p(Counts(0, int(b), int(c), 0)) for b, c in zip(B, C, strict=True)]).pi0 == 1


def test_the_page_derives_the_share_of_e() -> None:
    alpha, beta = FIT.alpha, FIT.beta
    assert alpha is not None
    assert beta is not None
    says(f"are {alpha:.4f} and {beta:.4f} (log likelihood −{-(FIT.log_likelihood or 0):.4f}")
    says(f"= {np.prod([(alpha + k) / (alpha + beta + k) for k in range(4)]):.4f}.")
    says(f"Beta({alpha + 4:.4f}, {beta:.4f})", f"= **{(alpha + 4) / (alpha + beta + 4):.3f}**", f"= {FIT.mean:.3f}.")


def test_the_page_derives_the_interval_of_e() -> None:
    mean, size, weight = posterior(B, C)
    own = (mean * size + 4) / (size + 4)
    within, middle = float(own * (1 - own) / (size + 5) @ weight), float(own @ weight)
    between = float(own**2 @ weight) - middle**2
    total = middle * (1 - middle) / (within + between) - 1
    says(f"has mean {middle:.4f} and variance {within + between:.6f}: {within:.6f} within each beta plus {between:.6f}")
    says(f"= {total:.3f}, so Beta({middle * total:.3f}, {(1 - middle) * total:.3f})")
    share = shares(B, C, FIT)[4]
    says(f"**{share.low:.3f}** and **{share.high:.3f}**")


def test_the_page_derives_the_net_differences() -> None:
    found = net_shrunk([[4, 3, 1, 2], [3, 1, 1, 5], [5, 0, 2, 3]])
    says(f"= {found.sd**2:.6f}, weight", "**0.25**: the estimates become 0.05, 0 and −0.05")
    assert found.weights == pytest.approx([0.25] * 3)
    assert found.values == pytest.approx([0.05, 0, -0.05])


def test_the_page_derives_the_probability_of_being_alike() -> None:
    says(f"**{no_one_sided_treatment([4], [0], pi0=0.5).posterior[0]:.4f}**")
    says(f"π₀ of the twelve is {no_one_sided_treatment(B, C).pi0:.4f}")


def test_the_page_derives_the_grades() -> None:
    first, second = np.array([5.0, 1, 1]), np.array([1.0, 1, 5])
    above = ordering(first, second)
    assert (above[0, 1], above[1, 2], above[0, 2]) == pytest.approx((5 / 6, 5 / 6, 251 / 252), abs=1e-6)
    three, two, one = (loss(np.array(each), above, 0.25) for each in ([1, 2, 3], [1, 2, 2], [1, 1, 1]))
    says(f"**−{-three:.6f}**", f"two grades −{-two:.6f}, one grade {one:.0f}: three it is")
    assert grade(above, first / (first + second), 0.25).tolist() == [1, 2, 3]
    wrong = (above[1, 0] + above[2, 1] + above[2, 0]) / 3
    says(f"**{wrong:.4f}** is expected", f"= {1 - 2 * wrong:.4f}.")
    card = report_card(B, C, FIT)
    says(f"{100 * (card.misranked or 0):.1f}% of all pairs", f"{100 * (card.misranked_graded or 0):.1f}% of those")


def test_the_page_derives_the_exact_boundaries() -> None:
    plan = LookPlan((100, 200), 0.05, Shape.POCOCK)
    first, second = judge(plan, [Counts(0, 7, 1, 0), Counts(0, 9, 1, 0)])
    says(f"they may spend {plan.allowed[0]:.4f} and {plan.allowed[1]:.4f}")
    assert (first.boundary, second.boundary, second.stops) == (8, 8, True)
    says(f"2/256 = {first.spent:.4f}", f"= {second.spent:.4f}.", f"stops, with p = {second.p:.4f}")
    says(f"22/1024 = {second.p_alone:.4f}")


def test_the_page_derives_the_evidence() -> None:
    two, one = (evidence([5], [0], one_sided=side)[0] for side in (False, True))
    says(
        f"**{np.exp(two.log_e):.4f}**",
        f"**{np.exp(one.log_e):.1f}**",
        f"1/10.5 = {one.p:.4f}",
        f"**{two.share.low:.4f}**",
    )
