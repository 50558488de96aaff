"""The command as a process: its exit codes, its speed, and the processes it becomes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cli_makers import LISTINGS, MAIN, PARTICIPANTS, ROUND, User, a_user, of_its_own
from servers import Away, own_redis

from orchestrator.control import set_clock
from orchestrator.db import Database
from orchestrator.views import monitor
from portal.demo.ports import free_port
from workers import runtime

FAST = "150000"
"""The six weeks of the example in some 25 seconds."""


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    monkeypatch.setattr(runtime, "_current", None)
    return a_user(tmp_path, capsys, monkeypatch)


@contextmanager
def running(user: User, *words: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A command that goes on until it is stopped; what it said is in ``<command>.log``."""
    settings = {**os.environ, "PRAKTIJKTEST_DATA": str(user.folder / "data"), **environment}
    with (
        (user.folder / f"{'-'.join(words[:2])}.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(
            [sys.executable, "-c", MAIN, *words], cwd=user.folder, env=settings, stdout=log, stderr=log, text=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def wait_until(happened: Callable[[], object], what: str) -> None:
    # Long, for a machine that is busy with other tests; on a quiet one all of this takes seconds.
    deadline = time.monotonic() + 300
    while not happened():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.2)


def page(port: int, path: str = "/") -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            text: str = answer.read().decode()
            return text
    except OSError:
        return None


# How a command ends.


def test_help_comes_without_loading_what_takes_time(tmp_path: Path) -> None:
    heavy = "celery scipy sqlalchemy statsmodels numpy fastapi"
    code = f"import atexit, sys; atexit.register(lambda: print('loaded:', *set({heavy!r}.split()) & set(sys.modules)))"
    done = of_its_own("--help", cwd=tmp_path, code=f"{code}; {MAIN}")
    assert done.code == 0
    assert "praktijktest" in done.out
    assert done.out.splitlines()[-1].strip() == "loaded:"


@pytest.mark.long
def test_bad_input_is_a_sentence_on_stderr_and_code_2(tmp_path: Path) -> None:
    done = of_its_own("analyse", "weg.csv", "--format", "json", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert done.err == "weg.csv: no-such-file: Dit bestand bestaat niet. Kijk het pad na.\n"


@pytest.mark.long
def test_a_fault_of_ours_is_code_1_and_hides_nothing(tmp_path: Path) -> None:
    code = f"from portal.commands import steps\ndef fail(name): raise KeyError('van ons')\nsteps.status = fail\n{MAIN}"
    done = of_its_own("status", cwd=tmp_path, code=code)
    assert done.code == 1
    assert "van ons" in done.err
    assert "Traceback" in done.err


@pytest.mark.long
def test_a_round_that_got_stuck_is_a_sentence_and_code_1(tmp_path: Path) -> None:
    code = "from portal import demo\nfrom portal.demo.play import Stuck\n"
    code += f"def fail(wishes): raise Stuck('De ronde kwam niet tot een einde.')\ndemo.run = fail\n{MAIN}"
    done = of_its_own("demo", cwd=tmp_path, code=code)
    assert (done.code, done.err) == (1, "De ronde kwam niet tot een einde.\n")


@pytest.mark.long
def test_a_postgresql_server_that_does_not_answer_is_named_and_its_password_is_not(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://wij:geheim@127.0.0.1:{free_port()}/praktijktest"
    done = of_its_own("status", cwd=tmp_path, PRAKTIJKTEST_DATABASE_URL=url)
    assert done.code == 2
    assert done.err.startswith("database-unusable: De database van PRAKTIJKTEST_DATABASE_URL is niet te openen: ")
    assert "geheim" not in done.err
    assert "Traceback" not in done.err


@pytest.mark.long
def test_the_market_tells_what_it_needs_and_runs_as_a_program_of_its_own(tmp_path: Path) -> None:
    done = of_its_own("market", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("market: geef --participants op")
    assert "--clock-start" in of_its_own("market", "--help", cwd=tmp_path).out


@pytest.mark.long
def test_the_test_command_passes_options_and_exit_code_of_pytest_on(tmp_path: Path) -> None:
    done = of_its_own("test", "--no-such-option", cwd=tmp_path)
    assert done.code == 4
    assert "--no-such-option" in done.err


# Ports and mail servers.


@contextmanager
def a_taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield int(taken.getsockname()[1])


@pytest.mark.parametrize("words", [("run",), ("web",), ("demo", "--serve")], ids=lambda words: words[0])
def test_a_page_port_in_use_is_named_with_the_setting(
    user: User, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    with a_taken_port() as port:
        monkeypatch.setenv("PRAKTIJKTEST_WEB_PORT", str(port))
        done = user.says(*words)
    assert done.code == 2
    assert done.err.startswith(f"port-in-use: Poort {port} op 127.0.0.1 is al in gebruik")
    assert "PRAKTIJKTEST_WEB_PORT" in done.err


def test_a_mail_port_in_use_is_named_with_the_setting(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_taken_port() as port:
        monkeypatch.setenv("PRAKTIJKTEST_LISTEN_PORT", str(port))
        done = user.says("run", "--port", str(free_port()))
    assert done.code == 2
    assert done.err.startswith(f"port-in-use: Poort {port} ")
    assert "PRAKTIJKTEST_LISTEN_PORT" in done.err


@pytest.mark.parametrize("words", [("run",), ("worker", "send")], ids=lambda words: words[0])
def test_a_mail_server_elsewhere_needs_the_yes_of_the_installation(
    user: User, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setenv("PRAKTIJKTEST_SMTP_HOST", "mail.woonpost.example")
    monkeypatch.setenv("PRAKTIJKTEST_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("PRAKTIJKTEST_WEB_PORT", str(free_port()))
    done = user.says(*words)
    assert done.code == 2
    assert done.err.startswith("live-not-set: Mailserver mail.woonpost.example")
    assert not (user.folder / "data").exists()


# Rounds that run.


@pytest.mark.long
def test_run_does_a_round_of_ones_own_on_the_market_and_the_results_come_out(user: User) -> None:
    mail, forms, replies, port = (str(free_port()) for _ in range(4))
    text = user.file(PARTICIPANTS).read_text(encoding="utf-8")
    user.file(PARTICIPANTS).write_text(text.replace("127.0.0.1:8480", f"127.0.0.1:{forms}"), encoding="utf-8")
    user.starts()
    settings = {"PRAKTIJKTEST_SMTP_HOST": "127.0.0.1", "PRAKTIJKTEST_SMTP_PORT": mail}
    settings["PRAKTIJKTEST_LISTEN_PORT"] = replies
    settings["PRAKTIJKTEST_SECOND_FACTOR"] = "off"  # nobody here has a telephone
    files = ("--participants", PARTICIPANTS, "--listings", LISTINGS, "--truth", "truth.json")
    ports = ("--smtp-port", mail, "--http-port", forms, "--reply-port", replies)
    with (
        running(user, "market", *files, *ports, "--speed", FAST, "--ready", "ready.json"),
        running(user, "run", "--port", port, "--speed", FAST, "--from", "2026-09-07", **settings) as run,
    ):
        wait_until(lambda: page(int(port)), "a page")
        wait_until(lambda: _stands(user, "Gesloten", "Wacht op codering"), "all letters answered or given up")
        log = (user.folder / "run---port.log").read_text(encoding="utf-8")
        assert ROUND in _signed_in(re.findall(r"http\S+/aanmelden/link/\S+", log)[0])
        assert "PRAKTIJKTEST" not in log
        _code_all(user)
        wait_until(lambda: _stands(user, "Gesloten"), "closed")
        run.send_signal(signal.SIGINT)
        assert run.wait(30) == 0
    _the_results_come_out(user)


def _signed_in(link: str) -> str:
    """What somebody sees who presses the button of the link that was printed at the first start."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    pressed = urllib.request.Request(link, data=b"next=/", headers={"Sec-Fetch-Site": "same-origin"})  # noqa: S310
    with browser.open(pressed, timeout=10) as answer:
        shown: str = answer.read().decode()
    return shown


def _stands(user: User, *states: str) -> bool:
    shown = user.does("status", ROUND)
    return any(f"{state}" in shown for state in states)


def _code_all(user: User) -> None:
    for coder in ("cora", "dirk"):
        for number in re.findall(r"antwoord (\d+)", user.does("queue", ROUND, "--by", coder)):
            user.does("code", number, "OVERIG", "--by", coder)


def _the_results_come_out(user: User) -> None:
    document = json.loads(user.does("analyse", ROUND, "--format", "json"))
    usable = sum(document["counts"].values())
    assert usable > 0
    assert document["seed"] == 20260907
    assert "procentpunt" in user.does("analyse", ROUND)
    user.does("export", ROUND, "--out", "uit")
    assert json.loads((user.folder / "uit" / "results.json").read_text(encoding="utf-8")) == document
    assert (user.folder / "uit" / "pairs.csv").read_text(encoding="utf-8").count("\n") > usable
    user.does("report", ROUND, "--audience", "researcher", "--out", "uit")
    assert "gaaf" in user.does("ledger", "verify")


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The address of a server of our own, so that nobody else's queues are touched."""
    try:
        server = own_redis()
    except Away as error:
        pytest.skip(str(error))
    yield server.url
    server.stop()


@pytest.mark.long
def test_beat_and_one_worker_per_queue_over_redis_send_and_listen(user: User, redis_url: str) -> None:
    user.starts()
    with Database.at(f"sqlite:///{user.folder / 'data' / 'praktijktest.db'}").writing() as session:
        first = monitor(session, ROUND, datetime.now(UTC)).next_sends[0]
        set_clock(session, first.at, 1.001)
    port = free_port()
    settings = {"PRAKTIJKTEST_REDIS_URL": redis_url, "PRAKTIJKTEST_LISTEN_PORT": str(port)}
    with (
        running(user, "beat", **settings),
        running(user, "worker", "send", **settings),
        running(user, "worker", "inbox", **settings),
    ):
        wait_until(lambda: list((user.folder / "data").glob("outbox/*.eml")), "a letter in the outbox")
        wait_until(lambda: _accepts(port), "a listener for mail")
    assert not list(user.folder.glob("celerybeat*"))


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
