"""The pairs of a round in the browser: found by an address, told in full, and without the arms to who may not know."""

import re
from datetime import timedelta
from typing import Any

import pytest
from coding_makers import answered_round, label_of, visitor
from house_makers import (
    DUE,
    ROUND,
    a_listing,
    a_monday,
    an_advertiser,
    events,
    letters,
    listings,
    only_sqlite,
    run,
)  # fmt: skip
from sqlalchemy import update
from starlette.testclient import TestClient

from orchestrator.context import NOTE_DAYS
from orchestrator.db import Database
from orchestrator.models import Inquiry, Reply, Round
from orchestrator.rounds import lifecycle
from orchestrator.sealing import GONE
from orchestrator.states import Role
from portal.web.language import COOKIE, DUTCH, ENGLISH

pytestmark = only_sqlite
PAIRS = f"/rondes/{ROUND}/tests"
HIDDEN = "Verborgen tot de ronde is gesloten."
WHILE_CODING = "Verborgen zolang u codeert in deze ronde."
HEARD = {
    "order": "1",
    "road": "phone",
    "when": "2026-09-08T10:15",
    "text": "U spreekt met Sanne de Wit. U kunt donderdag komen kijken.",
    "label": "UITNODIGING",
}


def codes(page: str) -> list[str]:
    return re.findall(rf'href="{PAIRS}/([^"?]+)"', page)


def names(database: Database, code: str) -> set[str]:
    told = [row.profile["name"] for row in letters(database) if row.pair.code == code]
    return {each[part] for each in told for part in ("first", "last")}


def closed(database: Database) -> None:
    with database.writing() as session:
        for reply in session.query(Reply):
            reply.label = "AL_VERHUURD"
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", DUE, "genoeg")


@pytest.fixture
def ria(database: Database) -> TestClient:
    """A researcher who does not code, at a round of three pairs that were all answered."""
    answered_round(database, pairs=3)
    return visitor(database, "ria", Role.ANALYST)


def test_pairs_are_found_by_what_stands_in_the_address(ria: TestClient, database: Database) -> None:
    of_two = next(row.pair.code for row in letters(database) if row.pair.listing.key == "ams-2")
    everything = codes(ria.get(PAIRS).text)
    assert len(everything) == 3
    found: dict[str, list[str]] = {
        "zoek=proefstraat+2": [of_two],
        f"zoek={of_two.lower()}": [of_two],
        "zoek=100%": [],
        "aanbieder=ALFA": everything,
        "aanbieder=elders": [],
        "wijk=binnenstad": everything,
        "wijk=elders": [],
        "staat=open": everything,
        "staat=excluded": [],
        "staat=onzin": everything,
        "reden=onbestelbaar": [],
        "antwoord=ja": everything,
        "antwoord=nee": [],
        "codering=ja": everything,
        "codering=nee": [],
        "zoek=proefstraat+2&codering=ja": [of_two],
        "pagina=2": [],
    }
    assert {query: codes(ria.get(f"{PAIRS}?{query}").text) for query in found} == found
    assert ria.get(f"{PAIRS}?pagina=0").status_code == 400


def test_the_list_goes_by_fifty_and_keeps_its_filters_from_page_to_page(database: Database) -> None:
    rows = [*listings(30), *(a_listing(number, "bravo") for number in range(31, 56))]
    people = [an_advertiser(), an_advertiser("bravo")]
    run(database, a_monday(sample={"pairs": 60}), participants=people, rows=rows)
    ria = visitor(database, "ria", Role.ANALYST)
    first = ria.get(f"{PAIRS}?wijk=binnenstad").text
    assert len(codes(first)) == 50
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    last = ria.get(following[1].replace("&amp;", "&")).text
    assert len(codes(last)) == 5
    assert not set(codes(first)) & set(codes(last))
    assert 'rel="next"' not in last
    assert "wijk=binnenstad&amp;pagina=1" in last


