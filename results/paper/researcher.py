"""The researcher's report as blocks: the headline, and the order of everything else."""

from collections.abc import Iterator

from results import disclosure, formats
from results.language import _
from results.paper import evidence, sections
from results.paper.blocks import Block, Heading, Table, Text
from results.paper.common import groups, looks, what_it_says, work
from results.paper.parts import (
    absent,
    amounts,
    before_after,
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


def told(report: Report, body: Researcher) -> Iterator[Block]:
    found = body.sections
    yield from tiles(body.tiles)
    yield from _counts(report, body)
    yield from looks(report.looks)
    yield from groups(body)
    yield from before_after(body.retest)
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
    shown = four_cells(body.cells, _("Geslaagde tests, zonder schijntests"), codes=True)
    yield from card(_("Wat er per test gebeurde"), shown, terms(report.meaning))
    excluded = amounts(body.exclusions, _("Uitgesloten tests"), _("Reden"), _(phrases.NONE_EXCLUDED))
    waiting = [Text(_("Nog niet klaar: %(count)s.", count=formats.count(body.open_pairs)))] if body.open_pairs else []
    reason, none = _("Reden van uitsluiting"), _("Alle advertenties konden worden getest.")
    refused = amounts(body.refusals, _("Advertenties die niet getest zijn"), reason, none)
    yield from card(_("Tests die niet meetellen"), excluded, waiting, refused)


def _districts(body: Researcher) -> Iterator[Block]:
    shown = intervals(body.districts, _(phrases.NET), _("Wijk"))
    yield from card(_("Verschil per wijk"), shown, small(_(phrases.DISTRICTS_ALL)))
    if body.sections and body.sections.splits:
        yield from card(_("Delen van de ronde getoetst"), map(_split, body.sections.splits), small(_(phrases.SPLITS)))


def _split(split: Split) -> Iterator[Block]:
    name, correction = _(words.SPLITS[split.by]), "Holm" if split.declared else "Benjamini-Hochberg"
    head = (
        name,
        _("Tests"),
        _("Alleen controle"),
        _("Alleen test"),
        _("Verschil in procentpunt"),
        _("p-waarde"),
        _("Gecorrigeerd"),
    )
    rows = tuple(
        (
            group.name,
            *(formats.count(each) for each in (group.counts.n, group.counts.c10, group.counts.c01)),
            net(group.estimates[0]),
            *(formats.p_value(test.p) for test in group.tests[:2]),
        )
        for group in split.groups
    )
    yield Heading(f"{name}: {_('opgegeven') if split.declared else _('verkennend')}", level=2)
    yield Table(
        _("%(name)s: p-waarden per deel, gecorrigeerd met %(correction)s", name=name, correction=correction), head, rows
    )
    yield from estimated(split.estimates, _("%(name)s: over alle delen samen", name=name))
    yield from judged(words.homogeneity(split.tests), _("%(name)s: is het verschil in elk deel even groot?", name=name))
    yield from absent(split.absent)


def _estimates(body: Researcher) -> Iterator[Block]:
    if not body.estimates:
        yield from card(_("Schattingen"), Text(_(phrases.ESTIMATES)), Text(_(phrases.NO_ESTIMATES)))
    else:
        level = formats.percent(body.districts.level)
        main = estimates(body.estimates, _("Schattingen met %(level)s-interval", level=level))
        further = estimates(body.further, _("Schattingen met andere intervalmethoden"))
        other = card(_("Hetzelfde met andere methoden"), further, level=2)
        yield from card(_("Schattingen"), Text(_(phrases.ESTIMATES)), main, small(_(phrases.WIDER)), other)
    if body.tests:
        caption = _("Tweezijdige toetsen: krijgt het ene profiel even vaak voorrang als het andere?")
        yield from card(_("Toetsen"), judged(body.tests, caption), small(_(phrases.TESTS)))


def _order(body: Researcher) -> Iterator[Block]:
    head = (
        _("Volgorde"),
        _("Tests"),
        _("Beide"),
        _("Alleen controle"),
        _("Alleen test"),
        _("Geen"),
        _("Verschil in procentpunt"),
    )
    rows = tuple((row.name, *cells(row.counts), net(row.estimate)) for row in body.orders)
    table = Table(_("Tests naar wie het eerst reageerde"), head, rows)
    yield from card(_("Volgorde van de reacties"), table, _order_tested(body.sections))


def _order_tested(found: Sections | None) -> Iterator[Block]:
    if found:
        yield from estimated(found.order.estimates, _("Profiel en volgorde uit elkaar gehaald"))
        yield from judged(words.test_rows(found.order.tests), _("Maakt het uit wie het eerst schreef?"))
        yield from absent(found.order.absent)
        yield small(_(phrases.ORDER))


def _advertisers(body: Researcher) -> Iterator[Block]:
    head = (
        _("Woningaanbieder"), _("Soort"), _("Tests"), _("Beide"), _("Alleen controle"), _("Alleen test"), _("Geen"),
        _("Verschil in procentpunt"), _("Uitspraak"),
    )  # fmt: skip
    rows = tuple(
        (row.name, row.kind, *cells(row.result.counts), net(row.estimate), _verdict(row)) for row in body.advertisers
    )
    table = Table(_("Geslaagde tests per woningaanbieder, op naam"), head, rows, (0, 1, 8))
    yield from card(_("Per woningaanbieder"), Text(_(phrases.ADVERTISERS)), table, small(_(phrases.ADVERTISERS_P)))


def _verdict(row: AdvertiserRow) -> str:
    said = words.verdict(row.result)
    if disclosure.broker_verdict(row.result.counts):
        return said
    return f"{said} ({formats.p_value(row.result.p_adjusted)})"
