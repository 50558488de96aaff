"""Keeping the outcomes of closed rounds beside their rows (`orchestrator.pair_outcomes`), some hundreds at a time.

A round of a million pairs is read for minutes; nobody waits for that, and no transaction lasts longer than a moment.
"""

from collections.abc import Iterator
from itertools import chain, islice

from orchestrator import pair_outcomes
from orchestrator.db import ASKED, Database, Session
from orchestrator.design import Approach, from_canonical
from orchestrator.models import Round
from results import tables

MOST = 10
"""Steps in one go, each of `ASKED` pairs: half a second in which one worker that does all sends nothing."""


def keep(database: Database, most: int = MOST) -> bool:
    """Make, or make again, the outcomes that are not right; return whether all of them are now."""
    with database.reading() as session:
        rules = {each.id: tables.rules(each) for each in pair_outcomes.closed(session) if _has_cells(each)}
        late = pair_outcomes.behind(session, rules)
    steps = chain.from_iterable(_following(database, number, rules[number]) for number in late)
    for _step in islice(steps, most):
        pass
    with database.reading() as session:
        return not pair_outcomes.behind(session, rules)


def _has_cells(round_: Round) -> bool:
    """Who heard one arm alone has no place in a table of pairs."""
    return from_canonical(round_.design).question.approach is not Approach.UNPAIRED


def _following(database: Database, round_id: int, rules: str) -> Iterator[None]:
    """Make the outcomes of a round, a step each time that one is asked for, until all are counted."""
    with database.writing() as session:
        pair_outcomes.open_book(session, round_id, rules)
    with database.writing() as session:
        more = pair_outcomes.is_settled(session, round_id)
    while more:
        with database.writing() as session:
            more = _step_of(session, round_id)
        yield


def _step_of(session: Session, round_id: int) -> bool:
    """Make the outcomes of some pairs, or count them when none is missing; return whether there may be more to do."""
    round_ = session.get_one(Round, round_id)
    # What is written down is read before its rows are: what comes later is written down again.
    changes = pair_outcomes.changed(session, round_id, ASKED)
    pairs = set(changes.values()) or pair_outcomes.missing(session, round_id, ASKED)
    if not pairs:
        pair_outcomes.count(session, round_id)
        return False
    pair_outcomes.keep(session, round_id, pairs, tables.made(session, round_, pairs), changes)
    return True
