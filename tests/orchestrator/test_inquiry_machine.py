"""The Inquiry machine on the functions as they are, and on functions of which one is wrong: it must find each."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from house_makers import (
    HOUR,
    PLANNED,
    run,
)
from inquiry_machine import InquiryMachine
from machine_makers import Memory, Planting, finds, survives
from sqlalchemy import select, true, update

from orchestrator import control
from orchestrator.db import Session
from orchestrator.models import Attempt, Inquiry
from orchestrator.rounds import copies, reconciling, sending, settling
from orchestrator.rounds.sending import Claim
from orchestrator.states import AttemptOutcome, LetterState


@pytest.fixture(scope="module")
def memory(blank_sqlite: Path) -> Iterator[Memory]:
    """A running round of two pairs."""
    made = Memory(blank_sqlite)
    run(made.database, rows=2)
    made.remember("begun")
    InquiryMachine.memory = made
    yield made
    made.close()


def test_whatever_happens_the_record_of_an_inquiry_is_what_the_design_says(
    memory: Memory, pytestconfig: pytest.Config
) -> None:
    survives(InquiryMachine, pytestconfig, examples=35, steps=40)


# --- Planted errors -------------------------------------------------------------------------------------------------


def fence_now(session: Session, claim: Claim) -> Claim:
    """The claim of whoever believes that nobody else got this letter meanwhile."""
    return replace(claim, fence=session.get_one(Inquiry, claim.id, populate_existing=True).fence)


def plans_again(real: Any, session: Session, kind: Any, where: Any, now: datetime, why: str) -> int:
    lost = list(session.scalars(select(kind.message_id).where(*where)))
    session.execute(update(kind).where(*where).values(state=LetterState.PLANNED, lease_until=None))
    ended = update(Attempt).where(Attempt.message_id.in_(lost), Attempt.outcome == AttemptOutcome.SENDING)
    session.execute(ended.values(outcome=AttemptOutcome.NOT_SENT))
    return len(lost)


def keeps_the_fence(real: Any, session: Session, *told: Any, **more: Any) -> list[Claim]:
    claims = [replace(each, fence=each.fence - 1) for each in real(session, *told, **more)]
    session.execute(update(Inquiry).where(Inquiry.id.in_([each.id for each in claims])).values(fence=Inquiry.fence - 1))
    return claims


def either_half(real: Any, session: Session, number: int, now: datetime) -> None:
    """The first letter moves behind a second that was proven sent."""
    inquiry = session.get_one(Inquiry, number, populate_existing=True)
    first = inquiry.pair.inquiries[0]
    if inquiry.order == 2 and first.state is LetterState.PLANNED and inquiry.sent_at:
        first.planned_at += HOUR
    real(session, number, now)


def revives(real: Any, session: Session, letter: Any, *told: Any) -> None:
    """An answer says that a letter of which the wire said no did arrive after all."""
    if letter.state is LetterState.FAILED:
        letter.state = LetterState.SENT
    real(session, letter, *told)


PLANTED: dict[str, tuple[str, Callable[[Planting], None]]] = {
    "a result counts under any fence": ("letter|ledger|attempts", lambda plant: plant.around(
        sending, "record", lambda real, s, claim, *told: real(s, fence_now(s, claim), *told))),
    "the gate asks no fence": ("the gate let", lambda plant: plant.around(
        sending, "gate", lambda real, s, claim, *told: real(s, fence_now(s, claim), *told))),
    "a release asks no fence": ("letter|ledger", lambda plant: plant.around(
        sending, "release", lambda real, s, claim, *told: real(s, fence_now(s, claim), *told))),
    "a claim does not raise the fence": ("was claimed|fence", lambda plant: plant.around(
        sending, "claim_inquiries", keeps_the_fence)),
    "what a dead worker sent is planned again": ("uncertain|is planned|twice", lambda plant: plant.around(
        settling, "give_up", plans_again)),
    "the kill switch does not stop the gate": ("while sending was shut|was claimed|is expired", lambda plant: plant.put(
        control, "sending_is_open", true)),
    "the second letter is not told of the first": ("gap|letter|ledger", lambda plant: plant.put(
        sending, "tell_next", lambda *_: None)),
    "a letter may go however late": ("too late|was claimed", lambda plant: plant.around(
        sending, "claim_inquiries", lambda real, *told: real(*told[:5], 1000 * HOUR, told[6]))),
    "an answer that came too early is forgotten": ("letter|ledger", lambda plant: plant.put(
        copies, "settle_answered", lambda *_: 0)),
    "the first letter moves behind the second": ("has moved|is planned", lambda plant: plant.around(
        settling, "tell_next", either_half)),
    "a restored record is opened without doubt": ("is planned|is claimed", lambda plant: plant.around(
        reconciling, "_doubt", lambda real, *told, believed: real(*told[:2], PLANNED, told[3], believed=believed))),
    "letters that were copied may go": ("letter|claimed|gate let|twice", lambda plant: plant.put(
        copies, "keep", lambda *_: None)),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("error", PLANTED)
def test_the_inquiry_machine_finds_a_planted_error(error: str, memory: Memory, plant: Planting) -> None:
    fault, plants = PLANTED[error]
    plants(plant)
    finds(InquiryMachine, fault)
