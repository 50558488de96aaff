"""Signing in through an organisation, with real OpenID providers on loopback: who comes in, and who does not."""

import io
import json
import logging
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from browser_makers import serving
from fastapi import FastAPI
from house_makers import events, only_sqlite
from openid_makers import (
    CLIENT,
    EMAIL,
    KEY,
    OTHER_KEY,
    SECRET,
    Answer,
    Provider,
    Said,
    a_key,
    by_secret,
    changed,
    providing,
    signed,
    unsigned,
)
from page_makers import OURS
from sqlalchemy import func, select
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from orchestrator import accounts
from orchestrator.account_models import Person, WebSession
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.logs import JsonLines
from orchestrator.openid_provider import BACK
from orchestrator.settings import SecondFactor, Settings
from orchestrator.states import DESK_ROLES, Role
from portal.demo.ports import free_port
from portal.web import organisation
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.language import COOKIE as LANGUAGE
from portal.web.pages.organisation import ASKER
from profiles.errors import BadInput

sys.path.append(str(Path(__file__).parents[1] / "workers"))

pytestmark = only_sqlite
GO = "/aanmelden/organisatie"
NEUTRAL = "Met deze aanmelding komt u hier niet binnen."


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    running.said = Said()
    running.asked.clear()
    running.secret.clear()
    return running


def browser(database: Database, settings: Settings, **told: Any) -> TestClient:
    """A browser that follows nothing by itself; its application keeps what it asked the provider."""
    app = make_app(database, Clock(), settings=settings)
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False, headers=OURS, **told)


def another(client: TestClient, place: int = 1) -> TestClient:
    """Another browser at the same application, from another place on the network."""
    told: dict[str, Any] = {"raise_server_exceptions": False, "follow_redirects": False, "headers": OURS}
    return TestClient(client.app, client=(f"192.0.2.{place}", 4000), **told)


def add(database: Database, email: str = EMAIL, roles: tuple[Role, ...] = (Role.CODER,)) -> None:
    with database.writing() as session:
        accounts.add(session, "anna", email, roles, "beheerder", Clock().now())


def at_provider(address: str) -> str:
    """Sign in at the provider, which asks nothing, and return where it sends the browser back to."""
    return httpx2.get(address, follow_redirects=False).headers["location"].replace("http://127.0.0.1:8400", "")


def asked(client: TestClient, next_page: str = "/") -> str:
    """Go to the provider and sign in there; the address to come back at."""
    answer = client.get(GO, params={"next": next_page})
    assert answer.status_code == 303, answer.text
    return at_provider(answer.headers["location"])


def came(client: TestClient) -> httpx2.Response:
    return client.get(asked(client))


def nobody_is_in(database: Database, client: TestClient) -> bool:
    with database.reading() as session:
        open_ = session.scalar(select(func.count()).select_from(WebSession))
    return open_ == 0 and COOKIE not in client.cookies and client.get("/").status_code == 303


# --- The whole way -------------------------------------------------------------------------------------------------


@contextmanager
def website(database: Database, settings: Settings) -> Iterator[tuple[httpx2.Client, str]]:
    """The real application at an address of its own, and a client that keeps cookies and follows, as a browser does."""
    made: list[FastAPI] = []

    async def late(scope: Scope, receive: Receive, send: Send) -> None:
        # It is made once the address is known at which it is served.
        await made[0](scope, receive, send)

    with serving(late) as site, httpx2.Client(follow_redirects=True, headers=OURS, timeout=30) as client:
        made.append(make_app(database, Clock(), settings=settings.model_copy(update={"web_url": site})))
        yield client, site


def test_a_person_signs_in_at_the_organisation_and_comes_back_to_the_page_they_wanted(
    database: Database, provider: Provider
) -> None:
    add(database, roles=DESK_ROLES)
    provider.said.claims = {"amr": ["pwd", "mfa"]}
    with website(database, provider.settings()) as (client, site):
        page = client.get(f"{site}/status")
        assert page.url.path == "/aanmelden"
        (button,) = re.findall(r'href="(/aanmelden/organisatie[^"]*)"', page.text)
        landed = client.get(site + button)
        assert (landed.status_code, landed.url.path) == (200, "/status")
        assert ">anna</a>" in landed.text
        assert [each.url.path for each in landed.history] == [GO, "/inloggen", BACK]
        client.post(f"{site}/afmelden")
        assert client.get(f"{site}/status").url.path == "/aanmelden"
    told = [(each.kind, each.actor, each.data) for each in events(database)][-3:]
    vouched = ("session.vouched", "anna", {"factor": True})
    assert told == [("session.opened", "anna", {}), vouched, ("session.ended", "anna", {})]
    # What they asked of the provider: nothing when they signed out.
    assert provider.asked == ["/.well-known/openid-configuration", "/inloggen", "/tokens", "/sleutels"]


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """A provider that others made (oidc-provider-mock), in a process of its own."""
    port = free_port()
    people = ({"sub": "a1", "email": EMAIL, "email_verified": True}, {"sub": "b2", "email": EMAIL})
    told = [word for each in people for word in ("--user-claims", json.dumps(each))]
    words = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", *told]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _answers(f"http://127.0.0.1:{port}/jwks", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def _answers(address: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            httpx2.get(address)
        except httpx2.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the provider did not start")


