"""More than two outcome classes: is the control arm answered differently, whatever the difference?

A table has one row per class of the control arm and one column per class of the treatment arm, in the same order;
cell (i, j) counts the pairs answered so. Formulas: Stuart (1955), Maxwell (1970), Bhapkar (1966), Bowker (1948);
marginal mean scores after Fagerland, Lydersen & Laake (2017), *Statistical Analysis of Contingency Tables*, chapter 9.
"""

from math import sqrt

import numpy as np
import numpy.typing as npt
from scipy import special

from profiles.errors import BadInput, Problem
from results.statistics.estimands import ALL, Estimate
from results.statistics.mcnemar import NO_DISCORDANT, ChiSquareResult
from results.statistics.numeric import check_share, normal_quantile
from results.statistics.whole import Whole, square

Floats = npt.NDArray[np.float64]
ROUNDING = 1e-12


def stuart_maxwell(table: npt.ArrayLike) -> ChiSquareResult:
    """Do both arms receive each class of answer equally often?

    d'V⁻d with d the difference of the margins and V their covariance under the null hypothesis; chi-square with rank(V)
    degrees of freedom. That is k - 1, less one for each class (or group of classes) that no pair connects to the rest:
    such a class cannot tell the arms apart.
    """
    used, statistic, df = _homogeneity(square(table))
    return _chi_square("stuart_maxwell", used, statistic, df)


def bhapkar(table: npt.ArrayLike) -> ChiSquareResult:
    """As Stuart-Maxwell S, with the covariance not assuming the null hypothesis: S / (1 - S/n), never smaller.

    Raises BadInput ``no-comparison`` when every pair differs in the same direction: the statistic is then infinite.
    """
    used, statistic, df = _homogeneity(square(table))
    left = 1 - statistic / int(used.sum())
    if left <= ROUNDING:
        raise BadInput(
            Problem(
                "no-comparison",
                "Bhapkars toets bestaat hier niet: elke test verschilt, en steeds in dezelfde richting.",
                remedy="Gebruik de toets van Stuart en Maxwell.",
            )
        )
    return _chi_square("bhapkar", used, statistic / left, df)


def bowker(table: npt.ArrayLike) -> ChiSquareResult:
    """Is every change from class i to j as frequent as its reverse? Chi-square with k(k - 1)/2 degrees of freedom.

    Classes that nobody received are left out; cells that are empty both ways add 0 but keep their degree of freedom,
    which makes the test cautious.
    """
    used = _used(square(table))
    df = len(used) * (len(used) - 1) // 2
    gap, total = used - used.T, used + used.T
    terms = np.divide(gap**2, total, out=np.zeros(used.shape), where=(total > 0) & (gap != 0))
    return _chi_square("bowker", used, float(terms.sum()) / 2, df)


def _homogeneity(table: Whole) -> tuple[Whole, float, int]:
    used = _used(table)
    gap = (used.sum(axis=1) - used.sum(axis=0)).astype(float)
    spread = np.diag(used.sum(axis=1) + used.sum(axis=0)) - (used + used.T)
    # The margins sum to the same total, so V is always singular; its pseudo-inverse equals leaving one class out.
    return used, float(gap @ np.linalg.pinv(spread.astype(float), hermitian=True) @ gap), _rank(spread)


def _rank(spread: Whole) -> int:
    return int(np.linalg.matrix_rank(spread.astype(float), hermitian=True))


def _used(table: Whole) -> Whole:
    """Without the classes that neither arm ever received."""
    seen = table.sum(axis=0) + table.sum(axis=1) > 0
    return np.asarray(table[np.ix_(seen, seen)])


def _chi_square(name: str, used: Whole, statistic: float, df: int) -> ChiSquareResult:
    if used.sum() == np.trace(used):
        return ChiSquareResult(name, 1.0, None, NO_DISCORDANT, df)
    return ChiSquareResult(name, float(special.chdtrc(df, statistic)), statistic, "", df)


def mean_score_test(table: npt.ArrayLike, scores: npt.ArrayLike) -> ChiSquareResult:
    """Ordered classes with a score each: does one arm score higher on average? Z², one degree of freedom.

    ``scores`` has shape (k,). Z is the difference of the mean scores over its standard error under the null hypothesis.
    Raises BadInput ``scores-do-not-match``.
    """
    pairs, values = _scored(table, scores)
    value, null_error, _ = _score_difference(pairs, values)
    if not null_error:
        return ChiSquareResult("mean_score", 1.0, None, NO_DISCORDANT)
    statistic = (value / null_error) ** 2
    return ChiSquareResult("mean_score", float(special.chdtrc(1, statistic)), statistic)


def mean_score_interval(table: npt.ArrayLike, scores: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """Mean score of the control arm minus that of the treatment arm, interval from the error of the test.

    It excludes zero exactly when ``mean_score_test`` rejects. In units of the scores.
    """
    return _mean_score(table, scores, level, method="score")


def mean_score_wald(table: npt.ArrayLike, scores: npt.ArrayLike, level: float = 0.95) -> Estimate:
    """The same difference with the interval from the observed spread of the pair differences."""
    return _mean_score(table, scores, level, method="wald")


def _mean_score(table: npt.ArrayLike, scores: npt.ArrayLike, level: float, method: str) -> Estimate:
    check_share("level", level)
    pairs, values = _scored(table, scores)
    value, null_error, error = _score_difference(pairs, values)
    half = normal_quantile(level) * (null_error if method == "score" else error)
    listed = ", ".join(f"{score:g}" for score in values)
    text = f"gemiddelde score controleprofiel min testprofiel, scores {listed}; {ALL}"
    if not half:
        return _difference(value, None, None, level, pairs, method, f"{text}; geen interval: geen spreiding")
    return _difference(value, value - half, value + half, level, pairs, method, text)


def _difference(
    value: float, low: float | None, high: float | None, level: float, pairs: Whole, method: str, text: str
) -> Estimate:
    return Estimate("mean_score_difference", "all", value, low, high, level, int(pairs.sum()), method, text)


def _scored(table: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Whole, Floats]:
    pairs, values = square(table), np.asarray(scores)
    number = np.issubdtype(values.dtype, np.number) and not np.issubdtype(values.dtype, np.complexfloating)
    if values.shape != (len(pairs),) or not number or not np.isfinite(values).all() or len(set(values.tolist())) < 2:
        raise BadInput(
            Problem(
                "scores-do-not-match",
                "De scores horen niet bij de uitkomstklassen.",
                found=str(values.tolist()),
                remedy=f"Geef {len(pairs)} getallen, één per klasse, die niet allemaal gelijk zijn.",
            )
        )
    return pairs, values.astype(float)


def _score_difference(pairs: Whole, scores: Floats) -> tuple[float, float, float]:
    """The difference, its standard error under the null hypothesis, and its standard error as observed."""
    n, gaps = float(pairs.sum()), scores[:, None] - scores[None, :]
    value, square_mean = float((gaps * pairs).sum()) / n, float((gaps**2 * pairs).sum()) / n
    return value, sqrt(square_mean / n), sqrt(max(square_mean - value**2, 0.0) / n)
