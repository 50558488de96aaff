"""What the API says, as types: the specification is made of them, and every answer is one of them.

Names of fields are in lower camel case outside, as the API Design Rules ask.
"""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from orchestrator.design.kinds import ROUND_NAME
from orchestrator.models import ReleaseState
from orchestrator.states import RoundState

Item = TypeVar("Item")
ROUND = "amersfoort-2026-najaar"
MOST_PAGES = 100_000
MOST_ITEMS = 100
DIGEST = "^[0-9a-f]{64}$"


class Shape(BaseModel):
    """An object of an answer."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Fault(Shape):
    """One thing that is wrong with a request."""

    place: Literal["path", "query", "header", "body"] = Field(alias="in", description="Waar het staat.")
    name: str = Field(description="Hoe het daar heet.", examples=["pageSize"])
    code: str = Field(description="Vaste naam van de fout.", examples=["less_than_equal"])
    detail: str = Field(description="Wat er mis is.", examples=["Dit mag hooguit 100 zijn."])


class Problem(Shape):
    """Why there is no other answer (RFC 9457)."""

    type: str = Field(description="Soort; about:blank zegt: zie status en code.", examples=["about:blank"])
    title: str = Field(description="Wat deze status betekent.", examples=["Niet gevonden"])
    status: int = Field(ge=400, le=599, description="Status van dit antwoord.", examples=[404])
    detail: str = Field(description="Wat er mis is.", examples=["Er is geen ronde 'proef-2026'."])
    instance: str = Field(description="Wat er werd gevraagd.", examples=["/v1/rounds/proef-2026"])
    code: str = Field(description="Vaste naam van de fout.", examples=["unknown-round"])
    remedy: str | None = Field(None, description="Wat u eraan kunt doen.")
    errors: list[Fault] | None = Field(None, description="Alles wat er mis is, bij status 400.")


class PageQuery(BaseModel):
    """Which page of a list."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1, le=MOST_PAGES, description="Welke bladzijde, vanaf 1.")
    page_size: int = Field(20, alias="pageSize", ge=1, le=MOST_ITEMS, description="Hooguit zoveel op een bladzijde.")


class RoundQuery(PageQuery):
    """Which rounds, and which page of them."""

    state: list[RoundState] = Field([], description="Alleen rondes met een van deze statussen.")


class Page(Shape, Generic[Item]):
    """A page of a list; the header Link points at the others."""

    items: list[Item] = Field(description="Wat er op deze bladzijde staat.")
    page: int = Field(ge=1, description="Welke bladzijde dit is.", examples=[1])
    page_size: int = Field(ge=1, description="Hooguit zoveel op een bladzijde.", examples=[20])
    total: int = Field(ge=0, description="Hoeveel er in de hele lijst staan.", examples=[1])


class RoundLine(Shape):
    """A round in the list."""

    name: str = Field(pattern=ROUND_NAME, description="Naam van de ronde.", examples=[ROUND])
    version: int = Field(ge=1, description="Versie van de onderzoeksopzet.", examples=[1])
    study: str = Field(description="Onderzoek waar de ronde bij hoort.")
    state: RoundState = Field(description="Status van de ronde.")
    planned_at: datetime = Field(description="Wanneer de ronde is gepland.", examples=["2026-08-24T09:00:00Z"])


class RoundPage(Page[RoundLine]):
    """A page of rounds, the newest plan first."""


class Inquiries(Shape):
    """Inquiries of a round by state, both arms together."""

    planned: int = Field(ge=0, description="Alle reacties van de ronde.", examples=[480])
    sent: int = Field(ge=0, description="Verzonden.", examples=[112])
    open: int = Field(ge=0, description="Nog te verzenden, of onderweg.", examples=[362])
    failed: int = Field(ge=0, description="Niet aangenomen door de ontvanger.", examples=[1])
    uncertain: int = Field(ge=0, description="Verzending onzeker; gaat nooit opnieuw.", examples=[2])
    expired: int = Field(ge=0, description="Vervallen.", examples=[0])
    cancelled: int = Field(ge=0, description="Afgelast.", examples=[3])


class Replies(Shape):
    """Replies of a round, both arms together."""

    inquiries_answered: int = Field(ge=0, description="Reacties met een antwoord.", examples=[80])
    coded: int = Field(ge=0, description="Gecodeerde antwoorden.", examples=[71])
    waiting_for_coder: int = Field(ge=0, description="Antwoorden die op een codeur wachten.", examples=[9])
    declines_planned: int = Field(ge=0, description="Afmeldingen van bezichtigingen.", examples=[40])
    declines_sent: int = Field(ge=0, description="Daarvan verzonden.", examples=[38])


