"""Taking part at the desk: inviting, reading what was signed, the second signature by another person, revoking."""

from typing import Any

import pytest
from house_makers import events, only_sqlite
from invitation_makers import stored
from request_makers import browser
from test_invitation_pages import CHOICE
from test_invitation_pages import browser as office_browser

from orchestrator import invitations
from orchestrator.db import Database
from orchestrator.models import InvitationState
from orchestrator.states import Role

pytestmark = only_sqlite

HOME = "/deelname"
TYPED: dict[str, Any] = {
    "key": "alfa", "name": "Makelaardij Alfa", "kind": "broker", "contact": "directie@alfa.example",
    "email": "verhuur@alfa.example", "purpose": "learning", "grounds": ["origin"], "channels": ["smtp", "phone"],
    "form_url": "", "listings": "", "first": "2026-09-07", "last": "2026-12-31", "max_pairs": "12",
    "days_off": "2026-12-24..2026-12-25",
}  # fmt: skip


def invited(database: Database) -> str:
    """Invite by anna, and return the path of the link that her page shows."""
    page = browser(database, "anna", Role.DESIGNER, Role.APPROVER).post(HOME, data=TYPED)
    assert page.status_code == 200
    return "/uitnodiging/" + page.text.partition("/uitnodiging/")[2].partition("<")[0].strip()


def test_an_office_is_invited_signs_and_another_person_countersigns(database: Database) -> None:
    link = invited(database)
    signed = {**CHOICE, "days_off": "2026-12-24..2026-12-25", "max_pairs": "4"}
    assert "U hebt getekend" in office_browser(database).post(f"{link}/tekenen", data=signed).text
    page = browser(database, "bram", Role.APPROVER).get(HOME).text
    assert "Wacht op de tweede handtekening." in page
    assert "Els de Wit, directeur" in page
    assert "4 tests" in page
    own = browser(database, "anna", Role.DESIGNER, Role.APPROVER)
    assert "Een ander tekent." in own.get(HOME).text
    number = stored(database).id
    assert own.post(f"{HOME}/{number}/tekenen").status_code == 403
    assert "Doet mee." in browser(database, "bram", Role.APPROVER).post(f"{HOME}/{number}/tekenen").text
    assert stored(database).state is InvitationState.ENROLLED


def test_the_link_is_shown_once_and_stands_in_no_ledger(database: Database) -> None:
    link = invited(database)
    assert office_browser(database).get(link).status_code == 200
    assert link not in browser(database, "anna", Role.DESIGNER).get(HOME).text
    assert link.rpartition("/")[2] not in repr([(each.kind, each.data) for each in events(database)])
    offered = invitations.offered(stored(database))
    assert (offered.channels, offered.max_pairs, len(offered.days_off)) == ({"smtp", "phone"}, 12, 2)


def test_a_revoked_invitation_can_be_made_again(database: Database) -> None:
    link = invited(database)
    desk = browser(database, "anna", Role.DESIGNER)
    assert "nog een uitnodiging open" in desk.post(HOME, data=TYPED).text
    assert "Ingetrokken." in desk.post(f"{HOME}/{stored(database).id}/intrekken").text
    assert office_browser(database).get(link).status_code == 410
    assert desk.post(f"{HOME}/{stored(database).id}/intrekken").status_code == 409
    assert invited(database) != link


@pytest.mark.long
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "a b"}, "Deze sleutel heeft andere tekens"), ({"name": ""}, "Een naam heeft 2 tot 200 tekens."),
        ({"kind": "koning"}, "Dit woord kennen we niet."), ({"contact": "directie"}, "Dit is geen e-mailadres."),
        ({"email": ""}, "Dit is geen e-mailadres."), ({"purpose": "straffen"}, "Dit woord kennen we niet."),
        ({"grounds": []}, "Hier is niets gekozen"), ({"channels": ["duif"]}, "Hier is niets gekozen"),
        ({"channels": ["webform"]}, "Het kanaal formulier"), ({"form_url": "alfa.example"}, "Het kanaal formulier"),
        ({"listings": "a/b"}, "Dit zijn geen advertenties."), ({"first": "ooit"}, "Kies een dag."),
        ({"first": "2026-12-01", "last": "2026-11-01"}, "De laatste dag ligt voor de eerste."),
        ({"last": ""}, "Kies een dag."),
        ({"first": "2020-01-01", "last": "2020-12-31"}, "Deze periode is al voorbij."),
        ({"max_pairs": "veel"}, "Dit is geen heel getal."), ({"max_pairs": "0"}, "Dit aantal tests kan niet."),
        ({"days_off": "kerst"}, "Dit zijn geen dagen."), ({"mail": "ja"}, "verzendt geen mail"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_field_and_nobody_is_invited(
    database: Database, change: dict[str, Any], said: str
) -> None:
    answer = browser(database, "anna", Role.DESIGNER).post(HOME, data={**TYPED, **change})
    assert answer.status_code == 422
    assert answer.text.count(said) >= 2
    assert "Er is nog niemand uitgenodigd." in answer.text


def test_only_a_designer_invites_and_only_an_approver_countersigns(database: Database) -> None:
    invited(database)
    number = stored(database).id
    for role in (Role.APPROVER, Role.SENDER, Role.ANALYST):
        person = browser(database, role.value, role)
        assert "Een kantoor uitnodigen" not in person.get(HOME).text
        assert person.post(HOME, data=TYPED).status_code == 403
    assert browser(database, "dirk", Role.DESIGNER).post(f"{HOME}/{number}/tekenen").status_code == 403
    for role in (Role.CODER, Role.MUNICIPALITY, Role.ADMINISTRATOR):
        assert browser(database, role.value, role).get(HOME).status_code == 403
