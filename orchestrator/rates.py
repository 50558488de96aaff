"""How fast letters may go: to everybody together, and to one domain; asked at the claim and, exactly, at the gate."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute as Column

from orchestrator.db import UtcDateTime
from orchestrator.models import Attempt


@dataclass(frozen=True)
class Rate:
    """At most ``most`` letters in any time of this length."""

    most: int
    span: timedelta


@dataclass(frozen=True)
class Rates:
    """``overall`` for all letters of this installation, ``per_domain`` for those to one domain; None is no limit.

    What passed the gate counts, whatever came of it; only that has a domain in the table of attempts.
    """

    overall: Rate | None = None
    per_domain: Rate | None = None

    @property
    def any(self) -> bool:
        return self.overall is not None or self.per_domain is not None

    def conditions(self, domain: Column[str]) -> list[ColumnElement[bool]]:
        """Return the SQL conditions that one more letter, to this domain, exceeds no rate; asked with `parameters`."""
        told = []
        if self.overall:
            told.append(_tried("overall_since") < self.overall.most)
        if self.per_domain:
            told.append(_tried("domain_since", Attempt.domain == domain) < self.per_domain.most)
        return told

    def parameters(self, now: datetime) -> dict[str, object]:
        """Return what the conditions are asked with."""
        told = {"overall_since": self.overall, "domain_since": self.per_domain}
        return {name: now - rate.span for name, rate in told.items() if rate}


def _tried(since: str, *which: ColumnElement[bool]) -> ColumnElement[int]:
    gated = (Attempt.domain.is_not(None), Attempt.started_at > bindparam(since, type_=UtcDateTime()))
    return select(func.count()).select_from(Attempt).where(*gated, *which).correlate_except(Attempt).scalar_subquery()


AS_FAST_AS_IT_CAN = Rates()
