"""What every test gets: no way out of this machine, and no settings of the person who runs it."""

import ipaddress
import os
import socket

import pytest

_connect = socket.socket.connect


class ReachedOut(AssertionError):
    """A test tried to reach beyond loopback."""


def _guarded(self: socket.socket, address: object) -> None:
    if self.family != socket.AF_UNIX:
        host = str(address[0])  # type: ignore[index]
        if host != "localhost" and not ipaddress.ip_address(host.split("%")[0]).is_loopback:
            raise ReachedOut(f"a test tried to reach {address}")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", _guarded)


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("PRAKTIJKTEST_"):
            monkeypatch.delenv(name)
