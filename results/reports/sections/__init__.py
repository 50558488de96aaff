"""What a closed round tells beside its headline: numbers only, for report and results.json alike."""

from dataclasses import dataclass

from orchestrator.states import RoundState
from results.reports import figures
from results.reports.sections import advertisers, answers, bias, noise, strata, times
from results.reports.sections.advertisers import Advertisers
from results.reports.sections.answers import Classes
from results.reports.sections.bias import Bias
from results.reports.sections.strata import Split
from results.reports.sections.times import Times
from results.statistics.noise import Noise
from results.tables import PairRow, RoundTable

FINISHED = (RoundState.CLOSED, RoundState.RELEASED)


@dataclass(frozen=True)
class Sections:
    """Every section of a round of pairs: the control against the first treatment, sham pairs apart.

    ``noise`` is None without a usable sham pair, ``times`` without an answer time that can be used.
    """

    splits: tuple[Split, ...]
    order: Split
    bias: Bias
    noise: Noise | None
    times: Times | None
    answers: tuple[Classes, ...]
    advertisers: Advertisers


def of_round(table: RoundTable) -> Sections | None:
    """The sections of a closed round; None while it can still change, and without a usable pair."""
    facts, rows = table.facts, figures.real(table.rows)
    counted = figures.usable(rows)
    if facts.state not in FINISHED or not counted:
        return None
    sham = figures.usable(row for row in table.rows if row.sham)
    return _sections(table, rows, counted, sham)


def _sections(
    table: RoundTable, rows: tuple[PairRow, ...], counted: tuple[PairRow, ...], sham: tuple[PairRow, ...]
) -> Sections:
    facts = table.facts
    return Sections(
        splits=strata.splits(counted, facts),
        order=strata.order(counted, facts.level),
        bias=bias.of(rows, facts),
        noise=noise.of(counted, sham, facts.level),
        times=times.of(counted, facts.response_days, facts.level),
        answers=answers.of(counted, facts.level),
        advertisers=advertisers.of(table),
    )
