"""What offices and the desk do after the closed round of `own_makers`."""

from datetime import date, datetime

from house_makers import DAY, ROUND
from own_makers import CLOSED_AT, OWN

from orchestrator import followup
from orchestrator.db import Database
from orchestrator.followup import Office
from orchestrator.followup_models import FollowUpKind

AFTER = CLOSED_AT + DAY
TODAY = AFTER.date()
DUE = date(TODAY.year, 12, 1)
ACTION, SECOND = "order-lot", "answers-all"


def proposes(database: Database, key: str = OWN, action: str = ACTION, due: date = DUE, now: datetime = AFTER) -> None:
    with database.writing() as session:
        followup.propose(session, key, ROUND, action, "order", due, f"aanbieder:{key}", now)


def agrees(database: Database, key: str = OWN, action: str = ACTION, by: str = "anna") -> None:
    with database.writing() as session:
        followup.agree(session, key, ROUND, action, by, AFTER)


def finishes(database: Database, key: str = OWN, action: str = ACTION, day: date = TODAY, note: str = "") -> None:
    with database.writing() as session:
        followup.finish(session, key, ROUND, action, day, note, f"aanbieder:{key}", AFTER)


def withdraws(database: Database, key: str = OWN, action: str = ACTION) -> None:
    with database.writing() as session:
        followup.withdraw(session, key, ROUND, action, f"aanbieder:{key}", AFTER)


def asks(database: Database, key: str = OWN) -> None:
    with database.writing() as session:
        followup.ask_retest(session, key, ROUND, f"aanbieder:{key}", AFTER)


def records(database: Database, key: str = OWN, kind: FollowUpKind = FollowUpKind.TALK_HELD, day: date = TODAY) -> None:
    with database.writing() as session:
        followup.record(session, key, ROUND, kind, day, "anna", AFTER)


def agreed(database: Database, key: str = OWN, action: str = ACTION) -> None:
    """An office chose an action and the desk agreed."""
    proposes(database, key, action)
    agrees(database, key, action)


def held(database: Database, key: str = OWN) -> Office:
    with database.reading() as session:
        return followup.of_office(session, key, ROUND)
