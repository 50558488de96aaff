"""What a bundle says of itself for machines: a Frictionless data package and an RO-Crate; for people a codebook."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from results.bundle.columns import Column
from results.tables import RoundFacts

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
Tables = Mapping[str, Sequence[Column]]
"""Path of a CSV file -> its columns."""


def data_package(facts: RoundFacts, tables: Tables) -> str:
    """Return ``datapackage.json`` (https://specs.frictionlessdata.io) with a Table Schema for each file."""
    return _json(
        {
            "profile": "tabular-data-package",
            "name": facts.round.lower(),
            "title": f"{facts.study}, ronde {facts.round}",
            "version": str(facts.version),
            "licenses": [LICENCE],
            "contributors": [{"title": facts.commissioner, "role": "publisher"}],
            "resources": [_resource(path, columns) for path, columns in tables.items()],
        }
    )


def _resource(path: str, columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": path.removeprefix("data/").removesuffix(".csv"),
        "path": path,
        "encoding": "utf-8",
        "schema": {"missingValues": [""], "fields": [_field(each) for each in columns]},
    }


def _field(column: Column) -> dict[str, Any]:
    told = {"name": column.name, "type": column.kind, "title": column.dutch, "description": column.english}
    if column.kind == "boolean":
        return {**told, "trueValues": ["1"], "falseValues": ["0"]}
    return {**told, "constraints": {"enum": list(column.labels)}} if column.labels else told


def crate(facts: RoundFacts, files: Sequence[str]) -> str:
    """Return ``ro-crate-metadata.json`` (RO-Crate 1.3): the bundle as a dataset that says what each file is."""
    from rocrate.rocrate import ROCrate  # slow to load

    made = ROCrate()
    made.name = f"{facts.study}, ronde {facts.round}"
    made.description = f"Praktijktest, onderzoeksopzet versie {facts.version}, vingerafdruk {facts.digest}"
    made.license = LICENCE["path"]
    made.publisher = made.add_jsonld({"@id": "#opdrachtgever", "@type": "Organization", "name": facts.commissioner})
    made.datePublished = facts.closed_at
    for path in files:
        made.add_file(dest_path=path, properties={"name": path})
    return _json(made.metadata.generate())


def codebook(tables: Tables) -> str:
    """Return the codebook as Markdown: a table of columns per file, and what the codes mean."""
    return "\n".join(["# Codeboek (codebook)", "", *(line for each in tables.items() for line in _chapter(*each))])


def _chapter(path: str, columns: Sequence[Column]) -> list[str]:
    head = [f"## {path}", "", "| kolom | soort | Nederlands | English | codes |", "|---|---|---|---|---|"]
    return [*head, *(_line(each) for each in columns), ""]


def _line(column: Column) -> str:
    codes = "; ".join(f"{code} = {meaning}" for code, meaning in column.labels.items())
    return f"| {column.name} | {column.kind} | {column.dutch} | {column.english} | {codes} |"


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n"
