"""Mail that a provider brings by a signed request: stored once, whoever repeats it, and nothing without a signature."""

import logging
from dataclasses import replace

import pytest
from api_makers import KEY, LETTER, SETTINGS, an_event, program
from house_makers import events, letters, only_sqlite, run, send_both, together
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from test_api import problem

from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseAway
from orchestrator.models import Delivery, InboundMail, Reply
from orchestrator.rounds import answers
from orchestrator.settings import Settings
from profiles.errors import Refused
from workers.inbox import webhook
from workers.inbox.reading import read_stored
from workers.inbox.webhook import Event

ADDRESS = "/v1/inbound-mail"
MOMENT = Clock().now()


def stored(database: Database) -> list[InboundMail]:
    with database.reading() as session:
        return list(session.scalars(select(InboundMail).order_by(InboundMail.id)))


def deliveries(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(each.source, each.source_key) for each in session.scalars(select(Delivery))]


def test_a_signed_mail_is_stored_as_it_came_before_it_is_accepted(database: Database) -> None:
    answer = program(database).post(ADDRESS, content=LETTER, headers=an_event())
    assert (answer.status_code, answer.json()) == (202, {"event": "msg_1"})
    assert [mail.raw for mail in stored(database)] == [LETTER]
    assert deliveries(database) == [("webhook", "msg_1")]


@only_sqlite
def test_an_answer_that_is_brought_so_becomes_a_reply_of_its_letter(database: Database) -> None:
    run(database)
    send_both(database)
    raw = LETTER.replace(b"iemand@woonpost.example", letters(database)[0].reply_address.encode())
    assert program(database).post(ADDRESS, content=raw, headers=an_event(raw)).status_code == 202
    read_stored(database, Clock().now())
    with database.reading() as session:
        (reply,) = session.scalars(select(Reply))
        assert "woensdag" in reply.text


def test_the_same_event_again_gets_the_same_answer_and_is_stored_once(database: Database) -> None:
    client = program(database)
    answers_ = [client.post(ADDRESS, content=LETTER, headers=an_event(seconds=place)) for place in range(3)]
    assert {(each.status_code, each.text) for each in answers_} == {(202, '{"event":"msg_1"}')}
    assert len(stored(database)) == len(deliveries(database)) == 1


def test_the_same_event_twice_at_the_same_moment_is_stored_once(database: Database) -> None:
    event = Event("msg_1", int(MOMENT.timestamp()), "", LETTER)

    def bring() -> str:
        try:
            webhook.keep(database, Clock(), event)
        except Exception as error:  # noqa: BLE001 - the loser of a race may be told to try again, and nothing else
            return type(error).__name__
        return "kept"

    assert "kept" in together(bring, bring)
    assert len(stored(database)) == len(deliveries(database)) == 1


@pytest.mark.long
@only_sqlite
def test_a_mail_that_came_by_another_road_too_counts_once(database: Database) -> None:
    client = program(database)
    client.post(ADDRESS, content=LETTER, headers=an_event())
    client.post(ADDRESS, content=LETTER, headers=an_event(number="msg_2"))
    assert len(stored(database)) == 1
    assert len(deliveries(database)) == 2


@only_sqlite
def test_a_number_that_comes_with_another_mail_is_told_so_that_none_is_lost(database: Database) -> None:
    client, other = program(database), LETTER + b"En neem uw loonstrook mee.\r\n"
    client.post(ADDRESS, content=LETTER, headers=an_event())
    answer = client.post(ADDRESS, content=other, headers=an_event(other))
    assert problem(answer, 409)["code"] == "event-reused"
    assert [mail.raw for mail in stored(database)] == [LETTER]


@pytest.mark.parametrize(
    "changed",
    [
        {"Webhook-Signature": ""},
        {"Webhook-Signature": "v1,"},
        {"Webhook-Signature": "v1,niet base64"},
        {"Webhook-Signature": "v1," + "A" * 43 + "="},
        {"Webhook-Id": "msg_2"},
        {"Webhook-Timestamp": str(int(MOMENT.timestamp()) + 60)},
    ],
)
@only_sqlite
def test_what_was_not_signed_so_is_refused_and_not_stored(database: Database, changed: dict[str, str]) -> None:
    answer = program(database).post(ADDRESS, content=LETTER, headers={**an_event(seconds=1), **changed})
    assert problem(answer, 401)["code"] == "bad-signature"
    assert answer.headers["www-authenticate"] == "Webhook-Signature"
    assert stored(database) == []


@only_sqlite
def test_a_body_that_was_changed_on_its_way_is_refused(database: Database) -> None:
    answer = program(database).post(ADDRESS, content=LETTER + b" ", headers=an_event())
    assert problem(answer, 401)["code"] == "bad-signature"
    assert stored(database) == []


@pytest.mark.parametrize(("seconds", "status"), [(-310, 401), (-290, 202), (290, 202), (310, 401)])
@only_sqlite
def test_an_event_from_outside_the_window_is_refused_however_well_signed(
    database: Database, seconds: int, status: int
) -> None:
    answer = program(database).post(ADDRESS, content=LETTER, headers=an_event(seconds=seconds))
    assert answer.status_code == status
    assert len(stored(database)) == (status == 202)


