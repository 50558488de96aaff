"""Hosts on one machine: network namespaces, each with a cable to the switch of a shore where the servers are.

The shore is a namespace as well, of the thread that asks for it: the network of the machine itself is left as it is.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from profiles.errors import Refused

SHORE, NET = "198.18.0.1", "198.18.0"
"""Of the addresses that are set apart for measuring (RFC 2544)."""

CLONE_NEWNET = 0x40000000
HERE = "/proc/thread-self/ns/net"


class Island:
    """One host, with its cable to the shore."""

    def __init__(self, number: int) -> None:
        self.name, self.cable, self.address = f"eiland{os.getpid()}-{number}", f"kabel{number}", f"{NET}.{number + 1}"
        self.inside = ["ip", "netns", "exec", self.name]

    def settle(self) -> None:
        _ip("netns", "add", self.name)
        _ip("link", "add", self.cable, "type", "veth", "peer", "name", "cable", "netns", self.name)
        _ip("link", "set", self.cable, "master", "switch", "up")
        _ip("-n", self.name, "address", "add", f"{self.address}/24", "dev", "cable")
        for device in ("cable", "lo"):
            _ip("-n", self.name, "link", "set", device, "up")

    def leave(self) -> None:
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "delete", self.name)

    def pull(self) -> None:
        _ip("link", "set", self.cable, "down")

    def plug(self) -> None:
        _ip("link", "set", self.cable, "up")


@contextmanager
def archipelago(number: int) -> Iterator[list[Island]]:
    """Go ashore with so many islands in sight; whatever is started meanwhile is on the shore, at ``SHORE``.

    Raises `Refused` where this may not be done.
    """
    islands = [Island(each) for each in range(1, number + 1)]
    with _shore():
        try:
            for each in islands:
                each.settle()
            yield islands
        finally:
            for each in islands:
                each.leave()


@contextmanager
def _shore() -> Iterator[None]:
    if os.geteuid() or shutil.which("ip") is None:
        remedy = "Draai deze meting als root, met iproute2 erbij (apt install iproute2)."
        raise Refused("needs-root", "Losse hosts op een machine vragen root en het programma ip.", remedy)
    system = ctypes.CDLL(None, use_errno=True)
    with open(HERE) as home:
        if system.unshare(CLONE_NEWNET):
            remedy = "Geef de container CAP_SYS_ADMIN, of meet op een machine zonder die beperking."
            why = f"Hier mogen geen netwerken worden gemaakt ({os.strerror(ctypes.get_errno())})."
            raise Refused("no-namespaces", why, remedy)
        try:
            _ip("link", "set", "lo", "up")
            _ip("link", "add", "switch", "type", "bridge")
            _ip("address", "add", f"{SHORE}/24", "dev", "switch")
            _ip("link", "set", "switch", "up")
            yield
        finally:
            system.setns(home.fileno(), CLONE_NEWNET)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)  # noqa: S603, S607 - our own words
