"""The pause of an advertiser: nothing goes to it while it lasts, courtesy letters still do, and a person ends it."""

from datetime import datetime

from house_makers import (
    DAY,
    DUE,
    GRACE,
    HOUR,
    MINUTE,
    ROUND,
    SECOND,
    TUESDAY,
    a_listing,
    an_advertiser,
    answered,
    claim,
    claim_declines,
    events,
    gate,
    index,
    letter,
    letters,
    listings,
    only,
    only_sqlite,
    refused,
    refuses,
    run,
    send,
    send_both,
    states,
    sweep,
    together,
)
from sqlalchemy import select

from orchestrator import views
from orchestrator.db import Database, Session
from orchestrator.models import Decline, Hold
from orchestrator.rounds import holds, lifecycle
from orchestrator.states import LetterState, PairState
from orchestrator.views import HeldAdvertiser
from profiles.errors import Refused

S = LetterState


def hold(database: Database, key: str = "alfa", now: datetime = DUE, reason: str = "vijf keer dezelfde naam") -> None:
    with database.writing() as session:
        holds.hold(session, key, reason, "m.dekker", now)


def lift(database: Database, key: str = "alfa", now: datetime = DUE) -> None:
    with database.writing() as session:
        holds.lift(session, key, "r.visser", now)


def held(database: Database) -> list[HeldAdvertiser]:
    with database.reading() as session:
        return list(views.held_advertisers(session))


def why_waiting(database: Database, now: datetime = DUE) -> str:
    with database.reading() as session:
        return views.monitor(session, ROUND, now).why_waiting


def test_a_held_advertiser_gets_no_first_letter_at_the_claim_nor_at_the_gate(database: Database) -> None:
    def pause(session: Session) -> None:
        holds.hold(session, "alfa", "kijk eerst", "m.dekker", DUE)

    run(database)
    refuses(database, pause)


def test_a_held_advertiser_gets_no_second_letter_at_the_claim_nor_at_the_gate(database: Database) -> None:
    run(database)
    send(database)
    second = only(letters(database, 2))
    claimed = only(claim(database, second.planned_at))
    hold(database, now=second.planned_at)
    assert gate(database, claimed, second.planned_at) is None
    assert claim(database, second.planned_at + MINUTE) == []
    assert letter(database, claimed).state is S.CLAIMED


def test_a_pause_stops_its_own_advertiser_only(database: Database) -> None:
    rows = [*listings(2), a_listing(9, "beta")]
    run(database, participants=[an_advertiser(), an_advertiser("beta")], rows=rows)
    hold(database)
    beta = index(database, "verhuur@beta.example")
    assert [letter(database, sent).address_index for sent in send(database)] == [beta]


def test_letters_go_again_after_the_pause_is_lifted(database: Database) -> None:
    run(database)
    hold(database)
    assert send(database) == []
    lift(database)
    assert len(send(database)) == 1


def test_a_second_letter_waits_for_the_lift_and_goes_while_it_is_not_too_late(database: Database) -> None:
    run(database)
    send(database)
    second = only(letters(database, 2))
    hold(database)
    sweep(database, second.not_after)
    assert only(letters(database, 2)).state is S.PLANNED
    lift(database, now=TUESDAY)
    assert len(send(database, TUESDAY)) == 1
    assert states(database) == [S.SENT, S.SENT]


def test_a_second_letter_that_waits_too_long_expires_and_its_pair_does_not_count(database: Database) -> None:
    run(database)
    send(database)
    hold(database)
    late = only(letters(database, 2)).not_after + GRACE + SECOND
    sweep(database, late)
    assert states(database) == [S.SENT, S.EXPIRED]
    lift(database, now=late)
    with database.writing() as session:
        lifecycle.collect(session, ROUND, "r.visser", late)
        lifecycle.close(session, ROUND, "r.visser", late + 20 * DAY)
    pair = letters(database)[0].pair
    assert (pair.state, pair.reason) == (PairState.EXCLUDED, "niet-verzonden")


def test_a_viewing_is_given_back_to_a_held_advertiser(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 1, "UITNODIGING")
    hold(database, now=TUESDAY)
    later = TUESDAY + 3 * HOUR
    thanks = only(claim_declines(database, later))
    assert thanks.kind is Decline
    assert gate(database, thanks, later) is not None


def test_a_pause_and_its_end_are_one_event_each_with_actor_and_reason(database: Database) -> None:
    run(database)
    hold(database)
    lift(database)
    paused, ended = events(database)[-2:]
    assert (paused.kind, paused.actor, paused.data) == (
        "advertiser.held",
        "m.dekker",
        {"reason": "vijf keer dezelfde naam"},
    )
    assert (ended.kind, ended.actor) == ("advertiser.lifted", "r.visser")
    with database.reading() as session:
        row = session.scalars(select(Hold)).one()
    assert (row.since, row.lifted_at, row.lifted_by) == (DUE, DUE, "r.visser")


@only_sqlite
def test_an_advertiser_has_one_pause_at_a_time_and_none_to_lift_without(database: Database) -> None:
    run(database)
    with refused("not-held"):
        lift(database)
    hold(database)
    with refused("already-held"):
        hold(database, reason="nog een keer")
    with refused("unknown-advertiser"):
        hold(database, "niemand")
    lift(database)
    hold(database, now=DUE + DAY)
    assert only(held(database)).since == DUE + DAY


def test_of_two_who_pause_at_once_the_second_is_told_of_the_first(database: Database) -> None:
    run(database)

    def paused() -> bool:
        try:
            hold(database)
        except Refused:
            return False
        return True

    assert sorted(together(paused, paused)) == [False, True]
    assert len(held(database)) == 1


def test_what_is_held_is_shown_with_what_waits_for_it_and_when_that_expires(database: Database) -> None:
    run(database, participants=[an_advertiser(), an_advertiser("beta")], rows=2)
    send(database)
    hold(database, "beta", DUE - HOUR, "op verzoek")
    hold(database)
    idle, waiting = held(database)
    assert (idle.advertiser, idle.waiting, idle.expires) == ("beta", 0, None)
    assert (waiting.name, waiting.reason, waiting.since) == ("Makelaardij Alfa", "vijf keer dezelfde naam", DUE)
    seconds = letters(database, 2)
    assert (waiting.waiting, waiting.expires) == (2, min(row.not_after for row in seconds))
    with database.reading() as session:
        assert [each.advertiser for each in views.monitor(session, ROUND, DUE).held] == ["alfa"]


@only_sqlite
def test_a_round_that_waits_for_a_lift_only_says_so(database: Database) -> None:
    run(database, participants=[an_advertiser(), an_advertiser("beta")], rows=[a_listing(1), a_listing(2, "beta")])
    hold(database)
    assert why_waiting(database) == "Er is een reactie aan de beurt."
    hold(database, "beta")
    assert "pauze" in why_waiting(database)
    lift(database)
    assert why_waiting(database) == "Er is een reactie aan de beurt."
