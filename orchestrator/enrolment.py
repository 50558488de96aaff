"""Participants and their consent, as rows."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, delete, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute as Column
from sqlalchemy.orm import Session

from orchestrator import ledger
from orchestrator.addresses import as_stored, index_of, set_addresses
from orchestrator.design import Purpose
from orchestrator.intake import Participant
from orchestrator.models import Advertiser, Blackout, Enrolment, EnrolmentScope, Invitation
from orchestrator.scope import Scope
from orchestrator.several import among
from orchestrator.terms import Terms
from profiles.errors import BadInput, Problem, Refused

ZONE = ZoneInfo("Europe/Amsterdam")


def enrol(session: Session, participants: Sequence[Participant]) -> dict[str, Advertiser]:
    """Store the participants and their consents; return their advertisers by key.

    A withdrawn consent stays withdrawn, also when the list gives it another first day; a consent that begins after the
    withdrawal is a new one. Of an advertiser that signed an invitation the list changes neither consent nor address:
    only a further invitation does, and its days off can only become more.
    """
    signed = set(session.scalars(select(Enrolment.advertiser_id).where(Enrolment.scoped)))
    keys = [participant.advertiser for participant in participants]
    here = select(Advertiser).where(among(Advertiser.key, "keys"))
    known = {row.key: row for row in session.scalars(here, {"keys": keys})}
    for participant in participants:
        row = known.setdefault(participant.advertiser, Advertiser(key=participant.advertiser))
        if row.id in signed:
            _describe(row, participant)
            if participant.days_off is not None:
                add_days_off(session, row, participant.days_off)
            continue
        row.name, row.kind, row.channel = participant.name, participant.kind, participant.channel
        _describe(row, participant)
        set_addresses(session, row, participant.email, participant.form_url)
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
    return days_off_of(session, [advertiser_id])[advertiser_id]


def days_off_of(session: Session, advertisers: Collection[int]) -> dict[int, frozenset[date]]:
    """Return the days on which each of these advertisers is not written to, by its row; none where it has no such."""
    whose = among(Blackout.advertiser_id, "advertisers")
    spans = select(Blackout.advertiser_id, Blackout.start, Blackout.end).where(whose)
    found: dict[int, set[date]] = defaultdict(set)
    for owner, start, end in session.execute(spans, {"advertisers": list(advertisers)}):
        first, last = start.astimezone(ZONE).date(), end.astimezone(ZONE).date()
        found[owner].update(first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
    return defaultdict(frozenset, {owner: frozenset(days) for owner, days in found.items()})


def _signed_off(session: Session, advertiser_id: int) -> frozenset[date]:
    """The days off that an advertiser signed for: no list and no command takes them away."""
    rows = select(Invitation.agreed).join(Enrolment, Invitation.enrolment_id == Enrolment.id)
    told = session.scalars(rows.where(Enrolment.advertiser_id == advertiser_id))
    return frozenset(date.fromisoformat(day) for agreed in told if agreed for day in agreed["days_off"])


def _set_days_off(session: Session, advertiser: Advertiser, days: frozenset[date]) -> None:
    days |= _signed_off(session, advertiser.id)
    theirs = delete(Blackout).where(Blackout.advertiser_id == advertiser.id)
    # By the rows that went: by default it looks at each object of the session, and of many offices that is all others.
    session.execute(theirs.execution_options(synchronize_session="fetch"))
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


def as_signed(
    session: Session, participants: Sequence[Participant], first: date, last: date
) -> tuple[Participant, ...]:
    """Let what advertisers signed take the place of what a list says of their consents.

    Of several the newest that holds between the ``first`` and the ``last`` day, else the newest.
    """
    begin, end = start_of(first), end_of(last)
    overlaps = and_(Enrolment.valid_from <= end, Enrolment.valid_until >= begin)
    rows = select(Advertiser.key, Enrolment).join(Enrolment, Enrolment.advertiser_id == Advertiser.id)
    in_order = rows.where(Enrolment.scoped).order_by(case((overlaps, 1), else_=0), Enrolment.valid_from)
    signed = dict(session.execute(in_order).all())
    return tuple(_as_signed(session, each, signed.get(each.advertiser)) for each in participants)


def _as_signed(session: Session, participant: Participant, row: Enrolment | None) -> Participant:
    if row is None:
        return participant
    until = row.valid_until.astimezone(ZONE).date()
    if row.withdrawn_at is not None:
        until = min(until, row.withdrawn_at.astimezone(ZONE).date() - timedelta(days=1))
    return replace(
        participant,
        consent_from=row.valid_from.astimezone(ZONE).date(),
        consent_until=until,
        purpose=row.purpose,
        max_pairs=row.max_pairs,
        scope=_in_words(session, scope_of(row), participant),
    )


def _in_words(session: Session, scope: Scope | None, participant: Participant) -> Scope | None:
    """Return a scope with those of the addresses of a list that it covers, in the place of fingerprints."""
    told = [each for each in (participant.email, participant.form_url) if each]
    return scope and replace(
        scope, addresses=frozenset(each for each in told if index_of(session, each) in scope.addresses)
    )


def scope_of(row: Enrolment) -> Scope | None:
    """Return what a consent covers; None for one from a list, which has no scope of its own.

    Of addresses it has the fingerprints.
    """
    return Scope.of((line.kind, line.value) for line in row.lines) if row.scoped else None


def sign(session: Session, advertiser: Advertiser, terms: Terms, now: datetime) -> Enrolment:
    """Store a consent that both sides signed. From its first moment on it takes the place of all that were before."""
    begins = max(start_of(terms.first), now)
    theirs = Enrolment.advertiser_id == advertiser.id
    taken = set(session.scalars(select(Enrolment.valid_from).where(theirs)))
    while begins in taken:
        begins += timedelta(seconds=1)
    before = update(Enrolment).where(theirs, Enrolment.valid_until >= begins)
    session.execute(before.values(valid_until=begins - timedelta(seconds=1)))
    row = Enrolment(
        advertiser_id=advertiser.id, purpose=terms.purpose, valid_from=begins, valid_until=end_of(terms.last),
        max_pairs=terms.max_pairs, scoped=True,
    )  # fmt: skip
    row.lines = [
        EnrolmentScope(kind=kind, value=as_stored(session, kind, value)) for kind, value in terms.scope.lines()
    ]
    session.add(row)
    session.flush()
    return row


def add_days_off(session: Session, advertiser: Advertiser, days: frozenset[date]) -> None:
    """Let these be days off of an advertiser too."""
    _set_days_off(session, advertiser, days | days_off(session, advertiser.id))


def _consent(session: Session, advertiser: Advertiser, participant: Participant) -> None:
    valid_from = start_of(participant.consent_from)
    same = and_(Enrolment.advertiser_id == advertiser.id, Enrolment.valid_from == valid_from)
    row = session.scalars(select(Enrolment).where(same)).first()
    if row is None:
        row = Enrolment(advertiser_id=advertiser.id, valid_from=valid_from)
        row.withdrawn_at = withdrawn_since(session, advertiser, valid_from)
        session.add(row)
    elif row.purpose is not participant.purpose:
        raise _other_purpose(participant, row.purpose)
    row.purpose, row.max_pairs = participant.purpose, participant.max_pairs
    row.valid_until = end_of(participant.consent_until)


def _other_purpose(participant: Participant, purpose: Purpose) -> BadInput:
    """The purpose of a consent is fixed: answers that came under it are for that and for nothing else."""
    first = f"{participant.consent_from:%d-%m-%Y}"
    message = f"'{participant.advertiser}' stemde vanaf {first} in met {purpose.value}, en dat doel staat vast."
    remedy = "Een ander doel is een andere toestemming: geef haar een latere eerste dag (consent_from)."
    return BadInput(
        Problem("purpose-fixed", message, line=participant.line, found=participant.purpose.value, remedy=remedy)
    )


def withdrawn_since(session: Session, advertiser: Advertiser, moment: datetime) -> datetime | None:
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
