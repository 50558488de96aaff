"""A report told as blocks, in the order and the words of its page."""

from collections.abc import Iterator

from results import formats
from results.paper import researcher
from results.paper.blocks import Block, Items, Paper, Table, Text
from results.paper.common import groups, looks, what_it_says, work
from results.paper.parts import (
    Told,
    alert,
    amounts,
    card,
    estimates,
    finding,
    flat,
    four_cells,
    intervals,
    items,
    judged,
    small,
    strip,
    terms,
    tiles,
)
from results.reports import phrases
from results.reports.values import Broker, Compared, Hidden, Municipality, Report, Researcher, Unpaired


def paper_of(report: Report) -> Paper:
    """The whole report for a reader on paper: nothing that its page does not say, and nothing less."""
    return Paper(
        title=report.title,
        subtitle=f"{report.study} · ronde {report.round}",
        author=report.commissioner,
        footer=f"Praktijktest · {report.commissioner} · onderzoeksopzet versie {report.version}, "
        f"vingerafdruk {report.digest[:12]}",
        moment=report.moment,
        blocks=tuple(flat(_told(report))),
    )


def _told(report: Report) -> Iterator[Told]:
    yield alert("", report.watermark)
    yield finding(report.finding)
    yield alert("Let op.", report.interim)
    yield alert("Het bekende antwoord.", report.truth)
    yield _figures(report)
    yield card("Waar deze cijfers vandaan komen", terms(report.provenance))


def _figures(report: Report) -> Iterator[Block]:
    match report.body:
        case Researcher() as body:
            return researcher.told(report, body)
        case Municipality() as body:
            return _municipality(report, body)
        case Broker() as body:
            return _broker(report, body)
        case Unpaired() as body:
            return _unpaired(report, body)
        case Hidden() as body:
            return _hidden(report, body)


def _municipality(report: Report, body: Municipality) -> Iterator[Block]:
    if body.cells:
        yield from tiles(body.tiles)
        yield from card("Wat er per test gebeurde", four_cells(body.cells, "Geslaagde tests"))
        yield from groups(body)
    if body.cells and body.districts:
        districts = intervals(body.districts, phrases.NET, "Wijk")
        yield from card("Verschil per wijk", districts, small(phrases.DISTRICTS), small(phrases.SUPPRESSED))
    yield from what_it_says()
    yield from card("Zo leest u dit rapport", terms(report.meaning))
    yield from card("Tests die niet meetellen", _exclusions(body))
    yield from card("Belasting voor woningaanbieders", terms(body.burden))


def _exclusions(body: Municipality | Unpaired) -> Block:
    none = phrases.FEW_EXCLUDED if body.few_excluded else phrases.NONE_EXCLUDED
    return amounts(body.exclusions, "Uitgesloten tests", "Reden", none)


def _broker(report: Report, body: Broker) -> Iterator[Block]:
    if body.cells:
        heading = "U en de andere makelaars" if body.band else "Uw uitkomst"
        yield from card(heading, _compared_to_others(body), small(phrases.BAND if body.band else phrases.NO_BAND))
        own = four_cells(body.cells, "Geslaagde tests bij u")
        yield from card("Uw tests", own, small(phrases.ONE_SIDED), terms(report.meaning))
    yield from card("Drie stappen die werken", Items(phrases.STEPS, numbered=True))
    yield from card("Vertrouwelijk", Text(phrases.FOR_YOU_ALONE), Text(phrases.NOBODY_NAMED))
    answer = phrases.DISPUTE.format(study=report.study, commissioner=report.commissioner, round=report.round)
    yield from card("Reageren of een cijfer betwisten", Text(answer))


def _compared_to_others(body: Broker) -> Iterator[Block]:
    if body.strip and body.estimate:
        own, band = body.estimate, body.band
        legend = [f"U: {formats.points(own.value, 0)} ({formats.span(own.low, own.high, 0)})"]
        if band:
            legend.append(f"Middelste makelaar (mediaan): {formats.points(band.median, 0)}")
            half = f"Middelste helft van {formats.count(band.brokers)} makelaars"
            legend.append(f"{half}: {formats.span(band.low, band.high, 0)} procentpunt")
        yield Text(phrases.STRIP)
        yield strip(body.strip, legend)
        yield items(legend)


def _unpaired(report: Report, body: Unpaired) -> Iterator[Block]:
    yield from tiles(body.tiles)
    if body.groups:
        rows = tuple((each.name, formats.count(each.invited), formats.count(each.n), each.rate) for each in body.groups)
        head = ("Namen", "Uitnodigingen", "Advertenties", "Aandeel")
        table = Table("Geslaagde tests: op elke advertentie schreef één kandidaat", head, rows)
        yield from card("Hoe vaak elk profiel werd uitgenodigd", table, terms(report.meaning))
    for compared in body.compared:
        yield from card(f"Schattingen: {compared.name}", _comparison(compared), small(phrases.UNPAIRED_WIDER))
    yield from card("Tests die niet meetellen", _exclusions(body), _refusals(body) if body.refusals else ())
    yield from what_it_says()
    if body.coding:
        yield from card("Codering van de antwoorden", terms(body.coding))
    yield from card("Belasting voor woningaanbieders", terms(body.burden))


def _comparison(compared: Compared) -> Iterator[Block]:
    yield estimates(compared.estimates, f"Het controleprofiel tegen: {compared.name}")
    yield from judged(compared.tests, "Toetsen: is de kans op een uitnodiging voor beide even groot?", statistic=False)


def _hidden(report: Report, body: Hidden) -> Iterator[Block]:
    yield from tiles(body.tiles)
    yield from looks(report.looks)
    yield from card("Wat de ronde vergelijkt", terms(report.meaning))
    yield from card("Advertenties die niet getest zijn", _refusals(body, "Niet getest"))
    yield from work(body)


def _refusals(body: Hidden | Unpaired, caption: str = "Advertenties die niet getest zijn") -> Block:
    return amounts(body.refusals, caption, "Reden van uitsluiting", "Alle advertenties konden worden getest.")
