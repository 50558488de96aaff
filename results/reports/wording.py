"""Every Dutch sentence and word of a report that depends on the numbers; B1 level.

"Discriminatie" is for a court, the College or an authority to conclude: a report speaks of a difference in outcome and
of a disadvantage for the test profile.
"""

from collections.abc import Mapping
from typing import Any

from profiles import grounds
from profiles.grounds import Signal, SignalKind
from profiles.pairs import BOTH, Arm
from profiles.profile import Ground
from results import formats
from results.disclosure import broker_verdict
from results.language import DUTCH, _, current
from results.releases.units import FEW, at_least_few, rounded
from results.reports.values import Direction, EstimateRow, Finding
from results.statistics import AdvertiserResult, Counts, Estimate, Verdict
from results.tables import RoundFacts

KINDS = {"broker": "makelaar", "private_landlord": "particuliere verhuurder"}
ROUND_STATES = {
    "draft": "concept",
    "planned": "gepland",
    "approved": "goedgekeurd",
    "running": "loopt",
    "paused": "gepauzeerd",
    "collecting": "wacht op antwoorden",
    "closed": "gesloten",
    "released": "vrijgegeven",
    "aborted": "afgebroken",
}
LETTER_STATES = {
    "planned": "gepland",
    "claimed": "wordt opgepakt",
    "sending": "wordt verzonden",
    "sent": "verzonden",
    "failed": "mislukt",
    "uncertain": "onzeker",
    "expired": "verlopen",
    "cancelled": "geannuleerd",
}
EXCLUSIONS = {
    "niet-verzonden": "Niet (helemaal) verzonden",
    "verzending-onzeker": "Niet zeker of de reactie is aangekomen",
    "onbestelbaar": "Reactie kwam niet aan",
    "test-herkend": "Woningaanbieder herkende de test",
    "deelname-ingetrokken": "Woningaanbieder trok de deelname in",
    "voortijdig-gesloten": "Ronde werd eerder gesloten",
}
OWN_EXCLUSIONS = {
    "incomplete_sets": "tests waarin een profiel ontbreekt",
    "no_value": "tests waarin een waarde ontbreekt",
}
REFUSALS = {
    "maximum-per-aanbieder": "Woningaanbieder heeft al genoeg tests in deze ronde",
    "steekproef-vol": "Steekproef was al vol",
    "quotum-vol": "Het quotum van dit stratum was vol",
    "geen-moment": "Geen geschikt moment om te reageren",
    "niet-nieuw": "Advertentie was niet nieuw meer",
    "geen-naam": "Woningaanbieder kende alle namen al",
    "past-niet-bij-signaal": "Woning past niet bij wat de ronde toont",
    "geen-passend-inkomen": "Geen geloofwaardig inkomen bij deze huur",
    "buiten-deelname": "Woningaanbieder tekende niet voor deze woning",
    "geen-afspraak": "Woningaanbieder sprak na de eerdere ronde geen actie af",
}
VALIDATIONS = {
    "recognised": "zeker herkend",
    "matched": "zeker herkend, en van dezelfde klasse",
}
DIFFER = {
    SignalKind.NAME: "alleen hun naam verschilt",
    SignalKind.PARTNER: "alleen de naam van hun partner verschilt, naast wie zij zelf zijn",
    SignalKind.SENTENCE: "alleen één zin verschilt, naast wie zij zelf zijn",
    SignalKind.LANGUAGE: "alleen de taal van hun brief verschilt, naast wie zij zelf zijn",
}
PURPOSES = {"learning": "leren", "monitoring": "monitoren"}
MODES = {"rehearsal": "oefenronde", "live": "echte ronde"}
OUTCOMES = {
    "positive": "uitnodiging of ander positief antwoord",
    "conditional": "antwoord onder voorwaarden",
    "negative": "afwijzing",
    "none": "geen antwoord",
}
ESTIMATES = {
    "net_discrimination": "Nettoverschil",
    "gross_discrimination": "Bruto, alleen controleprofiel",
    "gross_favourable": "Bruto, alleen testprofiel",
    "rate_control": "Uitgenodigd, controleprofiel",
    "rate_treatment": "Uitgenodigd, testprofiel",
    "odds_ratio": "Odds ratio binnen tests",
    "rate_ratio": "Verhouding van de kansen",
    "exclusive_share": "Alleen controleprofiel, van de tests met verschil",
    "equal_treatment": "Gelijk behandeld",
    "common_odds_ratio": "Odds ratio, gelijk in alle strata",
    "group_odds_ratio": "Odds ratio van het profiel",
    "order_odds_ratio": "Odds ratio van de volgorde",
    "mean_difference": "Gemiddeld verschil",
    "mean_score_difference": "Verschil in gemiddelde score",
    "differing": "Tests met een verschil",
    "random_part": "Deel van bruto dat toeval geeft",
    "differing_beyond_noise": "Tests met een verschil, boven toeval",
    "gross_beyond_noise": "Bruto, boven toeval",
    "median_hours": "Mediaan, in uren",
    "hazard_ratio": "Verhouding van de antwoordsnelheid",
    "detection": "Tests waarin de test werd herkend",
}
METHODS = {
    "tango": "Tango (score)",
    "newcombe10": "Newcombe, methode 10",
    "bonett_price": "Bonett-Price",
    "agresti_min": "Agresti-Min",
    "wald": "Wald",
    "mover_tango": "als twee onafhankelijke steekproeven (MOVER)",
    "wilson": "Wilson",
    "midp": "mid-p",
    "newcombe": "Newcombe, ongepaard",
    "agresti_caffo": "Agresti-Caffo",
    "katz": "Katz (log)",
    "woolf": "Woolf (log)",
    "cluster_cr1": "geclusterd per woningaanbieder (CR1)",
    "cluster_cr2": "geclusterd per woningaanbieder (CR2)",
    "cluster_wild": "wilde clusterbootstrap",
    "newcombe8": "Newcombe, methode 8",
    "mantel_haenszel": "Mantel-Haenszel",
    "mantel_haenszel_midp": "Mantel-Haenszel, mid-p",
    "wald_cc": "Wald met correctie",
    "clopper_pearson": "Clopper-Pearson (exact)",
    "tang": "Tang (score)",
    "mover_wilson": "MOVER-Wilson",
    "conditional_logit": "voorwaardelijke logit",
    "pair_fixed_effects": "lineair, effect per test",
    "stratified": "gewogen over strata",
    "gart": "Gart",
    "paired_t": "gepaarde t",
    "score": "score",
    "kaplan_meier": "Kaplan-Meier",
    "cox_pairs": "Cox, per test",
}
TESTS = {
    "mcnemar_exact": "McNemar, exact",
    "mcnemar_midp": "McNemar, mid-p",
    "mcnemar_asymptotic": "McNemar, asymptotisch",
    "mcnemar_corrected": "McNemar, met correctie",
    "mcnemar_midp_bh": "McNemar, mid-p, gecorrigeerd (Benjamini-Hochberg)",
    "mcnemar_midp_holm": "McNemar, mid-p, gecorrigeerd (Holm)",
    "cluster_cr1": "Geclusterde t-toets (CR1)",
    "cluster_cr2": "Geclusterde t-toets (CR2)",
    "cluster_wild": "Wilde clusterbootstrap",
    "sign_flip": "Wisseltoets, exact",
    "sign_flip_clustered": "Wisseltoets per woningaanbieder, exact",
    "sign_flip_drawn": "Wisseltoets met trekkingen",
    "conditional_logit": "Voorwaardelijke logit",
    "pair_fixed_effects": "Lineair model, effect per test",
    "homogeneity_odds_ratio": "Odds ratio gelijk in alle strata",
    "homogeneity_odds_ratio_exact": "Odds ratio gelijk in beide strata, exact",
    "homogeneity_net_all": "Nettoverschil gelijk in alle strata",
    "homogeneity_net_usable": "Nettoverschil gelijk, beantwoorde tests",
    "order_exact": "Volgorde, exact",
    "answered_first_exact": "Wie eerst antwoord kreeg, exact",
    "log_rank_pairs": "Log-rang, per test",
    "group_exact": "Profiel, gezuiverd van volgorde, exact",
    "order_gart": "Volgorde, Gart",
    "group_gart": "Profiel, gezuiverd van volgorde, Gart",
    "cochran_q": "Q van Cochran",
    "stuart_maxwell": "Stuart-Maxwell",
    "bhapkar": "Bhapkar",
    "bowker": "Bowker (symmetrie)",
    "mean_score": "Gemiddelde score",
    "paired_t": "Gepaarde t-toets",
    "signed_rank": "Rangtekentoets van Wilcoxon",
    "fisher": "Fisher, exact",
    "pearson": "Pearson, chi-kwadraat",
    "yates": "Pearson met correctie van Yates",
    "mantel_haenszel": "Mantel-Haenszel",
}
NOT_COMPUTED = TESTS | {
    "cluster_test": "Geclusterde t-toets",
    "stratified": "Gewogen over strata",
    "common_odds_ratio": "Odds ratio, gelijk in alle strata",
    "common_difference": "Verschil over alle strata",
    "clustered_difference": "Verschil, geclusterd",
    "clustered_difference_cr2": "Verschil, geclusterd (CR2)",
    "clustered_odds_ratio": "Odds ratio, geclusterd",
    "mean_score_difference": "Verschil in gemiddelde score",
    "mean_score_wald": "Verschil in gemiddelde score (Wald)",
}
GROUPS = {"stratum": "Per stratum", "order": "Per volgorde", "arms": "Profielen twee aan twee"}
HALF_PER_HUNDRED = 0.005
RATIOS = frozenset(
    {"odds_ratio", "rate_ratio", "common_odds_ratio", "group_odds_ratio", "order_odds_ratio", "hazard_ratio"}
)
AMOUNTS = frozenset({"mean_difference", "mean_score_difference", "median_hours"})
DIFFERENCES = frozenset({"net_discrimination", "differing_beyond_noise", "gross_beyond_noise"})
APPROACHES = {
    "paired": "verzonnen kandidaten reageren op dezelfde advertentie",
    "unpaired": "op elke advertentie reageert één verzonnen kandidaat; wie van hen, is geloot",
}
FACTORS = {
    "gender": "het geslacht van alle kandidaten van een test: bij de helft van de tests vrouwen, anders mannen",
    "income": "het inkomen van alle kandidaten van een test: bij de helft van de tests ruim, anders krap",
}
LEVELS = {
    "female": "Twee vrouwen schrijven",
    "male": "Twee mannen schrijven",
    "ample": "Beide met een ruim inkomen",
    "tight": "Beide met een krap inkomen",
}
NO_DISTRICT = "Wijk onbekend"
NO_LEVEL = "Onbekend"
ARM_NAMES: Mapping[str, str] = {
    Arm.CONTROL: "controleprofiel",
    Arm.TREATMENT: "testprofiel",
    Arm.TREATMENT_2: "tweede testprofiel",
    Arm.TREATMENT_3: "derde testprofiel",
}
FIRST = {"control": "Controleprofiel reageerde eerst", "treatment": "Testprofiel reageerde eerst"}


