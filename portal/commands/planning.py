"""``praktijktest power``: how many tests a round needs, and what a round of a given size can find."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from portal.commands import house
from portal.commands.outputs import FORMATS, out
from profiles.errors import BadInput, Problem
from results import charts, formats, planning_priors
from results.planning_priors import PlannedShares, planned_shares
from results.reports.render import page
from results.statistics import power
from results.statistics.power import PowerCurve

POINTS = 60
BARS = 12
BAR = 40


@dataclass(frozen=True)
class Wishes:
    """``pairs``: what is planned, None when that is the question."""

    pairs: int | None
    power: float
    alpha: float
    per_advertiser: int
    correlation: float
    one_advertiser: bool


def shares(
    p10: float | None,
    p01: float | None,
    base: float | None,
    net: float | None,
    discordance: float | None,
    prior: str | None,
) -> PlannedShares:
    """p10 and p01 from whichever of the three ways was used. Raises BadInput ``no-shares`` and ``unknown-prior``."""
    if prior is not None:
        return _of_prior(prior, base, discordance)
    if p10 is not None and p01 is not None:
        return PlannedShares(p10, p01)
    if net is not None and discordance is not None:
        if base is None:
            return PlannedShares((discordance + net) / 2, (discordance - net) / 2)
        if base > 0:
            return planned_shares(base, (base - net) / base, discordance)
    remedy = "Geef --p10 en --p01, of --net en --discordance (met --base als controle), of --prior."
    raise BadInput(Problem("no-shares", "Er is niet gezegd welk verschil u verwacht.", remedy=remedy))


def _of_prior(key: str, base: float | None, discordance: float | None) -> PlannedShares:
    priors = planning_priors.load()
    for row in priors.discordance:
        if row.key == key:
            return PlannedShares(row.control_only, row.treatment_only, row)
    for rates in priors.rates:
        if rates.key == key:
            found = planned_shares(rates.control, rates.treatment / rates.control, _given("discordance", discordance))
            return replace(found, prior=rates)
    for ratio in priors.ratio:
        if ratio.key == key:
            found = planned_shares(_given("base", base), ratio.ratio, _given("discordance", discordance))
            return replace(found, prior=ratio)
    raise BadInput(planning_priors.unknown(key))


def _given(option: str, value: float | None) -> float:
    if value is None:
        message = "Dit eerdere onderzoek telde geen paren, dus er is meer nodig."
        raise BadInput(Problem("no-shares", message, remedy=f"Geef ook --{option}."))
    return value


def run(of: PlannedShares, wishes: Wishes, form: str, svg: Path | None) -> None:
    """Print the plan as a table with its curve, or as JSON; draw the curve where asked."""
    if form not in FORMATS:
        raise BadInput(Problem("unknown-format", "Dit formaat bestaat niet.", found=form, remedy="Kies table of json."))
    document = _one(of, wishes) if wishes.one_advertiser else _round(of, wishes)
    n = wishes.pairs or document["pairs_needed"]["advertiser" if wishes.one_advertiser else "midp"]
    curve = _curve(of, wishes, n)
    document["prior"] = of.prior.model_dump(include={"key", "label", "source", "verified"}) if of.prior else None
    document["curve"] = {"pairs": curve.pairs.tolist(), "power": curve.power.tolist()}
    if form == "json":
        print(json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False))
    else:
        _print(document, wishes)
        _print_curve(curve, wishes)
    if svg:
        drawn = charts.power_chart(curve.pairs.tolist(), curve.power.tolist(), wishes.power)
        house.write(svg, page("power.svg", chart=drawn, title=_title(of), target=wishes.power))
        if form == "table":
            out.print(f"Geschreven: {svg}")


def _expected(of: PlannedShares) -> dict[str, float]:
    return {"p10": of.p10, "p01": of.p01, "net": of.p10 - of.p01, "discordance": of.p10 + of.p01}


def _round(of: PlannedShares, wishes: Wishes) -> dict[str, Any]:
    """Pairs needed by Connor's formula and exactly; power and smallest difference of the planned number."""
    aim = (wishes.power, wishes.alpha)
    needed: dict[str, Any] = {
        "connor": ceil(power.connor_pairs(of.p10, of.p01, *aim)),
        "midp": power.smallest_pairs(of.p10, of.p01, *aim, "midp"),
        "exact": power.smallest_pairs(of.p10, of.p01, *aim, "exact"),
    }
    n = wishes.pairs or needed["midp"]
    discordance = of.p10 + of.p01
    document = {
        "expected": _expected(of),
        "power": wishes.power,
        "alpha": wishes.alpha,
        "pairs_needed": needed,
        "pairs": n,
        "power_of_pairs": {
            test: power.exact_power(of.p10, of.p01, n, wishes.alpha, test) for test in ("midp", "exact")
        },
        "smallest_difference": {
            "connor": power.minimum_detectable(n, discordance, *aim),
            "midp": power.smallest_difference(n, discordance, *aim, "midp"),
            "exact": power.smallest_difference(n, discordance, *aim, "exact"),
        },
        "clustered": None,
    }
    if wishes.per_advertiser > 1:
        document["clustered"] = _clustered(of, wishes, n)
    return document


