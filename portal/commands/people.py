"""The people of the installation from the command line, and links for who cannot get one by mail."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from orchestrator import accounts, second_factor
from orchestrator import sessions as web_sessions
from orchestrator.accounts import LINK_LASTS
from orchestrator.clock import Clock
from orchestrator.control import read_clock
from orchestrator.db import Database
from orchestrator.enrolment import ZONE
from orchestrator.settings import Settings
from portal.commands import house

out = Console(soft_wrap=True, markup=False, highlight=False)
REAL = Clock()


def add(name: str, email: str, roles: Sequence[str], actor: str) -> None:
    with house.writing() as (session, now):
        person = accounts.add(session, name, email, roles, actor, now)
    out.print(f"{person.name} toegevoegd ({', '.join(person.roles)}). Een link: praktijktest sign-in '{person.name}'")


def show() -> None:
    with house.reading() as (session, _):
        everybody = accounts.everybody(session)
    if not everybody:
        out.print("Er is nog niemand. Begin met: praktijktest people add NAAM --email ADRES --role administrator")
        return
    table = Table(Column("naam", no_wrap=True), "e-mail", "rollen", "toegang", "laatst gezien", box=SIMPLE_HEAD)
    for each in everybody:
        seen = f"{each.seen.astimezone(ZONE):%d-%m-%Y %H:%M}" if each.seen else "–"
        table.add_row(each.name, each.email, ", ".join(each.roles), "ja" if each.active else "ingetrokken", seen)
    out.print(table)


def revoke(name: str, actor: str) -> None:
    with house.writing() as (session, now):
        accounts.revoke(session, name, actor, now, REAL.now())
    out.print(f"De toegang van {name} is ingetrokken.")


def sessions(name: str) -> None:
    with house.reading() as (session, _):
        browsers = web_sessions.of_person(session, name, REAL.now())
    if not browsers:
        out.print(f"{name} is nergens aangemeld.")
        return
    table = Table("browser", "aangemeld", "laatst gezien", box=SIMPLE_HEAD)
    for each in browsers:
        moments = (f"{moment.astimezone(ZONE):%d-%m-%Y %H:%M}" for moment in (each.began, each.seen))
        table.add_row(each.words or "onbekend", *moments)
    out.print(table)


def sign_out(name: str, actor: str) -> None:
    with house.writing() as (session, now):
        ended = web_sessions.end_all(session, name, actor, now, REAL.now())
    out.print(f"{name} is afgemeld; zoveel browsers: {ended}.")


def reset_factor(name: str, actor: str) -> None:
    """Also of oneself: who has this machine keeps the database, and the only administrator may have lost a phone."""
    with house.writing() as (session, now):
        second_factor.reset(session, name, actor, now, REAL.now())
    out.print(f"De code-app van {name} is losgekoppeld. Bij het aanmelden koppelt {name} een nieuwe.")


def sign_in(name: str, actor: str) -> None:
    """Print a link that signs somebody in once."""
    with house.writing() as (session, now):
        token = accounts.make_link(session, accounts.find(session, name), actor, now, REAL.now())
    _print_link(Settings.from_env(), name, token)


def welcome(database: Database, settings: Settings) -> None:
    """On an installation without people: make the first, and print their link."""
    now = read_clock(database).now()
    with database.writing() as session:
        first = accounts.add_first(session, now)
        token = accounts.make_link(session, first, "praktijktest", now, REAL.now()) if first else None
    if first and token:
        out.print("Er is nog niemand om zich aan te melden: wie deze link opent, is de beheerder.")
        _print_link(settings, first.name, token)
        out.print("Daarna: voeg op de pagina Mensen uzelf en de anderen toe; wie plant, keurt niet goed.")


def _print_link(settings: Settings, name: str, token: str) -> None:
    from portal.web.door import link  # the pages take their time to load

    minutes = int(LINK_LASTS.total_seconds() / 60)
    out.print(f"Aanmelden als {name}, één keer, binnen {minutes} minuten: {link(settings.site, token)}")
