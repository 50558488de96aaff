"""A log line tells what happened and to which number, for people or for programs, and never who or where."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from orchestrator import logs
from orchestrator.clock import Clock
from orchestrator.db import Database, DatabaseError
from orchestrator.logs import about, masked
from orchestrator.models import Person
from orchestrator.settings import LogFormat, LogLevel, Settings

Said = Callable[[], str]


@pytest.fixture
def stderr(capsys: pytest.CaptureFixture[str]) -> Iterator[Said]:
    """What `configure` makes this process say; afterwards the process logs as before."""
    root = logging.getLogger()
    before, levels = [*root.handlers], {name: logging.getLogger(name).level for name in ("", *logs.ROOMS)}
    yield lambda: capsys.readouterr().err
    root.handlers[:] = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(said: Said) -> list[dict[str, object]]:
    return [json.loads(line) for line in said().splitlines()]


def test_a_line_of_json_has_moment_level_process_event_and_ids(stderr: Said) -> None:
    logs.configure(Settings(log_format=LogFormat.JSON), "worker-send")
    mark = logs.request_id.set("5f0c0d8e-6c3a-4a53-9d2b-6c1f7a2f9a11")
    logging.getLogger("workers.x").warning("Brief %s:\nmislukt", 7, extra=about("letter", inquiry=7, round=2))
    logs.request_id.reset(mark)
    logging.getLogger("workers.x").error("database-away: De database antwoordt niet.")
    first, second = lines(stderr)
    assert str(first["time"]).endswith("Z")
    assert (first["level"], first["process"], first["event"]) == ("warning", "worker-send", "letter")
    assert (first["inquiry"], first["round"], first["message"]) == (7, 2, "Brief 7:\nmislukt")
    assert first["request"] == "5f0c0d8e-6c3a-4a53-9d2b-6c1f7a2f9a11"
    assert (second["event"], "request" in second) == ("database-away", False)


def test_a_line_for_people_is_the_default_and_tells_the_same(stderr: Said) -> None:
    logs.configure(Settings(), "web")
    logging.getLogger("portal.x").error("Mislukt.", extra=about("letter", inquiry=7))
    logging.getLogger("portal.x").info("Dit hoeft niemand te weten.")
    (line,) = stderr().splitlines()
    assert line.endswith("ERROR web: Mislukt. [inquiry=7]")


def test_only_our_own_rooms_become_talkative(stderr: Said) -> None:
    logs.configure(Settings(log_format=LogFormat.JSON, log_level=LogLevel.DEBUG), "web")
    for name in ("orchestrator.x", "sqlalchemy.engine", "httpx", "mail.log", "celery"):
        logging.getLogger(name).debug("hier")
        logging.getLogger(name).info("hier")
    assert {line["logger"] for line in lines(stderr)} == {"orchestrator.x"}


def test_configuring_twice_says_everything_once(stderr: Said) -> None:
    for process in ("run", "web"):
        logs.configure(Settings(log_format=LogFormat.JSON), process)
    logging.getLogger("portal.x").error("Een keer.")
    assert [line["process"] for line in lines(stderr)] == ["web"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("550 5.1.1 <info@kantoor.example>: rejected", "550 5.1.1 <[adres]>: rejected"),
        ("to=anna.de.vries+k3f9@woonpost.example, relay=x", "to=[adres], relay=x"),
        ("van <a1b2@[127.0.0.1]> aan u", "van <[adres]> aan u"),
        ("Key (email)=(anna@stad.example) already exists.", "Key (email)=([waarde]) already exists."),
        ("Key (key)=(anna jansen) already exists.", "Key (key)=([waarde]) already exists."),
        ("Failing row contains (1, Anna, null).", "Failing row contains ([waarde])."),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer [token]"),
        ("GET /aanmelden/link/Zx9_-q?next=/", "GET /aanmelden/link/[token]?next=/"),
        ("Brief inquiry:12: refused in fase rcpt", "Brief inquiry:12: refused in fase rcpt"),
    ],
)  # fmt: skip
def test_what_others_put_in_their_errors_is_masked(said: str, told: str) -> None:
    assert masked(said) == told


def test_an_error_of_the_database_tells_nothing_of_the_row(database: Database, stderr: Said) -> None:
    logs.configure(Settings(log_format=LogFormat.JSON, log_level=LogLevel.DEBUG), "web")

    told = {"name": "Wilhelmina Zonderland", "key": "wilhelmina zonderland", "email_index": "a1"}
    try:
        with database.writing() as session:
            for _ in range(2):
                session.add(Person(roles=[], added_at=Clock().now(), **told))
                session.flush()
    except DatabaseError:
        logging.getLogger("portal.x").exception("Iemand toevoegen mislukte.")
    (line,) = lines(stderr)
    assert "IntegrityError" in str(line["trace"])
    assert "zonderland" not in str(line).casefold()
