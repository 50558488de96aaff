import socket

import pytest

from portal.demo import ports
from portal.demo.ports import OURS, free_port

LINUX_GIVES_FROM = 32_768


def test_a_free_port_is_none_that_the_machine_gives_out_itself() -> None:
    assert free_port() in OURS
    assert OURS.stop <= LINUX_GIVES_FROM


def test_no_port_is_given_twice_in_a_row() -> None:
    given = [free_port() for _ in range(50)]
    assert len(set(given)) == 50


def test_a_port_that_is_taken_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    free = free_port()
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        monkeypatch.setattr(ports, "_IN_TURN", iter([taken, free]))
        assert free_port() == free


def test_a_machine_without_a_free_port_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_IN_TURN", iter(()))
    with pytest.raises(OSError, match="no free port from 20000 to 32767"):
        free_port()
