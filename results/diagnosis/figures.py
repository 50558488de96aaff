"""Power, width, false marks, burden and hidden cells of a design, counted over simulated rounds.

Everything is computed for all rounds at once; the tests hold it against what the reports compute for one round.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from orchestrator.burden import ARRANGE_VIEWING, READ_DECLINE, READ_LETTER, WRITE_ANSWER
from results.diagnosis.answers import EXCLUSIONS, Answers, Flags, Sample
from results.disclosure import Cell, Shown, municipal_cells, unsafe
from results.statistics import FLOOR
from results.statistics.clustering import FEW_CLUSTERS, ROUNDING
from results.statistics.intervals import tango_bounds, wilson
from results.statistics.mcnemar import midp_p
from results.statistics.numeric import normal_quantile
from results.statistics.unpaired import Arms, fisher

Numbers = npt.NDArray[np.float64]
SIMULATION = 0.95
"""Level of the interval that tells how far a share over so many rounds is known."""
ADVERTISER_ALPHA = 0.05
POWER = 0.8


@dataclass(frozen=True)
class Share:
    """How often something happened (proportion), with a Wilson interval for the number of rounds or cases."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Spread:
    """Median, and the range that holds the middle 90% of the rounds."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Found:
    """In which part of the rounds a difference is reported, by three rules; ``shown`` is the interval of the reports.

    ``shown`` is the wider of Tango's and the clustered interval. A clustered interval that does not exist (nobody has
    two pairs, or no spread) excludes nothing.
    """

    midp: Share
    clustered: Share
    shown: Share


@dataclass(frozen=True)
class Marks:
    """How advertisers are judged: shares of advertisers over all rounds, and of rounds with at least one false mark.

    ``false`` is None when every advertiser is biased, ``true`` when none is.
    """

    false: Share | None
    any_false: Share
    true: Share | None
    too_little: float


@dataclass(frozen=True)
class Load:
    """What one advertiser bears: the mean over all, and the one with the most in a round (mean over rounds)."""

    mean: float
    most: float


@dataclass(frozen=True)
class Diagnosis:
    """What the rounds say; rates and differences are proportions of the usable pairs, ``lost`` of the real pairs.

    ``smallest`` is the net difference that the shown interval would find with 80% power, None when there is none. It is
    an approximation: the intervals of the simulated rounds, moved as they are to another true difference. ``hidden`` is
    the part of the rounds in which a district is not shown to the municipality, ``hidden_whole`` in which nothing is.
    """

    unpaired: bool
    rounds: int
    pairs: int
    sham: int
    advertisers: int
    usable: Spread
    control: Spread
    treatment: Spread
    discordant: Spread
    net: Spread
    width: Spread
    power: Found
    size: Found
    smallest: float | None
    marks: Marks
    fair_marks: Marks
    letters: Load
    minutes: Load
    viewings: Load
    lost: Mapping[str, float]
    hidden_whole: float
    hidden: Mapping[str, float]


def diagnose(sample: Sample, biased: Answers, fair: Answers, *, bias: float, level: float) -> Diagnosis:
    """Judge a design by rounds on a market with the net difference ``bias`` and rounds on one without any."""
    kind = _Groups if sample.writers else _Tables
    tables, honest = kind(sample, biased, level), kind(sample, fair, level)
    hidden_whole, hidden = _hidden(sample, tables.usable)
    return Diagnosis(
        unpaired=bool(sample.writers),
        rounds=biased.rounds,
        pairs=int(sample.real.sum()),
        sham=sum(sample.sham),
        advertisers=len(sample.names),
        usable=_spread(tables.n),
        control=_spread(tables.rates[0]),
        treatment=_spread(tables.rates[1]),
        discordant=_spread(tables.rate(tables.differences != 0)),
        net=_spread(tables.net),
        width=_spread(tables.width),
        power=tables.found(),
        size=honest.found(),
        smallest=tables.smallest(bias),
        marks=_marks(sample, tables, biased.biased),
        fair_marks=_marks(sample, honest, fair.biased),
        **_loads(sample, biased),
        lost=_lost(sample, biased),
        hidden_whole=hidden_whole,
        hidden=hidden,
    )


class _Tables:
    """The table of every round at once: counts, p values and intervals, each an array over the rounds."""

    def __init__(self, sample: Sample, answers: Answers, level: float) -> None:
        self.sample, self.level = sample, level
        self.usable = answers.usable(sample)
        gap = answers.positive[..., 0].astype(int) - answers.positive[..., 1]
        self.differences = gap * self.usable
        self.n = self.usable.sum(axis=1)
        self.c10, self.c01 = (self.differences == 1).sum(axis=1), (self.differences == -1).sum(axis=1)
        self.net = (self.c10 - self.c01) / np.maximum(self.n, 1)
        self.rates = [self.rate(answers.positive[..., arm]) for arm in (0, 1)]
        self.tango = self._tango()
        self.clustered = self._clustered()

    def rate(self, flags: Flags) -> Numbers:
        """Per round the part of the usable pairs in which something holds; 0 in a round without any."""
        return np.asarray((flags & self.usable).sum(axis=1) / np.maximum(self.n, 1))

    @property
    def midp(self) -> Numbers:
        m = self.c10 + self.c01
        return np.where(m > 0, midp_p(np.minimum(self.c10, self.c01), np.maximum(m, 1)), 1.0)

    @property
    def shown(self) -> tuple[Numbers, Numbers]:
        """The wider of the two intervals; Tango's where they are equal or the clustered one does not exist."""
        (low, high), (low_c, high_c) = self.tango, self.clustered
        wider = np.nan_to_num(high_c - low_c, nan=0.0) > high - low
        return np.where(wider, low_c, low), np.where(wider, high_c, high)

    @property
    def width(self) -> Numbers:
        low, high = self.shown
        return high - low

    def found(self) -> Found:
        midp = (self.midp <= 1 - self.level) & (self.n > 0)
        return Found(_share_of(midp), _share_of(_excludes_none(self.clustered)), _share_of(_excludes_none(self.shown)))

    def smallest(self, bias: float) -> float | None:
        """The true difference at which the lower limit lies above zero in 80% of the rounds; they were played at
        ``bias``."""
        found = float(np.quantile(bias - self.shown[0], POWER))
        return found if found < 1 else None

    def _tango(self) -> tuple[Numbers, Numbers]:
        """Tango's limits; a round without usable pairs knows nothing, from -1 to 1."""
        low, high = tango_bounds(np.maximum(self.n, 1), self.c10, self.c01, self.level)
        return np.where(self.n > 0, low, -1.0), np.where(self.n > 0, high, 1.0)

    def _clustered(self) -> tuple[Numbers, Numbers]:
        """As `statistics.clustering.best`; nan where it gives no interval, or where nobody has two pairs."""
        residuals = (self.differences - self.net[:, None]) * self.usable
        squares = (residuals @ self.sample.membership) ** 2
        sizes = self.usable @ self.sample.membership
        groups, n = (sizes > 0).sum(axis=1), np.maximum(self.n, 1)
        several = (groups > 1) & (self.n > groups)
        free = np.maximum(groups - 1, 1).astype(float)
        share = np.where(several[:, None], sizes / n[:, None], 0.0)
        between = share**2 / (1 - share)
        with np.errstate(divide="ignore"):
            satterthwaite = 1 / ((share**2).sum(axis=1) + between.sum(axis=1) ** 2 - (between**2).sum(axis=1))
        few = satterthwaite <= FEW_CLUSTERS - 1 - ROUNDING
        adjusted = np.where(few, (squares / (1 - share)).sum(axis=1), groups / free * squares.sum(axis=1))
        error, free = np.sqrt(adjusted) / n, np.where(few & several, satterthwaite, free)
        half = np.where(several & (error > ROUNDING), special.stdtrit(free, 0.5 + self.level / 2) * error, np.nan)
        return np.maximum(self.net - half, -1.0), np.minimum(self.net + half, 1.0)


