"""Several people, or one impatient person, at the same form at the same moment: one step is taken, once.

Every racer has a browser and a thread of its own, and all begin at once. The others are told what happened; nobody
gets a page that says the fault is ours, and the ledger holds the step once.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Barrier
from typing import Any

import pytest
from attack_makers import tell
from coding_makers import answered_round
from house_makers import DUE, HOUR, PLANNED, ROUND, a_session, approve, events, plan, run, together
from invitation_makers import invite, sign, stored
from own_makers import CLOSED_AT, OWN, closed_round, office_cookie
from page_makers import OURS
from release_makers import closed, draft, read
from release_makers import sign as sign_release
from request_makers import NAME, running
from starlette.testclient import TestClient
from test_enrolment_pages import TYPED
from test_invitation_pages import CHOICE, invited
from test_own_pages import NOTE, codes

from orchestrator import accounts, context, ledger
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.settings import Settings
from orchestrator.states import DESK_ROLES
from portal.web.access import COOKIE
from portal.web.app import make_app

REFUSALS = {401, 403, 404, 409, 410, 422}
Racer = tuple[str, dict[str, Any]]
"""Where a form goes and what it says."""


def race(
    database: Database, cookies: Sequence[str | None], racers: Sequence[Racer], now: Any = PLANNED
) -> Counter[int]:
    """Send all forms at once, each by a visitor of its own; return how often each status came back."""
    app = make_app(database, Clock(now, Clock().now().timestamp(), 1.0), settings=Settings())
    start = Barrier(len(racers))

    def go(cookie: str | None, path: str, data: dict[str, Any]) -> Callable[[], int]:
        told = {COOKIE: cookie} if cookie else {}
        browser = TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=OURS, cookies=told)

        def post() -> int:
            start.wait(10)
            return int(browser.post(path, data=data).status_code)

        return post

    steps = [go(cookies[place % len(cookies)], *racer) for place, racer in enumerate(racers)]
    return Counter(together(*steps))


def desk(database: Database, number: int = 4) -> list[str]:
    """Sessions of people with every role of the desk, none of whom did anything yet."""
    return [a_session(database, f"persoon-{place}", DESK_ROLES) for place in range(number)]


def kinds(database: Database) -> Counter[str]:
    return Counter(event.kind for event in events(database))


def settled(database: Database, came: Counter[int], request: pytest.FixtureRequest, **once: int) -> None:
    """Nothing of ours failed, nobody got what makes no sense, and these events were told so often."""
    names = {name.replace("_", "."): times for name, times in once.items()}
    told, (dialect, what) = kinds(database), (database.engine.dialect.name, request.node.originalname)
    tell(request.config, "races", f"{what[5:]:66} {dialect:10} {dict(sorted(came.items()))}")
    assert set(came) <= REFUSALS | {200, 202, 303}, came
    assert {name: told[name] for name in names} == names
    with database.reading() as session:
        assert list(ledger.faults(session)) == []


def test_a_round_is_approved_once_by_four_who_try(database: Database, request: pytest.FixtureRequest) -> None:
    plan(database)
    came = race(database, desk(database), [(f"/rondes/{ROUND}/opzet/goedkeuren", {})] * 4, PLANNED + HOUR)
    settled(database, came, request, round_approved=1)


def test_approving_and_aborting_at_once_leave_an_aborted_round(
    database: Database, request: pytest.FixtureRequest
) -> None:
    plan(database)
    paths: list[Racer] = [
        (f"/rondes/{ROUND}/opzet/goedkeuren", {}),
        (f"/rondes/{ROUND}/bediening/afbreken", {"reason": "een proef"}),
    ]
    came = race(database, desk(database), paths * 2, PLANNED + HOUR)
    settled(database, came, request, round_aborted=1)
    assert events(database)[-1].kind == "round.aborted"


def test_a_round_is_started_once_and_its_letters_are_planned_once(
    database: Database, request: pytest.FixtureRequest
) -> None:
    plan(database)
    approve(database)
    came = race(database, desk(database), [(f"/rondes/{ROUND}/opzet/starten", {})] * 4, PLANNED + 2 * HOUR)
    settled(database, came, request, round_running=1)


def test_pausing_twice_and_resuming_at_once_is_one_thing_after_the_other(
    database: Database, request: pytest.FixtureRequest
) -> None:
    run(database)
    came = race(database, desk(database), [(f"/rondes/{ROUND}/bediening/pauzeren", {"reason": "even"})] * 4, DUE)
    settled(database, came, request, round_paused=1)


def test_an_invitation_is_countersigned_once(database: Database, request: pytest.FixtureRequest) -> None:
    number = sign(database, invite(database))
    came = race(database, desk(database), [(f"/deelname/{number}/tekenen", {})] * 4)
    settled(database, came, request, invitation_countersigned=1)
    assert came[303] == 1


def test_an_invitation_is_signed_and_declined_at_most_once_and_a_no_takes_the_signature_away(
    database: Database, request: pytest.FixtureRequest
) -> None:
    link = f"/uitnodiging/{invited(database)}"
    came = race(database, [None], [(f"{link}/tekenen", CHOICE), (f"{link}/afwijzen", {})] * 2)
    settled(database, came, request)
    told, row = kinds(database), stored(database)
    assert (told["invitation.signed"], told["invitation.declined"]) in {(1, 0), (0, 1), (1, 1)}
    assert (row.signed_text is None) == bool(told["invitation.declined"])


@pytest.mark.long
def test_an_outcome_is_released_once(database: Database, request: pytest.FixtureRequest) -> None:
    closed(database)
    draft(database)
    sign_release(database)
    read(database)
    came = race(database, desk(database), [(f"/rondes/{ROUND}/vrijgave/1/vrijgeven", {})] * 4, CLOSED_AT)
    settled(database, came, request, round_released=1)
    assert came[303] == 1


@pytest.mark.long
def test_an_outcome_is_drafted_once(database: Database, request: pytest.FixtureRequest) -> None:
    closed(database)
    came = race(database, desk(database), [(f"/rondes/{ROUND}/vrijgave", {})] * 4, CLOSED_AT)
    settled(database, came, request, release_drafted=1)


def test_a_link_signs_in_one_browser_of_six(database: Database, request: pytest.FixtureRequest) -> None:
    wall = Clock().now()
    with database.writing() as session:
        person = accounts.add(session, "anna", "anna@stad.example", DESK_ROLES, "beheerder", PLANNED)
        token = accounts.make_link(session, person, "beheerder", PLANNED, wall)
    came = race(database, [None], [(f"/aanmelden/link/{token}", {})] * 6)
    settled(database, came, request, session_opened=1)
    assert came == {303: 1, 410: 5}


def test_a_note_is_decided_once_though_two_say_yes_and_two_say_no(
    database: Database, request: pytest.FixtureRequest
) -> None:
    closed_round(database, 30)
    code = codes(database, OWN)[0]
    with database.writing() as session:
        context.write(session, OWN, ROUND, code, NOTE["choice"], NOTE["text"], CLOSED_AT)
    answers = [{"accept": answer, "reason": "zo is het"} for answer in ("ja", "nee")] * 2
    path = f"/rondes/{ROUND}/toelichtingen/{code}"
    came = race(database, desk(database), [(path, answer) for answer in answers], CLOSED_AT + HOUR)
    settled(database, came, request, context_decided=1)
    assert came[303] == 1


def test_an_office_that_sends_its_note_four_times_has_one(database: Database, request: pytest.FixtureRequest) -> None:
    closed_round(database, 30)
    path = f"/mijn/rondes/{ROUND}/tests/{codes(database, OWN)[0]}"
    came = race(database, [office_cookie(database)], [(path, NOTE)] * 4, CLOSED_AT + HOUR)
    settled(database, came, request)
    with database.reading() as session:
        assert len(context.of_round(session, ROUND)) == 1


def test_an_office_that_stops_four_times_stops_once(database: Database, request: pytest.FixtureRequest) -> None:
    run(database)
    came = race(database, [office_cookie(database, "alfa")], [("/mijn/stoppen", {"sure": "ja"})] * 4, DUE)
    settled(database, came, request)
    assert kinds(database)["advertiser.withdrawn"] >= 1
    assert came == {303: 4}


def test_a_person_of_one_name_is_added_once(database: Database, request: pytest.FixtureRequest) -> None:
    told = {"name": "Bert", "email": "bert@stad.example", "roles": ["coder"]}
    came = race(database, desk(database), [("/mensen", told)] * 4)
    settled(database, came, request)
    with database.reading() as session:
        assert [each.name for each in accounts.everybody(session)].count("Bert") == 1
    assert came[303] == 1


def test_an_answer_is_coded_once_by_one_coder_who_clicks_twice(
    database: Database, request: pytest.FixtureRequest
) -> None:
    numbers = answered_round(database, 1)
    cookie = a_session(database, "cora", DESK_ROLES)
    came = race(database, [cookie], [(f"/coderen/{ROUND}/{numbers[0]}", {"label": "AL_VERHUURD"})] * 4, DUE + 48 * HOUR)
    settled(database, came, request, reply_coded=1)


def test_an_answer_that_two_may_code_is_not_coded_by_four(database: Database, request: pytest.FixtureRequest) -> None:
    numbers = answered_round(database, 1)
    path = f"/coderen/{ROUND}/{numbers[0]}"
    came = race(database, desk(database), [(path, {"label": "AL_VERHUURD"})] * 4, DUE + 48 * HOUR)
    settled(database, came, request, reply_coded=2)


def test_a_request_round_is_closed_once(database: Database, request: pytest.FixtureRequest) -> None:
    running(database)
    came = race(database, desk(database), [(f"/verzoeken/{NAME}/sluiten", {})] * 4)
    settled(database, came, request)
    assert (came[303], came[409]) == (1, 3)


def test_a_draft_is_begun_once(database: Database, request: pytest.FixtureRequest) -> None:
    came = race(database, desk(database), [("/opzet", {"name": "zelfde-naam", "begin": "voorbeeld"})] * 4)
    settled(database, came, request)
    assert came[303] == 1


def test_an_office_is_invited_once(database: Database, request: pytest.FixtureRequest) -> None:
    came = race(database, desk(database), [("/deelname", TYPED)] * 4)
    settled(database, came, request)


@pytest.mark.parametrize("kind", ["use", "propose"])
def test_what_an_office_sends_twice_is_there_once(
    database: Database, request: pytest.FixtureRequest, kind: str
) -> None:
    closed_round(database, 30)
    forms = {
        "use": ("/mijn/toolkit/gebruik", {"part": "statement", "url": "https://a.example", "since": "2026-09-01"}),
        "propose": (f"/mijn/rondes/{ROUND}/wat-helpt", {"action": "order-lot", "due": "2026-12-01"}),
    }
    came = race(database, [office_cookie(database)], [forms[kind]] * 4, CLOSED_AT + HOUR)
    settled(database, came, request)
