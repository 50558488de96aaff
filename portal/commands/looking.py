"""``praktijktest look``: opening a declared look, and showing what was seen."""

from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from portal.commands import house
from results.opening import open_next
from results.reports import looks
from results.reports.values import LookRow
from results.tables import RoundTable

CELLS = {"c11": "beide", "c10": "alleen controle", "c01": "alleen test", "c00": "geen van beide"}

out = Console(soft_wrap=True, markup=False, highlight=False)


def look(name: str, actor: str) -> None:
    """Open the look that is due and print it; when none is, print the last one as it was."""
    with house.writing() as (session, now):
        table = open_next(session, name, actor, now)
    _print(table)


def _print(table: RoundTable) -> None:
    told = looks.told(table)
    if told is None or table.looks is None or table.looks.last is None:
        return
    lines = Table(title=f"{table.facts.round}: tussenstand {table.looks.last.number}", show_header=False)
    for what, value in _lines(told.rows[table.looks.last.number - 1]):
        lines.add_row(what, value)
    out.print(lines)
    for sentence in (told.declared, *told.sentences, looks.banner(table) or ""):
        out.print(sentence)


def _lines(row: LookRow) -> list[tuple[str, str]]:
    counts = asdict(row.counts) if row.counts else {}
    return [
        ("geopend", row.opened),
        *((CELLS[cell], str(number)) for cell, number in counts.items()),
        ("verschil in procentpunt", row.net),
        ("grens voor het verschil in aantallen", row.boundary),
        ("alfa besteed", row.spent),
        ("p over alle keren kijken", row.p),
        ("besluit", row.decision),
        ("E-waarde", row.e_value),
        ("altijd geldige p", row.always_p),
    ]
