"""What a closed round says beside its headline, on the screen: the sections of results.json in short tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from results import formats
from results.reports import wording
from results.reports.sections import words
from results.statistics import Estimate, TestResult

Entry = Mapping[str, Any]
Rows = Iterable[Sequence[str]]


def print_round(out: Console, entry: Entry) -> None:
    """Print every section; advertisers only where there is enough for a verdict, and what the rest still misses."""
    for split in entry["splits"]:
        _split(out, split)
    _tests(out, "Volgorde", entry["order"]["tests"])
    _bias(out, entry["bias"])
    if entry["noise"]:
        _estimates(out, "Ruis: echte tests naast schijntests", _noise(entry["noise"]))
    if entry["answer_times"]:
        _times(out, entry["answer_times"])
    for each in entry["classes"]:
        _tests(out, words.CLASS_TABLES[each["of"]], each["tests"])
    _advertisers(out, entry["advertisers"])


def _split(out: Console, split: Entry) -> None:
    name = words.SPLITS[split["by"]]
    kind = "opgegeven, Holm" if split["declared"] else "verkennend, Benjamini-Hochberg"
    rows = []
    for group in split["groups"]:
        net = Estimate(**group["estimates"][0])
        ps = (_p(test["p"]) for test in group["tests"])
        rows.append((group["name"], formats.count(net.n), *_points(net), *ps))
    _table(out, f"{name} ({kind})", ("", "tests", "verschil in punten", "interval", "p", "p gecorr."), rows)
    _tests(out, f"{name}: even groot in elk deel?", split["tests"])


def _bias(out: Console, bias: Entry) -> None:
    rows = [
        (words.DROPPED[each["reason"]], str(each["control"]), str(each["treatment"]), _p(each["p_holm"]))
        for each in bias["attrition"]
        if each["control"] + each["treatment"]
    ]
    _table(out, "Vertekening: uitval per profiel", ("", "controle", "test", "p (Holm)"), rows)
    factors = ((words.FACTORS[each["factor"]], _p(each["p"]), _p(each["p_holm"])) for each in bias["factors"])
    _table(out, "Vertekening: wat niet uit zou mogen maken", ("", "p", "p (Holm)"), factors)
    _table(
        out,
        "Vertekening door keuzes",
        ("", "tests", "verschil in punten", "interval", "p"),
        (
            (words.CHOICES[each["name"]], formats.count(net.n), *_points(net), _p(each["p"]))
            for each in bias["choices"]
            for net in [Estimate(**each["net"])]
        ),
    )
    if bias["detection"]:
        _estimates(out, "Herkend", [("", bias["detection"])])
    if lowest := bias["lowest_share"]:
        least, many = formats.percent(lowest["share"]), formats.count(lowest["advertisers"])
        out.print(f" Minstens {least} van {many} woningaanbieders nodigt het testprofiel minder vaak uit.")


def _noise(noise: Entry) -> list[tuple[str, Entry]]:
    sham = {"sham", "sham_net"}
    return [(" (schijn)" if name in sham else "", estimate) for name, estimate in noise.items()]


def _times(out: Console, times: Entry) -> None:
    medians = [(f", {wording.ARM_NAMES[arm['arm']]}", arm["median"]) for arm in times["arms"]]
    _estimates(out, "Antwoordtijden", [*medians, ("", times["hazard_ratio"])])
    _tests(out, "Wie eerst antwoord kreeg", times["tests"])
    if times["clock_faults"]:
        out.print(f" Klokfout, niet meegeteld: {', '.join(times['clock_faults'])}")


def _advertisers(out: Console, found: Entry) -> None:
    enough = [line for line in found["lines"] if not line["more_needed"]]
    rows = (
        (
            line["advertiser"],
            f"{line['counts']['c10']} van {line['counts']['c10'] + line['counts']['c01']}",
            _p(line["p"]),
            formats.number(line["q"], 3),
            formats.percent(line["alike"]),
            str(line["grade"] or "–"),
            line["verdict"],
        )
        for line in enough
    )
    heading = ("woningaanbieder", "nadeel", "p", "q", "geen verschil", "groep", "uitspraak")
    _table(out, "Per aanbieder", heading, rows)
    out.print(f" Te weinig gegevens: {formats.many(len(found['lines']) - len(enough), 'aanbieder', 'aanbieders')}.")
    out.print(f" Groepen: {found['report_card']['note']}.")


def _estimates(out: Console, title: str, named: Iterable[tuple[str, Entry]]) -> None:
    rows = []
    for more, entry in named:
        estimate = Estimate(**entry)
        name = wording.estimate_name(estimate) + more
        rows.append((name, *wording.estimate_text(estimate), formats.count(estimate.n)))
    _table(out, title, ("", "waarde", "interval", "n"), rows)


def _tests(out: Console, title: str, tests: Iterable[Entry]) -> None:
    made = (TestResult(each["name"], each["p"], each["statistic"]) for each in tests)
    _table(out, title, ("toets", "p"), ((row.name, _p(row.result.p)) for row in words.test_rows(made)))


def _table(out: Console, title: str, heading: Sequence[str], rows: Rows) -> None:
    """A table under its title; nothing where there is no row."""
    filled = list(rows)
    if not filled:
        return
    first, *others = heading
    table = Table(first, *(Column(name, justify="right") for name in others), title=title, box=SIMPLE_HEAD)
    for row in filled:
        table.add_row(*row)
    out.print(table)


def _points(net: Estimate) -> tuple[str, str]:
    """A difference and its interval in percentage points, without the word."""
    value, interval = wording.estimate_text(net)
    return value.removesuffix(f"{formats.NO_BREAK}procentpunt"), interval


def _p(p: float | None) -> str:
    return "–" if p is None else formats.p_value(p).removeprefix("p").lstrip(f"={formats.NO_BREAK}")
