"""A database can be put back in time behind our back: the guard notices, or first lets our own copies tell."""

import json
import logging
import os
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path

from orchestrator import ledger, mailbox
from orchestrator.db import Session
from orchestrator.ledger import Head
from orchestrator.rounds import restored

log = logging.getLogger(__name__)


class BackupGuard:
    """Remembers the newest line of the ledger, which a database that was put back no longer holds.

    ``memory`` is the file in which that line outlives this process. ``source`` is the name of the ledger mailbox's
    cursor: a fresh process waits until the folder was read to its end once more, for only copies tell what went out
    after a backup that nobody told us of. Either is None where there is none.
    """

    def __init__(self, memory: Path | None = None, source: str | None = None) -> None:
        self.memory, self.source = memory, source
        self.seen = _remembered(memory)
        self.waits: bool | None = None if source else False
        self._ended_before: datetime | None = None

    def lost(self, session: Session, head: Head | None) -> bool:
        """Say whether the ledger, of which this is the head, lost a line it held, and nobody told why."""
        if self.seen is None or head is None or head.first != self.seen.first:
            return False
        known = ledger.holds(session, self.seen) or ledger.told_since(session, restored.EVENT, self.seen.at)
        return not known

    def remember(self, head: Head | None) -> None:
        """Take this for the newest line from here on."""
        if head == self.seen:
            return
        self.seen = head
        if self.memory and head:
            _write(self.memory, head)

    def listen(self, session: Session) -> bool:
        """Say whether sending must wait for the ledger mailbox; once it was read, never again."""
        if self.source is None or self.waits is False:
            return False
        ended = mailbox.ended_at(session, self.source)
        if self.waits is None:
            self._ended_before = ended
        # Not later but different: in a database that was put back this moment itself went back.
        self.waits = ended == self._ended_before
        return self.waits


def _remembered(memory: Path | None) -> Head | None:
    if memory is None or not memory.exists():
        return None
    try:
        line = Head(**json.loads(memory.read_text(encoding="utf-8")))
        return replace(line, at=datetime.fromisoformat(str(line.at)))
    except (OSError, ValueError, TypeError) as error:
        log.warning("Het geheugen van het logboek (%s) is onleesbaar en wordt opnieuw begonnen: %s", memory, error)
        return None


def _write(memory: Path, head: Head) -> None:
    beside = memory.with_name(f"{memory.name}.{os.getpid()}")
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({**asdict(head), "at": head.at.isoformat()}), encoding="utf-8")
        beside.replace(memory)
    except OSError as error:
        log.warning("Het geheugen van het logboek (%s) is niet bij te werken: %s", memory, error)
