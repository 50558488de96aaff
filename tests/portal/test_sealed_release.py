"""The seal where people meet it: on the pages, on every file they take home, and at the command line."""

import json
import re
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from coding_makers import visitor
from house_makers import DAY, ROUND, meddle, only_sqlite
from own_makers import OTHER, OWN, office
from release_makers import RELEASED, closed, draft, read, release, sign, versions
from sqlalchemy import update
from starlette.testclient import TestClient
from test_open_data_pages import for_real

from orchestrator.db import Database
from orchestrator.models import Advertiser, Pair, ReleaseReport
from orchestrator.states import Role
from portal.cli import main
from results.releases import release_file

pytestmark = [only_sqlite, pytest.mark.long]
MINE, DESK = f"/mijn/rondes/{ROUND}", f"/rondes/{ROUND}"
LATER = RELEASED + DAY


@pytest.fixture
def sealed(database: Database) -> Database:
    closed(database)
    draft(database)
    sign(database)
    read(database)
    release(database)
    return database


def seal(database: Database, number: int = 1) -> str:
    found = versions(database)[number - 1].seal
    assert found is not None
    return found


def own(database: Database, key: str = OWN) -> TestClient:
    return office(database, key, LATER)


def test_one_seal_stands_on_the_outcome_each_own_page_and_the_research_file(sealed: Database) -> None:
    anna, gemma = visitor(sealed, "anna", Role.ANALYST), visitor(sealed, "gemma", Role.MUNICIPALITY)
    one = seal(sealed)
    for browser, page in ((gemma, f"/uitkomst/{ROUND}"), (anna, f"{DESK}/vrijgave"), (own(sealed), MINE)):
        assert one in browser.get(page).text
    papers = [gemma.get(f"/uitkomst/{ROUND}/1/uitkomst.pdf"), own(sealed).get(f"{MINE}.pdf")]
    papers += [own(sealed, OTHER).get(f"{MINE}.pdf"), anna.get(f"{DESK}/rapport/makelaar/{OWN}.pdf")]
    assert {release_file.seal_on(each.content) for each in papers} == {one}
    assert papers[1].content == papers[3].content
    with ZipFile(BytesIO(anna.get(f"{DESK}/export/bestand.zip").content)) as archive:
        assert json.loads(archive.read("zegel.json"))["seal"] == one
    assert "zegel.json" in anna.get(f"{DESK}/export/checksums.sha256").text


def test_an_office_reads_the_state_of_the_moment_until_the_release_and_after_it_what_was_frozen(
    database: Database,
) -> None:
    closed(database)
    draft(database)
    sign(database)
    before = own(database).get(MINE).text
    assert "niet de vrijgegeven terugkoppeling" in before
    assert seal(database) not in before
    assert own(database).get(f"{MINE}/bewijs.json").status_code == 404
    read(database)
    release(database)
    paper = own(database).get(f"{MINE}.pdf").content
    meddle(database, update(Advertiser).where(Advertiser.key == OWN).values(name="Later anders"))
    meddle(database, update(Pair).values(state="excluded", reason="reply-missing"))
    after = own(database).get(MINE).text
    assert "niet de vrijgegeven terugkoppeling" not in after
    assert own(database).get(f"{MINE}.pdf").content == paper


