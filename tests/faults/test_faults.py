"""Real worker processes, killed at every phase and broken at random: no letter doubles, none is lost.

The short form (``--long``) kills one worker at each exact phase and injects some random faults. ``--faults`` injects
200, and the same 200 in the naive mode beside it.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from history import Letter, Verdict, Wire
from house import GAP, LEASE_SECONDS, MARGIN_SECONDS, Naive, Product
from mayhem import WORKERS, Fault, Mayhem
from processes import Nursery, Process, Sink
from report import Report
from servers import Postgres, Redis, until

from portal.demo.ports import free_port
from workers.faults import PHASES

SHORT, LONG, POOLS = 9, 200, 1
PACE_SECONDS, MISCHIEF, PAIRS_PER_SECOND = 0.4, 0.2, 0.7
BRISK_PAIRS_PER_SECOND = 1.5
"""In the short form a fault waits less long for a letter that tells that all goes on."""

PAUSE_SECONDS = (0.1, 0.7)
SEED = 20260907
SECONDS_PER_FAULT = 5.0
"""Longer than a fault and what follows it take, also on a busy machine: for so long there are letters to send."""

SETTLED = 0.95
"""The share of the uncertain letters that arrived of which a copy must tell so."""

REST_SECONDS, PATIENCE_SECONDS = 90.0, 60.0
BEFORE_THE_GATE = ("claimed", "connect", "mail", "rcpt", "data")
"""A worker that dies here leaves its letters to the next: nothing of their bodies left."""

BEFORE_THE_END = ("gated", "mid-body")
"""A worker that dies here leaves a letter of which nobody can tell whether it arrived: the sink does not have it."""


@dataclass(frozen=True)
class Death:
    """What a worker that died at a phase left, and how it was found after a clean worker had been at work."""

    worker: Process
    letters: list[Letter]
    after: dict[str, Letter]

    @property
    def on_the_wire(self) -> list[Letter]:
        return [letter for letter in self.letters if letter.state == "sending"]


@dataclass(frozen=True)
class Deaths:
    by_phase: dict[str, Death]
    wires: list[Wire]
    verdict: Verdict
    began_with: list[str]
    seconds: float


@pytest.fixture(scope="session")
def deaths(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Deaths:  # fmt: skip
    """One worker after another dies at its phase; then one clean worker and a beat put everything right."""
    folder = tmp_path_factory.mktemp("phases")
    with Product(folder, nursery, *services, Sink(folder / "sink.log", copies_to=free_port())) as house:
        died = _all_die(house)
        begun = time.monotonic()
        clean = house.worker()
        seconds = house.rest(1, REST_SECONDS)
        after = {letter.message_id: letter for letter in house.letters()}
        told = Deaths(
            {phase: Death(worker, left, after) for phase, (worker, left) in died.items()},
            house.sink.wires(), house.verdict(), house.done_by(clean), time.monotonic() - begun,
        )  # fmt: skip
    Report.of(request.config).lines.append(
        f"after a kill at each of {len(PHASES)} phases: all at rest {seconds:.1f} s after a clean worker began "
        f"(lease {LEASE_SECONDS:.0f} s, margin {MARGIN_SECONDS:.0f} s, gap {GAP.seconds} s); "
        f"it first wrote: {', '.join(told.began_with[:3])}"
    )
    return told


def _all_die(house: Product) -> dict[str, tuple[Process, list[Letter]]]:
    """Let a worker die at each phase; where each can have a queue of its own, they get ready side by side."""
    if not house.broker.own:
        return {phase: _die(house, phase, house.worker(phase)) for phase in PHASES}
    ready = {phase: house.recluse(phase, number) for number, phase in enumerate(PHASES, start=1)}
    return {phase: _die(house, phase, worker, number) for number, (phase, worker) in enumerate(ready.items(), start=1)}


def _die(house: Product, phase: str, worker: Process, room: int | None = None) -> tuple[Process, list[Letter]]:
    """Let a worker meet two pairs and die at its phase; return what state it left its letters in."""
    before = {letter.message_id for letter in house.letters()}
    house.plan(2)

    def dead() -> bool:
        # More than once: on a slow machine a lease may run out before its gate, and the letter waits a little.
        house.hurry()
        house.tick(room)
        return dies(worker, 0.5)

    until(dead, PATIENCE_SECONDS, f"the worker to die at {phase} ({house.log})")
    house.gone.add(worker.pid)
    house.processes.remove(worker)
    return worker, [letter for letter in house.letters() if letter.message_id not in before]


def dies(worker: Process, seconds: float) -> bool:
    """Wait so long for a worker to die; say whether it did."""
    end = time.monotonic() + seconds
    while worker.alive and time.monotonic() < end:
        time.sleep(0.02)
    return not worker.alive


@pytest.mark.long
@pytest.mark.parametrize("phase", PHASES)
def test_a_worker_killed_at_a_phase_neither_doubles_nor_loses_a_letter(deaths: Deaths, phase: str) -> None:
    death = deaths.by_phase[phase]
    assert deaths.verdict.sound, deaths.verdict
    arrived = [wire.message_id for wire in deaths.wires if wire.event == "accepted"]
    if phase in BEFORE_THE_GATE:
        assert death.on_the_wire == []
        assert all(death.after[letter.message_id].state == "sent" for letter in death.letters)
        return
    (hit,) = death.on_the_wire
    assert hit.order == 1
    left, came = death.after[hit.message_id], phase not in BEFORE_THE_END
    assert (left.state, left.settled) == (("sent", True) if came else ("uncertain", False))
    assert left.pid == death.worker.pid
    second = next(letter for letter in death.letters if letter.pair == hit.pair and letter.order == 2)
    assert (arrived.count(hit.message_id), arrived.count(second.message_id)) == ((1, 1) if came else (0, 0))
    others = [letter for letter in death.letters if letter.pair != hit.pair]
    assert all(death.after[letter.message_id].state == "sent" for letter in others)


@pytest.mark.long
def test_random_faults_neither_double_nor_lose_a_letter(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("faults"):
        pytest.skip("the long form does this at length")
    with _product(tmp_path, nursery, services) as house:
        faults, verdict = _break(house, SHORT, request, BRISK_PAIRS_PER_SECOND)
        _, arrived, settled = house.doubt()
        miscounted = house.miscounted()
    assert verdict.sound, verdict
    assert len(faults) == SHORT
    assert miscounted == []
    assert settled == arrived


@pytest.mark.timeout(1500)
def test_two_hundred_random_faults_beside_the_naive_mode(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not request.config.getoption("faults"):
        pytest.skip("only with --faults: takes about a quarter of an hour")
    with _product(tmp_path, nursery, services, POOLS) as house:
        faults, verdict = _break(house, LONG, request)
        _, arrived, settled = house.doubt()
    services[1].flush()
    folder = tmp_path / "naive"
    folder.mkdir()
    sink = Sink(folder / "sink.log", SEED, MISCHIEF, PACE_SECONDS)
    with Naive(folder, nursery, *services, sink) as usual:
        _, harm = _break(usual, LONG, request)
    assert len(faults) >= LONG * 0.95
    assert verdict.sound, verdict
    assert settled >= SETTLED * arrived > 0, (settled, arrived)
    assert harm.double, "the naive mode doubled nothing: these faults prove little"


def test_an_outcome_outlives_a_restart_of_the_database(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path: Path
) -> None:
    """The sink accepted; then the database went away before that could be written down."""
    if not services[0].own:
        pytest.skip("the named PostgreSQL is not ours to crash; see --faults")
    with Product(tmp_path, nursery, *services, Sink(tmp_path / "sink.log", pace=2.0)) as house:
        house.plan(3)
        house.worker()
        house.tick()
        until(house.sink.accepted, PATIENCE_SECONDS, "a letter on the wire")
        services[0].crash()
        house.rest(1, REST_SECONDS)
        assert house.verdict().sound
        assert {letter.state for letter in house.letters()} == {"sent"}


def test_a_worker_that_is_told_to_die_outside_tests_does_not_start(
    services: tuple[Postgres, Redis], nursery: Nursery, tmp_path: Path
) -> None:
    with Product(tmp_path, nursery, *services, Sink(tmp_path / "sink.log")) as house:
        environment = house.environment("mail")
        del environment["PRAKTIJKTEST_FAULT_TESTS"]
        worker = Process(nursery.bear(["worker", "send"], environment, house.log), "worker")
        until(lambda: not worker.alive, PATIENCE_SECONDS, "the worker to refuse")
        assert "PRAKTIJKTEST_FAULT_AT" in house.log.read_text()


def _product(folder: Path, nursery: Nursery, services: tuple[Postgres, Redis], pools: int = 0) -> Product:
    sink = Sink(folder / "sink.log", SEED, MISCHIEF, PACE_SECONDS, copies_to=free_port())
    return Product(folder, nursery, *services, sink, pools=pools)


def _break(
    stage: Product | Naive, number: int, request: pytest.FixtureRequest, per_second: float = PAIRS_PER_SECOND
) -> tuple[list[Fault], Verdict]:
    """Let the faults loose while letters become due; wait until all is at rest; judge, and note it in the report."""
    stage.plan(round(number * SECONDS_PER_FAULT * per_second), per_second)
    mayhem = Mayhem(stage, SEED)
    mayhem.let_it_flow(PATIENCE_SECONDS)
    begun = time.monotonic()
    faults = mayhem.run(number, PAUSE_SECONDS)
    ran = time.monotonic() - begun
    stage.forget_the_rest()
    for process in [process for _, process in mayhem.extra]:
        stage.kill(process)
    rested = stage.rest(WORKERS, REST_SECONDS)
    verdict = stage.verdict()
    Report.of(request.config).add(stage, faults, verdict, ran, rested)
    return faults, verdict