def test_a_pair_tells_listing_letters_answers_and_events_but_no_arm_while_the_round_lasts(
    ria: TestClient, database: Database
) -> None:
    code = codes(ria.get(PAIRS).text)[0]
    page = ria.get(f"{PAIRS}/{code}").text
    parts = ("Proefstraat", "€ 1.200, kamers: 3", "Eerste reactie", "Tweede reactie")
    parts += ("Brief verzonden", "Antwoord ontvangen")
    assert [part for part in (*parts, HIDDEN, "Wacht op codering.", "█████") if part not in page] == []
    assert [name for name in names(database, code) if name in page] == []
    assert "profiel:" not in page


def test_once_no_advertiser_may_be_heard_any_more_the_arms_and_names_are_told(
    ria: TestClient, database: Database
) -> None:
    code = codes(ria.get(PAIRS).text)[0]
    closed(database)
    with database.writing() as session:
        session.query(Round).update({Round.closed_at: DUE - timedelta(days=NOTE_DAYS + 1)})
    page = ria.get(f"{PAIRS}/{code}").text
    assert [name for name in names(database, code) if name not in page] == []
    assert "Controleprofiel:" in page
    assert "Testprofiel:" in page
    assert HIDDEN not in page
    assert "Antwoord met de hand invoeren" not in page


def test_who_still_codes_sees_no_answer_with_its_letter_until_the_round_has_ended(database: Database) -> None:
    answered_round(database, pairs=1)
    both = visitor(database, "ria", Role.ANALYST, Role.CODER)
    code = codes(both.get(PAIRS).text)[0]
    page = both.get(f"{PAIRS}/{code}").text
    assert WHILE_CODING in page
    assert "loonstroken" not in page
    assert "al verhuurd" not in page
    assert [name for name in names(database, code) if name in page] == []
    closed(database)
    assert WHILE_CODING not in both.get(f"{PAIRS}/{code}").text


def test_a_coder_who_is_done_but_coded_in_this_round_still_sees_no_answers(database: Database) -> None:
    numbers = answered_round(database, pairs=1)
    both = visitor(database, "ria", Role.ANALYST, Role.CODER)
    for number in numbers:
        assert both.post(f"/coderen/{ROUND}/{number}", data={"label": "OVERIG"}).status_code == 303
    assert WHILE_CODING in both.get(f"{PAIRS}/{codes(both.get(PAIRS).text)[0]}").text


def test_a_researcher_sees_a_final_label_and_who_gave_it_but_not_that_of_one_coder_alone(
    ria: TestClient, database: Database
) -> None:
    reply = letters(database)[0]
    with database.reading() as session:
        number = session.get_one(Inquiry, reply.id).replies[0].id
    address = f"{PAIRS}/{reply.pair.code}"
    visitor(database, "anna", Role.CODER).post(f"/coderen/{ROUND}/{number}", data={"label": "IN_OPTIE"})
    assert "Label:" not in ria.get(address).text
    visitor(database, "bram", Role.CODER).post(f"/coderen/{ROUND}/{number}", data={"label": "IN_OPTIE"})
    page = ria.get(address).text
    assert "Label: In optie (door mensen)" in page
    assert "anna: In optie" in page


def test_where_the_order_of_the_letters_tells_the_arm_answers_wait_for_the_end(database: Database) -> None:
    answered_round(database, pairs=1, design=a_monday(schedule={"order": "treatment_first"}))
    ria = visitor(database, "ria", Role.ANALYST)
    page = ria.get(f"{PAIRS}/{codes(ria.get(PAIRS).text)[0]}").text
    assert "loonstroken" not in page
    assert "al verhuurd" not in page
    assert HIDDEN in page


def test_an_unknown_pair_is_a_404(ria: TestClient) -> None:
    assert ria.get(f"{PAIRS}/P-9999").status_code == 404
    assert ria.post(f"{PAIRS}/P-9999", data=HEARD).status_code == 404


