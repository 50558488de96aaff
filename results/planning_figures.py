"""What a design comes to before anybody is written to: power, width, days and burden, at once and without chance.

For what the simulated market adds to it (answers, exclusions, advertisers who differ) there is `results.diagnosis`.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from math import ceil, sqrt

from scipy import special

from orchestrator import planned
from orchestrator.burden import ARRANGE_VIEWING, READ_DECLINE, READ_LETTER, WRITE_ANSWER
from orchestrator.db import Session
from orchestrator.design import Approach, Calendar, Design, from_canonical
from orchestrator.readiness import WANTED, Power
from orchestrator.rounds import lookup
from profiles.errors import BadInput
from results import charts, planning_priors
from results.charts import PowerChart
from results.planning_priors import Discordance
from results.statistics import power

USUAL = "nl_scenario_8"
"""What is assumed of the difference where a design does not say."""

POINTS = 24
SHOWN = 6
"""Of the points of a curve so many stand in the table beside it."""


@dataclass(frozen=True)
class Curve:
    """Power (0 to 1) over numbers of pairs: the drawing, and rows of (pairs, power) for the table.

    ``now`` is the power of the ``pairs`` that are planned; ``needed`` how many reach the wanted power, None for none.
    """

    pairs: int
    now: float
    needed: int | None
    chart: PowerChart
    rows: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Figures:
    """What a design comes to. ``market`` and ``advertiser`` are None for an unpaired design, as is ``width``.

    ``pairs`` are all tests, ``sham`` those among them that compare nothing; ``width`` is that of the interval of the
    net difference, a proportion. ``days`` is how many working days one advertiser takes for all its tests, None when
    they do not fit in the ``open_days`` of the period. ``letters`` and the two of minutes are for one advertiser: when
    nobody answers, and when every letter gets an answer and a viewing.
    """

    prior: Discordance
    pairs: int
    sham: int
    advertisers: int
    market: Curve | None
    advertiser: Curve | None
    width: float | None
    days: int | None
    open_days: int
    letters: int
    least_minutes: int
    most_minutes: int


def priors() -> tuple[Discordance, ...]:
    """What a number of pairs can be founded on: earlier tests and scenarios with the shares of both arms."""
    return planning_priors.load().discordance


def prior_of(design: Design) -> Discordance | None:
    """What a design is founded on; None for a key that is not in the list."""
    return next((each for each in priors() if each.key == (design.sample.prior or USUAL)), None)


def figures(design: Design) -> Figures:
    """Compute all of it; raises BadInput `unknown-prior`, as `praktijktest power` does."""
    prior = prior_of(design)
    if prior is None:
        raise BadInput(planning_priors.unknown(design.sample.prior))
    pairs, each, paired = design.sample.pairs, design.sample.per_advertiser, design.question.approach is Approach.PAIRED
    sham = round(pairs * (design.question.sham_share + design.question.sham_treatment_share))
    letters = each * design.question.letters
    return Figures(
        prior=prior,
        pairs=pairs,
        sham=sham,
        advertisers=ceil(pairs / each),
        market=_market(prior, pairs - sham, 1 - design.analysis.level) if paired else None,
        advertiser=_advertiser(prior, each) if paired else None,
        width=_width(prior, pairs - sham, design.analysis.level) if paired and pairs > sham else None,
        days=_days(design),
        open_days=len(Calendar(design.schedule).spans),
        letters=letters,
        least_minutes=letters * READ_LETTER,
        most_minutes=letters * (READ_LETTER + WRITE_ANSWER + ARRANGE_VIEWING + READ_DECLINE),
    )


def power_of(design: Design, pairs: int) -> float | None:
    """The power of so many pairs that compare; None where it cannot be computed."""
    prior = prior_of(design)
    if prior is None or design.question.approach is not Approach.PAIRED:
        return None
    return power.exact_power(prior.control_only, prior.treatment_only, pairs, 1 - design.analysis.level)


@lru_cache(maxsize=128)
def _market(prior: Discordance, pairs: int, alpha: float) -> Curve:
    p10, p01 = prior.control_only, prior.treatment_only
    needed = _needed(p10, p01, alpha)
    sizes = _sizes(pairs, needed)
    found = power.power_curve(p10, p01, sizes, alpha).power.tolist()
    return _curve(pairs, power.exact_power(p10, p01, pairs, alpha), needed, sizes, found)


@lru_cache(maxsize=128)
def _needed(p10: float, p01: float, alpha: float) -> int | None:
    return power.smallest_pairs(p10, p01, WANTED, alpha) if p10 != p01 else None


@lru_cache(maxsize=128)
def _needed_of_one(p10: float, p01: float) -> int | None:
    return power.advertiser_pairs(p10, p01, WANTED) if p10 > p01 else None


@lru_cache(maxsize=128)
def _advertiser(prior: Discordance, pairs: int) -> Curve:
    p10, p01 = prior.control_only, prior.treatment_only
    needed = _needed_of_one(p10, p01)
    sizes = _sizes(pairs, needed)
    found = [power.advertiser_power(p10, p01, size) for size in sizes]
    return _curve(pairs, power.advertiser_power(p10, p01, pairs), needed, sizes, found)


def _sizes(pairs: int, needed: int | None) -> list[int]:
    """Sizes around those that matter: far beyond what is needed the curve is flat, and slow to compute."""
    most = pairs if needed is None else max(min(pairs, 3 * needed), needed)
    last = max(ceil(1.3 * most), POINTS)
    return [ceil(last * place / POINTS) for place in range(1, POINTS + 1)]


def _curve(pairs: int, now: float, needed: int | None, sizes: list[int], found: list[float]) -> Curve:
    step = POINTS // SHOWN
    rows = tuple(zip(sizes, found, strict=True))[step - 1 :: step]
    return Curve(pairs, now, needed, charts.power_chart(sizes, found, WANTED), rows)


def _width(prior: Discordance, pairs: int, level: float) -> float:
    """Twice the half-width of the large-sample interval of c10/n - c01/n, at the expected shares."""
    net = prior.control_only - prior.treatment_only
    error = sqrt((prior.control_only + prior.treatment_only - net * net) / pairs)
    return 2 * float(special.ndtri(0.5 + level / 2)) * error


def _days(design: Design) -> int | None:
    """Working days until an advertiser has had all its tests, as fast as the caps of a week and a day let them go."""
    schedule, calendar = design.schedule, Calendar(design.schedule)
    days = [calendar.day_of(start) for start, _ in calendar.spans]
    done = used = 0
    for _, week in groupby(days, key=lambda day: day.isocalendar()[:2]):
        left = schedule.per_advertiser_week
        for _ in week:
            used += 1
            today = min(left, schedule.per_advertiser_day or left)
            done, left = done + today, left - today
            if done >= design.sample.per_advertiser:
                return used
    return None


def of_round(session: Session, name: str) -> Power:
    """The power of a round as it is planned: of its pairs that compare."""
    round_ = lookup.find(session, name)
    return Power(power_of(from_canonical(round_.design), planned.compared(session, round_)))
