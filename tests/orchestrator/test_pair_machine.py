"""The Pair machine on the functions as they are, and on functions of which one is wrong: it must find each."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from house_makers import (
    a_listing,
    an_advertiser,
    run,
)
from machine_makers import Memory, Planting, finds, survives
from pair_machine import PairMachine
from sqlalchemy import select, update

from orchestrator.db import Session
from orchestrator.models import Inquiry, Pair, Reply
from orchestrator.rounds import answers, coding, copies, lifecycle, sending
from orchestrator.rounds.lifecycle import Letter
from orchestrator.states import LetterState, PairState


@pytest.fixture(scope="module")
def memory(blank_sqlite: Path) -> Iterator[Memory]:
    made = Memory(blank_sqlite)
    homes = [a_listing(1), a_listing(2), a_listing(3, "beta")]
    run(made.database, participants=[an_advertiser("alfa"), an_advertiser("beta")], rows=homes)
    made.remember("running")
    PairMachine.memory = made
    yield made
    made.close()


def test_whatever_comes_and_however_late_a_pair_counts_or_does_not_for_one_reason(
    memory: Memory, pytestconfig: pytest.Config
) -> None:
    survives(PairMachine, pytestconfig, examples=35, steps=40)


# --- Planted errors -------------------------------------------------------------------------------------------------


def forgets_the_second_half(real: Any, session: Session, where: Any, *told: Any) -> int:
    """Only first letters are stopped."""
    waiting = (LetterState.PLANNED, LetterState.CLAIMED)
    seconds = select(Inquiry.id, Inquiry.state).where(Inquiry.order == 2, Inquiry.state.in_(waiting))
    kept = session.execute(seconds).all()
    stopped: int = real(session, where, *told)
    for number, state in kept:
        session.execute(update(Inquiry).where(Inquiry.id == number).values(state=state))
    return stopped


def stops_without_reason(real: Any, session: Session, where: Any, *_: Any) -> int:
    stopped: int = real(session, where)
    return stopped


def reopens(real: Any, session: Session, inquiry: Inquiry, *told: Any) -> Reply:
    """Whoever is answered counts again."""
    inquiry.pair.state, inquiry.pair.reason = PairState.OPEN, None
    reply: Reply = real(session, inquiry, *told)
    return reply


def judges_all(real: Any, session: Session, round_: Any, now: datetime) -> None:
    """Pairs that were left out already get another reason."""
    session.execute(update(Pair).where(Pair.round_id == round_.id).values(state=PairState.OPEN, reason=None))
    session.expire_all()
    real(session, round_, now)


def takes_uncertain_as_sent(real: Any, letters: Sequence[Letter], sent_by: datetime) -> Any:
    return None if LetterState.UNCERTAIN in {each.state for each in letters} else real(letters, sent_by)


def hears_the_first_half(real: Any, letters: Sequence[Letter], sent_by: datetime) -> Any:
    """What was answered on the second letter does not leave a pair out."""
    first, second = letters
    return real((first, second._replace(labels=[])), sent_by)


PLANTED: dict[str, tuple[str, Callable[[Planting], None]]] = {
    "a withdrawal forgets the second half": ("over is planned", lambda plant: plant.around(
        lifecycle, "_cancel", forgets_the_second_half)),
    "a withdrawal leaves the pair open": ("pair . is open", lambda plant: plant.around(
        lifecycle, "_cancel", stops_without_reason)),
    "a late answer reopens a pair": ("is open for None", lambda plant: plant.around(
        answers, "add_reply", reopens)),
    "an end leaves letters that could go": ("over is planned", lambda plant: plant.around(
        lifecycle, "_cancel", lambda real, session, where, *why: real(session, where, *why) if why else 0)),
    "a closing judges again what was left out": ("pair . is", lambda plant: plant.around(
        lifecycle, "_settle_pairs", judges_all)),
    "an uncertain half counts as sent": ("left out for None", lambda plant: plant.around(
        lifecycle, "exclusion", takes_uncertain_as_sent)),
    "only the first half is heard": ("left out for|the answers are", lambda plant: plant.around(
        lifecycle, "exclusion", hears_the_first_half)),
    "the first letter is refused and the second goes": ("is planned, not cancelled|pair . is|was claimed",
        lambda plant: plant.put(sending, "tell_next", lambda *_: None)),
    "what could not leave waits in a pair that is over": ("over is planned", lambda plant: plant.put(
        sending, "drop_if_over", lambda *_: None)),
    "a mail that comes to the other half is not heard": ("answers are|uncertain, not sent", lambda plant: plant.put(
        answers, "_came_for", lambda *_: None)),
    "one person decides alone": ("codes Said|the answers are", lambda plant: plant.put(
        coding, "_decision", lambda given: given[-1])),
    "an answer that came too early is forgotten": ("is uncertain, not sent", lambda plant: plant.put(
        copies, "settle_answered", lambda *_: 0)),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("error", PLANTED)
def test_the_pair_machine_finds_a_planted_error(error: str, memory: Memory, plant: Planting) -> None:
    fault, plants = PLANTED[error]
    plants(plant)
    finds(PairMachine, fault)