def told(words: Mapping[str, str], code: str) -> str:
    """The word for a code; a code nobody translated yet is shown as it is, never dropped."""
    return _(words[code]) if words.get(code) else code.replace("_", " ").replace("-", " ").capitalize()


def candidate(facts: RoundFacts, arm: Arm) -> str:
    """What follows "de kandidaat met": a name of a set, or what the signal gives an arm."""
    side = signal_of(facts).side(arm).label
    return _(side) or name_of(facts.control_set if arm is Arm.CONTROL else facts.treatment_set)


def signal_of(facts: RoundFacts) -> Signal:
    return grounds.load().signal(Ground(facts.ground), facts.signal)


def names(facts: RoundFacts) -> str:
    """Say what was known of the names before they were used."""
    known = VALIDATIONS.get(facts.validation)
    if known is None or facts.fewest_raters is None:
        return _("demonstratienamen, niet vooraf getest")
    return _(
        "vooraf getest bij minstens %(count)s beoordelaars per naam: %(known)s",
        count=formats.count(facts.fewest_raters),
        known=_(known),
    )


def name_of(label: str) -> str:
    """One name out of a set: "Nederlands klinkende namen" becomes "een Nederlands klinkende naam"."""
    if label.endswith(" namen"):
        one = f"een {label.removesuffix('namen')}naam"
        if current() == DUTCH or _(one) != one:
            return _(one)
    return _("een naam uit de groep ‘%(label)s’", label=_(label))


