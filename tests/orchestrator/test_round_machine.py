"""The Round machine on the functions as they are, and on functions of which one is wrong: it must find each."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from house_makers import (
    HOUR,
)
from machine_makers import Memory, Planting, finds, survives
from round_machine import RoundMachine
from sqlalchemy import select, true, update

from orchestrator import enrolment
from orchestrator.db import Session
from orchestrator.models import Enrolment, Pair, Round
from orchestrator.rounds import lifecycle, lookup, permission, planning, restored
from orchestrator.states import RoundState, Why


@pytest.fixture(scope="module")
def memory(blank_sqlite: Path) -> Iterator[Memory]:
    made = Memory(blank_sqlite)
    made.remember("blank")
    RoundMachine.memory = made
    yield made
    made.close()


def test_whatever_people_try_a_round_goes_only_where_it_may(memory: Memory, pytestconfig: pytest.Config) -> None:
    survives(RoundMachine, pytestconfig, examples=35, steps=25)


# --- Planted errors -------------------------------------------------------------------------------------------------


def approves_who_planned(real: Any, session: Session, name: str, actor: str, now: datetime) -> Round:
    """Only the very same letters count as the same person."""
    round_ = lookup.find(session, name)
    planner, round_.planned_by = round_.planned_by, f"niet {actor}" if round_.planned_by != actor else actor
    session.flush()
    found: Round = real(session, name, actor, now)
    found.planned_by, found.approved_by = planner, f"{actor} "
    return found


def starts_whatever(real: Any, session: Session, name: str, actor: str, now: datetime, **more: Any) -> Round:
    round_ = lookup.find(session, name)
    if round_.state is RoundState.PLANNED:
        round_.state = RoundState.APPROVED
        session.flush()
    found: Round = real(session, name, actor, now, **more)
    return found


def overwrites(real: Any, session: Session, design: Any) -> None:
    there = lookup.latest(session, design.round)
    if there is not None and there.state is RoundState.APPROVED and there.version == design.version:
        there.state = RoundState.PLANNED
        session.flush()
    real(session, design)


def shifts_its_letters(real: Any, session: Session, *told: Any, **more: Any) -> Round:
    """A start that comes late moves the whole plan."""
    round_: Round = real(session, *told, **more)
    for pair in session.scalars(select(Pair).where(Pair.round_id == round_.id)):
        for inquiry in pair.inquiries:
            inquiry.planned_at += HOUR
    return round_


def aborts_what_ended(real: Any, session: Session, name: str, actor: str, now: datetime, reason: str) -> Round:
    round_ = lookup.find(session, name)
    if round_.state is RoundState.CLOSED:
        round_.state = RoundState.COLLECTING
        session.flush()
    found: Round = real(session, name, actor, now, reason)
    return found


def enrols_anew(real: Any, session: Session, participants: Any) -> Any:
    """A new list of participants takes a withdrawal back."""
    known = real(session, participants)
    session.execute(update(Enrolment).values(withdrawn_at=None))
    return known


def without(why: Why) -> Callable[..., Any]:
    """The conditions of sending but this one."""

    def rules(real: Any, kind: Any) -> Any:
        return {**real(kind), why: true()}

    return rules


def tells_nothing(real: Any, session: Session, *told: Any, **more: Any) -> Round:
    """A step without its event."""
    round_: Round = real(session, *told, **more)
    session.info.clear()
    return round_


PLANTED: dict[str, tuple[str, Callable[[Planting], None]]] = {
    "who planned approves under another spelling": ("same-person was not refused", lambda plant: plant.around(
        lifecycle, "approve", approves_who_planned)),
    "a round starts that nobody approved": ("not-approved was not refused", lambda plant: plant.around(
        lifecycle, "start", starts_whatever)),
    "a pause does not stop the claim": ("was claimed", lambda plant: plant.around(
        permission, "rules", without(Why.PAUSED))),
    "a hold does not stop the claim": ("was claimed", lambda plant: plant.around(
        permission, "rules", without(Why.HELD))),
    "an approved plan is overwritten": ("was not refused", lambda plant: plant.around(
        planning, "_make_room", overwrites)),
    "a start moves the letters": ("version . has changed", lambda plant: plant.around(
        lifecycle, "start", shifts_its_letters)),
    "an end leaves letters that could go": ("a letter of a", lambda plant: plant.put(
        lifecycle, "_cancel", lambda *_: 0)),
    "a closed round is aborted": ("wrong-state was not refused", lambda plant: plant.around(
        lifecycle, "abort", aborts_what_ended)),
    "a new plan takes a withdrawal back": ("a withdrawal was forgotten", lambda plant: plant.around(
        enrolment, "enrol", enrols_anew)),
    "a round closes while answers wait": ("coding-open was not refused", lambda plant: plant.put(
        lifecycle, "waiting_to_code", lambda *_: 0)),
    "a round is collected while letters wait": ("letters-open was not refused", lambda plant: plant.put(
        lifecycle, "open_inquiries", lambda *_: 0)),
    "a restored backup is opened by hand": ("not-reconciled was not refused", lambda plant: plant.put(
        restored, "refuse_opening", lambda *_: None)),
    "a resume tells nobody": ("the ledger tells", lambda plant: plant.around(
        lifecycle, "resume", tells_nothing)),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("error", PLANTED)
def test_the_round_machine_finds_a_planted_error(error: str, memory: Memory, plant: Planting) -> None:
    fault, plants = PLANTED[error]
    plants(plant)
    finds(RoundMachine, fault, steps=25)
