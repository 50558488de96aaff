"""Sham pairs: two applicants of the same group. What differs between them is chance, and it is set beside a round.

Gross figures contain chance: two equal applicants also get different answers. HUD's studies of 2000 sent a third tester
for this reason. In a sham pair neither arm can be favoured, so half of its differences is the chance that is in b/n.
"""

from dataclasses import dataclass

from profiles.errors import BadInput, Problem
from results.statistics import estimands
from results.statistics.counts import Counts
from results.statistics.estimands import Estimate
from results.statistics.intervals import tango, wilson
from results.statistics.strata import mover

Shares = tuple[float, float, float]


@dataclass(frozen=True)
class Noise:
    """A round beside its sham pairs; every share is over all usable pairs of its kind.

    ``real`` and ``sham``: pairs whose arms got different answers, either way. ``net``: net figure of the round.
    ``sham_net``: the same of the sham pairs; its interval should hold zero. ``random``: the part of gross
    discrimination that chance alone would give, half of ``sham``. ``beyond``: ``real`` minus ``sham``.
    ``gross_beyond``: gross discrimination minus ``random``. The last two compare independent samples (MOVER of Wilson).
    """

    real: Estimate
    sham: Estimate
    net: Estimate
    sham_net: Estimate
    random: Estimate
    beyond: Estimate
    gross_beyond: Estimate


def sham_noise(real: Counts, sham: Counts, level: float = 0.95) -> Noise:
    """Set the pairs of a round beside its sham pairs. Raises BadInput ``no-pairs`` and ``no-sham-pairs``."""
    if not real.n:
        raise BadInput(Problem("no-pairs", "Er is geen enkele geslaagde test, dus er valt niets te vergelijken."))
    if not sham.n:
        raise BadInput(
            Problem(
                "no-sham-pairs",
                "Er is geen enkele geslaagde schijntest, dus het toeval is niet te meten.",
                remedy="Zet question.sham_share in het onderzoeksplan boven 0.",
            )
        )
    differ, by_chance = _share(real.discordant, real, level), _share(sham.discordant, sham, level)
    gross = _share(real.c10, real, level)
    half: Shares = (by_chance[0] / 2, by_chance[1] / 2, by_chance[2] / 2)
    return Noise(
        real=_estimate("differing", differ, level, real.n, "wilson", f"beide kanten op; {estimands.ALL}"),
        sham=_estimate("differing", by_chance, level, sham.n, "wilson", "beide kanten op; alle geslaagde schijntests"),
        net=_net(real, level, estimands.ALL),
        sham_net=_net(sham, level, "alle geslaagde schijntests; zonder toeval nul"),
        random=_estimate("random_part", half, level, sham.n, "wilson", "helft van de verschillen in schijntests"),
        beyond=_less(
            "differing_beyond_noise", differ, by_chance, level, real.n + sham.n, "verschillen beide kanten op"
        ),
        gross_beyond=_less(
            "gross_beyond_noise", gross, half, level, real.n + sham.n, "alleen het controleprofiel positief"
        ),
    )


def _share(positive: int, counts: Counts, level: float) -> Shares:
    return positive / counts.n, *wilson(positive, counts.n, level)


def _estimate(name: str, share: Shares, level: float, n: int, method: str, text: str) -> Estimate:
    return Estimate(name, "all", *share, level, n, method, text)


def _net(counts: Counts, level: float, text: str) -> Estimate:
    low, high = tango(counts, level)
    value = (counts.c10 - counts.c01) / counts.n
    return Estimate("net_discrimination", "all", value, low, high, level, counts.n, "tango", text)


def _less(name: str, first: Shares, second: Shares, level: float, n: int, text: str) -> Estimate:
    limits = mover(first[0], first[1:], second[0], second[1:])
    found: Shares = (first[0] - second[0], *limits)
    return _estimate(name, found, level, n, "mover_wilson", f"{text}, min wat toeval in schijntests geeft")
