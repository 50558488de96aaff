"""How soon is it there: ``--help``, the first page of ``run``, the whole ``demo``; and what each process weighs.

The processes of production (`docker-compose.yml`) are started on PostgreSQL and Redis and weighed once they rest.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.record import Figure
from portal.demo.ports import free_port

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from servers import own_postgres, own_redis

ROOT, PROGRAM = Path(__file__).parents[1], str(Path(sys.executable).with_name("praktijktest"))
PATIENCE, REST = 300.0, 8.0
PROCESSES = (("web",), ("worker", "send"), ("worker", "inbox"), ("worker", "reports"), ("beat",))

TIMES = {"--help": ("ms", "under 300"), "first page of run": ("s", "under 3"), "demo": ("s", "under 45")}
"""The unit and the aim of what takes time; all else is memory."""


def measure(runs: int) -> list[Figure]:
    # Where this is set nothing is kept of what was compiled, and each start would compile all of ours again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    _help()
    taken: dict[str, list[float]] = {}
    for _ in range(runs):
        for what, value in {"--help": _help(), **_first_page(), "demo": _demo(), **_production()}.items():
            taken.setdefault(what, []).append(value)
    return [_figure(what, tuple(values)) for what, values in taken.items()]


def _figure(what: str, values: tuple[float, ...]) -> Figure:
    unit, aim = TIMES.get(what, ("MB", ""))
    return Figure(what, unit, values, aim)


def _help() -> float:
    began = time.perf_counter()
    subprocess.run([PROGRAM, "--help"], check=True, capture_output=True, cwd=ROOT)  # noqa: S603 - our own program
    return 1000 * (time.perf_counter() - began)


@contextmanager
def _running(words: tuple[str, ...], told: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(  # noqa: S603 - our own program
        [PROGRAM, *words], env={**os.environ, **told}, stdout=quiet, stderr=quiet, cwd=ROOT
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def settings(folder: str) -> dict[str, str]:
    """Return the settings of an installation of its own, at ports that are free now."""
    ports = {f"PRAKTIJKTEST_{name}_PORT": str(free_port()) for name in ("WEB", "LISTEN")}
    return {"PRAKTIJKTEST_DATA": folder, **ports}


@contextmanager
def showing(told: Mapping[str, str]) -> Iterator[int]:
    """Start `run` and wait for its first page; its number as a process. Raises SystemExit when no page comes."""
    with _running(("run",), told) as process:
        _until_it_answers(told["PRAKTIJKTEST_WEB_PORT"])
        yield process.pid


def _first_page() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        with showing(settings(folder)) as pid:
            seconds = time.perf_counter() - began
            time.sleep(REST)
            return {"first page of run": seconds, "memory of run (all in one)": _megabytes(pid)}


def _until_it_answers(port: str) -> None:
    until = time.monotonic() + PATIENCE
    while not _answers(f"http://127.0.0.1:{port}/aanmelden"):
        if time.monotonic() > until:
            raise SystemExit("no page came")
        time.sleep(0.02)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as page:  # noqa: S310 - loopback
            return bool(page.status == 200)
    except OSError:
        return False


def _demo() -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        subprocess.run([PROGRAM, "demo", "--out", f"{folder}/demo"], check=True, capture_output=True, cwd=ROOT)  # noqa: S603
        return time.perf_counter() - began


def _production() -> dict[str, float]:
    server, broker = own_postgres(durable=True), own_redis()
    try:
        with tempfile.TemporaryDirectory() as folder:
            addresses = {"PRAKTIJKTEST_DATABASE_URL": server.create("weighed"), "PRAKTIJKTEST_REDIS_URL": broker.url}
            told = {**settings(folder), **addresses, "PRAKTIJKTEST_MASTER_KEY_FILE": f"{folder}/master.key"}
            told["PRAKTIJKTEST_KEYS_URL"] = f"sqlite:///{folder}/keys.db"
            subprocess.run([PROGRAM, "migrate"], check=True, capture_output=True, env={**os.environ, **told}, cwd=ROOT)  # noqa: S603
            return {f"memory of {' '.join(words)}": _weighed(words, told) for words in PROCESSES}
    finally:
        broker.stop()
        server.stop()


def _weighed(words: tuple[str, ...], told: Mapping[str, str]) -> float:
    with _running(words, told) as process:
        time.sleep(REST)
        if process.poll() is not None:
            raise SystemExit(f"{' '.join(words)} ended by itself, with {process.returncode}")
        return sum(map(_megabytes, _family(process.pid)))


def _family(pid: int) -> Iterator[int]:
    """A process and those that it started; of Linux, which is what production runs on."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _megabytes(pid: int) -> float:
    told = Path(f"/proc/{pid}/status").read_text().partition("VmRSS:")[2]
    return int(told.split()[0]) / 1024
