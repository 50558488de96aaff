"""The shape of a design, its canonical text and digest."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import not_
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from orchestrator.design.kinds import (
    DOMAIN,
    ROUND_NAME,
    Address,
    ClockTime,
    Hours,
    LongText,
    ParticipantKey,
    Phone,
    RoundName,
    SetKey,
    Text,
)
from profiles import grounds
from profiles.factors import Factor
from profiles.grounds import Signal
from profiles.letters import Level
from profiles.pairs import USUAL_INCOME, Arm, IncomeRule
from profiles.perception import Validation
from profiles.profile import Ground, Language

MOST_PAIRS = 100_000
"""So many pairs has one round at the most; a larger programme is several rounds."""


class Mode(StrEnum):
    """Whether the round may leave this installation."""

    REHEARSAL = "rehearsal"
    LIVE = "live"


class Purpose(StrEnum):
    """What an advertiser consented to and a study declares: learning for itself, or figures for the commissioner."""

    LEARNING = "learning"
    MONITORING = "monitoring"


class FeedFormat(StrEnum):
    """How a listing feed is written; `RSS` includes Atom."""

    CSV = "csv"
    JSON = "json"
    RSS = "rss"


class Order(StrEnum):
    """Which arm writes first."""

    RANDOM = "random"
    TREATMENT_FIRST = "treatment_first"


class AdvertiserKind(StrEnum):
    """Who lets the dwelling."""

    BROKER = "broker"
    PRIVATE_LANDLORD = "private_landlord"


class Approach(StrEnum):
    """Whether both arms write about a listing, or one of them."""

    PAIRED = "paired"
    UNPAIRED = "unpaired"


class Stratum(StrEnum):
    """By what listings are grouped, so that the arms are balanced in every group and a group can have a quota."""

    DISTRICT = "district"
    KIND = "kind"


class Weekday(StrEnum):
    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"

    @property
    def number(self) -> int:
        """0 for Monday, as `date.weekday` counts."""
        return list(Weekday).index(self)


def _in_week_order(days: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    return tuple(day for day in Weekday if day in days)


def _sorted_once(classes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(classes)))


class Part(BaseModel):
    """Frozen; an unknown key is an error, not-a-number is no number."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _optional(description: str, example: str) -> Any:
    """A text that may be left out: it is empty then, and not in the canonical text."""
    return Field("", exclude_if=not_, description=description, examples=[example])


class Study(Part):
    """The commissioned programme that a round belongs to."""

    name: Text = Field(description="Naam van het onderzoek.", examples=["Gelijke kansen op de huurmarkt"])
    commissioner: Text = Field(description="De opdrachtgever.", examples=["Gemeente Amersfoort"])
    legal_basis: LongText = Field(
        description="Op welke wet of welk besluit het onderzoek rust.", examples=["Besluit van de raad van 12 mei 2026"]
    )
    ethics_reference: Text = Field(description="Kenmerk van de ethische toetsing.", examples=["ETC-2026-014"])
    dpia_reference: Text = Field(
        description="Kenmerk van de gegevensbeschermingseffectbeoordeling (DPIA).", examples=["DPIA-2026-007"]
    )
    purpose: Purpose = Field(
        description="Doel waarvoor de deelnemers toestemming gaven: learning (leren) of monitoring (volgen).",
        examples=["learning"],
    )
    retention_months: int = Field(
        ge=1, le=120, description="Zoveel maanden na sluiting worden de antwoorden bewaard.", examples=[6]
    )
    keep_attachments: bool = Field(
        default=False,
        exclude_if=not_,  # absent or false is one design, with one canonical text
        description="Of bijlagen bewaard worden (true); anders blijft van een bijlage alleen de naam.",
        examples=[False],
    )
    emergency_contact: Text = _optional(
        "Wie een aanbieder of bewoner direct kan bereiken als er iets misgaat, en hoe.", "J. de Boer, 033 469 51 11"
    )


