"""One letter after another on the wire: what became of one is written down in the commit that lets the next one go."""

import logging
import time
from dataclasses import dataclass

from orchestrator.db import DatabaseAway, why_away
from orchestrator.logs import about
from orchestrator.rounds.sending import Claim
from workers.desk import Ask, Desk, Outcome
from workers.together import Asked

RECORD_SECONDS, RECORD_PAUSE_SECONDS = 300.0, 1.0

log = logging.getLogger(__name__)


@dataclass
class Lane:
    """At most one letter of a lane is gone and not yet written down, as when each waited for that itself.

    One that is ``alone`` does wait: nobody else would soon write down what it told.
    """

    desk: Desk
    alone: bool = False
    _last: tuple[Outcome, Asked[Ask, object]] | None = None

    def gate(self, claim: Claim) -> bool:
        """As `Desk.gate`; what could not be written down of the letter before is so first."""
        if self._last is not None and self._last[1].failed:
            self.settle()
        return self.desk.gate(claim)

    def tell(self, outcome: Outcome) -> None:
        """Have what the wire told written down: with the next letter at the gate, or soon."""
        self.settle()
        self._last = outcome, self.desk.tell(outcome)
        if self.alone:
            self.settle()

    def settle(self) -> None:
        """Wait until all is written down; only this process knows it, so it waits for a database that is away."""
        until, said = time.monotonic() + RECORD_SECONDS, False
        while self._last is not None:
            outcome, told = self._last
            try:
                self.desk.written_down(told)
                self._last = None
            except DatabaseAway as error:
                self._last = outcome, self.desk.tell(outcome)
                said = said or _say(outcome, error)
                if time.monotonic() > until:
                    raise
                time.sleep(RECORD_PAUSE_SECONDS)


def _say(outcome: Outcome, error: Exception) -> bool:
    claim, told = outcome.claim, outcome.result.outcome.value
    ids = about("letter", **{claim.kind.__tablename__: claim.id})
    log.error("Brief %s (%s) wacht op vastleggen. %s", claim.id, told, why_away(error), extra=ids)
    return True
