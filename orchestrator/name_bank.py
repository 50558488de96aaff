"""The name bank: the catalogue's names with what raters thought of them, less the names to avoid.

Perception records and names to avoid are CSV files; what a round was planned with is kept on the round, so that a round
that grows, and every report, knows the names as they were then.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from orchestrator.design import Design
from orchestrator.models import Round
from orchestrator.perceptions import read_avoided, read_perceptions
from profiles import catalogue as catalogues
from profiles.catalogue import DATA, Catalogue
from profiles.errors import Problem
from profiles.pairs import BOTH
from profiles.perception import CLASS_TOLERANCE, Perception, Validation, mean_class, same_class
from profiles.profile import Gender, Name

PERCEPTIONS = "perceptions.csv"
AVOIDED = "avoid_names.csv"


def load(perceptions: Path | None = None, avoid: Path | None = None) -> Catalogue:
    """Return the packaged names with the packaged records and names to avoid, and with those of these files.

    A file of one's own adds to the packaged ones. Raises BadInput with everything that is wrong in the first bad file.
    """
    names = catalogues.load()
    records = [record for file in _both(PERCEPTIONS, perceptions) for record in read_perceptions(file, names)]
    avoided = {name: why for file in _both(AVOIDED, avoid) for name, why in read_avoided(file, names).items()}
    return furnish(names, records, avoided)


def furnish(catalogue: Catalogue, records: Iterable[Perception], avoided: Mapping[str, str]) -> Catalogue:
    """Return the catalogue with these records, of each name the newest, and these names to avoid."""
    newest = {record.full: record for record in sorted(records, key=lambda record: record.year)}
    tested = {record.name_set for record in newest.values()}
    sets = {key: replace(each, tested=each.base in tested) for key, each in catalogue.sets.items()}
    return replace(catalogue, records=newest, avoided=dict(avoided), sets=sets)


def problems(bank: Catalogue, design: Design) -> tuple[Problem, ...]:
    """Say why the names of a design do not reach the validation level that it asks; empty when they do.

    A name that was tested and falls short is set aside (`for_design`); a name that was not tested is a problem.
    """
    level = design.validation
    if level is Validation.NONE:
        return ()
    keys = _sets(design)
    lacking = {name.full: name for key in keys for name in bank.drawable(key) if name.full not in bank.records}
    if lacking:
        return tuple(_no_record(bank, name, level) for name in lacking.values())
    fit = for_design(bank, design)
    few = [key for key in keys for gender in _genders(bank, key) if len(fit.drawable(key, gender)) < len(BOTH)]
    if few:
        return tuple(_too_few(bank, fit, key) for key in dict.fromkeys(few))
    return tuple(_classes_apart(fit, keys)) if level is Validation.MATCHED else ()


def for_design(bank: Catalogue, design: Design) -> Catalogue:
    """Return the bank with only those names that reach the validation level of a design."""
    if design.validation is Validation.NONE:
        return bank
    return replace(bank, names=tuple(name for name in bank.names if recognised(bank, name)))


def recognised(bank: Catalogue, name: Name) -> bool:
    """Whether raters surely recognise in a name what its set intends."""
    record = bank.records.get(name.full)
    return record is not None and record.surely_recognised


def reached(bank: Catalogue, design: Design) -> Validation:
    """Return the highest level that all names reach from which a round of this design draws."""
    keys, fit = _sets(design), for_design(bank, design)
    if not all(recognised(fit, name) for key in keys for name in fit.drawable(key)):
        return Validation.NONE
    return Validation.RECOGNISED if any(_classes_apart(fit, keys)) else Validation.MATCHED


def fewest_raters(bank: Catalogue, design: Design) -> int | None:
    """Return how many raters judged a name of the round at least; None when some name was judged by nobody."""
    names = [name.full for key in _sets(design) for name in for_design(bank, design).drawable(key)]
    if not names or any(name not in bank.records for name in names):
        return None
    return min(bank.records[name].raters for name in names)


def freeze(bank: Catalogue, design: Design) -> dict[str, Any]:
    """Return what is known of the names of a design, as JSON: their records, and which of them are to be avoided."""
    names = [name.full for key in dict.fromkeys(_sets(design)) for name in bank.of(key)]
    return {
        "records": [asdict(bank.records[name]) for name in names if name in bank.records],
        "avoided": {name: bank.avoided[name] for name in names if name in bank.avoided},
    }


def of_round(round_: Round) -> Catalogue:
    """Return the bank as it was when a round was planned."""
    # A round of before the name bank was kept has no records.
    kept = round_.names or {"records": [], "avoided": {}}
    return furnish(catalogues.load(), [Perception(**record) for record in kept["records"]], kept["avoided"])


def _both(name: str, own: Path | None) -> list[Path]:
    packaged = DATA / name
    return [file for file in (packaged if packaged.exists() else None, own) if file]


def _sets(design: Design) -> tuple[str, ...]:
    return tuple(design.question.sets.values())


def _genders(bank: Catalogue, key: str) -> tuple[Gender, ...]:
    own = bank.sets[key].gender
    return (own,) if own else tuple(Gender)


def _no_record(bank: Catalogue, name: Name, level: Validation) -> Problem:
    file, line = bank.places.get(name.full, (None, None))
    return Problem(
        "no-perception-record",
        f"Van deze naam is niet bekend hoe zij wordt gezien, en de opzet vraagt validation: {level.value}.",
        file,
        line,
        found=name.full,
        remedy="Laat de naam beoordelen (praktijktest pretest), of vraag een lager niveau.",
    )


def _too_few(bank: Catalogue, fit: Catalogue, key: str) -> Problem:
    return Problem(
        "too-few-recognised",
        f"Van namenset '{key}' worden te weinig namen zeker genoeg herkend.",
        found=f"{len(fit.drawable(key))} van {len(bank.drawable(key))}",
        remedy=f"Bekijk ze met praktijktest names show {key}; laat meer mensen oordelen, of kies andere namen.",
    )


def _classes_apart(fit: Catalogue, keys: tuple[str, ...]) -> Iterator[Problem]:
    one, *others = (mean_class(fit.records[name.full] for name in fit.drawable(key)) for key in keys)
    for key, other in zip(keys[1:], others, strict=True):
        if same_class(one, other):
            continue
        yield Problem(
            "class-not-matched",
            f"De namen van '{keys[0]}' en '{key}' klinken niet even hoog opgeleid.",
            found=f"{one:.2f} en {other:.2f}",
            remedy=f"Kies namensets die hooguit {CLASS_TOLERANCE} punt schelen, of schrijf validation: recognised.",
        )