class Question(Part):
    """What is tested, and by which name sets."""

    ground: Ground = Field(
        description="De grond, bijvoorbeeld origin (afkomst), gender (geslacht) of disability (handicap).",
        examples=["origin"],
    )
    signal: SetKey = _optional("Hoe de grond wordt getoond, als dat op meer dan een manier kan.", "wheelchair")
    control: SetKey = Field(description="Namenset van het controleprofiel.", examples=["dutch"])
    treatment: SetKey = Field(
        description="Namenset van het testprofiel; dezelfde als control wanneer niet de naam het signaal is.",
        examples=["moroccan"],
    )
    also: tuple[SetKey, ...] = Field(
        (),
        max_length=2,
        exclude_if=not_,
        description="Nog een of twee namensets: elke advertentie krijgt dan ook van hen een brief.",
        examples=[["turkish"]],
    )
    sham_share: float = Field(
        ge=0,
        le=0.5,
        description="Deel van de tests waarin beide profielen tonen wat het controleprofiel toont.",
        examples=[0.1],
    )
    sham_treatment_share: float = Field(
        default=0,
        ge=0,
        le=0.5,
        exclude_if=not_,
        description="Deel van de tests waarin beide profielen tonen wat het testprofiel toont.",
        examples=[0.05],
    )
    approach: Approach = Field(
        Approach.PAIRED,
        exclude_if=lambda approach: approach == Approach.PAIRED,
        description="paired: beide profielen schrijven op een advertentie; unpaired: één van beide, geloot.",
        examples=["paired"],
    )
    factor: Annotated[Factor | None, WithJsonSchema({"type": "string", "enum": list(Factor)})] = Field(
        default=None,
        exclude_if=lambda factor: factor is None,
        description="Tweede kenmerk dat van test tot test wisselt en in beide profielen gelijk is: gender (vrouwen of "
        "mannen) of income (ruim of krap inkomen).",
        examples=["income"],
    )
    validation: Annotated[Validation | None, WithJsonSchema({"type": "string", "enum": list(Validation)})] = Field(
        default=None,
        exclude_if=lambda level: level is None,  # a design that does not say has the text it always had
        description="Wat van de namen bekend moet zijn: none, recognised (herkend) of matched (ook van dezelfde "
        "klasse). Zonder deze sleutel: none in een oefenronde, recognised in een echte.",
        examples=["recognised"],
    )

    @property
    def sets(self) -> Mapping[Arm, str]:
        """The name set of each arm of the design, control first."""
        return dict(zip(Arm, (self.control, self.treatment, *self.also), strict=False))

    @property
    def letters(self) -> int:
        """How many letters go about a listing."""
        return 1 if self.approach is Approach.UNPAIRED else len(self.sets)


class Income(Part):
    """The gross income of a household, in times the rent; the drawn income is uniform between the two."""

    min: float = Field(ge=1, le=10, description="Minste inkomen, in keren de huur.", examples=[4.2])
    max: float = Field(ge=1, le=10, description="Meeste inkomen, in keren de huur.", examples=[4.6])

    @property
    def rule(self) -> IncomeRule:
        return IncomeRule(round(100 * self.min), round(100 * self.max))


USUAL = Income(min=USUAL_INCOME.least / 100, max=USUAL_INCOME.most / 100)


class Letters(Part):
    """What the applicants write, and from which domain."""

    level: Level = Field(description="Hoeveel een brief vertelt: minimal of full.", examples=["minimal"])
    domain: str = Field(
        pattern=DOMAIN, max_length=200, description="Domein van de e-mailadressen.", examples=["woonpost.example"]
    )
    language: Language = Field(
        Language.DUTCH,
        exclude_if=lambda language: language == Language.DUTCH,
        description="Taal van de brieven: nl (Nederlands) of en (Engels), voor beide profielen.",
        examples=["nl"],
    )
    income: Income = Field(
        USUAL,
        exclude_if=lambda income: income == USUAL,
        description="Het bruto-inkomen van beide profielen, in keren de huur.",
    )
    phones: tuple[Phone, ...] = Field(
        (),
        max_length=1000,
        exclude_if=not_,
        description="Telefoonnummers van de opdrachtgever zelf, waarvan er in elke brief een staat; nooit verzonnen.",
        examples=[["033 469 51 11"]],
    )
    addresses: tuple[Address, ...] = Field(
        (),
        max_length=1000,
        exclude_if=not_,
        description=(
            "Adressen in een plaats waar de opdrachtgever zelf post ontvangt, waarvan er in elke brief een staat; "
            "nooit verzonnen."
        ),
        examples=[["Stadhuisplein 1, 3811 LM Amersfoort"]],
    )
    tight_income: Income | None = Field(
        None,
        exclude_if=lambda income: income is None,
        description="Bij question.factor: income het krappe inkomen van beide profielen; income is dan het ruime.",
    )


