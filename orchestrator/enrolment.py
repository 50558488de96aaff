"""Participants and their consent, as rows."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.design import Purpose
from orchestrator.intake import Participant
from orchestrator.models import Advertiser, Blackout, Enrolment
from profiles.errors import Refused

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
        if participant.days_off is not None:
            _set_days_off(session, row, participant.days_off)
    return known


def give_days_off(session: Session, key: str, days: frozenset[date], actor: str, now: datetime) -> None:
    """Let these be all days off of an advertiser, in the place of those it had; raise `Refused` for an unknown one.

    From the next claim on no inquiry goes on them; a viewing is given back all the same.
    """
    advertiser = session.scalars(select(Advertiser).where(Advertiser.key == key)).first()
    if advertiser is None:
        raise Refused("unknown-advertiser", f"Aanbieder '{key}' bestaat niet.", "Zie de kolom advertiser.")
    _set_days_off(session, advertiser, days)
    told = {"days": sorted(str(day) for day in days)}
    ledger.append(session, now, actor, "advertiser.days-off", f"advertiser:{advertiser.id}", told)


def days_off(session: Session, advertiser_id: int) -> frozenset[date]:
    """Return the days on which an advertiser is not written to."""
    return _days_off(session, Blackout.advertiser_id == advertiser_id)[advertiser_id]


def all_days_off(session: Session) -> dict[int, frozenset[date]]:
    """Return the days on which each advertiser is not written to, by its row; none for those that have no such days."""
    return _days_off(session, true())


def _days_off(session: Session, whose: ColumnElement[bool]) -> dict[int, frozenset[date]]:
    found: dict[int, set[date]] = defaultdict(set)
    for owner, start, end in session.execute(select(Blackout.advertiser_id, Blackout.start, Blackout.end).where(whose)):
        first, last = start.astimezone(ZONE).date(), end.astimezone(ZONE).date()
        found[owner].update(first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return defaultdict(frozenset, {owner: frozenset(days) for owner, days in found.items()})


def _set_days_off(session: Session, advertiser: Advertiser, days: frozenset[date]) -> None:
    session.execute(delete(Blackout).where(Blackout.advertiser_id == advertiser.id))
    for first, last in _spans(days):
        session.add(Blackout(advertiser_id=advertiser.id, start=start_of(first), end=end_of(last)))
    session.flush()


def _spans(days: frozenset[date]) -> Iterator[tuple[date, date]]:
    """Days that follow each other, as one span with its first and last day."""
    for _, group in groupby(enumerate(sorted(days)), key=lambda each: each[1].toordinal() - each[0]):
        together = [day for _, day in group]
        yield together[0], together[-1]


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
    now: Column[datetime] | ColumnElement[datetime],
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
    purpose: Purpose | Column[Purpose] | ColumnElement[Purpose],
    now: datetime | Column[datetime] | ColumnElement[datetime],
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
