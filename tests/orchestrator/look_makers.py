"""Makers of a round of sixty pairs with a look at thirty, all letters of which have gone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from house_makers import DAY, DUE, HOUR, ROUND, a_listing, a_monday, an_advertiser, answer, letters, run
from sqlalchemy import update

from orchestrator.db import Database
from orchestrator.design import Design
from orchestrator.models import Inquiry
from orchestrator.states import LetterState
from profiles.pairs import Arm
from results import opening
from results.tables import RoundTable

Cells = Sequence[tuple[bool, bool]]

LOOKS = {"at": [0.5]}
OFFICES = 10
OVER = DUE + 10 * DAY + HOUR
"""When no window is open any more."""


def a_looking_design(looks: dict[str, Any] | None = LOOKS, **parts: Any) -> Design:
    declared = {} if looks is None else {"looks": looks}
    return a_monday(sample={"pairs": 60}, analysis={"level": 0.95, **declared}, **parts)


def cells(c11: int, c10: int, c01: int, c00: int) -> Cells:
    """Who is invited, pair by pair: (control, treatment)."""
    return [(True, True)] * c11 + [(True, False)] * c10 + [(False, True)] * c01 + [(False, False)] * c00


def under_way(database: Database, invited: Cells, design: Design | None = None, now: datetime = DUE + DAY) -> None:
    """Start a round of so many pairs, send all its letters at `DUE`, and let the invited be invited at ``now``."""
    offices = [f"kantoor-{number}" for number in range(OFFICES)]
    rows = [a_listing(number, offices[number % OFFICES]) for number in range(1, len(invited) + 1)]
    participants = [an_advertiser(key) for key in offices]
    run(database, design or a_looking_design(), participants=participants, rows=rows)
    with database.writing() as session:
        session.execute(update(Inquiry).values(state=LetterState.SENT, sent_at=DUE))
    invite(database, invited, now)


def invite(database: Database, invited: Cells, now: datetime) -> None:
    """Let the arms of the pairs be invited, in the order of their codes."""
    sent = letters(database)
    codes = sorted({letter.pair.code for letter in sent})
    chosen = {
        code: dict(zip((Arm.CONTROL, Arm.TREATMENT), cell, strict=True))
        for code, cell in zip(codes, invited, strict=True)
    }
    with database.writing() as session:
        for letter in sent:
            if chosen[letter.pair.code][letter.arm]:
                answer(session, letter.id, "UITNODIGING", now)


def looked(database: Database, by: str = "anna", now: datetime = OVER) -> RoundTable:
    with database.writing() as session:
        return opening.open_next(session, ROUND, by, now)