class _Groups(_Tables):
    """The same of an unpaired design: two groups of listings; ``midp`` is Fisher's p, ``tango`` Newcombe's interval.

    No advertiser is judged by it, and no pair differs.
    """

    def __init__(self, sample: Sample, answers: Answers, level: float) -> None:
        self.sample, self.level = sample, level
        self.heard = [answers.usable(sample) & sample.wrote[:, arm] for arm in (0, 1)]
        self.usable = self.heard[0] | self.heard[1]
        self.n = self.usable.sum(axis=1)
        self.differences = np.zeros_like(self.usable, dtype=int)
        self.c10 = self.c01 = np.zeros_like(self.n)
        self.groups = [flags.sum(axis=1) for flags in self.heard]
        self.positive = [answers.positive[..., arm] & self.heard[arm] for arm in (0, 1)]
        self.rates = [
            flags.sum(axis=1) / np.maximum(many, 1) for flags, many in zip(self.positive, self.groups, strict=True)
        ]
        self.known = (self.groups[0] > 0) & (self.groups[1] > 0)
        self.net = np.where(self.known, self.rates[0] - self.rates[1], 0.0)
        self.tango = self._newcombe()
        self.clustered = self._clustered()

    @property
    def midp(self) -> Numbers:
        invited = [flags.sum(axis=1) for flags in self.positive]
        told = zip(invited[0], self.groups[0], invited[1], self.groups[1], strict=True)
        return np.array([fisher(Arms(*map(int, each))).p if each[1] and each[3] else 1.0 for each in told])

    def _newcombe(self) -> tuple[Numbers, Numbers]:
        """As `statistics.unpaired.difference_newcombe`; a round in which a group is empty knows nothing."""
        z, limits = normal_quantile(self.level), []
        for rate, many in zip(self.rates, self.groups, strict=True):
            n = np.maximum(many, 1)
            half = z * np.sqrt(rate * (1 - rate) * n + z * z / 4)
            limits.append([(rate * n + z * z / 2 + side * half) / (n + z * z) for side in (-1, 1)])
        (low1, high1), (low2, high2) = limits
        first, second = self.rates
        low, high = np.hypot(first - low1, high2 - second), np.hypot(high1 - first, second - low2)
        return np.where(self.known, self.net - low, -1.0), np.where(self.known, self.net + high, 1.0)

    def _clustered(self) -> tuple[Numbers, Numbers]:
        """As `statistics.unpaired_strata.clustered_difference`; nan where it gives no interval."""
        parts = [
            (flags - heard * rate[:, None]) / np.maximum(many, 1)[:, None]
            for flags, heard, rate, many in zip(self.positive, self.heard, self.rates, self.groups, strict=True)
        ]
        squares = (((parts[0] - parts[1]) @ self.sample.membership) ** 2).sum(axis=1)
        groups = ((self.usable @ self.sample.membership) > 0).sum(axis=1)
        free, n = np.maximum(groups - 1, 1), np.maximum(self.n, 3)
        error = np.sqrt(groups / free * (n - 1) / (n - 2) * squares)
        several = self.known & (groups > 1) & (self.n > groups) & (error > ROUNDING)
        half = np.where(several, special.stdtrit(free, 0.5 + self.level / 2) * error, np.nan)
        return np.maximum(self.net - half, -1.0), np.minimum(self.net + half, 1.0)


