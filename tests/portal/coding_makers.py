"""A round on its way, with an answer on every letter, for the pages of coding and of pairs."""

from collections.abc import Sequence

from app_makers import an_app
from house_makers import DUE, MINUTE, TUESDAY, a_session, answer, letters, listings, run, send_both
from page_makers import OURS
from starlette.testclient import TestClient

from orchestrator.db import Database
from orchestrator.design import Design
from orchestrator.models import Reply
from orchestrator.states import Role
from portal.web.access import COOKIE

TEXTS = (
    "Beste {first},\n\nHelaas, deze woning is al verhuurd.\n\nMet vriendelijke groet,\nMakelaardij Alfa",
    "Geachte heer/mevrouw {last},\n\nU bent welkom voor een bezichtiging op donderdag om 15.00 uur.",
    "Dag {first} {last},\n\nStuurt u ons eerst uw loonstroken en een werkgeversverklaring?",
)


def answered_round(
    database: Database, pairs: int = 2, texts: Sequence[str] = TEXTS, design: Design | None = None
) -> list[int]:
    """Run a round of so many pairs in which every letter got an answer that waits for people; return their numbers."""
    run(database, design, rows=listings(pairs))
    send_both(database)
    made = []
    for place, row in enumerate(letters(database)):
        name = row.profile["name"]
        with database.writing() as session:
            reply = answer(session, row.id, now=TUESDAY + place * MINUTE)
            reply.text = texts[place % len(texts)].format(first=name["first"], last=name["last"])
            made.append(reply.id)
    return made


def visitor(database: Database, name: str, *roles: Role) -> TestClient:
    """Somebody at the pages, two days after the round began."""
    app = an_app(database, DUE + 2 * 24 * 60 * MINUTE)
    cookie = a_session(database, name, roles)
    return TestClient(app, follow_redirects=False, cookies={COOKIE: cookie}, headers=OURS)


def label_of(database: Database, number: int) -> str | None:
    with database.reading() as session:
        return session.get_one(Reply, number).label
