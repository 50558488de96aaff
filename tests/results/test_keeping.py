"""What is kept of a closed round is what its rows come to, or it is not told."""

import random
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from house_makers import PLANNED, ROUND, TUESDAY, a_listing, a_monday, an_advertiser, only_sqlite, plan
from query_plans import overheard, steps
from sqlalchemy import select, text, update

from orchestrator import pair_outcomes
from orchestrator.db import Database, Session
from orchestrator.models import Advertiser, Inquiry, Listing, OutcomeBook, Pair, PairOutcome, Reply, Round
from orchestrator.rounds import lookup
from orchestrator.states import Exclusion, LetterState, PairState, RoundState
from results import context_effect, keeping, outcomes, tables
from results.reports import Audience, build, figures
from results.tables import RoundTable

OFFICES = ("alfa", "beta", "Gamma", "delta")
SENT = (LetterState.SENT,) * 12
LABELS = (None, *outcomes.labels())


def a_closed_round(database: Database, chance: random.Random, *, pairs: int = 60, name: str = ROUND) -> None:
    """A round in which everything happened that can, also what should not: late, uncoded, bounced, excluded, sham."""
    design = a_monday(round=name, question={"sham_share": 0.2}, sample={"pairs": pairs, "per_advertiser": 100})
    homes = [a_listing(each, OFFICES[each % 4], district=f"wijk {each % 3}") for each in range(1, pairs + 1)]
    plan(database, design, participants=[an_advertiser(key) for key in OFFICES], rows=homes)
    with database.writing() as session:
        for pair in session.scalars(select(Pair).join(Round).where(Round.name == name).order_by(Pair.id)):
            _come_true(session, pair, chance)
        close(session, name=name)


def close(session: Session, state: RoundState = RoundState.CLOSED, *, name: str = ROUND) -> None:
    round_ = lookup.find(session, name)
    round_.state, round_.closed_at = state, TUESDAY + timedelta(days=30)


def _come_true(session: Session, pair: Pair, chance: random.Random) -> None:
    pair.state = chance.choice([PairState.USABLE] * 8 + [PairState.EXCLUDED, PairState.OPEN])
    pair.reason = chance.choice(list(Exclusion)).value if pair.state is PairState.EXCLUDED else None
    for letter in pair.inquiries:
        letter.state = chance.choice([*SENT, *LetterState])
        letter.sent_at = (
            PLANNED + timedelta(days=3) if letter.state is LetterState.SENT or chance.random() < 0.1 else None
        )
        for _each in range(chance.choice([0, 1, 1, 2])):
            session.add(a_reply(letter, chance))


def a_reply(letter: Inquiry, chance: random.Random) -> Reply:
    label = chance.choice((*LABELS, *["UITNODIGING"] * 25))
    at = PLANNED + timedelta(days=3) + timedelta(days=chance.choice([0.1, 1, 2, 40]))
    told: dict[str, Any] = {"kind": "human", "proposal": "OVERIG", "rule": 0, "confidence": 0.5}
    return Reply(inquiry_id=letter.id, received_at=at, label=label, **told)


def keep(database: Database) -> None:
    """Keep all, once whatever another test of this server has in hand is done: what began before is waited for."""
    until = time.monotonic() + 30
    while not keeping.keep(database):
        assert time.monotonic() < until
        time.sleep(0.05)


def short(database: Database, office: str = "alfa") -> RoundTable:
    with database.reading() as session:
        return tables.of_office(session, ROUND, office)


def same(database: Database) -> None:
    """What is told of every office, and of notes on pairs, is what all rows would tell."""
    with database.reading() as session:
        whole = tables.load(session, ROUND)
        for office in OFFICES:
            table = tables.of_office(session, ROUND, office)
            assert table.facts == whole.facts
            assert table.offices.get(office) == whole.offices.get(office)
            assert figures.everyone(table) == figures.everyone(whole)
            assert build(table, Audience.BROKER, advertiser=office) == build(whole, Audience.BROKER, advertiser=office)
        codes = {row.pair for row in whole.rows[::7]}
        assert context_effect.of_round(session, ROUND, codes) == context_effect.of(whole, codes)
        if (counted := tables.counted_only(session, ROUND)) is not None:
            rows = figures.real(whole.rows)
            assert figures.analysed_kept(counted.kept or (), 0.95) == figures.analysed(rows, 0.95)


