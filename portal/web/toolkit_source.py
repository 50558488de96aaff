"""What the page of the toolkit shows and makes: the texts of this installation, and the record of who uses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestrator import accounts, toolkit_uses
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.rounds import lookup
from orchestrator.toolkit_uses import Use
from results.toolkit import Texts, read_texts
from results.toolkit.uptake import Used, told


@dataclass(frozen=True)
class ToolkitSource:
    """Reads texts and record afresh for each page; ``own`` is the folder with a municipality's own texts."""

    database: Database
    clock: Clock
    own: Path | None = None

    def texts(self) -> Texts:
        return read_texts(self.own)

    def uptake(self) -> Sequence[Used]:
        """Raises `Refused` with too few participants to tell of."""
        with self.database.reading() as session:
            return told(toolkit_uses.uptake(session, self.clock.now()), self.texts())

    def uses(self, advertiser: str) -> tuple[Use, ...]:
        """Return what an advertiser says it uses."""
        with self.database.reading() as session:
            return toolkit_uses.of(session, advertiser)

    def use(self, advertiser: str, part: str, url: str, since: date) -> None:
        """Note what an advertiser says of itself; raises `Refused` as `toolkit_uses.tell` does."""
        with self.database.writing() as session:
            actor = accounts.actor_of(lookup.advertiser(session, advertiser))
            toolkit_uses.tell(session, advertiser, part, url, since, actor, self.clock.now())

    def end(self, advertiser: str, part: str) -> None:
        with self.database.writing() as session:
            actor = accounts.actor_of(lookup.advertiser(session, advertiser))
            toolkit_uses.end(session, advertiser, part, actor, self.clock.now())
