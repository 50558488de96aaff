"""What would the detection meter say of our own ordinary rounds? The example, planned anew from many seeds.

Run: python -m benchmarks.detection [seeds]
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from orchestrator import exposure
from orchestrator.db import Database
from orchestrator.design import Calendar, read_design
from orchestrator.detection import SAID, THRESHOLDS, Meter, Sign, written
from orchestrator.intake import read_listings, read_participants
from orchestrator.rounds import planning
from orchestrator.schema import prepare
from profiles.letters import Level

EXAMPLE = Path(__file__).parents[1] / "examples" / "amersfoort-2026"


def meters(seeds: Iterable[int], level: Level = Level.MINIMAL) -> Iterator[Meter]:
    """Yield the meter of each advertiser of the example, once for every seed, when all letters will have gone."""
    design = read_design(EXAMPLE / "round.yaml")
    participants = read_participants(EXAMPLE / "participants.csv")
    listings = read_listings(EXAMPLE / "listings.csv", participants)
    letters = design.letters.model_copy(update={"level": level})
    now = Calendar(design.schedule).first - timedelta(days=3)
    with tempfile.TemporaryDirectory() as folder:
        database = Database.at(f"sqlite:///{folder}/rounds.db")
        prepare(database)
        for seed in seeds:
            # A plan that nobody approved is replaced by the next.
            drawn = design.model_copy(update={"seed": seed, "letters": letters})
            with database.writing() as session:
                planning.plan(session, drawn, participants, listings, actor="benchmark", now=now)
                yield from (row.then for row in exposure.of_round(session, design.round, now))
        database.engine.dispose()


def main(seeds: int) -> None:
    for level in Level:
        found = list(meters(range(1, seeds + 1), level))
        paused = sum(bool(meter.past) for meter in found)
        print(f"\nletters: {level}; {len(found)} advertisers in {seeds} rounds; {paused} would be paused")
        for place, sign in enumerate(Sign):
            seen = Counter(meter.measures[place].text for meter in found)
            if sign is Sign.RHYTHM:
                known = sorted(value for meter in found if (value := meter.measures[place].value) is not None)
                seen = Counter({"most": written(sign, known[-1]), "median": written(sign, known[len(known) // 2])})
            told = ", ".join(f"{value}: {number}" for value, number in sorted(seen.items()))
            print(f"  {SAID[sign]} (from {written(sign, THRESHOLDS[sign])}): {told}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
