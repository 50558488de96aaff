"""Where the pages of what follows a round get what they show, and how an office and the desk each do their part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from orchestrator import accounts, followup
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.followup import Office
from orchestrator.followup_models import FollowUpKind
from orchestrator.rounds import lookup
from orchestrator.states import Role
from results.toolkit.actions import Action, read_actions
from workers.inbox.staff import mask_staff


@dataclass(frozen=True)
class FollowupSource:
    """Reads record and catalogue afresh for each page; ``own`` is the folder with a municipality's own texts.

    What an office does names the advertiser that is signed in, and no other.
    """

    database: Database
    clock: Clock
    own: Path | None = None

    def catalogue(self) -> Sequence[Action]:
        return read_actions(self.own)

    def office(self, advertiser: str, round_name: str) -> Office:
        with self.database.reading() as session:
            return followup.of_office(session, advertiser, round_name)

    def propose(self, advertiser: str, round_name: str, action: Action, due: date) -> None:
        with self.database.writing() as session:
            followup.propose(
                session, advertiser, round_name, action.key, action.part, due, *self._as(session, advertiser)
            )

    def finish(self, advertiser: str, round_name: str, action: str, day: date, note: str) -> None:
        """Note that an action is done, without the names of staff."""
        with self.database.writing() as session:
            followup.finish(
                session, advertiser, round_name, action, day, mask_staff(note.strip()), *self._as(session, advertiser)
            )

    def withdraw(self, advertiser: str, round_name: str, action: str) -> None:
        with self.database.writing() as session:
            followup.withdraw(session, advertiser, round_name, action, *self._as(session, advertiser))

    def ask_retest(self, advertiser: str, round_name: str) -> None:
        with self.database.writing() as session:
            followup.ask_retest(session, advertiser, round_name, *self._as(session, advertiser))

    def totals(self, round_name: str) -> Mapping[str, int]:
        """Count offices by what they agreed, did, and what the register holds of them."""
        with self.database.reading() as session:
            return followup.totals(session, lookup.find(session, round_name))

    def offices(self, round_name: str) -> Sequence[Office]:
        with self.database.reading() as session:
            return followup.of_round(session, round_name)

    def agree(self, advertiser: str, round_name: str, action: str, actor: str, roles: frozenset[Role]) -> None:
        """Agree in the first role of `followup.AGREES` that this person has."""
        role = next((each for each in followup.AGREES if each in roles), min(roles))
        with self.database.writing() as session:
            followup.agree(session, advertiser, round_name, action, actor, self.clock.now(), role)

    def record(self, advertiser: str, round_name: str, kind: FollowUpKind, day: date, actor: str) -> None:
        with self.database.writing() as session:
            followup.record(session, advertiser, round_name, kind, day, actor, self.clock.now())

    def _as(self, session: Session, advertiser: str) -> tuple[str, datetime]:
        """Who writes when an office does so itself, and the moment."""
        return accounts.actor_of(lookup.advertiser(session, advertiser)), self.clock.now()
