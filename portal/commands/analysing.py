"""``praktijktest analyse``: a round, or anybody's own file, on the screen, as JSON or as a page."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from portal.commands import house
from portal.commands.outputs import FORMATS, STATIC, load, out, print_results
from profiles.errors import BadInput, Problem
from results import files
from results.counts_file import read_counts
from results.document import findings_document, results_document
from results.own_data import ArmTable, Design, LabelTable, OwnTable, PairTable, SetTable, ValueTable, Wishes
from results.reports.own import render_own
from results.statistics import Analysis, analyse
from results.statistics.clustering.robust import clusters_of
from results.statistics.designs import analyse_inquiries, analyse_labels, analyse_sets, analyse_values

WITH_PAGE = (*FORMATS, "html")


@dataclass(frozen=True)
class Showing:
    """How the results are wanted."""

    form: str = "table"
    level: float = 0.95
    all_methods: bool = False
    out: Path | None = None


def wishes_of(design: str, **names: str | None) -> Wishes:
    """The wishes behind the options of the command. Raises BadInput ``unknown-design``."""
    if design not in tuple(Design):
        remedy = f"Kies {', '.join(Design)}."
        raise BadInput(Problem("unknown-design", "Deze opzet bestaat niet.", found=design, remedy=remedy))
    return Wishes(Design(design), **names)


def run(what: str, wishes: Wishes, showing: Showing) -> None:
    """Analyse a round, or a file of somebody's own results."""
    _check(showing)
    # No round has a dot or a slash in its name.
    if set("./\\") & set(what):
        path = Path(what)
        _show(_of_file(path, wishes, showing), showing, partial(render_own, title=path.name))
    else:
        _check_round(what, wishes)
        table = load(what)
        documents = {what: files.results_of(table, all_methods=showing.all_methods)}
        _show(documents, showing, partial(render_own, title=what, of=table.facts))


def _show(documents: Mapping[str, Mapping[str, Any]], showing: Showing, render: Callable[..., str]) -> None:
    if showing.form == "json":
        told = next(iter(documents.values())) if len(documents) == 1 else list(documents.values())
        text = json.dumps(told, ensure_ascii=False, indent=2, allow_nan=False)
        _written(showing.out, text + "\n") if showing.out else print(text)
    elif showing.form == "html" and showing.out:
        _written(showing.out, render(_apart(documents), assets="stijl"))
        shutil.copytree(STATIC, showing.out.parent / "stijl", dirs_exist_ok=True)
    else:
        for name, document in _apart(documents).items():
            print_results(document, name)


def _apart(documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """An unpaired round holds one comparison with the control per treatment: each becomes a document of its own."""
    apart: dict[str, Mapping[str, Any]] = {}
    for name, document in documents.items():
        if "unpaired" not in document:
            apart[name] = document
            continue
        rest = {"excluded": document["excluded"], "design": "unpaired", "groups": [], "not_computed": []}
        apart |= {f"{name}: {treatment}": rest | each for treatment, each in document["unpaired"].items()}
    return apart


def _check(showing: Showing) -> None:
    if showing.form not in WITH_PAGE:
        remedy = "Kies table, json of html."
        raise BadInput(Problem("unknown-format", "Dit formaat bestaat niet.", found=showing.form, remedy=remedy))
    if showing.form == "html" and not showing.out:
        message, remedy = "Een pagina heeft een bestand nodig.", "Schrijf bijvoorbeeld --out analyse.html."
        raise BadInput(Problem("no-file", message, remedy=remedy))
    if showing.form == "table" and showing.out:
        message, remedy = "Een tabel gaat naar het scherm.", "Schrijf --format html of --format json."
        raise BadInput(Problem("no-format", message, found=str(showing.out), remedy=remedy))


def _check_round(name: str, wishes: Wishes) -> None:
    """What can be chosen for a file was fixed for a round when it was planned."""
    if not wishes.plain:
        message, remedy = "Kolommen horen bij een eigen bestand, niet bij een ronde.", "Laat deze opties weg."
        raise BadInput(Problem("columns-of-a-round", message, found=name, remedy=remedy))


def _written(path: Path, text: str) -> None:
    house.write(path, text)
    out.print(f"Geschreven: {path}")


def _of_file(path: Path, wishes: Wishes, showing: Showing) -> dict[str, dict[str, Any]]:
    return {table.name: _document(table, showing) for table in read_counts(house.must_exist(path), wishes)}


def _document(table: OwnTable, showing: Showing) -> dict[str, Any]:
    level = showing.level
    if isinstance(table, PairTable):
        return results_document(_pairs(table, showing), excluded={}, design_digest=None, seed=None)
    if isinstance(table, SetTable):
        found = analyse_sets(table.sets, level, showing.all_methods)
        patterns = [{"positive": list(map(int, each)), "n": n} for each, n in table.sets.patterns.items()]
        counts = {"arms": list(table.sets.arms), "sets": table.sets.n, "patterns": patterns}
        return findings_document(found, "sets", counts, excluded=_some("incomplete_sets", table.sets.incomplete))
    if isinstance(table, ArmTable):
        if table.asked_to_cluster:
            _check_inquiries(table)
        found = analyse_inquiries(table.arms, level, table.advertisers, table.strata)
        return findings_document(found, "unpaired", asdict(table.arms), excluded={})
    if isinstance(table, ValueTable):
        found = analyse_values(table.control, table.treatment, level, table.advertisers, table.scores, table.classes)
        return findings_document(found, "values", _value_counts(table), excluded=_some("no_value", table.left_out))
    return findings_document(
        analyse_labels(table.classes), "labels", _label_counts(table), excluded=_some("no_value", table.left_out)
    )


def _pairs(table: PairTable, showing: Showing) -> Analysis:
    if table.asked_to_cluster and table.advertisers is not None:
        clusters_of(table.advertisers)  # who asks to cluster is told when that cannot be
    return analyse(
        table.counts,
        level=showing.level,
        advertisers=table.advertisers,
        strata=table.strata,
        orders=table.orders,
        all_methods=showing.all_methods,
    )


def _check_inquiries(table: ArmTable) -> None:
    from results.statistics.unpaired_strata import clustered_difference

    if table.advertisers is not None:
        clustered_difference(table.advertisers)


def _value_counts(table: ValueTable) -> dict[str, Any]:
    told: dict[str, Any] = {"pairs": len(table.control)}
    if table.classes is not None:
        told |= {"values": list(table.scores), "table": table.classes.tolist()}
    return told


def _label_counts(table: LabelTable) -> dict[str, Any]:
    return {"pairs": int(table.classes.sum()), "values": list(table.labels), "table": table.classes.tolist()}


def _some(reason: str, many: int) -> dict[str, int]:
    return {reason: many} if many else {}