def _excludes_none(interval: tuple[Numbers, Numbers]) -> Flags:
    """Where zero lies outside the interval; never where there is none (nan)."""
    low, high = interval
    return np.asarray((low > 0) | (high < 0))


# --- advertisers --------------------------------------------------------------------------------------------------


def _marks(sample: Sample, tables: _Tables, biased: Flags) -> Marks:
    tested = (sample.real @ sample.membership) > 0
    c10, c01 = ((tables.differences == side) @ sample.membership[:, tested] for side in (1, -1))
    marked, guilty = marked_of(c10, c01), biased[:, tested]
    return Marks(
        false=_share_of_some(marked[~guilty]),
        any_false=_share_of(np.any(marked & ~guilty, axis=1, keepdims=True)),
        true=_share_of_some(marked[guilty]),
        too_little=float((c10 + c01 < FLOOR).mean()),
    )


def marked_of(c10: Numbers, c01: Numbers) -> Flags:
    """Who is said to show a pattern, by round and advertiser: as `statistics.advertisers` judges one round."""
    p = np.where(c10 > 0, special.bdtrc(np.maximum(c10, 1) - 1, (c10 + c01).astype(int), 0.5), 1.0)
    return np.asarray((c10 + c01 >= FLOOR) & (_benjamini_hochberg(p) <= ADVERTISER_ALPHA))


