"""The pages: what each address shows, to whom it says no, and how safely it is sent."""

import hashlib
import inspect
import re
from typing import Any, NoReturn

import pytest
from fastapi.routing import APIRoute
from page_makers import OURS, ROUND, SIGNED_IN, FakeDoor, FakeSource, monitor
from starlette.testclient import TestClient

from orchestrator.views import Monitor, RoundSummary
from portal.web.app import HEADERS, create_app
from portal.web.rendering import STATIC

REPORTS = f"/rondes/{ROUND}/rapport"


def client(source: FakeSource | None = None, **facts: Any) -> TestClient:
    """Somebody with all roles, who is signed in."""
    app = create_app(source or FakeSource(**facts), FakeDoor())
    return TestClient(app, raise_server_exceptions=False, cookies=SIGNED_IN, headers=OURS)


def test_the_list_of_rounds_links_to_monitor_and_reports() -> None:
    text = client().get("/").text
    assert "Gelijke kansen op de Amersfoortse huurmarkt" in text
    for address in (f"/rondes/{ROUND}", f"/rondes/{ROUND}/aanbieders", f"/rondes/{ROUND}/resultaten"):
        assert f'href="{address}"' in text
    results = client().get(f"/rondes/{ROUND}/resultaten").text
    for address in (f"{REPORTS}/onderzoeker", f"{REPORTS}/gemeente"):
        assert f'href="{address}"' in results


def test_an_empty_list_says_how_to_begin() -> None:
    class Empty(FakeSource):
        def rounds(self) -> list[RoundSummary]:
            return []

    assert "praktijktest plan" in client(Empty()).get("/").text


def test_the_monitor_tells_where_a_round_stands_and_why_it_waits() -> None:
    text = client().get(f"/rondes/{ROUND}").text
    for part in ("112 / 480", "Wacht op kantooruren", "Langestraat 12", "di 8 sep, 13:40", "gepland", "2 van 2"):
        assert part in text


def test_a_monitor_with_nothing_left_to_send_says_so() -> None:
    class Done(FakeSource):
        def monitor(self, round_name: str) -> Monitor:
            return monitor(round=round_name, next_sends=())

    assert "Er staan geen reacties klaar" in client(Done()).get(f"/rondes/{ROUND}").text


def test_the_monitor_shows_who_has_a_pause_why_what_waits_and_how_to_lift_it() -> None:
    text = client().get(f"/rondes/{ROUND}").text
    for part in (
        "Makelaardij D03 (adv-03), sinds di 8 sep, 13:40.",
        "Reacties waarop werd gevraagd of dit een test is: 2 (pauze vanaf 2).",
        "Aantal reacties dat wacht: 5. De eerste vervalt na do 10 sep, 13:40.",
        "De test van die reactie telt dan niet mee.",
        "praktijktest lift AANBIEDER",
        "Aantal reacties waarop werd gevraagd of dit een test is: 1.",
    ):
        assert part in text


def test_a_monitor_without_pauses_or_doubts_says_only_that() -> None:
    class Quiet(FakeSource):
        def monitor(self, round_name: str) -> Monitor:
            return monitor(round=round_name, held=(), doubted=0)

    text = client(Quiet()).get(f"/rondes/{ROUND}").text
    assert "Geen aanbieder heeft een pauze." in text
    assert "praktijktest lift" not in text
    assert "gevraagd of dit een test is" not in text


def test_the_health_of_a_round_sums_the_burden() -> None:
    text = client().get(f"/rondes/{ROUND}/gezondheid").text
    # 20 letters, 6 answers, 3 viewings of which 2 were given back, at 2, 5, 10 and 2 minutes.
    for part in ("<dd>20</dd>", "<dd>104</dd>", "<dd>2,0 uur</dd>"):
        assert part in text


def test_the_page_of_advertisers_has_the_meter_and_the_burden_of_each() -> None:
    text = client().get(f"/rondes/{ROUND}/aanbieders").text
    for part in (
        "Makelaardij D04",
        "Nu: Reacties waarop werd gevraagd",
        "vanaf 80%",
        "Huis &amp; Zo",
        "samen",
        "aannames",
    ):
        assert part in text
    assert text.count("utrecht-alert--warning") == 1


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("onderzoeker", "Onderzoeksrapport"),
        ("gemeente", "Rapport voor de gemeente"),
        ("makelaar/adv-03", "Uw terugkoppeling, Makelaardij D03"),
    ],
)
def test_each_audience_has_its_report(address: str, title: str) -> None:
    answer = client(state="released").get(f"{REPORTS}/{address}")
    assert answer.status_code == 200
    assert f'<h1 class="utrecht-heading-1">{title}</h1>' in answer.text


