"""Backups from the command line: make one, put one back, and bring the record in agreement with what went out."""

from datetime import datetime
from pathlib import Path

from rich.console import Console

from orchestrator import backup, ledger, machine
from orchestrator.control import read_clock
from orchestrator.db import Database
from orchestrator.enrolment import ZONE
from orchestrator.ledger import Head
from orchestrator.rounds import reconciling, restored
from orchestrator.settings import Settings
from orchestrator.views import why_shut
from portal.commands import house

out = Console(soft_wrap=True, markup=False, highlight=False)


def save(file: Path) -> None:
    """Write the record to a new file, and say up to which line of the ledger."""
    database = house.open_database()
    made = backup.save(database, file)
    with database.writing() as session:
        ledger.append(session, read_clock(database).now(), "praktijktest", machine.BACKED_UP, "house")
    out.print(f"Back-up gemaakt: {file} ({made.size / 1e6:.1f} MB), {_until(made.head)}.")


def put_back(file: Path, actor: str) -> None:
    """Replace the SQLite database by a backup; sending stays shut until it was reconciled."""
    settings = Settings.from_env()
    there = house.must_exist(file)
    done = backup.put_back(settings.database, there, lambda made: _mark(made, actor), settings.keys)
    out.print(f"Back-up {file} is teruggezet, {_until(done.head)}.")
    if done.kept:
        out.print(f"De vervangen database is bewaard als {done.kept}.")
    _next(done.head)


def told(actor: str) -> None:
    """Note that the database was put back by other means, such as pg_restore."""
    database = house.open_database()
    with database.reading() as session:
        head = ledger.head(session)
    _mark(database, actor)
    out.print(f"Vastgelegd: er is een back-up teruggezet, {_until(head)}.")
    _next(head)


def reconcile(actor: str) -> None:
    """Settle what went since the backup was made, and open sending for the rest."""
    from workers.inbox.imap import ledger_source  # the mail libraries take their time to load

    settings = Settings.from_env()
    database, source = house.open_database(settings), ledger_source(settings)
    clock = read_clock(database)
    with database.writing() as session:
        patience = clock.real(reconciling.COPY_SECONDS)
        found = reconciling.reconcile(session, actor, clock.now(), source, patience)
        shut = why_shut(session)
    if source and not found.believed:
        out.print("Op de map met kopieën is niet te bouwen: daarin ontbreken nieuwe brieven die wel zijn verzonden.")
    out.print(f"Verzoend: {found.settled} brieven bleken verzonden.")
    out.print(f"Van {found.uncertain} brieven is dat niet te weten: zij zijn onzeker en gaan niet meer uit.")
    out.print(f"{found.waiting} brieven gingen nooit uit en wachten op hun moment.")
    out.print(shut or "De verzending staat weer open.")


def _mark(database: Database, actor: str) -> None:
    with database.writing() as session:
        restored.mark(session, actor, read_clock(database).now(), restored.TOLD)


def _until(head: Head | None) -> str:
    return f"logboek tot regel {head.seq} ({_said(head.at)}, {head.hash[:12]})" if head else "met een leeg logboek"


def _next(head: Head | None) -> None:
    since = f"na {_said(head.at)}" if head else "sindsdien"
    out.print("Er gaat niets uit. Doe nu in deze volgorde:")
    out.print(f"1. Herhaal wat {since} met de hand is gedaan: intrekkingen, pauzes, noodstop, codes, nieuwe rondes.")
    out.print("2. Start praktijktest run (of de werkprocessen): die lezen de post en de map met kopieën opnieuw.")
    out.print("3. Daarna: praktijktest reconcile --by NAAM")


def _said(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}"
