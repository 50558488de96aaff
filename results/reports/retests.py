"""A re-test beside the round it re-tests, in words: before, after and the change, and what a change does not say."""

from collections.abc import Iterator, Mapping
from typing import Any

from results import disclosure, formats
from results.language import _, note
from results.reports.both_rounds import Both, both, changed, counts
from results.reports.values import BeforeAfter
from results.reports.wording import METHODS, told
from results.statistics import Estimate
from results.tables import RoundTable

HIDDEN = {
    "too-few": "Het zijn te weinig tests of te weinig woningaanbieders, in een van beide rondes of in wat er van een "
    "ronde overblijft. Anders is een woningaanbieder te herkennen.",
    "earlier-unseen": "De uitkomst van de eerdere ronde is nog niet vrijgegeven.",
    "earlier-changed": "De eerdere ronde telt niet meer zoals zij is vrijgegeven. Eerst komt daarvan een versie.",
}
"""Why a municipality sees no before and after; none of them says how many there are."""

REGRESSION = (
    "Let op toeval. Kantoren kozen zelf om iets te veranderen, vaak na een uitkomst die hoog uitviel. Wie een keer "
    "opvallend hoog uitkomt, komt de volgende keer meestal lager uit, ook als er niets verandert."
)
NO_CONTROL = (
    "Er is geen groep kantoren die niets afsprak en ook opnieuw is getest. Deze cijfers zeggen dus niet dat een actie "
    "hielp."
)


def of_round(table: RoundTable) -> BeforeAfter | None:
    """All offices that were tested in both rounds together; None for a round that is no re-test."""
    if table.earlier is None:
        return None
    found = both(table)
    if found is None:
        return _bare(table.earlier.facts.round, [_("Geen kantoor heeft in beide rondes een geslaagde test.")])
    change = changed(found, table.facts.level)
    lines = [(change.before, counts(found)[0].n), (change.after, counts(found)[1].n)]
    return _told(table.earlier.facts.round, lines, change.change, change.detectable, len(found.offices))


def of_office(table: RoundTable, advertiser: str) -> BeforeAfter | None:
    """What an office itself may see: nothing from one test, and no word on a change below the floor of evidence."""
    if table.earlier is None:
        return None
    earlier, found = table.earlier.facts.round, both(table, {advertiser})
    if found is None or not all(map(disclosure.broker_counts_shown, counts(found))):
        return _bare(earlier, [_("Te weinig gegevens: in een van beide rondes is er hooguit één geslaagde test.")])
    change = changed(found, table.facts.level)
    lines = [(change.before, counts(found)[0].n), (change.after, counts(found)[1].n)]
    missing = tuple(_missing(earlier, table.facts.round, found))
    if not missing:
        return _told(earlier, lines, change.change, change.detectable, None)
    return _told(earlier, lines, None, None, None, missing)


def of_document(document: Mapping[str, Any]) -> BeforeAfter | None:
    """What a released document tells of a re-test, or why it does not; None for a round that is no re-test."""
    retest = document.get("retest")
    if retest is None:
        return None
    if not retest["shown"]:
        lead = _("Voor en na van de kantoren in beide rondes tonen wij niet.")
        return _bare(retest["of"], [f"{lead} {_(HIDDEN[retest['reason']])}"])
    before, after, change = (
        Estimate(name="", over="all", **each)
        for each in (retest["before"]["net"], retest["after"]["net"], retest["change"])
    )
    return _told(retest["of"], [(before, before.n), (after, after.n)], change, retest["detectable"], retest["offices"])


def _missing(earlier: str, now: str, found: Both) -> Iterator[str]:
    for name, counted in zip((earlier, now), counts(found), strict=True):
        if (reason := disclosure.broker_verdict(counted)) is not None:
            yield _("In ronde %(name)s: %(reason)s", name=name, reason=reason)
    if any(disclosure.broker_verdict(counted) for counted in counts(found)):
        yield _("Over een verandering bij u valt dus nog niets te zeggen: dit kan toeval zijn.")


def _bare(earlier: str, said: list[str]) -> BeforeAfter:
    return BeforeAfter(_("Voor en na"), _lead(earlier), "", (), (), tuple(said))


def _lead(earlier: str) -> str:
    return _("Deze ronde is een hertest van ronde %(name)s, bij kantoren die daarna een actie afspraken.", name=earlier)


def _told(
    earlier: str,
    lines: list[tuple[Estimate, int]],
    change: Estimate | None,
    detectable: float | None,
    offices: int | None,
    instead: tuple[str, ...] = (),
) -> BeforeAfter:
    """The table and its sentences; ``instead`` are those that stand there when there is nothing to say of a change."""
    names = (_("Voor: ronde %(name)s", name=earlier), _("Na: deze ronde"))
    rows = [(name, formats.count(n), _net(each)) for name, (each, n) in zip(names, lines, strict=True)]
    if change is not None:
        rows.append((_("Verandering: na min voor"), "", _net(change)))
    caption = (
        _("Nettoverschil in procentpunt, met onzekerheidsmarge, bij uw kantoor")
        if offices is None
        else _(
            "Nettoverschil in procentpunt, met onzekerheidsmarge, bij de %(offices)s kantoren in beide rondes",
            offices=formats.count(offices),
        )
    )
    said = (*(_finding(change, detectable) if change is not None else instead), _(REGRESSION), _(NO_CONTROL))
    head = (_("Wanneer"), _("Tests"), _("Nettoverschil"))
    small = () if change is None else (_how(change),)
    return BeforeAfter(_("Voor en na"), _lead(earlier), caption, head, tuple(rows), said, small)


def _finding(change: Estimate, detectable: float | None) -> Iterator[str]:
    if change.value is None or change.low is None or change.high is None:
        yield _("De verandering heeft geen onzekerheidsmarge: er valt niets over te zeggen.")
        return
    where = {"points": formats.points(abs(change.value)), "span": formats.span(change.low, change.high)}
    if change.high < 0:
        yield _("Het nettoverschil is %(points)s lager dan in de eerdere ronde (marge: %(span)s).", **where)
    elif change.low > 0:
        yield _("Het nettoverschil is %(points)s hoger dan in de eerdere ronde (marge: %(span)s).", **where)
    else:
        yield _(
            "Er is geen aantoonbare verandering gevonden. De onzekerheidsmarge van de verandering loopt van %(span)s: "
            "nul ligt daarin, dus dit kan toeval zijn.",
            span=where["span"],
        )
        yield _could_have_found(detectable)


def _could_have_found(detectable: float | None) -> str:
    if detectable is None:
        return _("Deze vergelijking is te klein om te zeggen welke verandering zij had kunnen vinden.")
    return _(
        "Een verandering van %(points)s of meer had deze vergelijking waarschijnlijk gevonden (kans van 80%%). Een "
        "kleinere kan er dus zijn.",
        points=formats.points(detectable),
    )


def _how(change: Estimate) -> str:
    return _(
        "Interval van de verandering: %(level)s, %(method)s, het breedste van twee methoden. Waarover: %(convention)s.",
        level=formats.percent(change.level),
        method=told(METHODS, change.method),
        convention=note(change.convention),
    )


def _net(estimate: Estimate) -> str:
    return f"{formats.number(100 * (estimate.value or 0))} ({formats.span(estimate.low, estimate.high)})"
