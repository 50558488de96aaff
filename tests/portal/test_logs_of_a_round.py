"""The logs and the ledger of a whole small round, with everything told that can be, hold no secret, address or name."""

import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from api_makers import KEY, LETTER, a_token, an_event
from house_makers import (
    DUE,
    TUESDAY,
    a_listing,
    a_monday,
    an_advertiser,
    approve,
    dump,
    letters,
    only_sqlite,
    plan,
    start,
)
from page_makers import OURS
from sqlalchemy import select
from starlette.testclient import TestClient

from orchestrator import accounts, logs
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.models import Advertiser, Event, Inquiry, Listing, Person
from orchestrator.rounds import answers
from orchestrator.settings import LogFormat, LogLevel, Settings
from orchestrator.states import DESK_ROLES
from portal.web.access import COOKIE
from portal.web.app import make_app
from portal.web.door import DatabaseDoor
from workers.channels.choose import channels
from workers.dispatch import Dispatcher
from workers.inbox.reading import read_stored

PEOPLE = {"Wilhelmina Zonderland": "w.zonderland@stad.example", "Barthold Quist": "b.quist@stad.example"}
OFFICES = {"alfa": "Woonbureau Alkemade", "bravo": "Huurkantoor Brugmans", "charlie": "Verhuurder Coornhert"}
STAFF = "Gijsbrecht Holleboom"


@dataclass
class Refusing:
    """A relay on loopback that takes a letter for `alfa` and refuses others, as relays do: by telling their address."""

    server: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def serve(self) -> None:
        while True:
            try:
                line, _ = self.server.accept()
            except OSError:
                return
            with line, line.makefile("rb") as stream:
                line.sendall(b"220 hallo\r\n")
                while command := stream.readline():
                    if not self._answer(line, stream, command.strip()):
                        break

    def _answer(self, line: socket.socket, stream: Any, command: bytes) -> bool:
        word = command[:4].upper()
        if word == b"RCPT" and b"alfa" not in command:
            line.sendall(b"550 5.1.1 " + command[8:] + b": geen mailbox\r\n")
        elif word == b"DATA":
            line.sendall(b"354 ga uw gang\r\n")
            while stream.readline() not in (b".\r\n", b""):
                pass
            line.sendall(b"250 bewaard\r\n")
        else:
            line.sendall(b"250 goed\r\n")
        return word != b"QUIT"


@pytest.fixture
def relay() -> Iterator[int]:
    made = Refusing()
    threading.Thread(target=made.serve, daemon=True).start()
    yield made.server.getsockname()[1]
    made.server.close()


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """What this process writes to stderr; afterwards it logs as before."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in ("", *logs.ROOMS)}
    before = [*root.handlers]
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def the_settings(relay: int) -> Settings:
    return Settings(
        smtp_host="127.0.0.1", smtp_port=relay, smtp_password=None, desk_sender="loket@stad.example", inbound_key=KEY,
        metrics_token="meetsleutel-7Qx", imap_password="postbus-wachtwoord-9Zw", imap_host="127.0.0.1",
        imap_user="post", web_url="https://desk.stad.example", wire_timeout_seconds=5,
    )  # fmt: skip


def a_round(database: Database) -> None:
    known = [an_advertiser(key, name=name, email=f"verhuur@{key}.example") for key, name in OFFICES.items()]
    rows = [
        a_listing(number, key, listing=f"{key}-{number}", street=f"Proefstraat {key} {number}")
        for key in OFFICES
        for number in (1, 2)
    ]
    plan(database, a_monday(), participants=known, rows=rows)
    approve(database)
    start(database)


@pytest.mark.long
@only_sqlite
def test_no_secret_address_or_name_is_in_the_logs_or_the_ledger_of_a_round(
    database: Database, relay: int, said: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here and not in the fixture: pytest gives a test another stderr than its fixtures.
    logs.configure(Settings(log_format=LogFormat.JSON, log_level=LogLevel.DEBUG), "proef")
    settings = the_settings(relay)
    a_round(database)
    dispatcher = Dispatcher(database, Clock.scaled(DUE, 1.0), settings, channels(settings))
    assert dispatcher.send_due() > 2
    secrets = answers_come(database)
    secrets |= visits(database, settings, monkeypatch)
    logged = said()
    events = {json.loads(line)["event"] for line in logged.splitlines()}
    assert {"letter", "request", "sign-in-mail"} <= events, events
    assert '"outcome": "refused"' in logged
    assert "trace" in logged
    with database.reading() as session:
        ledger = "\n".join(
            json.dumps([row.actor, row.kind, row.subject, row.data], ensure_ascii=False)
            for row in session.scalars(select(Event))
        )
        addresses, names = told_of(session)
    for word in secrets | addresses | names:
        assert word.casefold() not in logged.casefold(), f"in the logs: {word}"
    # Who of the desk did something is what the ledger is for.
    for word in secrets | addresses | (names - set(PEOPLE)):
        assert word.casefold() not in ledger.casefold(), f"in the ledger: {word}"
    # Where letters go, and who of an office answered, stands in no table in clear, whatever the relay repeated.
    held = dump(database)
    assert b"550 5.1.1 " in held
    for address in (*(f"verhuur@{key}.example" for key in OFFICES), "g.holleboom@alfa.example", STAFF):
        assert address.casefold().encode() not in held, f"in the database: {address}"
    assert len(secrets) > 6
    assert len(names) > 10


def told_of(session: Any) -> tuple[set[str], set[str]]:
    """Every address and every name in the record."""
    rows = session.scalars(select(Inquiry)).all()
    addresses = {row.reply_address for row in rows} | {row.message_id for row in rows}
    addresses |= {row.email for row in session.scalars(select(Advertiser)) if row.email} | set(PEOPLE.values())
    names = {row.sender_name for row in rows} | {row.subject for row in rows} | set(PEOPLE) | {STAFF}
    names |= {row.name for row in session.scalars(select(Advertiser))}
    names |= {row.street for row in session.scalars(select(Listing))}
    return addresses, names


def answers_come(database: Database) -> set[str]:
    """Mails come in, one of them broken; return what of them is secret: the reply addresses' own parts."""
    own = [letter.reply_address for letter in letters(database)]
    whole = f"From: {STAFF} <g.holleboom@alfa.example>\r\nTo: {own[0]}\r\nSubject: Re: woning\r\n\r\nKomt u kijken?\r\n"
    for number, raw in enumerate((whole.encode(), b"\xff\xfe geen mail", LETTER)):
        with database.writing() as session:
            answers.store(session, raw, f"k{number}", "smtp", f"k{number}", own[number], TUESDAY)
    read_stored(database, TUESDAY)
    return {address.partition("@")[0] for address in own} | {"g.holleboom@alfa.example"}