def test_a_brokers_report_has_no_way_into_the_rest_of_the_site() -> None:
    assert not re.search(r'href="/(?!static/)', client(state="released").get(f"{REPORTS}/makelaar/adv-03").text)


@pytest.mark.parametrize("address", ["gemeente", "makelaar/adv-03"])
def test_a_report_that_may_not_be_seen_yet_is_a_403_with_the_reason(address: str) -> None:
    class Unread(FakeSource):
        """Of which no row is read, for a large round has many."""

        def table(self, round_name: str) -> NoReturn:
            raise AssertionError(round_name)

    answer = client(Unread(state="collecting")).get(f"{REPORTS}/{address}")
    assert answer.status_code == 403
    assert "pas nadat" in answer.text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/rondes/bestaat-niet", "Er is geen ronde"),
        ("/rondes/bestaat-niet/aanbieders", "Er is geen ronde"),
        ("/rondes/bestaat-niet/resultaten", "Er is geen ronde"),
        ("/rondes/bestaat-niet/rapport/onderzoeker", "Er is geen ronde"),
        (f"{REPORTS}/makelaar/adv-99", "komt in de ronde niet voor"),
        ("/iets-anders", "Deze pagina bestaat niet"),
        ("/static/weg.css", "Deze pagina bestaat niet"),
        ("/docs", "Deze pagina bestaat niet"),
    ],
)
def test_what_does_not_exist_is_a_dutch_404(address: str, said: str) -> None:
    answer = client().get(address)
    assert (answer.status_code, 'lang="nl"' in answer.text) == (404, True)
    assert said in answer.text


def test_a_wrong_method_is_told_in_dutch() -> None:
    answer = client().post("/")
    assert answer.status_code == 405
    assert "Dat kan hier niet" in answer.text


def test_a_fault_of_ours_is_a_dutch_page_that_gives_nothing_away() -> None:
    class Broken(FakeSource):
        def rounds(self) -> list[RoundSummary]:
            raise RuntimeError("password=geheim")

    answer = client(Broken()).get("/")
    assert answer.status_code == 500
    assert "De fout ligt bij ons" in answer.text
    assert "geheim" not in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_a_round_name_in_an_address_is_text_and_never_markup() -> None:
    assert "<script>" not in client().get("/rondes/%3Cscript%3Ealert(1)%3C%2Fscript%3E").text


@pytest.mark.parametrize(
    "address", ["/", f"/rondes/{ROUND}", f"{REPORTS}/onderzoeker", "/aanmelden", "/weg", "/static/app.css"]
)
def test_every_answer_carries_the_security_headers(address: str) -> None:
    headers = client().get(address).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


def test_every_style_sheet_a_page_names_is_there() -> None:
    here = client()
    for address in re.findall(r'<link rel="[^"]+" href="([^"]+)"', here.get("/").text):
        assert here.get(address).status_code == 200, address


def test_vendored_styles_keep_their_licence_version_and_checksum() -> None:
    note = (STATIC / "vendor" / "README.md").read_text(encoding="utf-8")
    folders = [folder for folder in (STATIC / "vendor").iterdir() if folder.is_dir()]
    assert len(folders) == 2
    for folder in folders:
        assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in (folder / "LICENSE.md").read_text(encoding="utf-8")
        for sheet in folder.glob("*.css"):
            assert hashlib.sha256(sheet.read_bytes()).hexdigest() in note


def test_all_routes_are_synchronous_because_the_database_is() -> None:
    routes = [route for route in create_app(FakeSource(), FakeDoor()).routes if isinstance(route, APIRoute)]
    assert routes
    assert not any(inspect.iscoroutinefunction(route.endpoint) for route in routes)


def test_a_finished_round_leads_the_researcher_to_each_brokers_report() -> None:
    link = f'href="{REPORTS}/makelaar/adv-03"'
    assert link in client(state="closed").get(f"{REPORTS}/onderzoeker").text
    assert link not in client(state="running").get(f"{REPORTS}/onderzoeker").text
