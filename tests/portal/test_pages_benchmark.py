"""The benchmark of the pages measures pages that work, on a database that is counted right."""

import asyncio
import shutil
from pathlib import Path

from benchmarks import pages
from benchmarks.pages_database import fill, waves
from orchestrator import tallies
from orchestrator.db import Database
from orchestrator.rounds import lookup


def test_every_measured_page_answers_over_a_small_installation(blank_sqlite: Path, tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{shutil.copy(blank_sqlite, tmp_path)}")
    fill(database, 400)
    with database.reading() as session:
        assert tallies.differences(session) == []
        totals = [tallies.of_round(session, lookup.find(session, wave.name).id).letters.total() for wave in waves()]
    assert totals == [40] * 10
    told = asyncio.run(pages.each_page(pages.an_app(database), 1, pages.signed_in(database)))
    assert set(told) == set(pages.PAGES)
    database.engine.dispose()
