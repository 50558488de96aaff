"""What every channel promises."""

import time
from typing import Protocol

from orchestrator.rounds.sending import Envelope


class TransportError(Exception):
    """A letter that was not accepted; says how far it came, because that decides what may happen next.

    ``body_left`` is True when any of the body may have reached the other side: then nobody may try again.
    ``permanent`` is True when the other side refused for good. ``response`` is what it answered, if it did.
    """

    def __init__(
        self, message: str, phase: str, *, body_left: bool = False, permanent: bool = False, response: str | None = None
    ) -> None:
        super().__init__(message)
        self.phase, self.body_left, self.permanent, self.response = phase, body_left, permanent, response


def check_lease(envelope: Envelope) -> None:
    """Raise `TransportError` when the lease on a letter ended before its body began; to be asked right before that."""
    if time.monotonic() > envelope.body_by:
        raise TransportError("de tijd voor deze brief was om voordat de tekst begon", "lease")


class Channel(Protocol):
    """A road for letters."""

    def send(self, envelope: Envelope) -> str:
        """Send once; return the other side's whole answer, or raise `TransportError`.

        The first line of an answer are the other side's words of acceptance.
        """
        ...
