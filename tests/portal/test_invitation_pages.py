"""The page of an invitation: read, choose less, sign once, decline, and keep a copy; a link that ended says so."""

from typing import Any

import pytest
from app_makers import an_app
from house_makers import PLANNED, events, only_sqlite
from invitation_makers import WALL, an_offer, countersign, stored, terms
from page_makers import OURS
from starlette.testclient import TestClient

from orchestrator import invitations
from orchestrator.db import Database
from orchestrator.models import InvitationState
from results import invitation

CHOICE: dict[str, Any] = {
    "grounds": ["origin"], "channels": ["smtp"], "listings": "", "first": "2026-09-07", "last": "2026-10-31",
    "max_pairs": "4", "days_off": "2026-12-24; 2026-10-12..2026-10-13", "signer": "Els de Wit",
    "function": "directeur", "sure": "ja",
}  # fmt: skip


def invited(database: Database, **changes: Any) -> str:
    texts = invitation.read_texts()
    letter = invitation.letter(texts, "Makelaardij Alfa")
    with database.writing() as session:
        offer = an_offer(terms=terms(**changes))
        return invitations.invite(session, offer, letter, texts.version, "r.visser", PLANNED, WALL)[1]


def browser(database: Database) -> TestClient:
    app = an_app(database, PLANNED)
    return TestClient(app, raise_server_exceptions=False, headers=OURS)


def test_the_office_reads_the_letter_and_the_terms_as_often_as_it_likes(database: Database) -> None:
    token, office = invited(database), browser(database)
    for _ in range(2):
        answer = office.get(f"/uitnodiging/{token}")
        assert answer.status_code == 200
    for said in ("Wat wij beloven", "Afkomst", "20 tests", "24 december 2026", "Wij doen niet mee"):
        assert said in answer.text
    assert stored(database).state is InvitationState.OFFERED
    assert stored(database).opened_at is not None


def test_the_office_signs_for_less_and_gets_its_copy_and_the_announcement(database: Database) -> None:
    token, office = invited(database), browser(database)
    for _ in range(2):
        answer = office.post(f"/uitnodiging/{token}/tekenen", data=CHOICE)
        assert "U hebt getekend" in answer.text
    row = stored(database)
    agreed = invitations.latest(row)
    assert (agreed.grounds, agreed.channels, agreed.max_pairs) == ({"origin"}, {"smtp"}, 4)
    assert len(agreed.days_off) == 3
    assert row.signed_text is not None
    assert "Els de Wit, directeur" in row.signed_text
    for file in ("afschrift.pdf", "aankondiging.pdf", "aankondiging.docx"):
        assert office.get(f"/uitnodiging/{token}/{file}").status_code == 200
    countersign(database, row.id)
    assert "U doet mee" in office.get(f"/uitnodiging/{token}").text
    assert [event.kind for event in events(database)].count("invitation.signed") == 1
    assert token not in repr([(event.kind, event.data, event.actor) for event in events(database)])


@pytest.mark.long
@only_sqlite
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"grounds": []}, "grounds"), ({"grounds": ["gender"]}, "grounds"), ({"channels": ["webform"]}, "channels"),
        ({"max_pairs": "21"}, "max_pairs"), ({"max_pairs": "veel"}, "max_pairs"), ({"first": "ooit"}, "first"),
        ({"last": "2030-01-01"}, "last"), ({"days_off": ""}, "days_off"), ({"days_off": "kerst"}, "days_off"),
        ({"signer": " "}, "signer"), ({"function": ""}, "function"), ({"sure": ""}, "sure"),
        ({"listings": "a/b"}, "listings"),
    ],
)  # fmt: skip
def test_what_is_wrong_or_more_than_was_offered_is_told_at_its_field_and_nothing_is_signed(
    database: Database, change: dict[str, Any], field: str
) -> None:
    token = invited(database)
    answer = browser(database).post(f"/uitnodiging/{token}/tekenen", data={**CHOICE, **change})
    assert answer.status_code == 422
    assert f'id="{field}-fout"' in answer.text
    assert stored(database).state is InvitationState.OFFERED


def test_an_office_that_was_offered_named_listings_ticks_some_of_them(database: Database) -> None:
    token = invited(database, listings=frozenset({"ams-1", "ams-2"}))
    answer = browser(database).post(f"/uitnodiging/{token}/tekenen", data={**CHOICE, "listings": ["ams-2"]})
    assert "U hebt getekend" in answer.text
    assert invitations.latest(stored(database)).listings == {"ams-2"}


def test_declining_is_one_click_and_twice_is_once(database: Database) -> None:
    token, office = invited(database), browser(database)
    for _ in range(2):
        assert "U doet niet mee" in office.post(f"/uitnodiging/{token}/afwijzen").text
    assert office.get(f"/uitnodiging/{token}/afschrift.pdf").status_code == 404
    assert office.post(f"/uitnodiging/{token}/tekenen", data=CHOICE).status_code == 410


def test_a_link_that_never_was_or_was_revoked_gets_a_page_that_says_so(database: Database) -> None:
    token, office = invited(database), browser(database)
    assert office.get(f"/uitnodiging/{token}x").status_code == 404
    with database.writing() as session:
        invitations.revoke(session, stored(database).id, "r.visser", PLANNED)
    answer = office.get(f"/uitnodiging/{token}")
    assert answer.status_code == 410
    assert "ingetrokken" in answer.text
