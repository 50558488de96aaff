"""What comes out: estimates on the screen, reports and files in a folder."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from orchestrator.models import Release
from orchestrator.rounds import lookup
from portal import web
from portal.commands import house
from portal.commands.round_output import print_round
from profiles.errors import BadInput, Problem
from results import bundle, disclosure, files, formats, tables
from results.bundle.making import finished, unsealed
from results.language import DUTCH, LANGUAGES
from results.paper import paper_of, typeset
from results.releases import binding
from results.releases.release_file import STYLE
from results.reports import Audience, Report, build, looks, refuse_early_of, render, wording
from results.statistics import Estimate
from results.tables import RoundTable

out = Console(soft_wrap=True)
AUDIENCES = {"researcher": Audience.RESEARCHER, "municipality": Audience.MUNICIPALITY, "broker": Audience.BROKER}
FORMATS = ("table", "json")
Frozen = Mapping[str, Report]
NONE_FROZEN: Frozen = {}
FILE_NAMES = {Audience.RESEARCHER: "onderzoeker", Audience.MUNICIPALITY: "gemeente"}
STATIC = Path(web.__path__[0]) / "static"


def report(name: str, audience: str, advertiser: str | None, folder: Path, kind: str, language: str = DUTCH) -> None:
    """Write one report, or with audience broker and no advertiser one for every advertiser, as pages or as PDF.

    Of a released round those of advertisers are the frozen ones.
    """
    must_be(audience, AUDIENCES, "unknown-audience", "Deze lezer bestaat niet.")
    must_be(kind, WRITERS, "unknown-format", "Deze vorm kennen we niet.")
    must_be(language, LANGUAGES, "unknown-language", "Deze taal spreken de rapporten niet.")
    who = AUDIENCES[audience]
    table = table_for(name, who, advertiser)
    frozen = _frozen(name, table, language) if who is Audience.BROKER and table.facts.state == "released" else {}
    for path in WRITERS[kind](table, who, folder, advertiser, language=language, frozen=frozen):
        out.print(f"Geschreven: {path}")


def must_be(found: str, known: Iterable[str], code: str, message: str) -> None:
    """Raise `BadInput` for a word that is none of those we know."""
    if found not in known:
        raise BadInput(Problem(code, message, found=found, remedy=f"Kies {', '.join(known)}."))


def export(name: str, folder: Path) -> None:
    """Write results.json and pairs.csv, and of a closed round the research file with everything in it."""
    with house.reading() as (session, _):
        table, protocol = tables.load(session, name), tables.protocol(session, name)
        version = binding.counting(session, lookup.find(session, name))
        paths = write_files(table, folder)
        if disclosure.is_closed(table.facts.state):
            paths.append(folder / f"{name}.zip")
            house.write(paths[-1], _research_file(table, protocol, version))
    for path in paths:
        out.print(f"Geschreven: {path}")


def _research_file(table: RoundTable, protocol: str, version: Release | None) -> bytes:
    """The research file, with its proof when its data are those of the version that counts."""
    files = unsealed(table, protocol)
    proof = binding.research_proof(version, files)
    if version and version.seal and proof is None:
        out.print(f"Het onderzoeksbestand krijgt geen zegel: de gegevens zijn veranderd na versie {version.number}.")
    return bundle.zipped(finished(files, proof.text() if proof else None))


def verify(path: Path) -> None:
    """Compute the headline of a research file again; `BadInput` tells what is not as it says."""
    found = bundle.verify(house.must_exist(path))
    out.print(f"{path} klopt: ronde {found.round}, {found.files} bestanden, opzet {found.digest[:12]}, ", end="")
    out.print(f"startgetal {found.seed}.")
    out.print(f"  zegel {found.seal}" if found.seal else "  zonder zegel", highlight=False)
    for name, value in found.headline.items():
        out.print(f"  {name:20} {value:g}", highlight=False)


def load(name: str) -> RoundTable:
    """Read a round's table from the installation's database."""
    with house.reading() as (session, now):
        return tables.load(session, name, now)


def table_for(name: str, who: Audience, advertiser: str | None) -> RoundTable:
    """Read what the report for an audience is made of; raise `Refused` when it may not read about this round yet."""
    with house.reading() as (session, now):
        refuse_early_of(session, name, who)
        if who is Audience.BROKER and advertiser:
            return tables.of_office(session, name, advertiser)
        return tables.load(session, name, now)


def write_files(table: RoundTable, folder: Path, market_truth: Mapping[str, Any] | None = None) -> list[Path]:
    """Write results.json and pairs.csv; return their paths."""
    # First everything is made, then written: a round without results leaves no half set of files.
    texts = {"results.json": files.results_json(table, market_truth), "pairs.csv": files.pairs_csv(table)}
    for name, text in texts.items():
        house.write(folder / name, text)
    return [folder / name for name in texts]


def write_reports(
    table: RoundTable,
    audience: Audience,
    folder: Path,
    advertiser: str | None = None,
    market_truth: float | None = None,
    language: str = DUTCH,
    frozen: Frozen = NONE_FROZEN,
) -> list[Path]:
    """Write the reports for one audience as pages that open from disk; return their paths."""
    style = STYLE if audience is Audience.BROKER else "stijl"
    made = _reports(table, audience, advertiser, market_truth, language, frozen)
    pages = {f"{name}.html": render(each, assets=style) for name, each in made}
    house.make_folder(folder)
    shutil.copytree(STATIC, folder / "stijl", dirs_exist_ok=True)
    for name, page in pages.items():
        house.write(folder / name, page)
    return [folder / name for name in pages]


def write_papers(
    table: RoundTable,
    audience: Audience,
    folder: Path,
    advertiser: str | None = None,
    language: str = DUTCH,
    frozen: Frozen = NONE_FROZEN,
) -> list[Path]:
    """Write the reports for one audience as accessible PDF files; return their paths."""
    paths = []
    for name, made in _reports(table, audience, advertiser, None, language, frozen):
        paths.append(folder / f"{name}.pdf")
        house.write(paths[-1], typeset(paper_of(made)))
    return paths


WRITERS: Mapping[str, Callable[..., list[Path]]] = {
    "html": write_reports,
    "pdf": write_papers,
}


def _reports(
    table: RoundTable, audience: Audience, advertiser: str | None, truth: float | None, language: str, frozen: Frozen
) -> Iterator[tuple[str, Report]]:
    """The reports for one audience, each with the name of its file; ``frozen`` are those that were released."""
    if audience is not Audience.BROKER:
        yield f"rapport-{FILE_NAMES[audience]}", build(table, audience, market_truth=truth, language=language)
        return
    for key in [advertiser] if advertiser else sorted({row.advertiser for row in table.rows}):
        yield f"makelaars/{key}", frozen.get(key) or build(table, audience, advertiser=key, language=language)


def _frozen(name: str, table: RoundTable, language: str) -> dict[str, Report]:
    """The released reports by advertiser; empty of a version without a seal."""
    with house.reading() as (session, _):
        round_ = lookup.find(session, name)
        keys = sorted({row.advertiser for row in table.rows})
        found = {key: binding.released_report(session, round_, key, language) for key in keys}
    return {key: each.report for key, each in found.items() if each}


def print_results(document: Mapping[str, Any], title: str) -> None:
    """Print counts, estimates with their convention, tests, groups and exclusions."""
    _print_counts(document["design"], document["counts"], title)
    _print_estimates(document["estimates"])
    _print_tests(document["tests"])
    _print_groups(document["groups"])
    for absent in document["not_computed"]:
        out.print(f" {wording.told(wording.NOT_COMPUTED, absent['name'])}: niet te berekenen. {absent['reason']}")
    if document["excluded"]:
        out.print(
            "Niet meegeteld: "
            + ", ".join(f"{wording.OWN_EXCLUSIONS.get(why, why)} {n}" for why, n in document["excluded"].items())
        )
    if document.get("looks"):
        out.print(looks.concluded(document["looks"]))
    if document.get("round"):
        print_round(out, document["round"])
    if truth := document.get("market_truth"):
        out.print(f"De markt was gemaakt met een nettoverschil van {formats.points(truth['net_discrimination'])}.")


def _print_counts(design: str, counts: Mapping[str, Any], title: str) -> None:
    heading, rows = wording.counted(design, counts)
    cells = Table(title=title, box=SIMPLE_HEAD)
    for name in heading:
        cells.add_column(name, justify="right")
    for row in rows:
        cells.add_row(*row)
    out.print(cells)


def _print_tests(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    tests = Table("toets", Column("p", no_wrap=True), box=SIMPLE_HEAD)
    for row in rows:
        tests.add_row(wording.told(wording.TESTS, row["name"]), formats.p_value(row["p"]))
    out.print(tests)


def _print_groups(groups: Sequence[Mapping[str, Any]]) -> None:
    """Per kind one table: tests, net difference, and the p values of each group."""
    for kind in dict.fromkeys(group["kind"] for group in groups):
        lines = Table(
            "", *(Column(name, justify="right") for name in ("tests", "verschil", "interval", "p", "p gecorr."))
        )
        lines.title, lines.box = wording.told(wording.GROUPS, kind), SIMPLE_HEAD
        for group in groups:
            if group["kind"] == kind:
                net = Estimate(**group["estimates"][0])
                value, interval = wording.estimate_text(net)
                ps = [formats.p_value(test["p"]).removeprefix("p") for test in group["tests"]]
                lines.add_row(wording.group(kind, group["name"]), str(net.n), value, interval, *ps)
        out.print(lines)


def _print_estimates(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print each estimate under its name and what it is a share of; fits 80 columns."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((wording.estimate_name(Estimate(**row)), row["convention"]), []).append(row)
    for (name, convention), group in groups.items():
        out.print(f" [bold]{name}[/]: {convention}", soft_wrap=False, highlight=False)
        lines = Table.grid(Column(width=3), Column(width=17), Column(width=16), Column(width=8), Column())
        for row in group:
            value, interval = wording.estimate_text(Estimate(**row))
            method = wording.told(wording.METHODS, row["method"])
            lines.add_row("", value, interval, f"n={row['n']}", method)
        out.print(lines)
    for level in sorted({row["level"] for row in rows}):
        out.print(f" Intervallen: {formats.percent(level, 1)}.", highlight=False)
    out.print()
