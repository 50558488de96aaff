"""A port on loopback for a server that starts in a moment."""

import socket
from itertools import cycle, islice
from random import SystemRandom

OURS = range(20_000, 32_768)
"""No system gives these out by itself (Linux from 32768, others from 49152 as RFC 6335 says): a connection of another
program, that began between our asking and the server's start, does not have the port."""

_IN_TURN = cycle(SystemRandom().sample(OURS, len(OURS)))


def free_port() -> int:
    """Return a port that nobody uses at this moment, and that was not returned lately.

    Raises `OSError` when there is none.
    """
    for port in islice(_IN_TURN, len(OURS)):
        if _is_free(port):
            return port
    raise OSError(f"no free port from {OURS.start} to {OURS.stop - 1}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
