"""Do the people who code the same replies agree more than chance would?

Cohen (1960, 1968) with the large-sample variance of Fleiss, Cohen & Everitt (1969); Krippendorff (2011), *Computing
Krippendorff's Alpha-Reliability*.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.statistics.estimands import Estimate
from results.statistics.numeric import check_share, normal_quantile
from results.statistics.whole import Whole, square, whole

Floats = npt.NDArray[np.float64]
Distance = Callable[[Floats, Floats], Floats]
LINEAR, QUADRATIC = 1, 2
REPLIES = "antwoorden die beide codeurs hebben gecodeerd"
UNITS = "antwoorden met ten minste twee codes"
DRAWS = 1000


def cohens_kappa(labels_a: Sequence[Hashable], labels_b: Sequence[Hashable]) -> float | None:
    """Cohen's kappa of two coders over the same replies, in the same order.

    None without replies, or when both used one and the same label throughout: chance agreement is then total.
    """
    _check_lengths(labels_a, labels_b)
    n, used_a, used_b = len(labels_a), Counter(labels_a), Counter(labels_b)
    agreed = sum(a == b for a, b in zip(labels_a, labels_b, strict=True)) * n
    chance = sum(count * used_b[label] for label, count in used_a.items())
    return (agreed - chance) / (n * n - chance) if n * n > chance else None


def label_table(labels_a: Sequence[Hashable], labels_b: Sequence[Hashable], labels: Sequence[Hashable]) -> Whole:
    """The k×k table of two coders, rows by the first; ``labels`` gives the order. Raises BadInput ``unknown-label``."""
    _check_lengths(labels_a, labels_b)
    place = {label: number for number, label in enumerate(labels)}
    unknown = [label for label in (*labels_a, *labels_b) if label not in place]
    if unknown:
        raise BadInput(
            Problem(
                "unknown-label",
                "Een codeur gebruikte een label dat niet bestaat.",
                found=str(unknown[0]),
                remedy=f"Kies uit {', '.join(str(label) for label in labels)}.",
            )
        )
    cells = Counter((place[a], place[b]) for a, b in zip(labels_a, labels_b, strict=True))
    return np.array([[cells[row, column] for column in range(len(labels))] for row in range(len(labels))])


def _check_lengths(labels_a: Sequence[Hashable], labels_b: Sequence[Hashable]) -> None:
    if len(labels_a) != len(labels_b):
        raise ValueError(f"two coders, but {len(labels_a)} and {len(labels_b)} labels")


def kappa(table: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Cohen's kappa of a k×k table (first coder in rows) with its interval; each disagreement weighs the same."""
    check_share("level", level)
    counts = square(table)
    return _kappa("kappa", counts, 1 - np.eye(len(counts)), level, REPLIES)


def weighted_kappa(table: npt.ArrayLike, power: int, level: float = 0.95) -> Estimate:
    """Kappa for ordered labels: a disagreement weighs its distance to the ``power`` LINEAR or QUADRATIC."""
    check_share("level", level)
    counts = square(table)
    place = np.arange(len(counts))
    name = {LINEAR: "lineair", QUADRATIC: "kwadratisch"}[power]
    distance = np.abs(place[:, None] - place).astype(float) ** power
    return _kappa("weighted_kappa", counts, distance, level, f"{REPLIES}; {name} gewogen naar afstand")


def _kappa(name: str, counts: Whole, distance: Floats, level: float, text: str) -> Estimate:
    # Chance first: the library divides by it without looking.
    chance = float((distance * np.outer(counts.sum(axis=1), counts.sum(axis=0))).sum())
    if not chance:
        text += "; niet te berekenen: beide codeurs gebruikten steeds hetzelfde label"
        return _estimate(name, None, None, level, int(counts.sum()), "normal", text)
    from statsmodels.stats import inter_rater  # slow to import

    with np.errstate(divide="ignore", invalid="ignore"):  # the library also makes a z value, which may not exist
        found = inter_rater.cohens_kappa(counts, weights=distance / distance.max())
    value, variance = float(found.kappa), float(found.var_kappa)
    if variance <= 1e-15:
        text += "; geen interval: geen spreiding tussen de codeurs"
        return _estimate(name, value, None, level, int(counts.sum()), "normal", text)
    half = normal_quantile(level) * variance**0.5
    limits = max(value - half, -1.0), min(value + half, 1.0)
    return _estimate(name, value, limits, level, int(counts.sum()), "normal", text)


def nominal(values: Floats, used: Floats) -> Floats:
    """Squared distance between labels without order: 0 or 1."""
    return np.broadcast_to(values[:, None] != values, (*used.shape[:-1], len(values), len(values))).astype(float)


