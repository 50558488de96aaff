"""Text of outsiders stays text: in pages, headers, mails, logs, files, spreadsheets and queries."""

import csv
import io
import logging
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import pytest
from coding_makers import answered_round, visitor
from house_makers import PLANNED, ROUND, a_session, meddle, only_sqlite, refused
from own_makers import OWN, closed_round
from own_makers import desk as closed_desk
from own_makers import office as closed_office
from page_makers import OURS
from release_makers import released
from report_makers import full_round
from sqlalchemy import select, update
from starlette.testclient import TestClient
from test_own_pages import codes

from orchestrator import accounts, channel_faults
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Advertiser, Listing, Person, Release, Reply
from orchestrator.rounds.sending import Envelope
from orchestrator.settings import Settings
from orchestrator.states import DESK_ROLES, Role
from orchestrator.text_file import on_one_line
from portal.web import door as doors
from portal.web.access import COOKIE
from portal.web.app import make_app
from results import files, invitation
from results.csv_cells import plain
from results.releases import files as release_files
from results.tables import RoundTable
from workers.channels import desk_mail
from workers.channels.message import compose
from workers.channels.transport import TransportError

SHOWN = (
    "{{7*7}}", "{% for x in y %}", "${7*7}", "#{7*7}", "{name}", "{0.__class__}", "%s%n", "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>', "'; DROP TABLE person; --", "&lt;b&gt;", "javascript:alert(1)", "\\u202e",
)  # fmt: skip
"""What nobody computes, runs or fills in: whoever typed it reads it again as it was."""


def desk(database: Database, *roles: Role) -> TestClient:
    app = make_app(database, Clock(PLANNED, Clock().now().timestamp(), 1.0), settings=Settings())
    cookie = a_session(database, "anna", roles or DESK_ROLES)
    return TestClient(
        app, raise_server_exceptions=False, follow_redirects=False, headers=OURS, cookies={COOKIE: cookie}
    )


def escaped(text: str) -> str:
    found = text
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;")):
        found = found.replace(letter, entity)
    return found


# --- Pages: markup, templates, queries ------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("text", SHOWN)
@only_sqlite
def test_the_name_of_a_person_is_shown_as_it_was_typed(database: Database, text: str) -> None:
    browser = desk(database)
    told = {"name": f"Bert {text}", "email": "bert@stad.example", "roles": "coder"}
    assert browser.post("/mensen", data=told).status_code == 303
    page = browser.get("/mensen")
    assert f"Bert {escaped(text)}" in page.text
    assert (
        "script-src" in page.headers["content-security-policy"]
        or "default-src 'self'" in (page.headers["content-security-policy"])
    )
    with database.reading() as session:
        assert len(session.scalars(select(Person)).all()) == 2


@only_sqlite
def test_an_answer_is_shown_to_who_codes_it_without_anything_of_it_coming_to_life(database: Database) -> None:
    answered_round(database, 1, [" ".join(SHOWN).replace("{", "{{").replace("}", "}}")] * 3)
    text = visitor(database, "cora", Role.CODER).get(f"/coderen/{ROUND}").text
    for each in SHOWN:
        assert escaped(each) in text, each
    for alive in ("<script>alert", "<img src=x", "49"):
        assert alive not in text.partition("{{7*7}}")[2][:2000]


@only_sqlite
def test_a_note_of_an_office_is_read_by_the_desk_as_it_was_typed(database: Database) -> None:
    closed_round(database, 30)
    code, said = codes(database, OWN)[0], " ".join(SHOWN)
    path = f"/mijn/rondes/{ROUND}/tests/{code}"
    assert closed_office(database).post(path, data={"choice": "anders", "text": said}).status_code == 303
    for page in (
        closed_office(database).get(path).text,
        closed_desk(database).get(f"/rondes/{ROUND}/toelichtingen").text,
    ):
        for each in SHOWN:
            assert escaped(each) in page, each


@pytest.mark.long
@pytest.mark.parametrize("text", SHOWN)
@only_sqlite
def test_the_name_of_an_office_and_its_district_are_text_on_every_page_that_has_them(
    database: Database, text: str
) -> None:
    closed_round(database, 30)
    meddle(database, update(Advertiser).values(name=text))
    meddle(database, update(Listing).values(street=text, district=text, city=text))
    browser = closed_desk(database)
    pairs = codes(database, OWN)
    for path in (f"/rondes/{ROUND}", f"/rondes/{ROUND}/tests", f"/rondes/{ROUND}/tests/{pairs[0]}", "/deelname"):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert not any(alive in answer.text for alive in ("<script>alert", "<img src=x")), path


@only_sqlite
def test_an_invitation_writes_the_name_of_an_office_and_fills_nothing_in_it(database: Database) -> None:
    texts = invitation.read_texts()
    for text in SHOWN:
        assert text in invitation.letter(texts, f"Makelaardij {text}")