def about(number: int) -> str:
    """A number to the nearest ten, as text."""
    return _("ongeveer %(count)s", count=formats.count(rounded(number)))


def advertisers(number: int) -> str:
    """A number of advertisers as text, a small one only as small."""
    return formats.count(number) if number in (0, at_least_few(number)) else _("minder dan %(few)s", few=FEW)


def per_hundred_digits(*proportions: float) -> int:
    """Whole numbers per hundred, unless rounding would turn a number that is not zero into zero."""
    return 1 if any(value and abs(value) < HALF_PER_HUNDRED for value in proportions) else 0


def estimate_text(estimate: Estimate) -> tuple[str, str]:
    """An estimate and its interval as written in a table: ratios as numbers, shares in %, differences in points."""
    if estimate.value is None:
        return formats.CURRENT.words.not_known, formats.CURRENT.words.not_known
    if estimate.name in RATIOS | AMOUNTS:
        return formats.number(estimate.value, 2), limits(estimate, 2, 1)
    if estimate.name in DIFFERENCES and estimate.over in ("all", "inquiries"):
        return formats.points(estimate.value), limits(estimate, 1, 100)
    return formats.percent(estimate.value, 1), limits(estimate, 1, 100)


def estimate_row(estimate: Estimate) -> EstimateRow:
    """An estimate as a table shows it."""
    value, interval = estimate_text(estimate)
    return EstimateRow(estimate, estimate_name(estimate), told(METHODS, estimate.method), value, interval)


