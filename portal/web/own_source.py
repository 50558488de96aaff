"""Where an advertiser's own pages get what they show, and the notes that people of the research decide on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator import accounts, context, own_data, own_views
from orchestrator.clock import Clock
from orchestrator.context import Noted
from orchestrator.db import Database, Session
from orchestrator.own_data import Consent
from orchestrator.own_views import OwnPair, OwnRound
from orchestrator.rounds import lifecycle, lookup
from results import context_effect, own_requests, tables
from results.context_effect import Effect
from results.language import DUTCH
from results.own_requests import OwnRequest
from results.releases import binding
from results.reports import Audience, Report, build
from results.seal import Proof
from workers.inbox.staff import mask_staff


@dataclass(frozen=True)
class OwnResult:
    """A closed round as one advertiser sees it; ``proof`` is there once the report is the released one."""

    report: Report
    proof: Proof | None
    pairs: Sequence[OwnPair]
    until: datetime
    open: bool
    reach: str


@dataclass(frozen=True)
class OwnSource:
    """Reads everything afresh for each page; every question names the advertiser that is signed in, and no other."""

    database: Database
    clock: Clock

    def rounds(self, advertiser: str) -> tuple[OwnRound, ...]:
        with self.database.reading() as session:
            return own_views.rounds(session, advertiser)

    def requests(self, advertiser: str) -> tuple[OwnRequest, ...]:
        with self.database.reading() as session:
            return own_requests.of(session, advertiser)

    def result(self, advertiser: str, round_name: str, language: str = DUTCH) -> OwnResult:
        with self.database.reading() as session:
            round_ = own_views.require_round(session, advertiser, round_name)
            until = context.deadline(round_)
            frozen = binding.released_report(session, round_, advertiser, language)
            return OwnResult(
                report=frozen.report if frozen else _live(session, advertiser, round_name, language),
                proof=frozen.proof if frozen else None,
                pairs=own_views.pairs(session, advertiser, round_),
                until=until,
                open=self.clock.now() <= until,
                reach=context.reach(round_),
            )

    def consents(self, advertiser: str) -> tuple[tuple[Consent, ...], bool]:
        """Return the consents of an advertiser, and whether any holds."""
        with self.database.reading() as session:
            found = own_data.consents(session, advertiser)
        return found, any(each.holds(self.clock.now()) for each in found)

    def data(self, advertiser: str) -> dict[str, Any]:
        with self.database.reading() as session:
            return own_data.held(session, advertiser) | {"requests": own_requests.held(session, advertiser)}

    def withdraw(self, advertiser: str) -> None:
        """End the consent at once; one that ended stays so. How many letters that stops is not told: it would tell
        that a round runs."""
        with self.database.writing() as session:
            actor, now = accounts.actor_of(lookup.advertiser(session, advertiser)), self.clock.now()
            if any(each.holds(now) for each in own_data.consents(session, advertiser)):
                lifecycle.withdraw(session, advertiser, actor, now)

    def pair(self, advertiser: str, round_name: str, code: str) -> OwnPair:
        with self.database.reading() as session:
            round_ = own_views.require_round(session, advertiser, round_name)
            return own_views.require_pair(session, advertiser, round_, code)

    def write(self, advertiser: str, round_name: str, code: str, choice: str, text: str) -> None:
        """Store a note, without the names of staff."""
        said = mask_staff(text.strip())
        with self.database.writing() as session:
            context.write(session, advertiser, round_name, code, choice, said, self.clock.now())

    def notes(self, round_name: str) -> tuple[Noted, ...]:
        with self.database.reading() as session:
            return context.of_round(session, round_name)

    def effect(self, round_name: str) -> Effect | None:
        with self.database.reading() as session:
            accepted = context.accepted(session, lookup.find(session, round_name), self.clock.now())
            return context_effect.of_round(session, round_name, accepted) if accepted else None

    def decide(self, round_name: str, code: str, actor: str, *, accept: bool, reason: str) -> None:
        with self.database.writing() as session:
            context.decide(session, round_name, code, actor, self.clock.now(), accept=accept, reason=reason.strip())


def _live(session: Session, advertiser: str, round_name: str, language: str) -> Report:
    """The report of the moment."""
    table = tables.of_office(session, round_name, advertiser)
    return build(table, Audience.BROKER, advertiser=advertiser, language=language)