def ordinal(values: Floats, used: Floats) -> Floats:  # noqa: ARG001
    """Squared distance between ordered labels: how many ratings lie between them, the ends counting half."""
    before = np.cumsum(used, axis=-1) - used / 2
    return np.asarray((before[..., :, None] - before[..., None, :]) ** 2)


def interval(values: Floats, used: Floats) -> Floats:
    """Squared distance between amounts."""
    return np.broadcast_to((values[:, None] - values) ** 2, (*used.shape[:-1], len(values), len(values)))


_SCALES: dict[Distance, str] = {nominal: "nominaal", ordinal: "ordinaal", interval: "interval"}


def krippendorff(ratings: npt.ArrayLike, distance: Distance, seed: int, level: float = 0.95) -> Estimate:
    """Krippendorff's alpha of any number of coders, with a percentile bootstrap interval over replies.

    ``ratings`` has shape (coders, replies) and holds numbers (codes of labels), nan where a coder did not rate; replies
    with fewer than two codes are left out. ``distance`` is ``nominal``, ``ordinal`` or ``interval``. Alpha is 1 minus
    observed over expected disagreement; None when all codes are the same. Bootstrap rounds in which that happens are
    left out. ``seed`` fixes the rounds. Raises BadInput ``not-ratings``.
    """
    check_share("level", level)
    values, tallies = _tallies(ratings)
    text = f"{UNITS}; {_SCALES[distance]}"
    kinds, numbers = np.unique(tallies, axis=0, return_counts=True)
    per_kind, units = _coincidences(kinds), int(numbers.sum())
    value = float(_alpha(np.tensordot(numbers.astype(float), per_kind, axes=1), values, distance))
    if np.isnan(value):
        text += "; niet te berekenen: er zijn geen twee verschillende codes"
        return _estimate("alpha", None, None, level, units, "bootstrap", text)
    rounds = np.random.default_rng(seed).multinomial(units, numbers / units, size=DRAWS)
    drawn = _alpha(np.tensordot(rounds.astype(float), per_kind, axes=1), values, distance)
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn) or np.ptp(drawn) < 1e-12:
        return _estimate("alpha", value, None, level, units, "bootstrap", f"{text}; geen interval: geen spreiding")
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    # The bootstrap is skewed in small samples; an interval always holds its own estimate.
    limits = min(float(low), value), max(float(high), value)
    return _estimate("alpha", value, limits, level, units, "bootstrap", text)


def _tallies(ratings: npt.ArrayLike) -> tuple[Floats, Whole]:
    """The distinct codes (v,) and how often each reply received each (units, v), for replies with two codes or more."""
    found = np.asarray(ratings)
    number = np.issubdtype(found.dtype, np.integer) or np.issubdtype(found.dtype, np.floating)
    if found.ndim != 2 or len(found) < 2 or not number or np.isinf(found).any():
        raise BadInput(
            Problem(
                "not-ratings",
                "Dit is geen tabel met codes.",
                found=f"vorm {found.shape}, type {found.dtype}",
                remedy="Geef per codeur een rij met een getal per antwoord, en niets (nan) waar niet is gecodeerd.",
            )
        )
    coded = found[:, (~np.isnan(found)).sum(axis=0) > 1].astype(float)
    values = np.unique(coded[~np.isnan(coded)])
    return values, whole("De codes", (coded[:, :, None] == values).sum(axis=0))


def _coincidences(tallies: Whole) -> Floats:
    """Per reply the coincidence matrix (units, v, v): ordered pairs of codes over (number of codes - 1)."""
    counts = tallies.astype(float)
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])
    return np.asarray(pairs / (counts.sum(axis=1) - 1)[:, None, None])


def _alpha(coincidences: Floats, values: Floats, distance: Distance) -> Floats:
    """Alpha of one coincidence matrix or a stack of them; nan where no disagreement can be expected."""
    used = coincidences.sum(axis=-1)
    apart = distance(values, used)
    observed = (coincidences * apart).sum(axis=(-2, -1))
    expected = (used[..., :, None] * used[..., None, :] * apart).sum(axis=(-2, -1))
    chance = np.where(expected > 0, expected, np.nan)
    return np.asarray(1 - (used.sum(axis=-1) - 1) * observed / chance)


def _estimate(
    name: str, value: float | None, limits: tuple[float, float] | None, level: float, n: int, method: str, text: str
) -> Estimate:
    low, high = limits or (None, None)
    return Estimate(name, "replies", value, low, high, level, n, method, text)
