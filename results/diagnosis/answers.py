"""From what a simulated market answered to outcomes, by the codebook and the rules that a real round goes by.

Coding is taken to be faultless: an answer gets the label that it was written to deserve.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from orchestrator.states import EXCLUDING_LABELS, Exclusion
from profiles.errors import BadInput, Problem
from results.outcomes import Outcome, labels

Flags = npt.NDArray[np.bool_]
USABLE = -1
EXCLUSIONS = tuple(Exclusion)

# What the market calls an answer, and the label that coders give it.
LABELS = {
    "invitation": "UITNODIGING",
    "choose_slot": "UITNODIGING_KEUZE",
    "open_house": "OPEN_HUIS",
    "questions": "NEUTRALE_VRAGEN",
    "income": "INKOMENSVRAAG",
    "register": "INSCHRIJVEN_VEREIST",
    "waiting_list": "WACHTLIJST",
    "full": "BEZICHTIGINGEN_VOL",
    "let": "AL_VERHUURD",
    "rejected": "AFWIJZING_ZONDER_REDEN",
    "rejected_reason": "AFWIJZING_MET_REDEN",
    "ground": "AFWIJZING_GROND",
    "veiled": "AFWIJZING_VERHULD",
    "authenticity": "ECHTHEIDSVRAAG",
    "silence": "GEEN_REACTIE",
    "receipt": "AUTOMATISCHE_ONTVANGST",
    "away": "AFWEZIG",
    "bounce": "ONBESTELBAAR",
}


@dataclass(frozen=True)
class Sample:
    """The pairs of a planned round, in one order: advertiser, district, and whether it is a sham pair.

    ``letters`` go about each listing; of a set of more than two the first treatment is held against the control. In an
    unpaired design ``writers`` has the place of the arm that writes about each, and is empty else.
    """

    advertisers: tuple[str, ...]
    districts: tuple[str, ...]
    sham: tuple[bool, ...]
    letters: int = 2
    writers: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        return len(self.advertisers)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every advertiser once, in alphabetical order."""
        return tuple(sorted(set(self.advertisers)))

    @cached_property
    def membership(self) -> npt.NDArray[np.float64]:
        """1 where a pair (row) is of an advertiser (column), else 0."""
        places = [self.names.index(each) for each in self.advertisers]
        return np.eye(len(self.names))[places]

    @cached_property
    def wrote(self) -> Flags:
        """Per pair and arm whether that arm wrote; all do where designs are paired."""
        if not self.writers:
            return np.ones((self.size, self.letters), dtype=bool)
        return np.eye(max(2, *(place + 1 for place in self.writers)), dtype=bool)[list(self.writers)]

    @cached_property
    def real(self) -> Flags:
        return ~np.asarray(self.sham, dtype=bool)


@dataclass(frozen=True)
class Answers:
    """What many rounds gave; every array begins with the round, then the pair, then the arm (control first).

    ``excluded`` has no arm: per pair `USABLE` or a place in `EXCLUSIONS`. ``biased`` is per round and advertiser, in
    the order of ``Sample.names``: whether that advertiser truly favours the control arm.
    """

    positive: Flags
    invited: Flags
    written: Flags
    excluded: npt.NDArray[np.int64]
    biased: Flags

    @property
    def rounds(self) -> int:
        return len(self.positive)

    def usable(self, sample: Sample) -> Flags:
        """Per round and pair whether it counts in the comparison; a sham pair never does."""
        return np.asarray((self.excluded == USABLE) & sample.real)


def answers_of(
    kinds: Sequence[str],
    rounds: Iterable[Mapping[str, Any]],
    sample: Sample,
    *,
    positive: Sequence[str],
    response_days: int,
    uncertain: Flags,
) -> Answers:
    """Code the rounds of a market: per round "kinds" (places in ``kinds``) and "hours" by letter, "bias" by advertiser.

    The letters of a round stand in the order of the pairs, control before treatment; ``uncertain`` tells per round and
    pair whether the wire left it unsettled. As in a real round an answer after ``response_days`` is silence, but a
    letter that came back, or an answer that doubts, costs the pair whenever it comes.
    """
    told = list(rounds)
    what = np.asarray([each["kinds"] for each in told]).reshape(len(told), sample.size, sample.letters)
    late = np.asarray([each["hours"] for each in told], dtype=float).reshape(what.shape) > 24 * response_days
    codes = [labels()[_label(kind)] for kind in kinds]
    counts, invites, wrote = (
        np.asarray(flags)[what]
        for flags in (
            [code.outcome in positive for code in codes],
            [code.outcome is Outcome.POSITIVE for code in codes],
            [not code.technical and code.code != "GEEN_REACTIE" for code in codes],
        )
    )
    biased = np.asarray([[each["bias"][name] > 0 for name in sample.names] for each in told])
    counted, invited, answered = (flags & sample.wrote for flags in (counts & ~late, invites, wrote))
    return Answers(counted, invited, answered, _excluded(codes, what, uncertain), biased)


def _excluded(codes: Sequence[Any], what: npt.NDArray[np.int64], uncertain: Flags) -> npt.NDArray[np.int64]:
    """Why each pair does not count: first what the wire left unsettled, then the label of the letter planned first."""
    reason = np.asarray(
        [EXCLUSIONS.index(EXCLUDING_LABELS[each.code]) if each.code in EXCLUDING_LABELS else USABLE for each in codes]
    )[what]
    by_label = reason[..., 0]
    for letter in range(1, reason.shape[-1]):
        by_label = np.where(by_label != USABLE, by_label, reason[..., letter])
    return np.asarray(np.where(uncertain, EXCLUSIONS.index(Exclusion.UNCERTAIN), by_label))


def _label(kind: str) -> str:
    if kind not in LABELS:
        raise BadInput(Problem("unknown-answer", "De markt gaf een antwoord dat we niet kennen.", found=kind))
    return LABELS[kind]
