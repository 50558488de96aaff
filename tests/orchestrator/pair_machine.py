"""The Pair machine: letters, answers, bounces, detections, withdrawals and closings, in any order and also too late.

The record beside it knows when a pair stops being open and why, what each half has been answered, and what people
said of it; after every step it is held against the database.
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
    MARGIN,
    PROPOSALS,
    ROUND,
    SECOND,
)
from machine_makers import ChanceMachine, Memory, moment
from sqlalchemy import select

from orchestrator.db import Session
from orchestrator.models import Reply
from orchestrator.rounds import answers, coding, copies, lifecycle, lookup, sending, settling
from orchestrator.rounds.answers import Proposed, Told
from orchestrator.rounds.matching import Matches, Signs
from orchestrator.rounds.sending import Claim, Result
from orchestrator.states import AttemptOutcome
from profiles.errors import Refused

LABELS = ("AL_VERHUURD", "AL_VERHUURD", "UITNODIGING", "ECHTHEIDSVRAAG", "ONBESTELBAAR")
EXCLUDING = {"ONBESTELBAAR": "onbestelbaar", "ECHTHEIDSVRAAG": "test-herkend"}
CODERS = ("dirk", "eva", " Eva", "finn")
PROPOSED = {
    **PROPOSALS,
    "ONBESTELBAAR": Proposed("ONBESTELBAAR", 1, 0.99, final=True, invites=False),
}
WHAT_HAPPENS = (
    *["sends"] * 8, "records", "records", "stalls", *["answer"] * 5, "code", "code", "code", "withdraw", "collect",
    "close", "close_early", "abort", "waits", "waits",
)  # fmt: skip


@dataclass
class Half:
    id: int
    order: int
    address: str
    state: str = "planned"
    sent_at: datetime | None = None
    gated_at: datetime | None = None


@dataclass
class Whole:
    """A pair: two halves, its state and its reason."""

    advertiser: str
    halves: list[Half]
    state: str = "open"
    reason: str | None = None

    def excluded(self, reason: str) -> None:
        self.state, self.reason = "excluded", reason


@dataclass
class Said:
    """An answer of one half: what people said of it, and what was decided."""

    label: str | None
    codings: list[tuple[str, str]] = field(default_factory=list)


class PairMachine(ChanceMachine):
    """A running round: two pairs of one advertiser and one of another."""

    def __init__(self) -> None:
        super().__init__()
        self.memory.go_back("running")
        self.database = self.memory.database
        self.now = DUE
        self.round = "running"
        self.pairs = wholes(self.memory)
        self.hands: list[Claim] = []
        self.arrived: list[Half] = []
        self.mails: dict[str, tuple[Whole, str]] = {}
        self.replies: dict[tuple[str, int], Said] = {}

    def happens(self, chance: Random) -> None:
        getattr(self, chance.choice(WHAT_HAPPENS))(chance)

    def ends(self) -> None:
        """All that was answered is coded, and whatever is open is closed."""
        self.code_all()
        self.closes(self.over(), "klacht")
        self.check()
        super().ends()

    def whole(self, half: Half) -> Whole:
        return next(pair for pair in self.pairs.values() if half in pair.halves)

    @property
    def halves(self) -> dict[int, Half]:
        return {half.id: half for pair in self.pairs.values() for half in pair.halves}

    # --- Letters

    def sends(self, chance: Random) -> None:
        """The next letter is claimed and passes the gate; what the wire tells may come much later."""
        waiting = [moment(at) for (at,) in self.memory.rows("SELECT planned_at FROM inquiry WHERE state = 'planned'")]
        self.now = max(self.now, min((at for at in waiting if at and at > self.now), default=self.now))
        with self.database.writing() as session:
            round_ = lookup.find(session, ROUND)
            claims = sending.claim_inquiries(session, round_, "w1", self.now, LEASE, GRACE, 1)
        for claim in claims:
            half = self.halves[claim.id]
            assert self.may_go(half), f"letter {half.id} of a pair that is {self.whole(half).state} was claimed"
            with self.database.writing() as session:
                assert sending.gate(session, claim, "w1", self.now, LEASE, GRACE), "the gate refused what was claimed"
            half.state, half.gated_at = "sending", self.now
            self.hands.append(claim)
            self.arrived.append(half)
        if chance.random() < 0.6:
            self.records(chance)
        elif claims and chance.random() < 0.3:
            self.withdrawn(self.whole(half).advertiser)

    def may_go(self, half: Half) -> bool:
        """What a pair asks of a letter; that it is time, and all else, is for the Inquiry machine."""
        pair = self.whole(half)
        first_sent = half.order == 1 or pair.halves[0].state == "sent"
        return self.round == "running" and pair.state == "open" and half.state == "planned" and first_sent

    def records(self, chance: Random) -> None:
        if not self.hands:
            return
        claim = self.hands.pop(chance.randrange(len(self.hands)))
        half = self.halves[claim.id]
        proven, over = half.id in self.answered(), self.whole(half).state != "open" or self.over()
        outcome = chance.choice(
            ["sent"] * 4 + ["uncertain"] + ["not_sent" if over else "refused", "not_sent"] * (not proven)
        )
        with self.database.writing() as session:
            told = Result(AttemptOutcome(outcome), "answer", "wat de overkant zei")
            sending.record(session, claim, "w1", self.now, told, BACK_OFF)
        if half.state in ("sending", "uncertain"):
            self.recorded(half, outcome)

    def recorded(self, half: Half, outcome: str) -> None:
        pair = self.whole(half)
        half.state = {"sent": "sent", "uncertain": "uncertain", "not_sent": "planned", "refused": "failed"}[outcome]
        half.sent_at = self.now if outcome == "sent" else None
        if outcome in ("not_sent", "refused"):
            self.arrived.remove(half)
        if outcome == "not_sent" and (pair.state != "open" or self.round in ("closed", "aborted")):
            half.state = "cancelled"
        if outcome == "refused" and half.order == 1 and pair.halves[1].state == "planned":
            pair.halves[1].state = "cancelled"
            pair.excluded("niet-verzonden")

    def stalls(self, _: Random) -> None:
        """Who sends falls silent until the sweep calls it uncertain; an answer that came meanwhile proves it."""
        self.now += LEASE + MARGIN + SECOND
        with self.database.writing() as session:
            settling.sweep(session, self.now, MARGIN, GRACE, expire=False)
            copies.settle_seen(session, self.now)
        for half in self.halves.values():
            half.state = "uncertain" if half.state == "sending" else half.state
            self.proven(half)

    def proven(self, half: Half) -> None:
        if half.state == "uncertain" and half.id in self.answered():
            half.state, half.sent_at = "sent", half.gated_at

    def answered(self) -> set[int]:
        return {number for _, number in self.replies}

    # --- Answers

    def answer(self, chance: Random) -> None:
        """A mail, new or the same once more, comes to one half or both, once or again."""
        if not self.arrived:
            return
        pair = self.whole(chance.choice(self.arrived))
        known = [key for key, (whole, _) in self.mails.items() if whole is pair]
        key = chance.choice(known) if known and chance.random() < 0.4 else f"mail {len(self.mails)}"
        _, label = self.mails.setdefault(key, (pair, chance.choice([*LABELS, "OVERIG", "OVERIG"])))
        there = [half for half in pair.halves if half in self.arrived]
        for half in chance.sample(there, chance.randint(1, len(there))):
            self.comes_to(half, key, label)

    def comes_to(self, half: Half, key: str, label: str) -> None:
        with self.database.writing() as session:
            answers.store(session, key.encode(), key, "smtp", f"{key} {half.address}", half.address, self.now)
        proposed = PROPOSED.get(label, PROPOSED["OVERIG"])
        with self.database.writing() as session:
            for mail in answers.unread(session, 10):
                signs = Signs(mail.id, mail.envelope_to.split(","), [])
                matches = Matches(session, [signs])
                for inquiry in matches.inquiries(signs):
                    if inquiry.id not in matches.replied(mail.id):
                        said = Told("human", "Re: woning", None)
                        answers.add_reply(session, inquiry, mail, said, "Dank.", proposed, self.now)
        if (key, half.id) not in self.replies:
            self.replies[key, half.id] = Said(proposed.label if proposed.final else None)
            self.proven(half)

    def code(self, chance: Random) -> None:
        """A person says what an answer is, also one that was decided, and also twice."""
        if not self.replies:
            return
        self.coded(chance.choice(list(self.replies)), chance.choice(CODERS), chance.choice(LABELS))

    def code_all(self) -> None:
        for key, said in self.replies.items():
            for coder in ("gijs", "hanna", "ida"):
                if said.label is None:
                    self.coded(key, coder, said.codings[-1][1] if said.codings else "OVERIG")

    def coded(self, key: tuple[str, int], coder: str, label: str) -> None:
        said = self.replies[key]
        try:
            with self.database.writing() as session:
                coding.code(session, self.reply(session, key), coder, label, self.now, invites=label == "UITNODIGING")
            found = ""
        except Refused as error:
            found = error.problem.code
        assert found == self.not_coded(said, coder), f"{coder} codes {said}: {found!r}"
        if found:
            return
        said.codings.append((coder, label))
        given = [each for _, each in said.codings]
        if len(given) == 3 or (len(given) == 2 and given[0] == given[1]):
            said.label = label

    @staticmethod
    def reply(session: Session, key: tuple[str, int]) -> Reply:
        rows = select(Reply).where(Reply.inquiry_id == key[1])
        return next(
            row
            for row in session.scalars(rows)
            if session.get_one(answers.InboundMail, row.mail_id).raw == key[0].encode()
        )

    @staticmethod
    def not_coded(said: Said, coder: str) -> str:
        if said.label:
            return "already-coded"
        return (
            "coded-twice" if coder.strip().casefold() in {each.strip().casefold() for each, _ in said.codings} else ""
        )

    # --- Endings

    def withdraw(self, chance: Random) -> None:
        if chance.random() < 0.5:
            self.withdrawn(chance.choice(["alfa", "beta"]))

    def withdrawn(self, key: str) -> None:
        with self.database.writing() as session:
            lifecycle.withdraw(session, key, "r.visser", self.now)
        for pair in self.pairs.values():
            if pair.advertiser != key:
                continue
            open_halves = [half for half in pair.halves if half.state in ("planned", "sending")]
            if pair.state == "open" and open_halves:
                pair.excluded("deelname-ingetrokken")
            cancel(pair)

    def collect(self, _: Random) -> None:
        open_ = any(half.state in ("planned", "sending") for half in self.halves.values())
        refused = "wrong-state" if self.round != "running" else "letters-open" if open_ else ""
        self.steps(lifecycle.collect, "collecting", refused)

    def abort(self, chance: Random) -> None:
        if chance.random() < 0.2 and self.steps(lifecycle.abort, "aborted", self.over(), "klacht"):
            for pair in self.pairs.values():
                cancel(pair)

    def over(self) -> str:
        return "wrong-state" if self.round in ("closed", "aborted") else ""

    def close(self, _: Random) -> None:
        refused = "" if self.round == "collecting" else "wrong-state"
        if not refused:
            self.now = max(self.now, self.window_end())
        self.closes(refused)

    def close_early(self, chance: Random) -> None:
        if chance.random() < 0.4:
            self.closes(self.over(), "klacht")

    def closes(self, refused: str, reason: str | None = None) -> None:
        if not refused and any(said.label is None for said in self.replies.values()):
            refused = "coding-open"
        if not self.steps(lifecycle.close, "closed", refused, *([reason] if reason else [])):
            return
        for pair in self.pairs.values():
            cancel(pair)
            if pair.state == "open":
                self.judged(pair)

    def judged(self, pair: Whole) -> None:
        """Why a pair that was open till now does not count; of two reasons the record may give either."""
        states = {half.state for half in pair.halves}
        labels = {
            said.label for (_, number), said in self.replies.items() if number in {half.id for half in pair.halves}
        }
        found = {EXCLUDING[label] for label in labels if label in EXCLUDING}
        if "uncertain" in states:
            found = {"verzending-onzeker"}
        elif states != {"sent"}:
            found = {"niet-verzonden"}
        elif not found and any(half.sent_at and half.sent_at > self.now - 10 * DAY for half in pair.halves):
            found = {"voortijdig-gesloten"}
        ((reason,),) = self.memory.rows("SELECT reason FROM pair WHERE id = ?", self.number(pair))
        assert (reason in found) if found else reason is None, f"a pair is left out for {reason}, not {found}"
        pair.state, pair.reason = ("excluded" if found else "usable"), reason

    def number(self, pair: Whole) -> int:
        return next(number for number, each in self.pairs.items() if each is pair)

    def window_end(self) -> datetime:
        sent = [half.sent_at for half in self.halves.values() if half.sent_at]
        return max(sent, default=self.now) + 10 * DAY

    def steps(self, act: Callable[..., Any], state: str, refused: str, *told: str) -> bool:
        try:
            with self.database.writing() as session:
                act(session, ROUND, "r.visser", self.now, *told)
            found = ""
        except Refused as error:
            found = error.problem.code
        assert found == refused, f"refused as {found!r}, not as {refused!r}"
        self.round = self.round if found else state
        return not found

    def waits(self, chance: Random) -> None:
        self.now += chance.choice([HOUR, DAY])

    # --- What must always hold

    def check(self) -> None:
        self.every_pair_has_its_state_and_reason()
        self.every_letter_is_where_it_should_be()
        self.every_answer_counts_once()
        self.every_invitation_is_given_back_once()

    def every_pair_has_its_state_and_reason(self) -> None:
        for number, state, reason in self.memory.rows("SELECT id, state, reason FROM pair"):
            pair = self.pairs[number]
            assert (state == "excluded") == (reason is not None), f"a pair is {state} for {reason}"
            assert (state, reason) == (pair.state, pair.reason), f"pair {number} is {state} for {reason}, not {pair}"

    def every_letter_is_where_it_should_be(self) -> None:
        for number, state, sent, pair in self.memory.rows("SELECT id, state, sent_at, pair_id FROM inquiry"):
            half = self.halves[number]
            over = self.pairs[pair].state != "open" or self.round in ("closed", "aborted")
            assert not over or state not in ("planned", "claimed"), f"a letter of a pair that is over is {state}"
            assert (state, moment(sent)) == (half.state, half.sent_at), f"letter {number} is {state}, not {half.state}"

    def every_answer_counts_once(self) -> None:
        sql = "SELECT m.content_key, r.inquiry_id, r.label FROM reply r JOIN inbound_mail m ON m.id = r.mail_id"
        found = sorted(self.memory.rows(sql), key=str)
        known = sorted([(key, number, said.label) for (key, number), said in self.replies.items()], key=str)
        assert found == known, f"the answers are {found}, not {known}"

    def every_invitation_is_given_back_once(self) -> None:
        given = sorted(number for (number,) in self.memory.rows("SELECT inquiry_id FROM decline"))
        invited = {number for (_, number), said in self.replies.items() if said.label == "UITNODIGING"}
        assert given == sorted(invited), f"{given} were given back, not {sorted(invited)}"


def cancel(pair: Whole) -> None:
    for half in pair.halves:
        half.state = "cancelled" if half.state == "planned" else half.state


def wholes(memory: Memory) -> dict[int, Whole]:
    sql = """SELECT p.id, a.key, i.id, i."order", i.reply_address FROM inquiry i JOIN pair p ON p.id = i.pair_id
        JOIN listing l ON l.id = p.listing_id JOIN advertiser a ON a.id = l.advertiser_id ORDER BY p.id, i."order" """
    pairs: dict[int, Whole] = {}
    for number, advertiser, half, order, address in memory.rows(sql):
        pairs.setdefault(number, Whole(advertiser, [])).halves.append(Half(half, order, address))
    return pairs
