"""Pausing, resuming and stopping a round on its pages."""

import pytest
from house_makers import (
    DUE,
    ROUND,
    SECOND,
    a_session,
    approve,
    listings,
    only_sqlite,
    plan,
    round_state,
    start,
)  # fmt: skip
from page_makers import OURS
from sqlalchemy import select
from starlette.testclient import TestClient

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Event
from orchestrator.rounds import lifecycle
from orchestrator.settings import Settings
from orchestrator.states import Role, RoundState
from portal.web.access import COOKIE
from portal.web.app import make_app

pytestmark = only_sqlite
PAGES = f"/rondes/{ROUND}/bediening"


@pytest.fixture
def client(database: Database) -> TestClient:
    """A sender at the pages of a round of three tests that runs."""
    plan(database, rows=listings(3))
    approve(database)
    start(database)
    app = make_app(database, Clock(DUE, Clock().now().timestamp(), 1.0), settings=Settings())
    cookie = a_session(database, "Sanne", [Role.SENDER])
    return TestClient(app, follow_redirects=False, cookies={COOKIE: cookie}, headers=OURS)


def told(database: Database) -> list[tuple[str, str, str | None]]:
    """What the ledger tells of the round since it started."""
    with database.reading() as session:
        rows = session.scalars(select(Event).where(Event.kind.startswith("round.")).order_by(Event.seq))
        events = [(row.kind, row.actor, row.data.get("reason")) for row in rows]
    return events[events.index(next(each for each in events if each[0] == "round.running")) + 1 :]


def test_a_pause_says_first_what_would_wait_and_then_happens_in_the_senders_name(
    client: TestClient, database: Database
) -> None:
    assert f'href="{PAGES}/pauzeren"' in client.get(f"/rondes/{ROUND}").text
    page = client.get(f"{PAGES}/pauzeren").text
    assert "Gaat pas uit als iemand dat toelaat: 6 (de ronde is gepauzeerd)." in page
    assert round_state(database) is RoundState.RUNNING
    answer = client.post(f"{PAGES}/pauzeren", data={"reason": "de  telefoon\nging"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/rondes/{ROUND}")
    assert round_state(database) is RoundState.PAUSED
    assert told(database) == [("round.paused", "Sanne", "de telefoon ging")]
    assert "Reden: de telefoon ging" in client.get(f"/rondes/{ROUND}").text


def test_a_double_click_pauses_once(client: TestClient, database: Database) -> None:
    answers = [client.post(f"{PAGES}/pauzeren", data={"reason": "even"}).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert len(told(database)) == 1


def test_a_paused_round_is_resumed_and_then_stopped_for_good(client: TestClient, database: Database) -> None:
    client.post(f"{PAGES}/pauzeren", data={"reason": "even"})
    assert "de laatste gepland op" in client.get(f"{PAGES}/hervatten").text
    assert client.post(f"{PAGES}/hervatten").status_code == 303
    assert "Gaat niet meer uit: 6 (de ronde is afgesloten)." in client.get(f"{PAGES}/afbreken").text
    assert client.post(f"{PAGES}/afbreken", data={"reason": "klacht"}).status_code == 303
    assert [kind for kind, _, _ in told(database)] == ["round.paused", "round.running", "round.aborted"]


def test_a_stale_tab_that_pauses_a_round_that_ended_changes_nothing_and_says_what_it_is_now(
    client: TestClient, database: Database
) -> None:
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", DUE + SECOND, "genoeg")
    answer = client.post(f"{PAGES}/pauzeren", data={"reason": "even"})
    assert answer.status_code == 409
    assert "De staat van deze ronde is nu: gesloten. Er is niets gewijzigd." in answer.text
    assert client.get(f"{PAGES}/pauzeren").status_code == 409
    assert round_state(database) is RoundState.CLOSED
    assert "bediening" not in client.get(f"/rondes/{ROUND}").text


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 501])
def test_a_pause_without_a_reason_is_asked_for_it_again_with_what_was_typed(
    client: TestClient, database: Database, reason: str
) -> None:
    answer = client.post(f"{PAGES}/pauzeren", data={"reason": reason})
    assert answer.status_code == 422
    assert f">{reason}</textarea>" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert round_state(database) is RoundState.RUNNING


def test_a_step_that_does_not_exist_is_a_404(client: TestClient) -> None:
    assert client.get(f"{PAGES}/vieren").status_code == 404
    assert client.post(f"{PAGES}/vieren").status_code == 404
