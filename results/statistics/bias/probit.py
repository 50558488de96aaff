"""Does the treatment arm lose on level, or only on how widely its unseen qualities seem to spread?

The heteroskedastic probit of Neumark (2012), Journal of Human Resources 47:1128, answering Heckman & Siegelman (1993):
P(positive) = Phi((x b + delta t) / exp(gamma t)), with t = 1 for the treatment arm. Known only because randomised
quality shifters (income, job, letter) move x b; without one, level and variance cannot be told apart.
"""

from dataclasses import dataclass
from math import exp

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from profiles.errors import BadInput, Problem
from results.statistics.bias.effects import Effects, decompose
from results.statistics.estimands import Estimate
from results.statistics.mcnemar import TestResult
from results.statistics.numeric import normal_quantile

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
_FLAT = 1e-6  # mean gradient per letter at which the climb has ended
_WIDEST = 5.0  # |gamma|: a spread e^5 times that of the other arm is a run-away, not an estimate


@dataclass(frozen=True)
class Probit:
    """Fitted model. ``parameters`` in the order constant, shifters, delta, gamma, with clustered ``covariance``.

    ``spread`` is gamma: the log of the treatment arm's spread over the control arm's; ``wald`` and ``likelihood_ratio``
    test gamma = 0. ``effects`` splits the difference between the arms in its level and variance part.
    """

    parameters: Floats
    covariance: Floats
    log_likelihood: float
    level_shift: Estimate
    spread: Estimate
    wald: TestResult
    likelihood_ratio: TestResult
    effects: Effects


@dataclass(frozen=True)
class _Letters:
    """Letters that are alike as one row: design (constant, shifters, treatment), outcome sign (+1, -1), treatment 0 or
    1, and how many they are, in all and per cluster (sparse, shape (G, rows)).

    With shifters of a few values a million letters are a few dozen rows.
    """

    x: Floats
    sign: Floats
    t: Floats
    weight: Floats
    per_cluster: sparse.csr_array

    @property
    def n(self) -> int:
        return int(self.weight.sum())


def _letters(y: Floats, t: Floats, z: Floats, codes: Codes) -> _Letters:
    cell = np.zeros(len(y), dtype=np.intp)
    for column in (y, t, *z.T):
        values, inverse = np.unique(column, return_inverse=True)
        # Numbered anew each time, or many shifters would overflow.
        cell = np.unique(cell * len(values) + inverse, return_inverse=True)[1]
    first, weight = np.unique(cell, return_index=True, return_counts=True)[1:]
    x = np.column_stack([np.ones(len(first)), z[first], t[first]])
    per_cluster = sparse.csr_array(sparse.coo_array((np.ones(len(y)), (codes, cell))))
    return _Letters(x, 2 * y[first] - 1, t[first], weight.astype(float), per_cluster)


def heteroskedastic_probit(
    positive: npt.ArrayLike,
    treatment: npt.ArrayLike,
    shifters: npt.ArrayLike,
    clusters: npt.ArrayLike,
    level: float = 0.95,
) -> Probit:
    """Fit by maximum likelihood (BFGS with the analytic gradient); sandwich errors clustered by ``clusters``.

    One row per letter: ``positive`` and ``treatment`` 0 or 1, shape (N,); ``shifters`` shape (N, k); ``clusters``
    integer codes 0..G-1 of the advertiser (or pair). Errors carry the factor G / (G - 1). BadInput for outcomes that
    are not 0 or 1, one arm only, no shifter that varies, fewer than two clusters, or a climb that does not end.
    """
    y, t, z, codes = _checked(positive, treatment, shifters, clusters)
    letters = _letters(y, t, z, codes)
    plain, plain_worth = _climb(letters, np.zeros(letters.x.shape[1]))
    found, worth = _climb(letters, np.append(plain, 0.0))
    covariance = _sandwich(letters, found)
    return _result(letters, found, covariance, worth, plain_worth, level)


