"""Rounds that have nothing left to wait for move on by themselves."""

from datetime import datetime

from orchestrator import retention, tallies, views
from orchestrator.db import Database, Session
from orchestrator.models import Round
from orchestrator.rounds import growing, lifecycle
from orchestrator.states import RoundState
from results import keeping

ACTOR = "praktijktest"


def advance_rounds(database: Database, now: datetime) -> None:
    """running → collecting when all letters have ended and no feed may bring more; collecting → closed when window and
    coding are done.

    Nothing moves while sending is shut: what is known of clock, letters or answers may then be wrong, and closing a
    round cannot be taken back.
    """
    with database.writing() as session:
        if views.why_shut(session):
            return
        for round_ in lifecycle.in_state(session, RoundState.RUNNING):
            if not lifecycle.open_inquiries(session, round_) and not growing.may_grow(session, round_, now):
                lifecycle.collect(session, round_.name, ACTOR, now)
        for round_ in lifecycle.in_state(session, RoundState.COLLECTING):
            if _complete(session, round_, now):
                lifecycle.close(session, round_.name, ACTOR, now)


def _complete(session: Session, round_: Round, now: datetime) -> bool:
    return now >= lifecycle.window_end(session, round_) and not lifecycle.waiting_to_code(session, round_)


def fold_tallies(database: Database) -> None:
    """Keep short what the pages add up."""
    with database.writing() as session:
        tallies.fold(session)


def keep_outcomes(database: Database) -> None:
    """Keep what came of closed rounds, for who asks after one office of them."""
    keeping.keep(database)


def keep_to_terms(database: Database, now: datetime) -> None:
    """Destroy what is past its term; not while sending is shut, for then the clock may be wrong.

    Nearly always there is nothing, and to see so may take a while: nobody waits for that.
    """
    with database.reading() as session:
        if views.why_shut(session) or not retention.overdue(session, now):
            return
    with database.writing() as session:
        if not views.why_shut(session):
            retention.run(session, ACTOR, now)
