"""Simulated rounds with known chances, made without any market."""

import numpy as np

from results.diagnosis import Answers, Sample
from results.diagnosis.answers import USABLE

CELLS = np.array([[True, True], [True, False], [False, True], [False, False]])


def a_sample(advertisers: int = 40, each: int = 6, *, districts: int = 4, sham: int = 0) -> Sample:
    """So many pairs with every advertiser, spread over the districts; the first ``sham`` pairs are sham pairs."""
    names = tuple(f"kantoor-{number:02d}" for number in range(advertisers) for _ in range(each))
    size = len(names)
    return Sample(
        names, tuple(f"wijk-{place % districts}" for place in range(size)), tuple(place < sham for place in range(size))
    )


def some_answers(
    sample: Sample, rounds: int, *, p10: float, p01: float, p11: float = 0.2, lost: float = 0.0, seed: int = 1
) -> Answers:
    """Independent pairs with these chances of each cell; ``lost`` of them, at random, do not count."""
    rng = np.random.default_rng(seed)
    shape = (rounds, sample.size)
    positive = CELLS[rng.choice(4, size=shape, p=[p11, p10, p01, 1 - p11 - p10 - p01])]
    excluded = np.where(rng.random(shape) < lost, 0, USABLE)
    biased = np.zeros((rounds, len(sample.names)), dtype=bool)
    return Answers(positive, positive, positive, excluded, biased)
