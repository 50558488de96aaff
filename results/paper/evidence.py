"""What the researcher reads of bias, of other choices, and of the evidence per advertiser, as blocks."""

from collections.abc import Iterator

from results import formats
from results.language import _
from results.paper.blocks import Block, Table, Text
from results.paper.parts import NOTHING, card, estimated, net, small, terms
from results.reports import phrases
from results.reports.sections import words
from results.reports.sections.advertisers import AdvertiserLine, Advertisers
from results.reports.sections.bias import Bias, LowestShare
from results.statistics.bias import Choice, FactorEffect


def bias(of: Bias) -> Iterator[Block]:
    yield from card(_("Vertekening"), card(_("Vielen reacties uit?"), _dropped(of), small(_(phrases.DROPPED)), level=2))
    yield from card(_("Is de test herkend?"), _detected(of), small(_(phrases.DETECTED)), level=2)
    yield from card(_("Wat niet uit zou mogen maken"), _factors(of), small(_(phrases.FACTORS)), level=2)
    lowest = _("Hoeveel woningaanbieders maken verschil?")
    yield from card(lowest, _lowest(of.lowest), small(_(phrases.BOUNDS)), level=2)


def _dropped(of: Bias) -> Block:
    rows = tuple(
        (
            _(words.DROPPED[row.reason]),
            *(formats.count(each) for each in (row.control, row.treatment)),
            *(formats.p_value(each) for each in (row.p, row.p_holm)),
        )
        for row in words.dropped(of.attrition)
    )
    head = (_("Reden"), _("Controleprofiel"), _("Testprofiel"), _("p-waarde"), _("Gecorrigeerd (Holm)"))
    return Table(_("Reacties die uitvielen, naar profiel"), head, rows) if rows else Text(_(phrases.NOTHING_DROPPED))


def _detected(of: Bias) -> Iterator[Block]:
    asked, sent = ([formats.count(each) for each in two] for two in (of.questions, of.letters))
    yield Text(
        _(
            "De vraag of dit een test is, kwam op %(asked)s van de %(sent)s reacties van het controleprofiel "
            "en op %(asked2)s van de %(sent2)s van het testprofiel.",
            asked=asked[0],
            sent=sent[0],
            asked2=asked[1],
            sent2=sent[1],
        )
    )
    if of.detection:
        yield from estimated([of.detection], _("Aandeel tests waarin een aanbieder de test herkende"))


def _factors(of: Bias) -> Iterator[Block]:
    if of.factors:
        head = (_("Kenmerk"), _("Nettoverschil in procentpunt"), _("p-waarde"), _("Gecorrigeerd (Holm)"))
        rows = tuple(_factor(row, of) for row in of.factors)
        yield Table(_("Nettoverschil naar brief, volgorde, tussentijd en dag"), head, rows, (0, 1))
    if of.single:
        yield Text(_("Niet te vergelijken, want er is maar één waarde: %(factors)s.", factors=words.factors(of.single)))


def _factor(row: FactorEffect, of: Bias) -> tuple[str, ...]:
    nets = "; ".join(f"{words.level(row, code, of)}: {formats.number(100 * net)}" for code, net in row.nets.items())
    ps = (NOTHING if p is None else formats.p_value(p) for p in (row.p, row.p_holm))
    return (_(words.FACTORS[row.factor]), nets, *ps)


def _lowest(found: LowestShare | None) -> Iterator[Block]:
    if found is None:
        least = words.BOUNDS_ADVERTISERS
        yield Text(
            _(
                "Niet te berekenen: daarvoor zijn %(least)s woningaanbieders met twee of meer geslaagde tests nodig.",
                least=least,
            )
        )
        return
    bounds, letters = found.bounds, found.letters
    yield Text(
        _(
            "Minstens %(percent)s van de %(count)s woningaanbieders met %(letters)s of meer geslaagde tests "
            "nodigt het testprofiel minder vaak uit.",
            percent=formats.percent(bounds.share),
            count=formats.count(bounds.advertisers),
            letters=letters,
        )
    )
    head = (_("Uitnodigingen controleprofiel"), _("Uitnodigingen testprofiel"), _("Kans op nadeel is minstens"))
    rows = tuple(
        (
            _("%(count)s van %(of)s", count=control, of=letters),
            _("%(count)s van %(of)s", count=treatment, of=letters),
            formats.percent(least),
        )
        for (control, treatment), least in bounds.by_pattern.items()
    )
    yield Table(_("Ondergrens naar wat een woningaanbieder liet zien"), head, rows, ())
    yield Text(
        _(
            "De ondergrens is zelf een schatting. De tabel wijkt %(number)s af van wat het model kan maken "
            "(0 is geen afwijking, 2 de grootste); hoe groter dat is, hoe minder de ondergrens zegt.",
            number=formats.number(bounds.misfit, 3),
        )
    )


def choices(of: Bias) -> Iterator[Block]:
    head = (
        _("Keuze"), _("Tests"), _("Alleen controle"), _("Alleen test"), _("Verschil in procentpunt"),
        _("Verandering"), _("p-waarde"), _("Zelfde conclusie"),
    )  # fmt: skip
    rows = tuple(_choice(each, declared=not place) for place, each in enumerate(of.choices))
    table = Table(_("Nettoverschil bij andere keuzes"), head, rows, (0, 7))
    return card(_("Vertekening door keuzes"), table, small(_(phrases.CHOICES)))


def _choice(each: Choice, *, declared: bool) -> tuple[str, ...]:
    counts = (formats.count(many) for many in (each.counts.n, each.counts.c10, each.counts.c01))
    change = NOTHING if declared else formats.number(100 * each.change)
    same = NOTHING if declared else _("ja") if each.same_conclusion else _("nee")
    return (_(words.CHOICES[each.name]), *counts, net(each.net), change, formats.p_value(each.p), same)


def of_advertisers(found: Advertisers) -> Iterator[Block]:
    head = (
        _("Woningaanbieder"), _("Eenzijdige tests"), _("Daarvan nadeel"), _("p-waarde, exact"), _("q-waarde"),
        _("Aandeel nadeel in %, bijgesteld"), _("Kans dat er geen verschil is"), _("Groep"),
    )  # fmt: skip
    table = Table(_("Eenzijdige tests en wat zij zeggen, op naam"), head, tuple(map(_line, found.lines)))
    told = terms(words.evidence(found))
    return card(_("Hoe sterk is het bewijs per woningaanbieder?"), table, told, small(_(phrases.EVIDENCE)))


def _line(line: AdvertiserLine) -> tuple[str, ...]:
    result = line.row.result
    return (
        line.row.name,
        formats.count(result.counts.discordant),
        formats.count(result.counts.c10),
        formats.p_value(result.p),
        formats.number(result.q, 3),
        net(line.share),
        NOTHING if line.alike is None else formats.percent(line.alike),
        str(line.grade) if line.grade else NOTHING,
    )
