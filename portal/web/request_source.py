"""Where the pages of the request test get what they show, and what they do to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from orchestrator import accounts, request_views
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.models import RequestRound
from orchestrator.request_views import RequestRoundSeen
from orchestrator.rounds import duties, requesting
from orchestrator.rounds.requesting import Plan
from orchestrator.states import Role
from profiles.errors import Refused
from results import owner_requests
from results.owner_requests import RequestResult
from workers.inbox.staff import mask_staff

Step = Callable[[Session, str, str, datetime], RequestRound]


@dataclass(frozen=True)
class Call:
    """An office that a tester has to ask: its day, how often it was tried, and why it may not be asked now."""

    key: str
    office: str
    day: date
    tries: int
    why_not: str | None


@dataclass(frozen=True)
class Answer:
    """What a coder sees of an answer: the note and nothing else; ``waiting`` counts this one too."""

    number: int
    note: str
    waiting: int


@dataclass(frozen=True)
class RequestSource:
    """Reads everything afresh for each page, in a session of its own; each change is a transaction.

    ``pretends`` is why letters would not truly go from here (`Settings.pretends`).
    """

    database: Database
    clock: Clock
    pretends: str | None

    def rounds(self) -> tuple[RequestRoundSeen, ...]:
        with self.database.reading() as session:
            return request_views.rounds(session)

    def round(self, name: str) -> RequestRoundSeen:
        with self.database.reading() as session:
            return request_views.one(session, name)

    def testers(self) -> tuple[str, ...]:
        """Return the names of those who may call: who sends letters, and whose access was not ended."""
        with self.database.reading() as session:
            known = accounts.everybody(session)
            return tuple(each.name for each in known if each.active and Role.SENDER in each.roles)

    def plan(self, wanted: Plan, actor: str) -> None:
        with self.database.writing() as session:
            requesting.plan_for_all(session, wanted, actor, self.clock.now())

    def move(self, step: Step, name: str, actor: str) -> None:
        with self.database.writing() as session:
            step(session, name, actor, self.clock.now())

    def result(self, name: str) -> RequestResult:
        with self.database.reading() as session:
            return owner_requests.load_result(session, name)

    def calls(self, name: str, tester: str) -> Sequence[Call]:
        with self.database.reading() as session:
            rows = requesting.sheet(session, name, tester, self.clock.now())
            return [Call(office.key, office.name, row.planned_on, row.tries, why) for row, office, why in rows]

    def made(self, name: str, key: str, tester: str, note: str) -> None:
        """Write down what was answered, without the names of staff."""
        with self.database.writing() as session:
            requesting.made(session, name, key, tester, mask_staff(note.strip()), self.clock.now())

    def not_reached(self, name: str, key: str, tester: str) -> None:
        with self.database.writing() as session:
            requesting.not_reached(session, name, key, tester, self.clock.now())

    def answer(self, coder: str) -> Answer | None:
        """Return the next answer for this coder, of whatever round; None when none waits."""
        with self.database.reading() as session:
            waiting = requesting.queue(session, None, coder)
            return Answer(waiting[0].id, waiting[0].note or "", len(waiting)) if waiting else None

    def closed_to(self, coder: str) -> tuple[str, ...]:
        """Tell of each round with answers of which this coder may code none why not."""
        with self.database.reading() as session:
            told = (duties.not_blind(session, each, coder) for each in requesting.closed_to(session, coder))
            return tuple(why for why in told if why)

    def code(self, number: int, coder: str, code: str) -> None:
        """Store a code; the same form sent twice is one code."""
        try:
            with self.database.writing() as session:
                requesting.code(session, number, coder, code, self.clock.now())
        except Refused as error:
            if error.problem.code != "coded-twice":
                raise
