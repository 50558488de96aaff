"""Advertisers that may have noticed are paused, and a person is told: in the log, in status and on the pages."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator import exposure
from orchestrator.db import Database, some
from orchestrator.exposure import Tally
from orchestrator.rounds import holds
from profiles.errors import Refused

ACTOR = "praktijktest"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Watch:
    """What this process last saw of each advertiser, by id: letters are read again only when there is something new."""

    seen: dict[int, Tally] = field(default_factory=dict)

    def look(self, database: Database, now: datetime) -> None:
        """Measure the advertisers of running rounds with something new, and pause each that is past a threshold."""
        with database.reading() as session:
            tallies = exposure.tallies(session)
        fresh = {each: tally for each, tally in tallies.items() if tally != self.seen.get(each)}
        for these in some(fresh, exposure.TOGETHER):  # all are new to a process that just began
            with database.reading() as session:
                meters = exposure.meters(session, these, now)
            for each, meter in meters.items():
                self._tell(each, fresh[each])
                if meter.past:
                    _pause(database, fresh[each].advertiser, meter.reason, now)
            # Only now: what could not be written is looked at again.
            self.seen.update({each: fresh[each] for each in these})

    def _tell(self, advertiser: int, tally: Tally) -> None:
        if tally.questions > (self.seen[advertiser].questions if advertiser in self.seen else 0):
            log.warning("Aanbieder %s vroeg of een reactie een test is.", tally.advertiser)


def _pause(database: Database, advertiser: str, reason: str, now: datetime) -> None:
    try:
        with database.writing() as session:
            holds.hold(session, advertiser, reason, ACTOR, now)
    except Refused:
        return  # a person was first
    log.warning("Aanbieder %s heeft een pauze: %s", advertiser, reason)
