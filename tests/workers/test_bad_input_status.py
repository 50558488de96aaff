"""Whatever is wrong outside stands on the status page and in the log, once, and is not knocked at for ever."""

import html
import logging
import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from feed_makers import Page, feeding, serving
from house_makers import (
    DAY,
    DUE,
    HOUR,
    MINUTE,
    a_session,
    an_advertiser,
    letters,
    only_sqlite,
    round_state,
    run,
    states,
)
from imapclient import IMAPClient
from mailbox_makers import dovecot
from pydantic import SecretStr
from site_makers import a_form, http, online, page
from starlette.testclient import TestClient
from test_smtp_tls import PASSWORD, Relay, relay, submission
from tls_makers import authority

from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.intake import Channel
from orchestrator.settings import Security, Settings
from orchestrator.states import LetterState, RoundState
from portal.demo.ports import free_port
from portal.web.access import COOKIE
from portal.web.app import make_app
from workers import harvest
from workers.channels.smtp import Smtp, Submission
from workers.channels.transport import Channel as Road
from workers.channels.webform import Webform
from workers.dispatch import Dispatcher
from workers.inbox import imap
from workers.patience import FIRST_SECONDS, LONGEST_SECONDS, Patience

pytestmark = only_sqlite
STARTTLS = Security.STARTTLS


def stands(database: Database, now: datetime = DUE) -> str:
    """What a reader sees on the status page."""
    browser = TestClient(make_app(database, Clock(now, time.time(), 1.0)), cookies={COOKIE: a_session(database)})
    answer = browser.get("/status")
    assert answer.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def send(database: Database, road: Road, now: datetime = DUE) -> int:
    roads = dict.fromkeys(Channel, road)
    worker = Dispatcher(database, Clock(now, time.time(), 1.0), Settings(), roads, "w1")
    worker.sweep()
    return worker.send_due()


def logged(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in message for message in caplog.messages)


@contextmanager
def away() -> Iterator[tuple[Submission, int]]:
    yield Submission(), free_port()


@contextmanager
def another_host() -> Iterator[tuple[Submission, int]]:
    with relay(STARTTLS, authority().elsewhere) as (_, port):
        yield submission(STARTTLS), port


@contextmanager
def unknown_authority() -> Iterator[tuple[Submission, int]]:
    with relay(STARTTLS) as (_, port):
        yield Submission(STARTTLS, trust=ssl.create_default_context()), port


@contextmanager
def wrong_password() -> Iterator[tuple[Submission, int]]:
    with relay(STARTTLS, auth_required=True) as (_, port):
        yield submission(STARTTLS, "een ander woord"), port


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (away, "is niet bereikbaar"),
        (another_host, "het certificaat van mailserver"),
        (unknown_authority, "het certificaat van mailserver"),
        (wrong_password, "weigert onze inloggegevens"),
    ],
)
def test_a_mail_server_that_takes_no_letters_is_told_once_and_tried_ever_less_until_the_letters_expire(
    database: Database, caplog: pytest.LogCaptureFixture, server: Callable[[], Iterator], words: str
) -> None:  # fmt: skip
    run(database, rows=3)
    with caplog.at_level(logging.WARNING), server() as (how, port):
        road = Smtp("127.0.0.1", port, 2.0, how=how)
        send(database, road)
        waits = []
        for _ in range(5):
            (first, *_) = letters(database, 1)
            assert first.next_try_at is not None
            waits.append(first.next_try_at)
            send(database, road, first.next_try_at)
        seen = stands(database, waits[-1])
        assert set(states(database)) == {LetterState.PLANNED}
        send(database, road, DUE + 20 * DAY)
    assert "De mailserver" in seen
    assert words.lower() in seen.lower()
    assert "Sinds 7 september 2026" in seen
    assert "Laatst gezien op 7 september 2026" in seen
    assert logged(caplog, words) == 1
    spans = [after - before for before, after in pairwise(waits)]
    assert spans == sorted(spans)
    assert spans[-1] > spans[0]
    assert set(states(database)) <= {LetterState.EXPIRED, LetterState.CANCELLED}


def test_a_server_that_works_again_leaves_the_status_page(database: Database) -> None:
    run(database)
    with relay(STARTTLS, auth_required=True) as (seen, port):
        send(database, Smtp("127.0.0.1", port, 2.0, how=submission(STARTTLS, "een ander woord")))
        assert "weigert onze inloggegevens" in stands(database)
        send(database, Smtp("127.0.0.1", port, 2.0, how=submission(STARTTLS, PASSWORD)), DUE + 5 * MINUTE)
        assert isinstance(seen, Relay)
        assert len(seen.bodies) == 1
    assert "Er is geen storing bekend" in stands(database)