def visits(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """People, an office and programs use the pages, rightly and wrongly; return every secret that was used."""
    now = Clock().now()
    with database.writing() as session:
        for name, email in PEOPLE.items():
            accounts.add(session, name, email, DESK_ROLES, "beheerder", DUE)
        link = accounts.make_link(session, accounts.find(session, next(iter(PEOPLE))), "beheerder", DUE, now)
        second = accounts.make_link(session, accounts.find(session, next(iter(PEOPLE))), "beheerder", DUE, now)
    token = a_token(database)
    app = make_app(database, Clock(), settings=settings)
    client = TestClient(
        app, raise_server_exceptions=False, follow_redirects=False, headers=OURS, base_url="https://desk.stad.example"
    )
    client.get(f"/aanmelden/link/{link}")
    client.post(f"/aanmelden/link/{link}")
    cookie = client.cookies[COOKIE]
    for address in ("/", "/status", "/rondes/proef-2026", "/rondes/proef-2026/tests", "/weg?naam=geheim", "/mensen"):
        client.get(address)
    # The relay refuses this address, which is told by number only.
    client.post("/aanmelden", data={"email": next(iter(PEOPLE.values()))})
    client.post(f"/aanmelden/link/{link}")
    for bearer in (token, "verkeerd-token-5Yk"):
        client.get("/v1/rounds", headers={"Authorization": f"Bearer {bearer}"})
        client.get("/metrics", headers={"Authorization": f"Bearer {bearer}"})
    client.get("/metrics", headers={"Authorization": "Bearer meetsleutel-7Qx"})
    client.post("/v1/inbound-mail", content=LETTER, headers=an_event(LETTER))
    client.post("/v1/inbound-mail", content=LETTER, headers=an_event(LETTER) | {"Webhook-Signature": "v1,zomaar"})

    # A fault of ours, with a trace: the database refuses a row that nobody finished.
    def broken(door: DatabaseDoor, _token: str) -> bool:
        with door.database.writing() as session:
            name, email = next(iter(PEOPLE.items()))
            session.add(Person(name=name, key=email, email=email, email_index=email, roles=[], added_at=None))
        return True

    monkeypatch.setattr(DatabaseDoor, "link_works", broken)
    assert client.get(f"/aanmelden/link/{second}").status_code == 500
    told_by_uvicorn(client, f"/aanmelden/link/{second}")
    keys = {"meetsleutel-7Qx", "postbus-wachtwoord-9Zw", KEY, KEY.removeprefix("whsec_"), "verkeerd-token-5Yk"}
    return {link, second, cookie, token} | keys


def told_by_uvicorn(client: TestClient, address: str) -> None:
    """A fault that no page caught is logged by the server with its trace, as this does."""
    strict = TestClient(client.app, headers=OURS)
    try:
        strict.get(address)
    except Exception:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
