"""The words of the sections: what a code of reason, factor, choice or class is called."""

from collections.abc import Iterable
from dataclasses import replace

from results import formats
from results.language import _, note
from results.reports import wording
from results.reports.sections.advertisers import Advertisers
from results.reports.sections.bias import BOUNDS_ADVERTISERS, Bias
from results.reports.values import EstimateRow, Term, TestRow
from results.statistics import Estimate, TestResult, strata
from results.statistics.advertiser import AdvertiserResult, ReportCard, sentence
from results.statistics.bias import Attrition, FactorEffect
from results.statistics.findings import Absent

__all__ = ["BOUNDS_ADVERTISERS", "evidence", "factors", "level", "within"]

SCALES = strata.SCALES[0].upper() + strata.SCALES[1:] + "."
ARMS = {code: name.capitalize() for code, name in wording.ARM_NAMES.items()}

DROPPED = {
    "failed": "Reactie werd geweigerd",
    "expired": "Reactie kon niet op tijd weg",
    "uncertain": "Niet zeker of de reactie is aangekomen",
    "undeliverable": "Reactie kwam niet aan",
    "detected": "Aanbieder vroeg of het een test is",
}
FACTORS = {
    "control_variant": "Briefversie van het controleprofiel",
    "treatment_variant": "Briefversie van het testprofiel",
    "order": "Wie het eerst reageerde",
    "gap": "Tijd tussen de twee reacties",
    "day": "Dag van de eerste reactie",
}
DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
CHOICES = {
    "declared": "Zoals opgegeven in de onderzoeksopzet",
    "excluded_neither": "Uitgesloten tests tellen mee, zonder uitnodiging",
    "excluded_against": "Uiterste: alle uitgesloten tests in het nadeel van het testprofiel",
    "excluded_in_favour": "Uiterste: alle uitgesloten tests in het voordeel van het testprofiel",
    "strict": "Streng: alleen een uitnodiging telt als positief",
    "wide": "Ruim: ook een antwoord onder voorwaarden telt als positief",
    "half_window": "Antwoorden uit de eerste helft van de antwoordtermijn",
}
SPLITS = {"district": "Wijk", "kind": "Soort woningaanbieder", "gender": "Geslacht", "income": "Inkomen"}
CLASSES = {
    "outcome": {
        "none": "Geen antwoord",
        "negative": "Afwijzing",
        "conditional": "Onder voorwaarden",
        "positive": "Uitnodiging",
    },
    "demands": {"none": "Geen eis", "one": "Eén eis", "more": "Meer dan één"},
}
CLASS_TABLES = {"outcome": "Soort antwoord", "demands": "Extra eisen"}


def estimate_rows(estimates: Iterable[Estimate]) -> list[EstimateRow]:
    """Estimates as a table shows them."""
    return [wording.estimate_row(each) for each in estimates]


def test_rows(tests: Iterable[TestResult]) -> list[TestRow]:
    """Tests with their Dutch names."""
    return [TestRow(each, wording.told(wording.TESTS, each.name)) for each in tests]


def absent_rows(absent: Iterable[Absent]) -> list[tuple[str, str]]:
    """What could not be computed: its Dutch name and why."""
    return [(wording.told(wording.NOT_COMPUTED, each.name), note(each.reason)) for each in absent]


def homogeneity(tests: Iterable[TestResult]) -> list[TestRow]:
    """Tests of equality over strata, without the warning that all of them share (``SCALES`` tells it once)."""
    return test_rows(replace(each, note=each.note.replace(strata.SCALES, "").removesuffix("; ")) for each in tests)


def dropped(attrition: Iterable[Attrition]) -> list[Attrition]:
    """The reasons for which any letter dropped out."""
    return [each for each in attrition if each.control + each.treatment]


def hours(median: Estimate) -> str:
    """The limits of a median in hours, as far as they exist."""
    return "–" if median.value is None else wording.limits(median, 1, 1)


def level(effect: FactorEffect, code: str, bias: Bias) -> str:
    """One value of a factor as it is called."""
    if effect.factor == "day":
        return _(DAYS[int(code) - 1])
    if effect.factor == "order":
        return _("%(arm)s eerst", arm=_(wording.ARM_NAMES[code]))
    if effect.factor == "gap":
        low, high = bias.gap_hours[int(code) - 1]
        return _("%(number)s tot %(number2)s uur", number=formats.number(low), number2=formats.number(high))
    return _("versie %(code)s", code=code)


def within(hours: float) -> str:
    """A moment after sending: hours up to two days, then days."""
    if hours == 1:
        return _("1 uur")
    if hours <= 48:
        return formats.many(int(hours), _("uur"), _("uur"))
    return formats.many(int(hours // 24), _("dag"), _("dagen"))


def factors(codes: Iterable[str]) -> str:
    """Factors in a sentence."""
    return ", ".join(_(FACTORS[code])[0].lower() + _(FACTORS[code])[1:] for code in codes)


def evidence(found: Advertisers) -> tuple[Term, ...]:
    """What the numbers per advertiser rest on."""
    alike = _("niet te schatten: geen enkele woningaanbieder heeft een eenzijdige test")
    if found.mixture:
        alike = f"{formats.percent(found.mixture.pi0)}; {note(found.mixture.note)}"
    return (
        Term(
            _("Aandeel zonder verschil, volgens de p-waarden (Storey)"),
            f"{formats.percent(found.q.pi0)}; {note(found.q.note)}",
        ),
        Term(_("Aandeel zonder verschil, volgens het mengsel"), alike),
        Term(_("Spreiding tussen woningaanbieders"), note(str(found.fit.spread))),
        Term(_("Groepen"), _groups(found.card)),
    )


def _groups(card: ReportCard) -> str:
    if card.misranked is None:
        return note(card.note)
    wrong = _(
        "naar verwachting staat %(percent)s van alle paren in de verkeerde volgorde",
        percent=formats.percent(card.misranked, 1),
    )
    if card.misranked_graded is None:
        return f"{note(card.note)}; {wrong}"
    return _(
        "%(note)s; %(wrong)s, en %(percent)s van die uit verschillende groepen",
        note=note(card.note),
        wrong=wrong,
        percent=formats.percent(card.misranked_graded, 1),
    )


def verdict(result: AdvertiserResult) -> str:
    """The verdict on one advertiser, and how much more it would take where there is none."""
    return note(sentence(result))