class FeedFields(Part):
    """What a feed calls our columns; where it is not said, a column has our name, or the usual one of RSS and Atom."""

    listing: Text = _optional("Kenmerk van de advertentie zelf.", "id")
    advertiser: Text = _optional("Sleutel van de aanbieder.", "kantoor")
    street: Text = _optional("Straat met huisnummer.", "adres")
    postcode: Text = _optional("Postcode.", "postcode")
    city: Text = _optional("Plaats.", "plaats")
    district: Text = _optional("Wijk.", "wijk")
    rent: Text = _optional("Huur in hele euro's per maand.", "huurprijs")
    rooms: Text = _optional("Aantal kamers.", "kamers")
    reference: Text = _optional("Kenmerk dat in de brief komt.", "objectcode")
    url: Text = _optional("Webadres van de advertentie.", "link")
    published: Text = _optional("Wanneer de advertentie verscheen.", "datum")
    accessible: Text = _optional("Of de woning met een rolstoel bereikbaar is (ja of nee).", "rolstoel")


class DeclaredFeed(Part):
    """A list of advertised dwellings on the web, from which a running round grows."""

    url: LongText = Field(description="Webadres van de feed.", examples=["https://kantoor.example/aanbod.json"])
    format: FeedFormat = Field(description="Vorm van de feed: csv, json of rss (ook Atom).", examples=["json"])
    advertiser: ParticipantKey = _optional(
        "Sleutel van de aanbieder van wie alle advertenties in deze feed zijn.", "kantoor"
    )
    fields: FeedFields = Field(FeedFields(), description="Hoe onze kolommen in deze feed heten.")
    items: Text = _optional("Waar in de JSON de lijst met advertenties staat.", "aanbod.huur")


class Sample(Part):
    """How many pairs, the most with one advertiser, and the feeds that a running round grows from."""

    pairs: int = Field(ge=1, le=MOST_PAIRS, description="Zoveel tests telt de ronde hooguit.", examples=[240])
    per_advertiser: int = Field(
        ge=1, le=1000, description="Hooguit zoveel tests bij één aanbieder in deze ronde.", examples=[8]
    )
    stratum: Annotated[Stratum | None, WithJsonSchema({"type": "string", "enum": list(Stratum)})] = Field(
        default=None,
        exclude_if=lambda stratum: stratum is None,
        description="Waarnaar advertenties worden verdeeld: district (wijk) of kind (makelaar of particulier).",
        examples=["district"],
    )
    quotas: dict[Text, Annotated[int, Field(ge=1, le=MOST_PAIRS)]] = Field(
        default={},
        exclude_if=not_,
        description="Zoveel tests in een stratum, precies; wat overblijft is voor de strata die hier niet staan.",
        examples=[{"Binnenstad": 60}],
    )
    feeds: tuple[DeclaredFeed, ...] = Field(
        (), max_length=100, description="Lijsten op het web waaruit nieuwe advertenties in de lopende ronde komen."
    )
    feed_hours: int = Field(
        48,
        ge=1,
        le=336,
        description="Zoveel uur na verschijnen is een advertentie uit een feed nieuw, en kan zij worden getest.",
        examples=[48],
    )
    prior: SetKey = _optional(
        "Eerder onderzoek of rekenvoorbeeld waarop het aantal tests berust, uit de lijst van praktijktest power.",
        "nl_scenario_8",
    )


class Gap(Part):
    """Clock hours between the two letters of a pair; the drawn gap is uniform between the two."""

    min: Hours = Field(description="Kortste tijd in uren tussen de twee brieven van een test.", examples=[2])
    max: Hours = Field(description="Langste tijd in uren tussen de twee brieven van een test.", examples=[30])


class Schedule(Part):
    """When letters go out, in the study's time zone (Europe/Amsterdam); first and last day both count."""

    first_day: date = Field(description="Eerste dag waarop brieven uitgaan.", examples=["2026-09-07"])
    last_day: date = Field(description="Laatste dag waarop brieven uitgaan.", examples=["2026-10-09"])
    weekdays: Annotated[tuple[Weekday, ...], AfterValidator(_in_week_order)] = Field(
        min_length=1,
        description="Dagen waarop brieven uitgaan; feestdagen vallen vanzelf af.",
        examples=[["mon", "tue", "wed", "thu", "fri"]],
    )
    from_: ClockTime = Field(alias="from", description="Vanaf dit tijdstip (uu:mm).", examples=["09:00"])
    until: ClockTime = Field(description="Tot dit tijdstip (uu:mm).", examples=["17:30"])
    order: Order = Field(
        description="Wie het eerst schrijft: random (geloot) of treatment_first (testprofiel).", examples=["random"]
    )
    gap_hours: Gap = Field(description="Tijd tussen de twee brieven van een test.")
    per_advertiser_week: int = Field(
        ge=1, le=100, description="Hooguit zoveel tests per aanbieder per kalenderweek.", examples=[3]
    )
    per_advertiser_day: int = Field(
        default=0,
        ge=0,
        le=100,
        exclude_if=not_,  # without this cap a design has the canonical text of before it could be declared
        description="Hooguit zoveel tests per aanbieder per dag; 0, of niets, is alleen de grens per week.",
        examples=[1],
    )
    cooldown_hours: float = Field(
        ge=0, le=336, description="Rust in uren tussen brieven van verschillende tests bij één aanbieder.", examples=[4]
    )


