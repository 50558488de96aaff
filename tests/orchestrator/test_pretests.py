"""A pretest: who is asked what, what is kept, and what becomes of it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from bank_makers import NAMES
from house_makers import events, only_sqlite, refused, together
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select, text

from orchestrator import ledger, pretests
from orchestrator.db import Database, DatabaseError
from orchestrator.models import Rater, Rating
from orchestrator.pretests import MOST_A_MINUTE, RIGHT, Item, Judgement, row_of
from profiles.errors import Refused
from profiles.perception import Perception
from profiles.profile import Gender

KEY = "proef"
NOON = datetime(2026, 9, 7, 10, 0, tzinfo=UTC)
ASKED = [*NAMES.of("dutch", Gender.MALE)[:5], *NAMES.of("moroccan", Gender.MALE)[:5]]
DUTCH = Judgement("dutch", 4, 1)


def opened(database: Database, per_rater: int = 5, seed: int = 7) -> None:
    with database.writing() as session:
        pretests.start(session, KEY, ASKED, per_rater, "anna", NOON, seed)


def begin(database: Database, now: datetime = NOON) -> str:
    with database.writing() as session:
        return pretests.begin(session, KEY, now)


def item(database: Database, token: str, place: int) -> Item:
    with database.reading() as session:
        return pretests.item(session, KEY, token, place)


def next_place(database: Database, token: str) -> int | None:
    with database.reading() as session:
        return pretests.next_place(session, KEY, token)


def judge(database: Database, token: str, place: int, said: Judgement = DUTCH, now: datetime = NOON) -> None:
    with database.writing() as session:
        pretests.judge(session, KEY, token, place, said, now)


def attend(database: Database, token: str, answer: int = RIGHT) -> None:
    with database.writing() as session:
        pretests.attend(session, KEY, token, answer)


def fill(database: Database, token: str, said: Judgement = DUTCH, control: int = RIGHT, most: int = 99) -> None:
    """Answer so many pages, one after the other."""
    for _ in range(most):
        place = next_place(database, token)
        if place is None:
            return
        if item(database, token, place).name is None:
            attend(database, token, control)
        else:
            judge(database, token, place, said)


def until_control(database: Database, token: str) -> int:
    """How many names come before the control question."""
    places = iter(range(1, 99))
    return next(place for place in places if item(database, token, place).name is None) - 1


def closed(database: Database) -> pretests.Outcome:
    with database.writing() as session:
        pretests.close(session, KEY, "anna", NOON + timedelta(days=9))
    with database.reading() as session:
        return pretests.outcome(session, KEY)


def ratings(database: Database) -> list[Rating]:
    with database.reading() as session:
        return list(session.scalars(select(Rating).order_by(Rating.id)))


# Who is asked what.


@given(st.integers(0, 2**53 - 1), st.integers(4, 60), st.data())
def test_a_rater_judges_different_names_with_the_control_question_among_them(
    seed: int, names: int, data: st.DataObject
) -> None:
    per_rater, number = data.draw(st.integers(4, names)), data.draw(st.integers(0, 500))
    row = row_of(seed, names, per_rater, number)
    judged = [name for name in row if name is not None]
    assert len(set(judged)) == len(judged) == per_rater
    assert set(judged) <= set(range(names))
    assert 0 < row.index(None) < per_rater
    assert row == row_of(seed, names, per_rater, number)


@settings(max_examples=30)
@given(st.integers(0, 2**53 - 1), st.integers(4, 60), st.data())
def test_names_are_asked_equally_often(seed: int, names: int, data: st.DataObject) -> None:
    per_rater, rounds = data.draw(st.integers(4, names)), data.draw(st.integers(1, 6))
    raters = rounds * -(-names // per_rater)
    asked = Counter(name for number in range(raters) for name in row_of(seed, names, per_rater, number))
    del asked[None]
    assert len(asked) == names
    assert max(asked.values()) - min(asked.values()) <= rounds


def test_raters_see_the_names_in_orders_of_their_own() -> None:
    rows = [row_of(7, 10, 10, number) for number in range(20)]
    assert len(set(rows)) == 20
    first = Counter(row_of(7, 10, 10, number)[0] for number in range(2000))
    assert min(first.values()) > 120


# What is kept.


def test_a_rater_judges_name_after_name_and_then_is_done(database: Database) -> None:
    opened(database)
    token = begin(database)
    seen = []
    for place in range(1, 7):
        assert next_place(database, token) == place
        seen.append(item(database, token, place).name)
        fill(database, token, most=1)
    assert next_place(database, token) is None
    assert seen.count(None) == 1
    assert {name for name in seen if name} <= {name.full for name in ASKED}
    assert len(ratings(database)) == 5


def test_of_a_rater_nothing_is_kept_but_the_answers(database: Database) -> None:
    columns = {column["name"] for column in inspect(database.engine).get_columns("rater")}
    assert columns == {"id", "pretest_id", "number", "token", "started_at", "attentive"}


def test_a_form_that_is_sent_twice_at_once_is_one_judgement(database: Database) -> None:
    opened(database)
    token = begin(database)
    together(*(lambda: judge(database, token, 1),) * 4)
    (rating,) = ratings(database)
    assert (rating.background, rating.class_heard, rating.religiosity) == ("dutch", 4, 1)


def test_who_goes_back_can_still_change_a_judgement_until_the_end(database: Database) -> None:
    opened(database)
    token = begin(database)
    fill(database, token, most=3)
    judge(database, token, 1, Judgement("polish", 2, 3))
    assert item(database, token, 1).given == Judgement("polish", 2, 3)
    assert next_place(database, token) == 4
    fill(database, token)
    assert item(database, token, 1).settled
    judge(database, token, 1, DUTCH)
    assert item(database, token, 1).given == Judgement("polish", 2, 3)


@only_sqlite
def test_only_the_first_answer_to_the_control_question_counts(database: Database) -> None:
    opened(database)
    token = begin(database)
    fill(database, token, control=5)
    attend(database, token, RIGHT)
    assert closed(database).progress.inattentive == 1


def test_two_who_begin_at_once_are_two_raters(database: Database) -> None:
    opened(database)
    tokens = together(*(lambda: begin(database),) * 4)
    assert len(set(tokens)) == 4
    with database.reading() as session:
        assert sorted(session.scalars(select(Rater.number))) == [0, 1, 2, 3]


@only_sqlite
def test_no_more_begin_in_a_minute_than_people_would(database: Database) -> None:
    opened(database)
    for _ in range(MOST_A_MINUTE):
        begin(database)
    with refused("pretest-busy"):
        begin(database, NOON + timedelta(seconds=59))
    begin(database, NOON + timedelta(seconds=61))


@only_sqlite
@pytest.mark.parametrize(("column", "value"), [("class_heard", 6), ("religiosity", 0)])
def test_the_database_itself_forbids_a_judgement_off_the_scale(database: Database, column: str, value: int) -> None:
    opened(database)
    judge(database, begin(database), 1)
    with pytest.raises(DatabaseError), database.writing() as session:
        session.execute(text(f"UPDATE rating SET {column} = {value}"))  # noqa: S608


# Where it says no.


@only_sqlite
def test_an_unknown_pretest_rater_or_page_is_refused(database: Database) -> None:
    with refused("unknown-pretest"):
        begin(database)
    opened(database)
    token = begin(database)
    for strange, place in [("onzin", 1), (token, 0), (token, 7), (token, 99)]:
        with refused("unknown-page"):
            item(database, strange, place)


@only_sqlite
def test_a_token_opens_no_pages_of_another_pretest(database: Database) -> None:
    opened(database)
    token = begin(database)
    with database.writing() as session:
        pretests.start(session, "andere", ASKED, 4, "anna", NOON)
    with refused("unknown-page"), database.reading() as session:
        pretests.item(session, "andere", token, 1)


@only_sqlite
def test_a_closed_pretest_takes_no_rater_and_no_answer(database: Database) -> None:
    opened(database)
    token = begin(database)
    closed(database)
    for step in (lambda: begin(database), lambda: judge(database, token, 1), lambda: next_place(database, token)):
        with refused("pretest-closed"):
            step()
    assert ratings(database) == []


@only_sqlite
@pytest.mark.parametrize(
    ("key", "per_rater", "problem"),
    [("Proef 1", 5, "bad-key"), ("", 5, "bad-key"), ("proef", 3, "bad-number"), ("proef", 11, "bad-number")],
)
def test_a_pretest_that_cannot_be_is_refused(database: Database, key: str, per_rater: int, problem: str) -> None:
    with refused(problem), database.writing() as session:
        pretests.start(session, key, ASKED, per_rater, "anna", NOON)


@only_sqlite
def test_a_name_of_a_pretest_is_used_once(database: Database) -> None:
    opened(database)
    with refused("known-pretest"):
        opened(database)


@only_sqlite
def test_opening_and_closing_stand_in_the_ledger_and_judging_does_not(database: Database) -> None:
    opened(database)
    fill(database, begin(database))
    closed(database)
    assert [event.kind for event in events(database)] == ["pretest.opened", "pretest.closed"]
    with database.reading() as session:
        assert list(ledger.faults(session)) == []


# What becomes of it.


@pytest.fixture
def judged(database: Database) -> pretests.Outcome:
    """Four raters judge all ten names: one errs on every Moroccan name, one fails the control, one leaves early."""
    opened(database, per_rater=10)
    for number in range(2):
        token = begin(database)
        while (place := next_place(database, token)) is not None:
            name = item(database, token, place).name
            if name is None:
                attend(database, token)
                continue
            dutch = name in {each.full for each in ASKED[:5]}
            right = "dutch" if dutch else "moroccan"
            judge(database, token, place, Judgement(right if dutch or number == 0 else "unknown", 4 - number, 2))
    fill(database, begin(database), Judgement("polish", 1, 5), control=RIGHT + 1)
    early = begin(database)
    fill(database, early, Judgement("polish", 1, 5), most=until_control(database, early))
    return closed(database)


def test_the_record_of_a_name_counts_attentive_raters_only(judged: pretests.Outcome) -> None:
    records = {record.full: record for record in judged.records}
    assert set(records) == {name.full for name in ASKED}
    for name in ASKED:
        share = 1.0 if name.name_set == "dutch" else 0.5
        assert records[name.full] == Perception(
            name.first, name.last, name.name_set, 2026, 2, share, 3.5, 2.0, "vooronderzoek proef"
        )


def test_who_did_not_count_is_counted(judged: pretests.Outcome) -> None:
    seen = judged.progress
    assert (seen.raters, seen.finished, seen.attentive, seen.inattentive, seen.undecided) == (4, 3, 2, 1, 1)
    assert (seen.names, seen.fewest) == (10, 2)
    assert judged.unjudged == ()


@only_sqlite
def test_who_leaves_after_the_control_question_counts_with_what_they_judged(database: Database) -> None:
    opened(database, per_rater=10)
    token = begin(database)
    many = until_control(database, token)
    fill(database, token, most=many + 1)
    found = closed(database)
    assert len(found.records) == many
    assert len(found.unjudged) == 10 - many


@only_sqlite
def test_nobody_sees_the_figures_before_the_pretest_is_closed(database: Database) -> None:
    opened(database)
    with database.reading() as session, pytest.raises(Refused, match="pretest-open"):
        pretests.outcome(session, KEY)


@only_sqlite
def test_a_pretest_that_nobody_judged_has_no_records(database: Database) -> None:
    opened(database)
    found = closed(database)
    assert found.records == ()
    assert len(found.unjudged) == 10
