"""Randomisation inference: who of a pair had which label was drawn, so every sign could have been the other.

Under the sharp hypothesis (no advertiser answers one label otherwise than the other) each pair difference keeps its
size and its sign is a fair coin. p is the chance of a sum at least as far from zero as the observed one. Signs of one
advertiser are flipped together where its answers hang together. This tests "no effect on anybody"; whether the average
differs is for the clustered interval.

The exact p sums the whole distribution of sum(+-|v|). It is computed without listing it: the distribution is tilted
(exponential change of measure) until the observed sum is its mean, its characteristic function, a product over the
distinct sizes, is inverted by FFT on the lattice of possible sums, and the tilt is undone: even 1e-30 has ten digits.
"""

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from profiles.errors import BadInput, Problem
from results.statistics import cells
from results.statistics.counts import Counts
from results.statistics.mcnemar import NO_DISCORDANT, TestResult, exact_p
from results.statistics.numeric import Array, bisect

SHARP = "wisseltoets: niemand antwoordt anders op het ene label dan op het andere"
DRAWS = 9999
MISSED = 42.0  # minus the logarithm of the mass, 1e-18, that may fall outside the lattice
NOTHING = -60.0  # logarithm of a characteristic function that no longer counts
STEEPEST = 50.0  # a tilt beyond which every sign is certain
LARGEST = 1 << 23  # points of a lattice
BLOCK = 1 << 20  # random signs held at once


@dataclass(frozen=True)
class Sizes:
    """Distinct sizes (V,) of the differences, divided by their common divisor, and how often each occurs (V,)."""

    size: npt.NDArray[np.int64]
    times: npt.NDArray[np.int64]

    @property
    def total(self) -> int:
        """The largest possible sum."""
        return int(self.size @ self.times)


def sign_flip(counts: Counts) -> TestResult:
    """Exact randomisation test of one application per arm: the exact McNemar test. The statistic is c10 - c01."""
    if not counts.discordant:
        return TestResult("sign_flip", 1.0, None, NO_DISCORDANT)
    p = exact_p(min(counts.c10, counts.c01), counts.discordant)
    return TestResult("sign_flip", float(p), float(counts.c10 - counts.c01), SHARP)


def sign_flip_clustered(table: npt.ArrayLike) -> TestResult:
    """Exact test from counts per advertiser (G, 4), all pairs of an advertiser flipped together."""
    found = sign_flip_exact(cells.net(cells.checked(table)))
    return TestResult("sign_flip_clustered", found.p, found.statistic, f"{found.note}; per woningaanbieder gewisseld")


