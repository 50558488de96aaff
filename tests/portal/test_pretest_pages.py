"""The public pages of a pretest, as a visitor without script uses them."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from bank_makers import NAMES
from house_makers import only_sqlite
from httpx2 import Response
from page_makers import OURS
from sqlalchemy import select
from starlette.testclient import TestClient

from orchestrator import pretests
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Rater, Rating
from portal.web.app import HEADERS, make_app
from portal.web.pages.pretest import CONTROL, QUESTIONS, ROOT, backgrounds

KEY = "namen-2026"
ANSWERS = {"background": "dutch", "class_heard": "4", "religiosity": "1"}
NAMED = [*NAMES.of("dutch")[:3], *NAMES.of("moroccan")[:3]]

pytestmark = only_sqlite


@pytest.fixture
def client(database: Database) -> TestClient:
    """A browser that follows where it is sent, on an installation with an open pretest of six names."""
    with database.writing() as session:
        pretests.start(session, KEY, NAMED, 4, "anna", datetime(2026, 9, 7, tzinfo=UTC), 7)
    return TestClient(make_app(database, Clock()), raise_server_exceptions=False, headers=OURS)


def begin(client: TestClient) -> Response:
    return client.post(f"{ROOT}/{KEY}")


def send(client: TestClient, page: Response, **answers: str) -> Response:
    """Fill in the form of a page: right on the control question, `ANSWERS` on a name, unless told otherwise."""
    given = {"control": "2"} if CONTROL in page.text else ANSWERS
    return client.post(page.url.path, data={**given, **answers})


def count(database: Database, kind: Any) -> int:
    with database.reading() as session:
        return len(session.scalars(select(kind)).all())


def close(database: Database) -> None:
    with database.writing() as session:
        pretests.close(session, KEY, "anna", datetime(2026, 9, 8, tzinfo=UTC))


def test_a_visitor_reads_what_it_is_begins_judges_and_is_thanked(client: TestClient, database: Database) -> None:
    intro = client.get(f"{ROOT}/{KEY}")
    assert "4 namen" in intro.text
    page = begin(client)
    seen = []
    for place in range(1, 6):
        assert f"Vraag {place} van 5" in page.text
        seen.append(re.search(r"<h1[^>]*>([^<]+)</h1>", page.text)[1])  # type: ignore[index]
        page = send(client, page)
    assert "Bedankt" in page.text
    assert seen.count("Controlevraag") == 1
    assert {*seen} - {"Controlevraag"} <= {name.full for name in NAMED}
    assert count(database, Rating) == 4


def test_a_name_is_asked_about_in_three_questions_with_all_answers(client: TestClient) -> None:
    page = begin(client)
    for question in QUESTIONS.values():
        assert "<legend" in page.text
        assert question in page.text
    for value, answer in backgrounds().items():
        assert f'value="{value}"' in page.text
        assert answer in page.text
    assert list(backgrounds())[-2:] == ["other", "unknown"]
    assert {"dutch", "moroccan", "turkish", "polish", "surinamese", "ghanaian"} <= set(backgrounds())


def test_pages_need_no_script_set_no_cookie_and_lead_nowhere_else(client: TestClient) -> None:
    for page in (client.get(f"{ROOT}/{KEY}"), begin(client)):
        assert "<script" not in page.text
        assert "set-cookie" not in page.headers
        assert not re.search(r'href="/(?!static/)', page.text)
        assert {name: page.headers[name] for name in HEADERS} == HEADERS
        assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "answers",
    [{"background": ""}, {"class_heard": "6"}, {"religiosity": "x", "background": "klingon"}, {"class_heard": "٣"}],
)
def test_what_was_not_answered_is_named_and_what_was_answered_is_kept(
    client: TestClient, database: Database, answers: dict[str, str]
) -> None:
    page = begin(client)
    again = send(client, page, **answers)
    assert again.status_code == 422
    assert "Nog niet volledig" in again.text
    for field, question in QUESTIONS.items():
        assert (f'<a class="utrecht-link utrecht-link--html-a" href="#{field}-1">{question}</a>' in again.text) == (
            field in answers
        )
        assert (f'id="{field}-fout"' in again.text) == (field in answers)
    assert again.text.count("checked") == 3 - len(answers)
    assert count(database, Rating) == 0


def test_a_form_that_is_sent_twice_counts_once_and_leads_on_both_times(client: TestClient, database: Database) -> None:
    page = begin(client)
    assert send(client, page).url == send(client, page).url != page.url
    assert count(database, Rating) == 1


def test_the_back_button_shows_what_was_answered_and_lets_it_be_changed(client: TestClient, database: Database) -> None:
    first = begin(client)
    second = send(client, first)
    back = client.get(first.url.path)
    assert back.text.count("checked") == 3
    on = send(client, back, background="turkish")
    assert on.url == second.url
    with database.reading() as session:
        assert [rating.background for rating in session.scalars(select(Rating))] == ["turkish"]


def test_who_left_halfway_goes_on_where_they_were(client: TestClient) -> None:
    second = send(client, begin(client))
    own = second.url.path.rpartition("/")[0]
    assert client.get(own).url == second.url


def test_after_the_last_answer_nothing_can_be_changed(client: TestClient, database: Database) -> None:
    first = page = begin(client)
    for _ in range(5):
        page = send(client, page)
    assert "Bedankt" in client.get(first.url.path).text
    assert "Bedankt" in send(client, first, background="turkish").text
    with database.reading() as session:
        assert {rating.background for rating in session.scalars(select(Rating))} == {"dutch"}


def test_the_control_question_is_answered_once(client: TestClient, database: Database) -> None:
    page = begin(client)
    while CONTROL not in page.text:
        page = send(client, page)
    control = page
    assert send(client, control, control="").status_code == 422
    on = send(client, control, control="5")
    assert client.get(control.url.path).url == on.url
    assert send(client, control, control="2").url == on.url
    with database.reading() as session:
        assert [rater.attentive for rater in session.scalars(select(Rater))] == [False]


def test_a_closed_pretest_says_so_on_every_page(client: TestClient, database: Database) -> None:
    page = begin(client)
    close(database)
    for answer in (client.get(f"{ROOT}/{KEY}"), begin(client), client.get(page.url.path), send(client, page)):
        assert answer.status_code == 410
        assert "Dit onderzoek is gesloten" in answer.text


@pytest.mark.parametrize("address", ["weg", f"{KEY}/onzin", f"{KEY}/onzin/1"])
def test_an_unknown_page_says_so_and_leads_nowhere(client: TestClient, address: str) -> None:
    answer = client.get(f"{ROOT}/{address}")
    assert answer.status_code == 404
    assert "bestaat niet" in answer.text
    assert not re.search(r'href="/(?!static/)', answer.text)


@pytest.mark.long
@pytest.mark.parametrize("place", ["0", "6", "-1", "x", "1e1", "999999999999", "²"])
def test_a_page_that_is_no_question_is_unknown(client: TestClient, place: str) -> None:
    own = begin(client).url.path.rpartition("/")[0]
    assert client.get(f"{own}/{place}").status_code == 404
    assert client.post(f"{own}/{place}", data=ANSWERS).status_code == 404


def test_when_too_many_begin_they_are_asked_to_wait(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretests, "MOST_A_MINUTE", 2)
    assert [begin(client).status_code for _ in range(3)] == [200, 200, 429]
    answer = begin(client)
    assert answer.headers["Retry-After"] == "60"
    assert "te druk" in answer.text