class Round(Shape):
    """Where a round stands; nothing in it tells the two arms apart."""

    name: str = Field(pattern=ROUND_NAME, description="Naam van de ronde.", examples=[ROUND])
    study: str = Field(description="Onderzoek waar de ronde bij hoort.")
    state: RoundState = Field(description="Status van de ronde.")
    waits_for: str = Field(description="Waar de ronde op wacht.", examples=["Wacht op kantooruren."])
    inquiries: Inquiries
    replies: Replies
    advertisers_held: int = Field(ge=0, description="Aanbieders met een pauze.", examples=[1])


class Outcome(Shape):
    """A version of the outcome of a round; what was counted stands in its document."""

    round: str = Field(pattern=ROUND_NAME, description="Naam van de ronde.", examples=[ROUND])
    version: int = Field(ge=1, description="Nummer van de versie.", examples=[1])
    state: ReleaseState = Field(description="Status van de versie.")
    reason: str | None = Field(description="Waarom er na een eerdere versie een nieuwe kwam.")
    digest: str = Field(pattern=DIGEST, description="SHA-256 van het document, byte voor byte.", examples=["0" * 64])
    seal: str | None = Field(
        pattern=DIGEST,
        description="Zegel over document, onderzoeksbestand en elke terugkoppeling; oude versies hebben er geen.",
        examples=["0" * 64],
    )
    signed_at: datetime | None = Field(description="Wanneer de versie is ondertekend.")
    released_at: datetime | None = Field(description="Wanneer de versie is vrijgegeven.")


class OutcomePage(Page[Outcome]):
    """A page of outcomes."""


class Counts(Shape):
    """Tests by who got a positive answer."""

    c11: int = Field(ge=0, description="Beide.", examples=[59])
    c10: int = Field(ge=0, description="Alleen het controleprofiel.", examples=[39])
    c01: int = Field(ge=0, description="Alleen het testprofiel.", examples=[7])
    c00: int = Field(ge=0, description="Geen van beide.", examples=[101])


class Net(Shape):
    """The net difference with its interval, as shares; a share is told with its denominator (``convention``)."""

    value: float = Field(description="Schatting.", examples=[0.1553])
    low: float | None = Field(description="Ondergrens.", examples=[0.0738])
    high: float | None = Field(description="Bovengrens.", examples=[0.2369])
    level: float | None = Field(description="Betrouwbaarheid van het interval.", examples=[0.95])
    n: int = Field(ge=0, description="Aantal tests.", examples=[206])
    method: str = Field(description="Methode.")
    convention: str = Field(description="Waarover het aandeel is.")


class Result(Shape):
    """The outcome of the whole round; without numbers where they may not be shown."""

    shown: bool = Field(description="Of de cijfers getoond mogen worden.")
    reason: str | None = Field(None, description="Waarom niet.")
    tests: int | None = Field(None, ge=0, description="Aantal geslaagde tests.")
    counts: Counts | None = None
    net: Net | None = None
    detectable: float | None = Field(None, description="Kleinste verschil dat de ronde had kunnen vinden.")
    treatments: list[dict[str, Any]] | None = Field(None, description="Bij meer dan twee profielen: elk apart.")


class Document(Shape):
    """A frozen document: every number that may be published of a round. It never changes."""

    format: str = Field(examples=["praktijktest-uitkomst/1"])
    round: str = Field(pattern=ROUND_NAME, description="Naam van de ronde.", examples=[ROUND])
    version: int = Field(ge=1, description="Nummer van de versie.", examples=[1])
    reason: str | None = Field(description="Waarom er na een eerdere versie een nieuwe kwam.")
    study: dict[str, Any] = Field(description="Het onderzoek: opdrachtgever, grondslag, doel.")
    protocol: dict[str, Any] = Field(description="De onderzoeksopzet en haar SHA-256.")
    policy: dict[str, Any] = Field(description="De regels waarnaar kleine vakjes zijn verborgen.")
    result: Result = Field(description="De uitkomst van de hele ronde.")
    tables: list[dict[str, Any]] = Field(description="Uitkomsten per deel; een verborgen deel heeft geen cijfers.")
    excluded: dict[str, Any] = Field(description="Tests die niet meetellen, naar reden.")
    participation: dict[str, Any] = Field(description="Deelname.")
    burden: dict[str, Any] = Field(description="Belasting van de aanbieders.")
    coding: dict[str, Any] = Field(description="Codering van de antwoorden.")


class LedgerHead(Shape):
    """The newest line of the log of events: who publishes it can show later that nothing before it was changed."""

    first: str = Field(pattern=DIGEST, description="SHA-256 van de eerste regel: om welk logboek het gaat.")
    sequence: int = Field(ge=1, description="Nummer van de laatste regel.", examples=[1284])
    hash: str = Field(pattern=DIGEST, description="SHA-256 van de laatste regel.")
    at: datetime = Field(description="Moment van de laatste regel.", examples=["2026-10-19T14:02:11Z"])


class Taken(Shape):
    """A mail that was kept, now or when it came before."""

    event: str = Field(description="Nummer van het bericht.", examples=["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"])
