"""Where the pages of coding and of pairs get what they show, and what they do to it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from orchestrator import pair_views
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.models import Reply
from orchestrator.pair_views import PairList, PairSeen, Wanted
from orchestrator.rounds import answers, coding, lookup
from orchestrator.rounds.answers import Heard
from profiles.errors import Refused
from results import coding_desk
from results.blind import hide
from results.coding_desk import Agreement, Desk, Difference, Withheld, Work
from workers.inbox.reading import invites
from workers.inbox.staff import mask_staff

DONE_ALREADY = frozenset({"coded-twice", "nothing-to-undo"})
"""What a form says that was sent twice: the first time did the work."""


@dataclass(frozen=True)
class CodingSource:
    """Reads everything afresh for each page, in a session of its own; each change is a transaction."""

    database: Database
    clock: Clock

    def works(self, coder: str) -> tuple[Work, ...]:
        with self.database.reading() as session:
            return coding_desk.works(session, coding.rounds(session), coder)

    def desk(self, round_name: str, coder: str) -> Desk:
        with self.database.reading() as session:
            return coding_desk.desk(session, round_name, coder)

    def differences(self, round_name: str, coder: str) -> tuple[Difference, ...]:
        with self.database.reading() as session:
            return coding_desk.differences(session, round_name, coder)

    def barred(self, round_name: str, coder: str) -> str | None:
        with self.database.reading() as session:
            return coding_desk.barred(session, round_name, coder)

    def agreement(self, round_name: str) -> Agreement:
        with self.database.reading() as session:
            return coding_desk.agreement(session, round_name)

    def withheld(self, round_name: str) -> tuple[Withheld, ...]:
        with self.database.reading() as session:
            return coding_desk.withheld(session, round_name)

    def one_withheld(self, round_name: str, number: int) -> Withheld:
        with self.database.reading() as session:
            return coding_desk.one_withheld(session, round_name, number)

    def code(self, round_name: str, number: int, coder: str, label: str) -> None:
        """Store a label; the same form sent twice is one label."""

        def step(session: Session, reply: Reply, now: datetime) -> None:
            coding.code(session, reply, coder, label, now, invites=invites(label))

        try:
            self._do(round_name, number, step)
        except Refused as error:
            # Sent twice, and the first time made the label final.
            if error.problem.code != "already-coded" or not self._coded(number, coder):
                raise

    def _coded(self, number: int, coder: str) -> bool:
        with self.database.reading() as session:
            return coding.coded_by(lookup.reply(session, number), coder)

    def doubt(self, round_name: str, number: int, coder: str, note: str) -> None:
        self._do(round_name, number, lambda session, reply, now: coding.doubt(session, reply, coder, note, now))

    def undo(self, round_name: str, number: int, coder: str) -> None:
        self._do(round_name, number, lambda session, reply, now: coding.undo(session, reply, coder, now))

    def mask(self, round_name: str, number: int, phrase: str, actor: str) -> None:
        self._do(round_name, number, lambda session, reply, now: coding.mask(session, reply, phrase, actor, now))

    def pairs(self, round_name: str, wanted: Wanted, page: int) -> PairList:
        with self.database.reading() as session:
            return pair_views.pairs(session, round_name, wanted, page)

    def pair(self, round_name: str, code: str, person: str, *, coder: bool) -> PairSeen:
        with self.database.reading() as session:
            return pair_views.pair(session, round_name, code, person, hide, self.clock.now(), coder=coder)

    def enter(self, round_name: str, pair: str, order: int, heard: Heard, actor: str) -> None:
        """Write down an answer that came otherwise than by mail, without the names of staff."""
        told = Heard(heard.road, heard.at, mask_staff(heard.text.strip()), heard.label)
        with self.database.writing() as session:
            inquiry = lookup.inquiry(session, round_name, pair, order)
            answers.enter(session, inquiry, told, actor, self.clock.now())

    def _do(self, round_name: str, number: int, step: Callable[[Session, Reply, datetime], None]) -> None:
        try:
            with self.database.writing() as session:
                step(session, coding_desk.of_round(session, round_name, number), self.clock.now())
        except Refused as error:
            if error.problem.code not in DONE_ALREADY:
                raise
