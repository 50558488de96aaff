"""PostgreSQL and Redis for the fault tests: our own, started from what is installed, or running ones, left whole."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import redis
from sqlalchemy import make_url

# Read before the tests clear what this person set.
POSTGRES = os.environ.get("PRAKTIJKTEST_TEST_POSTGRES", "postgresql+psycopg://127.0.0.1:5432/postgres")
REDIS = os.environ.get("PRAKTIJKTEST_TEST_REDIS", "redis://127.0.0.1:6379/9")

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
QUIET: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
START_SECONDS = 30.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def until(ready: Callable[[], object], seconds: float, what: str) -> float:
    """Ask until the answer is true; return how long it took, fail when it takes longer than ``seconds``."""
    begun = time.monotonic()
    while not ready():
        assert time.monotonic() - begun < seconds, f"waited {seconds:.0f} s for {what}"
        time.sleep(0.02)
    return time.monotonic() - begun


class Postgres:
    """A running server that may hold others' databases: nothing is done to it but making and dropping our own."""

    own = False

    def __init__(self, url: str = POSTGRES) -> None:
        self.url = make_url(url)
        with self.connect() as connection:
            self.version = connection.info.parameter_status("server_version") or ""

    def connect(self, database: str | None = None) -> "psycopg.Connection[tuple[Any, ...]]":
        return psycopg.connect(self.address(database), autocommit=True, connect_timeout=2)

    def address(self, database: str | None = None) -> str:
        """The address as the driver itself wants it."""
        return self.named(database).replace("+psycopg", "")

    def named(self, database: str | None = None) -> str:
        url = self.url.set(database=database) if database else self.url
        return url.render_as_string(hide_password=False)

    def create(self, name: str) -> str:
        """Make an empty database; return its SQLAlchemy URL."""
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.named(name)

    def drop(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())

    def crash(self) -> None:
        raise NotImplementedError("a server of others is not crashed")

    def stop(self) -> None:
        """A server of others goes on."""


class OwnPostgres(Postgres):
    """A server in a folder of its own, that may be crashed; it skips fsync, which only a power cut would notice."""

    own = True

    def __init__(self) -> None:
        self.binary = BINARIES[-1]
        self.folder = Path(tempfile.mkdtemp(prefix="praktijktest-pg-"))
        # The server refuses to run as root.
        self.user: dict[str, Any] = {}
        if os.geteuid() == 0:
            self.user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self.folder, "postgres", "postgres")
        initdb = [str(self.binary.with_name("initdb")), "-D", str(self.folder), "-A", "trust", "-U", "postgres",
                  "--no-sync", "-E", "UTF8", "--locale=C"]  # fmt: skip
        subprocess.run(initdb, check=True, cwd="/", **QUIET, **self.user)
        self.port = free_port()
        self.start()
        super().__init__(f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres")

    def start(self) -> None:
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.folder), "fsync": "off",
                   "shared_buffers": "32MB", "max_connections": "40"}  # fmt: skip
        told = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [str(self.binary), "-D", str(self.folder), "-p", str(self.port), *told], cwd="/", **QUIET, **self.user
        )
        until(self.answers, START_SECONDS, "PostgreSQL")

    def answers(self) -> bool:
        try:
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{self.port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def crash(self) -> None:
        """An immediate restart: every connection breaks, what was not committed is gone."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(START_SECONDS)
        self.start()

    def stop(self) -> None:
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(START_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    """A running server, of which only one numbered database is used, and only when that is empty."""

    own = False

    def __init__(self, url: str = REDIS) -> None:
        self.url = url
        self.client = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)
        self.version = str(self.client.info("server")["redis_version"])
        if self.client.dbsize():
            raise redis.RedisError(f"{url} is not empty")

    def room(self, number: int) -> str:
        """The address of a database that nobody else listens to."""
        raise NotImplementedError(f"a server of others has no database {number} for us")

    def flush(self) -> None:
        self.client.flushdb()

    def crash(self, seconds: float) -> None:
        raise NotImplementedError("a server of others is not crashed")

    def stop(self) -> None:
        self.client.flushdb()
        self.client.close()


class OwnRedis(Redis):
    """A server that keeps nothing on disk, so that a crash loses all."""

    own = True

    def __init__(self) -> None:
        self.port = free_port()
        self.start()
        super().__init__(f"redis://127.0.0.1:{self.port}/0")

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],  # noqa: S607
            cwd=tempfile.gettempdir(), **QUIET,
        )  # fmt: skip
        until(self.answers, START_SECONDS, "Redis")

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def room(self, number: int) -> str:
        return f"redis://127.0.0.1:{self.port}/{number}"

    def flush(self) -> None:
        self.client.flushall()

    def crash(self, seconds: float) -> None:
        """Killed, away for some time, and back empty."""
        self.process.kill()
        self.process.wait()
        time.sleep(seconds)
        self.start()

    def stop(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()


def a_postgres(own: bool) -> Postgres:
    """A server to use: our own when it must be crashed (or when none runs), else the running one."""
    if own and BINARIES:
        return OwnPostgres()
    try:
        return Postgres()
    except psycopg.OperationalError:
        if not BINARIES:
            raise
        return OwnPostgres()


def a_redis() -> Redis:
    """Our own where redis-server is installed, else the running one."""
    return OwnRedis() if shutil.which("redis-server") else Redis()


Away = (psycopg.OperationalError, redis.RedisError)
"""Why there is no server to test with."""
