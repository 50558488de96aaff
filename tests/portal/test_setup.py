"""The setup of a round on its pages: a draft page by page or as a file, several people, and the plan it becomes."""

import html
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from app_makers import an_app
from house_makers import PLANNED, a_session, events, only_sqlite, round_state
from httpx2 import Response
from page_makers import OURS
from starlette.testclient import TestClient

from orchestrator import drafts, mail_trips
from orchestrator.accounts import GIVEN
from orchestrator.db import Database
from orchestrator.design import canonical, read_design
from orchestrator.design.form import fields, repeats_in
from orchestrator.settings import Settings
from orchestrator.states import Role, RoundState
from portal.web.access import COOKIE
from portal.web.pages.setup.steps import STEPS, offered, step_of

pytestmark = only_sqlite
EXAMPLE = Path(__file__).parents[2] / "examples" / "amersfoort-2026"
DRAFT = "proef-opzet"
PAGES = f"/opzet/{DRAFT}"


def browser(database: Database, name: str = "Dora", *roles: Role, settings: Settings | None = None) -> TestClient:
    """Somebody at the pages, by default a designer; it follows nothing by itself."""
    app = an_app(database, PLANNED, settings)
    cookie = a_session(database, name, roles or [Role.DESIGNER])
    return TestClient(app, follow_redirects=False, cookies={COOKIE: cookie}, headers=OURS)


def begun(database: Database, begin: str = "voorbeeld") -> TestClient:
    client = browser(database)
    answer = client.post("/opzet", data={"name": DRAFT, "begin": begin})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PAGES}/onderzoek")
    return client


