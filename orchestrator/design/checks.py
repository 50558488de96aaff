"""What the shape of a design cannot say: rules that span fields, the catalogue's sets or the calendar."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from orchestrator.design.calendar import Calendar
from orchestrator.design.looks import broken_by_looks
from orchestrator.design.model import (
    Approach,
    DeclaredFeed,
    Design,
    FeedFormat,
    Letters,
    Mode,
    Question,
    Sample,
    Schedule,
)
from orchestrator.design.pairing import (
    broken_by_factor,
    broken_by_order,
    broken_by_pairing,
    broken_by_quotas,
    broken_by_what_is_lent,
)
from orchestrator.design.places import KeyPath, Located, choose_from, located
from orchestrator.settings import LOOPBACK
from profiles import grounds
from profiles.applicants import check_signal
from profiles.catalogue import Catalogue, NameSet
from profiles.errors import BadInput, Problem
from profiles.grounds import Signal, SignalKind
from profiles.pairs import BOTH, Arm
from profiles.perception import Validation
from profiles.profile import Ground
from profiles.sentences import Sentence

LONGEST_DAYS = 366
_TEST_FIRST = (
    "Kies een gevalideerde namenset, lees de uitkomsten van een vooronderzoek in (praktijktest names import), of "
    "schrijf %(else_)s."
)
_NO_DAY = (
    "Tussen %(first)s en %(last)s is er geen dag waarop brieven uitgaan: alles valt op een andere weekdag of op een "
    "feestdag."
)
_TOO_LONG_A_GAP = "De langste tussentijd past niet in de periode, die van begin tot eind %(hours)s uur duurt."
# RFC 2606 and RFC 6761: these names can never receive mail.
RESERVED = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")


def check(design: Design, sets: Mapping[str, NameSet]) -> tuple[Problem, ...]:
    """Every rule that the design breaks, each message beginning with its key path; ``sets`` as in the catalogue."""
    return tuple(found.problem for found in broken_rules(design, sets))


def broken_rules(design: Design, sets: Mapping[str, NameSet]) -> tuple[Located, ...]:
    """As `check`, with the place of each problem."""
    live = design.mode is Mode.LIVE
    return (
        *broken_by_retest(design),
        *broken_by_question(design.question, sets, live=live),
        *broken_by_letters(design.letters, live=live),
        *broken_by_signal(design.question, design.letters),
        *broken_by_factor(design.question, design.letters),
        *broken_by_order(design.question, design.schedule),
        *broken_by_what_is_lent(design.question, design.letters, design.sample),
        *broken_by_sample(design.sample, live=live),
        *broken_by_schedule(design.schedule),
        *broken_by_looks(design.question, design.sample, design.analysis),
    )


def broken_by_retest(design: Design) -> Iterator[Located]:
    """What no re-test can be, whatever round it is of; the rest is in the record (`orchestrator.retests`)."""
    if not design.retest_of:
        return
    path: KeyPath = ("retest_of",)
    if design.retest_of == design.round:
        message, remedy = "Een ronde is geen hertest van zichzelf.", "Geef de nieuwe ronde een eigen naam."
        yield located(path, "retest-of-itself", message, found=design.retest_of, remedy=remedy)
    if design.question.approach is Approach.UNPAIRED:
        message = "Een hertest vergelijkt per kantoor, en daarvoor schrijven beide profielen op elke advertentie."
        remedy = "Schrijf question.approach: paired, of haal retest_of weg."
        yield located(path, "retest-unpaired", message, found=design.question.approach.value, remedy=remedy)


def broken_by_question(question: Question, sets: Mapping[str, NameSet], *, live: bool) -> Iterator[Located]:
    yield from broken_by_pairing(question)
    chosen = {Arm.CONTROL: question.control, Arm.TREATMENT: question.treatment}
    try:
        signal = grounds.load().signal(question.ground, question.signal)
    except BadInput as error:
        yield from (_repeat(("question", "signal"), problem) for problem in error.problems)
    else:
        yield from _bad_sets(signal, chosen, sets)
        if question.control == question.treatment and signal.kind is SignalKind.NAME:
            yield _same_set(question)
        yield from _bad_further_sets(question, signal, sets)
    if live or question.validation not in (None, Validation.NONE):
        yield from _untested(question, sets, live=live)
    if live and question.validation is Validation.NONE:
        yield _no_validation_live()


def _bad_sets(signal: Signal, chosen: Mapping[Arm, str], sets: Mapping[str, NameSet]) -> Iterator[Located]:
    catalogue = Catalogue(names=(), sets=sets, jobs=(), households=())
    unfit = {}
    for arm, key in chosen.items():
        # Each set by itself first, so that the problem points at its own key.
        if problems := check_signal(catalogue, signal, dict.fromkeys(BOTH, key)):
            unfit[arm] = problems[0]
    yield from (_repeat(("question", arm.value), problem) for arm, problem in unfit.items())
    if not unfit:
        together = check_signal(catalogue, signal, chosen)
        yield from (_repeat(("question", "treatment"), problem) for problem in together)


def _bad_further_sets(question: Question, signal: Signal, sets: Mapping[str, NameSet]) -> Iterator[Located]:
    catalogue = Catalogue(names=(), sets=sets, jobs=(), households=())
    for number, key in enumerate(question.also):
        path: KeyPath = ("question", "also", number)
        if signal.kind is not SignalKind.NAME or signal.ground is not Ground.ORIGIN:
            message, remedy = "Meer dan twee profielen kan alleen waar de naam het signaal is.", "Haal also weg."
            yield located(path, "set-needs-names", message, found=key, remedy=remedy)
        elif key in (question.control, question.treatment, *question.also[:number]):
            message, remedy = "Deze namenset heeft al een ander profiel.", "Noem elke namenset een keer."
            yield located(path, "same-name-set", message, found=key, remedy=remedy)
        else:
            chosen = {Arm.CONTROL: question.control, Arm.TREATMENT: key}
            yield from (_repeat(path, problem) for problem in check_signal(catalogue, signal, chosen))


def broken_by_signal(question: Question, letters: Letters) -> Iterator[Located]:
    """What no letters of this kind can show; nothing for a question without a sound signal: that is its own problem."""
    try:
        signal = grounds.load().signal(question.ground, question.signal)
    except BadInput:
        return
    if letters.level not in signal.levels:
        message: str
        words = "Signaal '%(signal)s' past niet in een brief van dit niveau, die zelf al vertelt wat het toont."
        message, remedy = Sentence.of(words, signal=signal.key), choose_from(signal.levels)
        yield located(("letters", "level"), "level-not-for-signal", message, found=letters.level.value, remedy=remedy)
        return
    spoken = signal.control.sentences
    if signal.kind is SignalKind.SENTENCE and letters.language not in spoken:
        message = Sentence.of("Signaal '%(signal)s' heeft geen zinnen in deze taal.", signal=signal.key)
        remedy = choose_from(spoken)
        path = ("letters", "language")
        yield located(path, "no-sentences-in-language", message, found=letters.language.value, remedy=remedy)
        return
    if signal.kind is SignalKind.LANGUAGE and letters.language is not signal.control.language:
        message, remedy = "Bij deze grond schrijft elk profiel in zijn eigen taal.", "Haal language weg."
        found = letters.language.value
        yield located(("letters", "language"), "language-is-the-signal", message, found=found, remedy=remedy)


def _repeat(path: KeyPath, problem: Problem) -> Located:
    return located(path, problem.code, problem.message, found=problem.found, remedy=problem.remedy)


def _same_set(question: Question) -> Located:
    return located(
        ("question", "treatment"),
        "same-name-set",
        "Beide profielen krijgen dezelfde namenset, dus er wordt niets getest.",
        found=question.treatment,
        remedy="Kies een andere namenset; voor schijntests is er question.sham_share.",
    )


def _untested(question: Question, sets: Mapping[str, NameSet], *, live: bool) -> Iterator[Located]:
    """Sets of which no name was put to raters; what the records of the others say is `name_bank.problems`."""
    further = {("question", "also", number): key for number, key in enumerate(question.also)}
    named: dict[KeyPath, str] = {
        ("question", "control"): question.control,
        ("question", "treatment"): question.treatment,
    }
    for path, key in (named | further).items():
        if key in sets and not sets[key].tested:
            yield located(
                path,
                "unvalidated-names-live" if live else "unvalidated-names",
                "Deze namen zijn niet vooraf getest en mogen niet in een ronde die echt verzendt."
                if live
                else "Deze namen zijn niet vooraf getest en mogen niet in een ronde die geteste namen vraagt.",
                found=key,
                remedy=Sentence.of(_TEST_FIRST, else_="mode: rehearsal" if live else "validation: none"),
            )


def _no_validation_live() -> Located:
    return located(
        ("question", "validation"),
        "no-validation-live",
        "Een ronde die echt verzendt, vraagt namen die zijn herkend.",
        found="none",
        remedy="Schrijf validation: recognised of matched, of mode: rehearsal.",
    )


def broken_by_letters(letters: Letters, *, live: bool) -> Iterator[Located]:
    if letters.income.min > letters.income.max:
        yield located(
            ("letters", "income"),
            "income-reversed",
            "Het minste inkomen is meer dan het meeste.",
            found=f"min {letters.income.min:g}, max {letters.income.max:g}",
            remedy="Wissel min en max om.",
        )
    if live and letters.domain.endswith(tuple(f".{name}" for name in RESERVED)):
        yield located(
            ("letters", "domain"),
            "reserved-domain-live",
            "Dit domein bestaat alleen voor voorbeelden; antwoorden kunnen er niet aankomen.",
            found=letters.domain,
            remedy="Schrijf het domein van de opdrachtgever waarop u antwoorden ontvangt, of mode: rehearsal.",
        )


def broken_by_sample(sample: Sample, *, live: bool) -> Iterator[Located]:
    yield from broken_by_quotas(sample)
    urls = [feed.url for feed in sample.feeds]
    for number, feed in enumerate(sample.feeds):
        path: KeyPath = ("sample", "feeds", number)
        yield from _bad_address(path, feed.url, live=live)
        yield from _contradicting(path, feed)
        if feed.url in urls[:number]:
            yield located(
                (*path, "url"),
                "duplicate-feed",
                "Deze feed staat er al.",
                found=feed.url,
                remedy="Haal een van de twee weg.",
            )


def _bad_address(path: KeyPath, url: str, *, live: bool) -> Iterator[Located]:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0 and url.isascii() and url.isprintable() and " " not in url
    except ValueError:
        usable = False
    if not usable:
        remedy = "Schrijf het hele adres: https://kantoor.example/aanbod.json."
        yield located((*path, "url"), "bad-url", "Dit is geen webadres.", found=url, remedy=remedy)
    elif "@" in parts.netloc:
        message = "In dit adres staat een naam of wachtwoord, en een opzet wordt gedeeld en bewaard."
        remedy = "Vraag de aanbieder om een feed zonder wachtwoord."
        yield located((*path, "url"), "password-in-url", message, found=f"…@{parts.hostname}", remedy=remedy)
    elif parts.scheme != "https" and (live or parts.scheme != "http" or parts.hostname not in LOOPBACK):
        message = "Een feed wordt alleen over https gelezen; in een oefenronde mag http op deze machine ook."
        yield located((*path, "url"), "feed-not-https", message, found=url, remedy="Schrijf https://…")


def _contradicting(path: KeyPath, feed: DeclaredFeed) -> Iterator[Located]:
    if feed.advertiser and feed.fields.advertiser:
        message = "Of de hele feed is van één aanbieder, of een veld zegt van wie een advertentie is."
        remedy = "Haal advertiser of fields.advertiser weg."
        yield located((*path, "advertiser"), "two-advertisers", message, found=feed.advertiser, remedy=remedy)
    if feed.items and feed.format is not FeedFormat.JSON:
        message = "Alleen in JSON is er een plaats van de lijst te noemen."
        yield located((*path, "items"), "unexpected-items", message, found=feed.items, remedy="Haal items weg.")


def broken_by_schedule(schedule: Schedule) -> Iterator[Located]:
    if schedule.gap_hours.min > schedule.gap_hours.max:
        yield located(
            ("schedule", "gap_hours"),
            "gap-reversed",
            "De kortste tussentijd is langer dan de langste.",
            found=f"min {schedule.gap_hours.min:g}, max {schedule.gap_hours.max:g}",
            remedy="Wissel min en max om.",
        )
    unusable = tuple(_bad_period(schedule))
    yield from unusable
    yield from _bad_hours(schedule)
    if not unusable and schedule.until > schedule.from_:
        yield from _bad_window(schedule)


def _bad_period(schedule: Schedule) -> Iterator[Located]:
    days = (schedule.last_day - schedule.first_day).days + 1
    if days < 1:
        yield located(
            ("schedule", "last_day"),
            "period-reversed",
            Sentence.of("De laatste dag ligt voor de eerste (%(first)s).", first=schedule.first_day),
            found=str(schedule.last_day),
            remedy="Wissel de dagen om.",
        )
    if days > LONGEST_DAYS:
        counted = {"days": days, "most": LONGEST_DAYS}
        yield located(
            ("schedule", "last_day"),
            "period-too-long",
            Sentence.of("De periode telt %(days)s dagen; een ronde duurt hooguit %(most)s dagen.", **counted),
            found=str(schedule.last_day),
            remedy="Kort de periode in, of maak er meer rondes van.",
        )


def _bad_hours(schedule: Schedule) -> Iterator[Located]:
    if schedule.until <= schedule.from_:
        yield located(
            ("schedule", "until"),
            "no-working-hours",
            Sentence.of("De eindtijd ligt niet na de begintijd (%(start)s).", start=f"{schedule.from_:%H:%M}"),
            found=f"{schedule.until:%H:%M}",
            remedy='Schrijf een later tijdstip, bijvoorbeeld until: "17:30".',
        )


def _bad_window(schedule: Schedule) -> Iterator[Located]:
    calendar = Calendar(schedule)
    if not calendar.spans:
        yield located(
            ("schedule", "weekdays"),
            "no-working-hours",
            Sentence.of(_NO_DAY, first=schedule.first_day, last=schedule.last_day),
            found=", ".join(schedule.weekdays),
            remedy="Kies een langere periode of andere dagen.",
        )
    elif timedelta(hours=schedule.gap_hours.max) > calendar.last - calendar.first:
        window = (calendar.last - calendar.first) / timedelta(hours=1)
        yield located(
            ("schedule", "gap_hours", "max"),
            "gap-longer-than-window",
            Sentence.of(_TOO_LONG_A_GAP, hours=f"{window:.1f}"),
            found=f"{schedule.gap_hours.max:g}",
            remedy="Maak de tussentijd korter of de periode langer.",
        )
