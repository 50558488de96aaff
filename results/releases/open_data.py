"""A released outcome as open data: one row per published cell, a data package that describes them, and both zipped.

All of it is made of the frozen document, so there is no number in it that the outcome itself does not publish.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from results import disclosure
from results.bundle import zipped
from results.bundle.described import LICENCE
from results.csv_cells import plain
from results.releases import files, units, writing

Document = Mapping[str, Any]
MEASURES = ("tests", "invited", "c11", "c10", "c01", "c00", "net", "low", "high")
FIELDS = {
    "table": ("string", "Tabel: de hele ronde (total), of waarnaar is verdeeld"),
    "part": ("string", "Deel van de tabel, leeg voor de hele ronde"),
    "measure": ("string", "Wat er geteld of berekend is"),
    "value": ("number", "Het getal; aandelen liggen tussen 0 en 1; leeg als het niet wordt getoond"),
    "symbol": ("string", "Teken van een getal dat niet wordt getoond"),
    "reason": ("string", "Waarom het niet wordt getoond"),
    "level": ("number", "Betrouwbaarheid van het interval"),
    "method": ("string", "Rekenwijze van het interval"),
    "convention": ("string", "Waarover het verschil is berekend"),
}
FEW, FEW_REASON = f"<{units.FEW}", "minder dan 5 woningaanbieders"
CSV, JSON, PACKAGE, PDF, ZIP = "cijfers.csv", "uitkomst.json", "datapackage.json", "uitkomst.pdf", "open-data.zip"
TYPES = {CSV: "text/csv", JSON: "application/json", PDF: "application/pdf", ZIP: "application/zip"}


@lru_cache(maxsize=32)
def files_of(text: str, seal: str | None = None) -> Mapping[str, bytes]:
    """Return the files of a released document by name, from its canonical text and seal; always the same bytes."""
    inside = {CSV: cells(files.read(text)).encode(), JSON: text.encode()}
    inside[PACKAGE] = package(files.read(text), seal).encode()
    return {CSV: inside[CSV], JSON: inside[JSON], PDF: writing.written(text, "pdf", seal=seal), ZIP: zipped(inside)}


def cells(document: Document) -> str:
    """Return one line per published number; a hidden one has no value but its symbol and the reason."""
    out = io.StringIO()
    lines = csv.DictWriter(out, FIELDS, lineterminator="\r\n", restval="")
    lines.writeheader()
    lines.writerows({key: plain(value) for key, value in row.items()} for row in _cells(document))
    return out.getvalue()


def _cells(document: Document) -> Iterator[dict[str, Any]]:
    symbol = document["policy"]["symbol"]
    for row in (*files.rows(document), *_invited(document)):
        where = {"table": row["table"], "part": row.get("part", "")}
        how: dict[str, Any] = {key: row[key] for key in ("level", "method", "convention") if key in row}
        for measure in (each for each in MEASURES if each in row):
            told = {**where, "measure": measure, **_value(row[measure], symbol)}
            yield {**told, **how} if measure in ("net", "low", "high") else told


def _invited(document: Document) -> Iterator[dict[str, Any]]:
    """How many of each group were invited, of a round in which each listing heard one."""
    for table in (each for each in document["tables"] if each["name"] == units.ARM and each["shown"]):
        for part in table["parts"]:
            counts, symbol = part["counts"], document["policy"]["symbol"]
            invited = symbol if counts is None else counts.get("yes", 0)
            yield {"table": units.ARM, "part": part["name"], "invited": invited}


def _value(value: Any, symbol: str) -> dict[str, Any]:
    if value is None:
        return {"symbol": FEW, "reason": FEW_REASON}
    return {"symbol": symbol, "reason": disclosure.HIDDEN_PART} if value == symbol else {"value": value}


def title(document: Document) -> str:
    return f"{document['study']['name']}, ronde {document['round']}, versie {document['version']}"


def package(document: Document, seal: str | None = None) -> str:
    """Return ``datapackage.json`` (https://specs.frictionlessdata.io) with the schema of the cells, and the seal."""
    fields = [{"name": name, "type": kind, "description": told} for name, (kind, told) in FIELDS.items()]
    made = {
        "profile": "tabular-data-package",
        "name": f"{document['round'].lower()}-{document['version']}",
        "title": title(document),
        "version": str(document["version"]),
        **({"seal": seal} if seal else {}),
        "licenses": [LICENCE],
        "sources": [{"title": f"Praktijktest, onderzoeksopzet {document['protocol']['digest']}"}],
        "contributors": [{"title": document["study"]["commissioner"], "role": "publisher"}],
        "resources": [
            {
                "profile": "tabular-data-resource",
                "name": CSV.removesuffix(".csv"),
                "path": CSV,
                "encoding": "utf-8",
                "schema": {"missingValues": [""], "fields": fields},
            }
        ],
    }
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"
