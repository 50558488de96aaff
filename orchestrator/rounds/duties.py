"""Separation of duties: what somebody did in a round, and what may therefore not be done by them in it as well.

Who plans does not approve, who codes does not see arms, who releases is not who signs. It is asked where the record
changes, so that it holds for pages, commands and programs alike.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.models import Look, Release, RequestRound, Round
from profiles.errors import Refused
from profiles.sentences import Sentence

_PLANNED = "%(name)s heeft '%(round)s' gepland of goedgekeurd en kan dus weten wie welke brief schreef."
_ASKED = "%(name)s heeft '%(round)s' gepland of goedgekeurd en kan dus weten wat er werd gevraagd, en waarom."
_LOOKED = "%(name)s heeft een tussenstand van '%(round)s' geopend en zag de cijfers per profiel."
_RELEASED = "%(name)s werkte aan de vrijgave van '%(round)s' en zag de cijfers per profiel."
_CODES = "%(name)s codeert in ronde '%(round)s' en ziet geen cijfers per profiel."
_LOOK = "Laat iemand kijken die in deze ronde niet codeert."
_ANOTHER = "Laat iemand coderen die niets anders voor deze ronde deed."


def same(one: str, other: str) -> bool:
    """Say whether two names in the record are one person's."""
    return one.strip().casefold() == other.strip().casefold()


def require_another(actor: str, before: str, did: str, verb: str) -> None:
    """Raise `Refused` "same-person" for who did the step before."""
    if same(actor, before):
        raise Refused("same-person", f"{actor} heeft {did} en mag niet {verb}.", f"Laat een ander {verb}.")


def not_blind(session: Session, round_: Round | RequestRound, person: str) -> Sentence | None:
    """Return how somebody can know more of a round than a coder may, or None.

    Who planned or approved any of its versions vouches for the design and holds its seed, from which every arm can be
    drawn again, and a later version mostly has the same one. Who opened a look, or made, signed, read or released its
    outcome, saw figures by arm. Starting, pausing and closing a round tell nothing of an arm.
    """
    told = {"name": person.strip(), "round": round_.name}
    if any(same(each, person) for each in _designed(session, round_)):
        return Sentence.of(_ASKED if isinstance(round_, RequestRound) else _PLANNED, **told)
    if isinstance(round_, Round) and any(same(each, person) for each in _looked(session, round_)):
        return Sentence.of(_LOOKED, **told)
    if any(same(each, person) for each in _made_outcome(session, round_)):
        return Sentence.of(_RELEASED, **told)
    return None


def require_blind(session: Session, round_: Round | RequestRound, person: str) -> None:
    """Raise `Refused` "not-blind" for somebody who may not code in a round."""
    why = not_blind(session, round_, person)
    if why is not None:
        raise Refused("not-blind", why, _ANOTHER)


def codes_here(name: str, actor: str) -> Refused:
    """Return the refusal of figures by arm to somebody who codes in the round of that name."""
    return Refused("codes-here", Sentence.of(_CODES, name=actor, round=name), _LOOK)


def _designed(session: Session, round_: Round | RequestRound) -> list[str]:
    kind = type(round_)
    rows = session.execute(select(kind.planned_by, kind.approved_by).where(kind.name == round_.name))
    return [each for row in rows for each in row if each]


def _looked(session: Session, round_: Round) -> list[str]:
    return list(session.scalars(select(Look.opened_by).where(Look.round_id == round_.id)))


def _made_outcome(session: Session, round_: Round | RequestRound) -> list[str]:
    of = Release.request_round_id if isinstance(round_, RequestRound) else Release.round_id
    steps = select(Release.drafted_by, Release.signed_by, Release.read_by, Release.released_by)
    return [each for row in session.execute(steps.where(of == round_.id)) for each in row if each]
