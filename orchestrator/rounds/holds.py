"""A pause of one advertiser: set by the detection meter or by a person, lifted only by a person."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.models import Hold
from orchestrator.rounds import lookup
from profiles.errors import Refused


def hold(session: Session, key: str, reason: str, actor: str, now: datetime) -> Hold:
    """Pause an advertiser from the next claim on; courtesy letters still go. Raises `Refused` when it has a pause.

    ``reason`` stands in the ledger: it names no applicant.
    """
    advertiser = lookup.advertiser(session, key)
    # The meter and a person may come at once: the second waits here, and finds the pause of the first.
    session.refresh(advertiser, with_for_update=True)
    if (there := current(session, advertiser.id)) is not None:
        remedy = f"Bekijk haar met praktijktest holds, of hef haar op: praktijktest lift {key}"
        raise Refused("already-held", f"Aanbieder '{key}' heeft al een pauze: {there.reason}", remedy)
    made = Hold(advertiser_id=advertiser.id, since=now, reason=reason)
    session.add(made)
    session.flush()
    ledger.append(session, now, actor, "advertiser.held", f"advertiser:{advertiser.id}", {"reason": reason})
    return made


def lift(session: Session, key: str, actor: str, now: datetime) -> None:
    """End the pause of an advertiser; raise `Refused` when there is none.

    It covers all that the advertiser got and said until now: the meter begins anew at this moment.
    """
    advertiser = lookup.advertiser(session, key)
    lifted = session.execute(
        update(Hold)
        .where(Hold.advertiser_id == advertiser.id, Hold.lifted_at.is_(None))
        .values(lifted_at=now, lifted_by=actor)
        .returning(Hold.id)
    )
    if not lifted.all():
        raise Refused("not-held", f"Aanbieder '{key}' heeft geen pauze.", "Zie praktijktest holds.")
    ledger.append(session, now, actor, "advertiser.lifted", f"advertiser:{advertiser.id}")


def current(session: Session, advertiser_id: int) -> Hold | None:
    """Return the pause that an advertiser has now."""
    return session.scalars(select(Hold).where(Hold.advertiser_id == advertiser_id, Hold.lifted_at.is_(None))).first()


def held(advertiser_id: Column[int]) -> ColumnElement[bool]:
    """Return the SQL condition that an advertiser is paused."""
    return exists().where(Hold.advertiser_id == advertiser_id, Hold.lifted_at.is_(None)).correlate_except(Hold)
