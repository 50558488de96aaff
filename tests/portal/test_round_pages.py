"""The pages of a round that tell how it goes and what came of it: monitor, health, results and export."""

import csv
import io
import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import Any
from zipfile import ZipFile

import pytest
from page_makers import OURS, ROUND, SIGNED_IN, FakeDoor, FakeSource, monitor
from starlette.testclient import TestClient

from orchestrator.states import Role
from orchestrator.views import Late, Monitor
from portal.web.access import ACCESS
from portal.web.app import create_app
from portal.web.kept import Kept
from portal.web.source import Health, Standing
from results.tables import RoundTable

HERE = f"/rondes/{ROUND}"


def client(source: FakeSource | None = None, *roles: Role, **facts: Any) -> TestClient:
    app = create_app(source or FakeSource(**facts), FakeDoor(*roles))
    return TestClient(app, raise_server_exceptions=False, cookies=SIGNED_IN, headers=OURS)


# --- monitor -------------------------------------------------------------------------------------------------------


def test_the_monitor_draws_progress_and_has_the_same_by_week_in_a_table() -> None:
    text = client().get(HERE).text
    assert text.count("<polyline") == 3
    # Twelve days from Tuesday 8 September: 40 a day planned, six days in the first week.
    for part in ("7 september 2026", "14 september 2026", ">240<", "Opgeteld van 8 september 2026"):
        assert part in text


def test_a_round_without_a_plan_says_on_its_monitor_what_to_do_first() -> None:
    class Bare(FakeSource):
        def monitor(self, round_name: str) -> Monitor:
            return monitor(round=round_name, days=(), next_sends=())

    text = client(Bare()).get(HERE).text
    assert "Plan haar eerst" in text
    assert "<polyline" not in text


def test_the_monitor_tells_of_half_pairs_caps_workers_and_how_old_it_is() -> None:
    text = client().get(HERE).text
    for part in ("Halve tests", "<dd>6</dd>", "wachten op een grens", "kast:7", "Stand van", 'id="vernieuwt"'):
        assert part in text


def test_what_goes_out_of_a_large_round_is_told_on_a_page_of_its_own() -> None:
    class Large(FakeSource):
        def monitor(self, round_name: str) -> Monitor:
            return monitor(round=round_name, outlook=None)

    text = client(Large()).get(HERE).text
    assert f'href="{HERE}/vooruitblik"' in text
    assert "Er staan nog 362 reacties open" in text
    assert "Gaat nog uit: geen reacties." in client().get(f"{HERE}/vooruitblik").text


# --- health --------------------------------------------------------------------------------------------------------


def test_every_check_of_the_health_page_says_what_it_means() -> None:
    text = client().get(f"{HERE}/gezondheid").text
    said = ("In evenwicht: ook de scheefste regel", "gingen er 2 niet uit", "mediaan 6,1 uur", "80 berichten", "Klok")
    for part in said:
        assert part in text
    assert "Per profiel is dit pas te zien als de ronde is gesloten" in text


def test_a_check_that_is_not_well_says_what_to_do() -> None:
    class Late(FakeSource):
        def health(self, round_name: str) -> Health:
            made = super().health(round_name)
            return Health(**{**vars(made), "ahead": made.ahead.__class__(minutes=3)})

    text = client(Late()).get(f"{HERE}/gezondheid").text
    assert "aantal punten: 1." in text
    assert "180 seconden" in text
    assert "Doen: Laat alle machines hun tijd bij dezelfde server halen" in text


# --- results -------------------------------------------------------------------------------------------------------


def test_results_begin_with_the_sentence_and_carry_the_report_of_the_researcher() -> None:
    text = client(state="closed").get(f"{HERE}/resultaten").text
    sentence = text.index("van de 100 advertenties")
    for part in ("Nettoverschil", "Alle wijken", "hoeveel verschil geeft toeval?", "Per woningaanbieder"):
        assert text.index(part) > sentence
    assert "Gemeente Amersfoort. (2026)." in text
    assert "@techreport{amersfoort-2026-najaar-v1," in text


@pytest.mark.parametrize("state", ["planned", "running", "collecting"])
def test_before_closing_no_number_of_a_profile_is_on_the_page_and_it_says_why(state: str) -> None:
    class Unread(FakeSource):
        def table(self, round_name: str) -> RoundTable:
            raise AssertionError(f"the answers of {round_name} were read")

    text = client(Unread(state=state)).get(f"{HERE}/resultaten").text
    assert "De cijfers zijn nog verborgen" in text
    assert "procentpunt" not in text


def test_a_reply_that_came_after_closing_puts_a_banner_above_the_results() -> None:
    class Stale(FakeSource):
        def standing(self, round_name: str) -> Standing:
            return replace(super().standing(round_name), late=Late(2, 1))

    text = client(Stale(state="closed")).get(f"{HERE}/resultaten").text
    assert "kwamen 2 antwoorden binnen" in text
    assert "kwamen 2 antwoorden" not in client(state="closed").get(f"{HERE}/resultaten").text


