"""The Round machine: whatever people try, in whatever state, a round goes only where it may, and what is refused
leaves no trace.

The record beside it knows what each step needs and where it leads, written down from DESIGN §3; every row of every
table is compared around a step that is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from house_makers import (
    BACK_OFF,
    DAY,
    DUE,
    GRACE,
    HOUR,
    LEASE,
    PLANNED,
    ROUND,
    SECOND,
    a_listing,
    a_monday,
    an_advertiser,
    answer,
)
from machine_makers import ChanceMachine, Row, moment

from orchestrator.db import Session
from orchestrator.models import Reply
from orchestrator.rounds import coding, holds, lifecycle, lookup, planning, restored, sending
from orchestrator.rounds.sending import Result
from orchestrator.states import AttemptOutcome
from profiles.errors import BadInput, Refused

PEOPLE = ("anna", " Anna ", "bert", "BERT", "chris")
ADVERTISERS = ("alfa", "beta", "gamma")
ENDED = ("closed", "aborted")
FOLLOWS = {
    "planned": ("approved", "aborted"),
    "approved": ("running", "aborted"),
    "running": ("paused", "collecting", "closed", "aborted"),
    "paused": ("running", "closed", "aborted"),
    "collecting": ("closed", "aborted"),
    "closed": (),
    "aborted": (),
}
LAWFUL = {
    "": "plan", "planned": "approve", "approved": "start", "running": "work", "paused": "resume",
    "collecting": "close", "closed": "amend", "aborted": "amend",
}  # fmt: skip
"""What brings a round further from each state."""

TRIES = [
    *["plan"] * 3, "amend", *["approve"] * 2, "start", "pause", "resume", "collect", "close", "close_early",
    *["abort"] * 2, "work", "shut", *["reopen"] * 2, "restore", "withdraw", "hold", "lift", *["answer"] * 3, "code",
    "wait",
]  # fmt: skip


@dataclass
class Version:
    """One version of the round, and what no step may change any more once it was approved."""

    number: int
    seed: int
    planner: str
    planned_at: datetime
    state: str = "planned"
    started_at: datetime | None = None
    last_sent: datetime | None = None
    frozen: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """One step: the function, why it must be refused (a code) or "", and what the ledger then tells."""

    act: Callable[[Session], Any]
    refused: str
    tells: tuple[str, ...]
    then: Callable[[], Any] = lambda: None


class RoundMachine(ChanceMachine):
    """One round in its versions; two advertisers with three listings, and a third whom nobody knows."""

    def __init__(self) -> None:
        super().__init__()
        self.memory.go_back("blank")
        self.database = self.memory.database
        self.versions: list[Version] = []
        self.now = PLANNED
        self.enabled, self.restored = True, False
        self.held: set[str] = set()
        self.withdrawn: set[str] = set()
        self.uncoded: list[int] = []
        self.sent: list[int] = []
        self.before: dict[int, str] = {}

    # --- Who does what

    def begins(self, chance: Random) -> None:
        """Begin a few lawful steps further on: nothing planned, planned, approved, running, or letters gone."""
        for _ in range(chance.randrange(5)):
            self.goes_on(2 if self.state == "planned" else 0, 0)

    def happens(self, chance: Random) -> None:
        """The step that brings the round further, or any step in any state."""
        who, which = chance.randrange(len(PEOPLE)), chance.randrange(4)
        if chance.random() < 0.25:
            self.goes_on(who, which)
        else:
            self.tries(chance.choice(TRIES), who, which)

    def goes_on(self, who: int, which: int) -> None:
        what = LAWFUL[self.state]
        if self.state == "running" and not self.open_letters():
            what = "collect"
        if self.state == "collecting" and self.now < self.window_end():
            self.now = self.window_end()
        if self.uncoded and which:
            self.tries("code", who, which)
        self.tries(what, who, which)

    def tries(self, what: str, who: int, which: int) -> None:
        step = getattr(self, what)(PEOPLE[who], which)
        if step is not None:
            self.take(step)
        self.check()

    def take(self, step: Asked) -> None:
        before, seq = self.memory.all_rows(), self.memory.last_event()
        try:
            with self.database.writing() as session:
                step.act(session)
        except (Refused, BadInput) as error:
            problems = (error.problem,) if isinstance(error, Refused) else error.problems
            codes = [problem.code for problem in problems]
            assert codes == [step.refused], f"refused as {codes}, not {step.refused!r}"
            assert self.memory.all_rows() == before, "what was refused left a trace"
            return
        assert not step.refused, f"{step.refused} was not refused"
        told = tuple(kind for kind, _ in self.memory.events_after(seq))
        assert told == step.tells, f"the ledger tells {told}, not {step.tells}"
        step.then()

    # --- What the round is

    @property
    def newest(self) -> Version | None:
        return self.versions[-1] if self.versions else None

    @property
    def state(self) -> str:
        return self.newest.state if self.newest else ""

    def window_end(self) -> datetime:
        assert self.newest is not None
        began = self.newest.last_sent or self.newest.started_at or self.newest.planned_at
        return began + 10 * DAY

    def letters(self, *states: str) -> list[Row]:
        """Id, order, planned moment, last moment and advertiser of the newest version's letters in these states."""
        sql = """SELECT i.id, i."order", i.planned_at, i.not_after, a.key, i.state, f.state FROM inquiry i
            JOIN inquiry f ON f.pair_id = i.pair_id AND f."order" = 1
            JOIN pair p ON p.id = i.pair_id JOIN listing l ON l.id = p.listing_id
            JOIN advertiser a ON a.id = l.advertiser_id
            JOIN round r ON r.id = p.round_id WHERE r.version = ? ORDER BY i.planned_at, i.id"""
        number = self.newest.number if self.newest else 0
        return [row for row in self.memory.rows(sql, number) if row[5] in states]

    def open_letters(self) -> list[Row]:
        return self.letters("planned", "claimed", "sending")

    def unless(self, *states: str) -> str:
        """Why a step is refused that is for these states."""
        if self.newest is None:
            return "unknown-round"
        return "" if self.state in states else "wrong-state"

    def moves(self, state: str, **changes: Any) -> Callable[[], None]:
        def move() -> None:
            assert self.newest is not None
            for name, value in {"state": state, **changes}.items():
                setattr(self.newest, name, value)

        return move

    # --- Planning and approving

    def plan(self, who: str, which: int) -> Asked:
        """The same version again, with the same seed or another; or an older one."""
        number = max(1, (self.newest.number if self.newest else 1) - which // 3)
        return self.planned(who, number, 7 + which % 2)

    def amend(self, who: str, which: int) -> Asked:
        return self.planned(who, (self.newest.number if self.newest else 0) + 1, 7 + which % 2)

    def planned(self, who: str, number: int, seed: int) -> Asked:
        design = a_monday(version=number, seed=seed)
        known = [an_advertiser("alfa"), an_advertiser("beta")]
        homes = [a_listing(1), a_listing(2), a_listing(3, "beta")]

        def then() -> None:
            if self.newest and self.newest.number == number:
                self.versions.pop()
            self.versions.append(Version(number, seed, who, self.now))

        return Asked(
            lambda session: planning.plan(session, design, known, homes, actor=who, now=self.now),
            self.not_planned(number, seed),
            ("round.planned",),
            then,
        )

    def not_planned(self, number: int, seed: int) -> str:
        there = self.newest
        if there is None or (there.number, there.state) == (number, "planned"):
            return ""
        if (there.number, there.seed) == (number, seed):
            return "already-planned"
        if there.number >= number:
            return "design-changed"
        return "" if there.state in ENDED else "version-running"

    def approve(self, who: str, _: int) -> Asked:
        refused = self.unless("planned")
        if not refused and self.newest and same(who, self.newest.planner):
            refused = "same-person"
        return Asked(
            lambda session: lifecycle.approve(session, ROUND, who, self.now),
            refused, ("round.approved",), self.freezes,
        )  # fmt: skip

    def freezes(self) -> None:
        assert self.newest is not None
        self.newest.state, self.newest.frozen = "approved", self.frozen(self.newest.number)

    def frozen(self, number: int) -> list[Row]:
        """What an approval fixes, byte for byte: the design, who planned, every pair, every letter and first moment."""
        round_ = "SELECT id, design, digest, design_path, planned_by, planned_at, approved_by, approved_at FROM round"
        pairs = "SELECT p.id, p.listing_id, p.code, p.sham, p.first FROM pair p JOIN round r ON r.id = p.round_id"
        letters = """SELECT i.id, i.pair_id, i.arm, i."order", i.gap, i.variant, i.profile, i.sender_name,
            i.reply_address, i.message_id, i.channel, i.address_index, i.subject, i.body,
            CASE i."order" WHEN 1 THEN i.planned_at END FROM inquiry i
            JOIN pair p ON p.id = i.pair_id JOIN round r ON r.id = p.round_id"""
        asked = [f"{round_} WHERE version = ?", f"{pairs} WHERE r.version = ?", f"{letters} WHERE r.version = ?"]
        return [row for sql in asked for row in self.memory.rows(sql, number)]

    # --- The life of a round

    def start(self, who: str, _: int) -> Asked:
        refused = "not-approved" if self.state == "planned" else self.unless("approved")
        return Asked(
            lambda session: lifecycle.start(session, ROUND, who, self.now, live=False),
            refused, ("round.running",), self.moves("running", started_at=self.now),
        )  # fmt: skip

    def pause(self, who: str, _: int) -> Asked:
        return Asked(
            lambda session: lifecycle.pause(session, ROUND, who, self.now, "klacht"),
            self.unless("running"), ("round.paused",), self.moves("paused"),
        )  # fmt: skip

    def resume(self, who: str, _: int) -> Asked:
        return Asked(
            lambda session: lifecycle.resume(session, ROUND, who, self.now),
            self.unless("paused"), ("round.running",), self.moves("running"),
        )  # fmt: skip

    def abort(self, who: str, which: int) -> Asked | None:
        if which and self.state != "closed":
            return None  # seldom: nothing comes after it
        return Asked(
            lambda session: lifecycle.abort(session, ROUND, who, self.now, "klacht"),
            self.unless("planned", "approved", "running", "paused", "collecting"),
            ("round.aborted",), self.moves("aborted"),
        )  # fmt: skip

    def collect(self, who: str, _: int) -> Asked:
        refused = self.unless("running")
        if not refused and self.open_letters():
            refused = "letters-open"
        return Asked(
            lambda session: lifecycle.collect(session, ROUND, who, self.now),
            refused, ("round.collecting",), self.moves("collecting"),
        )  # fmt: skip

    def close(self, who: str, _: int, reason: str | None = None) -> Asked:
        refused = self.unless("collecting", *(("running", "paused") if reason else ()))
        if not refused and not reason and self.now < self.window_end():
            refused = "window-open"
        if not refused and self.waiting():
            refused = "coding-open"
        return Asked(
            lambda session: lifecycle.close(session, ROUND, who, self.now, reason),
            refused, ("round.closed",), self.moves("closed"),
        )  # fmt: skip

    def close_early(self, who: str, which: int) -> Asked:
        return self.close(who, which, "klacht")

    # --- Letters and answers

    def work(self, _: str, which: int) -> None:
        """Whatever may go goes, by a worker who last looked before anybody paused, stopped or closed the round."""
        if self.newest is None:
            return
        if which < 3 and (waiting := self.letters("planned")):
            self.now = max(self.now, min(moment(row[2]) or self.now for row in waiting))
        may = self.may_go()
        with self.database.writing() as session:
            round_ = lookup.find(session, ROUND)
            claims = sending.claim_inquiries(session, round_, "w1", self.now, LEASE, GRACE, 2)
        numbers = [claim.id for claim in claims]
        assert numbers == may[:2], f"{numbers} was claimed, not {may[:2]}"
        for claim in claims:
            with self.database.writing() as session:
                assert sending.gate(session, claim, "w1", self.now, LEASE, GRACE)
                told = Result(AttemptOutcome.SENT, "answer", "250")
                sending.record(session, claim, "w1", self.now, told, BACK_OFF)
            self.newest.last_sent = self.now
            self.sent.append(claim.id)

    def may_go(self) -> list[int]:
        """The letters of the newest version that may go now: the conditions of sending have their place here."""
        if self.state != "running" or not self.enabled or self.restored:
            return []
        office = self.now.weekday() < 5 and (7, 0) <= (self.now.hour, self.now.minute) < (15, 30)
        return [
            number
            for number, order, planned_at, not_after, advertiser, _, first in self.letters("planned")
            if (moment(planned_at) or DUE) <= self.now <= (moment(not_after) or DUE) + GRACE
            and (office or (moment(planned_at) or DUE) >= self.now - GRACE)
            and advertiser not in self.held | self.withdrawn
            and (order == 1 or first == "sent")
        ]

    def answer(self, _: str, which: int) -> None:
        if not self.sent:
            return
        with self.database.writing() as session:
            number = answer(session, self.sent[which % len(self.sent)], "OVERIG", self.now).id
        self.uncoded.append(number)

    def waiting(self) -> bool:
        sql = """SELECT count(*) FROM reply JOIN inquiry i ON i.id = reply.inquiry_id JOIN pair p ON p.id = i.pair_id
            JOIN round r ON r.id = p.round_id WHERE r.version = ? AND reply.label IS NULL"""
        return bool(self.memory.rows(sql, self.newest.number if self.newest else 0)[0][0])

    def code(self, *_: object) -> None:
        for number in self.uncoded:
            for coder in ("dirk", "eva"):
                with self.database.writing() as session:
                    row = session.get_one(Reply, number)
                    coding.code(session, row, coder, "AL_VERHUURD", self.now, invites=False)
        self.uncoded = []

    def wait(self, _: str, which: int) -> None:
        self.now += (SECOND, HOUR, DAY, 11 * DAY)[which]

    # --- The installation and the advertisers

    def shut(self, who: str, _: int) -> Asked:
        return Asked(
            lambda session: lifecycle.set_sending(session, False, who, self.now),
            "", ("sending.shut",), lambda: setattr(self, "enabled", False),
        )  # fmt: skip

    def reopen(self, who: str, _: int) -> Asked:
        return Asked(
            lambda session: lifecycle.set_sending(session, True, who, self.now),
            "not-reconciled" if self.restored else "", ("sending.opened",), lambda: setattr(self, "enabled", True),
        )  # fmt: skip

    def restore(self, who: str, which: int) -> Asked | None:
        if which > 1 or self.restored:
            return None  # seldom: nothing goes after it
        return Asked(
            lambda session: restored.mark(session, who, self.now, restored.TOLD),
            "", ("backup.restored",), lambda: setattr(self, "restored", True),
        )  # fmt: skip

    def withdraw(self, who: str, which: int) -> Asked:
        key = ADVERTISERS[which % 3]
        return Asked(
            lambda session: lifecycle.withdraw(session, key, who, self.now),
            self.unknown(key), ("advertiser.withdrawn",), lambda: self.withdrawn.add(key),
        )  # fmt: skip

    def hold(self, who: str, which: int) -> Asked:
        key = ADVERTISERS[which % 3]
        return Asked(
            lambda session: holds.hold(session, key, "kijken", who, self.now),
            self.unknown(key) or ("already-held" if key in self.held else ""),
            ("advertiser.held",), lambda: self.held.add(key),
        )  # fmt: skip

    def lift(self, who: str, which: int) -> Asked:
        key = ADVERTISERS[which % 3]
        return Asked(
            lambda session: holds.lift(session, key, who, self.now),
            self.unknown(key) or ("" if key in self.held else "not-held"),
            ("advertiser.lifted",), lambda: self.held.discard(key),
        )  # fmt: skip

    def unknown(self, key: str) -> str:
        return "unknown-advertiser" if key == "gamma" or not self.versions else ""

    # --- What must always hold

    def check(self) -> None:
        self.states_follow_each_other()
        for version in self.versions:
            if version.frozen:
                assert self.frozen(version.number) == version.frozen, f"version {version.number} has changed"
        self.nobody_approves_alone()
        self.what_ended_sends_nothing()
        self.who_withdrew_gets_nothing()

    def states_follow_each_other(self) -> None:
        rounds = self.memory.rows("SELECT version, state FROM round ORDER BY version")
        assert rounds == [(each.number, each.state) for each in self.versions], f"the rounds are {rounds}"
        for number, state in rounds:
            was = self.before.get(number, state)
            assert state == was or state in FOLLOWS[was], f"{was} became {state}"
        self.before = dict(rounds)

    def nobody_approves_alone(self) -> None:
        for planner, approver, state in self.memory.rows("SELECT planned_by, approved_by, state FROM round"):
            assert approver is None or not same(approver, planner), f"{planner} approved alone"
            assert approver or state in ("planned", "aborted"), f"{state} without an approval"

    def what_ended_sends_nothing(self) -> None:
        sql = """SELECT r.state, i.state FROM inquiry i JOIN pair p ON p.id = i.pair_id
            JOIN round r ON r.id = p.round_id"""
        for round_state, state in self.memory.rows(sql):
            assert round_state not in ENDED or state not in ("planned", "claimed"), f"a letter of a {round_state} round"
            assert round_state not in ("planned", "approved") or state in ("planned", "cancelled"), (
                "a letter went early"
            )

    def who_withdrew_gets_nothing(self) -> None:
        given = dict(self.memory.rows(
            "SELECT a.key, e.withdrawn_at FROM enrolment e JOIN advertiser a ON a.id = e.advertiser_id"))  # fmt: skip
        assert {key for key, withdrawn in given.items() if withdrawn} == self.withdrawn, "a withdrawal was forgotten"


def same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
