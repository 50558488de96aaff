"""Releasing an outcome from the command line."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from house_makers import ROUND
from release_makers import closed

from orchestrator.db import Database
from portal.cli import main


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["praktijktest", "release", *words])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out + said.err


@pytest.mark.long
def test_an_outcome_is_released_in_four_commands_and_written_as_it_was_frozen(
    blank_sqlite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"sqlite:///{shutil.copy(blank_sqlite, tmp_path / 'praktijktest.db')}"
    database = Database.at(address)
    closed(database)
    database.engine.dispose()
    monkeypatch.setenv("PRAKTIJKTEST_DATA", str(tmp_path))
    monkeypatch.setenv("PRAKTIJKTEST_DATABASE_URL", address)
    steps = [("draft", "anna"), ("sign", "bert"), ("read", "gemma"), ("publish", "carla")]
    for step, who in steps:
        number = ("1",) if step != "draft" else ()
        code, said = run(capsys, monkeypatch, step, ROUND, *number, "--by", who)
        assert code == 0, said
    code, said = run(capsys, monkeypatch, "publish", ROUND, "1", "--by", "carla")
    assert (code, "vrijgeven kan alleen als zij gelezen is" in said) == (2, True)
    code, said = run(capsys, monkeypatch, "draft", ROUND, "--by", "anna")
    assert (code, "Zeg waarom er na versie 1 een nieuwe komt." in said) == (2, True)
    code, said = run(capsys, monkeypatch, "write", ROUND, "1", "--out", str(tmp_path / "uit"))
    written = (tmp_path / "uit" / f"{ROUND}-1.json").read_bytes()
    assert json.loads(written)["result"]["tests"] == 60
    assert (tmp_path / "uit" / f"{ROUND}-1.csv").read_text(encoding="utf-8").startswith("table,part,tests")
    code, said = run(
        capsys, monkeypatch, "write", ROUND, "1", "--format", "pdf", "--language", "en", "--out", str(tmp_path / "uit")
    )
    assert (tmp_path / "uit" / f"{ROUND}-1.pdf").read_bytes().startswith(b"%PDF-")
    for option, bad in (("--format", "docx"), ("--language", "fr")):
        assert run(capsys, monkeypatch, "write", ROUND, "1", option, bad, "--out", str(tmp_path))[0] == 2
    for step, out in (("bundle", tmp_path), ("write", tmp_path / "praktijktest.db")):
        code, said = run(capsys, monkeypatch, step, ROUND, "1", "--out", str(out))
        assert (code, said.startswith("cannot-write: "), str(out) in said) == (2, True, True)
    code, said = run(capsys, monkeypatch, "show", ROUND)
    assert hashlib.sha256(written).hexdigest()[:12] in said
    assert "ondertekend door bert, gelezen door gemma, vrijgegeven door carla" in said
    assert run(capsys, monkeypatch, "sign", ROUND, "9", "--by", "bert")[0] == 2
