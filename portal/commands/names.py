"""The name bank from the command line: what is known of the names, and pretest results in and out."""

import os
from collections.abc import Iterable
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from orchestrator import name_bank
from orchestrator.perceptions import merge, perceptions_csv, read_perceptions
from orchestrator.settings import Settings
from portal.commands import house
from profiles.catalogue import Catalogue, NameSet, unknown_set
from profiles.errors import BadInput
from profiles.perception import LEAST_RATERS, LEAST_RECOGNISED, Perception, mean_class
from profiles.profile import Ground, Name
from results import formats

WIDEST = 130
out = Console(soft_wrap=True, markup=False, highlight=False)


def bank(perceptions: Path | None = None) -> Catalogue:
    """Return the names with all this installation knows of them; ``perceptions`` is read instead of what was imported.

    Raises BadInput with everything that is wrong in a file.
    """
    return bank_of(Settings.from_env(), perceptions)


def bank_of(settings: Settings, perceptions: Path | None = None) -> Catalogue:
    """As `bank`, for an installation with these settings."""
    return name_bank.load(perceptions or _imported(settings), settings.avoid_names)


def show(key: str | None) -> None:
    """Print the sets in short, or the names of one set with their records."""
    known = bank()
    if key is None:
        _print_sets(known)
    elif key in known.sets:
        _print_names(known, known.sets[key])
    else:
        raise BadInput(unknown_set(key, known.sets))


def export(file: Path) -> None:
    """Write all names with their newest records, those without one with empty figures."""
    known = bank()
    rows = [(name, known.records.get(name.full)) for key in _origins(known) for name in known.of(key)]
    write(file, perceptions_csv(rows))
    tested = sum(record is not None for _, record in rows)
    out.print(f"{len(rows)} namen in {file}, waarvan {tested} met een uitkomst.")


def take_in(file: Path) -> None:
    """Add the records of a file to those of this installation."""
    settings = Settings.from_env()
    names = name_bank.load()
    new = read_perceptions(house.must_exist(file), names)
    mine = _imported(settings)
    merged = merge(read_perceptions(mine, names) if mine else (), new, file)
    if new:
        add(settings, merged)
    out.print(f"{len(new)} uitkomsten gelezen; de namenbank heeft er nu {len(merged)}. Zie praktijktest names show.")


def add(settings: Settings, records: Iterable[Perception]) -> None:
    """Make these the records of this installation."""
    house.make_folder(settings.data)
    known = name_bank.load()
    named = {name.full: name for key in _origins(known) for name in known.of(key)}
    write(settings.data / name_bank.PERCEPTIONS, perceptions_csv((named[each.full], each) for each in records))


def figures(record: Perception) -> tuple[str, ...]:
    """A record as the cells of a table: share and interval, raters, class, religiosity."""
    low, high = record.interval
    share = f"{formats.percent(record.recognised)} ({formats.percent(low)} tot {formats.percent(high)})"
    means = (formats.number(mean, 2) for mean in (record.class_mean, record.religiosity_mean))
    return (share, str(record.raters), *means)


def print_wide(table: Table) -> None:
    """Print a table of names on lines of their own, also where the window is narrower."""
    Console(width=max(out.width, WIDEST), markup=False, highlight=False).print(table)


def _imported(settings: Settings) -> Path | None:
    file = settings.data / name_bank.PERCEPTIONS
    return file if file.exists() else None


def write(file: Path, text: str) -> None:
    """Write a file whole or not at all; raise `Refused` when it cannot be written."""
    beside = file.with_name(f"{file.name}.nieuw")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, file)
    except OSError as error:
        raise house.cannot_write(file, error) from error


def _origins(known: Catalogue) -> list[str]:
    return [key for key, each in known.sets.items() if each.ground is Ground.ORIGIN]


def _print_sets(known: Catalogue) -> None:
    columns = (Column(each, justify="right") for each in ("namen", "getest", "zeker herkend", "vermeden", "klasse"))
    table = Table(Column("namenset", no_wrap=True), "omschrijving", *columns, box=SIMPLE_HEAD)
    for key, each in known.sets.items():
        names = known.of(key)
        records = [known.records[name.full] for name in names if name.full in known.records]
        surely = sum(name_bank.recognised(known, name) for name in names)
        avoided = sum(name.full in known.avoided for name in names)
        heard = formats.number(mean_class(records), 2) if records else "–"
        table.add_row(key, each.label, str(len(names)), str(len(records)), str(surely), str(avoided), heard)
    print_wide(table)
    out.print(LEGEND)


def _print_names(known: Catalogue, name_set: NameSet) -> None:
    columns = (Column(each, justify="right") for each in ("beoordelaars", "klasse", "religie", "jaar"))
    table = Table(Column("naam", no_wrap=True), "geslacht", "geboren", "herkend", *columns, "", box=SIMPLE_HEAD)
    table.title = name_set.label
    for name in known.of(name_set.key):
        record = known.records.get(name.full)
        told = (*figures(record), str(record.year)) if record else ("–",) * 5
        born = f"{name.cohort}–{(name.cohort or 0) + 9}"
        table.add_row(name.full, _GENDERS[name.gender], born, *told, _remark(known, name))
    print_wide(table)
    out.print(f"Bron: {name_set.source}. Licentie: {name_set.licence}.")
    out.print(LEGEND)


def _remark(known: Catalogue, name: Name) -> str:
    if name.full in known.avoided:
        return f"vermeden: {known.avoided[name.full]}"
    if name.full not in known.records:
        return "niet getest"
    return "zeker herkend" if name_bank.recognised(known, name) else "niet zeker herkend"


_GENDERS = {"female": "vrouw", "male": "man"}
LEGEND = (
    f"Zeker herkend: minstens {LEAST_RATERS} beoordelaars, en de ondergrens van het 95%-interval ligt boven "
    f"{formats.percent(LEAST_RECOGNISED)}. Klasse en religie: gemiddelde van 1 (laag, niet) tot 5 (hoog, sterk)."
)
