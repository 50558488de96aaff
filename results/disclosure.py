"""Who may see which number: one policy for page, file, PDF and API.

The limits are the defaults of DESIGN §8, after what statistical offices use for output checking: a cell of at least ten
units, no contributor above half of it, and a related cell hidden as well when a total would give the hidden one away.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.states import RoundState
from profiles.errors import Refused
from results.language import _
from results.statistics import FLOOR, Counts
from results.statistics.advertiser import more_needed

CELL_LEAST_PAIRS = 10
CELL_LEAST_ADVERTISERS = 5
CELL_LARGEST_SHARE = 0.5
BAND_LEAST_BROKERS = 10
BROKER_LEAST_PAIRS = 2
BROKER_SERVICE_LEAST_PAIRS = 5
SYMBOL = "x"
HIDDEN_PART = "te klein om te tonen, of nodig om een klein vakje te verbergen"
"""Why a part is hidden. One reason for all: which of two parts is the small one would tell how large both are."""

REHEARSAL = "rehearsal"

UNBLINDED = (RoundState.CLOSED, RoundState.RELEASED, RoundState.ABORTED)
"""The states in which nothing more comes, so that who sees the numbers can no longer stop or go on as it suits."""

REHEARSAL_WATERMARK = (
    "Oefenronde. Deze cijfers zijn gemaakt om te oefenen. Ze zeggen niets over echte woningaanbieders."
)


@dataclass(frozen=True)
class Cell:
    """A named part of a total, with the number of pairs per advertiser (key: advertiser)."""

    name: str
    pairs: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.pairs.values())


@dataclass(frozen=True)
class Shown:
    """A cell that may be published."""

    name: str


@dataclass(frozen=True)
class Suppressed:
    """A cell that may not be published, and why (a Dutch sentence that gives no count away)."""

    name: str
    reason: str


@dataclass(frozen=True)
class Band:
    """Net differences of all brokers together, as proportions: quartiles, and how many brokers."""

    low: float
    median: float
    high: float
    brokers: int


def unsafe(pairs: Mapping[str, int]) -> str | None:
    """Why pairs per advertiser may not be published as one number, or None when they may."""
    counted = [amount for amount in pairs.values() if amount]
    if sum(counted) < CELL_LEAST_PAIRS:
        return _("minder dan %(least)s tests", least=CELL_LEAST_PAIRS)
    if len(counted) < CELL_LEAST_ADVERTISERS:
        return _("minder dan %(least)s woningaanbieders", least=CELL_LEAST_ADVERTISERS)
    if max(counted) > CELL_LARGEST_SHARE * sum(counted):
        return _("meer dan de helft van de tests was bij één woningaanbieder")
    return None


def municipal_cells(cells: Sequence[Cell]) -> tuple[Shown | Suppressed, ...]:
    """Judge the cells of one total before the field, when no outcome is known yet (`suppression` does so afterwards).

    A cell is hidden when it is unsafe by itself. Then the smallest shown cells are hidden too until the hidden ones are
    at least two and safe together: otherwise the total minus the shown cells would give a hidden cell away.
    """
    hidden = {place for place, cell in enumerate(cells) if unsafe(cell.pairs)}
    smallest_first = sorted(range(len(cells)), key=lambda place: (cells[place].total, place))
    for place in smallest_first:
        if not _derivable([cells[away] for away in hidden]):
            break
        hidden.add(place)
    return tuple(
        Suppressed(cell.name, HIDDEN_PART) if place in hidden else Shown(cell.name) for place, cell in enumerate(cells)
    )


def _derivable(hidden: Sequence[Cell]) -> bool:
    if not hidden:
        return False
    together: Counter[str] = Counter()
    for cell in hidden:
        together.update(cell.pairs)
    return len(hidden) == 1 or unsafe(together) is not None


def unblinded(state: str) -> bool:
    """Whether any number that tells the arms apart may be shown of a round in this state, to whomever.

    Before that nobody sees one, neither on a page nor in a file, except a declared look that somebody opened.
    """
    return state in UNBLINDED


def unblinded_round(state: str, name: str) -> None:
    """Let the figures of a round be computed or written. Raises `Refused` while they are hidden."""
    if not unblinded(state):
        raise Refused(
            "numbers-hidden",
            f"Ronde '{name}' is {state}: cijfers die de profielen uit elkaar houden blijven verborgen tot zij is "
            "gesloten.",
            "Wacht op het sluiten (praktijktest close), of open een vastgelegde tussenstand: praktijktest look.",
        )


def municipal_round(state: str, mode: str) -> None:
    """Let a municipality see a released round, or a closed rehearsal. Raises `Refused` for any other."""
    if state == RoundState.RELEASED or (mode == REHEARSAL and state == RoundState.CLOSED):
        return
    raise Refused(
        "round-not-released",
        "De gemeente ziet een ronde pas nadat die is vrijgegeven.",
        "Sluit de ronde af en geef haar vrij.",
    )


def is_closed(state: str) -> bool:
    """Whether everything of a round has come in, been coded, and been closed off."""
    return state in (RoundState.CLOSED, RoundState.RELEASED)


def broker_round(state: str) -> None:
    """Let a broker see its figures once the round is closed. Raises `Refused` before that."""
    if not is_closed(state):
        raise Refused(
            "round-not-closed",
            "Een makelaar ziet de eigen cijfers pas nadat de ronde is gesloten.",
            "Wacht tot alle antwoorden binnen en gecodeerd zijn en sluit de ronde.",
        )


def watermark(mode: str) -> str | None:
    """What must stand above every figure of a round that is not real."""
    return _(REHEARSAL_WATERMARK) if mode == REHEARSAL else None


def broker_band(values: Iterable[float]) -> Band | None:
    """Quartiles over brokers (net differences as proportions); None with fewer than ten, who could be recognised."""
    known = np.asarray(list(values), dtype=float)
    if known.size < BAND_LEAST_BROKERS:
        return None
    low, median, high = np.quantile(known, (0.25, 0.5, 0.75))
    return Band(float(low), float(median), float(high), int(known.size))


def broker_counts_shown(counts: Counts) -> bool:
    """One pair is a signal, never a finding: its counts would say which letter got which answer."""
    return counts.n >= BROKER_LEAST_PAIRS


def broker_service_shown(tests: int) -> bool:
    """What each applicant was asked, told, and how soon: with fewer tests an office knows the letter by its answer."""
    return tests >= BROKER_SERVICE_LEAST_PAIRS


def broker_verdict(counts: Counts) -> str | None:
    """Why there is no verdict about this advertiser (Dutch), or None when there is enough to give one.

    With five or fewer discordant pairs no outcome can reach p < 0.05 (two-sided sign test). What is missing is told as
    the statistics tell it: the fewest one-sided pairs that could show a pattern.
    """
    if counts.discordant >= FLOOR:
        return None
    missing = more_needed(counts)
    tests = _("eenzijdige test") if missing == 1 else _("eenzijdige tests")
    return _("Te weinig gegevens: nog %(missing)s %(tests)s nodig.", missing=missing, tests=tests)
