"""What comes out: estimates on the screen, reports and files in a folder."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from portal import web
from portal.commands import house
from profiles.errors import BadInput, Problem
from results import files, formats, tables
from results.counts_file import read_counts
from results.document import results_document
from results.reports import Audience, build, render, wording
from results.statistics import Analysis, Estimate
from results.statistics import analyse as analyse_counts
from results.tables import RoundTable

out = Console(soft_wrap=True)
AUDIENCES = {"researcher": Audience.RESEARCHER, "municipality": Audience.MUNICIPALITY, "broker": Audience.BROKER}
FILE_NAMES = {Audience.RESEARCHER: "onderzoeker", Audience.MUNICIPALITY: "gemeente"}
FORMATS = ("table", "json")
STATIC = Path(web.__path__[0]) / "static"


def analyse(what: str, form: str, level: float) -> None:
    """Analyse a round, or somebody else's file of paired results."""
    if form not in FORMATS:
        raise BadInput(Problem("unknown-format", "Dit formaat bestaat niet.", found=form, remedy="Kies table of json."))
    # No round has a dot or a slash in its name.
    documents = _of_file(Path(what), level) if set("./\\") & set(what) else {what: _of_round(what)}
    if form == "json":
        told = next(iter(documents.values())) if len(documents) == 1 else list(documents.values())
        print(json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False))
        return
    for name, document in documents.items():
        print_results(document, name)


def report(name: str, audience: str, advertiser: str | None, folder: Path) -> None:
    """Write one report, or with audience broker and no advertiser one for every advertiser."""
    if audience not in AUDIENCES:
        known = ", ".join(AUDIENCES)
        raise BadInput(Problem("unknown-audience", "Deze lezer bestaat niet.", found=audience, remedy=f"Kies {known}."))
    table = load(name)
    for path in write_reports(table, AUDIENCES[audience], folder, advertiser):
        out.print(f"Geschreven: {path}")


def export(name: str, folder: Path) -> None:
    """Write results.json and pairs.csv."""
    table = load(name)
    for path in write_files(table, folder):
        out.print(f"Geschreven: {path}")


def load(name: str) -> RoundTable:
    """Read a round's table from the installation's database."""
    with house.reading() as (session, _):
        return tables.load(session, name)


def write_files(table: RoundTable, folder: Path, market_truth: Mapping[str, Any] | None = None) -> list[Path]:
    """Write results.json and pairs.csv; return their paths."""
    # First everything is made, then written: a round without results leaves no half set of files.
    texts = {"results.json": files.results_json(table, market_truth), "pairs.csv": files.pairs_csv(table)}
    house.make_folder(folder)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def write_reports(
    table: RoundTable,
    audience: Audience,
    folder: Path,
    advertiser: str | None = None,
    market_truth: float | None = None,
) -> list[Path]:
    """Write the reports for one audience as pages that open from disk; return their paths."""
    pages = _pages(table, audience, advertiser, market_truth)
    house.make_folder(folder)
    shutil.copytree(STATIC, folder / "stijl", dirs_exist_ok=True)
    for name, page in pages.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(page, encoding="utf-8")
    return [folder / name for name in pages]


def _pages(table: RoundTable, audience: Audience, advertiser: str | None, truth: float | None) -> dict[str, str]:
    if audience is not Audience.BROKER:
        made = build(table, audience, market_truth=truth)
        return {f"rapport-{FILE_NAMES[audience]}.html": render(made, assets="stijl")}
    keys = [advertiser] if advertiser else sorted({row.advertiser for row in table.rows})
    return {f"makelaars/{key}.html": render(build(table, audience, advertiser=key), assets="../stijl") for key in keys}


def print_results(document: Mapping[str, Any], title: str) -> None:
    """Print counts, estimates with their convention, tests and exclusions."""
    counts = document["counts"]
    cells = Table(title=title, box=SIMPLE_HEAD)
    for name in ("beide", "alleen controle", "alleen test", "geen van beide", "samen"):
        cells.add_column(name, justify="right")
    cells.add_row(*(str(counts[cell]) for cell in ("c11", "c10", "c01", "c00")), str(sum(counts.values())))
    out.print(cells)
    _print_estimates(document["estimates"])
    tests = Table("toets", "p", box=SIMPLE_HEAD)
    for row in document["tests"]:
        tests.add_row(wording.told(wording.TESTS, row["name"]), formats.p_value(row["p"]))
    out.print(tests)
    if document["excluded"]:
        out.print("Niet meegeteld: " + ", ".join(f"{reason} {n}" for reason, n in document["excluded"].items()))
    if truth := document.get("market_truth"):
        out.print(f"De markt was gemaakt met een nettoverschil van {formats.points(truth['net_discrimination'])}.")


def _print_estimates(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print each estimate under its name and what it is a share of; fits 80 columns."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["name"], row["convention"]), []).append(row)
    for (name, convention), group in groups.items():
        out.print(f" [bold]{wording.told(wording.ESTIMATES, name)}[/]: {convention}", soft_wrap=False, highlight=False)
        lines = Table.grid(Column(width=3), Column(width=17), Column(width=16), Column(width=8), Column())
        for row in group:
            value, interval = wording.estimate_text(Estimate(**row))
            method = wording.told(wording.METHODS, row["method"])
            lines.add_row("", value, interval, f"n={row['n']}", method)
        out.print(lines)
    for level in sorted({row["level"] for row in rows}):
        out.print(f" Intervallen: {formats.percent(level, 1)}.", highlight=False)
    out.print()


def _of_round(name: str) -> dict[str, Any]:
    return files.results_of(load(name))


def _of_file(path: Path, level: float) -> dict[str, dict[str, Any]]:
    return {
        table.name: _document(
            analyse_counts(table.counts, level=level, differences=table.differences, clusters=table.clusters)
        )
        for table in read_counts(house.must_exist(path))
    }


def _document(analysis: Analysis) -> dict[str, Any]:
    return results_document(analysis, excluded={}, design_digest=None, seed=None)
