"""Makers of a closed round, actions agreed at some of its offices, and the re-test of those, closed as well."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from house_makers import DAY, DUE, HOUR, ROUND, a_listing, a_monday, an_advertiser, answer, plan, start
from look_makers import OFFICES
from release_makers import CLOSED, closed
from sqlalchemy import select, update

from orchestrator import followup
from orchestrator.db import Database
from orchestrator.design import Design
from orchestrator.models import Inquiry, Listing, Pair, Refusal, Round
from orchestrator.rounds import lifecycle, lookup, releasing
from orchestrator.states import LetterState
from profiles.pairs import Arm
from results.releases import steps

RETEST = "hertest-2026"
LATER = timedelta(days=35)
"""The re-test lasts the Monday five weeks after that of the round."""

AGREED_AT = CLOSED + DAY
PLANNED_AT = CLOSED + 4 * DAY
ACTION = "order-lot"
KEYS = tuple(f"kantoor-{number}" for number in range(OFFICES))


def agree(database: Database, keys: Iterable[str], round_name: str = ROUND) -> None:
    with database.writing() as session:
        for key in keys:
            due = (AGREED_AT + DAY).date()
            followup.propose(session, key, round_name, ACTION, "order", due, f"aanbieder:{key}", AGREED_AT)
            followup.agree(session, key, round_name, ACTION, "anna", AGREED_AT)


def withdraw(database: Database, key: str) -> None:
    with database.writing() as session:
        followup.withdraw(session, key, ROUND, ACTION, f"aanbieder:{key}", AGREED_AT)


def a_retest(**parts: Any) -> Design:
    monday = (DUE + LATER).date().isoformat()
    schedule = {"first_day": monday, "last_day": monday, **parts.pop("schedule", {})}
    told = {"round": RETEST, "retest_of": ROUND, "sample": {"pairs": 200}, **parts}
    return a_monday(schedule=schedule, **told)


def plan_retest(database: Database, each: int = 2, design: Design | None = None, keys: Sequence[str] = KEYS) -> None:
    """Plan a re-test with so many new listings of each office."""
    rows = [
        a_listing(1000 + len(KEYS) * number + place, key, street=f"Hertestweg {number}-{place}")
        for place, key in enumerate(keys)
        for number in range(each)
    ]
    people = [an_advertiser(key) for key in keys]
    plan(database, design or a_retest(), participants=people, rows=rows, now=PLANNED_AT)


def close_retest(database: Database, cells: Mapping[str, Sequence[tuple[bool, bool]]]) -> None:
    """Run the planned re-test; ``cells`` is by office who is invited in each of its tests: (control, treatment)."""
    with database.writing() as session:
        lifecycle.approve(session, RETEST, "m.dekker", PLANNED_AT + HOUR)
    start(database, RETEST, now=PLANNED_AT + 2 * HOUR)
    sent = DUE + LATER
    with database.writing() as session:
        round_ = lookup.find(session, RETEST)
        pairs = select(Pair).where(Pair.round_id == round_.id).order_by(Pair.code)
        session.execute(
            update(Inquiry)
            .where(Inquiry.pair_id.in_(select(Pair.id).where(Pair.round_id == round_.id)))
            .values(state=LetterState.SENT, sent_at=sent)
        )
        left = {key: list(found) for key, found in cells.items()}
        for pair in session.scalars(pairs).all():
            invited = dict(zip((Arm.CONTROL, Arm.TREATMENT), left[pair.listing.advertiser.key].pop(0), strict=True))
            for letter in pair.inquiries:
                if invited[letter.arm]:
                    answer(session, letter.id, "UITNODIGING", sent + DAY)
        lifecycle.collect(session, RETEST, "r.visser", sent + DAY)
        lifecycle.close(session, RETEST, "r.visser", sent + 12 * DAY)


def in_round(database: Database, name: str = RETEST) -> dict[str, int]:
    """How many tests each office has in a round."""
    with database.reading() as session:
        rows = select(Pair).join(Round).where(Round.name == name)
        keys = [pair.listing.advertiser.key for pair in session.scalars(rows)]
    return {key: keys.count(key) for key in sorted(set(keys))}


def reasons(database: Database, name: str = RETEST) -> dict[str, set[str]]:
    """Why listings were not tested, by office."""
    with database.reading() as session:
        rows = select(Listing, Refusal.reason).join(Refusal, Refusal.listing_id == Listing.id).join(Round)
        found = [(row.advertiser.key, why) for row, why in session.execute(rows.where(Round.name == name))]
    return {key: {why for name, why in found if name == key} for key, _ in found}


def publish(database: Database, name: str = ROUND, reason: str | None = None, now: datetime = AGREED_AT) -> None:
    """Release the next version of a closed round, four people each taking a step."""
    number = steps.draft(database, name, "anna", now, reason).number
    steps.sign(database, name, number, "bert", now)
    steps.read(database, name, number, "gemma", now)
    steps.release(database, name, number, "carla", now)


def document(database: Database, name: str = RETEST) -> dict[str, Any]:
    """The newest version of what is published of a round."""
    with database.reading() as session:
        told: dict[str, Any] = json.loads(releasing.versions(session, lookup.find(session, name))[-1].document)
    return told


def retested(database: Database, offices: int = OFFICES, *, each: int = 2) -> None:
    """A released round, and its re-test at so many of its ten offices, closed.

    Of the tests of each office in the re-test the first invites both applicants, any further one the control alone at
    the first office, and both elsewhere.
    """
    closed(database)
    publish(database)
    agree(database, KEYS[:offices])
    plan_retest(database, each)
    both, one = (True, True), (True, False)
    close_retest(database, {key: [both, *[one if key == KEYS[0] else both] * (each - 1)] for key in KEYS[:offices]})
