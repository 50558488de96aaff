"""Keeping the outcomes of closed rounds beside their rows (`orchestrator.pair_outcomes`), some hundreds at a time.

A round of a million pairs is read for minutes; nobody waits for that, and no transaction lasts longer than a moment.
"""

from orchestrator import pair_outcomes
from orchestrator.db import ASKED, Database, Session
from orchestrator.design import Approach, from_canonical
from orchestrator.models import Round
from results import tables

MOST = 40
"""Steps in one go, each of `ASKED` pairs."""


def keep(database: Database, most: int = MOST) -> bool:
    """Make, or make again, the outcomes that are not right; return whether all of them are now."""
    with database.reading() as session:
        rules = {each.id: tables.rules(each) for each in pair_outcomes.closed(session) if _has_cells(each)}
        late = pair_outcomes.behind(session, rules)
    done = [_followed(database, number, rules[number], most) for number in late]
    return all(done)


def _has_cells(round_: Round) -> bool:
    """Who heard one arm alone has no place in a table of pairs."""
    return from_canonical(round_.design).question.approach is not Approach.UNPAIRED


def _followed(database: Database, round_id: int, rules: str, most: int) -> bool:
    with database.writing() as session:
        pair_outcomes.open_book(session, round_id, rules)
    with database.writing() as session:
        if not pair_outcomes.is_settled(session, round_id):
            return False
    after = 0
    for _step in range(most):
        with database.writing() as session:
            if (last := _step_of(session, round_id, after)) is None:
                return True
            after = last
    return False


def _step_of(session: Session, round_id: int, after: int) -> int | None:
    """Make the outcomes of some pairs; return the number up to which none is missing, None when all were counted."""
    round_ = session.get_one(Round, round_id)
    # What is written down is read before its rows are: what comes later is written down again.
    changes = pair_outcomes.changed(session, round_id, ASKED)
    pairs = set(changes.values()) or pair_outcomes.missing(session, round_id, after, ASKED)
    if not pairs:
        pair_outcomes.count(session, round_id)
        return None
    pair_outcomes.keep(session, round_id, pairs, tables.made(session, round_, pairs), changes)
    return after if changes else max(pairs)
