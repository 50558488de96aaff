"""When the declared looks of a round fall, and whether they can: each an act of a person, at a number fixed before."""

from collections.abc import Iterator
from itertools import pairwise
from math import ceil

from orchestrator.design.model import Analysis, Approach, Design, Looks, Question, Sample
from orchestrator.design.places import KeyPath, Located, located
from profiles.sentences import Sentence

LEAST_PAIRS = 20
"""So many pairs before the first look and between two: fewer would tell of single advertisers, and decide nothing."""

PATH: KeyPath = ("analysis", "looks", "at")


def looks_at(design: Design) -> tuple[int, ...]:
    """The numbers of usable pairs at which the looks fall, the planned total last; empty when none was declared.

    The total is what the design plans, sham pairs apart, also for a round that found fewer listings: who could see how
    many there came could choose the moment.
    """
    looks = design.analysis.looks
    return _numbers(looks, design.question, design.sample) if looks else ()


def _numbers(looks: Looks, question: Question, sample: Sample) -> tuple[int, ...]:
    total = round(sample.pairs * (1 - question.sham_share - question.sham_treatment_share))
    # 0.7 of 10 is 7, and not the 8 that 7.000000000000001 would make.
    return (*(ceil(round(part * total, 6)) for part in looks.at), total)


def broken_by_looks(question: Question, sample: Sample, analysis: Analysis) -> Iterator[Located]:
    """Whether the looks rise, lie far enough apart, and are of pairs."""
    looks = analysis.looks
    if looks is None:
        return
    if question.approach is Approach.UNPAIRED:
        message = "Tussenstanden zijn er alleen voor gepaarde tests."
        remedy = "Haal looks weg, of kies approach: paired."
        yield located(PATH[:2], "looks-need-pairs", message, found=question.approach.value, remedy=remedy)
    if any(before >= after for before, after in pairwise(looks.at)):
        message, remedy = "De tussenstanden lopen niet op.", "Schrijf ze van vroeg naar laat, bijvoorbeeld [0.5, 0.75]."
        yield located(PATH, "looks-not-rising", message, found=str(list(looks.at)), remedy=remedy)
        return
    numbers = _numbers(looks, question, sample)
    if any(after - before < LEAST_PAIRS for before, after in pairwise((0, *numbers))):
        words = "Voor, tussen of na de tussenstanden liggen minder dan %(least)s tests."
        message, at = Sentence.of(words, least=LEAST_PAIRS), ", ".join(map(str, numbers[:-1]))
        found = Sentence.of("tussenstanden bij %(at)s van %(total)s tests", at=at, total=numbers[-1])
        remedy = "Kies minder tussenstanden of leg ze verder uiteen, of verhoog sample.pairs."
        yield located(PATH, "looks-too-close", message, found=found, remedy=remedy)
