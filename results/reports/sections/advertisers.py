"""Each advertiser beside all others: drawn towards them, treated alike or not, and its grade."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from profiles.errors import BadInput
from results.reports import figures
from results.reports.values import AdvertiserRow
from results.statistics import Estimate
from results.statistics.advertiser import (
    BetaFit,
    Mixture,
    ReportCard,
    fit_beta,
    no_one_sided_treatment,
    report_card,
    shares,
)
from results.statistics.multiplicity import QValues, storey
from results.tables import RoundTable


@dataclass(frozen=True)
class AdvertiserLine:
    """One advertiser: counts, p and q (in ``row``), its share drawn towards the others, and its grade (0: none).

    ``alike`` is the posterior probability that it treats both arms alike; None where the mixture could not be fitted.
    """

    key: str
    row: AdvertiserRow
    share: Estimate
    alike: float | None
    grade: int


@dataclass(frozen=True)
class Advertisers:
    """All advertisers with a usable pair, in order of name, and what their numbers rest on.

    ``q``: Storey's share without a difference; ``mixture`` is None when nobody has a one-sided pair.
    """

    lines: tuple[AdvertiserLine, ...]
    fit: BetaFit
    q: QValues
    mixture: Mixture | None
    card: ReportCard


def of(table: RoundTable) -> Advertisers:
    """Compare the advertisers of a round that have a usable pair; there is at least one."""
    level = table.facts.level
    tested = {key: row for key, row in figures.everyone(table).items() if row.result.counts.n}
    c10, c01 = (
        np.array([getattr(each.result.counts, cell) for each in tested.values()], dtype=np.int64)
        for cell in ("c10", "c01")
    )
    fit = fit_beta(c10, c01)
    mixture, card = _mixture(c10, c01), report_card(c10, c01, fit)
    alike = mixture.posterior.tolist() if mixture else [None] * len(tested)
    found = zip(tested.items(), shares(c10, c01, fit, level), alike, card.grades.tolist(), strict=True)
    return Advertisers(
        lines=tuple(AdvertiserLine(key, row, share, each, grade) for (key, row), share, each, grade in found),
        fit=fit,
        q=storey([each.result.p for each in tested.values()]),
        mixture=mixture,
        card=card,
    )


def _mixture(c10: Sequence[int] | np.ndarray, c01: Sequence[int] | np.ndarray) -> Mixture | None:
    """None when no advertiser has a one-sided pair: the share without a difference then has nothing to rest on."""
    try:
        return no_one_sided_treatment(c10, c01)
    except BadInput:
        return None
