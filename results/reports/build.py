"""One round, told to one audience: what it may see (`results.disclosure`) and in which words."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time

from orchestrator.design import Approach
from orchestrator.states import PairState
from profiles import grounds
from profiles.errors import BadInput, Problem
from profiles.pairs import Arm
from profiles.profile import Ground
from results import charts, disclosure, formats, own_service, suppression, tables
from results.disclosure import Cell
from results.language import DUTCH, _, current, written_in
from results.releases import units
from results.reports import designs, figures, looks, phrases, retests, sections, unpaired, wording
from results.reports.access import refuse_early
from results.reports.values import (
    Amount,
    Audience,
    Broker,
    Compared,
    EstimateRow,
    Finding,
    FourCells,
    Group,
    Hidden,
    IntervalTable,
    Municipality,
    Report,
    Researcher,
    Term,
    TestRow,
    Tile,
    Unpaired,
)
from results.statistics import Analysis, Counts, Estimate
from results.tables import PairRow, RoundFacts, RoundTable

TITLES = {
    Audience.RESEARCHER: "Onderzoeksrapport",
    Audience.MUNICIPALITY: "Rapport voor de gemeente",
    Audience.BROKER: "Uw terugkoppeling",
}


def build(
    table: RoundTable,
    audience: Audience,
    *,
    advertiser: str | None = None,
    market_truth: float | None = None,
    language: str = DUTCH,
) -> Report:
    """Make the report of a round for one audience, in one ``language``.

    ``advertiser`` names whose report a broker's is; ``market_truth`` is the net difference (proportion) a simulated
    market was built with. Raises `Refused` when the audience may not see this round yet, `BadInput` for a broker's
    report without a known advertiser.
    """
    with written_in(language):
        return _built(table, audience, advertiser, market_truth)


def _built(table: RoundTable, audience: Audience, advertiser: str | None, market_truth: float | None) -> Report:
    if audience is Audience.RESEARCHER and not disclosure.unblinded(table.facts.state):
        return _hidden(table)
    refuse_early(audience, table.facts.state, table.facts.mode)
    table = tables.at_the_end(table)
    facts = table.facts
    if facts.approach == Approach.UNPAIRED:
        return _unpaired(table, audience, advertiser, market_truth)
    if audience is Audience.BROKER:
        return _broker(table, _known(table, advertiser))
    analysis = figures.analysed(figures.real(table.rows), facts.level)
    if audience is Audience.MUNICIPALITY:
        return _municipality(table, analysis, market_truth)
    finding = wording.finding(figures.net(analysis), facts, figures.detectable(analysis, facts.level))
    report = _report(facts, audience, finding, _researcher(table, analysis), _truth(market_truth, analysis))
    return replace(report, interim=looks.banner(table), looks=looks.told(table))


def _report(
    facts: RoundFacts,
    audience: Audience,
    finding: Finding,
    body: Researcher | Municipality | Unpaired | Broker | Hidden,
    truth: str | None = None,
) -> Report:
    return Report(
        audience=audience,
        title=f"{_(TITLES[audience])}, {body.name}" if isinstance(body, Broker) else _(TITLES[audience]),
        round=facts.round,
        study=facts.study,
        commissioner=facts.commissioner,
        watermark=disclosure.watermark(facts.mode),
        interim=_(phrases.NOT_RELEASED) if audience is Audience.BROKER else None,
        finding=finding,
        meaning=_meaning(facts),
        truth=truth,
        body=body,
        provenance=_provenance(facts, audience),
        digest=facts.digest,
        version=facts.version,
        language=current(),
        moment=facts.closed_at or datetime.combine(facts.first_day, time(), formats.STUDY_ZONE),
    )


def _truth(value: float | None, analysis: Analysis | None) -> str | None:
    return None if value is None else wording.truth(value, figures.net(analysis))


def _meaning(facts: RoundFacts) -> tuple[Term, ...]:
    ground, differ = grounds.load().grounds[Ground(facts.ground)], _(wording.DIFFER[wording.signal_of(facts).kind])
    counted = _(" of ").join(wording.told(wording.OUTCOMES, outcome) for outcome in facts.positive)
    return (
        Term(_("Test"), f"{_(wording.APPROACHES[facts.approach])}; {differ}"),
        Term(
            _("Controleprofiel"), _("de kandidaat met %(candidate)s", candidate=wording.candidate(facts, Arm.CONTROL))
        ),
        Term(_("Testprofiel"), _("de kandidaat met %(candidate)s", candidate=wording.candidate(facts, Arm.TREATMENT))),
        *(
            Term(_("Verder testprofiel"), _("de kandidaat met %(name_of)s", name_of=wording.name_of(label)))
            for label in facts.further_sets
        ),
        *((Term(_("Tweede kenmerk"), _(wording.FACTORS[facts.factor])),) if facts.factor else ()),
        Term(_("Grond"), f"{_(ground.label).lower()} ({_(ground.basis)})"),
        Term(_("Gelijk in beide profielen"), _(ground.equal)),
        Term(_("Wat de ronde zegt"), _(ground.claim)),
        Term(
            _("Uitnodiging"),
            _("%(counted)s, binnen %(response_days)s dagen", counted=counted, response_days=facts.response_days),
        ),
    )


def _hidden(table: RoundTable) -> Report:
    facts = table.facts
    refusals = figures.amounts(facts.refusals, wording.REFUSALS)
    body = Hidden(looks.blind_tiles(table), refusals, _coding(facts), _burden(facts))
    report = _report(facts, Audience.RESEARCHER, looks.finding(table), body)
    return replace(report, interim=looks.banner(table), looks=looks.told(table))


# --- researcher ---------------------------------------------------------------------------------------------------


def _researcher(table: RoundTable, analysis: Analysis | None) -> Researcher:
    facts, rows = table.facts, figures.real(table.rows)
    counts = tables.counts(rows)
    return Researcher(
        tiles=_tiles(counts, figures.net(analysis), formats.count(len(rows)), facts.level),
        cells=figures.four_cells(counts),
        exclusions=figures.amounts(tables.excluded(rows), wording.EXCLUSIONS),
        open_pairs=sum(row.state == PairState.OPEN for row in rows),
        estimates=_estimate_rows(analysis, default=True),
        further=_estimate_rows(analysis, default=False),
        tests=_test_rows(analysis),
        districts=figures.interval_table(figures.by(rows, _district), _("Alle wijken"), facts.level),
        levels=_levels(rows, facts),
        levels_told=designs.of_factor(rows, facts.factor, facts.level),
        treatments=_treatments(rows, facts),
        treatments_told=designs.of_set(rows, _labels(facts)) if facts.further_sets else (),
        orders=figures.order_rows(rows, facts.level),
        sham=wording.sham(tables.counts(row for row in table.rows if row.sham)),
        refusals=figures.amounts(facts.refusals, wording.REFUSALS),
        coding=_coding(facts),
        burden=_burden(facts),
        advertisers=tuple(figures.everyone(table).values()),
        sections=sections.of_round(table),
        retest=retests.of_round(table),
    )


def _district(row: PairRow) -> str:
    return row.district or _(wording.NO_DISTRICT)


def _levels(rows: tuple[PairRow, ...], facts: RoundFacts) -> IntervalTable | None:
    """The difference at each level of the factor of the design, if it has one."""
    if facts.factor is None:
        return None
    return figures.interval_table(figures.by(rows, _level), _("Alle tests"), facts.level)


def _level(row: PairRow) -> str:
    return wording.told(wording.LEVELS, row.level) if row.level else _(wording.NO_LEVEL)


def _treatments(rows: tuple[PairRow, ...], facts: RoundFacts) -> IntervalTable | None:
    """The difference between the control and each treatment of a set."""
    if not facts.further_sets:
        return None
    treatments = {arm: label for arm, label in _labels(facts).items() if arm is not Arm.CONTROL}
    groups = {label: [row.against(arm) for row in rows] for arm, label in treatments.items()}
    return figures.interval_table(groups, None, facts.level)


def _labels(facts: RoundFacts) -> dict[Arm, str]:
    """The name set of each arm of the design."""
    return dict(zip(Arm, map(_, (facts.control_set, facts.treatment_set, *facts.further_sets)), strict=False))


def _estimate_rows(analysis: Analysis | None, *, default: bool) -> tuple[EstimateRow, ...]:
    """The estimates by their default method and clustered, or those by the other methods."""
    if analysis is None:
        return ()
    chosen = [
        each
        for each in analysis.estimates
        if (each == analysis.estimate(each.name, each.over) or each.method.startswith("cluster_")) is default
    ]
    return tuple(wording.estimate_row(each) for each in chosen)


def _test_rows(analysis: Analysis | None) -> tuple[TestRow, ...]:
    tests = analysis.tests if analysis else ()
    return tuple(TestRow(each, wording.told(wording.TESTS, each.name)) for each in tests)


def _tiles(counts: Counts, net: Estimate | None, planned: str, level: float) -> tuple[Tile, ...]:
    n = counts.n
    margin = (
        _("%(level)s-interval %(span)s", level=formats.percent(level), span=formats.span(net.low, net.high))
        if net
        else _("nog geen tests")
    )
    return (
        Tile(_("Nettoverschil"), formats.points(net.value if net else None), margin),
        Tile(_("Geslaagde tests"), formats.count(n), _("van %(planned)s geplande tests", planned=planned)),
        _rate(_("Uitgenodigd, controleprofiel"), counts.control, n),
        _rate(_("Uitgenodigd, testprofiel"), counts.treatment, n),
    )


def _rate(label: str, invited: int, n: int) -> Tile:
    return Tile(
        label,
        formats.percent(invited / n if n else None),
        _("%(count)s van %(of)s", count=formats.count(invited), of=formats.count(n)),
    )


def _coding(facts: RoundFacts) -> tuple[Term, ...]:
    kappa = _("nog niet te berekenen") if facts.kappa is None else formats.number(facts.kappa, 2)
    return (
        Term(_("Gecodeerd door een vaste regel"), formats.count(facts.coded_by_rule)),
        Term(_("Gecodeerd door twee mensen, zonder het profiel te zien"), formats.count(facts.coded_by_people)),
        Term(_("Overeenstemming tussen de twee (Cohens kappa)"), kappa),
        Term(_("Wacht nog op codering"), formats.count(facts.waiting)),
        Term(_("Antwoorden die nog bij geen reactie horen"), formats.count(facts.deferred)),
    )


def _burden(facts: RoundFacts) -> tuple[Term, ...]:
    left = facts.invitations - facts.declines
    declined = formats.count(facts.declines) + (
        _(" (nog %(count)s te gaan)", count=formats.count(left)) if left > 0 else ""
    )
    return (
        Term(_("Deelnemende woningaanbieders"), formats.count(facts.enrolled)),
        Term(_("Waarvan deelname ingetrokken"), formats.count(facts.withdrawn)),
        Term(_("Verzonden reacties"), formats.count(facts.sent)),
        Term(_("Uitnodigingen ontvangen"), formats.count(facts.invitations)),
        Term(_("Uitnodigingen beleefd afgezegd"), declined),
    )


# --- municipality -------------------------------------------------------------------------------------------------


def _municipality(table: RoundTable, analysis: Analysis | None, market_truth: float | None) -> Report:
    facts = table.facts
    rows = figures.real(table.rows)
    exclusions, few = _public_exclusions(rows)
    if (reason := disclosure.unsafe(_cell(facts.round, rows).pairs)) is not None:
        bare = Municipality((), None, None, None, None, exclusions, _public_burden(facts), few)
        return _report(facts, Audience.MUNICIPALITY, wording.hidden_round(reason), bare)
    counts, net = tables.counts(rows), figures.net(analysis)
    finding = wording.finding(net, facts, figures.detectable(analysis, facts.level))
    body = Municipality(
        tiles=_tiles(counts, net, wording.about(len(rows)), facts.level),
        cells=figures.four_cells(counts),
        districts=_public(rows, facts, _district, _("Alle wijken")),
        levels=_public(rows, facts, _level, _("Alle tests")) if facts.factor else None,
        treatments=_treatments(rows, facts),
        exclusions=exclusions,
        burden=_public_burden(facts),
        few_excluded=few,
    )
    return _report(facts, Audience.MUNICIPALITY, finding, body, _truth(market_truth, analysis))


def _public(rows: tuple[PairRow, ...], facts: RoundFacts, key: Callable[[PairRow], str], total: str) -> IntervalTable:
    groups = figures.by(figures.usable(rows), key)
    away = suppression.judge({name: units.units(group, facts) for name, group in groups.items()}) or ()
    return figures.interval_table(groups, total, facts.level, dict.fromkeys(away, _(disclosure.HIDDEN_PART)))


def _public_exclusions(rows: tuple[PairRow, ...]) -> tuple[tuple[Amount, ...], bool]:
    """The tests that do not count by reason, small reasons together; and whether they are too few to be told."""
    groups = figures.by(
        (row for row in rows if row.state == PairState.EXCLUDED), lambda row: row.reason or _("onbekend")
    )
    away = suppression.judge({reason: [_uncounted(row) for row in group] for reason, group in groups.items()})
    if away is None:
        return (), bool(groups)
    shown = figures.amounts(
        {reason: len(group) for reason, group in groups.items() if reason not in away}, wording.EXCLUSIONS
    )
    rest = sum(len(groups[reason]) for reason in away)
    return (*shown, *((Amount(_("overig"), _("Andere redenen, samen"), rest),) if rest else ())), False


def _uncounted(row: PairRow) -> suppression.Unit:
    return suppression.Unit(row.pair, row.advertiser, "", {})


def _public_burden(facts: RoundFacts) -> tuple[Term, ...]:
    """The burden to the nearest ten: beside the tests that count, exact numbers would tell of those that do not."""
    return (
        Term(_("Deelnemende woningaanbieders"), wording.advertisers(facts.enrolled)),
        Term(_("Waarvan deelname ingetrokken"), wording.advertisers(facts.withdrawn)),
        Term(_("Verzonden reacties"), wording.about(facts.sent)),
        Term(_("Uitnodigingen ontvangen"), wording.about(facts.invitations)),
        Term(_("Uitnodigingen beleefd afgezegd"), wording.about(facts.declines)),
    )


def _cell(name: str, rows: tuple[PairRow, ...]) -> Cell:
    groups = figures.by(figures.usable(rows), lambda row: row.advertiser)
    return Cell(name, {advertiser: len(group) for advertiser, group in groups.items()})


# --- unpaired ---------------------------------------------------------------------------------------------------


def _unpaired(table: RoundTable, audience: Audience, advertiser: str | None, market_truth: float | None) -> Report:
    facts = table.facts
    if audience is Audience.BROKER:
        name = _who(table, _known(table, advertiser))[1]
        return _report(facts, audience, wording.broker_unpaired(), Broker(name, None, None, None, None, None))
    municipal = audience is Audience.MUNICIPALITY
    whole = figures.amounts(tables.excluded(table.rows), wording.EXCLUSIONS)
    exclusions, few = _public_exclusions(table.rows) if municipal else (whole, False)
    reason = disclosure.unsafe(_cell(facts.round, table.rows).pairs) if municipal else None
    if reason is not None:
        bare = Unpaired((), (), (), exclusions, (), (), _public_burden(facts), few)
        return _report(facts, audience, wording.hidden_round(reason), bare)
    found = unpaired.comparisons(table.rows, facts.level)
    net = found[0].net if found else None
    truth = None if market_truth is None else wording.truth(market_truth, net)
    body = replace(_unpaired_body(table, found, exclusions, whole=not municipal), few_excluded=few)
    report = _report(facts, audience, wording.unpaired_finding(net, facts), body, truth)
    return replace(report, interim=looks.banner(table))


def _unpaired_body(
    table: RoundTable, found: Sequence[unpaired.Comparison], exclusions: tuple[Amount, ...], *, whole: bool
) -> Unpaired:
    facts = table.facts
    labels = [_(label) for label in (facts.treatment_set, *facts.further_sets)]
    groups = (
        [Group(_(facts.control_set), *found[0].arms.control, formats.percent(found[0].arms.rates[0]))] if found else []
    )
    for label, each in zip(labels, found, strict=False):
        groups.append(Group(label, *each.arms.treatment, formats.percent(each.arms.rates[1])))
    return Unpaired(
        tiles=_unpaired_tiles(groups, found, facts.level),
        groups=tuple(groups),
        compared=tuple(_compared(label, each) for label, each in zip(labels, found, strict=False)) if whole else (),
        exclusions=exclusions,
        refusals=figures.amounts(facts.refusals, wording.REFUSALS) if whole else (),
        coding=_coding(facts) if whole else (),
        burden=_burden(facts) if whole else _public_burden(facts),
    )


def _group(name: str, invited: int, n: int) -> Group:
    return Group(name, invited, n, formats.percent(invited / n))


def _compared(label: str, found: unpaired.Comparison) -> Compared:
    tests = tuple(TestRow(each, wording.told(wording.TESTS, each.name)) for each in found.tests)
    return Compared(label, tuple(wording.estimate_row(each) for each in found.estimates), tests)


def _unpaired_tiles(groups: Sequence[Group], found: Sequence[unpaired.Comparison], level: float) -> tuple[Tile, ...]:
    if not found:
        return ()
    net = found[0].net
    margin = _("%(level)s-interval %(span)s", level=formats.percent(level), span=formats.span(net.low, net.high))
    rates = (
        Tile(
            _("Uitgenodigd: %(name)s", name=each.name),
            each.rate,
            _("%(count)s van %(of)s", count=formats.count(each.invited), of=formats.count(each.n)),
        )
        for each in groups
    )
    return (Tile(_("Verschil"), formats.points(net.value), margin), *rates)


# --- broker -------------------------------------------------------------------------------------------------------


def _known(table: RoundTable, advertiser: str | None) -> str:
    if advertiser is None or advertiser not in table.offices:
        raise BadInput(
            Problem(
                "unknown-advertiser",
                "Deze woningaanbieder komt in de ronde niet voor.",
                found=advertiser,
                remedy="Gebruik de code uit de kolom advertiser van participants.csv.",
            )
        )
    return advertiser


def _broker(table: RoundTable, advertiser: str) -> Report:
    facts = table.facts
    everyone = figures.everyone(table)
    own, kind, name = everyone.get(advertiser), *_who(table, advertiser)
    retest = retests.of_office(table, advertiser)
    counts = own.result.counts if own else Counts(0, 0, 0, 0)
    service = own_service.of(table.offices[advertiser], advertiser)
    if own is None or own.estimate is None or not disclosure.broker_counts_shown(counts):
        body = Broker(name, None, None, None, None, service, retest)
        return _report(facts, Audience.BROKER, wording.broker_too_few(counts), body)
    band = table.once("band", lambda: _band(table)) if kind == "broker" else None
    cells: FourCells = figures.four_cells(counts)
    body = Broker(name, cells, own.estimate, band, _strip(own.estimate, band), service, retest)
    return _report(facts, Audience.BROKER, wording.broker_finding(own.result, own.estimate), body)


def _who(table: RoundTable, advertiser: str) -> tuple[str, str]:
    name, kind = table.once("who", lambda: figures.who(table))[advertiser]
    return kind, name


def _band(table: RoundTable) -> disclosure.Band | None:
    return disclosure.broker_band(_broker_values(table))


def _broker_values(table: RoundTable) -> list[float]:
    return [
        each.estimate.value
        for advertiser, each in figures.everyone(table).items()
        if _who(table, advertiser)[0] == "broker"
        and each.estimate
        and each.estimate.value is not None
        and disclosure.broker_counts_shown(each.result.counts)
    ]


def _strip(own: Estimate, band: disclosure.Band | None) -> charts.Strip | None:
    if own.value is None or own.low is None or own.high is None:
        return None
    return charts.strip((own.low, own.value, own.high), (band.low, band.median, band.high) if band else None)


# --- where it comes from ------------------------------------------------------------------------------------------


def _provenance(facts: RoundFacts, audience: Audience) -> tuple[Term, ...]:
    """Who asked, on what ground, under which frozen plan. The seed is for the researcher alone: with the seed and the
    plan anybody could draw again which letter was which."""
    open_to_all = (
        Term(_("Onderzoek"), facts.study),
        Term(_("Opdrachtgever"), facts.commissioner),
        Term(_("Wettelijke basis"), facts.legal_basis),
        Term(_("Doel"), wording.told(wording.PURPOSES, facts.purpose)),
        Term(_("Ronde"), f"{facts.round}, {wording.told(wording.MODES, facts.mode)}"),
        Term(_("Stand van de ronde"), wording.told(wording.ROUND_STATES, facts.state)),
        Term(_("Periode"), formats.period(facts.first_day, facts.last_day)),
        Term(_("Namen"), wording.names(facts)),
        Term(_("Ethische toetsing"), facts.ethics_reference),
        Term(_("DPIA"), facts.dpia_reference),
        Term(
            _("Onderzoeksopzet"),
            _("versie %(version)s, vingerafdruk %(digest)s", version=facts.version, digest=facts.digest),
        ),
    )
    return (*open_to_all, *_for_researcher(facts)) if audience is Audience.RESEARCHER else open_to_all


def _for_researcher(facts: RoundFacts) -> tuple[Term, ...]:
    closed = formats.moment(facts.closed_at) if facts.closed_at else _("nog niet gesloten")
    return (
        Term(_("Startgetal van de loting"), str(facts.seed)),
        Term(_("Gepland door"), facts.planned_by),
        Term(_("Goedgekeurd door"), facts.approved_by or _("nog niet goedgekeurd")),
        Term(_("Gesloten"), closed),
    )
