"""How an advertiser decides: a pure function of the declaration, the listing and the name it reads."""

from datetime import timedelta
from enum import StrEnum
from functools import cache
from math import exp

from market.bias import Leaning
from market.chance import Chance
from market.temper import USUAL, Temper

_MEDIAN_HOURS = 7.0
_SPREAD = 1.0
_MOST_HOURS = 144.0
_GROUND = 0.04


class Kind(StrEnum):
    """What an answer says; the first three are invitations, the last three are sent by machines."""

    INVITATION = "invitation"
    CHOOSE_SLOT = "choose_slot"
    OPEN_HOUSE = "open_house"
    QUESTIONS = "questions"
    INCOME = "income"
    REGISTER = "register"
    WAITING_LIST = "waiting_list"
    FULL = "full"
    LET = "let"
    REJECTED = "rejected"
    REJECTED_REASON = "rejected_reason"
    GROUND = "ground"
    VEILED = "veiled"
    AUTHENTICITY = "authenticity"
    SILENCE = "silence"
    RECEIPT = "receipt"
    AWAY = "away"
    BOUNCE = "bounce"


INVITATIONS = {Kind.INVITATION: 0.5, Kind.CHOOSE_SLOT: 0.25, Kind.OPEN_HOUSE: 0.25}
OTHERWISE = {
    Kind.SILENCE: 0.38,
    Kind.QUESTIONS: 0.11,
    Kind.INCOME: 0.07,
    Kind.REGISTER: 0.09,
    Kind.WAITING_LIST: 0.07,
    Kind.FULL: 0.08,
    Kind.LET: 0.07,
    Kind.REJECTED: 0.06,
    Kind.REJECTED_REASON: 0.05,
    Kind.AUTHENTICITY: 0.02,
}


def decide(
    seed: int,
    leaning: Leaning,
    *,
    advertiser: str,
    listing: str,
    mailbox: str,
    dutch: bool,
    temper: Temper = USUAL,
) -> Kind:
    """What this applicant will hear; the same arguments give the same answer, whoever wrote earlier.

    Two applicants of one listing share one mood for a ``temper.shared`` part of the listings; each applicant's own
    chance of an invitation stays ``leaning.invites(dutch)``.
    """
    own = Chance(seed, "decision", advertiser, listing, mailbox.casefold())
    common = Chance(seed, "mood", advertiser, listing)
    mood = common.uniform("mood") if common.happens("shared", temper.shared) else own.uniform("mood")
    if mood < leaning.invites(dutch):
        return own.weigh("kind", INVITATIONS)
    if leaning.bias and not dutch and own.happens("ground", _GROUND):
        return own.pick("which ground", (Kind.VEILED, Kind.VEILED, Kind.GROUND))
    return own.weigh("kind", _otherwise(temper.doubts))


@cache
def _otherwise(doubts: float) -> dict[Kind, float]:
    """What is said when nobody is invited, with this part of it a doubt whether the letter is a test."""
    if doubts == USUAL.doubts:
        return OTHERWISE
    rest = sum(OTHERWISE.values()) - OTHERWISE[Kind.AUTHENTICITY]
    return {**OTHERWISE, Kind.AUTHENTICITY: rest * doubts / (1 - doubts)}


def patience(chance: Chance) -> timedelta:
    """Market time until a person answers: lognormal, median 7 hours, at most six days."""
    hours = _MEDIAN_HOURS * exp(_SPREAD * chance.normal("patience"))
    return timedelta(hours=min(max(hours, 0.25), _MOST_HOURS))