@pytest.mark.long
def test_a_mailbox_that_refuses_our_login_is_told_once_and_not_hammered(
    database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    knocks: list[float] = []
    seconds = [0.0]
    login = IMAPClient.login

    def knock(client: IMAPClient, user: str, password: str) -> object:
        knocks.append(seconds[0])
        return login(client, user, password)

    monkeypatch.setattr(IMAPClient, "login", knock)
    patience = Patience(lambda: seconds[0])
    with caplog.at_level(logging.WARNING), dovecot() as box:
        wrong = box.settings(imap_password=SecretStr("een ander woord"), ledger_imap_folder="Grootboek")
        for _ in range(4 * 120):  # a poll every half minute, for four hours
            imap.poll(database, Clock(DUE + timedelta(seconds=seconds[0]), time.time(), 1.0), wrong, patience)
            seconds[0] += 30.0
        seen = stands(database, DUE + 4 * HOUR)
        assert "inloggegevens worden geweigerd" in seen
        assert logged(caplog, "inloggegevens worden geweigerd") == 1
        gaps = [after - before for before, after in pairwise(knocks)]
        imap.poll(database, Clock(DUE + 4 * HOUR, time.time(), 1.0), box.settings())
    assert gaps[0] == FIRST_SECONDS
    assert gaps == sorted(gaps)
    assert max(gaps) == LONGEST_SECONDS
    assert len(knocks) < 12
    assert "inloggegevens worden geweigerd" not in stands(database, DUE + 4 * HOUR)


@pytest.mark.long
@pytest.mark.parametrize(
    ("changes", "words"),
    [({"imap_port": free_port()}, "niet bereikbaar"), ({"imap_security": STARTTLS}, "het certificaat klopt niet")],
)
def test_a_mailbox_that_is_away_or_another_is_told_once(
    database: Database, caplog: pytest.LogCaptureFixture, changes: dict[str, object], words: str
) -> None:
    with caplog.at_level(logging.WARNING), dovecot() as box:
        for minutes in range(3):
            clock = Clock(DUE + minutes * MINUTE, time.time(), 1.0)
            assert imap.poll(database, clock, box.settings(**changes)) == 0
    seen = stands(database)
    assert words.lower() in seen.lower()
    assert "De mailbox" in seen
    assert logged(caplog, words) == 1


def test_a_form_whose_fields_changed_is_told_and_its_pair_stays_as_it_was(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    changed = http("200 OK", page("naam", "email", "advertentie", "vraag"))
    with caplog.at_level(logging.WARNING), online({"GET /alfa": changed}) as site:
        form = a_form(site, "/alfa", page=site.at("/alfa"), tokens=("csrf",))
        run(database, participants=[an_advertiser(channel=Channel.WEBFORM, form_url=form.url, form=form)])
        send(database, Webform(1.0))
    seen = stands(database)
    assert f"Een formulier {form.url}" in seen
    assert "is veranderd: nu zonder bericht" in seen
    assert "pas forms.yaml aan" in seen
    assert logged(caplog, f"{form.url}: het formulier") == 1
    assert states(database) == [LetterState.PLANNED] * 2


def test_a_form_behind_a_wrong_certificate_is_told_and_nothing_is_posted(database: Database) -> None:
    with online({"/alfa": http("200 OK", "bedankt")}, authority().here) as site:
        form = a_form(site, "/alfa")
        run(database, participants=[an_advertiser(channel=Channel.WEBFORM, form_url=form.url, form=form)])
        send(database, Webform(1.0))
        assert site.asked == []
    assert "certificaat" in stands(database)
    assert states(database) == [LetterState.PLANNED] * 2


def test_a_feed_that_turned_into_a_web_page_is_told_once_with_its_address(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    now = DUE
    with caplog.at_level(logging.WARNING), serving() as server:
        url = f"{server.root}/aanbod"
        run(database, feeding(url))
        server.pages["/aanbod"] = Page(b"<!DOCTYPE html><html>Onderhoud</html>")
        for minutes in range(0, 60, 5):
            now = DUE + minutes * MINUTE
            harvest.read_feed(database, Clock(now, 0.0, 0.0), Settings(wire_timeout_seconds=5))
        assert len(server.asked) == 4
    seen = stands(database, now)
    assert f"Een feed {url}" in seen
    assert "feed-html: Hier staat een webpagina" in seen
    assert logged(caplog, "feed-html") == 1
    assert round_state(database) is RoundState.RUNNING
    assert set(states(database)) == {LetterState.PLANNED}
