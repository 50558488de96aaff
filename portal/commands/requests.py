"""The request test from the command line: planning, the call sheet, writing down, coding and the outcome."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from orchestrator.db import Session
from orchestrator.design import Purpose
from orchestrator.intake import read_participants
from orchestrator.models import RequestRound
from orchestrator.rounds import requesting
from orchestrator.settings import Settings
from portal.commands import house
from profiles.owner_requests import load
from results import formats, owner_requests
from results.owner_requests import RequestResult
from results.reports.wording import ROUND_STATES

Step = Callable[[Session, str, str, datetime], RequestRound]
out = Console(soft_wrap=True, markup=False, highlight=False)
SHARES = {
    "refuses": "weigert uitdrukkelijk",
    "not_refusing": "weigert niet uitdrukkelijk",
    "indirect": "waarvan: gaat er omheen",
    "direct": "waarvan: doet mee",
    "evasive": "waarvan: ontwijkt",
}
SAYS = (
    "Dit meet wat een kantoor zegt te zullen doen, niet wat het doet. Een antwoord van één kantoor is een signaal, "
    "geen bevinding: wie opnam, spreekt niet altijd voor het kantoor."
)


def scripts() -> None:
    for script in load().scripts.values():
        out.print(f"{script.key}, versie {script.version} (grond: {script.ground.value})")
        for line in script.lines:
            out.print(f"  {line}")
    out.print("\nCodes:")
    for code in load().codes.values():
        out.print(f"  {code.key}: {code.meaning}. {code.example}".rstrip())


@dataclass(frozen=True)
class How:
    """Who calls, or from which domain is mailed and whether truly, and the seed that deals out offices and days."""

    testers: tuple[str, ...]
    domain: str | None
    live: bool
    seed: int


def plan(name: str, script: str, participants: Path, days: tuple[date, date], how: How, by: str) -> None:
    listed = read_participants(house.must_exist(participants))
    wanted = requesting.Plan(
        name, load().newest(script), how.testers, *days, Purpose.LEARNING, how.seed, domain=how.domain, live=how.live
    )
    with house.writing() as (session, now):
        round_ = requesting.plan(session, wanted, listed, by, now)
        number = len(round_.requests)
    out.print(f"Verzoektest {name} gepland: {number} kantoren, elk een keer gevraagd. Nu moet een ander goedkeuren.")


def step(name: str, by: str, to: str) -> None:
    """Approve, start or close."""
    start = partial(requesting.start, pretends=Settings.from_env().pretends)
    moves: dict[str, Step] = {"approve": requesting.approve, "start": start, "close": requesting.close}
    with house.writing() as (session, now):
        state = moves[to](session, name, by, now).state
    out.print(f"Verzoektest {name} is nu: {ROUND_STATES[state.value]}.")


def sheet(name: str, by: str) -> None:
    with house.reading() as (session, now):
        lines = list(requesting.find(session, name).text)
        rows = [
            (f"{request.planned_on:%d-%m-%Y}", office.key, office.name, str(request.tries), why or "mag nu")
            for request, office, why in requesting.sheet(session, name, by, now)
        ]
    out.print("Zeg dit, een keer en in deze volgorde. Dring niet aan, beloof niets, vraag niet door:")
    for line in lines:
        out.print(f"  {line}")
    table = Table("dag", Column("sleutel", no_wrap=True), "kantoor", "pogingen", "nu", box=SIMPLE_HEAD)
    for row in rows:
        table.add_row(*row)
    out.print(table if rows else f"Voor {by} staat er niets meer open.")


def call(name: str, key: str, said: str | None, by: str) -> None:
    with house.writing() as (session, now):
        if said is None:
            tries = requesting.not_reached(session, name, key, by, now).tries
            out.print(f"{key} niet bereikt, poging {tries} van {requesting.MOST_TRIES}.")
            return
        requesting.made(session, name, key, by, said, now)
    out.print(f"Genoteerd: {key} is gevraagd, en wordt niet nog eens gevraagd.")


def queue(name: str, by: str) -> None:
    with house.reading() as (session, _):
        waiting = [(each.id, each.note or "") for each in requesting.queue(session, name, by)]
    for number, note in waiting:
        out.print(f"{number}: {note}")
    out.print(f"{len(waiting)} te coderen. Met: praktijktest requests code NUMMER CODE --by {by}")


def code(number: int, key: str, by: str) -> None:
    with house.writing() as (session, now):
        final = requesting.code(session, number, by, key, now).code
    out.print(f"Verzoek {number}: {final}." if final else f"Verzoek {number} wacht op een andere codeur.")


def report(name: str, *, as_json: bool) -> None:
    with house.reading() as (session, _):
        found = owner_requests.load_result(session, name)
    if as_json:
        out.print(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        return
    _print(found)


def _print(found: RequestResult) -> None:
    out.print(f"Verzoektest {found.round}, script {found.script} versie {found.version}")
    out.print(f"Gepland {found.planned}, bereikt {found.reached}, niet gevraagd {found.cancelled}.")
    if found.withheld:
        out.print(f"De aandelen worden niet getoond: {found.withheld}.")
        return
    table = Table("van de bereikte kantoren", Column("aandeel", justify="right"), "95%-interval", box=SIMPLE_HEAD)
    for each in found.shares:
        table.add_row(SHARES[each.name], formats.percent(each.value), f"{formats.span(each.low, each.high, 0)}%")
    out.print(table)
    for key, number in sorted(found.codes.items()):
        out.print(f"  {key}: {number}")
    kappa = "niet te berekenen" if found.kappa is None else formats.number(found.kappa, 2)
    out.print(f"Twee codeurs, kappa {kappa}. {SAYS}")
