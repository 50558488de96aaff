"""What the request test found: how often an office refused, went round about it, or went along."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.db import Session
from orchestrator.request_models import OwnerRequest, RequestState
from orchestrator.rounds import request_releasing, requesting
from orchestrator.states import RoundState
from profiles.errors import Refused
from profiles.owner_requests import Kind, load
from results import disclosure
from results.statistics import Estimate, cohens_kappa
from results.statistics.intervals import wilson

LEVEL = 0.95
CONVENTION = "alle bereikte kantoren"
SHARES = {
    "refuses": (Kind.REFUSES,),
    "not_refusing": (Kind.INDIRECT, Kind.DIRECT, Kind.EVASIVE),
    "indirect": (Kind.INDIRECT,),
    "direct": (Kind.DIRECT,),
    "evasive": (Kind.EVASIVE,),
}
"""The shares by name, each of the kinds of answer that it counts: of all offices that were reached."""


@dataclass(frozen=True)
class RequestResult:
    """What one request test found; ``withheld`` says why the shares may not be shown, and then there are none.

    ``codes`` counts the final codes, not reached included; ``kappa`` is that of the first two coders of each answer,
    None where it cannot be computed.
    """

    round: str
    ground: str
    script: str
    version: int
    planned: int
    reached: int
    cancelled: int
    codes: dict[str, int]
    shares: tuple[Estimate, ...]
    kappa: float | None
    withheld: str | None


def load_result(session: Session, name: str) -> RequestResult:
    """Count a request test. Raises `Refused` until it is closed: nobody codes with the outcome in sight."""
    round_ = requesting.find(session, name)
    if round_.state not in (RoundState.CLOSED, RoundState.RELEASED):
        message = f"De uitkomst van verzoektest '{name}' is verborgen tot zij is gesloten."
        remedy = f"Codeer alle antwoorden en sluit: praktijktest requests close {name}"
        raise Refused("numbers-hidden", message, remedy)
    request_releasing.check_purpose(session, round_)
    coded = [each for each in round_.requests if each.code is not None]
    reached = [each for each in coded if each.state is RequestState.MADE]
    withheld = disclosure.unsafe(Counter(str(each.advertiser_id) for each in reached))
    return RequestResult(
        round=round_.name,
        ground=round_.ground,
        script=round_.script,
        version=round_.version,
        planned=len(round_.requests),
        reached=len(reached),
        cancelled=sum(each.state is RequestState.CANCELLED for each in round_.requests),
        codes={} if withheld else dict(Counter(str(each.code) for each in coded)),
        shares=() if withheld else shares([str(each.code) for each in reached]),
        kappa=kappa(reached),
        withheld=withheld,
    )


def shares(codes: Sequence[str]) -> tuple[Estimate, ...]:
    """Return the shares of offices that were reached, by their final codes, with Wilson intervals.

    ValueError when there are none: a share of nothing is no number.
    """
    if not codes:
        raise ValueError("no office was reached: there is nothing to take a share of")
    kinds = Counter(load().code(code).kind for code in codes)
    return tuple(_share(name, sum(kinds[kind] for kind in counted), len(codes)) for name, counted in SHARES.items())


def _share(name: str, number: int, n: int) -> Estimate:
    return Estimate(name, "reached", number / n, *wilson(number, n, LEVEL), LEVEL, n, "wilson", CONVENTION)


def kappa(requests: Sequence[OwnerRequest]) -> float | None:
    """Return the agreement of the first two coders of each answer; None where it cannot be computed."""
    twice = [(each.codings[0].code, each.codings[1].code) for each in requests if len(each.codings) > 1]
    return cohens_kappa([one for one, _ in twice], [other for _, other in twice]) if twice else None
