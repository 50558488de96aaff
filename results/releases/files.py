"""The document of a release as a table: made of the document alone, so that it is the same byte for byte later."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from results.csv_cells import plain

COLUMNS = (
    "table", "part", "tests", "c11", "c10", "c01", "c00", "net", "low", "high", "level", "method", "convention",
)  # fmt: skip
TOTAL = "total"
BEFORE, AFTER, CHANGE = "before", "after", "change"
TYPES = {"json": "application/json", "csv": "text/csv", "pdf": "application/pdf"}


def as_csv(document: Mapping[str, Any]) -> str:
    """Return every number of the document, one row a part; a hidden one has the symbol of the policy."""
    out = io.StringIO()
    lines = csv.DictWriter(out, COLUMNS, lineterminator="\r\n", restval="")
    lines.writeheader()
    lines.writerows({key: plain(value) for key, value in row.items()} for row in rows(document))
    return out.getvalue()


def read(text: str) -> dict[str, Any]:
    """Read the canonical text of a document."""
    told: dict[str, Any] = json.loads(text)
    return told


def rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the lines of the table by column; what is hidden has the symbol, few advertisers have None."""
    result, symbol = document["result"], document["policy"]["symbol"]
    yield {"table": TOTAL, **_numbers(result.get("counts"), result.get("net"), result.get("tests") or symbol)}
    for each in result.get("treatments", ()):
        yield {"table": "treatment", "part": each["arm"], **_numbers(each["counts"], each["net"], symbol)}
    yield from _retest(document.get("retest"), symbol)
    for table in document["tables"]:
        for part in table["parts"]:
            counts = part["counts"]
            tests = symbol if counts is None else sum(counts.values())
            yield {"table": table["name"], "part": part["name"], **_numbers(counts, part.get("net"), tests)}
    excluded = document["excluded"]
    yield {"table": "excluded", "part": TOTAL, "tests": _or(excluded["tests"], symbol)}
    for each in excluded["reasons"]:
        yield {"table": "excluded", "part": each["reason"], "tests": _or(each["tests"], symbol)}
    for key, number in (*document["participation"].items(), *document["burden"].items()):
        yield {"table": "participation" if key in document["participation"] else "burden", "part": key, "tests": number}


def _retest(told: Mapping[str, Any] | None, symbol: str) -> Iterator[dict[str, Any]]:
    """Before and after at the offices in both rounds, and the change, which has no cells of its own."""
    for part in (BEFORE, AFTER, CHANGE) if told else ():
        found = (told or {}).get(part)
        counts, net = (None, found) if part == CHANGE else ((found or {}).get("counts"), (found or {}).get("net"))
        yield {"table": "retest", "part": part, **_numbers(counts, net, net["n"] if net else symbol)}


def _numbers(counts: Mapping[str, int] | None, net: Mapping[str, Any] | None, otherwise: Any) -> dict[str, Any]:
    cells = {key: counts[key] for key in ("c11", "c10", "c01", "c00") if counts and key in counts}
    estimate = {"net": net["value"], **{key: net[key] for key in COLUMNS[8:]}} if net else {}
    return {"tests": sum(cells.values()) if cells else otherwise, **cells, **estimate}


def _or(number: int | None, symbol: str) -> int | str:
    return symbol if number is None else number
