"""The sending protocol as a small model, in every interleaving; the real functions are driven by `inquiry_machine`.

The model mirrors `orchestrator.rounds.sending` for one pair, two workers who may stall or die at any step, and time
that may run out at any step. Random runs seldom meet the one interleaving that doubles a letter; the search meets all.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

MOST_CLAIMS = 2
"""How often the model lets one letter be claimed; the doubles that exist need no more."""


@dataclass(frozen=True)
class Rules:
    """Which of the guards are in force, and what the sweep makes of a letter whose sender fell silent.

    With ``restores`` a backup is made and put back once, at any moment: then sending is ``shut`` until every copy was
    read, or a fresh worker ``waits`` for them; and ``copies`` keep their letters in.
    """

    fence: bool = True
    index: bool = True
    pair_rule: bool = True
    lost_becomes: str = "uncertain"
    restores: bool = False
    shut: bool = True
    waits: bool = True
    copies: bool = True


@dataclass(frozen=True)
class Row:
    """A letter's row, its attempts as (fence, living), how often it truly went, and whether its copy was read."""

    state: str = "planned"
    fence: int = 0
    leased: bool = False
    attempts: frozenset[tuple[int, bool]] = frozenset()
    wired: int = 0
    copied: bool = False


@dataclass(frozen=True)
class Worker:
    """What a worker remembers: which letter, under which fence, how far it came, and what the wire told."""

    doing: str = "nothing"
    letter: int = 0
    fence: int = 0
    told: str = ""


IDLE = Worker()


@dataclass(frozen=True)
class World:
    letters: tuple[Row, Row] = (Row(), Row())
    workers: tuple[Worker, Worker] = (IDLE, IDLE)
    backup: tuple[Row, Row] | None = None
    restored: str = ""

    def having(self, place: int, row: Row, worker: tuple[int, Worker] | None = None) -> "World":
        changed = tuple(row if at == place else self.letters[at] for at in (0, 1))
        people = self.workers if worker is None else with_worker(self.workers, *worker)
        return replace(self, letters=changed, workers=people)


def with_worker(workers: tuple[Worker, Worker], place: int, worker: Worker) -> tuple[Worker, Worker]:
    return (worker, workers[1]) if place == 0 else (workers[0], worker)


def steps(world: World, rules: Rules) -> Iterator[World]:
    """Every world that one step of anybody leads to."""
    if rules.restores:
        yield from goes_back(world, rules)
    for place, row in enumerate(world.letters):
        yield from (world.having(place, after) for after in passing(row, rules))
    for who, worker in enumerate(world.workers):
        if worker.doing == "nothing":
            yield from claims(world, who, rules)
        else:
            yield replace(world, workers=with_worker(world.workers, who, IDLE))  # it dies, or gives up
            yield from {"claimed": gates, "sending": wires, "told": records}[worker.doing](world, who, rules)


def goes_back(world: World, rules: Rules) -> Iterator[World]:
    """A backup is made; put back, with new workers and what went still gone; its copies are read; it is reconciled."""
    if world.backup is None:
        yield replace(world, backup=world.letters)
    elif not world.restored:
        pairs = zip(world.backup, world.letters, strict=True)
        older = tuple(replace(then, wired=now.wired) for then, now in pairs)
        yield World(older, (IDLE, IDLE), world.backup, "shut" if rules.shut else "open")  # type: ignore[arg-type]
    elif world.restored == "shut" and all_read(world):
        yield replace(world, restored="open", letters=tuple(settled(row) for row in world.letters))
    for place, row in enumerate(world.letters):
        if world.restored and row.wired and not row.copied:
            yield world.having(place, replace(row, copied=True))
        if row.copied and settled(row) != row:
            yield world.having(place, settled(row))


def all_read(world: World) -> bool:
    return all(row.copied for row in world.letters if row.wired)


def settled(row: Row) -> Row:
    never_went = row.state in ("planned", "claimed", "cancelled", "uncertain")
    return replace(row, state="sent", leased=False) if row.copied and never_went else row


def may_go(world: World, row: Row, rules: Rules) -> bool:
    """What stands between a restored record and the wire."""
    return world.restored != "shut" and not (rules.copies and row.copied)


def passing(row: Row, rules: Rules) -> Iterator[Row]:
    """What happens to a row without its worker: the lease runs out, the sweep comes, a person cancels, a reply."""
    if row.leased:
        yield replace(row, leased=False)
    elif row.state == "claimed":
        yield replace(row, state="planned")
    elif row.state == "sending":
        dead = rules.lost_becomes == "planned"
        attempts = frozenset((fence, living and not dead) for fence, living in row.attempts)
        yield replace(row, state=rules.lost_becomes, attempts=attempts)
    if row.state in ("planned", "claimed"):
        yield replace(row, state="cancelled", leased=False)
    if row.state == "uncertain" and row.wired:
        yield replace(row, state="sent")


def follows(world: World, place: int, rules: Rules) -> bool:
    return place == 0 or not rules.pair_rule or world.letters[0].state == "sent"


