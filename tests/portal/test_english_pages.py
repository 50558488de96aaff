"""A walk over the pages of a real round in English: nothing Dutch is left on them but what is marked as Dutch."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from house_makers import (
    DUE,
    ROUND,
    TUESDAY,
    answered,
    approve,
    claim,
    gate,
    meddle,
    only_sqlite,
    plan,
    record,
    run,
    send_both,
    start,
    store,
)
from lxml import html
from page_makers import ADMINISTRATOR, OURS, SIGNED_IN, FakeDoor
from starlette.testclient import TestClient
from test_languages import DUTCH_WORDS

from orchestrator import channel_faults
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.rounds import holds, lifecycle, restored
from portal.web.app import create_app
from portal.web.language import COOKIE, ENGLISH
from portal.web.source import DatabaseSource

HERE = f"/rondes/{ROUND}"
PAGES = ("/", "/status", HERE, f"{HERE}/aanbieders", f"{HERE}/gezondheid", f"{HERE}/vooruitblik", f"{HERE}/resultaten",
         f"{HERE}/export", f"{HERE}/bediening/pauzeren", f"{HERE}/bediening/afbreken")  # fmt: skip

ALSO_ENGLISH = re.compile(r"\b(is|of|met|op|die|over)\b", re.IGNORECASE)
"""Words that are Dutch and English both, or parts of a name."""


def page(database: Database, address: str, now: Any = DUE) -> str:
    """The text of a page in English, without what is marked as Dutch."""
    clock = Clock(now, 0.0, 0.0001)
    app = create_app(DatabaseSource(database, clock, ("imap:wij@post.example/INBOX",)), FakeDoor())
    answer = TestClient(app, cookies={**SIGNED_IN, COOKIE: ENGLISH}, headers=OURS).get(address)
    assert answer.status_code in (200, 409), (address, answer.status_code)
    seen = html.fromstring(answer.text)
    for each in seen.xpath("//*[@lang='nl'] | //script | //style | //pre"):
        each.drop_tree()
    return " ".join(seen.xpath("//body")[0].text_content().replace(ADMINISTRATOR.name, "").split())


def dutch(text: str) -> list[str]:
    found = (match for match in DUTCH_WORDS.finditer(text) if not ALSO_ENGLISH.fullmatch(match.group()))
    return [text[max(0, match.start() - 40) : match.end() + 40] for match in found]


def planned(database: Database) -> None:
    plan(database, rows=4)


def approved(database: Database) -> None:
    plan(database, rows=4)
    approve(database)


def started(database: Database) -> None:
    run(database, rows=6)
    one, two, three, *_ = claim(database)
    for held, outcome in ((one, "sent"), (two, "refused"), (three, "uncertain")):
        gate(database, held)
        record(database, held, DUE, outcome)


def shut(database: Database) -> None:
    started(database)
    meddle(database, lambda session: lifecycle.set_sending(session, False, "anna", DUE, "complaint"))


def put_back(database: Database) -> None:
    started(database)
    meddle(database, lambda session: restored.mark(session, "anna", DUE, restored.TOLD))


def troubled(database: Database) -> None:
    started(database)
    store(database)
    meddle(database, lambda session: holds.hold(session, "alfa", "complaint", "anna", DUE))
    for channel in ("smtp:mail.example:25", "imap:wij@post.example/INBOX", "https://kantoor.example/form"):
        meddle(database, lambda session, channel=channel: channel_faults.note(session, channel, "refused", DUE))


def paused(database: Database) -> None:
    started(database)
    meddle(database, lambda session: lifecycle.pause(session, ROUND, "anna", DUE, "talks"))


def collecting(database: Database) -> None:
    plan(database)
    approve(database)
    start(database)
    send_both(database)
    meddle(database, lambda session: lifecycle.collect(session, ROUND, "anna", TUESDAY))
    answered(database, 1)


@pytest.mark.long
@only_sqlite
@pytest.mark.parametrize(
    "happens",
    [planned, approved, started, shut, put_back, troubled, paused, collecting],
    ids=lambda each: each.__name__,
)
def test_an_english_page_has_no_dutch_on_it(database: Database, happens: Callable[[Database], None]) -> None:
    happens(database)
    assert sorted({words for address in PAGES for words in dutch(page(database, address))}) == []


def test_the_walk_would_find_a_dutch_sentence() -> None:
    assert dutch("Everything works. Wacht op kantooruren: verder vanaf 8 uur.")
    assert not dutch("Nothing waits for a person of the house.")
