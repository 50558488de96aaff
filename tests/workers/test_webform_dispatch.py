"""A letter by form from claim to record: what the server said is kept, and what is wrong with a form is told."""

import logging
import time
from collections.abc import Callable
from datetime import datetime

import pytest
from house_makers import DAY, DUE, HOUR, MINUTE, a_listing, an_advertiser, attempts, events, letters, only, only_sqlite
from house_makers import run as run_round
from site_makers import Site, a_form, http, online, page
from sqlalchemy import select

from orchestrator import channel_faults
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.forms import simple
from orchestrator.intake import Channel, Participant
from orchestrator.models import Attempt, Pair
from orchestrator.settings import Settings
from orchestrator.states import AttemptOutcome, Exclusion, LetterState
from portal.demo.ports import free_port
from workers.channels.webform import Webform
from workers.dispatch import LONGEST_RESPONSE, Dispatcher

A, S = AttemptOutcome, LetterState
THANKS = http("200 OK", "<p>Bedankt voor uw bericht</p>")


def enrolled(site: Site, key: str = "alfa", **told: object) -> Participant:
    form = a_form(site, f"/{key}", **told)
    return an_advertiser(key, channel=Channel.WEBFORM, form_url=form.url, form=form)


@pytest.fixture(scope="module")
def road() -> Webform:
    return Webform(1.0)


@pytest.fixture
def send(database: Database, road: Webform) -> Callable[..., int]:
    """Send what is due at a moment, with a worker of its own."""

    def due(now: datetime = DUE) -> int:
        clock = Clock(now, time.time(), 1.0)
        return Dispatcher(database, clock, Settings(), {Channel.WEBFORM: road}, "w1").send_due()

    return due


def faults(database: Database) -> list[str]:
    with database.reading() as session:
        return [fault.message for fault in channel_faults.lasting(session)]


def responses(database: Database) -> list[str | None]:
    with database.reading() as session:
        return list(session.scalars(select(Attempt.response).order_by(Attempt.id)))


def test_what_the_page_said_is_kept_with_the_attempt(database: Database, send: Callable[..., int]) -> None:
    long = "Bedankt\0 voor uw bericht " + "x" * LONGEST_RESPONSE
    with online({"/alfa": http("200 OK", long)}) as site:
        run_round(database, participants=[enrolled(site)])
        assert send() == 1
        url = site.at("/alfa")
    kept = only(responses(database))
    assert kept.startswith(f"HTTP 200 OK\n{url}\n\nBedankt voor uw bericht xxx")
    assert len(kept) == LONGEST_RESPONSE
    first = only(letters(database, 1))
    assert (first.state, first.remote_ref) == (S.SENT, "HTTP 200 OK")


@only_sqlite
def test_a_form_that_changed_is_named_and_logged_and_its_pair_waits_until_it_is_mended(
    database: Database, send: Callable[..., int], caplog: pytest.LogCaptureFixture
) -> None:
    old, new = page("naam", "email", "advertentie", "bericht"), page("naam", "email", "advertentie", "vraag")
    with online({"GET /alfa": http("200 OK", new), "POST /alfa": THANKS}) as site:
        run_round(database, participants=[enrolled(site, page=site.at("/alfa"), tokens=("csrf",))])
        with caplog.at_level(logging.WARNING):
            send()
        assert site.asked == ["GET /alfa"]
        first = only(letters(database, 1))
        assert (first.state, attempts(database)) == (S.PLANNED, [A.NOT_SENT])
        fault = f"het formulier op {site.at('/alfa')} is veranderd: nu zonder bericht; pas de beschrijving aan"
        assert faults(database) == [fault]
        assert f"Brief inquiry:{first.id}: not_sent in fase form: {fault}" in caplog.text
        assert "vraag" in str(responses(database)[0])
        site.pages["GET /alfa"] = http("200 OK", old)
        send(DUE + 10 * MINUTE)
    assert only(letters(database, 1)).state is S.SENT
    assert faults(database) == []


