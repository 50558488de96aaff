"""Makers of applicants under every signal, and of the letters they write."""

from datetime import date

import numpy as np

from profiles import grounds
from profiles.applicants import Wish, draw_pair
from profiles.catalogue import load
from profiles.grounds import Signal
from profiles.letters import Dwelling, render
from profiles.pairs import BOTH, Arm, Matched
from profiles.parity import LetterPair, Written
from profiles.profile import Ground, Language

CATALOGUE, GROUNDS = load(), grounds.load()
SIGNALS = {key: signal for ground in GROUNDS.grounds.values() for key, signal in ground.signals.items()}
RENT = 900
"""A rent that suits every signal."""


def sets_of(signal: Signal) -> dict[Arm, str]:
    """Name sets with which a signal can be shown."""
    named = {
        Ground.ORIGIN: {Arm.CONTROL: "dutch", Arm.TREATMENT: "turkish"},
        Ground.GENDER: {Arm.CONTROL: "dutch_male", Arm.TREATMENT: "dutch_female"},
    }
    return named.get(signal.ground, dict.fromkeys(BOTH, "dutch"))


def applicants(key: str, seed: int, *, sham: Arm | None = None, language: Language = Language.DUTCH) -> Matched:
    signal = SIGNALS[key]
    sets = dict.fromkeys(BOTH, sets_of(signal)[sham]) if sham else sets_of(signal)
    wish = Wish(RENT, date(2026, 11, 1), language)
    return draw_pair(CATALOGUE, signal, sets, wish, np.random.default_rng(seed), sham=sham)


def a_pair(
    key: str, seed: int, variants: tuple[str, ...], level: str = "minimal", *, sham: Arm | None = None, number: int = 1
) -> LetterPair:
    """A pair of letters as planning makes them: two variants, drawn independently of the arm."""
    matched = applicants(key, seed, sham=sham)
    dwelling = Dwelling(f"Langestraat {number}", "Amersfoort", f"AM-{number:04d}", 3)
    one, other = np.random.default_rng([seed, number]).choice(len(variants), 2, replace=False)
    letters = {
        arm: Written(variants[at], matched.of(arm), render(variants[at], matched.of(arm), dwelling, level))
        for arm, at in zip(BOTH, (one, other), strict=True)
    }
    return LetterPair(f"P-{number:04d}", dwelling, letters, sham)
