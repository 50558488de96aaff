"""What participants say they use of the toolkit, and how many of them do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.design import Purpose
from orchestrator.enrolment import ZONE, holding
from orchestrator.models import Advertiser, ToolkitUse
from orchestrator.rounds import lookup
from orchestrator.web_address import is_web_address
from profiles.errors import Refused


@dataclass(frozen=True)
class Uptake:
    """How many advertisers consent to be tested now, and how many of those use each part (by its key)."""

    participants: int
    using: Mapping[str, int]


@dataclass(frozen=True)
class Use:
    """A part, by its key, that an advertiser says it uses: where it stands, and since which day."""

    part: str
    url: str
    since: date


def of(session: Session, key: str) -> tuple[Use, ...]:
    """List what an advertiser says it uses."""
    rows = select(ToolkitUse.part, ToolkitUse.url, ToolkitUse.since).join(Advertiser).where(Advertiser.key == key)
    return tuple(Use(*row) for row in session.execute(rows.order_by(ToolkitUse.part)))


def tell(session: Session, key: str, part: str, url: str, since: date, actor: str, now: datetime) -> None:
    """Note that an advertiser uses a part of the toolkit, in the place of what it said of that part before.

    Raises `Refused` for an unknown advertiser, for what is no web address, and for a day that has yet to come.
    """
    advertiser = lookup.advertiser(session, key)
    if not is_web_address(url):
        raise Refused("no-web-address", f"'{url}' is geen webadres.", "Schrijf het hele adres, met https:// ervoor.")
    if since > now.astimezone(ZONE).date():
        raise Refused("not-yet", f"{since} is nog niet geweest.", "Noem de dag waarop dit onderdeel in gebruik kwam.")
    _forget(session, advertiser, part)
    session.add(ToolkitUse(advertiser_id=advertiser.id, part=part, url=url, since=since, told_at=now, told_by=actor))
    told = {"part": part, "since": str(since)}
    ledger.append(session, now, actor, "advertiser.toolkit-used", f"advertiser:{advertiser.id}", told)


def end(session: Session, key: str, part: str, actor: str, now: datetime) -> None:
    """Note that an advertiser no longer uses a part; raise `Refused` when it did not say that it does."""
    advertiser = lookup.advertiser(session, key)
    if not _forget(session, advertiser, part):
        raise Refused("not-in-use", f"Aanbieder '{key}' gebruikt '{part}' niet.", "Zie praktijktest toolkit uptake.")
    ledger.append(session, now, actor, "advertiser.toolkit-ended", f"advertiser:{advertiser.id}", {"part": part})


def _forget(session: Session, advertiser: Advertiser, part: str) -> bool:
    # Who says it a second time waits here for the first.
    session.refresh(advertiser, with_for_update=True)
    uses = delete(ToolkitUse).where(ToolkitUse.advertiser_id == advertiser.id, ToolkitUse.part == part)
    return session.scalar(uses.returning(ToolkitUse.id)) is not None


def uptake(session: Session, now: datetime) -> Uptake:
    """Count over everybody who consents at this moment, for whatever purpose."""
    taking_part = {row.advertiser_id for purpose in Purpose for row in holding(session, purpose, now).values()}
    using = (
        select(ToolkitUse.part, func.count())
        .where(ToolkitUse.advertiser_id.in_(taking_part))
        .group_by(ToolkitUse.part)
        .order_by(ToolkitUse.part)
    )
    return Uptake(len(taking_part), dict(session.execute(using).all()))
