"""The keys of what is encrypted: which there are, a new master key, and a copy for when the machine is lost."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from rich.console import Console

from orchestrator.master_keys import Keys
from orchestrator.settings import Settings
from orchestrator.vault import Vault
from portal.commands import house
from profiles.errors import BadInput, Problem, Refused

out = Console(soft_wrap=True, markup=False, highlight=False)
TABLE = (
    "CREATE TABLE data_key (id BLOB PRIMARY KEY, wrapped BLOB NOT NULL, master TEXT NOT NULL, made_at TEXT NOT NULL)"
)


def show() -> None:
    """Print how many data keys each master key wraps; no key itself."""
    vault = _vault()
    counts = vault.counts()
    newest = vault.keys.ring().newest.id if counts else None
    for master, count in sorted(counts.items()):
        out.print(f"hoofdsleutel {master}{' (nieuwste)' if master == newest else ''}: {count} sleutels")
    if not counts:
        out.print("Er is nog niets versleuteld.")


def rotate() -> None:
    """Wrap every data key by a new master key; one that was interrupted goes on where it was."""
    vault = _vault()
    if vault.counts():
        vault.keys.add_newest()
    done = 0
    while some := vault.rewrap():
        done += some
    out.print(f"{done} sleutels zijn met de nieuwe hoofdsleutel verpakt; de oude opent niets meer.")


def save(file: Path) -> None:
    """Write the wrapped keys to a file that takes the place of the one before: what was destroyed is gone there too."""
    beside = file.with_name(f"{file.name}.nieuw")
    try:
        beside.unlink(missing_ok=True)
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(beside)) as there, there:
            there.execute(TABLE)
            rows = [(*row[:3], row[3].isoformat()) for row in _vault().all_wrapped()]
            there.executemany("INSERT INTO data_key VALUES (?, ?, ?, ?)", rows)
        beside.replace(file)
    except (OSError, sqlite3.Error) as error:
        raise Refused(
            "cannot-write", f"{file} kan niet worden geschreven ({error}).", "Kies een andere plek."
        ) from error
    out.print(f"{len(rows)} sleutels staan, verpakt, in {file}. De hoofdsleutel staat er niet in: bewaar die apart.")


def put_back(file: Path) -> None:
    """Fill a store that is empty with the keys of a copy."""
    try:
        with closing(sqlite3.connect(f"{house.must_exist(file).absolute().as_uri()}?mode=ro", uri=True)) as there:
            rows = there.execute("SELECT id, wrapped, master, made_at FROM data_key").fetchall()
    except sqlite3.Error as error:
        remedy = "Kies wat praktijktest keys backup schreef."
        raise BadInput(
            Problem("no-key-copy", "Dit is geen kopie van sleutels.", file=str(file), remedy=remedy)
        ) from error
    count = _vault().take_in((*row[:3], datetime.fromisoformat(row[3])) for row in rows)
    out.print(f"{count} sleutels zijn teruggezet.")


def _vault() -> Vault:
    keys: Keys = Settings.from_env().keys
    return Vault(keys)
