"""Where the pages get what they show: the installation's database."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from orchestrator import burden, context, exposure, planned, status, takings, tallies, views, wellbeing
from orchestrator.accounts import Visitor
from orchestrator.burden import Burden
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.design import from_canonical
from orchestrator.exposure import Watched
from orchestrator.models import Round
from orchestrator.rounds import coding, duties, lifecycle, looking, lookup
from orchestrator.states import Role, RoundState
from orchestrator.status import Chapter, Fact
from orchestrator.wellbeing import Gaps, Part
from profiles.errors import Refused
from profiles.pairs import Arm
from results import balance, disclosure, opening, reports, tables
from results.balance import Line
from results.releases import binding
from results.reports import Audience, Report
from results.tables import RoundTable

_STEPS: Mapping[RoundState, Callable[[Session, str, str, datetime, str], object]] = {
    RoundState.PAUSED: lifecycle.pause,
    RoundState.RUNNING: lambda session, name, actor, now, _: lifecycle.resume(session, name, actor, now),
    RoundState.ABORTED: lifecycle.abort,
}


@dataclass(frozen=True)
class Health:
    """What is counted to see whether a round goes as it should; ``losses`` tells the arm only of a closed round."""

    closed: bool
    losses: Mapping[str, Sequence[Part]]
    gaps: Gaps | None
    twice: tuple[int, int]
    ahead: timedelta
    burden: Sequence[Burden]


@dataclass(frozen=True)
class Standing:
    """What the page of results asks of a round before it shows them; of one that is not closed the first two alone.

    ``looks`` says whether the design declares looks before the end, ``late`` what came or was coded after the round
    was closed. ``accepted`` are the codes of the pairs of which a note of the advertiser was accepted, when all is
    decided; ``fingerprint`` is the same for as long as a page made of this round's answers is still right.
    """

    state: RoundState
    looks: bool
    late: views.Late | None = None
    accepted: frozenset[str] = frozenset()
    fingerprint: Hashable = None


class Source(Protocol):
    """Where pages get their rounds. What is asked of one raises `Refused` with a code "unknown-…" for no round."""

    def rounds(self) -> Sequence[views.RoundSummary]: ...

    def status(self) -> tuple[datetime, Sequence[Chapter]]:
        """Return the moment by the installation's clock, and how the installation is."""
        ...

    def table(self, round_name: str) -> RoundTable: ...

    def office_table(self, round_name: str, advertiser: str) -> RoundTable:
        """Return what the report of one office is made of."""
        ...

    def refuse_early(self, round_name: str, audience: Audience) -> None:
        """Raise `Refused` when an audience may not read about this round yet, before all of it is read."""
        ...

    def standing(self, round_name: str) -> Standing: ...

    def take(self, round_name: str, person: str) -> None:
        """Write down that somebody takes the arms of the pairs home."""
        ...

    def note_look_read(self, round_name: str, person: str) -> None:
        """Write down that somebody reads the last look of a round that goes on, when there is one."""
        ...

    def refuse_coder(self, round_name: str, visitor: Visitor) -> None:
        """Raise `Refused` for who still codes in a round of which a look was opened: it tells figures by arm."""
        ...

    def open_look(self, round_name: str, actor: str) -> None:
        """Open the look that is due, once; raise `Refused` when none can be opened."""
        ...

    def monitor(self, round_name: str) -> views.Monitor: ...

    def detection(self, round_name: str) -> Sequence[Watched]: ...

    def burden(self, round_name: str) -> Sequence[Burden]: ...

    def machinery(self) -> Sequence[Fact]:
        """Tell whether the workers and the mailboxes are at work."""
        ...

    def outlook(self, round_name: str) -> Sequence[str]:
        """Tell in sentences what still goes out, however long that takes."""
        ...

    def health(self, round_name: str) -> Health: ...

    def balance(self, round_name: str) -> tuple[tuple[Arm, ...], Sequence[Line]]:
        """Return the arms that write and the balance table of a plan."""
        ...

    def plan(self, round_name: str) -> Hashable:
        """Return what is the same for as long as no pair was added to the plan."""
        ...

    def protocol(self, round_name: str) -> str:
        """Return the frozen design as its canonical text."""
        ...

    def released_report(self, round_name: str, advertiser: str, language: str) -> Report | None:
        """Return the report of an advertiser as it was released, if it was."""
        ...

    def proof(self, round_name: str, files: Mapping[str, bytes]) -> str | None:
        """Return the proof of the seal under which these files of the research file are, if they are."""
        ...

    def fingerprint(self, round_name: str) -> Hashable:
        """Return what is the same for as long as a page made of this round's answers is still right."""
        ...

    def state(self, round_name: str) -> RoundState: ...

    def ahead_if(self, round_name: str, state: RoundState) -> Sequence[str]:
        """Tell in sentences what would still go out if the round were in this state."""
        ...

    def move(self, round_name: str, to: RoundState, actor: str, reason: str) -> bool:
        """Pause, resume or abort; say whether the round is now as asked, by this or by an earlier request."""
        ...


