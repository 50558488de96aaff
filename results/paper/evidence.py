"""What the researcher reads of bias, of other choices, and of the evidence per advertiser, as blocks."""

from collections.abc import Iterator

from results import formats
from results.paper.blocks import Block, Table, Text
from results.paper.parts import NOTHING, card, estimated, net, small, terms
from results.reports import phrases
from results.reports.sections import words
from results.reports.sections.advertisers import AdvertiserLine, Advertisers
from results.reports.sections.bias import Bias, LowestShare
from results.statistics.bias import Choice, FactorEffect


def bias(of: Bias) -> Iterator[Block]:
    yield from card("Vertekening", card("Vielen reacties uit?", _dropped(of), small(phrases.DROPPED), level=2))
    yield from card("Is de test herkend?", _detected(of), small(phrases.DETECTED), level=2)
    yield from card("Wat niet uit zou mogen maken", _factors(of), small(phrases.FACTORS), level=2)
    lowest = "Hoeveel woningaanbieders maken verschil?"
    yield from card(lowest, _lowest(of.lowest), small(phrases.BOUNDS), level=2)


def _dropped(of: Bias) -> Block:
    rows = tuple(
        (
            words.DROPPED[row.reason],
            *(formats.count(each) for each in (row.control, row.treatment)),
            *(formats.p_value(each) for each in (row.p, row.p_holm)),
        )
        for row in words.dropped(of.attrition)
    )
    head = ("Reden", "Controleprofiel", "Testprofiel", "p-waarde", "Gecorrigeerd (Holm)")
    return Table("Reacties die uitvielen, naar profiel", head, rows) if rows else Text(phrases.NOTHING_DROPPED)


def _detected(of: Bias) -> Iterator[Block]:
    asked, sent = ([formats.count(each) for each in two] for two in (of.questions, of.letters))
    yield Text(
        f"De vraag of dit een test is, kwam op {asked[0]} van de {sent[0]} reacties van het controleprofiel "
        f"en op {asked[1]} van de {sent[1]} van het testprofiel."
    )
    if of.detection:
        yield from estimated([of.detection], "Aandeel tests waarin een aanbieder de test herkende")


def _factors(of: Bias) -> Iterator[Block]:
    if of.factors:
        head = ("Kenmerk", "Nettoverschil in procentpunt", "p-waarde", "Gecorrigeerd (Holm)")
        rows = tuple(_factor(row, of) for row in of.factors)
        yield Table("Nettoverschil naar brief, volgorde, tussentijd en dag", head, rows, (0, 1))
    if of.single:
        yield Text(f"Niet te vergelijken, want er is maar één waarde: {words.factors(of.single)}.")


def _factor(row: FactorEffect, of: Bias) -> tuple[str, ...]:
    nets = "; ".join(f"{words.level(row, code, of)}: {formats.number(100 * net)}" for code, net in row.nets.items())
    ps = (NOTHING if p is None else formats.p_value(p) for p in (row.p, row.p_holm))
    return (words.FACTORS[row.factor], nets, *ps)


def _lowest(found: LowestShare | None) -> Iterator[Block]:
    if found is None:
        needed = f"daarvoor zijn {words.BOUNDS_ADVERTISERS} woningaanbieders met twee of meer geslaagde tests nodig"
        yield Text(f"Niet te berekenen: {needed}.")
        return
    bounds, letters = found.bounds, found.letters
    yield Text(
        f"Minstens {formats.percent(bounds.share)} van de {formats.count(bounds.advertisers)} woningaanbieders met "
        f"{letters} of meer geslaagde tests nodigt het testprofiel minder vaak uit."
    )
    head = ("Uitnodigingen controleprofiel", "Uitnodigingen testprofiel", "Kans op nadeel is minstens")
    rows = tuple(
        (f"{control} van {letters}", f"{treatment} van {letters}", formats.percent(least))
        for (control, treatment), least in bounds.by_pattern.items()
    )
    yield Table("Ondergrens naar wat een woningaanbieder liet zien", head, rows, ())
    yield Text(
        f"De ondergrens is zelf een schatting. De tabel wijkt {formats.number(bounds.misfit, 3)} af van wat het model "
        "kan maken (0 is geen afwijking, 2 de grootste); hoe groter dat is, hoe minder de ondergrens zegt."
    )


def choices(of: Bias) -> Iterator[Block]:
    head = (
        "Keuze", "Tests", "Alleen controle", "Alleen test", "Verschil in procentpunt", "Verandering", "p-waarde",
        "Zelfde conclusie",
    )  # fmt: skip
    rows = tuple(_choice(each, declared=not place) for place, each in enumerate(of.choices))
    table = Table("Nettoverschil bij andere keuzes", head, rows, (0, 7))
    return card("Vertekening door keuzes", table, small(phrases.CHOICES))


def _choice(each: Choice, *, declared: bool) -> tuple[str, ...]:
    counts = (formats.count(many) for many in (each.counts.n, each.counts.c10, each.counts.c01))
    change = NOTHING if declared else formats.number(100 * each.change)
    same = NOTHING if declared else "ja" if each.same_conclusion else "nee"
    return (words.CHOICES[each.name], *counts, net(each.net), change, formats.p_value(each.p), same)


def of_advertisers(found: Advertisers) -> Iterator[Block]:
    head = (
        "Woningaanbieder", "Eenzijdige tests", "Daarvan nadeel", "p-waarde, exact", "q-waarde",
        "Aandeel nadeel in %, bijgesteld", "Kans dat er geen verschil is", "Groep",
    )  # fmt: skip
    table = Table("Eenzijdige tests en wat zij zeggen, op naam", head, tuple(map(_line, found.lines)))
    told = terms(words.evidence(found))
    return card("Hoe sterk is het bewijs per woningaanbieder?", table, told, small(phrases.EVIDENCE))


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
