"""What an inquiry may do, written down from DESIGN §4 in plain Python: the record beside the Inquiry machine."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from house_makers import BACK_OFF, GRACE, LEASE, MARGIN
from machine_makers import Memory, moment

FINAL = ("sent", "failed", "cancelled", "expired")
NEVER_WENT = ("planned", "claimed", "cancelled", "expired")
LIVE = ("sending", "sent", "uncertain")
RECORDABLE = {
    "sent": ("sending", "uncertain"),
    "uncertain": ("sending", "uncertain"),
    "not_sent": ("claimed", "sending", "uncertain"),
    "refused": ("claimed", "sending", "uncertain"),
}
"""In which states of a letter a worker that still holds its fence may tell this of it."""

BECOMES = {"sent": "sent", "uncertain": "uncertain", "not_sent": "planned", "refused": "failed"}


@dataclass
class Letter:
    id: int
    pair: int
    order: int
    gap: timedelta
    message_id: str
    planned_at: datetime
    not_after: datetime
    state: str = "planned"
    fence: int = 0
    lease: datetime | None = None
    next_try: datetime | None = None
    sent_at: datetime | None = None
    earliest: datetime | None = None
    """When the gap after a late first letter ends: until the record was looked at, it may move this letter so far."""


@dataclass
class Attempt:
    started_at: datetime
    outcome: str = "sending"


@dataclass
class Model:
    """The whole record; ``told`` collects the kinds of the events that the last step must have left, in order."""

    letters: dict[int, Letter]
    attempts: dict[tuple[str, int], Attempt] = field(default_factory=dict)
    excluded: dict[int, str] = field(default_factory=dict)
    enabled: bool = True
    restored_at: datetime | None = None
    running: bool = True
    held: bool = False
    copies: dict[str, datetime] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    told: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        return self.enabled and self.restored_at is None

    def other(self, letter: Letter) -> Letter:
        return next(each for each in self.letters.values() if each.pair == letter.pair and each.id != letter.id)

    def may_go(self, letter: Letter, now: datetime) -> bool:
        """Whatever is asked both at the claim and at the gate; a new condition of sending has its place here."""
        first = letter if letter.order == 1 else self.other(letter)
        return (
            self.open
            and self.running
            and not self.held
            and letter.pair not in self.excluded
            and letter.message_id not in self.copies
            and now <= letter.not_after + GRACE
            and (letter.order == 1 or first.state == "sent")
        )

    def due(self, now: datetime) -> list[Letter]:
        found = [
            letter
            for letter in self.letters.values()
            if letter.state == "planned"
            and letter.planned_at <= now
            and (letter.next_try is None or letter.next_try <= now)
            and (office_is_open(now) or letter.planned_at >= now - GRACE)
            and self.may_go(letter, now)
        ]
        return sorted(found, key=lambda letter: (letter.planned_at, letter.id))

    def claim(self, now: datetime, most: int) -> list[tuple[int, int]]:
        claimed = self.due(now)[:most]
        for letter in claimed:
            letter.state, letter.fence, letter.lease = "claimed", letter.fence + 1, now + LEASE
        self.told += ["inquiry.claimed"] if claimed else []
        return [(letter.id, letter.fence) for letter in claimed]

    def holds(self, held: tuple[int, int]) -> bool:
        return self.letters[held[0]].fence == held[1]

    def gate(self, held: tuple[int, int], now: datetime) -> bool:
        letter = self.letters[held[0]]
        in_lease = letter.lease is not None and letter.lease > now
        if letter.state != "claimed" or not self.holds(held) or not in_lease or not self.may_go(letter, now):
            return False
        letter.state, letter.lease = "sending", now + LEASE
        self.attempts[letter.message_id, letter.fence] = Attempt(now)
        self.told.append("letter.sending")
        return True

    def release(self, held: tuple[int, int], now: datetime) -> None:
        letter = self.letters[held[0]]
        if letter.state == "claimed" and self.holds(held):
            letter.state, letter.lease, letter.next_try = "planned", None, now + BACK_OFF
            self.told.append("letter.released")

    def record(self, held: tuple[int, int], outcome: str, now: datetime) -> None:
        letter = self.letters[held[0]]
        if not self.holds(held) or letter.state not in RECORDABLE[outcome]:
            self.told.append("letter.late-result")
            return
        letter.state, letter.lease = BECOMES[outcome], None
        letter.next_try = now + BACK_OFF * 2 ** min(letter.fence - 1, 6) if outcome == "not_sent" else None
        letter.sent_at = now if outcome == "sent" else None
        self.attempts.setdefault((letter.message_id, letter.fence), Attempt(now)).outcome = outcome
        self.told.append(f"letter.{outcome}")
        self.tell_second(letter)

    def tell_second(self, letter: Letter) -> None:
        """A second letter keeps its gap behind a late first, and is cancelled with a refused one."""
        second = self.other(letter)
        if letter.order == 2 or second.state != "planned":
            return
        if letter.state == "failed":
            second.state = "cancelled"
            self.excluded[letter.pair] = "niet-verzonden"
            self.told.append("pair.excluded")
        if letter.sent_at and letter.sent_at + second.gap > second.planned_at:
            second.earliest = letter.sent_at + second.gap

    def sweep(self, now: datetime) -> None:
        before = [letter.state for letter in self.letters.values()]
        for letter in self.letters.values():
            if letter.state == "claimed" and letter.lease and letter.lease < now:
                letter.state = "planned"
            if letter.state == "sending" and letter.lease and letter.lease < now - MARGIN:
                self.give_up(letter)
            if letter.state == "planned" and letter.not_after < now - GRACE and self.open:
                letter.state = "expired"
        self.told += ["letters.swept"] if before != [letter.state for letter in self.letters.values()] else []
        self.settle_seen(now)

    def give_up(self, letter: Letter) -> None:
        letter.state = "uncertain"
        for (message_id, _), attempt in self.attempts.items():
            if message_id == letter.message_id and attempt.outcome == "sending":
                attempt.outcome = "uncertain"

    def settle_seen(self, now: datetime) -> None:
        """A copy settles whatever has one; an answer that came while its letter was on the wire settles it later."""
        for letter in self.letters.values():
            if letter.message_id in self.copies:
                self.settle(letter, now, self.copies[letter.message_id])
            elif letter.id in self.answered and letter.state == "uncertain":
                self.settle(letter, now)

    def settle(self, letter: Letter, now: datetime, dated: datetime | None = None) -> None:
        if letter.state in NEVER_WENT and self.restored_at is None:
            self.restored_at = now
            self.told.append("backup.restored")
        elif letter.state not in NEVER_WENT and letter.state != "uncertain":
            return
        tries = {key: each for key, each in self.attempts.items() if key[0] == letter.message_id}
        lost = [each for each in tries.values() if each.outcome == "uncertain"]
        known = max((each.started_at for each in lost), default=None)
        letter.sent_at = known or min(dated or letter.planned_at, now)
        letter.state = "sent"
        for attempt in lost:
            attempt.outcome = "sent"
        self.told.append("letter.settled")
        self.tell_second(letter)

    def answer(self, letter: Letter, now: datetime) -> None:
        self.answered.add(letter.id)
        self.told.append("reply.stored")
        self.settle(letter, now)

    def reconcile(self, now: datetime, memory: Memory, *, mailbox: bool) -> None:
        """Doubt whatever may have gone: a second letter behind a late first, which only now is known, went later."""
        assert self.restored_at is not None
        self.settle_seen(now)
        for letter in self.letters.values():
            if letter.state == "sending":
                self.give_up(letter)
        self.settle_seen(now)
        sent = [letter for letter in self.letters.values() if letter.state == "sent"]
        self.moves(memory)
        believed = mailbox and sent and all(letter.message_id in self.copies for letter in sent)
        for letter in self.letters.values():
            if not believed and letter.state in ("planned", "claimed") and letter.planned_at <= self.restored_at:
                letter.state = "uncertain"
        self.restored_at = None
        self.told.append("backup.reconciled")

    def agrees(self, memory: Memory) -> None:
        """Compare with what the database holds, after letting second letters move as far as they may."""
        self.moves(memory)
        sql = (
            "SELECT id, state, fence, planned_at, not_after, next_try_at, lease_until, sent_at FROM inquiry ORDER BY id"
        )
        for number, state, fence, *times in memory.rows(sql):
            planned_at, not_after, next_try, lease, sent_at = map(moment, times)
            letter = self.letters[number]
            assert (letter.state, letter.fence) == (state, fence), f"letter {number} is {state}, fence {fence}"
            assert (letter.planned_at, letter.not_after) == (planned_at, not_after), f"letter {number} has moved"
            assert letter.sent_at == sent_at, f"letter {number} was not sent at {sent_at}"
            assert state != "planned" or letter.next_try == next_try, f"letter {number} is tried again at {next_try}"
            assert state not in ("claimed", "sending") or letter.lease == lease, f"letter {number} is held till {lease}"
        attempts = {(message_id, fence): told for message_id, fence, told in memory.rows(
            "SELECT message_id, fence, outcome FROM attempt")}  # fmt: skip
        assert {key: attempt.outcome for key, attempt in self.attempts.items()} == attempts, "attempts differ"
        pairs = memory.rows("SELECT id, reason FROM pair WHERE state <> 'open' ORDER BY id")
        assert sorted(self.excluded.items()) == pairs, "pairs differ"

    def moves(self, memory: Memory) -> None:
        """Take over how far the database moved second letters, which must be as far as they may."""
        for number, *times in memory.rows("SELECT id, planned_at, not_after FROM inquiry ORDER BY id"):
            self._may_move(self.letters[number], *map(moment, times))

    @staticmethod
    def _may_move(letter: Letter, planned_at: datetime | None, not_after: datetime | None) -> None:
        earliest, letter.earliest = letter.earliest, None
        if earliest is None or planned_at is None or not_after is None:
            return
        if letter.state == "sent" and planned_at == letter.planned_at:
            return  # both halves were settled at once, the second before the first
        assert planned_at >= earliest, f"letter {letter.id} goes before its gap is over"
        assert office_is_open(planned_at), f"letter {letter.id} goes outside office hours"
        assert planned_at == earliest or not office_is_open(earliest), f"letter {letter.id} waits for nothing"
        assert not_after - letter.not_after == planned_at - letter.planned_at, f"letter {letter.id} has another time"
        letter.planned_at, letter.not_after = planned_at, not_after


def office_is_open(at: datetime) -> bool:
    """09:00 to 17:30 in Amsterdam, in the summer of the makers' round, on weekdays."""
    return at.weekday() < 5 and (7, 0) <= (at.hour, at.minute) < (15, 30)


def model_of(memory: Memory) -> Model:
    """Take over the letters as they were planned."""
    sql = 'SELECT id, pair_id, "order", gap, message_id, planned_at, not_after FROM inquiry ORDER BY id'
    letters = {}
    for number, pair, order, gap, message_id, planned_at, not_after in memory.rows(sql):
        span = datetime.fromisoformat(gap) - datetime(1970, 1, 1)  # noqa: DTZ001 - how SQLite holds a span
        planned, last = moment(planned_at), moment(not_after)
        assert planned is not None
        assert last is not None
        letters[number] = Letter(number, pair, order, span, message_id, planned, last)
    return Model(letters)
