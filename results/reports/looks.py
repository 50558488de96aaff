"""What a report says of the looks of a round, and of a round whose numbers are hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from orchestrator.states import RoundState
from results import disclosure, formats, tables
from results import looks as declared_looks
from results.language import _
from results.looks import Judged, Look, RoundLooks
from results.reports import figures
from results.reports.values import Direction, Finding, LookRow, LooksTold, Tile
from results.statistics import Estimate
from results.statistics.looks import Shape
from results.tables import RoundTable

NOTHING = "–"
SHAPES = {Shape.OBRIEN_FLEMING: "O'Brien-Fleming (streng aan het begin)", Shape.POCOCK: "Pocock (nagenoeg gelijk)"}
SETTLED = (RoundState.CLOSED, RoundState.RELEASED)
WHY = (
    "Wie tussendoor naar verschillen kijkt, stopt of verandert te gemakkelijk bij een toevallige stand. Daarom ziet "
    "niemand ze zolang een ronde niet is gesloten, ook de onderzoeker niet."
)


# --- while the numbers are hidden -------------------------------------------------------------------------------------


def banner(table: RoundTable) -> str | None:
    """What stands above a round that is not closed: what is hidden, why, and when the next look opens."""
    if table.facts.state == RoundState.ABORTED:
        return _("Deze ronde is afgebroken. De cijfers zijn niet volledig.")
    if disclosure.unblinded(table.facts.state):
        return None
    what = _("Verborgen zijn: uitkomsten per profiel, het verschil daartussen, en alles wat daarvan is afgeleid")
    but = _(", behalve %(name)s", name=_name(table.looks.last)) if table.looks and table.looks.last else ""
    return f"{what}{but}. {_(WHY)} {_next(table)}"


def finding(table: RoundTable) -> Finding:
    """Instead of a finding: that the numbers are hidden, or what the last look decided."""
    looks = table.looks
    if looks is None or looks.last is None:
        return Finding(Direction.HIDDEN, "", _("De cijfers van deze ronde zijn nog verborgen."), "")
    seen = looks.last.verdict
    before = _(
        "%(name)s, met %(count)s geslaagde tests: ",
        name=_name(looks.last).capitalize(),
        count=formats.count(seen.counts.n),
    )
    return Finding(Direction.HIDDEN, before, f"{decision(seen)}.", "")


def blind_tiles(table: RoundTable) -> tuple[Tile, ...]:
    """Totals over both arms together."""
    facts, rows = table.facts, figures.real(table.rows)
    waiting = formats.many(facts.waiting, _("antwoord wacht nog"), _("antwoorden wachten nog"))
    return (
        Tile(_("Geplande tests"), formats.count(len(rows)), _("zonder schijntests")),
        Tile(_("Verzonden reacties"), formats.count(facts.sent), _("van alle profielen samen")),
        Tile(_("Gecodeerde antwoorden"), formats.count(facts.coded_by_rule + facts.coded_by_people), waiting),
        Tile(
            _("Tests die niet meetellen"), formats.count(sum(tables.excluded(rows).values())), _("om welke reden ook")
        ),
    )


def _next(table: RoundTable) -> str:
    looks = table.looks
    if looks is None:
        return _("Voor deze ronde zijn geen tussenstanden vastgelegd: alle cijfers komen na het sluiten.")
    if looks.next_at is None:
        return _("Er is geen tussenstand meer: alle cijfers komen na het sluiten.")
    command = f"praktijktest look {table.facts.round} --by {_('NAAM')}"
    if looks.settled is not None and len(looks.settled) >= looks.next_at:
        return _(
            "De volgende tussenstand kan open, met %(count)s geslaagde tests: %(command)s.",
            count=formats.count(len(looks.settled)),
            command=command,
        )
    now = "" if looks.settled is None else _("; nu zijn het er %(count)s", count=formats.count(len(looks.settled)))
    return _(
        "De volgende tussenstand opent bij %(count)s geslaagde tests%(now)s. Openen: %(command)s.",
        count=formats.count(looks.next_at),
        now=now,
        command=command,
    )


# --- the section ------------------------------------------------------------------------------------------------------


def told(table: RoundTable) -> LooksTold | None:
    """The section on looks; None when none was declared. While numbers are hidden only the last look has any."""
    looks = table.looks
    if looks is None:
        return None
    shown = looks.opened if disclosure.unblinded(table.facts.state) else looks.opened[-1:]
    opened = {look.number: look for look in looks.opened}
    rows = [_row(looks, number, opened.get(number), shown) for number in range(1, len(looks.plan.at))]
    end = _end(table, looks)
    return LooksTold(_declared(looks), (*rows, _end_row(table, looks, end)), tuple(_sentences(table, looks, end)))


def concluded(document: Mapping[str, Any]) -> str:
    """One line on the looks of a closed round, from the ``looks`` of its results document."""
    end, opened = document["final"], len(document["opened"])
    taken = formats.many(opened, _("tussenstand geopend"), _("tussenstanden geopend"))
    if end is None:
        return _("%(taken)s; de laatste overschreed de grens.", taken=taken)
    found, limit = abs(end["counts"]["c10"] - end["counts"]["c01"]), end["boundary"]
    crossed = _("overschreden") if end["stops"] else _("niet overschreden")
    return _(
        "%(taken)s; grens aan het einde %(limit)s, gevonden %(found)s: %(crossed)s, %(p_value)s.",
        taken=taken,
        limit=limit or NOTHING,
        found=found,
        crossed=crossed,
        p_value=formats.p_value(end["p"]),
    )


def decision(seen: Judged) -> str:
    """Whether the boundary was crossed."""
    return _("grens overschreden") if seen.stops else _("grens niet overschreden")


def _declared(looks: RoundLooks) -> str:
    *places, total = (formats.count(at) for at in looks.plan.at)
    return _(
        "Vooraf vastgelegd: kijken bij %(places)s geslaagde tests, en aan het einde van de ronde (gepland: "
        "%(total)s). Samen is de kans om ten onrechte een verschil te vinden hooguit %(alpha)s, "
        "verdeeld volgens %(shape)s.",
        places=_(" en ").join(places),
        total=total,
        alpha=formats.percent(looks.plan.alpha, 1),
        shape=_(SHAPES[looks.plan.shape]),
    )


def _row(looks: RoundLooks, number: int, look: Look | None, shown: Sequence[Look]) -> LookRow:
    planned = formats.count(looks.plan.at[number - 1])
    if look is None:
        later = any(each.number > number for each in looks.opened)
        return _empty(str(number), planned, _("overgeslagen") if later else _("niet geopend"))
    when = _("%(moment)s, door %(opened_by)s", moment=formats.moment(look.opened_at), opened_by=look.opened_by)
    if look not in shown:
        return _empty(str(number), planned, when)
    filled = _filled(str(number), planned, when, look.verdict)
    return replace(filled, net=_net(declared_looks.net(looks, look)))


def _end_row(table: RoundTable, looks: RoundLooks, end: Judged | None) -> LookRow:
    planned = formats.count(looks.plan.planned)
    closed = formats.moment(table.facts.closed_at) if table.facts.closed_at else _("nog niet gesloten")
    if end is None:
        return _empty(_("Einde"), planned, closed)
    shown = figures.net(figures.analysed(figures.real(table.rows), table.facts.level))
    return replace(_filled(_("Einde"), planned, closed, end), net=_net(shown) if shown else NOTHING)


def _empty(name: str, planned: str, opened: str) -> LookRow:
    return LookRow(name, planned, opened, None, *[NOTHING] * 7)


def _filled(name: str, planned: str, opened: str, seen: Judged) -> LookRow:
    return LookRow(
        name=name,
        planned=planned,
        opened=opened,
        counts=seen.counts,
        net=NOTHING,
        boundary=NOTHING if seen.boundary is None else formats.count(seen.boundary),
        spent=formats.percent(seen.spent, 2),
        p=formats.p_value(seen.p),
        decision=decision(seen),
        e_value=e_text(seen),
        always_p=formats.p_value(seen.always_p),
    )


def e_text(seen: Judged) -> str:
    """E with what is worth reading of it."""
    return _("meer dan 1.000.000") if seen.log_e > 13.8155 else formats.number(seen.e_value or 0.0, 2)


def _net(estimate: Estimate) -> str:
    if estimate.value is None:
        return NOTHING
    return f"{formats.number(100 * estimate.value)} ({formats.span(estimate.low, estimate.high)})"


def _end(table: RoundTable, looks: RoundLooks) -> Judged | None:
    """The judgement at the end, which there is once the round is closed and no look stopped before."""
    if table.facts.state not in SETTLED:
        return None
    return declared_looks.final(looks, tables.counted(figures.real(table.rows)))


def _sentences(table: RoundTable, looks: RoundLooks, end: Judged | None) -> list[str]:
    said = [] if end is None else [_conclusion(end)]
    if looks.stopped and looks.last:
        said.append(
            _(
                "%(name)s overschreed de grens: dat besluit blijft staan.",
                name=_name(looks.last).capitalize(),
            )
        )
    if end is not None and looks.opened:
        level = formats.percent(table.facts.level, 2)
        said.append(
            _(
                "Omdat er tussendoor is gekeken, hebben de intervallen in dit rapport een niveau van %(level)s.",
                level=level,
            )
        )
    if gone := _no_longer_counted(table, looks):
        left = formats.many(gone, _("test van een tussenstand telt"), _("tests van een tussenstand tellen"))
        said.append(
            _("%(left)s in de andere tabellen niet meer mee. Hier blijven zij geteld zoals ze toen waren.", left=left)
        )
    said.append(
        _(
            "De grens is het kleinste verschil tussen de aantallen 'alleen controle' en 'alleen test' dat "
            "een besluit geeft; zij rekent elke test als losstaand, ook bij één woningaanbieder. De E-waarde "
            "zegt hoeveel beter de uitkomsten passen bij enig verschil dan bij geen; zij en de altijd "
            "geldige p gelden op elk moment."
        )
    )
    return said


def _conclusion(end: Judged) -> str:
    found = abs(end.counts.c10 - end.counts.c01)
    limit = (
        _("geen uitkomst was genoeg")
        if end.boundary is None
        else _("de grens aan het einde is %(boundary)s", boundary=end.boundary)
    )
    return _(
        "Met wat de tussenstanden overlieten: %(limit)s, het gevonden verschil in aantallen is %(found)s "
        "(%(decision)s; %(p_value)s over alle keren kijken samen).",
        limit=limit,
        found=found,
        decision=decision(end),
        p_value=formats.p_value(end.p),
    )


def _no_longer_counted(table: RoundTable, looks: RoundLooks) -> int:
    """How many pairs of the looks are not usable any more; known once the pairs of the round are settled."""
    if looks.last is None or table.facts.state not in SETTLED:
        return 0
    return len({*looks.last.pairs} - {row.pair for row in figures.usable(table.rows)})


def _name(look: Look) -> str:
    return _("tussenstand %(number)s", number=look.number)
