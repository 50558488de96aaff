"""Figures of a round of which one office never consented to the purpose go nowhere: by no command, page or report."""

from pathlib import Path

import pytest
from cli_makers import User, a_user
from house_makers import ROUND, only_sqlite, refused
from own_makers import closed_round, desk, office
from release_makers import closed
from request_makers import NAME, OFFICES, asked, coded, running
from sqlalchemy import select, update

from orchestrator.db import Database
from orchestrator.design import Purpose
from orchestrator.models import Advertiser, Enrolment
from orchestrator.settings import Settings
from orchestrator.states import Role
from results import owner_requests

COMMANDS = {
    "analyse": ("analyse", ROUND),
    "analyse as JSON": ("analyse", ROUND, "--format", "json", "--out", "uit/analyse.json"),
    "export": ("export", ROUND, "--out", "uit"),
    "researcher": ("report", ROUND, "--audience", "researcher", "--out", "uit"),
    "municipality": ("report", ROUND, "--audience", "municipality", "--out", "uit"),
    "broker": ("report", ROUND, "--audience", "broker", "--out", "uit"),
    "draft": ("release", "draft", ROUND, "--by", "anna"),
}
PAGES = (
    "resultaten", "export/bestand.zip", "export/pairs.csv", "export/results.json", "export/checksums.sha256",
    "rapport/onderzoeker", "rapport/onderzoeker.pdf", "rapport/gemeente", "rapport/makelaar/kantoor-1",
)  # fmt: skip


def one_consents_to_monitoring(database: Database) -> None:
    with database.writing() as session:
        office = session.scalars(select(Advertiser.id).where(Advertiser.key == "kantoor-1")).one()
        session.execute(update(Enrolment).where(Enrolment.advertiser_id == office).values(purpose=Purpose.MONITORING))


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_writes_or_prints_them(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    user: User = a_user(tmp_path, capsys, monkeypatch)
    user.does("migrate")
    settings = Settings.from_env()
    database = Database.at(settings.database, settings.keys)
    closed(database)
    one_consents_to_monitoring(database)
    done = user.says(*COMMANDS[command])
    assert (done.code, done.err.partition(":")[0]) == (2, "other-purpose")
    assert not (tmp_path / "uit").exists()


@pytest.mark.long
@only_sqlite
def test_no_page_shows_or_gives_them(database: Database) -> None:
    closed_round(database)
    one_consents_to_monitoring(database)
    analyst, own = desk(database, "anna", Role.ANALYST), office(database, "kantoor-2")
    for page in PAGES:
        told = analyst.get(f"/rondes/{ROUND}/{page}")
        assert told.status_code == 403, page
        assert "stemden er 1 niet in met haar doel" in told.text
    assert own.get(f"/mijn/rondes/{ROUND}").status_code == 403


@pytest.mark.long
@only_sqlite
def test_the_same_pages_give_what_all_consented_to(database: Database) -> None:
    closed_round(database)
    analyst = desk(database, "anna", Role.ANALYST)
    given = {page: analyst.get(f"/rondes/{ROUND}/{page}").status_code for page in PAGES}
    assert given == dict.fromkeys(PAGES, 200)
    assert office(database, "kantoor-2").get(f"/mijn/rondes/{ROUND}").status_code == 200


@only_sqlite
def test_the_shares_of_a_request_test_stay_within_its_purpose_too(database: Database) -> None:
    running(database)
    asked(database)
    coded(database)
    with database.reading() as session:
        assert owner_requests.load_result(session, NAME).reached == len(OFFICES)
    one_consents_to_monitoring(database)
    with refused("other-purpose"), database.reading() as session:
        owner_requests.load_result(session, NAME)
