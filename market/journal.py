"""The market's own log: one JSON line for everything received and sent, flushed at once."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TextIO

from market.office import Outgoing
from market.reading import Inquiry
from market.world import MarketError


class Journal:
    """Appends to a file, or nowhere when ``path`` is None; ``now`` gives the market time.

    Every line has at, direction, channel, advertiser, listing, applicant, mailbox, to, message_id and kind.
    """

    def __init__(self, path: Path | None, now: Callable[[], datetime]) -> None:
        self._now = now
        self._stream = _open(path) if path else None

    def received(self, inquiry: Inquiry, listing: str | None, kind: str) -> None:
        """``kind``: inquiry, repeat (the same letter again), withdrawal, automatic, unplaced or unanswerable;
        of an owner owner, repeat or owner-again.
        """
        self._write("in", inquiry, listing, kind)

    def sent(self, outgoing: Outgoing, kind: str) -> None:
        """``kind``: what the answer said, or undelivered when it could not be handed over."""
        self._write("out", outgoing, outgoing.listing, kind)

    def close(self) -> None:
        if self._stream:
            self._stream.close()

    def _write(self, direction: str, what: Inquiry | Outgoing, listing: str | None, kind: str) -> None:
        if not self._stream:
            return
        line = {
            "at": self._now().isoformat(),
            "direction": direction,
            "channel": what.channel,
            "advertiser": what.advertiser,
            "listing": listing,
            "applicant": what.applicant,
            "mailbox": what.mailbox,
            "to": what.to,
            "message_id": what.message_id,
            "kind": kind,
        }
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()


def _open(path: Path) -> TextIO:
    try:
        return path.open("a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise MarketError(f"--log {path}: kan het bestand niet schrijven ({error.strerror}).") from error
