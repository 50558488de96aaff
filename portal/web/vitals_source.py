"""What watchers of the installation ask: is each part well, and how much of everything is there."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from orchestrator import heartbeats, machine, tallies, views
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.machine import Check
from orchestrator.rounds import lookup
from orchestrator.settings import Settings
from orchestrator.states import LetterState, RoundState


@dataclass(frozen=True)
class Vitals(Collector):
    """Reads the record afresh each time; tells of no advertiser, person or arm."""

    database: Database
    clock: Clock
    settings: Settings
    mailboxes: Sequence[str]

    def works(self) -> Mapping[Check, bool]:
        """Say of each part whether it is well."""
        with self.database.reading() as session:
            return machine.works(session, self.settings, self.clock, datetime.now(UTC), self.mailboxes)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield what Prometheus asks, under names that begin with ``praktijktest_``; moments in seconds."""
        works = [((check.value,), well) for check, well in self.works().items()]
        yield _gauge("check", "1 when this part is well, 0 when a person should look", ("check",), works)
        yield from self._counted()
        # With a database elsewhere the folder is there from the first letter that becomes a file.
        here = self.settings.data if self.settings.data.exists() else Path()
        free = shutil.disk_usage(here).free
        yield _gauge("disk_free_bytes", "Free bytes where the data is", (), [((), free)])

    def _counted(self) -> Iterator[GaugeMetricFamily]:
        with self.database.reading() as session:
            rounds = views.summaries(session)
            counted = {each.name: tallies.of_round(session, lookup.find(session, each.name).id) for each in rounds}
            seen = {queue: beat.at for queue, beat in heartbeats.last(session).items()}
        letters = [
            ((name, state.value), found.letters[state]) for name, found in counted.items() for state in LetterState
        ]
        states = [((each.name, state.value), each.state == state) for each in rounds for state in RoundState]
        now = self.clock.now()
        silent = [((queue,), (now - at).total_seconds() / self.clock.speed) for queue, at in seen.items()]
        yield _gauge("letters", "Letters of a round by state", ("round", "state"), letters)
        yield _gauge("round_state", "1 for the state that a round is in", ("round", "state"), states)
        yield _gauge("queue_silent_seconds", "Since a worker was last seen in a queue", ("queue",), silent)


def _gauge(
    name: str, told: str, labels: Sequence[str], values: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"praktijktest_{name}", told, labels=labels)
    for where, value in values:
        family.add_metric(where, float(value))
    return family