def test_every_chart_is_a_table_with_its_numbers_and_a_picture_with_its_source() -> None:
    here = client(state="closed")
    rows = list(csv.DictReader(io.StringIO(here.get(f"{HERE}/resultaten/tellingen.csv").text)))
    assert [(row["cell"], row["pairs"]) for row in rows] == [
        ("c11", "100"),
        ("c10", "45"),
        ("c01", "17"),
        ("c00", "55"),
    ]
    assert sum(float(row["share"]) for row in rows) == pytest.approx(1)
    districts = list(csv.DictReader(io.StringIO(here.get(f"{HERE}/resultaten/wijken.csv").text)))
    assert districts[-1]["group"] == "Alle wijken"
    assert float(districts[-1]["low"]) < float(districts[-1]["value"]) < float(districts[-1]["high"])
    for chart in ("tellingen", "wijken"):
        answer = here.get(f"{HERE}/resultaten/{chart}.svg")
        assert answer.headers["content-type"] == "image/svg+xml"
        words = "".join(ET.fromstring(answer.text).itertext())  # noqa: S314 - our own picture
        assert "Gemeente Amersfoort. (2026)." in words


def test_charts_are_refused_before_closing_and_unknown_ones_do_not_exist() -> None:
    assert client(state="running").get(f"{HERE}/resultaten/wijken.csv").status_code == 403
    assert client(state="closed").get(f"{HERE}/resultaten/weer.csv").status_code == 404
    assert client(state="closed").get(f"{HERE}/resultaten/wijken.exe").status_code == 404


def test_the_municipality_sees_no_results_of_the_desk_and_has_only_the_routes_of_outcomes_and_toolkit() -> None:
    here = client(FakeSource(state="closed"), Role.MUNICIPALITY)
    for address in ("resultaten", "resultaten/wijken.csv", "rapport/gemeente", "export"):
        assert here.get(f"{HERE}/{address}").status_code == 403
    assert {name for name, roles in ACCESS.items() if Role.MUNICIPALITY in roles} == {
        "rounds", "outcomes", "outcome", "outcome_version", "outcome_file", "outcome_read",
        "outcome_beside", "outcome_followup", "toolkit_page", "toolkit_make",
        "browsers", "browsers_end", "browsers_end_others", "recovery_renew",
        "request_outcome", "request_outcome_version", "request_outcome_file", "request_outcome_read",
    }  # fmt: skip


# --- export --------------------------------------------------------------------------------------------------------


def test_a_closed_round_is_taken_home_as_one_file_whose_checksums_hold() -> None:
    here = client(state="closed")
    assert f'href="{HERE}/export/bestand.zip"' in here.get(f"{HERE}/export").text
    answer = here.get(f"{HERE}/export/bestand.zip")
    assert answer.headers["content-disposition"] == f'attachment; filename="{ROUND}.zip"'
    with ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        assert archive.read("checksums.sha256") == here.get(f"{HERE}/export/checksums.sha256").content
    assert {"results.json", "data/pairs.csv", "protocol.json"} <= names
    assert here.get(f"{HERE}/export/results.json").json()["counts"]["c10"] == 45
    assert here.get(f"{HERE}/export/pairs.csv").text.startswith("pair,listing,")


@pytest.mark.parametrize("name", ["bestand.zip", "results.json", "pairs.csv", "checksums.sha256"])
def test_nothing_is_taken_home_before_closing(name: str) -> None:
    here = client(state="collecting")
    assert "Er is nog niets om mee te nemen" in here.get(f"{HERE}/export").text
    answer = here.get(f"{HERE}/export/{name}")
    assert answer.status_code == 403
    assert "verborgen tot de ronde is gesloten" in answer.text


def test_a_file_that_is_not_for_taking_home_does_not_exist() -> None:
    assert client(state="closed").get(f"{HERE}/export/protocol.json").status_code == 404


# --- what is kept --------------------------------------------------------------------------------------------------


def test_a_value_is_made_once_for_each_key_and_the_longest_unasked_one_goes() -> None:
    made: list[str] = []
    kept: Kept[str] = Kept(2)

    def make(key: str) -> str:
        return kept.get(key, lambda: made.append(key) or key.upper())  # type: ignore[func-returns-value]

    assert [make(key) for key in "abaca"] == list("ABACA")
    assert made == ["a", "b", "c"]
    make("b")
    assert made == ["a", "b", "c", "b"]


def test_results_are_made_again_when_what_they_are_made_of_changes() -> None:
    class Counted(FakeSource):
        reads, mark = 0, 1

        def table(self, round_name: str) -> RoundTable:
            self.reads += 1
            return super().table(round_name)

        def standing(self, round_name: str) -> Standing:
            return replace(super().standing(round_name), fingerprint=self.mark)

    source = Counted(state="closed")
    here = client(source)
    for _ in range(3):
        here.get(f"{HERE}/resultaten")
    assert source.reads == 1
    source.mark = 2
    here.get(f"{HERE}/resultaten")
    assert source.reads == 2