def sign_flip_exact(differences: npt.ArrayLike) -> TestResult:
    """Exact two-sided test for whole differences of any size (m,); the statistic is their sum.

    Raises BadInput ``difference-not-whole`` for anything but whole numbers, and ``differences-too-large`` where the
    lattice of sums would not fit in memory. Below 1e-308 p is 0.
    """
    d = np.asarray(differences)
    if d.ndim != 1 or not np.issubdtype(d.dtype, np.integer):
        raise BadInput(
            Problem(
                "difference-not-whole",
                "De exacte wisseltoets rekent met hele verschillen.",
                found=f"type {d.dtype}, vorm {d.shape}",
                remedy="Geef hele getallen, of gebruik de wisseltoets met trekkingen.",
            )
        )
    if not d.any():
        return TestResult("sign_flip_exact", 1.0, None, NO_DISCORDANT)
    size, times = np.unique(np.abs(d[d != 0].astype(np.int64)), return_counts=True)
    divisor = int(np.gcd.reduce(size))
    observed = int(d.sum(dtype=np.int64))
    p = min(2 * _upper(Sizes(size // divisor, times), abs(observed) // divisor), 1.0) if observed else 1.0
    return TestResult("sign_flip_exact", p, float(observed), SHARP)


def _upper(sizes: Sizes, observed: int) -> float:
    """P(sum of signed sizes >= observed), observed above 0."""
    heads = (sizes.total + observed) // 2  # the sum of the sizes whose sign is +
    if heads == sizes.total:
        return float(0.5 ** int(sizes.times.sum()))
    tilt = _tilt(sizes, observed)
    mass = _tilted(sizes, tilt, heads)
    back = np.exp(-2 * tilt * np.arange(len(mass)))
    log_cosh = tilt * sizes.size + np.log1p(np.exp(-2 * tilt * sizes.size)) - log(2)
    return exp(float(log_cosh @ sizes.times) - tilt * observed) * float(mass @ back)


def _tilt(sizes: Sizes, observed: int) -> float:
    """Where the tilted mean, sum of size * tanh(tilt * size), is the observed sum."""

    def short(tilt: Array) -> npt.NDArray[np.bool_]:
        return np.asarray(np.tanh(np.multiply.outer(tilt, sizes.size)) @ (sizes.size * sizes.times) < observed)

    return float(bisect(short, np.zeros(1), np.full(1, STEEPEST))[0])


def _tilted(sizes: Sizes, tilt: float, heads: int) -> npt.NDArray[np.float64]:
    """Tilted probabilities of heads, heads + 1, ...: the characteristic function inverted on a wide enough lattice."""
    points = min(sizes.total + 1, int(2 * _half_width(sizes, tilt)) + 2)
    if points > LARGEST:
        raise BadInput(
            Problem(
                "differences-too-large",
                "De verschillen zijn te groot voor de exacte wisseltoets.",
                found=f"tot {sizes.size.max()}",
                remedy="Gebruik een grovere eenheid, of de wisseltoets met trekkingen.",
            )
        )
    transform = np.zeros(points // 2 + 1, dtype=complex)
    live, value = _characteristic(sizes, tilt, heads, points)
    transform[live] = value.conj()
    reach = points if points > sizes.total else points // 2  # a lattice narrower than the support wraps around
    return np.asarray(np.fft.irfft(transform, points)[: min(reach, sizes.total - heads + 1)])


def _half_width(sizes: Sizes, tilt: float) -> float:
    """How far the tilted sum of heads strays from its mean: the closer of Hoeffding's and Bernstein's bounds."""
    squares = sizes.times * sizes.size.astype(float) ** 2
    variance = float(np.sum(squares * np.exp(-2 * tilt * sizes.size) / (1 + np.exp(-2 * tilt * sizes.size)) ** 2))
    third = float(sizes.size.max()) * MISSED / 3
    return min(sqrt(MISSED / 2 * float(squares.sum())), third + sqrt(third**2 + 2 * MISSED * variance))


def _characteristic(
    sizes: Sizes, tilt: float, heads: int, points: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.complex128]]:
    """Characteristic function of (tilted sum of heads - heads), and the frequencies where it is not nothing.

    A frequency drops out as soon as its modulus vanishes. Each phase is taken relative to its own mean: it stays small.
    """
    live = np.arange(points // 2 + 1)
    modulus, phase, mean = np.zeros(len(live)), np.zeros(len(live)), 0.0
    for place in np.argsort(-sizes.times):
        size, times = int(sizes.size[place]), int(sizes.times[place])
        up = 1 / (1 + exp(-2 * tilt * size))
        angle, sine = _angle(live * size % points, points), np.sin(np.pi * (live * size % points) / points) ** 2
        with np.errstate(divide="ignore"):  # a modulus of zero has logarithm -inf, and drops out
            modulus += times / 2 * np.log1p(-4 * up * (1 - up) * sine)
        phase += times * (np.arctan2(up * np.sin(angle), 1 - 2 * up * sine) - up * _angle(live * size, points))
        mean += times * up * size
        keep = modulus > NOTHING
        live, modulus, phase = live[keep], modulus[keep], phase[keep]
    return live, np.exp(modulus + 1j * (phase + _angle(live, points) * (mean - heads)))


def _angle(steps: npt.NDArray[np.intp], points: int) -> npt.NDArray[np.float64]:
    return np.asarray(2 * np.pi * steps / points)


def sign_flip_drawn(
    differences: npt.ArrayLike,
    rng: np.random.Generator,
    clusters: npt.ArrayLike | None = None,
    draws: int = DRAWS,
) -> TestResult:
    """Randomisation test of real-valued differences (m,) by ``draws`` random flips; p = (1 + as extreme) / (1 + draws).

    ``clusters`` (m,) holds the advertiser as a code 0..G-1; its pairs are flipped together. Raises BadInput
    ``difference-not-a-number``, and as ``cells.codes``.
    """
    d = _numbers(differences)
    if clusters is not None:
        d = np.bincount(cells.codes(clusters, len(d)), weights=d).astype(float)
    d = d[d != 0]
    if not len(d):
        return TestResult("sign_flip_drawn", 1.0, None, NO_DISCORDANT)
    observed, beyond = float(d.sum()), 0
    bar = abs(observed) - 1e-9 * float(np.abs(d).sum())  # sums equal but for rounding count
    per_block = max(1, BLOCK // len(d))
    for start in range(0, draws, per_block):
        heads = _coins(rng, min(per_block, draws - start), len(d))
        beyond += int(np.count_nonzero(np.abs(2 * (heads @ d) - observed) >= bar))
    note = f"{SHARP}; {draws} trekkingen"
    return TestResult("sign_flip_drawn", (1 + beyond) / (1 + draws), observed, note)


def _coins(rng: np.random.Generator, rows: int, columns: int) -> npt.NDArray[np.float64]:
    """Fair coins (rows, columns), 0 or 1, one random bit each."""
    bits = np.frombuffer(rng.bytes(rows * (columns // 8 + 1)), dtype=np.uint8).reshape(rows, -1)
    return np.unpackbits(bits, axis=1, count=columns).astype(float)


def _numbers(differences: npt.ArrayLike) -> npt.NDArray[np.float64]:
    d = np.asarray(differences)
    real = d.ndim == 1 and (np.issubdtype(d.dtype, np.floating) or np.issubdtype(d.dtype, np.integer))
    if not real or not bool(np.isfinite(d).all()):
        raise BadInput(
            Problem(
                "difference-not-a-number",
                "De verschillen zijn niet allemaal getallen.",
                remedy="Laat tests zonder uitkomst weg en geef per test één getal.",
            )
        )
    return d.astype(float)