@dataclass(frozen=True)
class DatabaseSource:
    """Reads everything afresh for each page, in a session of its own."""

    database: Database
    clock: Clock
    mailboxes: tuple[str, ...] = ()

    def status(self) -> tuple[datetime, tuple[Chapter, ...]]:
        with self.database.reading() as session:
            return self.clock.now(), status.of_house(session, self.clock, self.mailboxes)

    def rounds(self) -> list[views.RoundSummary]:
        with self.database.reading() as session:
            return list(views.summaries(session))

    def table(self, round_name: str) -> RoundTable:
        with self.database.reading() as session:
            return tables.load(session, round_name, self.clock.now())

    def office_table(self, round_name: str, advertiser: str) -> RoundTable:
        with self.database.reading() as session:
            return tables.of_office(session, round_name, advertiser)

    def refuse_early(self, round_name: str, audience: Audience) -> None:
        with self.database.reading() as session:
            reports.refuse_early_of(session, round_name, audience)

    def standing(self, round_name: str) -> Standing:
        with self.database.reading() as session:
            round_ = lookup.find(session, round_name)
            open_ = Standing(round_.state, _has_looks(round_))
            if not disclosure.is_closed(round_.state):
                return open_
            accepted = context.accepted(session, round_, self.clock.now())
            late, fingerprint = views.late(session, round_), tallies.fingerprint(session, round_)
            return replace(open_, late=late, accepted=accepted, fingerprint=fingerprint)

    def take(self, round_name: str, person: str) -> None:
        with self.database.writing() as session:
            takings.take(session, round_name, person, self.clock.now())

    def note_look_read(self, round_name: str, person: str) -> None:
        with self.database.reading() as session:
            looks = _has_looks(lookup.find(session, round_name))
        if looks:
            with self.database.writing() as session:
                looking.note_read(session, round_name, person, self.clock.now())

    def refuse_coder(self, round_name: str, visitor: Visitor) -> None:
        with self.database.reading() as session:
            round_ = lookup.find(session, round_name)
            codes = Role.CODER in visitor.roles and looking.opened(session, round_)
            if codes and coding.still_codes(session, round_, visitor.name):
                raise duties.codes_here(round_name, visitor.name)

    def open_look(self, round_name: str, actor: str) -> None:
        with self.database.writing() as session:
            opening.open_next(session, round_name, actor, self.clock.now())

    def monitor(self, round_name: str) -> views.Monitor:
        with self.database.reading() as session:
            return views.monitor(session, round_name, self.clock.now())

    def detection(self, round_name: str) -> tuple[Watched, ...]:
        with self.database.reading() as session:
            return exposure.of_round(session, round_name, self.clock.now())

    def state(self, round_name: str) -> RoundState:
        with self.database.reading() as session:
            return lookup.find(session, round_name).state

    def ahead_if(self, round_name: str, state: RoundState) -> tuple[str, ...]:
        with self.database.reading() as session:
            return views.ahead_if(session, round_name, state, self.clock.now())

    def move(self, round_name: str, to: RoundState, actor: str, reason: str) -> bool:
        try:
            with self.database.writing() as session:
                _STEPS[to](session, round_name, actor, self.clock.now(), reason)
        except Refused as error:
            if error.problem.code != "wrong-state":
                raise
            return self.state(round_name) is to
        return True

    def burden(self, round_name: str) -> tuple[Burden, ...]:
        with self.database.reading() as session:
            return burden.of_round(session, round_name)

    def machinery(self) -> tuple[Fact, ...]:
        with self.database.reading() as session:
            return status.machinery(session, self.clock, self.mailboxes)

    def outlook(self, round_name: str) -> tuple[str, ...]:
        with self.database.reading() as session:
            return views.outlook_of(session, round_name, self.clock.now())

    def health(self, round_name: str) -> Health:
        with self.database.reading() as session:
            round_ = lookup.find(session, round_name)
            closed = disclosure.is_closed(round_.state)
            return Health(
                closed=closed,
                losses=wellbeing.losses(session, round_, arm=closed),
                gaps=wellbeing.gaps(session, round_),
                twice=wellbeing.twice(session),
                ahead=wellbeing.ahead_of(session, self.clock),
                burden=burden.of_round(session, round_name),
            )

    def balance(self, round_name: str) -> tuple[tuple[Arm, ...], tuple[Line, ...]]:
        with self.database.reading() as session:
            pairs = planned.of_round(session, round_name).pairs
        return balance.arms_of(pairs), balance.table(pairs)

    def plan(self, round_name: str) -> Hashable:
        with self.database.reading() as session:
            round_ = lookup.find(session, round_name)
            return round_.id, round_.digest, tallies.of_round(session, round_.id).letters.total()

    def protocol(self, round_name: str) -> str:
        with self.database.reading() as session:
            return tables.protocol(session, round_name)

    def released_report(self, round_name: str, advertiser: str, language: str) -> Report | None:
        with self.database.reading() as session:
            found = binding.released_report(session, lookup.find(session, round_name), advertiser, language)
        return found.report if found else None

    def proof(self, round_name: str, files: Mapping[str, bytes]) -> str | None:
        with self.database.reading() as session:
            version = binding.counting(session, lookup.find(session, round_name))
            found = binding.research_proof(version, files)
        return found.text() if found else None

    def fingerprint(self, round_name: str) -> Hashable:
        with self.database.reading() as session:
            return tallies.fingerprint(session, lookup.find(session, round_name))


def _has_looks(round_: Round) -> bool:
    return from_canonical(round_.design).analysis.looks is not None
