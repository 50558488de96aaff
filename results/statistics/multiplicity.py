"""Several tests at once: adjusted p values and q-values, in the order given."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.statistics.numeric import check_share

LAMBDA = 0.5
"""Above it Storey counts the p values that the true null hypotheses alone are taken to fill."""


@dataclass(frozen=True)
class QValues:
    """Storey's q-values, and the share of true null hypotheses ``pi0`` they rest on.

    ``pi0`` is None without any test. ``note`` says in Dutch what a reader must know about ``pi0``.
    """

    values: tuple[float, ...]
    pi0: float | None
    note: str


def holm(p: Sequence[float] | npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Holm's step-down adjustment (family-wise error): for declared grounds."""
    values, order, count = _checked(p)
    stepped = np.maximum.accumulate(values[order] * (count - np.arange(count)))
    return _restored(stepped, order)


def benjamini_hochberg(p: Sequence[float] | npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Benjamini-Hochberg adjustment (false discovery rate): for exploratory strata and advertisers."""
    values, order, count = _checked(p)
    scaled = values[order] * (count / (np.arange(count) + 1))  # the last factor is exactly 1
    return _restored(np.minimum.accumulate(scaled[::-1])[::-1], order)


def storey(p: Sequence[float] | npt.NDArray[np.float64], lam: float = LAMBDA) -> QValues:
    """q = pi0 times the Benjamini-Hochberg adjusted p, pi0 = #{p > lam} / ((1 - lam) J), at most 1 (Storey 2002).

    With few tests, or discrete ones, pi0 is a rough number; it is told beside the q-values so that it can be judged.
    pi0 = 0 is refused as an estimate: nobody above ``lam`` would make every q-value 0, so the next step up, 1 / J, is
    taken and the note says so.
    """
    check_share("lambda", lam)
    values, _, count = _checked(p)
    if not count:
        return QValues((), None, "geen toetsen: er valt niets te schatten")
    above = int(np.count_nonzero(values > lam))
    pi0 = min(max(above / ((1 - lam) * count), 1 / count), 1.0)
    adjusted = tuple(pi0 * each for each in benjamini_hochberg(values))
    return QValues(adjusted, pi0, _told(above, count, lam, pi0))


def _told(above: int, count: int, lam: float, pi0: float) -> str:
    limit = f"{lam:g}".replace(".", ",")
    seen = f"{above} van de {count} p-waarden liggen boven {limit}"
    if not above:
        return f"{seen}; het aandeel zonder verschil is daarom niet op 0 maar op 1/{count} gezet"
    if pi0 == 1:
        return f"{seen}; het aandeel zonder verschil is 1, zodat q gelijk is aan Benjamini-Hochberg"
    return f"{seen}; het aandeel zonder verschil is daaruit geschat"


def _checked(p: Sequence[float] | npt.NDArray[np.float64]) -> tuple[np.ndarray, np.ndarray, int]:
    values = np.asarray(p, dtype=float)
    if not bool(np.all((values >= 0) & (values <= 1))):
        raise BadInput(Problem("not-a-p-value", "Een p-waarde ligt tussen 0 en 1.", found=str(list(p))))
    return values, np.argsort(values, kind="stable"), len(values)


def _restored(adjusted: np.ndarray, order: np.ndarray) -> tuple[float, ...]:
    result = np.empty_like(adjusted)
    result[order] = np.minimum(adjusted, 1.0)
    return tuple(result.tolist())
