"""The researcher's report as blocks: the headline, and the order of everything else."""

from collections.abc import Iterator

from results import disclosure, formats
from results.paper import evidence, sections
from results.paper.blocks import Block, Heading, Table, Text
from results.paper.common import groups, looks, what_it_says, work
from results.paper.parts import (
    absent,
    amounts,
    card,
    cells,
    estimated,
    estimates,
    four_cells,
    intervals,
    judged,
    net,
    small,
    terms,
    tiles,
)
from results.reports import phrases
from results.reports.sections import Sections, words
from results.reports.sections.strata import Split
from results.reports.values import AdvertiserRow, Report, Researcher
from results.statistics.advertiser import sentence


def told(report: Report, body: Researcher) -> Iterator[Block]:
    found = body.sections
    yield from tiles(body.tiles)
    yield from _counts(report, body)
    yield from looks(report.looks)
    yield from groups(body)
    yield from _districts(body)
    yield from _estimates(body)
    if found:
        yield from sections.answers(found)
        yield from sections.times(found)
    yield from _order(body)
    yield from sections.noise(body)
    if found:
        yield from evidence.bias(found.bias)
        yield from evidence.choices(found.bias)
    yield from _advertisers(body)
    if found:
        yield from evidence.of_advertisers(found.advertisers)
    yield from work(body)
    yield from what_it_says()


def _counts(report: Report, body: Researcher) -> Iterator[Block]:
    shown = four_cells(body.cells, "Geslaagde tests, zonder schijntests", codes=True)
    yield from card("Wat er per test gebeurde", shown, terms(report.meaning))
    excluded = amounts(body.exclusions, "Uitgesloten tests", "Reden", phrases.NONE_EXCLUDED)
    waiting = [Text(f"Nog niet klaar: {formats.count(body.open_pairs)}.")] if body.open_pairs else []
    reason, none = "Reden van uitsluiting", "Alle advertenties konden worden getest."
    refused = amounts(body.refusals, "Advertenties die niet getest zijn", reason, none)
    yield from card("Tests die niet meetellen", excluded, waiting, refused)


def _districts(body: Researcher) -> Iterator[Block]:
    shown = intervals(body.districts, phrases.NET, "Wijk")
    yield from card("Verschil per wijk", shown, small(phrases.DISTRICTS_ALL))
    if body.sections and body.sections.splits:
        yield from card("Delen van de ronde getoetst", map(_split, body.sections.splits), small(phrases.SPLITS))


def _split(split: Split) -> Iterator[Block]:
    name, correction = words.SPLITS[split.by], "Holm" if split.declared else "Benjamini-Hochberg"
    head = (name, "Tests", "Alleen controle", "Alleen test", "Verschil in procentpunt", "p-waarde", "Gecorrigeerd")
    rows = tuple(
        (
            group.name,
            *(formats.count(each) for each in (group.counts.n, group.counts.c10, group.counts.c01)),
            net(group.estimates[0]),
            *(formats.p_value(test.p) for test in group.tests[:2]),
        )
        for group in split.groups
    )
    yield Heading(f"{name}: {'opgegeven' if split.declared else 'verkennend'}", level=2)
    yield Table(f"{name}: p-waarden per deel, gecorrigeerd met {correction}", head, rows)
    yield from estimated(split.estimates, f"{name}: over alle delen samen")
    yield from judged(words.homogeneity(split.tests), f"{name}: is het verschil in elk deel even groot?")
    yield from absent(split.absent)


def _estimates(body: Researcher) -> Iterator[Block]:
    if not body.estimates:
        yield from card("Schattingen", Text(phrases.ESTIMATES), Text(phrases.NO_ESTIMATES))
    else:
        level = formats.percent(body.districts.level)
        main = estimates(body.estimates, f"Schattingen met {level}-interval")
        further = estimates(body.further, "Schattingen met andere intervalmethoden")
        other = card("Hetzelfde met andere methoden", further, level=2)
        yield from card("Schattingen", Text(phrases.ESTIMATES), main, small(phrases.WIDER), other)
    if body.tests:
        caption = "Tweezijdige toetsen: krijgt het ene profiel even vaak voorrang als het andere?"
        yield from card("Toetsen", judged(body.tests, caption), small(phrases.TESTS))


def _order(body: Researcher) -> Iterator[Block]:
    head = ("Volgorde", "Tests", "Beide", "Alleen controle", "Alleen test", "Geen", "Verschil in procentpunt")
    rows = tuple((row.name, *cells(row.counts), net(row.estimate)) for row in body.orders)
    table = Table("Tests naar wie het eerst reageerde", head, rows)
    yield from card("Volgorde van de reacties", table, _order_tested(body.sections))


def _order_tested(found: Sections | None) -> Iterator[Block]:
    if found:
        yield from estimated(found.order.estimates, "Profiel en volgorde uit elkaar gehaald")
        yield from judged(words.test_rows(found.order.tests), "Maakt het uit wie het eerst schreef?")
        yield from absent(found.order.absent)
        yield small(phrases.ORDER)


def _advertisers(body: Researcher) -> Iterator[Block]:
    head = (
        "Woningaanbieder", "Soort", "Tests", "Beide", "Alleen controle", "Alleen test", "Geen",
        "Verschil in procentpunt", "Uitspraak",
    )  # fmt: skip
    rows = tuple(
        (row.name, row.kind, *cells(row.result.counts), net(row.estimate), _verdict(row)) for row in body.advertisers
    )
    table = Table("Geslaagde tests per woningaanbieder, op naam", head, rows, (0, 1, 8))
    yield from card("Per woningaanbieder", Text(phrases.ADVERTISERS), table, small(phrases.ADVERTISERS_P))


def _verdict(row: AdvertiserRow) -> str:
    said = sentence(row.result)
    if disclosure.broker_verdict(row.result.counts):
        return said
    return f"{said} ({formats.p_value(row.result.p_adjusted)})"
