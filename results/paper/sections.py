"""What the researcher reads of answers, answer times and noise, as blocks."""

from collections.abc import Iterator

from results import formats
from results.paper.blocks import Block, Table, Text
from results.paper.parts import absent, alert, card, estimated, judged, net, small
from results.reports import phrases
from results.reports.sections import Sections, words
from results.reports.sections.answers import Classes
from results.reports.sections.times import ArmTimes, Times, Waiting
from results.reports.values import Researcher
from results.statistics.noise import Noise


def answers(found: Sections) -> Iterator[Block]:
    return card("Meer dan wel of geen uitnodiging", map(_classes, found.answers), small(phrases.ANSWERS))


def _classes(each: Classes) -> Iterator[Block]:
    names, title = words.CLASSES[each.of], words.CLASS_TABLES[each.of]
    head = ("Controle \\ test", *(names[code] for code in each.classes), "Samen")
    rows = tuple(
        (names[code], *map(formats.count, cells), formats.count(sum(cells)))
        for code, cells in zip(each.classes, each.table, strict=True)
    )
    table = Table(f"{title}: controleprofiel in de rijen, testprofiel in de kolommen", head, rows)
    asked = f"{title}: kregen beide profielen elke klasse even vaak?"
    shown = estimated(each.estimates, f"{title}: verschil in gemiddelde")
    yield from card(title, table, shown, judged(words.test_rows(each.tests), asked), absent(each.absent), level=2)


def times(found: Sections) -> Iterator[Block]:
    told = _times(found.times) if found.times else [Text(phrases.NO_TIMES)]
    return card("Antwoordtijden", told, small(phrases.TIMES))


def _times(of: Times) -> Iterator[Block]:
    yield _curve(of)
    head = ("Profiel", "Antwoorden", "Reacties", "Mediaan in uren", "Interval")
    rows = tuple(_median(arm) for arm in of.arms)
    yield Table("Mediaan: na zo veel uur had de helft een antwoord", head, rows)
    hazard = of.hazard
    first = (
        ("Controleprofiel sneller", hazard.control_first),
        ("Testprofiel sneller", hazard.treatment_first),
        ("Even snel", hazard.tied),
        ("Geen van beide kreeg antwoord", hazard.neither),
    )
    counted = tuple((name, formats.count(many)) for name, many in first)
    yield Table("Wie binnen een test het eerst antwoord kreeg", ("Uitkomst", "Tests"), counted)
    yield from estimated([hazard.hazard_ratio], "Snelheid van het antwoord, binnen de test vergeleken")
    asked = "Krijgt het ene profiel even vaak als eerste antwoord als het andere?"
    yield from judged(words.test_rows(of.tests), asked)
    faults = ", ".join(of.clock_faults)
    told = f"Een antwoord van vóór de reactie kan niet. Deze advertenties tellen in dit onderdeel niet mee: {faults}."
    yield from alert("Klokfout.", told if faults else None)


def _curve(of: Times) -> Table:
    arms = [name for arm in of.arms for name in (f"{words.ARMS[arm.arm]}, in %", "Wacht nog")]
    rows = tuple(
        (words.within(each[0].hours), *(text for at in each for text in _waiting(at)))
        for each in zip(*(arm.curve for arm in of.arms), strict=True)
    )
    return Table("Reacties die al een antwoord hadden", ("Na", *arms), rows)


def _waiting(at: Waiting) -> tuple[str, str]:
    return f"{formats.number(100 * at.answered)} ({formats.span(at.low, at.high)})", formats.count(at.at_risk)


def _median(arm: ArmTimes) -> tuple[str, ...]:
    reached = "niet bereikt" if arm.median.value is None else formats.number(arm.median.value)
    counted = (formats.count(arm.answers), formats.count(arm.letters))
    return (words.ARMS[arm.arm], *counted, reached, words.hours(arm.median))


def noise(body: Researcher) -> Iterator[Block]:
    found = body.sections.noise if body.sections else None
    told = _noise(found) if found else ()
    return card("Ruis: hoeveel verschil geeft toeval?", Text(body.sham), told)


def _noise(of: Noise) -> Iterator[Block]:
    rows = (
        ("Geslaagde tests", formats.count(of.real.n), formats.count(of.sham.n)),
        ("Nettoverschil in procentpunt", net(of.net), net(of.sham_net)),
        ("Tests waarin één van beide een uitnodiging kreeg, in %", net(of.real), net(of.sham)),
    )
    yield Table("Echte tests naast schijntests", ("Wat", "Echte tests", "Schijntests"), rows)
    yield from estimated([of.random, of.beyond, of.gross_beyond], "Wat er boven toeval uitkomt")
    yield small(phrases.NOISE)