def test_an_office_proves_its_own_report_and_learns_nothing_of_another(
    sealed: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = own(sealed).get(f"{MINE}/bewijs.json")
    assert given.json()["seal"] == seal(sealed)
    with sealed.reading() as session:
        keys = [(each.key, each.name) for each in session.query(Advertiser) if each.key != OWN]
        salts = [each.salt for each in session.query(ReleaseReport)]
    assert not any(key in given.text or name in given.text for key, name in keys)
    assert [each for each in salts if each in given.text] == [given.json()["salt"]]
    with ZipFile(BytesIO(own(sealed).get("/mijn/gegevens.zip").content)) as archive:
        held = json.loads(archive.read("gegevens.json"))["rounds"][0]["released"]
    assert [(each["seal"], each["report"]) for each in held] == [(seal(sealed), json.loads(given.json()["content"]))]
    (tmp_path / "bewijs.json").write_bytes(given.content)
    (tmp_path / "eigen.pdf").write_bytes(own(sealed).get(f"{MINE}.pdf").content)
    (tmp_path / "ander.pdf").write_bytes(own(sealed, OTHER).get(f"{MINE}.pdf").content)
    (tmp_path / "los.pdf").write_bytes(b"%PDF-1.7")
    proof = str(tmp_path / "bewijs.json")
    code, said = run(capsys, monkeypatch, "verify", proof, "--file", str(tmp_path / "eigen.pdf"))
    assert (code, "byte voor byte terugkoppeling-nl.pdf" in said) == (0, True)
    bad = [word for each in ("ander", "los") for word in ("--file", str(tmp_path / f"{each}.pdf"))]
    code, said = run(capsys, monkeypatch, "verify", proof, *bad)
    assert (code, "file-changed" in said, "other-seal" in said, "geen zegel" in said) == (2, True, True, True)


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    monkeypatch.setattr(
        "sys.argv", ["praktijktest", *(() if words[0] in ("report", "export") else ("release",)), *words]
    )
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out + said.err


def test_everything_that_commands_and_pages_gave_is_found_again_in_the_release_file(
    sealed: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = sealed.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("PRAKTIJKTEST_DATA", str(tmp_path))
    monkeypatch.setenv("PRAKTIJKTEST_DATABASE_URL", address)
    file, out = str(tmp_path / "v.zip"), str(tmp_path / "uit")
    for words in (
        ("bundle", ROUND, "1", "--out", file),
        ("write", ROUND, "1", "--format", "pdf", "--out", out),
        ("report", ROUND, "--audience", "broker", "--format", "pdf", "--out", out),
        ("report", ROUND, "--audience", "broker", "--out", out),
        ("export", ROUND, "--out", out),
    ):
        code, said = run(capsys, monkeypatch, *words)
        assert code == 0, said
    (tmp_path / "eigen.pdf").write_bytes(own(sealed).get(f"{MINE}.pdf").content)
    given = [*Path(out).rglob("*.pdf"), *Path(out).rglob("*.html"), Path(out) / f"{ROUND}.zip", tmp_path / "eigen.pdf"]
    anna = visitor(sealed, "anna", Role.ANALYST)
    assert anna.get(f"{DESK}/vrijgave/1/vrijgave.zip").content == Path(file).read_bytes()
    words = [word for each in given for word in ("--file", str(each))]
    code, said = run(capsys, monkeypatch, "verify", file, *words, "--out", str(tmp_path / "opnieuw"))
    assert code == 0, said
    assert len(re.findall("is byte voor byte", said)) == len(given) == 23
    assert (tmp_path / "opnieuw" / "uitkomst" / f"{ROUND}-1-en.pdf").read_bytes().startswith(b"%PDF-")
    changed = (Path(out) / f"{ROUND}.zip").read_bytes()
    (tmp_path / "x.zip").write_bytes(changed + b" ")
    code, said = run(capsys, monkeypatch, "verify", file, "--file", str(tmp_path / "x.zip"))
    assert (code, "file-changed" in said) == (2, True)


def test_an_export_of_data_that_changed_after_the_release_bears_no_seal(sealed: Database) -> None:
    anna = visitor(sealed, "anna", Role.ANALYST)
    meddle(sealed, update(Pair).where(Pair.id == 1).values(state="excluded", reason="reply-missing"))
    with ZipFile(BytesIO(anna.get(f"{DESK}/export/bestand.zip").content)) as archive:
        assert "zegel.json" not in archive.namelist()


def test_open_data_has_the_seal_and_nothing_that_opens_it(sealed: Database) -> None:
    for_real(sealed)
    public = TestClient(own(sealed).app)
    given = public.get(f"/open-data/{ROUND}/1/open-data.zip")
    with ZipFile(BytesIO(given.content)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
        assert json.loads(archive.read("datapackage.json"))["seal"] == seal(sealed)
    with sealed.reading() as session:
        salts = [each.salt for each in session.query(ReleaseReport)]
    assert not any(each.encode() in everything for each in salts)
    assert b"praktijktest-zegel/1" not in everything


def test_the_municipality_and_the_office_never_get_the_release_file(sealed: Database) -> None:
    for browser in (visitor(sealed, "gemma", Role.MUNICIPALITY), own(sealed)):
        assert browser.get(f"{DESK}/vrijgave/1/vrijgave.zip").status_code == 403