def claims(world: World, who: int, rules: Rules) -> Iterator[World]:
    if world.restored == "open" and rules.waits and not all_read(world):
        return
    for place, row in enumerate(world.letters):
        fresh = row.state == "planned" and row.fence < MOST_CLAIMS
        if fresh and may_go(world, row, rules) and follows(world, place, rules):
            fence = row.fence + 1
            claimed = replace(row, state="claimed", fence=fence, leased=True)
            yield world.having(place, claimed, (who, Worker("claimed", place, fence)))


def gates(world: World, who: int, rules: Rules) -> Iterator[World]:
    """Without the fence a worker believes what it remembers; without the index nothing counts the attempts."""
    held = world.workers[who]
    row = world.letters[held.letter]
    holds = row.state == "claimed" and row.fence == held.fence and row.leased and may_go(world, row, rules)
    holds = holds and follows(world, held.letter, rules)
    taken = any(living for _, living in row.attempts) or held.fence in {fence for fence, _ in row.attempts}
    if (rules.fence and not holds) or (rules.index and taken):
        return
    gone = replace(row, state="sending", leased=True, attempts=row.attempts | {(held.fence, True)})
    yield world.having(held.letter, gone, (who, replace(held, doing="sending")))


def wires(world: World, who: int, rules: Rules) -> Iterator[World]:
    """The letter is not sent, refused, or goes over the wire with or without an answer."""
    held = world.workers[who]
    row = world.letters[held.letter]
    for told in ("planned", "failed", "sent", "uncertain"):
        wired = row.wired + (told in ("sent", "uncertain"))
        yield world.having(held.letter, replace(row, wired=wired), (who, replace(held, doing="told", told=told)))


def records(world: World, who: int, rules: Rules) -> Iterator[World]:
    held = world.workers[who]
    row = world.letters[held.letter]
    if row.state not in ("sending", "uncertain") or row.fence != held.fence:
        yield replace(world, workers=with_worker(world.workers, who, IDLE))
        return
    living = held.told in ("sent", "uncertain")
    attempts = frozenset((fence, living if fence == held.fence else was) for fence, was in row.attempts)
    told = replace(row, state=held.told, leased=False, attempts=attempts)
    after = world.having(held.letter, told, (who, IDLE))
    other = after.letters[1]
    if held.letter == 0 and held.told == "failed" and other.state == "planned":
        after = after.having(1, replace(other, state="cancelled"))
    yield after


def wrong(world: World) -> str:
    """What must never be, or nothing."""
    first, second = world.letters
    if first.wired > 1 or second.wired > 1:
        return "sent twice"
    if second.wired and not first.wired:
        return "second before first"
    return ""


def search(rules: Rules) -> tuple[str, int]:
    """Look at every world that can be reached; return the first wrong and in how many steps, or "" and how many."""
    seen = {World()}
    frontier, depth = [World()], 0
    while frontier:
        depth += 1
        reached = []
        for world in frontier:
            for after in steps(world, rules):
                if after not in seen:
                    if fault := wrong(after):
                        return fault, depth
                    seen.add(after)
                    reached.append(after)
        frontier = reached
    return "", len(seen)


def test_no_interleaving_of_two_workers_sends_a_letter_twice_or_the_second_first() -> None:
    began = time.monotonic()
    fault, worlds = search(Rules())
    assert fault == ""
    assert worlds > 1000
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("rules", [Rules(fence=False), Rules(index=False)], ids=["index", "fence"])
def test_the_fence_alone_and_the_index_alone_are_each_enough(rules: Rules) -> None:
    assert search(rules)[0] == ""


def test_without_fence_and_index_a_letter_is_sent_twice() -> None:
    assert search(Rules(fence=False, index=False)) == ("sent twice", 8)


def test_a_letter_planned_again_when_its_sender_falls_silent_is_sent_twice() -> None:
    assert search(Rules(lost_becomes="planned"))[0] == "sent twice"


def test_without_the_pair_rule_the_second_letter_goes_first() -> None:
    assert search(Rules(pair_rule=False)) == ("second before first", 3)


@pytest.mark.parametrize(
    "rules",
    [Rules(restores=True), Rules(restores=True, waits=False, copies=False), Rules(restores=True, shut=False)],
    ids=["all", "told, and shut", "not told: waits, and copies"],
)
def test_no_moment_to_make_a_backup_and_to_put_it_back_sends_a_letter_twice(
    rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A backup takes the fence back too: each letter can be claimed once before, and once after.
    monkeypatch.setattr(sys.modules[__name__], "MOST_CLAIMS", 1)
    fault, worlds = search(rules)
    assert fault == ""
    assert worlds > 1000


@pytest.mark.parametrize("lacks", ["waits", "copies"])
def test_a_backup_that_nobody_tells_of_needs_both_the_waiting_and_the_copies(lacks: str) -> None:
    assert search(replace(Rules(restores=True, shut=False), **{lacks: False}))[0] == "sent twice"
