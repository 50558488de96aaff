"""What every channel promises."""

from collections.abc import Callable
from typing import Protocol

from orchestrator.rounds.sending import Envelope


class TransportError(Exception):
    """A letter that was not accepted; says how far it came, because that decides what may happen next.

    ``body_left`` is True when any of the body may have reached the other side: then nobody may try again.
    ``permanent`` is True when the other side refused for good. ``response`` is what it answered, if it did. ``no_room``
    is True when it takes no more connections than it has, whoever the letter is for.
    """

    def __init__(
        self,
        message: str,
        phase: str,
        *,
        body_left: bool = False,
        permanent: bool = False,
        response: str | None = None,
        no_room: bool = False,
    ) -> None:
        super().__init__(message)
        self.phase, self.body_left, self.permanent, self.response = phase, body_left, permanent, response
        self.no_room = no_room


class GateShut(Exception):
    """The letter may not go (any more); nothing of its body left."""


Gate = Callable[[], None]
"""Asked once, with all of the road open and right before the first byte of the body; what it raises is passed on."""


class Channel(Protocol):
    """A road for letters."""

    def send(self, envelope: Envelope, gate: Gate) -> str:
        """Send once; return the other side's whole answer, or raise `TransportError`, or what ``gate`` raised.

        The first line of an answer are the other side's words of acceptance.
        """
        ...
