"""Dying on purpose at an exact phase of sending or receiving: for the fault tests, and refused everywhere else."""

import os
import signal
from collections.abc import Iterator

from profiles.errors import BadInput, Problem, Refused

PHASES = ("claimed", "connect", "mail", "rcpt", "data", "gated", "mid-body", "after-dot", "after-250")
"""In the order a letter meets them; each is the moment before the step it is named for, or after it if it says so."""

INBOX_PHASES = ("fetched", "storing", "stored", "taken", "kept", "reading", "read")
"""In the order a mail meets them. From a folder: fetched, in the transaction that stores its batch, that committed; at
the listener: taken in whole, stored but not yet accepted; then in the transaction that reads its batch, that committed.
"""

_chosen: str | None = None


def arm(phase: str | None, *, testing: bool) -> None:
    """Let this process die as soon as a letter or mail reaches ``phase``; None lets it live.

    Raises `Refused` unless ``testing``, and `BadInput` for a phase that neither meets.
    """
    global _chosen
    if phase is not None and not testing:
        message = "PRAKTIJKTEST_FAULT_AT laat een werkproces midden in het werk omvallen; dat is alleen voor tests."
        raise Refused("fault-outside-tests", message, "Haal PRAKTIJKTEST_FAULT_AT weg.")
    if phase is not None and phase not in PHASES + INBOX_PHASES:
        remedy = f"Kies uit: {', '.join(PHASES + INBOX_PHASES)}."
        raise BadInput(Problem("unknown-phase", "Deze fase bestaat niet.", found=phase, remedy=remedy))
    _chosen = phase


def at(phase: str) -> None:
    """End this process, with no chance to tidy up, when it was armed for this phase."""
    if phase == _chosen:
        os.kill(os.getpid(), signal.SIGKILL)


def halved(phase: str, data: bytes) -> Iterator[bytes]:
    """Yield the data whole; when armed for this phase, yield its first half and end this process."""
    if phase != _chosen:
        yield data
        return
    yield data[: len(data) // 2]
    at(phase)