@pytest.mark.long
def test_with_a_provider_that_others_made_who_it_vouches_for_comes_in_and_nobody_else(
    database: Database, provider: Provider, mock: str
) -> None:
    add(database)
    with website(database, provider.settings(oidc_issuer=mock)) as (client, site):
        for sub, path in (("b2", BACK), ("a1", "/")):
            form = client.get(f"{site}{GO}")
            assert form.url.path == "/oauth2/authorize"
            landed = client.post(str(form.url), data={"sub": sub})
            assert landed.url.path == path
        assert ">anna</a>" in landed.text


# --- The button ----------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_button_is_there_only_where_an_organisation_is_set(database: Database, provider: Provider) -> None:
    without, with_one = browser(database, Settings()), browser(database, provider.settings(oidc_label="de <Stad>"))
    assert GO not in without.get("/aanmelden").text
    for address in (GO, BACK):
        assert without.get(address).status_code == 404
    assert "Aanmelden via de &lt;Stad&gt;" in with_one.get("/aanmelden").text
    usual = browser(database, provider.settings(), cookies={LANGUAGE: "en"}).get("/aanmelden").text
    assert "Sign in with your organisation" in usual
    assert provider.asked == []


def test_a_form_that_waits_for_a_sign_in_stays_open_beside_the_organisation(
    database: Database, provider: Provider
) -> None:
    lost = browser(database, provider.settings()).post("/mensen", data={"name": "Bert"})
    assert lost.status_code == 401
    assert 'target="_blank" rel="noopener"' in lost.text


@pytest.mark.parametrize("away", ["//elders.example", "https://elders.example", "/\\elders.example"])
def test_nobody_is_led_elsewhere_after_the_sign_in(database: Database, provider: Provider, away: str) -> None:
    add(database)
    client = browser(database, provider.settings())
    assert client.get(asked(client, away)).headers["location"] == "/"


def test_the_cookies_of_the_way_are_short_lived_and_out_of_reach(database: Database, provider: Provider) -> None:
    client = browser(database, provider.settings(web_url="https://desk.stad.example"), base_url="https://testserver")
    told = client.get(GO)
    cookie = told.headers["set-cookie"]
    assert cookie.startswith(f"{ASKER}=")
    for part in ("HttpOnly", "Secure", "SameSite=lax", "Max-Age=600", f"Path={GO}"):
        assert part in cookie
    query = parse_qs(urlsplit(told.headers["location"]).query)
    assert query["redirect_uri"] == ["https://desk.stad.example" + BACK]
    assert client.cookies[ASKER] not in told.headers["location"]


# --- The second factor ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amr", "shown"),
    [(["pwd", "mfa"], True), (["otp"], True), (["hwk", "user"], True), (["pwd"], False), (None, False), ([], False)],
)
def test_a_second_factor_shown_to_the_organisation_counts_and_otherwise_ours_is_asked(
    database: Database, provider: Provider, amr: list[str] | None, shown: bool
) -> None:
    add(database, roles=DESK_ROLES)
    provider.said.claims = {"amr": amr}
    client = browser(database, provider.settings())
    assert client.get(asked(client, "/status")).headers["location"] == "/status"
    page = client.get("/status")
    assert page.status_code == (200 if shown else 303)
    assert shown or page.headers["location"] == "/aanmelden/code?next=/status"
    assert events(database)[-1].data == {"factor": shown}


# --- Who does not come in ------------------------------------------------------------------------------------------