@only_sqlite
def test_one_of_several_signatures_is_enough_while_a_provider_changes_its_key(database: Database) -> None:
    headers = an_event()
    headers["Webhook-Signature"] = f"v1,AAAA v2,x {headers['Webhook-Signature']}"
    assert program(database).post(ADDRESS, content=LETTER, headers=headers).status_code == 202


@only_sqlite
def test_everything_wrong_with_the_headers_is_told_at_once(database: Database) -> None:
    headers = {"Content-Type": "message/rfc822", "Webhook-Id": "a b", "Webhook-Signature": "v1,x"}
    told = problem(program(database).post(ADDRESS, content=LETTER, headers=headers), 400)
    assert {(each["name"].lower(), each["code"]) for each in told["errors"]} == {
        ("webhook-id", "string_pattern_mismatch"),
        ("webhook-timestamp", "missing"),
    }


@only_sqlite
def test_only_a_raw_mail_that_is_not_too_big_and_not_empty_is_taken(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = program(database)
    problem(client.post(ADDRESS, json={"mail": "x"}, headers={**an_event(), "Content-Type": "application/json"}), 415)
    problem(client.post(ADDRESS, content=b"", headers=an_event(b"")), 400)
    monkeypatch.setattr("portal.api.inbound.MOST_BYTES", len(LETTER) - 1)
    problem(client.post(ADDRESS, content=LETTER, headers=an_event()), 413)
    problem(client.post(ADDRESS, content=(part for part in (LETTER, LETTER)), headers=an_event()), 413)
    assert stored(database) == []


@only_sqlite
def test_an_installation_without_a_key_takes_no_mail_so(database: Database) -> None:
    answer = program(database, settings=Settings()).post(ADDRESS, content=LETTER, headers=an_event())
    assert problem(answer, 404)["code"] == "unknown-webhook"


@only_sqlite
def test_a_mail_that_could_not_be_stored_is_asked_for_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_told: object) -> None:
        raise DatabaseAway[0]("x", {}, Exception("weg"))

    monkeypatch.setattr(answers, "store", away)
    answer = program(database).post(ADDRESS, content=LETTER, headers=an_event())
    assert problem(answer, 503)["code"] == "not-stored"
    assert answer.headers["retry-after"] == "30"


@only_sqlite
def test_the_key_and_the_mail_stand_in_no_log_and_no_ledger(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = program(database)
    client.post(ADDRESS, content=LETTER, headers=an_event())
    client.post(ADDRESS, content=LETTER, headers={**an_event(), "Webhook-Signature": "v1,x"})
    said = caplog.text + str([each.data for each in events(database)]) + repr(SETTINGS)
    assert not [part for part in (KEY, KEY.removeprefix("whsec_"), "woensdag") if part in said]


@given(
    key=st.binary(min_size=24, max_size=64),
    number=st.text("abc_-.1", min_size=1, max_size=20),
    raw=st.binary(min_size=1, max_size=200),
    place=st.integers(0, 10_000),
)
def test_a_signature_holds_for_its_own_key_number_moment_and_bytes_alone(
    key: bytes, number: str, raw: bytes, place: int
) -> None:
    moment = int(MOMENT.timestamp())
    signature = webhook.signed(key, Event(number, moment, "", raw))
    webhook.check(key, Event(number, moment, signature, raw), MOMENT)
    at = place % len(raw)
    bent = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
    for other, told in (
        (key, Event(number, moment, signature, bent)),
        (key, Event(number + "x", moment, signature, raw)),
        (key, Event(number, moment + 1, signature, raw)),
        (key[:-1] + bytes([key[-1] ^ 1]), Event(number, moment, signature, raw)),
    ):
        with pytest.raises(Refused, match="bad-signature"):
            webhook.check(other, told, MOMENT)


def test_a_signature_is_what_standard_webhooks_says_it_is() -> None:
    """The example of the specification (github.com/standard-webhooks), computed by its own libraries."""
    settings = Settings(inbound_key="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    assert settings.webhook_key
    event = Event("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "", b'{"test": 2432232314}')
    assert webhook.signed(settings.webhook_key, event) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("key", ["geheim", "whsec_kort", "whsec_geen base64!", "c2xldXRlbCB2YW4gZGUgbWFpbHByb3ZpZGVy"])
def test_a_key_that_cannot_be_right_is_refused_at_the_start_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_INBOUND_KEY", key)
    with pytest.raises(Exception, match="bad-key") as told:
        Settings.from_env()
    assert key not in str(told.value)


def test_a_signature_is_taken_in_one_spelling_only() -> None:
    """The last letter of its Base64 has two bits that say nothing: "A" and "B" there are the same bytes."""
    key, moment = b"k" * 32, int(MOMENT.timestamp())
    events = (Event(f"msg_{number}", moment, "", b"x") for number in range(500))
    event = next(each for each in events if webhook.signed(key, each).endswith("A="))
    right = webhook.signed(key, event)
    webhook.check(key, replace(event, signatures=right), MOMENT)
    with pytest.raises(Refused, match="bad-signature"):
        webhook.check(key, replace(event, signatures=f"{right[:-2]}B="), MOMENT)