@pytest.mark.parametrize("query", ["%", "_", "' OR '1'='1", "anna@stad.example' --", "*", "\\", "anna@stad.example%00"])
@only_sqlite
def test_no_address_but_its_own_finds_a_person(database: Database, query: str) -> None:
    a_session(database, "anna")
    with database.reading() as session:
        assert accounts.by_email(session, query) is None
        with refused("unknown-person"):
            accounts.find(session, query)


LOOKALIKES = ("anna\u200b", "an\u00adna", "\u202eanna", "anna\u2060", "an\x1bna", "an\x00na", "\ufeffanna")


@pytest.mark.parametrize("name", LOOKALIKES)
@only_sqlite
def test_nobody_gets_a_name_that_looks_like_that_of_somebody_else(database: Database, name: str) -> None:
    """Else one person could be the second pair of eyes of themselves."""
    a_session(database, "anna")
    with database.writing() as session, refused("bad-name"):
        accounts.add(session, name, "x@stad.example", ["approver"], "beheerder", PLANNED)


@pytest.mark.parametrize("name", ["ANNA", "\uff41nna", "  anna ", "an\ufe0ena"])
@only_sqlite
def test_another_way_of_writing_a_name_is_that_name_or_none(database: Database, name: str) -> None:
    a_session(database, "anna")
    with database.writing() as session:
        try:
            accounts.add(session, name, "x@stad.example", ["approver"], "beheerder", PLANNED)
        except (accounts.Refused, accounts.BadInput):
            return
    # A variation selector is printable to Python: it may stand in a name, which is then another name to see.
    assert "\ufe0e" in name


# --- Addresses ------------------------------------------------------------------------------------------------------

TRAVERSALS = (
    "../../../../etc/passwd", "..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "..\\..\\etc\\passwd",
    "%2fetc%2fpasswd", "....//....//etc/passwd", "..%252f..%252fetc%252fpasswd", "results.json%00.csv", "~root", ".",
    "%c0%ae%c0%ae/etc/passwd", "results.json/..", "CON", "a" * 5000,
)  # fmt: skip
PLACES = (
    "/static/{}", "/rondes/" + ROUND + "/export/{}", "/open-data/" + ROUND + "/1/{}", "/open-data/{}/1/cijfers.csv",
    "/rondes/" + ROUND + "/resultaten/{}.csv", "/rondes/" + ROUND + "/resultaten/wijken.{}", "/opzet/{}/yaml",
    "/opzet/{}/onderzoek", "/rondes/{}", "/rondes/{}/export/bestand.zip", "/uitkomst/" + ROUND + "/1/{}",
    "/rondes/" + ROUND + "/rapport/woningaanbieder/{}", "/v1/outcomes/{}", "/v1/{}", "/uitnodiging/{}", "/namen/{}",
)  # fmt: skip


@pytest.mark.long
@only_sqlite
def test_no_name_in_an_address_leads_to_another_file(database: Database) -> None:
    released(database)
    browser, tried = closed_desk(database), 0
    for place in PLACES:
        for each in TRAVERSALS:
            answer = browser.get(place.format(each))
            tried += 1
            if each not in str(answer.url) and answer.status_code == 200:
                continue  # the client takes dots away: the page above; `test_oversized` asks without a client
            assert answer.status_code in (303, 307, 400, 401, 403, 404, 405, 410, 422), (
                place,
                each,
                answer.status_code,
            )
            assert "root:" not in answer.text
    assert tried == len(PLACES) * len(TRAVERSALS)


@pytest.mark.parametrize("away", ["/%0d%0aSet-Cookie:%20a=b", "/a%0d%0a%0d%0a<script>", "/%E5%98%8A%E5%98%8D"])
@only_sqlite
def test_no_line_of_an_address_becomes_a_header(database: Database, away: str) -> None:
    app = make_app(database, Clock(), settings=Settings())
    browser = TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=OURS)
    for answer in (browser.get("/rondes/" + away.lstrip("/")), browser.get("/aanmelden", params={"next": away})):
        assert set(answer.headers) & {"x", "set-cookie"} == set()
        assert "\n" not in answer.headers.get("location", "")


# --- Mails and logs -------------------------------------------------------------------------------------------------

BREAKS = ("\r\nBcc: iedereen@elders.example", "\nBcc: iedereen@elders.example", "\r\n\r\nIn het bericht", "\x00", "\r")


@pytest.mark.parametrize("breaks", BREAKS)
def test_nothing_in_a_letter_becomes_a_header_of_its_mail(breaks: str) -> None:
    told: dict[str, Any] = {
        "sender_name": "Sanne", "sender_address": "s@woonpost.example", "recipient": "info@alfa.example",
        "subject": "Woning", "date": datetime(2026, 9, 7, tzinfo=UTC), "message_id": "<1@woonpost.example>",
        "in_reply_to": "<2@alfa.example>", "body": "Dag",
    }  # fmt: skip
    known = set(Envelope.__dataclass_fields__)
    whole = {**dict.fromkeys(known, ""), **told}
    plainly = message_from_bytes(compose(Envelope(**{n: v for n, v in whole.items() if n in known})))
    for field in ("sender_name", "sender_address", "recipient", "subject", "message_id", "in_reply_to", "body"):
        try:
            made = compose(
                replace(Envelope(**{n: v for n, v in whole.items() if n in known}), **{field: told[field] + breaks})
            )
        except TransportError:  # refused before anything is sent
            continue
        head = made.partition(b"\r\n\r\n")[0].decode().casefold()
        assert "\nbcc:" not in head, field
        assert message_from_bytes(made).keys() == plainly.keys(), field