def estimate_name(estimate: Estimate) -> str:
    """What an estimate is called; unpaired inquiries have no odds ratio within tests."""
    if (estimate.name, estimate.over) == ("odds_ratio", "inquiries"):
        return _("Odds ratio")
    return told(ESTIMATES, estimate.name)


def group(kind: str, name: str) -> str:
    """The name of a group of pairs."""
    return told(FIRST, name) if kind == "order" else name


def counted(design: str, counts: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    """What was counted as a table: its heading and its rows, as text."""
    if design == "paired":
        cells = [counts[cell] for cell in ("c11", "c10", "c01", "c00")]
        heading = [_("beide"), _("alleen controle"), _("alleen test"), _("geen van beide"), _("samen")]
        return heading, [[str(cell) for cell in (*cells, sum(cells))]]
    if design == "unpaired":
        rows = [
            (_(name), counts[f"{arm}_positive"], counts[f"{arm}_n"]) for arm, name in ARM_NAMES.items() if arm in BOTH
        ]
        return [_("profiel"), _("positief"), _("reacties")], [[str(cell) for cell in row] for row in rows]
    if design == "sets":
        patterns = [
            [*(_("ja") if yes else _("nee") for yes in each["positive"]), str(each["n"])] for each in counts["patterns"]
        ]
        return [*counts["arms"], _("sets")], patterns
    if "table" not in counts:
        return [_("tests met twee waarden")], [[str(counts["pairs"])]]
    names = [formats.plain(value) for value in counts["values"]]
    table = [[name, *map(str, row)] for name, row in zip(names, counts["table"], strict=True)]
    return [_("controle \\ test"), *names], table


def limits(estimate: Estimate, digits: int, scale: float) -> str:
    """The limits of an estimate times ``scale``; where only one exists, that one."""
    if estimate.low is not None and estimate.high is None:
        return _("vanaf %(number)s", number=formats.number(scale * estimate.low, digits))
    if estimate.low is None and estimate.high is not None:
        return _("tot %(number)s", number=formats.number(scale * estimate.high, digits))
    return formats.span(estimate.low, estimate.high, digits, scale)


def finding(estimate: Estimate | None, facts: RoundFacts, detectable: float | None) -> Finding:
    """The plain sentence of a round: a shown difference, or none shown with what the round could have found."""
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return Finding(
            Direction.NO_DATA, "", _("Er zijn geen geslaagde tests."), _(" Er valt nog niets te vergelijken.")
        )
    control, treatment = (candidate(facts, arm) for arm in BOTH)
    if estimate.low > 0:
        return _difference(Direction.TREATMENT_WORSE, control, estimate.value, estimate.low, estimate.high)
    if estimate.high < 0:
        return _difference(Direction.CONTROL_WORSE, treatment, -estimate.value, -estimate.high, -estimate.low)
    return Finding(
        Direction.NOT_SHOWN,
        _("Er is "),
        _("geen aantoonbaar verschil gevonden"),
        _(" tussen kandidaten met %(control)s en kandidaten met %(treatment)s.", control=control, treatment=treatment),
        _margin_around_zero(estimate.value, estimate.low, estimate.high),
        could_have_found(detectable),
    )


def _difference(direction: Direction, favoured: str, value: float, low: float, high: float) -> Finding:
    digits = per_hundred_digits(value, low, high)
    return Finding(
        direction,
        _("Bij "),
        _("%(number)s van de 100 advertenties", number=formats.number(100 * value, digits)),
        _(" kreeg alleen de kandidaat met %(favoured)s een uitnodiging, méér dan andersom.", favoured=favoured),
        _("De onzekerheidsmarge loopt van %(span)s.", span=formats.span(low, high, digits)),
    )


def _margin_around_zero(value: float, low: float, high: float) -> str:
    return _(
        "Het gemeten verschil is %(number)s op de 100 advertenties. De onzekerheidsmarge loopt van "
        "%(span)s: nul ligt daarin, dus dit kan toeval zijn.",
        number=formats.number(100 * value, 0),
        span=formats.span(low, high, per_hundred_digits(low, high)),
    )


def unpaired_finding(estimate: Estimate | None, facts: RoundFacts) -> Finding:
    """The plain sentence of an unpaired round: each listing heard one arm, so two groups of listings are compared."""
    if estimate is None or estimate.value is None or estimate.low is None or estimate.high is None:
        return Finding(
            Direction.NO_DATA, "", _("Er zijn te weinig geslaagde tests."), _(" Er valt nog niets te vergelijken.")
        )
    control, treatment = (candidate(facts, arm) for arm in BOTH)
    if estimate.low > 0:
        return _groups(Direction.TREATMENT_WORSE, (control, treatment), estimate.value, estimate.low, estimate.high)
    if estimate.high < 0:
        return _groups(Direction.CONTROL_WORSE, (treatment, control), -estimate.value, -estimate.high, -estimate.low)
    after = _(
        " tussen advertenties waarop een kandidaat met %(control)s schreef en die waarop een met "
        "%(treatment)s schreef.",
        control=control,
        treatment=treatment,
    )
    margin = _margin_around_zero(estimate.value, estimate.low, estimate.high)
    return Finding(Direction.NOT_SHOWN, _("Er is "), _("geen aantoonbaar verschil gevonden"), after, margin)


def _groups(direction: Direction, names: tuple[str, str], value: float, low: float, high: float) -> Finding:
    digits = per_hundred_digits(value, low, high)
    return Finding(
        direction,
        _("Op elke 100 advertenties kreeg de kandidaat met %(names)s ", names=names[0]),
        _("%(number)s uitnodigingen meer", number=formats.number(100 * value, digits)),
        _(" dan de kandidaat met %(names)s op 100 andere.", names=names[1]),
        _("De onzekerheidsmarge loopt van %(span)s.", span=formats.span(low, high, digits)),
    )


def broker_unpaired() -> Finding:
    """Why an advertiser gets no figures of an unpaired round."""
    after = _(
        " Op elke advertentie schreef één kandidaat; bij één kantoor zijn dat er te weinig om groepen te vergelijken."
    )
    return Finding(Direction.NO_DATA, "", _("Uit deze ronde volgt niets over één woningaanbieder."), after)


def could_have_found(detectable: float | None) -> str:
    """What "no difference found" is worth: the smallest difference this round would probably have shown."""
    if detectable is None:
        return _("Deze ronde is te klein om te zeggen welk verschil zij had kunnen vinden.")
    return _(
        "Een verschil van %(points)s of meer had deze ronde waarschijnlijk gevonden (kans van 80%%). Een "
        "kleiner verschil kan er dus zijn.",
        points=formats.points(detectable),
    )


def hidden_round(reason: str) -> Finding:
    """Instead of a finding, when the round as a whole may not be shown."""
    text = _(" De reden: %(reason)s. Anders is een woningaanbieder te herkennen.", reason=reason)
    return Finding(Direction.HIDDEN, "", _("De cijfers van deze ronde tonen wij niet."), text)


def truth(value: float, estimate: Estimate | None) -> str:
    """The answer a simulated market was built with, beside what the round measured."""
    text = _("Deze markt is nagebootst. Het ingebouwde verschil is %(points)s.", points=formats.points(value))
    if estimate is None or estimate.low is None or estimate.high is None:
        return text
    inside = estimate.low <= value <= estimate.high
    return _(
        "%(text)s Dat ligt %(where)s de gemeten onzekerheidsmarge.",
        text=text,
        where=_("binnen") if inside else _("buiten"),
    )


def sham(counts: Counts) -> str:
    """How much two equal profiles differ by chance alone."""
    if not counts.n:
        return _("Er zijn geen geslaagde schijntests. De ronde meet dus niet hoeveel verschil door toeval ontstaat.")
    return _(
        "Bij %(many)s toonden beide profielen hetzelfde. Daarvan kreeg %(count)s keer maar één van beide "
        "een uitnodiging (%(percent)s). Zo veel eenzijdige uitkomsten ontstaan ook zonder verschil in "
        "naam.",
        many=formats.many(counts.n, _("schijntest"), _("schijntests")),
        count=formats.count(counts.discordant),
        percent=formats.percent(counts.discordant / counts.n),
    )


def broker_finding(result: AdvertiserResult, estimate: Estimate) -> Finding:
    """What one advertiser's own tests showed; never a verdict below the floor."""
    counts = result.counts
    after = _(
        " bij u kreeg in %(many)s alleen het controleprofiel een uitnodiging, en in %(many2)s alleen het testprofiel.",
        many=formats.many(counts.c10, _("test"), _("tests")),
        many2=formats.many(counts.c01, _("test"), _("tests")),
    )
    direction = Direction.TREATMENT_WORSE if result.verdict is Verdict.PATTERN else Direction.NOT_SHOWN
    figure = formats.many(counts.n, _("test"), _("tests"))
    return Finding(direction, _("Van de "), figure, after, _broker_margin(estimate), broker_chance(result, estimate))


def _broker_margin(estimate: Estimate) -> str:
    return _(
        "Omgerekend is dat een verschil van %(points)s. De onzekerheidsmarge loopt van %(span)s.",
        points=formats.points(estimate.value, 0),
        span=formats.span(estimate.low, estimate.high, 0),
    )


def broker_chance(result: AdvertiserResult, estimate: Estimate) -> str:
    """Whether chance is excluded, in a few sentences."""
    if result.verdict is Verdict.PATTERN:
        return _("Dit verschil is groter dan u bij toeval verwacht. De cijfers zeggen niet waardoor het komt.")
    if (few := broker_verdict(result.counts)) is not None:
        return _("%(few)s Dit kan toeval zijn.", few=few)
    if estimate.low is not None and estimate.low > 0:
        return _("Dit kan toeval zijn: wie veel kantoren vergelijkt, vindt zo'n verschil ook zonder oorzaak.")
    return _("Dit kan toeval zijn.")


def broker_too_few(counts: Counts) -> Finding:
    """Instead of a finding, for an advertiser with no test or only one."""
    if not counts.n:
        text = _(" Er valt dus niets te vergelijken.")
        return Finding(Direction.NO_DATA, "", _("Bij u zijn in deze ronde geen tests geslaagd."), text)
    text = _(" Eén test is een signaal, geen bevinding. Daarom tonen wij geen cijfers.")
    return Finding(Direction.HIDDEN, "", _("Bij u is in deze ronde één test geslaagd."), text)