def homoskedastic_probit(
    positive: npt.ArrayLike, treatment: npt.ArrayLike, shifters: npt.ArrayLike
) -> tuple[Floats, float]:
    """The ordinary probit (gamma = 0): parameters in the order constant, shifters, delta; and its log-likelihood."""
    letters = _letters(*_checked(positive, treatment, shifters, np.arange(np.size(positive)) // 2))
    return _climb(letters, np.zeros(letters.x.shape[1]))


def _result(
    letters: _Letters, found: Floats, covariance: Floats, worth: float, plain_worth: float, level: float
) -> Probit:
    errors = np.sqrt(np.diag(covariance))
    n, z = letters.n, normal_quantile(level)
    delta, gamma = (
        Estimate(
            name, "letters", float(b), float(b - z * e), float(b + z * e), level, n, "heteroskedastic_probit", note
        )
        for name, b, e, note in zip(
            ("level_shift", "log_spread_ratio"),
            found[-2:],
            errors[-2:],
            ("verschuiving van het testprofiel op de probitschaal", "log van de spreiding van het testprofiel"),
            strict=True,
        )
    )
    chi, ratio = float((found[-1] / errors[-1]) ** 2), max(2 * (worth - plain_worth), 0.0)
    wald = TestResult("equal_spread_wald", float(special.chdtrc(1, chi)), chi)
    lr = TestResult("equal_spread_likelihood_ratio", float(special.chdtrc(1, ratio)), ratio)
    effects = decompose(letters.x[:, :-1], letters.t, letters.weight, found, covariance, level)
    return Probit(found, covariance, worth, delta, gamma, wald, lr, effects)


def _climb(letters: _Letters, start: Floats) -> tuple[Floats, float]:
    """Maximum and log-likelihood; with as many parameters as columns of x gamma is 0. BadInput when it does not end."""
    from scipy import optimize  # slow to import

    n = letters.n

    def loss(parameters: Floats) -> tuple[float, Floats]:
        worth, scores = _likelihood(letters, parameters)
        return -worth / n, -(letters.weight @ scores) / n

    found = optimize.minimize(loss, start, jac=True, method="BFGS", options={"gtol": _FLAT / 10, "maxiter": 500})
    slope = float(np.abs(loss(found.x)[1]).max())
    runaway = len(start) > letters.x.shape[1] and abs(found.x[-1]) > _WIDEST
    if not np.isfinite(found.fun) or slope > _FLAT or runaway:
        raise BadInput(
            Problem(
                "no-convergence",
                "Het model vindt geen beste schatting.",
                found=f"helling {slope:.2g} na {found.nit} stappen",
                remedy="Er zijn meer tests nodig, of een kenmerk dat het antwoord duidelijker verandert.",
            )
        )
    return np.asarray(found.x), -float(found.fun) * n


def _likelihood(letters: _Letters, parameters: Floats) -> tuple[float, Floats]:
    """Log-likelihood of all letters, and the gradient of one letter of each row, shape (rows, parameters)."""
    b = parameters[: letters.x.shape[1]]
    gamma = float(parameters[-1]) if len(parameters) > len(b) else 0.0
    spread = np.where(letters.t > 0, exp(min(max(gamma, -50.0), 50.0)), 1.0)
    eta = letters.x @ b / spread
    log_p = special.log_ndtr(letters.sign * eta)
    # phi / Phi in logs: far out in the tail both are zero.
    mills = letters.sign * np.exp(-(eta**2) / 2 - np.log(2 * np.pi) / 2 - log_p)
    scores = letters.x * (mills / spread)[:, None]
    if len(parameters) > len(b):
        scores = np.column_stack([scores, -mills * eta * letters.t])
    return float(letters.weight @ log_p), scores


def _sandwich(letters: _Letters, found: Floats) -> Floats:
    groups = letters.per_cluster.shape[0]
    sums = np.asarray(letters.per_cluster @ _likelihood(letters, found)[1])
    bread = np.linalg.inv(_information(letters, found))
    return np.asarray(groups / (groups - 1) * bread @ (sums.T @ sums) @ bread)


def _information(letters: _Letters, found: Floats) -> Floats:
    """Minus the second derivatives, by central differences of the analytic gradient. BadInput when not a maximum."""
    step = 1e-5
    columns = [
        letters.weight @ (_likelihood(letters, found - e)[1] - _likelihood(letters, found + e)[1]) / (2 * step)
        for e in np.eye(len(found)) * step
    ]
    square = np.array(columns)
    square = (square + square.T) / 2
    if float(np.linalg.eigvalsh(square)[0]) <= 1e-9 * letters.n:
        raise BadInput(
            Problem(
                "not-identified",
                "Niveau en spreiding zijn met deze kenmerken niet te scheiden.",
                remedy="Gebruik kenmerken die het antwoord duidelijk veranderen en die niet samenvallen.",
            )
        )
    return np.asarray(square)


def _checked(
    positive: npt.ArrayLike, treatment: npt.ArrayLike, shifters: npt.ArrayLike, clusters: npt.ArrayLike
) -> tuple[Floats, Floats, Floats, Codes]:
    try:
        y, t, z = (np.asarray(part, dtype=float) for part in (positive, treatment, shifters))
    except (TypeError, ValueError) as error:
        raise BadInput(Problem("not-numbers", "Een uitkomst of kenmerk is geen getal.", found=str(error))) from error
    codes = np.asarray(clusters, dtype=np.intp)
    z = z[:, None] if z.ndim == 1 else z
    if not (y.ndim == 1 and len(y) == len(t) == len(z) == len(codes) and np.isfinite(z).all()):
        raise BadInput(
            Problem(
                "not-one-row-per-letter", "Elke brief heeft één rij: uitkomst, profiel, kenmerken en woningaanbieder."
            )
        )
    if not (np.isin(y, (0, 1)).all() and np.isin(t, (0, 1)).all()):
        raise BadInput(
            Problem(
                "not-zero-or-one",
                "Uitkomst en profiel zijn 0 of 1.",
                remedy="Schrijf 1 voor positief en voor het testprofiel.",
            )
        )
    if len(set(y)) < 2 or len(set(t)) < 2:
        raise BadInput(
            Problem("no-variation", "Er is maar één uitkomst of maar één profiel, dus er valt niets te schatten.")
        )
    if len(np.unique(codes)) < 2 or codes.min() < 0:
        raise BadInput(Problem("too-few-clusters", "Er zijn minstens twee woningaanbieders nodig."))
    if int(np.bincount(codes).max()) < 2:
        raise BadInput(
            Problem("clusters-of-one", "Elke woningaanbieder kreeg één brief, dus er is niets om te clusteren.")
        )
    varies = np.ptp(z, axis=0) > 0 if z.shape[1] else np.zeros(0, dtype=bool)
    if not varies.any():
        raise BadInput(
            Problem(
                "no-quality-shifter",
                "Geen enkel kenmerk wisselt tussen de brieven, dus niveau en spreiding zijn niet te scheiden.",
                remedy="Laat in de opzet een kenmerk loten, zoals inkomen, beroep of briefversie.",
            )
        )
    return y, t, z[:, varies], np.unique(codes, return_inverse=True)[1].astype(np.intp)
