"""A real mailbox and a real listener, read by processes that are killed at every step: each mail counts once.

The short form kills a reader once at each step, over some hundred mails. The long form (``--faults``) takes 10,000
mails and kills readers at each step many times, and at moments of chance; the folder is numbered anew meanwhile.
"""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from intake import Intake, Reader
from mailbox_makers import Mailbox, dovecot
from processes import Nursery
from report import Report
from servers import Postgres, Redis, until

from workers.faults import INBOX_PHASES

SEED = 20260908
SHORT, LONG, ROUNDS = 300, 10_000, 20
RENUMBERED = 4
"""How often the folder of the long form is numbered anew."""

CHANCE_SECONDS = (0.0, 1.5)
AT_THE_END = 0.2
"""The share of the mails that two readers take in undisturbed, to see how fast they are."""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with dovecot() as running:
        yield running


@pytest.fixture
def services_apart(services: tuple[Postgres, Redis]) -> tuple[Postgres, Redis]:
    if not services[1].own:
        pytest.skip("readers need a broker of their own each: the named Redis lends us one database")
    return services


@pytest.mark.long
def test_some_hundred_mails_count_once_whatever_step_their_reader_dies_at(
    services_apart: tuple[Postgres, Redis], nursery: Nursery, mailbox: Mailbox, tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    if request.config.getoption("faults"):
        pytest.skip("the long form does this at length")
    with Intake(tmp_path, nursery, *services_apart, mailbox, SHORT, SEED) as house:
        _break(house, 1, 1, request)


@pytest.mark.timeout(3000)
def test_ten_thousand_mails_count_once_through_crashes_at_every_step(
    services_apart: tuple[Postgres, Redis], nursery: Nursery, mailbox: Mailbox, tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    if not request.config.getoption("faults"):
        pytest.skip("only with --faults: takes about ten minutes")
    with Intake(tmp_path, nursery, *services_apart, mailbox, LONG, SEED) as house:
        _break(house, ROUNDS, RENUMBERED, request)


def _break(house: Intake, rounds: int, renumbered: int, request: pytest.FixtureRequest) -> None:
    """Let readers die at each step, and one by chance, round after round; then let two read on in peace."""
    rng = random.Random(SEED)  # noqa: S311 - chance that can be repeated is what a test needs
    begun, crashes = time.monotonic(), 0
    portion = int(len(house.post) * (1 - AT_THE_END) / rounds / (len(INBOX_PHASES) + 1))
    anew = {each * rounds // renumbered for each in range(renumbered)}
    for round_ in range(rounds):
        by_chance, *dying = [house.reader(room, phase) for room, phase in enumerate([None, *INBOX_PHASES], start=1)]
        house.deliver(portion)
        _kill_by_chance(house, by_chance, rng)
        if round_ in anew:
            house.renumber()  # before the deaths: it would bring back what they lose
        for reader in dying:
            house.deliver(portion)
            house.die(reader)
        crashes += 1 + len(dying)
    ran, before, waiting = time.monotonic() - begun, house.deliveries, len(house.post) - house.brought
    house.deliver(waiting)
    rested = house.rest(house.reader(9), house.reader(10), seconds=120 + len(house.post) / 10)
    verdict, came = house.verdict(), house.deliveries - before
    Report.of(request.config).lines += [
        f"inbox: {len(house.post)} mails, {house.in_box} files and {len(house.given)} by the listener; readers killed "
        f"{crashes} times, {crashes // rounds} in each of {rounds} rounds; numbered anew {house.changes} times",
        f"inbox: LOST {len(verdict.lost)}, DOUBLE {len(verdict.double)}, misplaced {len(verdict.misplaced)}, "
        f"other {len(verdict.other)}; {ran:.0f} s of crashes, then {came} deliveries in {rested:.0f} s by two readers "
        f"in peace: {came / rested:.0f} a second",
    ]
    assert verdict.sound, verdict


def _kill_by_chance(house: Intake, reader: Reader, rng: random.Random) -> None:
    """Kill a reader some time after it began to take mails in."""
    before, begun, seconds = house.deliveries, None, rng.uniform(*CHANCE_SECONDS)
    while begun is None or time.monotonic() < begun + seconds:
        house.work(reader)
        if begun is None and house.deliveries > before:
            begun = time.monotonic()
    reader.process.signal(signal.SIGKILL)
    until(lambda: not reader.process.alive, 10, "a killed reader")
