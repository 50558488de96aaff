"""Links, cookies, tokens and signatures that were bent, cut, lent, kept too long or used again: none of them opens."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from api_makers import KEY, LETTER, SETTINGS, a_token, an_event, program
from attack_makers import record, tell
from house_makers import PLANNED, a_session, meddle, only_sqlite
from invitation_makers import WALL, invite
from page_makers import OURS
from sqlalchemy import update
from starlette.testclient import TestClient

from orchestrator import accounts, api_tokens
from orchestrator.api_tokens import Scope
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import ApiToken, Invitation, SignInLink, WebSession
from orchestrator.settings import Settings
from orchestrator.states import DESK_ROLES, Role
from portal.web.access import COOKIE
from portal.web.app import make_app
from workers.inbox import webhook
from workers.inbox.webhook import Event

pytestmark = only_sqlite
PAST = WALL - timedelta(days=400)


def bent(secret: str) -> Iterator[str]:
    """What is almost the secret: each letter another, cut at both ends, longer, in another case, encoded, doubled."""
    for place, letter in enumerate(secret):
        yield f"{secret[:place]}{'A' if letter != 'A' else 'B'}{secret[place + 1 :]}"
    yield from (secret[1:], secret[:-1], secret[: len(secret) // 2], secret[-10:], "x")
    yield from (f"{secret}A", f"A{secret}", f"{secret}=", f"{secret}{secret}", f"{secret} {secret}", f"{secret}\u200b")
    yield from (
        secret.swapcase(),
        secret.upper(),
        secret.lower(),
        secret[::-1],
        f'"{secret}"',
        f"{secret};",
        f"{secret},",
    )
    yield from ("null", "undefined", "0", "*", "%", "' OR '1'='1", "a" * 30_000, "\u202e" + secret)


def browser(database: Database, **told: object) -> TestClient:
    app = make_app(database, Clock(PLANNED, Clock().now().timestamp(), 1.0), settings=Settings(metrics_token="m" * 40))
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=OURS, **told)  # type: ignore[arg-type]


def a_link(database: Database, name: str = "anna") -> str:
    with database.writing() as session:
        person = accounts.add(session, name, f"{name}@stad.example", DESK_ROLES, "beheerder", PLANNED)
        return accounts.make_link(session, person, "beheerder", PLANNED, WALL)


def in_path(secret: str) -> str:
    return quote(secret, safe="")


# --- Links that sign in -----------------------------------------------------------------------------------------


@pytest.mark.long
def test_no_link_that_is_almost_right_signs_anybody_in_or_tells_how_near_it_was(
    database: Database, request: pytest.FixtureRequest
) -> None:
    link = a_link(database)
    before, answers, tried = record(database), set(), 0
    for each in bent(link):
        if tried % 25 == 0:
            client = browser(database)  # so that the limit on guessing is not what refuses it
        answer = client.post(f"/aanmelden/link/{in_path(each)}")
        answers.add((answer.status_code, answer.text.replace(in_path(each), "").replace(each, "")[:400]))
        tried += 1
    assert {status for status, _ in answers} <= {404, 410}
    assert len({text for status, text in answers if status == 410}) == 1  # the same words, however near
    assert record(database) == before
    assert browser(database).post(f"/aanmelden/link/{link}").status_code == 303
    tell(request.config, "links and tokens", f"sign-in links: {tried} tampered, 0 opened")


@pytest.mark.parametrize("end", ["expired", "used", "of somebody whose access ended", "signed out"])
def test_a_link_or_cookie_of_before_opens_nothing(database: Database, end: str) -> None:
    link, client = a_link(database), browser(database)
    if end == "expired":
        meddle(database, update(SignInLink).values(expires_at=PAST))
    elif end == "of somebody whose access ended":
        with database.writing() as session:
            accounts.revoke(session, "anna", "beheerder", PLANNED, WALL)
    else:
        assert client.post(f"/aanmelden/link/{link}").status_code == 303
        if end == "signed out":
            cookie = client.cookies[COOKIE]
            client.post("/afmelden")
            again = browser(database, cookies={COOKIE: cookie})
            assert again.get("/status").status_code == 303
            assert again.post("/mensen", data={"name": "x"}).status_code == 401
    assert browser(database).post(f"/aanmelden/link/{link}").status_code == 410


# --- Cookies ----------------------------------------------------------------------------------------------------


def test_no_cookie_that_is_almost_right_is_a_session(database: Database, request: pytest.FixtureRequest) -> None:
    cookie, tried = a_session(database), 0
    link = a_link(database, "bert")
    before, client = record(database), browser(database)
    for each in [*bent(cookie), link]:
        sent = f"{COOKIE}={each}".encode("utf-8", "replace").decode("latin-1")
        answer = client.get("/status", headers={"Cookie": sent.encode("latin-1")})  # type: ignore[dict-item]
        # In quotes, or with something behind a semicolon, it is the same cookie to whoever reads cookies.
        same = each in (f'"{cookie}"', f"{cookie};")
        assert answer.status_code == (200 if same else 303), each[:60]
        tried += 1
    assert record(database) == before
    tell(request.config, "links and tokens", f"cookies: {tried} tampered, 0 opened that are not the cookie itself")


def test_a_session_that_nobody_used_for_long_is_over(database: Database) -> None:
    cookie = a_session(database)
    meddle(database, update(WebSession).values(expires_at=PAST))
    assert browser(database, cookies={COOKIE: cookie}).get("/status").status_code == 303


def test_a_cookie_that_an_attacker_chose_is_not_kept_at_signing_in(database: Database) -> None:
    """No fixation: whoever signs in gets a new cookie, and the one they came with stays worth nothing."""
    link, chosen = a_link(database), "gekozen-door-een-ander-" + "x" * 20
    client = browser(database, cookies={COOKIE: chosen})
    answer = client.post(f"/aanmelden/link/{link}")
    assert chosen not in answer.headers["set-cookie"]
    assert browser(database, cookies={COOKIE: chosen}).get("/status").status_code == 303


# --- Invitations ------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_no_link_of_an_invitation_that_is_almost_right_shows_it(
    database: Database, request: pytest.FixtureRequest
) -> None:
    token, tried = invite(database), 0
    before = record(database)
    for each in [*bent(token), a_link(database, "carla")][:-1]:
        if tried % 25 == 0:
            client = browser(database)
        for path in ("", "/tekenen", "/afwijzen"):
            address = f"/uitnodiging/{in_path(each)}{path}"
            answer = client.post(address) if path else client.get(address)
            assert answer.status_code in (404, 410, 429), (each[:60], path)
            assert "Makelaardij Alfa" not in answer.text
        tried += 1
    told = record(database)
    assert {name for name in told if told[name] != before[name]} <= {"person", "sign_in_link", "head", "event"}
    tell(request.config, "links and tokens", f"invitations: {tried} tampered at 3 addresses, 0 opened")


def test_an_invitation_that_expired_is_told_so_and_signs_nobody(database: Database) -> None:
    token = invite(database)
    meddle(database, update(Invitation).values(expires_at=PAST))
    for path in ("", "/tekenen", "/afwijzen"):
        client = browser(database)
        address = f"/uitnodiging/{token}{path}"
        assert (client.post(address, data={"sure": "ja"}) if path else client.get(address)).status_code in (
            403,
            404,
            410,
        )


# --- Tokens of the API -------------------------------------------------------------------------------------------


@pytest.mark.long
def test_no_token_that_is_almost_right_reads_anything(database: Database, request: pytest.FixtureRequest) -> None:
    token, tried = a_token(database), 0
    client, before = program(database), record(database)
    for each in [*bent(token), a_session(database), ""]:
        if tried % 25 == 0:
            client = program(database)
        for scheme in ("Bearer", "Basic", "Token"):
            shown = f"{scheme} {each}".encode("utf-8", "replace")
            status = client.get("/v1/rounds", headers={"Authorization": shown}).status_code  # type: ignore[dict-item]
            assert status in (401, 429), (scheme, each[:60])
        tried += 1
    told = record(database)
    assert {name for name in told if told[name] != before[name]} <= {
        "person",
        "sign_in_link",
        "web_session",
        "head",
        "event",
    }
    lower = client.get("/v1/rounds", headers={"Authorization": f"bearer {token}"})
    assert lower.status_code == 200  # the scheme has no case (RFC 9110), the token has
    tell(request.config, "links and tokens", f"API tokens: {tried} tampered in 3 schemes, 0 opened")


@pytest.mark.parametrize("end", ["expired", "revoked"])
def test_a_token_that_ended_reads_nothing_any_more(database: Database, end: str) -> None:
    token = a_token(database, name="dashboard")
    assert program(database, token).get("/v1/rounds").status_code == 200
    if end == "expired":
        meddle(database, update(ApiToken).values(expires_at=PAST))
    else:
        with database.writing() as session:
            api_tokens.revoke(session, "dashboard", "beheerder", PLANNED)
    assert program(database, token).get("/v1/rounds").status_code == 401


def test_a_token_shown_anywhere_but_in_its_header_opens_nothing(database: Database) -> None:
    token = a_token(database, Role.ANALYST, [Scope.ROUNDS])
    client = program(database)
    for shown in (f"?access_token={token}", f"?token={token}", f"?Authorization=Bearer%20{token}"):
        assert client.get(f"/v1/rounds{shown}").status_code == 401
    assert client.get("/v1/rounds", headers={"X-Api-Key": token, "Cookie": f"{COOKIE}={token}"}).status_code == 401


# --- Signatures of a mail provider -----------------------------------------------------------------------------


def test_no_signature_that_is_almost_right_brings_a_mail(database: Database, request: pytest.FixtureRequest) -> None:
    client, before, tried = program(database), record(database), 0
    good = an_event()
    signature = good["Webhook-Signature"]
    for each in bent(signature):
        parts = each.split()
        if signature in parts:
            continue  # several signatures may stand in one header, and this is one of them
        sent = each.encode("utf-8", "replace")
        answer = client.post("/v1/inbound-mail", content=LETTER, headers={**good, "Webhook-Signature": sent})  # type: ignore[dict-item]
        assert answer.status_code in (400, 401), each[:60]
        tried += 1
    others = (
        {"Webhook-Id": "msg_2"}, {"Webhook-Timestamp": str(int(good["Webhook-Timestamp"]) + 1)},
        {"Webhook-Timestamp": f"0{good['Webhook-Timestamp']}0"}, {"Webhook-Timestamp": "1e9"}, {"Webhook-Id": "msg_1 "},
    )  # fmt: skip
    for other in others[:4]:
        assert client.post("/v1/inbound-mail", content=LETTER, headers={**good, **other}).status_code in (400, 401)
    for body in (LETTER + b"x", LETTER[:-1], b"", LETTER.replace(b"woensdag", b"donderdag")):
        assert client.post("/v1/inbound-mail", content=body, headers=good).status_code in (400, 401)
    assert record(database) == before
    tell(request.config, "links and tokens", f"signatures: {tried + 8} tampered, 0 taken")


@pytest.mark.parametrize("seconds", [-360, -86_400, 360, 86_400])
def test_a_signed_mail_of_another_time_is_not_taken(database: Database, seconds: int) -> None:
    answer = program(database).post("/v1/inbound-mail", content=LETTER, headers=an_event(seconds=seconds))
    assert answer.status_code == 401


def test_a_signature_under_another_key_or_of_another_kind_is_none(database: Database) -> None:
    event = an_event()
    told = Event("msg_1", int(event["Webhook-Timestamp"]), "", LETTER)
    for key in (b"", b"x", KEY.encode(), bytes(32)):
        made = webhook.signed(key, told)
        for each in (made, made.replace("v1,", "v1a,"), made.replace("v1,", ""), made.replace("v1,", "v0,")):
            answer = program(database).post(
                "/v1/inbound-mail", content=LETTER, headers={**event, "Webhook-Signature": each}
            )
            assert answer.status_code == 401
    assert SETTINGS.webhook_key


# --- The token of who watches ----------------------------------------------------------------------------------


def test_no_token_that_is_almost_right_sees_the_metrics(database: Database, request: pytest.FixtureRequest) -> None:
    client, tried = browser(database), 0
    for each in bent("m" * 40):
        if each.strip() in ("m" * 40, "M" * 40) and each == "m" * 40:
            continue
        shown = f"Bearer {each}".encode("utf-8", "replace")
        status = client.get("/metrics", headers={"Authorization": shown}).status_code  # type: ignore[dict-item]
        assert status == 403, each[:60]
        tried += 1
    assert client.get("/metrics", headers={"Authorization": "Bearer " + "m" * 40}).status_code == 200
    assert client.get("/metrics").status_code == 403
    tell(request.config, "links and tokens", f"token of the metrics: {tried} tampered, 0 opened")
