"""Try a design out before the field, and tell what it will find."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table

from portal.commands.outputs import FORMATS
from portal.rehearsal import Mail, Rehearsal, Wishes, rehearse
from portal.rehearsal.assumed import FIXED, REFERENCE, assumptions
from portal.rehearsal.told import balance, document, period
from profiles.errors import BadInput, Problem
from results import formats
from results.diagnosis import Diagnosis, Share, Spread, advice
from results.diagnosis.figures import Found, Load, Marks
from results.reports import wording

out = Console(soft_wrap=True)
Row = tuple[str, str]


def run(design: Path, participants: Path, listings: Path, wishes: Wishes, form: str) -> None:
    """Rehearse a design and print the diagnosis; with json nothing else comes on standard output."""
    if form not in FORMATS:
        raise BadInput(Problem("unknown-format", "Dit formaat bestaat niet.", found=form, remedy="Kies table of json."))
    if form == "json":
        done = rehearse(design, participants, listings, wishes, Console(stderr=True, soft_wrap=True), _keep)
        print(json.dumps(document(done), ensure_ascii=False, indent=2, allow_nan=False))
        return
    done = rehearse(design, participants, listings, wishes, out, _print)
    if done.mail:
        _print_rows("Eén keer met echte mail", _by_mail(done.mail))


def _keep(done: Rehearsal) -> None:
    """A document is written once, when it is whole."""


def _print(done: Rehearsal) -> None:
    _print_assumptions(done)
    found, many = done.diagnosis, formats.many(done.diagnosis.rounds, "ronde", "rondes")
    for title, rows in (
        (f"Wat de opzet vindt ({many})", [*_tests(found), *_chances(found)]),
        ("Per woningaanbieder", [*_judged(found), *_burden(found)]),
        ("Planning en loting", [*_schedule(done), *_drawn(done)]),
        ("Tests die niet meetellen (deel van de tests)", _named(found.lost, wording.EXCLUSIONS)),
        ("Wat de gemeente niet te zien krijgt (deel van de rondes)", _hidden(found)),
    ):
        _print_rows(title, rows)
    out.print(advice(found, done.wishes.bias), style="bold", highlight=False)


def _print_assumptions(done: Rehearsal) -> None:
    columns = ("aanname", Column("waarde", justify="right"), "herkomst", "optie")
    table = Table(
        *columns, title=f"{done.design.round}: waar de diagnose van uitgaat", box=SIMPLE_HEAD, title_justify="left"
    )
    for each in assumptions(done.wishes):
        table.add_row(each.name, each.value, each.source, each.option)
    out.print(table)
    for sentence in (*FIXED, REFERENCE):
        out.print(sentence, highlight=False)
    out.print()


def _print_rows(title: str, rows: list[Row]) -> None:
    table = Table(title=title, box=SIMPLE_HEAD, show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    for row in rows or [("geen", "")]:
        table.add_row(*row)
    out.print(table)


def _tests(found: Diagnosis) -> Iterator[Row]:
    yield "tests die vergelijken, en schijntests", f"{formats.count(found.pairs)} en {formats.count(found.sham)}"
    yield "geslaagde tests", _counts(found.usable)
    yield "uitnodiging, controleprofiel", _percentages(found.control)
    yield "uitnodiging, testprofiel", _percentages(found.treatment)
    if not found.unpaired:
        yield "tests waarin de profielen verschillen", _percentages(found.discordant)
    yield "gemeten nettoverschil (procentpunt)", _points(found.net)
    yield "breedte van het interval (procentpunt)", _points(found.width)


def _chances(found: Diagnosis) -> Iterator[Row]:
    test = "toets van Fisher" if found.unpaired else "mid-p-toets"
    yield from _rules("verschil gevonden", found.power, test)
    yield from _rules("gevonden terwijl er geen is", found.size, test)
    reach = formats.points(found.smallest) if found.smallest else "geen enkel"
    yield "kleinste verschil met kans 0,80 (benadering)", reach


def _rules(what: str, found: Found, test: str) -> Iterator[Row]:
    yield f"{what}: {test}", _chance(found.midp)
    yield f"{what}: geclusterd interval", _chance(found.clustered)
    yield f"{what}: interval van het rapport", _chance(found.shown)


def _judged(found: Diagnosis) -> Iterator[Row]:
    yield "te weinig gegevens voor een oordeel", formats.percent(found.marks.too_little)
    yield from _marks("", found.marks)
    yield from _marks(", markt zonder verschil", found.fair_marks)


def _marks(where: str, marks: Marks) -> Iterator[Row]:
    if marks.false:
        yield f"ten onrechte aangemerkt{where}", _chance(marks.false, 4)
    yield f"rondes waarin dat gebeurt{where}", _chance(marks.any_false, 3)
    if marks.true:
        yield f"terecht aangemerkt{where}", _chance(marks.true, 3)


def _burden(found: Diagnosis) -> Iterator[Row]:
    yield "brieven, gemiddeld en hoogste", _load(found.letters)
    yield "minuten, gemiddeld en hoogste", _load(found.minutes)
    yield "bezichtigingen, gemiddeld en hoogste", _load(found.viewings)


def _schedule(done: Rehearsal) -> Iterator[Row]:
    when = period(done)
    yield "brieven", formats.period(when.first, when.last)
    yield f"dagen, met {when.response_days} dagen om te antwoorden", formats.count(when.days)
    yield from ((wording.told(wording.REFUSALS, why), formats.count(n)) for why, n in done.plan.refusals.items())


def _drawn(done: Rehearsal) -> Iterator[Row]:
    drawn = balance(done.plan.pairs)
    yield "controleprofiel schrijft eerst", f"{drawn.control_first} van {drawn.pairs}"
    uneven = f"{drawn.variant_control} controle, {drawn.variant_treatment} test"
    yield f"scheefste briefversie ({drawn.variant})", uneven


def _hidden(found: Diagnosis) -> list[Row]:
    return [("alles", formats.percent(found.hidden_whole)), *_named(found.hidden, {}, least=0.0005)]


def _named(shares: Mapping[str, float], words: Mapping[str, str], least: float = 0.0) -> list[Row]:
    return [(words.get(name, name), formats.percent(share, 1)) for name, share in shares.items() if share > least]


def _by_mail(mail: Mail) -> list[Row]:
    counts = mail.counts
    cells = f"{counts.c11} / {counts.c10} / {counts.c01} / {counts.c00}"
    return [
        ("brieven verzonden", f"{mail.sent} van {mail.letters}"),
        ("beide / alleen controle / alleen test / geen", cells),
        *((f"niet meegeteld: {wording.told(wording.EXCLUSIONS, why)}", str(n)) for why, n in mail.excluded.items()),
        ("antwoorden die bij geen reactie pasten", str(mail.deferred)),
        ("zelfde uitkomst als in de ronde zonder mail", f"{mail.same} van {mail.predicted}"),
        ("map", str(mail.folder)),
    ]


def _chance(share: Share, digits: int = 2) -> str:
    limits = formats.span(share.low, share.high, digits, scale=1)
    return f"{formats.number(share.value, digits)} ({limits})"


def _points(spread: Spread) -> str:
    return f"{formats.number(100 * spread.median)} ({formats.span(spread.low, spread.high)})"


def _percentages(spread: Spread) -> str:
    return f"{formats.percent(spread.median)} ({formats.span(spread.low, spread.high, 0)})"


def _counts(spread: Spread) -> str:
    return f"{formats.number(spread.median, 0)} ({formats.span(spread.low, spread.high, 0, scale=1)})"


def _load(load: Load) -> str:
    return f"{formats.number(load.mean)} en {formats.number(load.most)}"