def one(session: Session, kind: Any, chance: random.Random) -> Any:
    return chance.choice(session.scalars(select(kind).order_by(kind.id)).all())


def _answered(session: Session, chance: random.Random) -> None:
    session.add(a_reply(one(session, Inquiry, chance), chance))


def _coded(session: Session, chance: random.Random) -> None:
    one(session, Reply, chance).label = chance.choice(LABELS)


def _late(session: Session, chance: random.Random) -> None:
    one(session, Reply, chance).received_at += timedelta(days=chance.choice([-30, 30]))


def _moved(session: Session, chance: random.Random) -> None:
    one(session, Reply, chance).inquiry_id = one(session, Inquiry, chance).id


def _gone(session: Session, chance: random.Random) -> None:
    session.delete(one(session, Reply, chance))


def _sent(session: Session, chance: random.Random) -> None:
    letter = one(session, Inquiry, chance)
    went = letter.state is LetterState.SENT
    letter.state = chance.choice([LetterState.FAILED, LetterState.UNCERTAIN]) if went else LetterState.SENT
    letter.sent_at = PLANNED + timedelta(days=3)


def _at_another_time(session: Session, chance: random.Random) -> None:
    letters = session.scalars(select(Inquiry).where(Inquiry.state == LetterState.SENT).order_by(Inquiry.id)).all()
    chance.choice(letters).sent_at = PLANNED - timedelta(days=chance.choice([1, 35]))


def _claimed(session: Session, chance: random.Random) -> None:
    letters = session.scalars(select(Inquiry).where(Inquiry.state != LetterState.SENT).order_by(Inquiry.id)).all()
    chance.choice(letters).state = LetterState.CANCELLED


def _judged(session: Session, chance: random.Random) -> None:
    one(session, Pair, chance).state = chance.choice(list(PairState))


def _elsewhere(session: Session, chance: random.Random) -> None:
    one(session, Listing, chance).district = "verhuisd"


def _sold(session: Session, chance: random.Random) -> None:
    one(session, Listing, chance).advertiser_id = one(session, Advertiser, chance).id


def _renamed(session: Session, chance: random.Random) -> None:
    one(session, Advertiser, chance).name = "Makelaardij Nieuw"