WRONG_TOKENS: dict[str, dict[str, Any]] = {
    "of another issuer": {"iss": "https://elders.example"},
    "for another client": {"aud": "een-ander"},
    "for another client, and given to us": {"aud": "een-ander", "azp": CLIENT},
    "for nobody": {"aud": []},
    "for others too, and given to one of them": {"aud": [CLIENT, "een-ander"], "azp": "een-ander"},
    "for others too, and given to us": {"aud": [CLIENT, "een-ander"], "azp": CLIENT},
    "for others too, and for nobody in particular": {"aud": [CLIENT, "een-ander"]},
    "with another nonce": {"nonce": "een-andere"},
    "without a nonce": {"nonce": None},
    "that has expired": {"iat": 1_700_000_000, "exp": 1_700_000_300},
    "that never expires": {"exp": None},
    "of tomorrow": {"iat": int(time.time()) + 86_400, "exp": int(time.time()) + 90_000},
    "of nobody": {"sub": None},
    "with odd factors": {"amr": "mfa"},
    "with odd times": {"exp": "morgen"},
    "for another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.long
def test_an_id_token_that_does_not_belong_to_our_question_signs_nobody_in(
    database: Database, provider: Provider
) -> None:
    add(database)
    here = browser(database, provider.settings())
    for place, (case, claims) in enumerate(WRONG_TOKENS.items()):
        client = another(here, place)
        provider.said.claims = claims
        answer = came(client)
        assert answer.status_code == 502, case
        assert "klopt niet" in answer.text
        assert nobody_is_in(database, client), case


SIGNATURES: dict[str, Callable[[dict[str, Any]], object]] = {
    "by a key of somebody else": lambda claims: signed(claims, OTHER_KEY),
    "by a key that is not there": lambda claims: signed(claims, a_key("een-andere")),
    "with another address after it": changed,
    "with none": unsigned,
    "with the secret that we have too": lambda claims: by_secret(claims, SECRET.encode()),
    "with the public key as a secret": lambda claims: by_secret(claims, KEY.as_pem(private=False)),
    "cut off": lambda claims: signed(claims).rpartition(".")[0] + ".",
    "of nothing": lambda _claims: "a.b.c",
    "of no text": lambda _claims: None,
    "of brackets": lambda _claims: "[" * 9999,
}


@pytest.mark.long
def test_an_id_token_with_a_wrong_signature_signs_nobody_in(database: Database, provider: Provider) -> None:
    add(database)
    client = browser(database, provider.settings())
    for case, sign in SIGNATURES.items():
        provider.said.sign = sign
        assert came(client).status_code == 502, case
        assert nobody_is_in(database, client), case
    provider.said.sign = signed
    assert came(client).headers["location"] == "/"


OUTSIDERS: tuple[dict[str, Any], ...] = (
    {"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}, {"email_verified": 1},
    {"email": None}, {"email": ""}, {"email": [EMAIL]}, {"email": "anna\ud800@stad.example"},
    {"email": "wie@stad.example"}, {"email": "weg@stad.example"},
)  # fmt: skip


@pytest.mark.long
def test_who_has_no_place_here_or_no_verified_address_reads_one_and_the_same_page_and_is_not_added(
    database: Database, provider: Provider
) -> None:
    add(database)
    now = Clock().now()
    with database.writing() as session:
        accounts.add(session, "weg", "weg@stad.example", [Role.CODER], "beheerder", now)
        accounts.revoke(session, "weg", "beheerder", now, now)
    client, pages = browser(database, provider.settings()), set()
    for claims in OUTSIDERS:
        provider.said.claims = claims
        answer = came(client)
        assert answer.status_code == 403, claims
        assert nobody_is_in(database, client), claims
        pages.add(answer.text.replace(answer.headers["X-Request-Id"], ""))
    (page,) = pages
    assert NEUTRAL in page
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_an_address_is_the_same_however_its_letters_are_written(database: Database, provider: Provider) -> None:
    add(database)
    provider.said.claims = {"email": "Anna@Stad.Example"}
    assert came(browser(database, provider.settings())).headers["location"] == "/"


# --- The way back --------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_an_answer_counts_once_in_the_browser_that_asked_and_not_elsewhere(
    database: Database, provider: Provider
) -> None:
    add(database)
    client = browser(database, provider.settings())
    elsewhere, on_its_way = another(client), another(client)
    on_its_way.get(GO)
    back = asked(client)
    for thief in (elsewhere, on_its_way):
        assert thief.get(back).status_code == 410
        assert nobody_is_in(database, thief)
    assert client.get(back).headers["location"] == "/"
    again = client.get(back)
    assert again.status_code == 410
    assert "in een andere browser begonnen" in again.text


def test_a_code_that_was_used_before_signs_nobody_in_with_a_new_question(
    database: Database, provider: Provider
) -> None:
    add(database)
    client = browser(database, provider.settings())
    used = asked(client)
    old = parse_qs(urlsplit(used).query)["code"][0]
    client.get(used)
    client.post("/afmelden")
    fresh = re.sub(r"code=[^&]*", f"code={old}", asked(client))
    answer = client.get(fresh)
    assert answer.status_code == 403
    assert "Uw organisatie heeft u niet aangemeld." in answer.text
    assert COOKIE not in client.cookies


@pytest.mark.parametrize("state", ["", "een-andere", "x" * 5000])
def test_a_state_that_nobody_asked_with_signs_nobody_in(database: Database, provider: Provider, state: str) -> None:
    add(database)
    client = browser(database, provider.settings())
    wrong = re.sub(r"state=[^&]*", f"state={state}", asked(client))
    assert client.get(wrong).status_code == 410
    assert client.get(BACK).status_code == 410
    assert nobody_is_in(database, client)
    assert "/tokens" not in provider.asked


def test_who_takes_longer_than_ten_minutes_begins_again(
    database: Database, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database)
    client = browser(database, provider.settings())
    back = asked(client)
    monkeypatch.setattr(organisation, "REAL", Clock.scaled(Clock().now() + timedelta(minutes=10, seconds=1), 1))
    assert client.get(back).status_code == 410
    assert nobody_is_in(database, client)


def test_an_answer_in_the_name_of_another_provider_signs_nobody_in(database: Database, provider: Provider) -> None:
    add(database)
    client = browser(database, provider.settings())
    mixed = re.sub(r"iss=[^&]*", "iss=https://elders.example", asked(client))
    assert client.get(mixed).status_code == 502
    assert nobody_is_in(database, client)


@pytest.mark.parametrize("error", ["access_denied", "login_required", "zomaar <b>iets</b>"])
def test_somebody_whom_the_organisation_refuses_is_told_so(database: Database, provider: Provider, error: str) -> None:
    add(database)
    provider.said.error = error
    client = browser(database, provider.settings())
    answer = came(client)
    assert answer.status_code == 403
    assert "Uw organisatie heeft u niet aangemeld." in answer.text
    assert "<b>" not in answer.text
    assert nobody_is_in(database, client)


# --- The provider itself -------------------------------------------------------------------------------------------


TROUBLE: dict[str, Answer] = {
    "an error": (500, {}), "a page": (200, "<html>"), "a list": (200, "[]"), "depth": (200, "[" * 99_999),
    "much": (200, json.dumps({"x": "y" * 600_000})), "another place": (302, {}), "nothing": (404, {}),
}  # fmt: skip


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/tokens", "/sleutels"])
def test_a_provider_in_trouble_signs_nobody_in_and_is_no_fault_of_ours(
    database: Database, provider: Provider, path: str
) -> None:
    add(database)
    client = browser(database, provider.settings())
    for case, answer in TROUBLE.items():
        provider.said.instead = {path: answer}
        told = client.get(GO)
        if path in ("/tokens", "/sleutels"):
            told = client.get(at_provider(told.headers["location"]))
        refused = path == "/tokens" and answer[0] in (302, 404)
        assert told.status_code == (403 if refused else 502), case
        assert nobody_is_in(database, client), case
    assert "/elders" not in provider.asked


def test_a_provider_that_is_not_there_is_named_and_the_link_stays(database: Database, provider: Provider) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        answer = browser(database, provider.settings(oidc_issuer=nobody)).get(GO)
    assert answer.status_code == 502
    assert "gebruik een link" in answer.text


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elders.example"},
        {"issuer": None},
        {"authorization_endpoint": "http://elders.example/inloggen"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://127.0.0.1:1/tokens"},
        {"token_endpoint": ["https://elders.example"]},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_a_document_of_another_provider_or_with_addresses_in_clear_is_not_used(
    database: Database, provider: Provider, document: dict[str, Any]
) -> None:
    provider.said.document = document
    assert browser(database, provider.settings()).get(GO).status_code == 502


@pytest.mark.parametrize("host", ["127.0.0.1:8443", "169.254.169.254", "10.0.0.1", "localhost"])
def test_the_document_leads_to_no_other_machine_of_the_network_with_our_password(
    database: Database, provider: Provider, host: str
) -> None:
    """The guard of the tests would end this with an error, were the address ever connected to."""
    provider.said.document = {"token_endpoint": f"https://{host}/tokens"}
    client = browser(database, provider.settings())
    assert came(client).status_code == 502
    assert "/tokens" not in provider.asked


@pytest.mark.parametrize("known", [["client_secret_post"], ["client_secret_post", "client_secret_basic"], None, 3])
def test_our_password_goes_as_the_provider_wants_it(database: Database, provider: Provider, known: object) -> None:
    add(database)
    provider.said.document = {"token_endpoint_auth_methods_supported": known}
    assert came(browser(database, provider.settings())).headers["location"] == "/"


def test_one_audience_may_stand_in_a_list(database: Database, provider: Provider) -> None:
    add(database)
    provider.said.claims = {"aud": [CLIENT]}
    assert came(browser(database, provider.settings())).headers["location"] == "/"


@pytest.mark.long
def test_a_new_key_of_the_provider_is_read_when_a_token_names_it(database: Database, provider: Provider) -> None:
    add(database)
    client = browser(database, provider.settings())
    assert came(client).headers["location"] == "/"
    fresh = a_key("sleutel-2")
    provider.said.keys, provider.said.sign = [KEY, fresh], lambda claims: signed(claims, fresh)
    assert came(client).headers["location"] == "/"
    assert provider.asked.count("/sleutels") == 2
    assert provider.asked.count("/.well-known/openid-configuration") == 1


def test_over_https_the_provider_shows_a_certificate_that_we_believe(database: Database) -> None:
    from tls_makers import authority  # needs openssl, and skips without

    add(database)
    with providing(authority().here.context()) as provider:
        own = browser(database, provider.settings(oidc_ca_file=authority().file))
        there = own.get(GO).headers["location"]
        back = (
            httpx2.get(there, verify=ssl.create_default_context(cafile=authority().file))
            .headers["location"]
            .replace("http://127.0.0.1:8400", "")
        )
        assert own.get(back).headers["location"] == "/"
        assert browser(database, provider.settings()).get(GO).status_code == 502


def test_a_file_without_certificates_is_named_at_the_start(
    database: Database, provider: Provider, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("geen certificaat")
    with pytest.raises(BadInput, match="bad-ca-file"):
        make_app(database, Clock(), settings=provider.settings(oidc_ca_file=file))


# --- Limits and logs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [GO, f"{BACK}?state=gok&code=gok"])
def test_who_comes_too_often_has_to_wait(database: Database, provider: Provider, address: str) -> None:
    client = browser(database, provider.settings())
    answers = [client.get(address).status_code for _ in range(31)]
    assert answers[-1] == 429
    assert 429 not in answers[:-1]


def test_a_log_names_each_attempt_by_its_number_and_holds_no_token_secret_or_address(
    database: Database, provider: Provider
) -> None:
    add(database)
    client = browser(database, provider.settings())
    said, handler = io.StringIO(), logging.StreamHandler()
    handler.setFormatter(JsonLines("web"))
    handler.setStream(said)
    with logging_to(handler):
        numbers = _attempts(client, provider)
    told = said.getvalue()
    whys = [json.loads(line)["why"] for line in told.splitlines() if "organisation-sign-in" in line]
    assert whys == ["InvalidClaimError nonce", "nobody with this address", "InvalidClaimError iss", "another error"]
    assert [number for number in numbers if number not in told] == []
    secret = {*provider.secret, SECRET, EMAIL, "andere-9Rk", "wie@stad", "eigen-woord-3Tz", *client.cookies.values()}
    assert len(secret) > 15
    assert [each for each in secret if each in told] == []


@contextmanager
def logging_to(handler: logging.Handler) -> Iterator[None]:
    """Everything that our rooms and the client of the provider log, in full detail."""
    loggers = [
        logging.getLogger(name) for name in ("portal", "orchestrator", "httpx", "httpcore", "authlib", "joserfc")
    ]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.addHandler(handler)
        each.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.removeHandler(handler)
            each.setLevel(level)


def _attempts(client: TestClient, provider: Provider) -> list[str]:
    """Come back in five ways; the number of each request, as its answer says it, and the page too when it failed."""
    numbers: list[str] = []
    for claims in ({}, {"nonce": "andere-9Rk"}, {"email": "wie@stad.example"}, {"iss": "https://elders.example"}):
        provider.said.claims = claims
        answer = came(client)
        numbers.append(answer.headers["X-Request-Id"])
        assert claims == {} or numbers[-1] in answer.text
    provider.said.error = "eigen-woord-3Tz"
    return [*numbers, came(client).headers["X-Request-Id"]]


def test_an_installation_that_asks_nobody_for_a_code_asks_none_here(database: Database, provider: Provider) -> None:
    add(database, roles=DESK_ROLES)
    client = browser(database, provider.settings(second_factor=SecondFactor.OFF))
    came(client)
    assert client.get("/status").status_code == 200
