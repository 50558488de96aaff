"""A user at the command line: a folder with the three files of a small round, and commands with what they said."""

import csv
import io
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal import cli

EXAMPLE = Path(__file__).parents[2] / "examples" / "amersfoort-2026"
ROUND = "amersfoort-2026-najaar"
MAIN = "from portal.cli import main; main()"
ADVERTISERS = 3

DESIGN, PARTICIPANTS, LISTINGS = "round.yaml", "participants.csv", "listings.csv"


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class User:
    """Somebody in a folder of their own; commands run in this process and work on ``folder/data``."""

    folder: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def says(self, *words: str) -> Done:
        """Give a command as on the command line."""
        self.monkeypatch.setattr(sys, "argv", ["praktijktest", *words])
        self.capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        said = self.capsys.readouterr()
        return Done(code, said.out, said.err)

    def plans(self, by: str = "anna", design: str = DESIGN) -> Done:
        return self.says("plan", design, "--participants", PARTICIPANTS, "--listings", LISTINGS, "--by", by)

    def does(self, *words: str) -> str:
        """Give a command that must succeed; return what it printed."""
        done = self.says(*words)
        assert done.code == 0, done.err
        return done.out

    def starts(self) -> None:
        """Bring the round of the folder to running."""
        assert self.plans().code == 0
        self.does("approve", ROUND, "--by", "bert")
        self.does("start", ROUND, "--by", "anna")

    def file(self, name: str) -> Path:
        return self.folder / name

    def edits(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands once in a file."""
        text = self.file(name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        self.file(name).write_text(text.replace(old, new), encoding="utf-8")

    def edits_cell(self, name: str, line: int, column: str, value: str) -> int:
        """Put a value in one cell of a CSV file; return the number of its column."""
        rows = list(csv.reader(io.StringIO(self.file(name).read_text(encoding="utf-8"))))
        place = rows[0].index(column)
        rows[line - 1][place] = value
        self.file(name).write_text("".join(f"{','.join(row)}\n" for row in rows), encoding="utf-8")
        return place + 1

    def record(self) -> list[str]:
        """Everything in the database, as SQL."""
        with sqlite3.connect(self.folder / "data" / "praktijktest.db") as connection:
            dump = list(connection.iterdump())
        connection.close()
        return dump


def a_user(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    """Put a small round in the folder, and a user in it."""
    for name, text in small_round().items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PRAKTIJKTEST_DATA", str(folder / "data"))
    return User(folder, capsys, monkeypatch)


def small_round() -> Mapping[str, str]:
    """The example, with its first advertisers and their listings only."""
    heading, *people = (EXAMPLE / PARTICIPANTS).read_text(encoding="utf-8").splitlines(keepends=True)
    few = people[:ADVERTISERS]
    keys = {row.partition(",")[0] for row in few}
    columns, *homes = (EXAMPLE / LISTINGS).read_text(encoding="utf-8").splitlines(keepends=True)
    return {
        DESIGN: (EXAMPLE / DESIGN).read_text(encoding="utf-8"),
        PARTICIPANTS: "".join([heading, *few]),
        LISTINGS: "".join([columns, *(row for row in homes if row.split(",")[1] in keys)]),
    }


def of_its_own(*words: str, cwd: Path, code: str = MAIN, **environment: str) -> Done:
    """Run a command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=cwd,
        env={**os.environ, "PRAKTIJKTEST_DATA": str(cwd / "data"), **environment},
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
