"""No advertiser meets a name twice: over a round, over rounds, and when a round grows."""

from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from feed_makers import MONDAY, feeding, grow, offer
from house_makers import (
    DAY,
    PLANNED,
    a_listing,
    a_monday,
    an_advertiser,
    letters,
    meddle,
    only_sqlite,
    plan,
    run,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from orchestrator import exposure
from orchestrator.assignment import Seat, draw
from orchestrator.chance import generator
from orchestrator.db import Database
from orchestrator.design import Calendar, read_design
from orchestrator.detection import Sign
from orchestrator.forms_file import with_forms
from orchestrator.intake import read_listings, read_participants
from orchestrator.models import Inquiry, Pair, Refusal, Round
from orchestrator.people import profile_of
from orchestrator.rounds import casting, lifecycle, planning
from orchestrator.states import LetterState
from profiles.catalogue import load
from profiles.letters import variants

EXAMPLE = Path(__file__).parents[2] / "examples" / "amersfoort-2026"


def names(database: Database, round_name: str | None = None) -> dict[str, list[str]]:
    """The full names under the letters of each advertiser, of one round or of all."""
    found = defaultdict(list)
    with database.reading() as session:
        for row in session.scalars(select(Inquiry).order_by(Inquiry.id)):
            if round_name in (None, row.pair.round.name):
                found[row.pair.listing.advertiser.key].append(row.sender_name)
    return found


def by_listing(database: Database) -> dict[str, set[str]]:
    found = defaultdict(set)
    for row in letters(database):
        found[row.pair.listing.key].add(row.sender_name)
    return found


def repeated(database: Database) -> dict[str, list[str]]:
    counted = {key: Counter(own) for key, own in names(database).items()}
    return {key: again for key, own in counted.items() if (again := [name for name, times in own.items() if times > 1])}


@pytest.mark.long
def test_in_the_example_no_advertiser_gets_a_name_twice_and_the_meter_shows_it(database: Database) -> None:
    design = read_design(EXAMPLE / "round.yaml")
    participants = with_forms(read_participants(EXAMPLE / "participants.csv"), EXAMPLE / "forms.yaml")
    rows = read_listings(EXAMPLE / "listings.csv", participants)
    now = Calendar(design.schedule).first - 3 * DAY
    with database.writing() as session:
        planning.plan(session, design, participants, rows, actor="anna", now=now)
    assert sum(map(len, names(database).values())) == 480
    assert repeated(database) == {}
    with database.reading() as session:
        meters = [row.then for row in exposure.of_round(session, design.round, now)]
    assert len(meters) == 40
    for sign in (Sign.NAME, Sign.SURNAME, Sign.FIRST_NAME):
        place = list(Sign).index(sign)
        assert {meter.measures[place].value for meter in meters} == {1}


@only_sqlite
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, 2**53 - 1), st.floats(0, 0.5), st.integers(1, 16))
def test_whatever_the_seed_and_the_share_of_sham_pairs_no_name_comes_twice(
    database: Database, seed: int, sham: float, many: int
) -> None:
    plan(database, a_monday(seed=seed, question={"sham_share": sham}), rows=many)
    assert repeated(database) == {}
    assert len(letters(database)) == 2 * many


@only_sqlite
def test_names_do_not_depend_on_the_order_in_which_listings_are_given(database: Database) -> None:
    people = [an_advertiser(), an_advertiser("bravo")]
    rows = [a_listing(number, people[number % 2].advertiser) for number in range(1, 25)]
    plan(database, participants=people, rows=rows)
    first = by_listing(database)
    generator(3).shuffle(rows)
    plan(database, participants=people, rows=rows)
    assert by_listing(database) == first


@only_sqlite
def test_names_are_used_as_often_as_each_other_and_with_either_order(database: Database) -> None:
    people = [an_advertiser(f"kantoor-{number}") for number in range(30)]
    plan(
        database, participants=people, rows=[a_listing(number, people[number % 30].advertiser) for number in range(240)]
    )
    signed = letters(database)
    for name_set in ("dutch", "moroccan"):
        own = [row for row in signed if profile_of(row).name.name_set == name_set]
        used = Counter(row.sender_name for row in own)
        assert max(used.values()) - min(used.values()) <= 1
        first = Counter(row.sender_name for row in own if row.order == 1)
        assert all(abs(2 * first[name] - many) <= 2 for name, many in used.items())