def test_a_telephone_call_is_entered_once_without_staff_and_coded_by_two_others(
    ria: TestClient, database: Database
) -> None:
    row = letters(database)[0]
    address = f"{PAIRS}/{row.pair.code}"
    for _ in range(2):  # a double click
        answer = ria.post(address, data=HEARD)
        assert (answer.status_code, answer.headers["location"]) == (303, address)
    assert [event.kind for event in events(database)].count("reply.entered") == 1
    page = ria.get(address).text
    assert "telefoon" in page
    assert "[medewerker]" in page
    assert "Sanne" not in page
    with database.reading() as session:
        number = session.query(Reply).filter(Reply.road == "phone").one().id
    assert label_of(database, number) is None
    for name in ("anna", "bram"):
        visitor(database, name, Role.CODER).post(f"/coderen/{ROUND}/{number}", data={"label": "UITNODIGING"})
    assert label_of(database, number) == "UITNODIGING"


def test_who_entered_an_answer_does_not_code_it(database: Database) -> None:
    answered_round(database, pairs=1)
    both = visitor(database, "ria", Role.ANALYST, Role.CODER)
    both.post(f"{PAIRS}/{letters(database)[0].pair.code}", data=HEARD)
    with database.reading() as session:
        number = session.query(Reply).filter(Reply.entered_by == "ria").one().id
    assert both.post(f"/coderen/{ROUND}/{number}", data={"label": "OVERIG"}).status_code == 403
    assert label_of(database, number) is None


@pytest.mark.long
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order", ""),
        ("order", "9"),
        ("road", "duif"),
        ("when", "gisteren"),
        ("when", "2026-09-01T10:00"),
        ("when", "2027-01-01T10:00"),
        ("text", "  "),
        ("text", "x" * 5001),
        ("label", ""),
    ],
)
def test_a_call_that_cannot_be_is_asked_again_with_what_was_typed(
    ria: TestClient, database: Database, field: str, value: str
) -> None:
    given: dict[str, Any] = {**HEARD, field: value}
    answer = ria.post(f"{PAIRS}/{letters(database)[0].pair.code}", data=given)
    assert answer.status_code == 422
    assert f'id="{field}-fout"' in answer.text
    assert f'href="#{field}"' in answer.text
    kept = {**given, "text": given["text"].strip()}
    assert field == "text" or kept["text"] in answer.text
    assert not [event for event in events(database) if event.kind == "reply.entered"]


def test_no_call_is_entered_for_a_letter_that_never_went_or_a_round_that_ended(database: Database) -> None:
    run(database)
    ria = visitor(database, "ria", Role.ANALYST)
    address = f"{PAIRS}/{letters(database)[0].pair.code}"
    assert ria.post(address, data=HEARD).status_code == 403
    with database.writing() as session:
        lifecycle.abort(session, ROUND, "r.visser", DUE, "klaar")
    assert ria.post(address, data=HEARD).status_code == 409


def told_in(reader: TestClient, language: str, address: str) -> str:
    reader.cookies.set(COOKIE, language)
    answer = reader.get(address)
    assert answer.status_code == 200, address
    return answer.text


@pytest.mark.parametrize(
    ("language", "said"), [(ENGLISH, "(destroyed when its term was over)"), (DUTCH, GONE)], ids=[ENGLISH, DUTCH]
)
def test_a_text_that_was_destroyed_is_told_in_the_language_of_the_reader(
    database: Database, language: str, said: str
) -> None:
    answered_round(database, pairs=1)
    with database.writing() as session:
        session.execute(update(Reply).values(text_sealed=None))
    (code,) = {row.pair.code for row in letters(database)}
    coder = visitor(database, "cor", Role.CODER)
    desk = told_in(coder, language, f"/coderen/{ROUND}")
    closed(database)
    told = told_in(visitor(database, "ria", Role.ANALYST), language, f"{PAIRS}/{code}")
    for each in (told, desk):
        assert [words for words in ("(destroyed when its term was over)", GONE) if words in each] == [said]
