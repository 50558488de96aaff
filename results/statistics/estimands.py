"""What can be said with one number about a table, each with the denominator it belongs to."""

from collections.abc import Callable
from dataclasses import dataclass

from results.statistics.counts import Counts


@dataclass(frozen=True)
class Estimate:
    """One number with its interval.

    Differences, shares and rates are proportions (0.083, never 8.3). ``n`` is the denominator that ``over`` names.
    ``value``, ``low`` and ``high`` are finite, or None where they do not exist: ``convention`` then says why, in Dutch.
    """

    name: str
    over: str
    value: float | None
    low: float | None
    high: float | None
    level: float
    n: int
    method: str
    convention: str


@dataclass(frozen=True)
class Estimand:
    """A quantity: its numerator and denominator, its Dutch convention, and why it may not exist."""

    name: str
    over: str
    convention: str
    missing: str
    numerator: Callable[[Counts], float]
    denominator: Callable[[Counts], int]
    size: Callable[[Counts], int] | None = None

    def value(self, counts: Counts) -> float | None:
        """The point estimate; None when its denominator is zero."""
        below = self.denominator(counts)
        return self.numerator(counts) / below if below else None

    def n(self, counts: Counts) -> int:
        """How many pairs the number rests on."""
        return (self.size or self.denominator)(counts)


ALL = "alle geslaagde tests"
ANSWERED = "geslaagde tests met minstens één positief antwoord"
NO_PAIRS = "geen geslaagde tests"
DISCORDANT = "tests waarin precies één van beide profielen een positief antwoord kreeg"
NO_ANSWERS = "geen positieve antwoorden"
NO_DIFFERENCES = "geen enkele test met een verschil"


def _net(counts: Counts) -> int:
    return counts.c10 - counts.c01


def _n(counts: Counts) -> int:
    return counts.n


def _answered(counts: Counts) -> int:
    return counts.answered


def _control(counts: Counts) -> int:
    return counts.control


def _treatment(counts: Counts) -> int:
    return counts.treatment


def _only_control(counts: Counts) -> int:
    return counts.c10


def _only_treatment(counts: Counts) -> int:
    return counts.c01


def _discordant(counts: Counts) -> int:
    return counts.discordant


def _equal(counts: Counts) -> int:
    return counts.c11 + counts.c00


def _both(counts: Counts) -> int:
    return counts.c11


NET_ALL = Estimand("net_discrimination", "all", ALL, NO_PAIRS, _net, _n)
NET_USABLE = Estimand("net_discrimination", "usable", ANSWERED, NO_ANSWERS, _net, _answered)
NET_RELATIVE = Estimand(
    "net_discrimination",
    "relative",
    "ten opzichte van de kans van het controleprofiel",
    "het controleprofiel kreeg geen positieve antwoorden",
    _net,
    _control,
)
GROSS_ALL = Estimand(
    "gross_discrimination", "all", f"alleen het controleprofiel positief; {ALL}", NO_PAIRS, _only_control, _n
)
GROSS_USABLE = Estimand(
    "gross_discrimination",
    "usable",
    f"alleen het controleprofiel positief; {ANSWERED}",
    NO_ANSWERS,
    _only_control,
    _answered,
)
GROSS_FAVOURABLE = Estimand(
    "gross_favourable", "all", f"alleen het testprofiel positief; {ALL}", NO_PAIRS, _only_treatment, _n
)
GROSS_FAVOURABLE_USABLE = Estimand(
    "gross_favourable",
    "usable",
    f"alleen het testprofiel positief; {ANSWERED}",
    NO_ANSWERS,
    _only_treatment,
    _answered,
)
EXCLUSIVE_SHARE = Estimand(
    "exclusive_share",
    "discordant",
    f"alleen het controleprofiel positief; {DISCORDANT}",
    NO_DIFFERENCES,
    _only_control,
    _discordant,
)
EQUAL_ALL = Estimand(
    "equal_treatment", "all", f"beide profielen positief of geen van beide; {ALL}", NO_PAIRS, _equal, _n
)
EQUAL_USABLE = Estimand(
    "equal_treatment", "usable", f"beide profielen positief; {ANSWERED}", NO_ANSWERS, _both, _answered
)
RATE_CONTROL = Estimand("rate_control", "all", f"controleprofiel positief; {ALL}", NO_PAIRS, _control, _n)
RATE_TREATMENT = Estimand("rate_treatment", "all", f"testprofiel positief; {ALL}", NO_PAIRS, _treatment, _n)
RATE_RATIO = Estimand(
    "rate_ratio",
    "all",
    "kans van het controleprofiel gedeeld door kans van het testprofiel",
    "het testprofiel kreeg geen positieve antwoorden",
    _control,
    _treatment,
    _n,
)
ODDS_RATIO = Estimand(
    "odds_ratio",
    "discordant",
    "tests met alleen het controleprofiel positief, gedeeld door tests met alleen het testprofiel positief",
    "er is geen test met alleen het testprofiel positief",
    _only_control,
    _only_treatment,
    _discordant,
)
SHARES = (
    GROSS_ALL,
    GROSS_USABLE,
    GROSS_FAVOURABLE,
    GROSS_FAVOURABLE_USABLE,
    EXCLUSIVE_SHARE,
    EQUAL_ALL,
    EQUAL_USABLE,
    RATE_CONTROL,
    RATE_TREATMENT,
)
