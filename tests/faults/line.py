"""A line between a worker and its server that can go dead: silent, with the packets still acknowledged, or cut."""

import ctypes
import os
import selectors
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest


class Line:
    """Carries bytes to a server and back; while ``silent`` it takes them, and keeps them until it speaks again.

    To both ends that is a peer which acknowledges every packet and says nothing: no time-out of TCP notices.
    """

    def __init__(self, target: tuple[str, int], server: socket.socket | None = None) -> None:
        self.target, self.silent = target, False
        self.server = server or socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        self.ends: list[socket.socket] = []

    def serve(self) -> None:
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            far = socket.create_connection(self.target)
            self.ends += [near, far]
            threading.Thread(target=self.carry, args=(near, far), daemon=True).start()

    def carry(self, near: socket.socket, far: socket.socket) -> None:
        other = {near: far, far: near}
        with suppress(OSError), near, far, selectors.DefaultSelector() as ready:
            for end in other:
                ready.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select(0.05 if self.silent else 0.5):
                    if self.silent:
                        break
                    end = key.fileobj
                    assert isinstance(end, socket.socket)
                    told = end.recv(65536)
                    if not told:
                        return
                    other[end].sendall(told)

    def close(self) -> None:
        for end in (self.server, *self.ends):
            end.close()


@contextmanager
def a_line(target: tuple[str, int], server: socket.socket | None = None) -> Iterator[Line]:
    line = Line(target, server)
    thread = threading.Thread(target=line.serve, daemon=True)
    thread.start()
    with closing(line):
        yield line


SHORE, BEACH = "192.0.2.1", "192.0.2.2"
"""The two ends of the cable (RFC 5737); only its own two namespaces know them, never the network of this machine."""

CLONE_NEWNET = 0x40000000


class Island:
    """A network namespace whose only way out is one cable, to a shore where nothing else is, and that can be pulled."""

    def __init__(self) -> None:
        self.name, self.shore = f"eiland{os.getpid()}", f"wal{os.getpid()}"
        self.inside = ["ip", "netns", "exec", self.name]

    def settle(self) -> None:
        for name in (self.name, self.shore):
            _ip("netns", "add", name)
        _ip("link", "add", "cable", "netns", self.name, "type", "veth", "peer", "name", "cable", "netns", self.shore)
        for name, address in ((self.name, BEACH), (self.shore, SHORE)):
            _ip("-n", name, "address", "add", f"{address}/30", "dev", "cable")
            for device in ("cable", "lo"):
                _ip("-n", name, "link", "set", device, "up")

    def leave(self) -> None:
        for name in (self.name, self.shore):
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", name)

    def pull(self) -> None:
        _ip("-n", self.shore, "link", "set", "cable", "down")

    def plug(self) -> None:
        _ip("-n", self.shore, "link", "set", "cable", "up")

    def harbour(self) -> socket.socket:
        """A server socket at the shore's end of the cable, to be used from here."""
        made: list[socket.socket] = []

        def make() -> None:
            # A thread may enter a namespace alone; what it makes there stays there.
            with open(f"/run/netns/{self.shore}") as there:
                if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), CLONE_NEWNET) == 0:
                    made.append(socket.create_server((SHORE, 0)))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        (harbour,) = made
        return harbour


@contextmanager
def an_island() -> Iterator[Island]:
    """Make one; skip the test, with the reason, where that is not allowed."""
    if os.geteuid() or shutil.which("ip") is None:
        pytest.skip("a partition asks for root and for ip (Debian: iproute2): nothing is cut here")
    island = Island()
    try:
        try:
            island.settle()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"a partition asks for network namespaces, and a cable between them: {error.stderr.strip()}")
        yield island
    finally:
        island.leave()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)  # noqa: S607