def _clustered(of: PlannedShares, wishes: Wishes, n: int) -> dict[str, Any]:
    each, icc = wishes.per_advertiser, wishes.correlation
    needed = power.clustered_pairs(of.p10, of.p01, each, icc, wishes.power, wishes.alpha)
    return {
        "per_advertiser": each,
        "correlation": icc,
        "design_effect": needed.design_effect,
        "pairs_needed": needed.pairs,
        "advertisers_needed": needed.advertisers,
        "power_of_pairs": power.clustered_power(of.p10, of.p01, _sizes(n, each), icc, wishes.alpha),
    }


def _sizes(n: int, each: int) -> list[int]:
    return [each] * (n // each) + [n % each] * (n % each > 0)


def _one(of: PlannedShares, wishes: Wishes) -> dict[str, Any]:
    """One advertiser: one-sided exact test, and no verdict under six discordant pairs."""
    needed = power.advertiser_pairs(of.p10, of.p01, wishes.power, wishes.alpha)
    n = wishes.pairs or needed
    return {
        "expected": _expected(of),
        "power": wishes.power,
        "alpha": wishes.alpha,
        "pairs_needed": {"advertiser": needed},
        "pairs": n,
        "power_of_pairs": {"advertiser": power.advertiser_power(of.p10, of.p01, n, wishes.alpha)},
        "fewest_one_sided": {str(m): power.fewest_one_sided(m, wishes.alpha) for m in (6, 8, 10, 12, 15, 20)},
    }


def _curve(of: PlannedShares, wishes: Wishes, n: int) -> PowerCurve:
    most = max(ceil(1.6 * n), POINTS)
    sizes = [ceil(most * place / POINTS) for place in range(1, POINTS + 1)]
    if not wishes.one_advertiser:
        return power.power_curve(of.p10, of.p01, sizes, wishes.alpha)
    found = [power.advertiser_power(of.p10, of.p01, size, wishes.alpha) for size in sizes]
    return PowerCurve(power.power_curve(of.p10, of.p01, sizes, wishes.alpha).pairs, np.array(found))


def _title(of: PlannedShares) -> str:
    only = f"{formats.percent(of.p10, 1)} alleen controle, {formats.percent(of.p01, 1)} alleen test"
    return f"Onderscheidend vermogen naar aantal tests ({only})"


def _print(document: dict[str, Any], wishes: Wishes) -> None:
    if (prior := document["prior"]) is not None:
        out.print(f"Uitgangspunt: {prior['label']}. Bron: {prior['source']}.")
    if prior is not None and not prior["verified"]:
        out.print("Deze cijfers zijn niet nagekeken in de bron zelf: zoek ze op voor u erop plant.")
    expected = document["expected"]
    lines = Table("", Column("", justify="right"), box=SIMPLE_HEAD, show_header=False)
    lines.add_row("Verwacht: alleen controleprofiel positief", formats.percent(expected["p10"], 1))
    lines.add_row("Verwacht: alleen testprofiel positief", formats.percent(expected["p01"], 1))
    lines.add_row("Verwacht nettoverschil", formats.points(expected["net"]))
    for text, value in _needs(document, wishes):
        lines.add_row(text, value)
    out.print(lines)


def _needs(document: dict[str, Any], wishes: Wishes) -> Iterator[tuple[str, str]]:
    aim = formats.percent(wishes.power)
    for key, name in _TESTS.items():
        if key in document["pairs_needed"]:
            yield f"Tests nodig voor {aim}: {name}", formats.count(document["pairs_needed"][key])
    n = formats.count(document["pairs"])
    for key, found in document["power_of_pairs"].items():
        yield f"Vermogen van {n} tests: {_TESTS[key]}", formats.percent(found, 1)
    for key, least in document.get("smallest_difference", {}).items():
        told = "geen" if least is None else formats.points(least)
        yield f"Kleinste verschil dat {n} tests vinden: {_TESTS[key]}", told
    if some := document.get("clustered"):
        yield (
            f"Bij {some['per_advertiser']} tests per aanbieder: ontwerpeffect",
            formats.number(some["design_effect"], 2),
        )
        yield f"Tests nodig voor {aim}, geclusterd", formats.count(some["pairs_needed"])
        yield "Woningaanbieders nodig", formats.count(some["advertisers_needed"])
        yield f"Vermogen van {n} tests, geclusterd", formats.percent(some["power_of_pairs"], 1)
    for m, least in document.get("fewest_one_sided", {}).items():
        told = "niet aan te tonen" if least is None else f"{least} van {m}"
        yield f"Nodig bij {m} tests met verschil", told


_TESTS = {
    "connor": "formule van Connor",
    "midp": "mid-p, exact berekend",
    "exact": "exacte toets",
    "advertiser": "één woningaanbieder, eenzijdig exact",
}


def _print_curve(curve: PowerCurve, wishes: Wishes) -> None:
    """A bar per size; the bar that first reaches the wish is marked."""
    step = len(curve.pairs) // BARS
    reached = False
    for n, found in zip(curve.pairs[step - 1 :: step].tolist(), curve.power[step - 1 :: step].tolist(), strict=True):
        mark = " ◄" if found >= wishes.power and not reached else ""
        reached = reached or found >= wishes.power
        bar = "█" * round(BAR * found)
        out.print(f" {formats.count(n):>7} {bar:<{BAR}} {formats.percent(found)}{mark}", highlight=False)