class OutcomeRule(Part):
    """Which outcome classes count as positive, and when silence is an answer."""

    positive: Annotated[tuple[Literal["positive", "conditional"], ...], AfterValidator(_sorted_once)] = Field(
        min_length=1, description="Uitkomsten die als positief tellen.", examples=[["positive"]]
    )
    response_days: int = Field(ge=1, le=90, description="Zoveel dagen stilte telt als geen reactie.", examples=[10])
    double_coding: float = Field(
        default=1.0,
        ge=0,
        le=1,
        exclude_if=lambda share: share == 1,  # coding all twice is the canonical text of before this could be declared
        description="Deel van de antwoorden dat twee mensen onafhankelijk coderen; de rest codeert één.",
        examples=[1.0],
    )


class LookShape(StrEnum):
    """How fast the looks spend what they may err together: hardly at first, or nearly evenly."""

    OBRIEN_FLEMING = "obrien-fleming"
    POCOCK = "pocock"


class Looks(Part):
    """When unblinded numbers may be seen before the round is closed; see `orchestrator.design.looks`."""

    at: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        min_length=1,
        max_length=9,
        description="Bij welk deel van de geplande tests een tussenstand opent, oplopend.",
        examples=[[0.5]],
    )
    shape: LookShape = Field(
        LookShape.OBRIEN_FLEMING,
        description="Hoe streng een vroege tussenstand is: obrien-fleming (heel streng) of pocock (elke even streng).",
        examples=["obrien-fleming"],
    )


class Analysis(Part):
    level: float = Field(ge=0.8, le=0.999, description="Betrouwbaarheidsniveau van de intervallen.", examples=[0.95])
    looks: Looks | None = Field(
        None,
        exclude_if=lambda looks: looks is None,
        description="De tussenstanden; zonder deze sleutel blijven alle cijfers verborgen tot de ronde is gesloten.",
    )


class Design(Part):
    """The declared plan of a round."""

    round: str = Field(
        pattern=ROUND_NAME,
        description="Naam van de ronde: kleine letters, cijfers en streepjes.",
        examples=["amersfoort-2026-najaar"],
    )
    version: int = Field(
        ge=1, le=1000, description="Versie van deze opzet; een wijziging krijgt een nieuwe.", examples=[1]
    )
    mode: Mode = Field(description="rehearsal (oefenen) of live (echt verzenden).", examples=["rehearsal"])
    seed: int = Field(ge=0, le=2**53 - 1, description="Startgetal van de loting.", examples=[20260907])
    retest_of: RoundName = _optional(
        "Eerdere, gesloten ronde: alleen kantoren die daarna een actie afspraken worden opnieuw getest.",
        "amersfoort-2026-voorjaar",
    )
    study: Study = Field(description="Het onderzoek.")
    question: Question = Field(description="Wat er wordt getest.")
    letters: Letters = Field(description="De brieven.")
    sample: Sample = Field(description="De steekproef.")
    schedule: Schedule = Field(description="De planning.")
    outcome: OutcomeRule = Field(description="De uitkomst.")
    analysis: Analysis = Field(description="De analyse.")

    @property
    def signal(self) -> Signal:
        """How the ground is shown; BadInput for a question that `checks` refuses."""
        return grounds.load().signal(self.question.ground, self.question.signal)

    @property
    def validation(self) -> Validation:
        """The validation level that the names of this round must reach."""
        return self.question.validation or (Validation.RECOGNISED if self.mode is Mode.LIVE else Validation.NONE)


def canonical(design: Design) -> str:
    """The design as one line of JSON: sorted keys, no spaces; equal designs have equal text.

    A design without feeds says nothing of feeds: its text and digest are those of before feeds could be declared.
    """
    plain = design.model_dump(mode="json", by_alias=True)
    if not design.sample.feeds:
        del plain["sample"]["feeds"], plain["sample"]["feed_hours"]
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(design: Design) -> str:
    """SHA-256 of the canonical text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(design).encode()).hexdigest()


@lru_cache(maxsize=64)
def from_canonical(text: str) -> Design:
    """The design that `canonical` wrote; raises pydantic's ValidationError for any other text."""
    return Design.model_validate_json(text, strict=True)
