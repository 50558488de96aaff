"""What the page of the toolkit shows and makes: the texts of this installation, and the record of who uses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator import toolkit_uses
from orchestrator.clock import Clock
from orchestrator.db import Database
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
