"""Many changed inputs through every parser: what each did, and whatever it should not have done."""

import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from random import Random

from fuzz_changes import Change, changed, drawn
from fuzz_parsers import PARSERS, Parser

from profiles.errors import PraktijktestError

SECONDS = 1.0
"""Of computing, for one input: time of the process, so that a busy machine is no fault of a parser."""

MOST_KEPT = 5
"""Inputs that are kept of one fault."""


@dataclass
class Told:
    """What one parser did with its inputs; ``faults`` holds inputs by what went wrong with them."""

    inputs: int = 0
    accepted: int = 0
    refused: int = 0
    slowest: float = 0.0
    seconds: float = 0.0
    faults: dict[str, list[bytes]] = field(default_factory=dict)

    def add(self, other: "Told") -> None:
        self.inputs += other.inputs
        self.accepted += other.accepted
        self.refused += other.refused
        self.slowest = max(self.slowest, other.slowest)
        self.seconds += other.seconds
        for fault, inputs in other.faults.items():
            self.note(fault, *inputs)

    def note(self, fault: str, *inputs: bytes) -> None:
        kept = self.faults.setdefault(fault, [])
        kept += inputs[: MOST_KEPT - len(kept)]


def tried(parser: Parser, raw: bytes, told: Told) -> None:
    """Give one input to a parser and note what it did. Nothing is raised."""
    told.inputs += 1
    begun = time.process_time()
    try:
        parser.run(raw)
        told.accepted += 1
    except PraktijktestError:
        told.refused += 1
    except Exception as error:  # noqa: BLE001 - whatever else comes out is what is looked for
        told.note(_where(error), raw)
    took = time.process_time() - begun
    told.slowest = max(told.slowest, took)
    told.seconds += took
    if took > SECONDS:
        told.note(f"{took:.1f} seconds", raw)


def _where(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.filename.rpartition('/')[2]}:{last.lineno}"


def made(parser: Parser, changes: Iterable[Change], place: int) -> bytes:
    """Return the input that these changes make of one of the seeds."""
    return changed(parser.seeds[place % len(parser.seeds)], list(changes), parser.tokens, parser.seeds)


def shares(inputs: int) -> dict[str, int]:
    """Return how many inputs each parser gets of so many, at least one."""
    whole = sum(parser.share for parser in PARSERS.values())
    return {name: -(-inputs * parser.share // whole) for name, parser in PARSERS.items()}


def _batch(name: str, inputs: int, seed: str) -> tuple[str, Told]:
    parser, chance, told = PARSERS[name], Random(seed), Told()  # noqa: S311 - nothing secret
    for _ in range(inputs):
        tried(parser, made(parser, drawn(chance), chance.randrange(1000)), told)
    return name, told


def run(inputs: int, seed: int, processes: int, batch: int = 2000) -> Iterator[tuple[str, Told]]:
    """Give so many inputs to the parsers together, in batches; yield what each batch told."""
    work = []
    for name, whole in shares(inputs).items():
        sizes = [batch] * (whole // batch) + [whole % batch] * bool(whole % batch)
        work += [(name, size, f"{seed}:{name}:{place}") for place, size in enumerate(sizes)]
    # Those of one parser are spread, so that a run that is ended early has seen something of each.
    work.sort(key=lambda each: int(each[2].rpartition(":")[2]))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for waiting in [pool.submit(_batch, *each) for each in work]:
            yield waiting.result()


def table(told: dict[str, Told]) -> list[str]:
    """Return the lines of a table: a line for each parser and one for all together."""
    whole = Told()
    for each in told.values():
        whole.add(each)
    head = f"{'parser':22} {'inputs':>10} {'accepted':>10} {'refused':>10} {'other':>6} {'slowest':>9} {'mean':>9}"
    return [head, *(_line(name, each) for name, each in {**told, "together": whole}.items())]


def _line(name: str, told: Told) -> str:
    other = told.inputs - told.accepted - told.refused
    mean = 1000 * told.seconds / max(1, told.inputs)
    counts = f"{told.inputs:>10,} {told.accepted:>10,} {told.refused:>10,} {other:>6,}"
    return f"{name:22} {counts} {1000 * told.slowest:>6,.0f} ms {mean:>6.2f} ms"


def faults(told: dict[str, Told]) -> Counter[str]:
    """Return how many inputs were kept of each fault, as "parser: fault"."""
    return Counter(
        {f"{name}: {fault}": len(kept) for name, each in told.items() for fault, kept in each.faults.items()}
    )
