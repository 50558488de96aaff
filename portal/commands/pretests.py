"""A pretest from the command line: open it, see how many judged, close it, and read what they thought of the names."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from orchestrator import pretests
from orchestrator.enrolment import ZONE
from orchestrator.perceptions import perceptions_csv
from orchestrator.pretests import Progress
from orchestrator.settings import Settings
from portal.commands import house
from portal.commands.names import LEGEND, bank, figures, print_wide, write
from profiles.catalogue import Catalogue, unknown_set
from profiles.errors import BadInput
from profiles.perception import Perception, mean_class
from profiles.profile import Ground, Name
from results import formats

out = Console(soft_wrap=True, markup=False, highlight=False)


def start(key: str, sets: str, per_rater: int, actor: str, seed: int | None) -> None:
    """Open a pretest of the names of these sets, but for those to avoid."""
    names = _names(bank(), sets)
    settings = Settings.from_env()
    with house.writing() as (session, now):
        pretests.start(session, key, names, per_rater, actor, now, seed)
    out.print(f"Vooronderzoek {key} is open: {len(names)} namen, {per_rater} per beoordelaar.")
    out.print(f"De pagina, zolang praktijktest run draait: http://{settings.web_host}:{settings.web_port}{_path(key)}")
    out.print(f"Geef naar buiten alleen {_path('')} en /static/ vrij: de andere pagina's zijn voor de onderzoeker.")


def close(key: str, actor: str) -> None:
    with house.writing() as (session, now):
        pretests.close(session, key, actor, now)
    out.print(f"Vooronderzoek {key} is gesloten. Nu: praktijktest pretest result {key}")


def status(key: str) -> None:
    """Print how many took part; what they thought stays hidden until the pretest is closed."""
    with house.reading() as (session, _):
        seen = pretests.progress(session, key)
    until = f"gesloten op {seen.closed_at.astimezone(ZONE):%d-%m-%Y}" if seen.closed_at else "open"
    out.print(f"Vooronderzoek {key}: {until}, begonnen op {seen.opened_at.astimezone(ZONE):%d-%m-%Y}.")
    _print_progress(seen)


def result(key: str, file: Path | None) -> None:
    """Print the records of a closed pretest and the summary of each set; with a file, write them for `names import`."""
    with house.reading() as (session, _):
        found = pretests.outcome(session, key)
    _print_progress(found.progress)
    _print_records(found.records)
    _print_sets(found.records)
    out.print(LEGEND)
    if found.unjudged:
        out.print(f"Door niemand beoordeeld die meetelt: {', '.join(found.unjudged)}.")
    if file:
        known = {(name.name_set, name.full): name for name in bank().names}
        # A name that has left the bank since has no use for a record.
        rows = [(name, each) for each in found.records if (name := known.get((each.name_set, each.full)))]
        write(file, perceptions_csv(rows))
        out.print(f"{len(rows)} uitkomsten in {file}. Inlezen: praktijktest names import {file}")


def _names(known: Catalogue, sets: str) -> list[Name]:
    keys = list(dict.fromkeys(each.strip() for each in sets.split(",") if each.strip()))
    origins = {key: each for key, each in known.sets.items() if each.ground is Ground.ORIGIN}
    if wrong := [key for key in keys if key not in origins]:
        raise BadInput(unknown_set(key, origins) for key in wrong)
    return [name for key in keys for name in known.drawable(key)]


def _path(key: str) -> str:
    return f"/vooronderzoek/{key}"


def _print_progress(seen: Progress) -> None:
    table = Table(show_header=False)
    for what, number in (
        ("beoordelaars begonnen", seen.raters),
        ("tot het einde gekomen", seen.finished),
        ("controlevraag goed: tellen mee", seen.attentive),
        ("controlevraag fout: tellen niet mee", seen.inattentive),
        ("gestopt voor de controlevraag: tellen niet mee", seen.undecided),
        ("namen", seen.names),
        ("oordelen over de minst beoordeelde naam", seen.fewest),
    ):
        table.add_row(what, str(number))
    out.print(table)


def _print_records(records: Sequence[Perception]) -> None:
    columns = (Column(each, justify="right") for each in ("beoordelaars", "klasse", "religie"))
    table = Table(Column("naam", no_wrap=True), "namenset", "herkend", *columns, "", box=SIMPLE_HEAD)
    for each in records:
        remark = "zeker herkend" if each.surely_recognised else "niet zeker herkend"
        table.add_row(each.full, each.name_set, *figures(each), remark)
    print_wide(table)


def _print_sets(records: Sequence[Perception]) -> None:
    columns = (Column(each, justify="right") for each in ("namen", "zeker herkend", "herkend", "klasse", "religie"))
    table = Table(
        Column("namenset", no_wrap=True), *columns, title="Per namenset (gemiddeld over namen)", box=SIMPLE_HEAD
    )
    by_set: dict[str, list[Perception]] = defaultdict(list)
    for each in records:
        by_set[each.name_set].append(each)
    for key, own in by_set.items():
        surely = sum(each.surely_recognised for each in own)
        share = formats.percent(fmean(each.recognised for each in own))
        means = (mean_class(own), fmean(each.religiosity_mean for each in own))
        table.add_row(key, str(len(own)), str(surely), share, *(formats.number(mean, 2) for mean in means))
    print_wide(table)