@pytest.mark.parametrize("breaks", BREAKS)
@only_sqlite
def test_nobody_with_a_line_break_in_name_or_address_is_added_or_mailed(database: Database, breaks: str) -> None:
    browser = desk(database)
    for told in ({"email": f"bert@stad.example{breaks}x"}, {"name": f"Bert{breaks}", "email": "b@stad.example"}):
        browser.post("/mensen", data={"name": "Bert", "roles": "coder", **told})
    with database.reading() as session:
        for person in session.scalars(select(Person)):
            assert person.name.isprintable()
            assert person.email.isprintable()


@only_sqlite
def test_the_mail_of_the_desk_has_its_own_headers_and_no_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(desk_mail.Smtp, "post", lambda _self, message, *_told: sent.append(message))
    settings = Settings(smtp_host="127.0.0.1", desk_sender="desk@stad.example")
    for text in SHOWN:
        desk_mail.send_link(settings, f"Bert {text}", "bert@stad.example", "https://desk.example/x")
    assert {tuple(message.keys()) for message in sent} == {tuple(sent[0].keys())}
    assert all(text in message.get_content() for text, message in zip(SHOWN, sent, strict=True))


HOSTILE_LINE = "x\n2026-09-07 12:00 ERROR iemand: alles gewist\x1b[2J\r\u2028nog een\x85regel"


@only_sqlite
def test_what_a_server_says_is_one_line_of_the_log(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with database.writing() as session:
        channel_faults.note(session, "smtp mail.example", HOSTILE_LINE, PLANNED)
    error = doors.TransportError(HOSTILE_LINE, "connect")

    def fails(*_told: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doors, "send_link", fails)
        a_session(database, "anna")
        settings = Settings(smtp_host="127.0.0.1", desk_sender="desk@stad.example")
        doors.DatabaseDoor(database, Clock(), settings).send_link("anna@stad.example", "/", None)
    told = [record.getMessage() for record in caplog.records if "alles gewist" in record.getMessage()]
    assert len(told) == 2
    for line in told:
        assert line.isprintable()
        assert line.splitlines() == [line]


def test_one_line_loses_nothing_that_can_be_read() -> None:
    assert on_one_line("Dag Zoë, 06-12 €") == "Dag Zoë, 06-12 €"
    assert on_one_line("a\nb\x1b[0m") == "a\\x0ab\\x1b[0m"


# --- Spreadsheets ---------------------------------------------------------------------------------------------------

FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    '=HYPERLINK("http://elders.example","x")',
    "=cmd|' /C'!A0",
)
NUMBERS = ("-0.05", "+3", "-1e-05", "0.2", "-12", "", "Binnenstad", "'t Zand", "3811 AB", "a=b", "nan", "-inf")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_in_a_cell_is_text(text: str) -> None:
    assert plain(text) == "'" + text.replace("\r", " ")


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_below_zero_is_a_number(text: str) -> None:
    assert plain(text) == text
    assert plain(-0.05) == -0.05


def computed(text: str) -> list[str]:
    """The cells that a spreadsheet would compute with."""
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    return [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and plain(cell) != cell]


@pytest.mark.parametrize("text", FORMULAS)
def test_the_figures_of_a_round_hold_no_formula_whatever_a_feed_called_a_district(text: str) -> None:
    made = full_round()
    rows = tuple(replace(row, district=text) for row in made.rows)
    hostile = RoundTable(made.facts, rows)
    assert computed(files.pairs_csv(hostile)) == []
    assert str(plain(text)).replace('"', '""') in files.pairs_csv(hostile)


@pytest.mark.long
@only_sqlite
def test_no_published_table_holds_a_formula(database: Database) -> None:
    released(database)
    with database.reading() as session:
        document = release_files.read(session.scalars(select(Release)).one().document)
    for table in document["tables"]:
        for part in table["parts"]:
            part["name"] = "=1+1"
    assert computed(release_files.as_csv(document)) == []


@only_sqlite
def test_no_chart_that_is_taken_home_holds_a_formula(database: Database) -> None:
    closed_round(database)
    meddle(database, update(Listing).values(district="=1+1"))
    meddle(database, lambda session: [setattr(each, "subject", "=1+1") for each in session.scalars(select(Reply))])
    browser = closed_desk(database)
    for name in ("tellingen", "wijken"):
        answer = browser.get(f"/rondes/{ROUND}/resultaten/{name}.csv")
        if answer.status_code == 200:
            assert computed(answer.text) == []
    for name in ("data/pairs.csv", "data/letters.csv", "data/analysis.csv", "headline.csv"):
        answer = browser.get(f"/rondes/{ROUND}/export/{name}")
        assert computed(answer.text) == []
