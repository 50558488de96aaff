"""Which of the commissioner's own telephone numbers stands in which letter: at one advertiser none comes twice.

Numbers are never invented: one might be somebody's. The arms of a pair get numbers that are drawn independently of the
arm, from an order of all numbers that belongs to the advertiser alone.
"""

from collections.abc import Mapping

from orchestrator.chance import generator
from orchestrator.design import Design
from profiles.pairs import Arm


def of_pair(design: Design, advertiser: str, number: int) -> Mapping[Arm, str]:
    """Return the telephone number of each arm in the pair that is an advertiser's first (0), second (1), and so on.

    By the codes of its pairs, which are given in order and never change. Empty when the design has no numbers.
    """
    phones, arms = design.letters.phones, tuple(design.question.sets)
    if not phones:
        return {}
    order = generator(design.seed, "phones", advertiser).permutation(len(phones))
    places = (order[(number * len(arms) + step) % len(phones)] for step in range(len(arms)))
    return {arm: phones[place] for arm, place in zip(arms, places, strict=True)}