@only_sqlite
@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        (http("404 Not Found"), S.FAILED, "weigerde het bericht: HTTP 404 Not Found"),
        (http("200 OK", "Welkom"), S.UNCERTAIN, "HTTP 200 OK, zonder 'bedankt'"),
        (http("307 Temporary Redirect", Location="/"), S.UNCERTAIN, "nooit een tweede keer gepost"),
        (http("302 Found", Location="https://elders.example/"), S.UNCERTAIN, "hoort niet bij dit formulier"),
    ],
)
def test_a_form_that_does_not_take_its_message_is_named_once_and_never_tried_again(
    database: Database, send: Callable[..., int], answer: bytes, state: LetterState, said: str
) -> None:
    with online({"/alfa": answer}) as site:
        run_round(database, participants=[enrolled(site)])
        for hours in range(4):
            send(DUE + hours * HOUR)
        assert site.asked.count("POST /alfa") == 1
    assert only(letters(database, 1)).state is state
    assert said in only(faults(database))
    assert only(responses(database)).startswith(f"HTTP {answer.split()[1].decode()} ")


@only_sqlite
def test_a_refused_form_cancels_the_other_half_and_the_pair_does_not_count(
    database: Database, send: Callable[..., int]
) -> None:
    with online({"/alfa": http("422 Unprocessable Content", "Vul uw telefoonnummer in")}) as site:
        run_round(database, participants=[enrolled(site)])
        send()
    assert [row.state for row in letters(database)] == [S.FAILED, S.CANCELLED]
    with database.reading() as session:
        assert session.scalars(select(Pair.reason)).one() == Exclusion.NOT_SENT


@only_sqlite
def test_many_forms_on_one_server_share_its_faults_and_keep_their_own(
    database: Database, send: Callable[..., int]
) -> None:
    with online({"/alfa": THANKS, "/bravo": http("500 Internal Server Error")}) as site:
        people = [enrolled(site), enrolled(site, "bravo")]
        run_round(database, participants=people, rows=[a_listing(1), a_listing(2, "bravo")])
        with database.writing() as session:
            channel_faults.note(session, f"webform:127.0.0.1:{site.port}", "niet bereikbaar", DUE)
            channel_faults.note(session, site.at("/alfa"), "veranderd", DUE)
        assert send() == 2
    assert "/bravo bevestigde het bericht niet" in only(faults(database))


@only_sqlite
def test_a_server_that_is_away_is_one_fault_until_any_of_its_forms_is_taken(
    database: Database, send: Callable[..., int]
) -> None:
    port = free_port()
    people = [
        an_advertiser(key, channel=Channel.WEBFORM, form_url=f"http://127.0.0.1:{port}/{key}")
        for key in ("alfa", "bravo")
    ]
    run_round(database, participants=people, rows=[a_listing(1), a_listing(2, "bravo")])
    assert send() == 2
    assert only(faults(database)).startswith(f"127.0.0.1:{port}: ConnectError")
    assert [event.kind for event in events(database)].count("channel.fault") == 1
    assert attempts(database) == [A.NOT_SENT] * 2


@pytest.mark.long
@only_sqlite
def test_a_form_that_stays_broken_is_not_tried_for_ever(database: Database, send: Callable[..., int]) -> None:
    form = simple(f"http://127.0.0.1:{free_port()}/")
    run_round(database, participants=[an_advertiser(channel=Channel.WEBFORM, form_url=form.url, form=form)])
    for hours in range(0, 100, 4):
        send(DUE + hours * HOUR)
        _sweep(database, DUE + hours * HOUR)
    assert {row.state for row in letters(database)} == {S.EXPIRED}
    tried = attempts(database)
    assert set(tried) == {A.NOT_SENT}
    assert 1 < len(tried) < 20
    assert send(DUE + 7 * DAY) == 0


def _sweep(database: Database, now: datetime) -> None:
    Dispatcher(database, Clock(now, time.time(), 1.0), Settings(), {}, "w1").sweep()
