"""What the designs beyond the plain pair ask: shares of sham pairs, unpaired letters, a second factor, quotas."""

from collections.abc import Iterator

from orchestrator.design.kinds import town_of
from orchestrator.design.model import AdvertiserKind, Approach, Letters, Order, Question, Sample, Schedule, Stratum
from orchestrator.design.places import Located, choose_from, located
from profiles import grounds
from profiles.applicants import income_is_told
from profiles.errors import BadInput
from profiles.factors import Factor
from profiles.profile import Ground
from profiles.sentences import Sentence

MOST_SHAM = 0.5


def broken_by_pairing(question: Question) -> Iterator[Located]:
    """What cannot go together in a question."""
    sham = question.sham_share + question.sham_treatment_share
    if sham > MOST_SHAM:
        message = "Meer dan de helft van de tests wordt schijntest, samen met question.sham_share."
        remedy: str = Sentence.of("Maak de twee aandelen samen hooguit %(most)s.", most=f"{MOST_SHAM:g}")
        yield located(("question", "sham_treatment_share"), "too-many-shams", message, found=f"{sham:g}", remedy=remedy)
    if question.approach is Approach.UNPAIRED and sham:
        message = "Een schijntest vergelijkt twee brieven op een advertentie, en in deze opzet gaat er een."
        remedy = "Schrijf sham_share: 0 en haal sham_treatment_share weg, of kies approach: paired."
        yield located(("question", "approach"), "unpaired-sham", message, found=question.approach.value, remedy=remedy)
    if question.factor is Factor.GENDER and question.ground is Ground.GENDER:
        message = "Het geslacht is zelf al wat er wordt getest."
        yield located(
            ("question", "factor"), "factor-is-ground", message, found=question.factor.value, remedy="Haal factor weg."
        )


def broken_by_order(question: Question, schedule: Schedule) -> Iterator[Located]:
    """Where one of both writes, who writes is drawn."""
    if question.approach is Approach.UNPAIRED and schedule.order is not Order.RANDOM:
        message = "Bij approach: unpaired wordt geloot wie schrijft; anders schreef het controleprofiel nooit."
        yield located(
            ("schedule", "order"),
            "unpaired-order",
            message,
            found=schedule.order.value,
            remedy="Schrijf order: random.",
        )


def broken_by_factor(question: Question, letters: Letters) -> Iterator[Located]:
    """Whether the two incomes of a factor are there, differ, and can be read."""
    path, tight = ("letters", "tight_income"), letters.tight_income
    if question.factor is not Factor.INCOME:
        if tight is not None:
            message = "Een krap inkomen hoort bij question.factor: income, en die staat er niet."
            yield located(
                path, "unused-income", message, found=None, remedy="Haal tight_income weg, of schrijf factor: income."
            )
        return
    if tight is None:
        message = "Bij question.factor: income hoort ook hoe krap het krappe inkomen is."
        remedy = "Schrijf onder letters: tight_income: {min: 3.2, max: 3.6}"
        yield located(("letters",), "no-tight-income", message, found="niets", remedy=remedy)
        return
    if tight.min > tight.max or tight.max >= letters.income.min:
        message = "Het krappe inkomen is niet van laag naar hoog, of niet lager dan het ruime (letters.income)."
        limits = {"low": f"{tight.min:g}", "high": f"{tight.max:g}", "ample": f"{letters.income.min:g}"}
        found = Sentence.of("%(low)s tot %(high)s, ruim vanaf %(ample)s", **limits)
        yield located(
            path, "incomes-overlap", message, found=found, remedy="Laat het eindigen onder letters.income.min."
        )
    if not _told(question, letters):
        message = "In een brief van dit niveau staat geen inkomen, dus niemand kan het verschil lezen."
        yield located(
            ("letters", "level"), "income-not-told", message, found=letters.level.value, remedy="Schrijf level: full."
        )


def broken_by_what_is_lent(question: Question, letters: Letters, sample: Sample) -> Iterator[Located]:
    """Whether no number or address needs to come twice at an advertiser, where it would give the test away."""
    needed = question.letters * sample.per_advertiser
    for kind, word, lent in (("phone", "nummer", letters.phones), ("address", "adres", letters.addresses)):
        key, several = ("phones", "nummers") if kind == "phone" else ("addresses", "adressen")
        if len(set(lent)) < len(lent):
            message: str = Sentence.of("Een %(word)s staat er twee keer.", word=word)
            remedy: str = Sentence.of("Noem elk %(word)s een keer.", word=word)
            yield located(("letters", key), f"{kind}-twice", message, found=None, remedy=remedy)
        elif lent and len(lent) < needed:
            told = {"several": several, "lent": len(lent), "needed": needed, "key": key}
            message = Sentence.of(
                "Er zijn te weinig %(several)s: een aanbieder zou er een in twee brieven zien.", **told
            )
            found: str = Sentence.of("%(lent)s %(several)s voor %(needed)s brieven aan een aanbieder", **told)
            remedy = Sentence.of("Voeg %(several)s toe, verlaag sample.per_advertiser, of laat %(key)s weg.", **told)
            yield located(("letters", key), f"too-few-{key}", message, found=found, remedy=remedy)
    if len(towns := {town_of(address) for address in letters.addresses}) > 1:
        message = "De adressen liggen in meer dan een plaats; dan verschilt er meer dan de grond."
        found = ", ".join(sorted(towns))
        remedy = "Noem alleen adressen in een en dezelfde plaats."
        yield located(("letters", "addresses"), "several-towns", message, found=found, remedy=remedy)


def broken_by_quotas(sample: Sample) -> Iterator[Located]:
    """Whether the quotas are of a declared stratum, and together fit in the sample."""
    path = ("sample", "quotas")
    if sample.quotas and sample.stratum is None:
        message, remedy = "Er zijn quota, maar niet waarnaar wordt verdeeld.", "Schrijf ook stratum: district of kind."
        yield located(path, "quotas-without-stratum", message, found=", ".join(sample.quotas), remedy=remedy)
    if (wanted := sum(sample.quotas.values())) > sample.pairs:
        message = "De quota samen zijn meer dan de hele steekproef (sample.pairs)."
        found = Sentence.of("%(wanted)s, en pairs: %(pairs)s", wanted=wanted, pairs=sample.pairs)
        yield located(path, "impossible-quota", message, found=found, remedy="Verlaag een quotum, of verhoog pairs.")
    for key in sample.quotas if sample.stratum is Stratum.KIND else ():
        if key not in list(AdvertiserKind):
            message = "Zo'n soort aanbieder is er niet."
            remedy = choose_from(AdvertiserKind)
            yield located((*path, key), "unknown-stratum", message, found=key, remedy=remedy)


def _told(question: Question, letters: Letters) -> bool:
    try:
        return income_is_told(grounds.load().signal(question.ground, question.signal), letters.level)
    except BadInput:
        return True  # a signal that does not exist is its own problem
