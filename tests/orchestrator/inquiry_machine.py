"""The Inquiry machine: two workers, people, time, mail and backups, on the real functions, beside a record of its own.

It differs from the exhaustive model check in that nothing of it is a copy of the code: what `inquiry_model` says must
be exactly what the database holds after every step, and what the wire saw is judged apart from both.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from random import Random
from typing import Any

from house_makers import (
    BACK_OFF,
    DUE,
    GRACE,
    HOUR,
    LEASE,
    MARGIN,
    ROUND,
    SECOND,
    answer,
)
from inquiry_model import FINAL, LIVE, NEVER_WENT, Letter, model_of, office_is_open
from machine_makers import ChanceMachine, moment

from orchestrator import mailbox
from orchestrator.rounds import copies, holds, lifecycle, lookup, reconciling, restored, sending, settling
from orchestrator.rounds.sending import AlreadyTried, Claim, Result
from orchestrator.states import AttemptOutcome

WORKERS = ("w1", "w2")
FOLDER = "imap:kopieen"
Held = tuple[int, int]

ON_THE_WIRE = (*["sent"] * 4, "uncertain", "lost", "not_sent", "refused")
"""``lost`` is an uncertain letter that never arrived."""


class InquiryMachine(ChanceMachine):
    """Two pairs of one advertiser, and a wire that keeps what truly went over it."""

    def __init__(self) -> None:
        super().__init__()
        self.memory.go_back("begun")
        self.database = self.memory.database
        self.model = model_of(self.memory)
        self.memory.remember("backup")
        self.backup = deepcopy(self.model)
        self.now = DUE - 7 * HOUR
        self.seq = self.memory.last_event()
        self.known: dict[Held, Claim] = {}
        self.claims: dict[str, list[Held]] = {name: [] for name in WORKERS}
        self.gated: dict[str, list[Held]] = {name: [] for name in WORKERS}
        self.told: dict[str, list[tuple[Held, str]]] = {name: [] for name in WORKERS}
        self.wire: dict[str, datetime] = {}
        self.arrived: list[int] = []
        self.lost: set[str] = set()
        self.before = self.states()

    def begins(self, chance: Random) -> None:
        self.now = chance.choice([DUE, DUE - 3 * HOUR, DUE - 7 * HOUR])

    def happens(self, chance: Random) -> None:
        name, which = chance.choice(WORKERS), chance.randrange(4)
        if chance.random() < 0.5:
            for _ in range(chance.choice([1, 1, 2, 4])):
                self.goes_on(name, chance.choice(ON_THE_WIRE), which)
        else:
            getattr(self, chance.choice(self.possible()))(name, which)

    def goes_on(self, name: str, outcome: str, which: int) -> None:
        """A worker takes a step on anything it holds, however long ago it got it."""
        if self.told[name]:
            self.records(name, *taken(self.told[name], which))
        elif self.gated[name]:
            self.sends(name, taken(self.gated[name], which), outcome)
        elif self.claims[name]:
            self.comes_to_the_gate(name, taken(self.claims[name], which))
        else:
            self.waits_and_claims(name, which + 1)

    def holds_anything(self, name: str) -> bool:
        return bool(self.claims[name] or self.gated[name] or self.told[name])

    def possible(self) -> list[str]:
        """What could make a difference now; what is named twice comes more often."""
        model, claimed = self.model, any(self.claims.values())
        in_hand = [letter for letter in model.letters.values() if letter.state in ("claimed", "sending")]
        on_the_wire = [letter for letter in in_hand if letter.state == "sending" and letter.id in self.arrived]
        early = [letter.id for letter in on_the_wire if letter.id not in model.answered]
        going_on = model.running and model.open and not model.held
        whether = {
            "next_letter": bool(self.waiting()),
            "last_moment": bool(self.waiting()),
            "soon sweep": True,
            "lease_ends stalls stalls stalls": bool(in_hand),
            "stalls stalls": claimed,
            "early_answer early_answer early_answer": bool(early),
            "evening" if office_is_open(self.now) else "morning morning": True,
            "answer answer": bool(self.arrived),
            "copy": bool(self.uncopied()),
            "wire_fails wire_fails wire_fails": claimed,
            "dies": any(map(self.holds_anything, WORKERS)),
            "pause shut hold": going_on,
            "all_goes_on all_goes_on all_goes_on": not going_on,
            "backs_up": model.restored_at is None,
            "puts_back": bool(self.arrived),
            "finds_out finds_out finds_out": bool(self.unknown()),
            "reconciles reconciles_without reconciles_without": model.restored_at is not None,
        }
        return [name for names, may_be in whether.items() if may_be for name in names.split()]

    # --- Workers

    def waits_and_claims(self, name: str, most: int) -> None:
        if not self.model.due(self.now):
            self.next_letter()
        with self.database.writing() as session:
            round_ = lookup.find(session, ROUND)
            found = sending.claim_inquiries(session, round_, name, self.now, LEASE, GRACE, most)
        held = [(each.id, each.fence) for each in found]
        assert held == self.model.claim(self.now, most), f"{held} was claimed"
        self.known |= dict(zip(held, found, strict=True))
        self.claims[name] += held
        self.check()

    def comes_to_the_gate(self, name: str, held: Held) -> None:
        try:
            with self.database.writing() as session:
                passed = sending.gate(session, self.known[held], name, self.now, LEASE, GRACE)
        except AlreadyTried:
            passed = False
        if passed:
            self.may_have_passed(held[0])
        assert passed == self.model.gate(held, self.now), f"the gate let {held} pass: {passed}"
        if passed:
            self.gated[name].append(held)
            self.check()
            return
        self.check()
        with self.database.writing() as session:
            sending.release(session, self.known[held], self.now, BACK_OFF)
        self.model.release(held, self.now)
        self.check()

    def may_have_passed(self, number: int) -> None:
        """What must hold of a letter that passed the gate, read from the record and the wire and not from the model."""
        shut = self.memory.rows("SELECT 1 FROM control WHERE sending_enabled = 0 OR restored_at IS NOT NULL")
        assert not shut, "a letter passed the gate while sending was shut"
        sql = 'SELECT pair_id, "order", not_after, gap FROM inquiry WHERE id = ?'
        ((pair, order, last, _),) = self.memory.rows(sql, number)
        latest = moment(last)
        assert latest is not None
        assert self.now <= latest + GRACE, "a letter passed the gate too late"
        if order == 2:
            ((state, sent),) = self.memory.rows(
                'SELECT state, sent_at FROM inquiry WHERE pair_id = ? AND "order" = 1', pair
            )
            sent_at = moment(sent)
            assert state == "sent", "a second letter passed the gate before the first was sent"
            assert sent_at is not None
            assert self.now >= sent_at + self.model.letters[number].gap, "a second letter passed within its gap"

    def sends(self, name: str, held: Held, outcome: str) -> None:
        message_id = self.model.letters[held[0]].message_id
        if outcome in ("sent", "uncertain", "lost"):
            assert message_id not in self.wire, "a letter was sent twice"
            self.wire[message_id] = self.now
        if outcome in ("sent", "uncertain"):
            self.arrived.append(held[0])
            self.lost.discard(message_id)
        elif outcome == "lost":
            self.lost.add(message_id)
        self.told[name].append((held, "uncertain" if outcome == "lost" else outcome))

    def records(self, name: str, held: Held, outcome: str) -> None:
        result = Result(AttemptOutcome(outcome), "answer", "wat de overkant zei")
        with self.database.writing() as session:
            sending.record(session, self.known[held], name, self.now, result, BACK_OFF)
        self.model.record(held, outcome, self.now)
        self.check()

    def wire_fails(self, name: str, which: int) -> None:
        """The wire fails, or the other side refuses, before the body and so before the gate."""
        if self.claims[name]:
            self.records(name, taken(self.claims[name], which), "refused" if which == 0 else "not_sent")

    def dies(self, name: str, _: int = 0) -> None:
        self.claims[name], self.gated[name], self.told[name] = [], [], []

    def sweep(self, *_: object) -> None:
        with self.database.writing() as session:
            settling.sweep(session, self.now, MARGIN, GRACE)
            copies.settle_seen(session, self.now)
        self.model.sweep(self.now)

    # --- Time

    def next_letter(self, *_: object) -> None:
        ahead = [max(letter.planned_at, letter.next_try or self.now) for letter in self.waiting()]
        self.now = min((at for at in ahead if at > self.now), default=self.now)

    def soon(self, _: str, which: int) -> None:
        self.now += (5 + 30 * which) * SECOND

    def lease_ends(self, _: str, which: int) -> None:
        """Until just before, at, or just after the end of a lease, or of the margin behind it."""
        held = [letter.lease for letter in self.model.letters.values() if letter.state in ("claimed", "sending")]
        ends = min((lease for lease in held if lease), default=self.now)
        self.now = max(self.now, ends + (which - 1) * 2 * SECOND + (which // 2) * SECOND)

    def stalls(self, name: str, which: int) -> None:
        """Whoever holds letters does nothing until the sweep frees them and another takes them; then it wakes up."""
        held = [letter.lease for letter in self.model.letters.values() if letter.state in ("claimed", "sending")]
        self.now = max(self.now, max((lease for lease in held if lease), default=self.now) + MARGIN + SECOND)
        self.sweep()
        self.check()
        late = next((each for each in WORKERS if self.claims[each]), name)
        self.waits_and_claims(next(each for each in WORKERS if each != late), 1 + which)
        if self.claims[late] and which == 0:
            self.comes_to_the_gate(late, taken(self.claims[late], 0))
        elif self.claims[late] and which == 1:
            self.records(late, taken(self.claims[late], 0), "not_sent")

    def evening(self, *_: object) -> None:
        self.now = max(self.now, self.now.replace(hour=15, minute=30, second=5))

    def morning(self, *_: object) -> None:
        if not office_is_open(self.now):
            self.now = (self.now + 10 * HOUR).replace(hour=7, minute=20)

    def last_moment(self, _: str, which: int) -> None:
        """Until the last second of a letter that still waits, or the second after it."""
        if ends := [letter.not_after + GRACE for letter in self.waiting()]:
            self.now = max(self.now, min(ends) + (which % 2) * SECOND)

    def waiting(self) -> list[Letter]:
        return [letter for letter in self.model.letters.values() if letter.state == "planned"]

    # --- Mail

    def answer(self, _: str, which: int) -> None:
        if self.arrived:
            self.is_answered(self.arrived[which % len(self.arrived)])

    def is_answered(self, number: int) -> None:
        with self.database.writing() as session:
            answer(session, number, "AL_VERHUURD", self.now)
        self.model.answer(self.model.letters[number], self.now)

    def early_answer(self, name: str, which: int) -> None:
        """An answer comes before who sent the letter has written down that it went, which may then never happen."""
        self.is_answered(next(each for each in self.arrived if self.model.letters[each].state == "sending"))
        self.check()
        if which:
            self.stalls(name, which)

    def copy(self, _: str, which: int) -> None:
        """A copy of a letter that went; it is acted on at the next sweep."""
        if uncopied := self.uncopied():
            self.is_copied(uncopied[which % len(uncopied)])

    def uncopied(self) -> list[int]:
        return [each for each in self.arrived if self.model.letters[each].message_id not in self.model.copies]

    def is_copied(self, number: int) -> None:
        message_id = self.model.letters[number].message_id
        with self.database.writing() as session:
            copies.keep(session, message_id, self.wire[message_id], self.now)
        self.model.copies.setdefault(message_id, self.wire[message_id])

    # --- People

    def pause(self, *_: object) -> None:
        if self.model.running:
            self.does("round.paused", lifecycle.pause, ROUND, *self.by, "klacht")
            self.model.running = False

    def shut(self, *_: object) -> None:
        self.does("sending.shut", lifecycle.set_sending, False, *self.by)
        self.model.enabled = False

    def hold(self, *_: object) -> None:
        if not self.model.held:
            self.does("advertiser.held", holds.hold, "alfa", "kijken", *self.by)
            self.model.held = True

    def all_goes_on(self, *_: object) -> None:
        if not self.model.running:
            self.does("round.running", lifecycle.resume, ROUND, *self.by)
        if self.model.held:
            self.does("advertiser.lifted", holds.lift, "alfa", *self.by)
        if not self.model.enabled and self.model.restored_at is None:
            self.does("sending.opened", lifecycle.set_sending, True, *self.by)
            self.model.enabled = True
        self.model.running, self.model.held = True, False

    @property
    def by(self) -> tuple[str, datetime]:
        return "r.visser", self.now

    def does(self, tells: str, act: Callable[..., Any], *told: object) -> None:
        with self.database.writing() as session:
            act(session, *told)
        self.model.told.append(tells)

    # --- Backups

    def backs_up(self, *_: object) -> None:
        self.memory.remember("backup")
        self.backup = deepcopy(self.model)

    def puts_back(self, *_: object) -> None:
        """The record goes back in time; workers are new then."""
        self.goes_back()
        self.does("backup.restored", restored.mark, *self.by, restored.TOLD)
        self.model.restored_at = self.now

    def finds_out(self, _: str, which: int) -> None:
        """Nobody tells that a backup was put back; an answer comes to a letter that by this record never went."""
        unknown = self.unknown()
        self.goes_back()
        self.is_answered(unknown[-1 - which % len(unknown)])

    def unknown(self) -> list[int]:
        """What arrived and would, by the backup, not have gone yet; the oldest first."""
        return [each for each in self.arrived if self.backup.letters[each].state in NEVER_WENT]

    def goes_back(self) -> None:
        self.memory.go_back("backup")
        self.model, self.seq = deepcopy(self.backup), self.memory.last_event()
        self.before = self.states()
        for name in WORKERS:
            self.dies(name)
        # Nobody got these, and the record no longer knows that they may have gone: they may go once more.
        self.wire = {message_id: at for message_id, at in self.wire.items() if message_id not in self.lost}

    def reconciles(self, *_: object) -> None:
        """With a mailbox that was read to its end, and holds a copy of all that arrived."""
        if self.model.restored_at is None:
            return
        for number in self.arrived:
            self.is_copied(number)
        with self.database.writing() as session:
            mailbox.hold(session, FOLDER, 1).ended_at = self.now
        self.is_reconciled(FOLDER)

    def reconciles_without(self, *_: object) -> None:
        if self.model.restored_at is not None:
            self.is_reconciled(None)

    def is_reconciled(self, folder: str | None) -> None:
        with self.database.writing() as session:
            reconciling.reconcile(session, *self.by, folder, timedelta())
        self.model.reconcile(self.now, self.memory, mailbox=folder is not None)

    # --- What must always hold

    def states(self) -> dict[int, tuple[str, int]]:
        return {number: (state, fence) for number, state, fence in self.memory.rows(
            "SELECT id, state, fence FROM inquiry")}  # fmt: skip

    def check(self) -> None:
        kinds = [kind for kind, _ in self.memory.events_after(self.seq)]
        expected, self.model.told, self.seq = self.model.told, [], self.memory.last_event()
        self.nothing_goes_back()
        self.one_live_attempt_at_most()
        self.model.agrees(self.memory)
        assert kinds == expected, f"the ledger tells {kinds}, not {expected}"

    def nothing_goes_back(self) -> None:
        """What ended stays, what is uncertain waits for evidence or for who sent it, and a fence only rises."""
        then, self.before = self.before, self.states()
        for number, (state, fence) in self.before.items():
            was, old = then[number]
            assert fence >= old, "a fence went back"
            proven = state == "sent" and was in ("cancelled", "expired")  # by evidence, and then all sending is shut
            assert was not in FINAL or state == was or proven, f"a letter went from {was} to {state}"
            assert was != "uncertain" or state in ("uncertain", "sent", "failed", "planned"), (
                f"uncertain became {state}"
            )

    def one_live_attempt_at_most(self) -> None:
        live = self.memory.rows("SELECT message_id, outcome FROM attempt")
        counted = [message_id for message_id, outcome in live if outcome in LIVE]
        assert len(counted) == len(set(counted)), "a letter has two live attempts"

    def ends(self) -> None:
        """When all workers are gone and sending is open, every letter ends, and the record knows what the wire saw."""
        if self.model.restored_at is not None:
            self.reconciles_without()
        self.all_goes_on()
        self.check()
        for wait in (HOUR, 1000 * HOUR):
            self.now += wait
            self.sweep()
            self.check()
        rows = self.memory.rows("SELECT message_id, state FROM inquiry")
        assert not [state for _, state in rows if state in ("planned", "claimed", "sending")], "a letter never ends"
        on_record = {message_id for message_id, state in rows if state in ("sent", "uncertain")}
        assert set(self.wire) <= on_record, "a letter went of which the record knows nothing"
        assert {message_id for message_id, state in rows if state == "sent"} <= set(self.wire), (
            "sent, but it never went"
        )
        super().ends()


def taken(from_: list[Any], which: int) -> Any:
    return from_.pop(which % len(from_))
