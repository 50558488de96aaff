"""A report told as blocks, in the order and the words of its page."""

from collections.abc import Iterator, Sequence

from results import disclosure, formats
from results.language import _, written_in
from results.own_service import Said, Service
from results.paper import researcher
from results.paper.blocks import Block, Heading, Items, Paper, Table, Text
from results.paper.common import groups, looks, what_it_says, work
from results.paper.parts import (
    NOTHING,
    Told,
    alert,
    amounts,
    before_after,
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
    with written_in(report.language):
        return _paper(report)


def _paper(report: Report) -> Paper:
    return Paper(
        title=report.title,
        subtitle=_("%(study)s · ronde %(round)s", study=report.study, round=report.round),
        author=report.commissioner,
        footer=_(
            "Praktijktest · %(commissioner)s · onderzoeksopzet versie %(version)s, vingerafdruk %(digest)s",
            commissioner=report.commissioner,
            version=report.version,
            digest=report.digest[:12],
        ),
        moment=report.moment,
        blocks=tuple(flat(_told(report))),
        language=report.language,
        seal=report.seal,
    )


def _told(report: Report) -> Iterator[Told]:
    yield alert("", report.watermark)
    yield finding(report.finding)
    yield alert(_("Let op."), report.interim)
    yield alert(_("Het bekende antwoord."), report.truth)
    yield _figures(report)
    yield card(_("Waar deze cijfers vandaan komen"), terms(report.provenance))


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
        yield from card(_("Wat er per test gebeurde"), four_cells(body.cells, _("Geslaagde tests")))
        yield from groups(body)
    if body.cells and body.districts:
        districts = intervals(body.districts, _(phrases.NET), _("Wijk"))
        yield from card(_("Verschil per wijk"), districts, small(_(phrases.DISTRICTS)), small(_(phrases.SUPPRESSED)))
    yield from what_it_says()
    yield from card(_("Zo leest u dit rapport"), terms(report.meaning))
    yield from card(_("Tests die niet meetellen"), _exclusions(body))
    yield from card(_("Belasting voor woningaanbieders"), terms(body.burden))


def _exclusions(body: Municipality | Unpaired) -> Block:
    none = _(phrases.FEW_EXCLUDED) if body.few_excluded else _(phrases.NONE_EXCLUDED)
    return amounts(body.exclusions, _("Uitgesloten tests"), _("Reden"), none)


def _broker(report: Report, body: Broker) -> Iterator[Block]:
    if body.cells:
        heading = _("U en de andere makelaars") if body.band else _("Uw uitkomst")
        yield from card(heading, _compared_to_others(body), small(_(phrases.BAND) if body.band else _(phrases.NO_BAND)))
        own = four_cells(body.cells, _("Geslaagde tests bij u"))
        yield from card(_("Uw tests"), own, small(_(phrases.ONE_SIDED)), terms(report.meaning))
    yield from before_after(body.retest)
    yield from card(_("Hoe u de kandidaten te woord stond"), _service(body.service))
    yield from card(
        _("Drie stappen die werken"), Items(tuple((_(step), _(how)) for step, how in phrases.STEPS), numbered=True)
    )
    yield from card(_("Vertrouwelijk"), Text(_(phrases.FOR_YOU_ALONE)), Text(_(phrases.NOBODY_NAMED)))
    answer = _(phrases.DISPUTE).format(study=report.study, commissioner=report.commissioner, round=report.round)
    yield from card(_("Reageren of een cijfer betwisten"), Text(answer))


def _service(of: Service | None) -> Iterator[Block]:
    if of is None:
        least = formats.count(disclosure.BROKER_SERVICE_LEAST_PAIRS)
        yield Text(_(phrases.SERVICE_HIDDEN).format(least=least))
        return
    arms = (of.control, of.treatment)
    hours = (NOTHING if each.hours is None else formats.number(each.hours) for each in arms)
    rows = (
        (_("Kreeg antwoord"), *(formats.count(each.answers) for each in arms)),
        (_("Uren tot het antwoord (de middelste)"), *hours),
    )
    caption = _("Antwoorden van een mens in uw %(tests)s geslaagde tests", tests=formats.count(of.tests))
    yield Table(caption, (_("Wat"), _("Controleprofiel"), _("Testprofiel")), rows)
    yield from _said(_("Vragen en voorwaarden"), of.asked, _(phrases.NOTHING_ASKED))
    yield from _said(_("Redenen om af te wijzen"), of.reasons, _(phrases.NO_REASONS))
    yield small(_(phrases.SERVICE_SMALL))


def _said(heading: str, rows: Sequence[Said], empty: str) -> Iterator[Block]:
    yield Heading(heading, 2)
    if not rows:
        yield Text(empty)
        return
    told = tuple((_(each.meaning), formats.count(each.control), formats.count(each.treatment)) for each in rows)
    head = (_("Antwoord"), _("Controleprofiel"), _("Testprofiel"))
    caption = _("%(what)s: in hoeveel tests een kandidaat dit te horen kreeg", what=heading)
    yield Table(caption, head, told)


def _compared_to_others(body: Broker) -> Iterator[Block]:
    if body.strip and body.estimate:
        own, band = body.estimate, body.band
        legend = [
            _("U: %(points)s (%(span)s)", points=formats.points(own.value, 0), span=formats.span(own.low, own.high, 0))
        ]
        if band:
            legend.append(_("Middelste makelaar (mediaan): %(points)s", points=formats.points(band.median, 0)))
            half = _(
                "Middelste helft van %(count)s makelaars: %(span)s procentpunt",
                count=formats.count(band.brokers),
                span=formats.span(band.low, band.high, 0),
            )
            legend.append(half)
        yield Text(_(phrases.STRIP))
        yield strip(body.strip, legend)
        yield items(legend)


def _unpaired(report: Report, body: Unpaired) -> Iterator[Block]:
    yield from tiles(body.tiles)
    if body.groups:
        rows = tuple((each.name, formats.count(each.invited), formats.count(each.n), each.rate) for each in body.groups)
        head = (_("Namen"), _("Uitnodigingen"), _("Advertenties"), _("Aandeel"))
        table = Table(_("Geslaagde tests: op elke advertentie schreef één kandidaat"), head, rows)
        yield from card(_("Hoe vaak elk profiel werd uitgenodigd"), table, terms(report.meaning))
    for compared in body.compared:
        yield from card(
            _("Schattingen: %(name)s", name=compared.name), _comparison(compared), small(_(phrases.UNPAIRED_WIDER))
        )
    yield from card(_("Tests die niet meetellen"), _exclusions(body), _refusals(body) if body.refusals else ())
    yield from what_it_says()
    if body.coding:
        yield from card(_("Codering van de antwoorden"), terms(body.coding))
    yield from card(_("Belasting voor woningaanbieders"), terms(body.burden))


def _comparison(compared: Compared) -> Iterator[Block]:
    yield estimates(compared.estimates, _("Het controleprofiel tegen: %(name)s", name=compared.name))
    yield from judged(
        compared.tests, _("Toetsen: is de kans op een uitnodiging voor beide even groot?"), statistic=False
    )


def _hidden(report: Report, body: Hidden) -> Iterator[Block]:
    yield from tiles(body.tiles)
    yield from looks(report.looks)
    yield from card(_("Wat de ronde vergelijkt"), terms(report.meaning))
    yield from card(_("Advertenties die niet getest zijn"), _refusals(body, "Niet getest"))
    yield from work(body)


def _refusals(body: Hidden | Unpaired, caption: str = "Advertenties die niet getest zijn") -> Block:
    none = _("Alle advertenties konden worden getest.")
    return amounts(body.refusals, _(caption), _("Reden van uitsluiting"), none)
