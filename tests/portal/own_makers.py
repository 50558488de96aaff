"""A closed round of ten offices, and browsers in which an office or somebody of the desk is signed in."""

from datetime import datetime
from typing import Any

from app_makers import an_app
from house_makers import DAY, PLANNED, ROUND, a_session
from look_makers import OVER, a_looking_design, cells, under_way
from page_makers import OURS
from starlette.testclient import TestClient

from orchestrator import accounts, own_access
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.rounds import lifecycle
from orchestrator.states import Role
from portal.web.access import COOKIE

OWN, OTHER = "kantoor-1", "kantoor-2"
OTHERS_NAME = "Makelaardij Kantoor-2"
CLOSED_AT = OVER


def closed_round(database: Database, pairs: int = 60) -> None:
    """Run a round of so many pairs, a tenth of them of each office, and close it at `CLOSED_AT`."""
    part = pairs // 6
    under_way(database, cells(part, 2 * part, part, pairs - 4 * part), a_looking_design(None))
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", CLOSED_AT, reason="proef")


def client(database: Database, cookie: str, now: datetime = CLOSED_AT + DAY, **told: Any) -> TestClient:
    app = an_app(database, now)
    return TestClient(app, follow_redirects=False, cookies={COOKIE: cookie}, headers=OURS, **told)


def office_cookie(database: Database, key: str = OWN) -> str:
    wall = Clock().now()
    with database.writing() as session:
        _, token = own_access.make_link(session, key, "anna", PLANNED, wall)
        return accounts.sign_in(session, token, PLANNED, wall)


def office(database: Database, key: str = OWN, now: datetime = CLOSED_AT + DAY) -> TestClient:
    """A browser of an office, a day after the round was closed unless told otherwise."""
    return client(database, office_cookie(database, key), now)


def desk(database: Database, name: str = "anna", *roles: Role, now: datetime = CLOSED_AT + DAY) -> TestClient:
    return client(database, a_session(database, name, roles or set(Role) - {Role.BROKER}), now)
