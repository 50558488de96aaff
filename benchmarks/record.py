"""What a benchmark found: figures with their spread, kept in results.json and told in two pages of docs."""

import json
import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent
RESULTS, DOCS = HERE / "results.json", HERE.parent / "docs"
OF_SCALE = ("growth", "hosts", "weight")
"""Benchmarks that are told in docs/scale.md; the others in docs/performance.md."""

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


@dataclass(frozen=True)
class Figure:
    """One measured thing: a value of each run in ``unit``, and what was aimed at, when something was."""

    what: str
    unit: str
    values: tuple[float, ...]
    aim: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)


def ratio(what: str, of: Figure, to: Figure, aim: str = "") -> Figure:
    """How many times the one is the other, run by run: neighbours in time share what the machine was doing."""
    return Figure(what, "x", tuple(a / b for a, b in zip(of.values, to.values, strict=True)), aim)


def keep(name: str, figures: Sequence[Figure]) -> None:
    """Put the figures of a benchmark in the place of what was known of it, and tell all of them anew."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    known[name] = {"measured": datetime.now(UTC).date().isoformat(), **machine(), "figures": list(map(asdict, figures))}
    RESULTS.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    _tell(DOCS / "scale.md", {each: told for each, told in known.items() if each in OF_SCALE})
    _tell(DOCS / "performance.md", {each: told for each, told in known.items() if each not in OF_SCALE})


def _tell(page: Path, known: dict[str, dict[str, list[dict[str, object]]]]) -> None:
    """Put the table of these in the place of what was there between the marks."""
    text = page.read_text()
    before, after = text.partition(BEGIN)[0], text.partition(END)[2]
    told = "\n".join(table(known))
    page.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}")


def machine() -> dict[str, object]:
    """What it ran on: figures of two machines are not compared."""
    return {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()}


def table(known: dict[str, dict[str, list[dict[str, object]]]]) -> Iterable[str]:
    yield "| benchmark | what | median | least to most | runs | aim |"
    yield "|---|---|---|---|---|---|"
    for name, told in known.items():
        for each in told["figures"]:
            figure = Figure(**each)  # type: ignore[arg-type]  # as `asdict` wrote it
            low, high = shown(min(figure.values)), shown(max(figure.values))
            middle = f"{shown(figure.median)} {figure.unit}"
            yield f"| {name} | {figure.what} | {middle} | {low} to {high} | {len(figure.values)} | {figure.aim} |"


def shown(value: float) -> str:
    """Three digits that count, no more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
