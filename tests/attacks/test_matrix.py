"""Every route and every visitor: whom it opens for stands here once more, by hand, and for all others it stays shut.

The table is a second record beside `portal.web.access` and `portal.api.access`, and takes nothing from them: who
widens one of those by mistake is found here. A new route needs a name in a line of `PAGES` or `PROGRAMS`.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from api_makers import SETTINGS, a_token
from attack_makers import record, tell
from fastapi import FastAPI
from fastapi.routing import APIRoute
from house_makers import ROUND, a_session, only_sqlite
from httpx2 import Response
from own_makers import OTHER, closed_round, office_cookie
from page_makers import OURS
from starlette.routing import Mount
from starlette.testclient import TestClient

from orchestrator.api_tokens import Scope
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.states import Role
from portal.web.access import COOKIE
from portal.web.app import make_app

pytestmark = only_sqlite

PAGES = """
everybody: health metrics security_txt language sign_in sign_in_ask sign_in_link sign_in_use sign_in_further sign_out
everybody: factor factor_set_up factor_show organisation_go organisation_back
everybody: pretest_intro pretest_begin pretest_resume pretest_ask pretest_answer
everybody: invitation_page invitation_sign invitation_decline invitation_copy
everybody: invitation_notice_pdf invitation_notice_word
everybody: open_data_list open_data_catalogue open_data_record open_data_file
designer approver sender coder analyst municipality administrator: rounds browsers browsers_end browsers_end_others
designer approver sender coder analyst municipality administrator: recovery_renew
designer approver sender coder analyst administrator: status
designer approver sender analyst: monitor advertisers outlook round_health results results_chart looks
designer approver sender analyst: report_researcher report_researcher_pdf report_municipality report_municipality_pdf
designer approver sender analyst: report_broker report_broker_pdf release context followup export export_zip
designer approver sender analyst: export_alone pairs pair pair_enter coding_masks coding_mask coding_mask_do
designer approver sender analyst: enrolments requests request_round release_bundle request_release
designer approver sender analyst municipality: request_outcome request_outcome_version request_outcome_file
designer approver sender coder analyst: coding coding_differences
designer approver sender coder analyst: round_setup
designer approver sender analyst municipality: outcomes outcome outcome_version outcome_beside outcome_followup
designer approver sender analyst municipality: outcome_file toolkit_page toolkit_make
designer analyst: release_draft request_release_draft context_decide followup_agree followup_record looks_open
designer approver: enrolment_revoke
designer sender: round_trial
designer: setup_list setup_create setup_drop setup_step setup_save setup_yaml setup_yaml_save setup_file setup_files
designer: setup_files_save setup_plan setup_plan_do round_waive round_amend enrolment_invite requests_plan
approver: round_approve release_do request_release_do enrolment_countersign request_approve
sender: control control_do round_start request_start request_close request_calls request_made request_not_reached
coder: coding_reply coding_code coding_doubt coding_undo coding_decide request_coding request_code
analyst: release_sign request_release_sign
municipality: outcome_read request_outcome_read
administrator: people people_add people_revoke people_end_all people_reset_factor
broker: mine mine_data mine_data_zip mine_stop mine_round mine_round_pdf mine_proof mine_note mine_note_write
broker: mine_browsers mine_browsers_end mine_browsers_end_others
broker: mine_toolkit mine_toolkit_make mine_toolkit_use mine_toolkit_end
broker: mine_followup mine_followup_propose mine_followup_done mine_followup_withdraw mine_followup_retest
"""
PROGRAMS = """
everybody: openapi bring_mail
rounds:read designer approver sender analyst: list_rounds read_round
outcomes:read designer approver sender analyst municipality: list_outcomes read_outcome list_versions read_version
ledger:read designer approver sender analyst municipality administrator: read_ledger_head
"""
MOUNTED = {"/static": "static", "/v1": "api"}
EVERYBODY = "everybody"
THEIRS = {"round_name": ROUND, "roundName": ROUND, "versionNumber": "1", "advertiser": OTHER, "code": "P-0001"}
"""What stands in the places of an address: things that exist where it matters, so that a refusal is of the visitor."""

COSTLY = ("_pdf", "_zip", "_make", "export_alone", "results", "results_chart", "report_researcher")
OTHERWISE = ("PUT", "PATCH", "DELETE", "TRACE")


def opened_by(table: str) -> dict[str, set[str]]:
    """The words before the colon, by the name of each route after it."""
    lines = [line.partition(": ") for line in table.strip().splitlines()]
    return {name: set(who.split()) for who, _, names in lines for name in names.split()}


@dataclass(frozen=True)
class Way:
    """A method at an address, with the name of its route."""

    name: str
    method: str
    path: str


def ways(app: FastAPI, before: str = "") -> Iterator[Way]:
    """Every method of every route of an application, as the application itself has them."""
    for route in app.routes:
        if isinstance(route, APIRoute):
            path = re.sub(r"{(\w+)(:\w+)?}", lambda found: THEIRS.get(found[1], "1"), route.path)
            yield from (Way(route.name, method, before + path) for method in sorted(route.methods))


@pytest.fixture
def house(database: Database) -> tuple[Database, FastAPI]:
    closed_round(database)
    return database, make_app(database, Clock(), settings=SETTINGS)


def api_of(app: FastAPI) -> FastAPI:
    (mount,) = (route for route in app.routes if isinstance(route, Mount) and route.name == "api")
    assert isinstance(mount.app, FastAPI)
    return mount.app


def cookies(database: Database) -> dict[str, str]:
    """A session of somebody of each role alone, and of an office."""
    made = {role.value: a_session(database, f"met-{role}", [role]) for role in Role if role is not Role.BROKER}
    return {**made, "broker": office_cookie(database)}


def client(app: FastAPI, **told: object) -> TestClient:
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, **told)  # type: ignore[arg-type]


def asked(browser: TestClient, way: Way) -> Response:
    sent = {"data": {"name": "iemand", "sure": "ja"}} if way.method == "POST" else {}
    return browser.request(way.method, way.path, **sent)  # type: ignore[arg-type]


def shut(answer: Response, way: Way, *, known: bool) -> bool:
    """Whether the answer is the refusal that belongs to this visitor, and not just any error."""
    if known:
        return answer.status_code == 403 and "hoort niet bij uw rol" in answer.text
    if way.method == "POST":
        return answer.status_code == 401 and "niet opgeslagen en niet verloren" in answer.text
    return answer.status_code == 303 and answer.headers["location"].startswith("/aanmelden")


def count(kinds: Counter[str]) -> str:
    return f"{kinds['open']} allowed, {kinds['shut']} refused, {kinds['wrong']} reached or refused wrongly"


# --- The table itself ----------------------------------------------------------------------------------------------


def test_every_route_stands_in_the_table_and_nothing_else_does(house: tuple[Database, FastAPI]) -> None:
    _, app = house
    pages, programs = list(ways(app)), list(ways(api_of(app)))
    assert {way.name for way in pages} == set(opened_by(PAGES))
    assert {way.name for way in programs} == set(opened_by(PROGRAMS))
    for found in (pages, programs):  # a name that stood for two routes would open both
        assert [name for name, times in Counter(way.name for way in found).items() if times > 1] == []
    others = [route for route in app.routes if not isinstance(route, APIRoute)]
    assert {route.path: route.name for route in others if isinstance(route, Mount)} == MOUNTED
    assert len(others) == len(MOUNTED)
    words = {EVERYBODY, *(role.value for role in Role), *(scope.value for scope in Scope)}
    assert set().union(*opened_by(PAGES).values(), *opened_by(PROGRAMS).values()) <= words


# --- The pages -----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_no_page_opens_for_anybody_it_is_not_for_and_a_refusal_changes_nothing(
    house: tuple[Database, FastAPI], request: pytest.FixtureRequest
) -> None:
    database, app = house
    table, wrong = opened_by(PAGES), []
    visitors: Mapping[str, str | None] = {"nobody": None, **cookies(database)}
    counted: Counter[str] = Counter()
    for who, cookie in visitors.items():
        browser = client(app, headers=OURS, cookies={COOKIE: cookie} if cookie else {})
        before = record(database)
        for way in ways(app):
            if table[way.name] & {EVERYBODY, who}:
                continue
            fine = shut(asked(browser, way), way, known=cookie is not None)
            counted["shut" if fine else "wrong"] += 1
            wrong += [] if fine else [(who, way)]
        assert record(database) == before, who
    assert wrong == []
    drawn: set[str] = set()
    opened = {who: client(app, headers=OURS, cookies={COOKIE: cookie}) for who, cookie in visitors.items() if cookie}
    for who, browser in opened.items():
        for way in ways(app):
            # A paper takes a second to set: one of those who may have it asks for it.
            if who in table[way.name] and not (way.name in drawn and way.name.endswith(COSTLY)):
                drawn.add(way.name)
                answer = asked(browser, way) if way.method != "POST" else browser.post(way.path, data={})
                fine = answer.status_code < 500 and not shut(answer, way, known=True) and answer.status_code != 401
                counted["open" if fine else "wrong"] += 1
                wrong += [] if fine else [(who, way)]
    assert wrong == []
    assert counted["open"] > 200
    assert counted["shut"] > 600
    tell(request.config, "roles and routes", f"pages: {len(visitors)} visitors, {count(counted)}")


@pytest.mark.long
def test_no_page_knows_another_method_than_its_own(
    house: tuple[Database, FastAPI], request: pytest.FixtureRequest
) -> None:
    """With every role together: no method nobody thought of leads around the guard."""
    database, app = house
    everything = a_session(database, "alles", [role for role in Role if role is not Role.BROKER])
    browser = client(app, headers=OURS, cookies={COOKIE: everything})
    known = {(way.path, way.method) for way in ways(app)}
    before, tried = record(database), 0
    for path in sorted({path for path, _ in known}):
        for method in (*OTHERWISE, "POST"):
            if (path, method) not in known:
                tried += 1
                # 400: an address that would also be one with a number in it, and has no number.
                assert browser.request(method, path).status_code in (400, 404, 405), (method, path)
    assert record(database) == before
    assert tried > 400
    tell(request.config, "roles and routes", f"pages: {tried} methods that no page has, 0 answered")


@pytest.mark.long
def test_what_a_browser_of_another_site_sends_reaches_no_page_whoever_is_signed_in(
    house: tuple[Database, FastAPI], request: pytest.FixtureRequest
) -> None:
    database, app = house
    everything = a_session(database, "alles", [role for role in Role if role is not Role.BROKER])
    before, tried = record(database), 0
    for cookie in (everything, office_cookie(database)):
        browser = client(app, headers={"Sec-Fetch-Site": "cross-site"}, cookies={COOKIE: cookie})
        before = record(database)
        for way in ways(app):
            if way.method == "POST":
                tried += 1
                assert asked(browser, way).status_code == 403, way
        assert record(database) == before
    tell(request.config, "roles and routes", f"pages: {tried} forms of other sites, 0 taken")


# --- The API -------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_no_token_reads_anything_that_its_role_and_its_scope_do_not_both_open(
    house: tuple[Database, FastAPI], request: pytest.FixtureRequest
) -> None:
    database, app = house
    table, counted, wrong = opened_by(PROGRAMS), Counter[str](), []
    routes = [way for way in ways(api_of(app), "/v1") if EVERYBODY not in table[way.name]]
    bearers = {
        (role.value, scope.value): a_token(database, role, [scope])
        for role in Role if role is not Role.BROKER for scope in Scope
    }  # fmt: skip
    for (role, scope), token in bearers.items():
        program = client(app, headers={"Authorization": f"Bearer {token}"})
        before = record(database)
        for way in routes:
            status, may = asked(program, way).status_code, {role, scope} <= table[way.name]
            fine = status in (200, 404) if may else status == 403
            counted[("open" if may else "shut") if fine else "wrong"] += 1
            wrong += [] if fine else [(role, scope, way, status)]
        assert record(database) == before
    assert wrong == []
    tell(request.config, "roles and routes", f"API: {len(bearers)} tokens, {count(counted)}")


@pytest.mark.long
def test_a_cookie_opens_nothing_of_the_api_and_a_token_no_page(
    house: tuple[Database, FastAPI], request: pytest.FixtureRequest
) -> None:
    database, app = house
    pages, programs, counted = opened_by(PAGES), opened_by(PROGRAMS), 0
    for cookie in cookies(database).values():
        browser = client(app, headers=OURS, cookies={COOKIE: cookie})
        for way in ways(api_of(app), "/v1"):
            if EVERYBODY not in programs[way.name]:
                assert asked(browser, way).status_code == 401, way
                counted += 1
    token = a_token(database)
    program = client(app, headers={**OURS, "Authorization": f"Bearer {token}"}, cookies={COOKIE: token})
    before = record(database)
    for way in ways(app):
        if EVERYBODY not in pages[way.name]:
            assert shut(asked(program, way), way, known=False), way
            counted += 1
    assert record(database) == before
    tell(request.config, "roles and routes", f"cookies at the API and tokens at the pages: {counted} refused, 0 opened")


def test_no_way_of_writing_an_address_leads_around_the_guard(house: tuple[Database, FastAPI]) -> None:
    """Slashes, dots, case, encoded letters and parameters: each is the page itself, shut, or no page at all."""
    _, app = house
    browser = client(app, headers=OURS)
    for path in ("/mensen", f"/rondes/{ROUND}/resultaten", "/v1/rounds"):
        start, _, last = path.rpartition("/")
        odd = (
            f"{path}/", f"/{path}", f"{start}/./{last}", f"{start}/x/../{last}", f"{path};a=b", f"{path}%00",
                f"{path}%2f",
            f"{start}/%2e/{last}", path.upper(), f"{path}?{COOKIE}=x", f"{start}//{last}", path.replace("r", "%72", 1),
        )  # fmt: skip
        for each in odd:
            answer = browser.get(each)
            led = answer.headers.get("location", "")
            kept = led.startswith("/aanmelden") or led.rstrip("/").endswith(path)
            assert answer.status_code in (401, 404, 405) or (answer.status_code in (303, 307) and kept), each
