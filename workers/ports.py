"""Whether a port is free, asked before anything starts, so that the answer is a sentence and not a stack trace."""

import socket

from profiles.errors import Refused


def must_be_free(host: str, port: int, setting: str) -> None:
    """Raise `Refused` when somebody else listens on this port; ``setting`` is where to choose another."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Refused(
                "port-in-use",
                f"Poort {port} op {host} is al in gebruik ({error.strerror}).",
                f"Stop het andere programma, of kies een andere poort ({setting}).",
            ) from error