@only_sqlite
def test_an_advertiser_that_has_met_all_names_gets_no_more_pairs_and_it_is_told_why(database: Database) -> None:
    plan(database, rows=45)
    assert len(letters(database)) == 2 * 40
    assert repeated(database) == {}
    with database.reading() as session:
        assert list(session.scalars(select(Refusal.reason))) == ["geen-naam"] * 5


@only_sqlite
def test_a_pair_from_a_feed_gets_names_that_its_advertiser_has_not_met_in_whatever_batches(database: Database) -> None:
    run(database, feeding(), rows=6)
    before = by_listing(database)
    grow(database, *(offer(number) for number in range(1, 6)))
    grow(database, *(offer(number) for number in range(6, 9)), now=MONDAY + timedelta(hours=1))
    assert repeated(database) == {}
    assert len(letters(database)) == 2 * 14
    assert before.items() <= by_listing(database).items()


@only_sqlite
def test_a_letter_that_was_cancelled_keeps_its_name_for_this_round(database: Database) -> None:
    run(database, feeding(), rows=6)
    meddle(database, update(Inquiry).values(state=LetterState.CANCELLED))
    grow(database, *(offer(number) for number in range(1, 9)))
    assert repeated(database) == {}


@only_sqlite
def test_a_listing_from_a_feed_is_refused_when_no_name_is_left(database: Database) -> None:
    design = feeding()
    question = design.question.model_copy(update={"sham_share": 0.0})
    run(database, design.model_copy(update={"question": question}), rows=38)
    assert grow(database, *(offer(number) for number in range(1, 6))) == 2
    with database.reading() as session:
        assert list(session.scalars(select(Refusal.reason))) == ["geen-naam"] * 3


@only_sqlite
def test_the_applicants_of_a_pair_can_be_drawn_again_from_the_design_and_the_turn_alone(database: Database) -> None:
    ended(database, LetterState.SENT)
    design = feeding().model_copy(update={"round": "volgende-2026", "seed": 8})
    run(database, design, rows=30)
    grow(database, *(offer(number) for number in range(1, 6)), name="volgende-2026")
    turns = []
    with database.reading() as session:
        for pair in session.scalars(select(Pair).join(Round).where(Round.name == "volgende-2026")):
            cast = draw(design, pair.listing.key, variants(design.letters.level), Seat(pair.sham, pair.place))
            again = casting.applicants(design, load(), cast, pair.listing.rent, (pair.turn,))
            assert [again.of(row.arm) for row in pair.inquiries] == [profile_of(row) for row in pair.inquiries]
            turns.append(pair.turn)
    assert len(turns) == 35
    assert sum(turn > 0 for turn in turns) > 10


def ended(database: Database, state: LetterState) -> None:
    """A first round of twelve pairs whose letters have this state, and that is over."""
    plan(database, rows=12)
    meddle(database, update(Inquiry).values(state=state))
    with database.writing() as session:
        lifecycle.abort(session, "proef-2026", "r.visser", PLANNED, "klaar")


@only_sqlite
@pytest.mark.parametrize(
    ("state", "fresh"),
    [(LetterState.SENT, True), (LetterState.UNCERTAIN, True), (LetterState.CANCELLED, False)],
    ids=lambda value: getattr(value, "value", value),
)
def test_a_next_round_takes_names_that_its_advertisers_have_not_met(
    database: Database, state: LetterState, fresh: bool
) -> None:
    ended(database, state)
    plan(database, a_monday(round="volgende-2026", seed=8), rows=12)
    assert (repeated(database) == {}) is fresh


@only_sqlite
def test_when_all_names_are_known_from_earlier_rounds_a_next_round_uses_each_once(database: Database) -> None:
    ended(database, LetterState.SENT)
    wishes: dict[str, Any] = {"round": "volgende-2026", "seed": 8}
    plan(database, a_monday(**wishes), rows=36)
    own = names(database, "volgende-2026")["alfa"]
    assert len(own) == len(set(own)) == 72
