"""A request test as one office sees it: what was asked, what it answered, and the anonymous share of all beside it."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from orchestrator import own_views
from orchestrator.db import Session
from orchestrator.models import OwnerRequest
from orchestrator.request_models import RequestState
from orchestrator.states import RoundState
from profiles.owner_requests import load
from results import owner_requests
from results.statistics import Estimate


@dataclass(frozen=True)
class OwnRequest:
    """One request; ``answer`` is how it was coded (None: not reached), ``share`` that of all who refused explicitly.

    ``said`` and ``at`` are there once the test is released: until then nobody is told which mail or call was ours.
    ``share`` is None below ten offices.
    """

    round: str
    text: tuple[str, ...]
    mailed: bool
    first: date
    last: date
    answer: str | None
    share: Estimate | None
    said: str | None
    at: datetime | None


def of(session: Session, key: str) -> tuple[OwnRequest, ...]:
    """Return the requests of closed request tests to an advertiser, the newest first."""
    return tuple(_told(session, each) for each in own_views.requests(session, key))


def held(session: Session, key: str) -> list[dict[str, Any]]:
    """Return the same as plain values, for what an office takes home."""
    return [asdict(each) | {"share": each.share and each.share.value} for each in of(session, key)]


def _told(session: Session, request: OwnerRequest) -> OwnRequest:
    round_, released = request.round, request.round.state is RoundState.RELEASED
    found = owner_requests.load_result(session, round_.name)
    reached = request.state is RequestState.MADE and request.code is not None
    return OwnRequest(
        round=round_.name,
        text=tuple(round_.text),
        mailed=round_.domain is not None,
        first=round_.first_day,
        last=round_.last_day,
        answer=load().code(str(request.code)).meaning if reached else None,
        share=next((each for each in found.shares if each.name == "refuses"), None),
        said=request.note if released else None,
        at=request.made_at if released else None,
    )
