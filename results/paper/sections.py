"""What the researcher reads of answers, answer times and noise, as blocks."""

from collections.abc import Iterator

from results import formats
from results.language import _
from results.paper.blocks import Block, Table, Text
from results.paper.parts import absent, alert, card, estimated, judged, net, small
from results.reports import phrases
from results.reports.sections import Sections, words
from results.reports.sections.answers import Classes
from results.reports.sections.times import ArmTimes, Times, Waiting
from results.reports.values import Researcher
from results.statistics.noise import Noise


def answers(found: Sections) -> Iterator[Block]:
    return card(_("Meer dan wel of geen uitnodiging"), map(_classes, found.answers), small(_(phrases.ANSWERS)))


def _classes(each: Classes) -> Iterator[Block]:
    names = {code: _(name) for code, name in words.CLASSES[each.of].items()}
    title = _(words.CLASS_TABLES[each.of])
    head = (_("Controle \\ test"), *(names[code] for code in each.classes), _("Samen"))
    rows = tuple(
        (names[code], *map(formats.count, cells), formats.count(sum(cells)))
        for code, cells in zip(each.classes, each.table, strict=True)
    )
    table = Table(_("%(title)s: controleprofiel in de rijen, testprofiel in de kolommen", title=title), head, rows)
    asked = _("%(title)s: kregen beide profielen elke klasse even vaak?", title=title)
    shown = estimated(each.estimates, _("%(title)s: verschil in gemiddelde", title=title))
    yield from card(title, table, shown, judged(words.test_rows(each.tests), asked), absent(each.absent), level=2)


def times(found: Sections) -> Iterator[Block]:
    told = _times(found.times) if found.times else [Text(_(phrases.NO_TIMES))]
    return card(_("Antwoordtijden"), told, small(_(phrases.TIMES)))


def _times(of: Times) -> Iterator[Block]:
    yield _curve(of)
    head = (_("Profiel"), _("Antwoorden"), _("Reacties"), _("Mediaan in uren"), _("Interval"))
    rows = tuple(_median(arm) for arm in of.arms)
    yield Table(_("Mediaan: na zo veel uur had de helft een antwoord"), head, rows)
    hazard = of.hazard
    first = (
        (_("Controleprofiel sneller"), hazard.control_first),
        (_("Testprofiel sneller"), hazard.treatment_first),
        (_("Even snel"), hazard.tied),
        (_("Geen van beide kreeg antwoord"), hazard.neither),
    )
    counted = tuple((name, formats.count(many)) for name, many in first)
    yield Table(_("Wie binnen een test het eerst antwoord kreeg"), (_("Uitkomst"), _("Tests")), counted)
    yield from estimated([hazard.hazard_ratio], _("Snelheid van het antwoord, binnen de test vergeleken"))
    asked = _("Krijgt het ene profiel even vaak als eerste antwoord als het andere?")
    yield from judged(words.test_rows(of.tests), asked)
    faults = ", ".join(of.clock_faults)
    told = _(
        "Een antwoord van vóór de reactie kan niet. Deze advertenties tellen in dit onderdeel niet mee: %(faults)s.",
        faults=faults,
    )
    yield from alert(_("Klokfout."), told if faults else None)


def _curve(of: Times) -> Table:
    arms = [name for arm in of.arms for name in (_("%(name)s, in %%", name=_(words.ARMS[arm.arm])), _("Wacht nog"))]
    rows = tuple(
        (words.within(each[0].hours), *(text for at in each for text in _waiting(at)))
        for each in zip(*(arm.curve for arm in of.arms), strict=True)
    )
    return Table(_("Reacties die al een antwoord hadden"), (_("Na"), *arms), rows)


def _waiting(at: Waiting) -> tuple[str, str]:
    return f"{formats.number(100 * at.answered)} ({formats.span(at.low, at.high)})", formats.count(at.at_risk)


def _median(arm: ArmTimes) -> tuple[str, ...]:
    reached = _("niet bereikt") if arm.median.value is None else formats.number(arm.median.value)
    counted = (formats.count(arm.answers), formats.count(arm.letters))
    return (_(words.ARMS[arm.arm]), *counted, reached, words.hours(arm.median))


def noise(body: Researcher) -> Iterator[Block]:
    found = body.sections.noise if body.sections else None
    told = _noise(found) if found else ()
    return card(_("Ruis: hoeveel verschil geeft toeval?"), Text(body.sham), told)


def _noise(of: Noise) -> Iterator[Block]:
    rows = (
        (_("Geslaagde tests"), formats.count(of.real.n), formats.count(of.sham.n)),
        (_("Nettoverschil in procentpunt"), net(of.net), net(of.sham_net)),
        (_("Tests waarin één van beide een uitnodiging kreeg, in %"), net(of.real), net(of.sham)),
    )
    yield Table(_("Echte tests naast schijntests"), (_("Wat"), _("Echte tests"), _("Schijntests")), rows)
    yield from estimated([of.random, of.beyond, of.gross_beyond], _("Wat er boven toeval uitkomt"))
    yield small(_(phrases.NOISE))