def _benjamini_hochberg(p: Numbers) -> Numbers:
    """As `statistics.benjamini_hochberg`, for every row."""
    order, many = np.argsort(p, axis=1, kind="stable"), p.shape[1]
    scaled = np.take_along_axis(p, order, axis=1) * (many / (np.arange(many) + 1))
    stepped = np.minimum.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.minimum(stepped, 1.0), axis=1)
    return adjusted


# --- burden, losses, hidden cells ---------------------------------------------------------------------------------


def _loads(sample: Sample, answers: Answers) -> dict[str, Load]:
    """Per advertiser the letters, minutes and viewings of all pairs, sham ones too; every viewing is given back."""
    letters = np.broadcast_to(sample.letters * sample.membership.sum(axis=0), (answers.rounds, len(sample.names)))
    written = answers.written.sum(axis=2) @ sample.membership
    viewings = answers.invited.sum(axis=2) @ sample.membership
    minutes = letters * READ_LETTER + written * WRITE_ANSWER + viewings * (ARRANGE_VIEWING + READ_DECLINE)
    return {"letters": _load(letters), "minutes": _load(minutes), "viewings": _load(viewings)}


def _load(amounts: Numbers) -> Load:
    return Load(float(amounts.mean()), float(amounts.max(axis=1).mean()))


def _lost(sample: Sample, answers: Answers) -> dict[str, float]:
    """The part of the real pairs that is lost, by reason."""
    reasons = answers.excluded[:, sample.real]
    shares = {reason.value: float((reasons == place).mean()) for place, reason in enumerate(EXCLUSIONS)}
    return {reason: share for reason, share in shares.items() if share}


def _hidden(sample: Sample, usable: Flags) -> tuple[float, dict[str, float]]:
    """How often the municipality sees nothing at all, and how often a district is not shown to it."""
    districts = sorted({each for each, real in zip(sample.districts, sample.real, strict=True) if real})
    shown: Counter[str] = Counter()
    whole = 0
    for flags in usable:
        seen = shown_districts(sample, flags)
        whole += seen is None
        shown.update(seen or ())
    rounds = len(usable)
    return whole / rounds, {name: 1 - shown[name] / rounds for name in districts}


def shown_districts(sample: Sample, usable: Flags) -> tuple[str, ...] | None:
    """Which districts the municipality sees of a round with these usable pairs; None when it sees nothing."""
    cells: dict[str, Counter[str]] = {}
    for place in np.flatnonzero(usable):
        cells.setdefault(sample.districts[place], Counter())[sample.advertisers[place]] += 1
    together = sum(cells.values(), Counter[str]())
    if unsafe(together):
        return None
    judged = municipal_cells([Cell(name, cells[name]) for name in sorted(cells, key=str.casefold)])
    return tuple(cell.name for cell in judged if isinstance(cell, Shown))


# --- shares and spreads -------------------------------------------------------------------------------------------


def _share_of(flags: Flags) -> Share:
    low, high = wilson(int(flags.sum()), flags.size, SIMULATION)
    return Share(float(flags.mean()), low, high, int(flags.size))


def _share_of_some(flags: Flags) -> Share | None:
    return _share_of(flags) if flags.size else None


def _spread(values: npt.ArrayLike) -> Spread:
    low, median, high = np.quantile(np.asarray(values, dtype=float), (0.05, 0.5, 0.95))
    return Spread(float(median), float(low), float(high))
