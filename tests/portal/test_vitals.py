"""What a watcher is told: `/health`, the figures for Prometheus, and the doctor on the command line."""

import os
import re
from collections import namedtuple
from pathlib import Path

import pytest
from cli_makers import User, a_user
from house_makers import DAY, PLANNED, events, only_sqlite
from house_makers import ROUND as RUNNING
from own_makers import closed_round
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from orchestrator import ledger, machine
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.machine import Check
from orchestrator.settings import Settings
from portal.commands import house
from portal.web.app import make_app

TOKEN = "kijkglas"
USAGE = namedtuple("USAGE", "total used free")


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def watcher(database: Database, folder: Path, token: str | None = TOKEN) -> TestClient:
    settings = Settings(data=folder, metrics_token=SecretStr(token) if token else None)
    app = make_app(database, Clock(PLANNED, Clock().now().timestamp(), 1.0), settings=settings)
    return TestClient(app, raise_server_exceptions=False)


def figures(client: TestClient) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    found = [each for family in text_string_to_metric_families(answer.text) for each in family.samples]
    return {(each.name.removeprefix("praktijktest_"), *each.labels.values()): each.value for each in found}


def test_health_says_of_each_part_whether_it_is_well_and_nothing_else(database: Database, tmp_path: Path) -> None:
    told = watcher(database, tmp_path).get("/health").json()
    assert set(told["checks"]) == {check.value for check in Check}
    assert told["status"] == "attention"  # no worker ever ran here
    assert (told["checks"]["queue"], told["checks"]["database"]) == ("attention", "ok")
    assert set(told["checks"].values()) <= {"ok", "attention"}


def test_a_full_disk_is_told_by_health_and_by_the_figures(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _path: USAGE(10, 10, 1000))
    client = watcher(database, tmp_path)
    assert client.get("/health").json()["checks"]["disk"] == "attention"
    found = figures(client)
    assert (found["check", "disk"], found["disk_free_bytes",]) == (0, 1000)


@only_sqlite
def test_the_figures_count_letters_by_state_and_name_no_advertiser(database: Database, tmp_path: Path) -> None:
    closed_round(database)
    client = watcher(database, tmp_path)
    found = figures(client)
    assert found["letters", RUNNING, "sent"] == 120
    assert (found["round_state", RUNNING, "closed"], found["round_state", RUNNING, "running"]) == (1, 0)
    told = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
    assert not re.search(r"kantoor|makelaardij|control|treatment", told, re.IGNORECASE)


def test_the_figures_ask_for_their_token_and_are_not_there_without_one(database: Database, tmp_path: Path) -> None:
    asked = watcher(database, tmp_path)
    assert asked.get("/metrics").status_code == 403
    assert asked.get("/metrics", headers={"authorization": "Bearer kijkgla"}).status_code == 403
    none = watcher(database, tmp_path, None)
    assert none.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_a_round_that_goes_on_wants_a_backup_of_the_last_night(database: Database, tmp_path: Path) -> None:
    settings, clock = Settings(data=tmp_path), Clock(PLANNED, Clock().now().timestamp(), 1.0)

    def backup() -> tuple[bool, str]:
        with database.reading() as session:
            fact = machine.facts(session, settings, clock, Clock().now())[Check.BACKUP]
        return fact.works, str(fact.said)

    assert backup() == (True, "Er is nog geen back-up gemaakt met praktijktest backup.")
    closed_round(database)
    assert not backup()[0]
    for at, works in ((PLANNED - 2 * DAY, False), (PLANNED - DAY, True)):
        with database.writing() as session:
            ledger.append(session, at, "praktijktest", machine.BACKED_UP, "house")
        assert backup()[0] is works


@pytest.mark.long
def test_the_doctor_finds_an_installation_well_except_for_the_workers_that_do_not_run(user: User) -> None:
    user.plans()
    shown = user.says("doctor")
    assert shown.code == 2
    for part in ("goed  Tabellen", "goed  Schijf", "goed  Klok", "goed  Wijze: Oefenen.", "LET OP Wachtrij send"):
        assert part in shown.out
    assert re.search(r"goed  Logboek: Gaaf tot regel \d+\.", shown.out)


@pytest.mark.long
def test_the_doctor_makes_no_database_and_upgrades_none(user: User, tmp_path: Path) -> None:
    assert "nog geen database" in user.says("doctor").err
    user.plans()
    with house.writing() as (session, _):
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    shown = user.says("doctor")
    assert "LET OP Tabellen: Zij zijn van een andere versie: 0001" in shown.out
    assert "Wachtrij" not in shown.out


@pytest.mark.long
def test_the_doctor_names_a_server_that_cannot_be_reached(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    user.plans()
    monkeypatch.setitem(os.environ, "PRAKTIJKTEST_SMTP_HOST", "127.0.0.1")
    monkeypatch.setitem(os.environ, "PRAKTIJKTEST_SMTP_PORT", "9")
    assert "LET OP De mailserver: 127.0.0.1:9 is niet te bereiken" in user.says("doctor").out


@pytest.mark.long
def test_a_line_of_the_ledger_that_was_noted_is_found_again_or_missed(user: User) -> None:
    user.plans()
    line = user.does("ledger", "head").strip()
    assert "gaaf" in user.does("ledger", "verify", "--head", line)
    with house.writing() as (session, _):
        session.execute(text("DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)"))
    assert "gaaf" in user.does("ledger", "verify")  # whole in itself: only the noted line tells
    assert "ontbreekt" in user.says("ledger", "verify", "--head", line).err
    assert "geen regel" in user.says("ledger", "verify", "--head", "12").err


@pytest.mark.long
def test_a_backup_is_remembered_in_the_ledger(user: User, tmp_path: Path) -> None:
    user.plans()
    user.does("backup", str(tmp_path / "nacht.db"))
    assert machine.BACKED_UP in [event.kind for event in events(house.open_database())]