CHANGES: list[Callable[[Session, random.Random], None]] = [
    _answered, _coded, _late, _moved, _gone, _sent, _at_another_time, _claimed, _judged, _elsewhere,
    _sold, _renamed,
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("seed", range(4))
def test_kept_outcomes_are_those_of_the_rows_at_every_step_of_what_happens_to_them(
    database: Database, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - nothing to guess
    a_closed_round(database, chance)
    same(database)
    keep(database)
    assert short(database).kept is not None
    same(database)
    for change in chance.sample(CHANGES, len(CHANGES)):
        with database.writing() as session:
            change(session, chance)
        same(database)
        keep(database)
        assert short(database).kept is not None
        same(database)


@pytest.mark.parametrize(
    "change", [each for each in CHANGES if each not in (_renamed, _claimed)], ids=lambda each: each.__name__
)
def test_after_a_change_no_kept_count_is_told_and_one_pair_alone_is_made_again(
    database: Database, change: Callable[[Session, random.Random], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(7)  # noqa: S311 - nothing to guess
    a_closed_round(database, chance, pairs=12)
    keep(database)
    with database.writing() as session:
        change(session, chance)
    assert short(database).kept is None
    read: list[int] = []
    made = tables.made
    monkeypatch.setattr(
        tables, "made", lambda session, round_, pairs: read.extend(pairs) or made(session, round_, pairs)
    )
    keep(database)
    assert short(database).kept is not None
    assert 1 <= len(read) <= 2


def test_of_a_round_that_can_still_change_nothing_is_kept_or_told(database: Database) -> None:
    a_closed_round(database, random.Random(1), pairs=12)  # noqa: S311 - nothing to guess
    with database.writing() as session:
        close(session, RoundState.COLLECTING)
    keep(database)
    with database.reading() as session:
        assert session.scalars(select(PairOutcome.pair_id)).all() == []
    with database.writing() as session:
        close(session)
    keep(database)
    with database.writing() as session:
        close(session, RoundState.COLLECTING)
    assert short(database).kept is None


def test_what_other_rules_made_is_not_told_and_made_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    a_closed_round(database, random.Random(2), pairs=12)  # noqa: S311 - nothing to guess
    keep(database)
    monkeypatch.setattr(outcomes, "VERSION", 0)
    assert short(database).kept is None
    with database.writing() as session:
        session.execute(update(PairOutcome).values(cell=None))
    keep(database)
    assert short(database).kept is not None
    same(database)


def test_a_long_round_is_kept_in_steps_and_told_when_all_of_it_is(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "ASKED", 5)
    a_closed_round(database, random.Random(3), pairs=17)  # noqa: S311 - nothing to guess
    assert not keeping.keep(database, most=2)
    assert short(database).kept is None
    assert not keeping.keep(database, most=2)
    keep(database)
    same(database)
    assert short(database).kept is not None


@only_sqlite
def test_one_go_does_a_few_steps_of_all_rounds_together_and_the_next_goes_on_behind_them(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "ASKED", 5)
    for name in (ROUND, "proef-2027"):
        a_closed_round(database, random.Random(3), pairs=17, name=name)  # noqa: S311 - nothing to guess
    read: list[int] = []
    made = tables.made
    monkeypatch.setattr(
        tables, "made", lambda session, round_, pairs: read.extend(pairs) or made(session, round_, pairs)
    )
    goes = 1
    while not keeping.keep(database, most=2):
        assert len(read) <= goes * 2 * 5
        goes += 1
    assert len(read) == len(set(read)) == 34
    assert goes == 5


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_who_began_before_the_book_was_opened_is_waited_for(database: Database) -> None:
    """Nothing was written down of that change, so it must be there before a row is read."""
    a_closed_round(database, random.Random(4), pairs=12)  # noqa: S311 - nothing to guess
    with database.writing() as slow:
        slow.execute(update(Pair).where(Pair.state == PairState.USABLE).values(state=PairState.OPEN))
        assert not keeping.keep(database)
        with database.reading() as session:
            assert session.scalars(select(PairOutcome.pair_id)).all() == []
            assert session.scalars(select(OutcomeBook.counted)).all() == [False]
    keep(database)
    assert short(database).kept is not None
    same(database)


def test_the_steps_of_a_running_round_leave_nothing_written_down(database: Database) -> None:
    a_closed_round(database, random.Random(5), pairs=12)  # noqa: S311 - nothing to guess
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM outcome_change")) == 0
        assert [each.name for each in session.scalars(select(Round))] == [ROUND]
        assert pair_outcomes.behind(session, {}) == []


@only_sqlite
def test_sqlite_goes_through_no_round_for_some_of_its_pairs(database: Database) -> None:
    """For each five hundred it did so, and a million pairs were not kept within ten minutes."""
    asked = overheard(database)
    a_closed_round(database, random.Random(1), pairs=4)  # noqa: S311 - nothing to guess
    asked.clear()
    keep(database)
    of_pairs = [each for each in asked if "FROM pair " in each[0] or " JOIN pair " in each[0]]
    assert len(of_pairs) >= 4
    assert {step for step in steps(database, of_pairs) if step.startswith("SEARCH pair ")} == {
        "SEARCH pair USING INTEGER PRIMARY KEY (rowid>?)",
        "SEARCH pair USING INTEGER PRIMARY KEY (rowid=?)",
    }