def filled(answer: Response) -> dict[str, Any]:
    """What a browser would send of the form on a page of fields."""
    text = answer.text.partition('class="pt-form"')[2].partition("</form>")[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input\b[^>]*>", text):
        told = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if told.get("type") == "checkbox" and not re.search(r"\bchecked\b", tag):
            continue
        found.setdefault(told["name"], []).append(html.unescape(told.get("value", "")))
    for name, body in re.findall(r'<textarea\b[^>]*\bname="([^"]*)"[^>]*>(.*?)</textarea>', text, re.DOTALL):
        found[name] = [html.unescape(body)]
    for name, body in re.findall(r'<select\b[^>]*\bname="([^"]*)"[^>]*>(.*?)</select>', text, re.DOTALL):
        found[name] = [html.unescape(each) for each in re.findall(r'value="([^"]*)" selected', body)] or [""]
    return found


def design_of(database: Database) -> str:
    with database.reading() as session:
        return drafts.find(session, DRAFT).design


def give(client: TestClient, participants: bytes | None = None, listings: bytes | None = None) -> Response:
    seen = filled(client.get(f"{PAGES}/bestanden"))["seen"][0]
    given = {"participants": participants, "listings": listings}
    files = {key: (f"{key}.csv", raw, "text/csv") for key, raw in given.items() if raw is not None}
    return client.post(f"{PAGES}/bestanden", data={"seen": seen}, files=files)


def with_example(database: Database) -> TestClient:
    """A draft that is the example with its files."""
    client = begun(database)
    text = (EXAMPLE / "round.yaml").read_text(encoding="utf-8")
    assert client.post(f"{PAGES}/yaml", data={"seen": "1", "text": text}).status_code == 303
    answer = give(client, *((EXAMPLE / f"{name}.csv").read_bytes() for name in ("participants", "listings")))
    assert answer.status_code == 303, answer.text
    return client


def planned(client: TestClient, **told: str) -> Response:
    seen = filled(client.get(f"{PAGES}/plannen"))["seen"][0]
    return client.post(f"{PAGES}/plannen", data={"seen": seen, **told})


# A draft page by page.


def test_a_draft_from_the_example_has_no_fault_and_shows_what_it_comes_to(database: Database) -> None:
    client = begun(database)
    page = client.get(f"{PAGES}/steekproef").text
    assert "Er klopt nog iets niet" not in page
    for part in ("240, waarvan 24 schijntests", "11,1", "De hele markt", "Een woningaanbieder", "van de 25 werkdagen"):
        assert part in page
    assert "De opzet klopt." in client.get(f"{PAGES}/plannen").text


def test_a_re_test_of_a_round_that_is_not_there_is_told_before_it_is_planned(database: Database) -> None:
    client = with_example(database)
    answer = client.get(f"{PAGES}/onderzoek")
    told = {**filled(answer), "retest_of": "voorjaar-2026"}
    assert client.post(f"{PAGES}/onderzoek", data=told).status_code == 303
    assert "retest_of: voorjaar-2026" in design_of(database)
    assert "Er is geen ronde" in client.get(f"{PAGES}/bestanden").text
    assert "Er is geen ronde" in planned(client).text


@pytest.mark.long
def test_sending_every_page_as_it_stands_changes_nothing(database: Database) -> None:
    client = with_example(database)
    before = design_of(database)
    for step in offered(fields({})):
        answer = client.post(f"{PAGES}/{step.key}", data={**filled(client.get(f"{PAGES}/{step.key}")), "next": "1"})
        assert answer.status_code == 303, step.key
    assert design_of(database) == before
    assert "# startgetal van de loting" in before


def test_every_key_of_a_design_stands_on_one_page(database: Database) -> None:
    client = begun(database)
    there = [name for step in offered(fields({})) for name in filled(client.get(f"{PAGES}/{step.key}")) if "." in name]
    asked = {field.name for field in fields(repeats_in({})) if field.kind not in ("flag", "many")}
    assert asked <= {*there, *filled(client.get(f"{PAGES}/onderzoek"))}
    assert len(there) == len(set(there))
    assert {step_of(field) for field in fields({})} <= set(STEPS)


def test_what_is_typed_on_a_page_stands_in_the_file_with_the_comments_around_it(database: Database) -> None:
    client = with_example(database)
    typed = filled(client.get(f"{PAGES}/planning")) | {"schedule.per_advertiser_week": ["2"]}
    answer = client.post(f"{PAGES}/planning", data={**typed, "next": "1"})
    assert answer.headers["location"] == f"{PAGES}/uitkomst"
    assert "per_advertiser_week: 2             # hooguit zoveel tests" in client.get(f"{PAGES}/opzet.yaml").text


@pytest.mark.parametrize(
    ("step", "name", "typed", "said"),
    [
        ("planning", "schedule.from", "negen uur", "Hier hoort een tijdstip"),
        ("planning", "schedule.gap_hours.min", "40", "De kortste tussentijd is langer dan de langste."),
        ("steekproef", "sample.pairs", "<b>veel</b>", "Hier hoort een heel getal."),
        ("vraag", "question.treatment", "marokaans", "namenset"),
        ("onderzoek", "study.name", "", "Deze sleutel ontbreekt."),
        ("brieven", "letters.domain", "geen domein", "Deze waarde heeft niet de goede vorm."),
    ],
)
def test_a_fault_stands_at_its_field_with_what_was_typed_and_nothing_is_stored(
    database: Database, step: str, name: str, typed: str, said: str
) -> None:
    client = begun(database)
    before = design_of(database)
    sent = filled(client.get(f"{PAGES}/{step}")) | {name: [typed]}
    answer = client.post(f"{PAGES}/{step}", data=sent)
    assert answer.status_code == 422
    assert filled(answer)[name] == [typed]
    assert f'href="#{name}"' in answer.text
    told = answer.text.partition(f'id="{name}-fout"')[2].partition("</div>")[0]
    assert said.casefold() in told.casefold()
    assert f'id="{name}" name="{name}" aria-describedby="{name}-uitleg {name}-fout"' in answer.text
    assert design_of(database) == before


def test_an_empty_draft_asks_for_each_field_that_is_needed(database: Database) -> None:
    client = begun(database, "leeg")
    answer = client.post(f"{PAGES}/uitkomst", data={"seen": "1"})
    assert answer.status_code == 422
    assert 'href="#outcome.response_days"' in answer.text
    assert client.post(
        f"{PAGES}/uitkomst", data={"seen": "1", "outcome.response_days": "10", "outcome.positive": "positive"}
    ).status_code == 303  # fmt: skip


def test_of_two_who_change_a_draft_the_second_sees_both_values_and_loses_nothing(database: Database) -> None:
    client = begun(database)
    mine = filled(client.get(f"{PAGES}/uitkomst")) | {"outcome.response_days": ["14"]}
    other = browser(database, "Otto")
    theirs = filled(other.get(f"{PAGES}/uitkomst")) | {"outcome.response_days": ["21"]}
    assert other.post(f"{PAGES}/uitkomst", data=theirs).status_code == 303
    answer = client.post(f"{PAGES}/uitkomst", data=mine)
    assert answer.status_code == 409
    assert "Otto heeft dit concept intussen gewijzigd." in answer.text
    assert filled(answer)["outcome.response_days"] == ["14"]
    assert '<pre class="pt-lines">21</pre>' in answer.text
    assert "response_days: 21" in design_of(database)
    assert client.post(f"{PAGES}/uitkomst", data=filled(answer)).status_code == 303
    assert "response_days: 14" in design_of(database)


def test_a_double_click_stores_once_and_begins_one_draft(database: Database) -> None:
    client = begun(database)
    typed = filled(client.get(f"{PAGES}/uitkomst")) | {"outcome.response_days": ["14"]}
    assert [client.post(f"{PAGES}/uitkomst", data=typed).status_code for _ in range(2)] == [303, 303]
    assert client.get(f"{PAGES}/uitkomst").text.count('name="seen" value="2"') == 1


def test_a_name_that_no_round_can_have_or_that_is_taken_is_asked_again(database: Database) -> None:
    client = begun(database)
    answer = client.post("/opzet", data={"name": "Mijn ronde!", "begin": "leeg"})
    assert answer.status_code == 422
    assert filled(answer)["name"] == ["Mijn ronde!"]
    taken = browser(database, "Otto").post("/opzet", data={"name": DRAFT, "begin": "leeg"})
    assert taken.status_code == 422
    assert f"Er is al een concept &#39;{DRAFT}&#39;" in taken.text
    assert client.post(f"{PAGES}/weggooien").status_code == 303
    assert client.get(f"{PAGES}/onderzoek").status_code == 404


# As a file.


def test_a_file_with_a_mistake_in_its_yaml_is_shown_again_with_the_line(database: Database) -> None:
    client = begun(database)
    before = design_of(database)
    answer = client.post(f"{PAGES}/yaml", data={"seen": "1", "text": "round: a\n\tversion: 1\n"})
    assert answer.status_code == 422
    assert "Regel 2" in answer.text
    assert "Spring in met spaties" in answer.text
    assert design_of(database) == before


def test_a_file_is_uploaded_and_comes_back_as_it_was(database: Database) -> None:
    client, raw = begun(database), (EXAMPLE / "round.yaml").read_bytes()
    answer = client.post(f"{PAGES}/yaml", data={"seen": "1", "text": ""}, files={"file": ("round.yaml", raw)})
    assert answer.status_code == 303
    assert client.get(f"{PAGES}/opzet.yaml").content == raw


def test_a_file_whose_design_is_not_sound_yet_is_kept_and_its_faults_have_lines(database: Database) -> None:
    client = begun(database)
    text = (EXAMPLE / "round.yaml").read_text(encoding="utf-8").replace("pairs: 240", "pairs: 0")
    assert client.post(f"{PAGES}/yaml", data={"seen": "1", "text": text}).status_code == 303
    assert "Regel 31" in client.get(f"{PAGES}/yaml").text
    assert 'href="#sample.pairs"' in client.get(f"{PAGES}/steekproef").text
    assert "(nog 1)" in client.get(f"{PAGES}/onderzoek").text


# Participants and listings.


def test_files_with_faults_are_refused_with_line_and_column_and_sound_ones_say_what_can_be_tested(
    database: Database,
) -> None:
    client = begun(database)
    people = (EXAMPLE / "participants.csv").read_bytes()
    answer = give(client, people.replace(b",broker,", b",makelaar,", 1))
    assert answer.status_code == 422
    assert "Regel 2, kolom 3" in answer.text.replace("\n", " ").replace("  ", " ")
    assert "Niet opgeslagen." in answer.text
    assert give(client, None, (EXAMPLE / "listings.csv").read_bytes()).status_code == 422
    assert give(client, people, (EXAMPLE / "listings.csv").read_bytes()).status_code == 303
    page = client.get(f"{PAGES}/bestanden").text
    assert re.search(r"<dt>Te testen</dt><dd>240</dd>", page)
    assert give(client, b"x" * 3_000_001).status_code == 422


# The plan, and the steps to its start.


@pytest.mark.long
def test_a_draft_becomes_a_plan_that_is_the_same_design_as_its_file(database: Database) -> None:
    client = with_example(database)
    answer = planned(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/rondes/amersfoort-2026-najaar/opzet")
    page = client.get("/rondes/amersfoort-2026-najaar/opzet").text
    assert page.count("<details>") == 20
    assert "gepland door Dora" in page
    with database.reading() as session:
        stored = drafts.lookup.find(session, "amersfoort-2026-najaar").design
    assert stored == canonical(read_design(EXAMPLE / "round.yaml"))


def test_a_double_click_plans_once(database: Database) -> None:
    client = with_example(database)
    seen = filled(client.get(f"{PAGES}/plannen"))["seen"][0]
    answers = [client.post(f"{PAGES}/plannen", data={"seen": seen}).status_code for _ in range(2)]
    assert answers == [303, 303]
    assert [each.kind for each in events(database) if each.kind.startswith("round.")] == ["round.planned"]


@pytest.mark.long
def test_a_plan_is_approved_by_another_and_started_by_a_sender_once_each(database: Database) -> None:
    name = "amersfoort-2026-najaar"
    client = with_example(database)
    planned(client)
    both = browser(database, "Dora", Role.DESIGNER, Role.APPROVER)
    assert both.post(f"/rondes/{name}/opzet/goedkeuren").status_code in (403, 409)
    approver = browser(database, "Bert", Role.APPROVER)
    assert "Keur goed" in approver.get(f"/rondes/{name}/opzet").text
    sender = browser(database, "Sanne", Role.SENDER)
    early = sender.post(f"/rondes/{name}/opzet/starten")
    assert early.status_code == 409
    assert "nog niet goedgekeurd" in early.text
    assert [approver.post(f"/rondes/{name}/opzet/goedkeuren").status_code for _ in range(2)] == [303, 303]
    assert [sender.post(f"/rondes/{name}/opzet/starten").status_code for _ in range(2)] == [303, 303]
    assert round_state(database, name) is RoundState.RUNNING
    told = [each.kind for each in events(database) if each.kind.startswith("round.")]
    assert told == ["round.planned", "round.approved", "round.running"]


@pytest.mark.long
def test_who_codes_sees_when_letters_go_and_neither_what_stands_in_them_nor_the_seed(database: Database) -> None:
    planned(with_example(database))
    coder = browser(database, "Cor", Role.CODER, Role.ANALYST)
    page = coder.get("/rondes/amersfoort-2026-najaar/opzet").text
    assert "U hebt de rol codeur" in page
    assert "P-0001" in page
    assert "<details>" not in page
    assert "sample.pairs: 240" in page
    assert "\nseed: " not in page
    assert "\nseed: " in browser(database, "An", Role.ANALYST).get("/rondes/amersfoort-2026-najaar/opzet").text


@pytest.mark.long
def test_a_new_version_shows_what_it_changes_and_asks_why(database: Database) -> None:
    name = "amersfoort-2026-najaar"
    client = with_example(database)
    planned(client)
    browser(database, "Bert", Role.APPROVER).post(f"/rondes/{name}/opzet/goedkeuren")
    with database.writing() as session:
        drafts.lifecycle.abort(session, name, "Sanne", PLANNED, "fout in de grenzen")
    answer = client.post(f"/rondes/{name}/opzet/nieuwe-versie")
    address = answer.headers["location"].removesuffix("/onderzoek")
    assert address == f"/opzet/{name}-v2"
    typed = filled(client.get(f"{address}/planning")) | {"schedule.per_advertiser_week": ["2"]}
    assert client.post(f"{address}/planning", data=typed).status_code == 303
    page = client.get(f"{address}/plannen")
    assert re.search(r"schedule.per_advertiser_week</th>\s*<td[^>]*>3</td>\s*<td[^>]*>2</td>", page.text)
    seen = filled(page)["seen"][0]
    assert client.post(f"{address}/plannen", data={"seen": seen}).status_code == 422
    done = client.post(f"{address}/plannen", data={"seen": seen, "reason": "minder belasting"})
    assert done.status_code == 303, done.text
    tab = client.get(f"/rondes/{name}/opzet").text
    assert "Reden: minder belasting" in tab
    assert "Verschillen met de vorige versie" in tab


def test_a_copy_of_a_round_is_a_draft_with_its_design_and_its_files(database: Database) -> None:
    client = with_example(database)
    planned(client)
    answer = client.post("/opzet", data={"name": "volgende-ronde", "begin": "amersfoort-2026-najaar"})
    assert answer.headers["location"] == "/opzet/volgende-ronde/onderzoek"
    page = client.get("/opzet/volgende-ronde/onderzoek")
    assert filled(page)["round"] == ["volgende-ronde"]
    assert filled(page)["study.name"] == ["Gelijke kansen op de Amersfoortse huurmarkt"]
    assert "nog geen bruikbaar bestand" not in client.get("/opzet/volgende-ronde/bestanden").text


@pytest.mark.parametrize("role", sorted(set(GIVEN) - {Role.DESIGNER}))
def test_only_a_designer_opens_a_draft(database: Database, role: Role) -> None:
    begun(database)
    client = browser(database, "Vera", role)
    for address in ("/opzet", f"{PAGES}/onderzoek", f"{PAGES}/yaml", f"{PAGES}/bestanden", f"{PAGES}/plannen"):
        assert client.get(address).status_code == 403
    assert client.post(f"{PAGES}/uitkomst", data={"seen": "1"}).status_code == 403


def test_a_form_that_is_sent_after_the_session_ended_keeps_what_was_typed(database: Database) -> None:
    client = begun(database)
    typed = filled(client.get(f"{PAGES}/uitkomst")) | {"outcome.response_days": ["17"]}
    client.cookies.clear()
    answer = client.post(f"{PAGES}/uitkomst", data=typed)
    assert answer.status_code == 401
    kept = html.unescape(re.findall(r'name="carried" value="([^"]*)"', answer.text)[0])
    assert f'"to": "{PAGES}/uitkomst"' in kept
    assert '["outcome.response_days", "17"]' in kept
    assert "response_days: 17" not in design_of(database)


def test_too_little_power_is_waived_on_the_tab_with_a_reason_and_not_without(database: Database) -> None:
    client, name = with_example(database), "amersfoort-2026-najaar"
    planned(client)
    assert client.post(f"/rondes/{name}/opzet/afwijken", data={"reason": " "}).status_code == 422
    assert client.post(f"/rondes/{name}/opzet/afwijken", data={"reason": "een proef"}).status_code == 303
    assert [each.data["reason"] for each in events(database) if each.kind == "round.power-waived"] == ["een proef"]


@pytest.mark.long
def test_a_mail_to_ourselves_needs_a_mail_server_and_one_that_is_refused_is_told_on_the_tab(database: Database) -> None:
    name = "amersfoort-2026-najaar"
    planned(with_example(database))
    answer = browser(database, "Sanne", Role.SENDER).post(f"/rondes/{name}/opzet/proefbericht")
    assert answer.status_code == 409
    assert "PRAKTIJKTEST_SMTP_HOST" in answer.text
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        here = Settings(smtp_host="127.0.0.1", smtp_port=nobody.getsockname()[1])
        client = browser(database, "Sanne", Role.SENDER, settings=here)
        assert client.post(f"/rondes/{name}/opzet/proefbericht").status_code == 303
    with database.reading() as session:
        trip = mail_trips.newest(session, "woonpost.example")
    assert trip is not None
    assert "niet bereikbaar" in (trip.fault or "")
