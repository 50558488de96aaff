"""Participants and their consent, as rows."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session

from orchestrator.design import Purpose
from orchestrator.intake import Participant
from orchestrator.models import Advertiser, Enrolment

ZONE = ZoneInfo("Europe/Amsterdam")


def enrol(session: Session, participants: Iterable[Participant]) -> dict[str, Advertiser]:
    """Store the participants and their consents; return the advertisers by key.

    A withdrawn consent stays withdrawn, also when the list gives it another first day; a consent that begins after the
    withdrawal is a new one.
    """
    known = {row.key: row for row in session.scalars(select(Advertiser))}
    for participant in participants:
        row = known.setdefault(participant.advertiser, Advertiser(key=participant.advertiser))
        row.name, row.kind, row.email = participant.name, participant.kind, participant.email
        _describe(row, participant)
        row.channel, row.form_url = participant.channel, participant.form_url
        session.add(row)
        session.flush()
        _consent(session, row, participant)
    return known


def _describe(advertiser: Advertiser, participant: Participant) -> None:
    """A description holds until another takes its place, or until the form has another address."""
    if participant.form is not None:
        advertiser.form = participant.form.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    elif participant.form_url != advertiser.form_url:
        advertiser.form = None


def _consent(session: Session, advertiser: Advertiser, participant: Participant) -> None:
    valid_from = start_of(participant.consent_from)
    same = and_(Enrolment.advertiser_id == advertiser.id, Enrolment.valid_from == valid_from)
    row = session.scalars(select(Enrolment).where(same)).first()
    if row is None:
        row = Enrolment(advertiser_id=advertiser.id, valid_from=valid_from)
        row.withdrawn_at = _withdrawn_since(session, advertiser, valid_from)
        session.add(row)
    row.purpose, row.max_pairs = participant.purpose, participant.max_pairs
    row.valid_until = end_of(participant.consent_until)


def _withdrawn_since(session: Session, advertiser: Advertiser, moment: datetime) -> datetime | None:
    """Return when the advertiser last withdrew, if after ``moment``: that ends what was given before."""
    theirs = Enrolment.advertiser_id == advertiser.id
    return session.scalar(select(func.max(Enrolment.withdrawn_at)).where(theirs, Enrolment.withdrawn_at >= moment))


def valid(
    advertiser_id: Column[int],
    purpose: Column[Purpose] | ColumnElement[Purpose],
    now: ColumnElement[datetime],
    *terms: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Return the SQL condition that an advertiser consents, for this purpose, at this moment, and on these terms."""
    holds = (Enrolment.advertiser_id == advertiser_id, *_holding(purpose, now), *terms)
    return exists().where(*holds).correlate_except(Enrolment)


def holding(session: Session, purpose: Purpose, now: datetime) -> dict[str, Enrolment]:
    """Return the consent of everybody who consents, for this purpose, at this moment, by the key of the advertiser.

    Of two that hold at once the one that lasts longest.
    """
    rows = select(Advertiser.key, Enrolment).join(Enrolment, Enrolment.advertiser_id == Advertiser.id)
    return dict(session.execute(rows.where(*_holding(purpose, now)).order_by(Enrolment.valid_until)).all())


def _holding(
    purpose: Purpose | Column[Purpose] | ColumnElement[Purpose], now: datetime | ColumnElement[datetime]
) -> tuple[ColumnElement[bool], ...]:
    return (
        Enrolment.purpose == purpose,
        Enrolment.valid_from <= now,
        Enrolment.valid_until >= now,
        or_(Enrolment.withdrawn_at.is_(None), Enrolment.withdrawn_at > now),
    )


def start_of(day: date) -> datetime:
    """Return the first moment of a Dutch day, in UTC."""
    return datetime.combine(day, time.min, ZONE).astimezone(UTC)


def end_of(day: date) -> datetime:
    """Return the last second of a Dutch day, in UTC."""
    return datetime.combine(day, time(23, 59, 59), ZONE).astimezone(UTC)
