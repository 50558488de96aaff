"""Opening a declared look: the act of a person, written down once with what was seen."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import design as designs
from orchestrator import ledger
from orchestrator.db import some
from orchestrator.models import Event, Look, Pair, Round
from orchestrator.rounds import coding, duties, lifecycle, lookup
from orchestrator.states import PairState, RoundState
from profiles.errors import Refused

OPENED, READ = "look.opened", "look.read"
LOOKED_AT = (RoundState.RUNNING, RoundState.PAUSED, RoundState.COLLECTING)


def hold(session: Session, name: str, actor: str) -> Round:
    """Return the round, held until the transaction ends: who opens at the same moment waits, and finds a row.

    Raises `Refused` when the round does not run (any more): a look is of a round that still goes on. And for who
    codes in it: a look tells the figures by arm.
    """
    round_ = lookup.find(session, name)
    session.refresh(round_, with_for_update={"key_share": True})
    if round_.state not in LOOKED_AT:
        raise Refused(
            "wrong-state",
            f"Ronde '{name}' is {round_.state.value}; een tussenstand is er alleen zolang zij loopt.",
            f"Na het sluiten staan alle cijfers in het rapport: praktijktest report {name} --audience researcher.",
        )
    if coding.done(session, round_.id, actor):
        raise duties.codes_here(name, actor)
    return round_


def opened(session: Session, round_: Round) -> tuple[Look, ...]:
    """Return the looks that were opened, the first one first."""
    return tuple(session.scalars(select(Look).where(Look.round_id == round_.id).order_by(Look.number)))


def settled(session: Session, round_: Round, now: datetime) -> tuple[str, ...]:
    """Return the codes of the pairs that would count if the round closed now and whose replies are all coded.

    Sham pairs apart. Both letters went, both windows are over, and nothing excludes the pair.
    """
    days = timedelta(days=designs.from_canonical(round_.design).outcome.response_days)
    of = (Pair.round_id == round_.id, Pair.state == PairState.OPEN, Pair.sham.is_(None))
    codes = dict(session.execute(select(Pair.id, Pair.code).where(*of).order_by(Pair.code)).all())
    letters = (each for these in some(codes) for each in lifecycle.letters_of(session, these).items())
    return tuple(
        codes[pair] for pair, sent in letters if _coded(sent) and lifecycle.exclusion(sent, now - days) is None
    )


def record(session: Session, round_: Round, actor: str, now: datetime, numbers: Mapping[str, Any]) -> Look:
    """Write down that a look was opened and what was seen; ``numbers`` are the further columns of `Look`.

    The event tells which look and how many pairs, and nothing that tells the arms apart.
    """
    look = Look(round_id=round_.id, opened_at=now, opened_by=actor, **numbers)
    session.add(look)
    session.flush()
    told = {"look": look.number, "pairs": len(look.pairs)}
    ledger.append(session, now, actor, OPENED, f"round:{round_.id}", told)
    return look


def note_read(session: Session, name: str, actor: str, now: datetime) -> None:
    """Write down that somebody read the last look of a round that goes on: once for each person and look.

    Whoever opened it has read it.
    """
    round_ = lookup.find(session, name)
    looks = opened(session, round_)
    if not looks or round_.state not in LOOKED_AT:
        return
    subject, number = f"round:{round_.id}", looks[-1].number
    mine = Event.subject == subject, Event.kind.in_((OPENED, READ)), Event.actor == actor
    if all(each["look"] != number for each in session.scalars(select(Event.data).where(*mine))):
        ledger.append(session, now, actor, READ, subject, {"look": number})


def _coded(letters: Iterable[lifecycle.Letter]) -> bool:
    return all(label is not None for letter in letters for label in letter.labels)
