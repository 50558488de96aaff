"""Measuring this machine: the benchmarks come with the source, not with the installed package."""

from collections.abc import Sequence
from importlib import import_module

from rich.console import Console

from profiles.errors import BadInput, Problem, Refused

out = Console(soft_wrap=True, markup=False, highlight=False)


def bench(names: Sequence[str], runs: int) -> None:
    """Run these benchmarks, or all, one after another; keep and print what each found."""
    try:
        known, record = import_module("benchmarks").ALL, import_module("benchmarks.record")
    except ModuleNotFoundError as error:
        remedy = "Draai dit in een kopie van de broncode: ./praktijktest bench."
        raise Refused("no-benchmarks", f"De metingen horen niet bij het pakket ({error.name}).", remedy) from error
    if unknown := [name for name in names if name not in known]:
        remedy = f"Kies uit: {', '.join(known)}."
        raise BadInput(Problem("unknown-benchmark", "Deze meting bestaat niet.", found=unknown[0], remedy=remedy))
    for name in names or known:
        out.print(f"{name}: {known[name]}")
        figures = import_module(f"benchmarks.{name}").measure(runs)
        record.keep(name, figures)
        for each in figures:
            spread = f"{record.shown(min(each.values))} tot {record.shown(max(each.values))}"
            out.print(f"  {each.what:45} {record.shown(each.median):>10} {each.unit:12} {spread:24} {each.aim}")
