"""What is asked of the letters each few seconds goes through those that wait, never through all that ever went."""

from datetime import timedelta
from pathlib import Path

from house_makers import DUE, run
from query_plans import overheard, steps

from orchestrator.db import Database
from orchestrator.rounds import copies, settling
from orchestrator.schema import prepare

ALL_THERE_EVER_WERE = {f"SCAN {table}" for table in ("inquiry", "decline", "attempt", "reply", "letter_copy")}


def test_a_sweep_goes_through_no_letters_that_went(tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{tmp_path}/ronde.db")
    prepare(database)
    run(database, rows=3)
    asked = overheard(database)
    with database.writing() as session:
        settling.sweep(session, DUE, timedelta(minutes=1), timedelta(minutes=5))
        copies.settle_seen(session, DUE)
    questions = [each for each in asked if each[0].startswith(("SELECT", "UPDATE"))]
    assert len({told for told, _ in questions}) > 10
    assert [step for step in steps(database, questions) if step in ALL_THERE_EVER_WERE] == []
