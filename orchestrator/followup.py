"""What follows a closed round: an office proposes actions, the desk agrees, and the register tells what was done.

The office chooses and the desk agrees, so that nothing is asked of an office that it did not choose, and no action
counts that nobody looked at. ``actor`` is who wrote it down: the office itself (`accounts.actor_of`), or who it told.
No function finds a row by its number: an office reaches its own by its key alone.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import ledger, own_views
from orchestrator.enrolment import ZONE
from orchestrator.followup_models import FollowUpKind
from orchestrator.models import Advertiser, AgreedAction, FollowUp, Round
from orchestrator.rounds import lookup
from orchestrator.states import Role
from profiles.errors import BadInput, Problem, Refused

AGREES = (Role.ANALYST, Role.DESIGNER)
"""Who of the desk agrees to actions and writes in the register."""

LONGEST = 500
"""Characters of a note."""

AHEAD = (FollowUpKind.TRAINING_OFFERED, FollowUpKind.RETEST_PLANNED)
"""What may have a day that is still to come."""


@dataclass(frozen=True)
class Office:
    """One office after a round, with its actions as they were proposed and its lines of the register by day."""

    key: str
    name: str
    actions: tuple[AgreedAction, ...]
    entries: tuple[FollowUp, ...]

    @property
    def agreed(self) -> bool:
        """Whether at least one action of it is agreed and stands."""
        return any(each.counts for each in self.actions)


def propose(
    session: Session, key: str, round_name: str, action: str, part: str, due: date, actor: str, now: datetime
) -> None:
    """Note that an office chose an action, for this part of its *werkwijze*; one that it withdrew begins anew.

    Raises `BadInput` for a day that is past, `Refused` for one that was proposed already or a round it may not know.
    """
    if due < _today(now):
        raise BadInput(Problem("due", "Deze dag is voorbij. Kies vandaag of een latere dag."))
    round_, office = _both(session, key, round_name)
    row = _row(session, round_, office, action)
    if row is not None and row.withdrawn_at is None:
        raise Refused("action-there", "Deze actie hebt u al gekozen.", "Trek haar eerst in als u iets wilt veranderen.")
    if row is None:
        row = AgreedAction(round_id=round_.id, advertiser_id=office.id, action=action)
        session.add(row)
    row.part, row.due, row.proposed_at = part, due, now
    row.agreed_by = row.agreed_role = row.agreed_at = row.withdrawn_at = None
    _tell(session, office, actor, "followup.proposed", round_, now, action=action, due=str(due))


def agree(
    session: Session, key: str, round_name: str, action: str, actor: str, now: datetime, role: Role = Role.ANALYST
) -> None:
    """Agree, for the desk, to an action that an office chose; raise `Refused` for a role that may not."""
    if role not in AGREES:
        raise Refused("not-allowed", "Alleen een analist of ontwerper gaat akkoord met acties.", "Vraag een van hen.")
    round_, office, row = _standing(session, key, round_name, action)
    if row.agreed_at is not None:
        raise Refused("action-agreed", "Over deze actie is al een afspraak.", "Zie de lijst van acties.")
    row.agreed_by, row.agreed_role, row.agreed_at = actor, role, now
    _tell(session, office, actor, "followup.agreed", round_, now, action=action)


def finish(
    session: Session, key: str, round_name: str, action: str, day: date, note: str, actor: str, now: datetime
) -> None:
    """Note, for the office, on which day it did what was agreed; ``note`` may be empty."""
    round_, office, row = _standing(session, key, round_name, action)
    if row.agreed_at is None or row.done_on is not None:
        raise Refused("action-not-open", "Deze actie is niet afgesproken, of al klaar.", "Zie de lijst van acties.")
    problems = []
    if day > _today(now):
        problems.append(Problem("day", "Deze dag moet nog komen."))
    if len(note) > LONGEST:
        problems.append(Problem("note", "Deze toelichting is te lang: hooguit 500 tekens."))
    if problems:
        raise BadInput(problems)
    row.done_on, row.note = day, note or None
    _tell(session, office, actor, "followup.done", round_, now, action=action, day=str(day))


def withdraw(session: Session, key: str, round_name: str, action: str, actor: str, now: datetime) -> None:
    """Take back, for the office, an action that is not done yet."""
    round_, office, row = _standing(session, key, round_name, action)
    if row.done_on is not None:
        raise Refused("action-done", "Deze actie is al klaar.", "Wat gedaan is, blijft staan.")
    row.withdrawn_at = now
    _tell(session, office, actor, "followup.withdrawn", round_, now, action=action)


def ask_retest(session: Session, key: str, round_name: str, actor: str, now: datetime) -> None:
    """Note that an office asks to be tested again; raise `Refused` without an agreed action, or for a second asking."""
    round_, office = _both(session, key, round_name)
    found = _office(session, round_, office)
    if not found.agreed:
        message = "U kunt om een hertest vragen zodra over een actie een afspraak is."
        raise Refused("no-agreement", message, "Kies eerst een actie.")
    if any(each.kind is FollowUpKind.RETEST_ASKED for each in found.entries):
        raise Refused("retest-asked", "U hebt al om een hertest gevraagd.", "U hoort van de onderzoekers.")
    _enter(session, round_, office, FollowUpKind.RETEST_ASKED, _today(now), actor, now)


def record(
    session: Session, key: str, round_name: str, kind: FollowUpKind, day: date, actor: str, now: datetime
) -> None:
    """Write a line in the register, for the desk: an offer or a plan may be ahead, what was held may not.

    Raises `BadInput` for a day that cannot be, `Refused` for what stands there already or what only an office asks.
    """
    round_, office = _both(session, key, round_name)
    if kind is FollowUpKind.RETEST_ASKED:
        raise Refused("office-asks", "Om een hertest vraagt het kantoor zelf.", "Noteer een hertest die gepland is.")
    if kind not in AHEAD and day > _today(now):
        raise BadInput(Problem("day", "Deze dag moet nog komen."))
    if any(each.kind is kind and each.day == day for each in _office(session, round_, office).entries):
        raise Refused("entry-there", "Dit staat al in het register.", "Noem een andere dag.")
    _enter(session, round_, office, kind, day, actor, now)


def of_office(session: Session, key: str, round_name: str) -> Office:
    """Return, for an office itself, what it agreed and what the register says of it, but not that a re-test is planned.

    Who knows when it is tested is not tested any more. Raises `Refused` for a round it may not know.
    """
    found = _office(session, *_tested(session, key, round_name))
    told = tuple(each for each in found.entries if each.kind is not FollowUpKind.RETEST_PLANNED)
    return replace(found, entries=told)


def of_round(session: Session, round_name: str) -> tuple[Office, ...]:
    """Return every office that got letters in a closed round, by name; nobody while it runs."""
    round_ = lookup.find(session, round_name)
    rows = session.scalars(own_views.tested(round_).order_by(Advertiser.name, Advertiser.key)).all()
    return tuple(_office(session, round_, office) for office in rows)


def agreed(session: Session, round_: Round) -> frozenset[str]:
    """Return the keys of the offices with at least one agreed action after this round."""
    rows = select(AgreedAction, Advertiser.key).join(Advertiser, AgreedAction.advertiser_id == Advertiser.id)
    found = session.execute(rows.where(AgreedAction.round_id == round_.id)).all()
    return frozenset(key for action, key in found if action.counts)


def totals(session: Session, round_: Round) -> Mapping[str, int]:
    """Count offices, never actions: with an agreed one, with all agreed ones done, and by kind of the register."""
    rows = select(AgreedAction).where(AgreedAction.round_id == round_.id)
    standing = [each for each in session.scalars(rows) if each.counts]
    all_of, undone = ({each.advertiser_id for each in found} for found in (standing, _undone(standing)))
    entries = select(FollowUp.advertiser_id, FollowUp.kind).where(FollowUp.round_id == round_.id).distinct()
    kinds = Counter(kind.value for _, kind in session.execute(entries))
    counted = {"agreed": len(all_of), "done": len(all_of - undone), **kinds}
    return {key: number for key, number in counted.items() if number}


def _undone(actions: list[AgreedAction]) -> list[AgreedAction]:
    return [each for each in actions if each.done_on is None]


def _tested(session: Session, key: str, round_name: str) -> tuple[Round, Advertiser]:
    """The round, and the office, which got letters in it."""
    office = lookup.advertiser(session, key)
    return own_views.require_round(session, key, round_name), office


def _both(session: Session, key: str, round_name: str) -> tuple[Round, Advertiser]:
    """As `_tested`, with the office locked, so that one who comes second waits for the first."""
    round_, office = _tested(session, key, round_name)
    session.refresh(office, with_for_update=True)
    return round_, office


def _row(session: Session, round_: Round, office: Advertiser, action: str) -> AgreedAction | None:
    rows = select(AgreedAction).where(AgreedAction.round_id == round_.id, AgreedAction.advertiser_id == office.id)
    return session.scalars(rows.where(AgreedAction.action == action)).first()


def _standing(session: Session, key: str, round_name: str, action: str) -> tuple[Round, Advertiser, AgreedAction]:
    round_, office = _both(session, key, round_name)
    row = _row(session, round_, office, action)
    if row is None or row.withdrawn_at is not None:
        raise Refused("unknown-action", "Deze actie is niet gekozen, of ingetrokken.", "Zie de lijst van acties.")
    return round_, office, row


def _office(session: Session, round_: Round, office: Advertiser) -> Office:
    actions = select(AgreedAction).where(AgreedAction.round_id == round_.id, AgreedAction.advertiser_id == office.id)
    entries = select(FollowUp).where(FollowUp.round_id == round_.id, FollowUp.advertiser_id == office.id)
    return Office(
        office.key,
        office.name,
        tuple(session.scalars(actions.order_by(AgreedAction.proposed_at, AgreedAction.id))),
        tuple(session.scalars(entries.order_by(FollowUp.day, FollowUp.id))),
    )


def _enter(
    session: Session, round_: Round, office: Advertiser, kind: FollowUpKind, day: date, actor: str, now: datetime
) -> None:
    told = {"round_id": round_.id, "advertiser_id": office.id, "kind": kind, "day": day}
    session.add(FollowUp(**told, told_by=actor, told_at=now))
    _tell(session, office, actor, f"followup.{kind.value}", round_, now, day=str(day))


def _tell(
    session: Session, office: Advertiser, actor: str, kind: str, round_: Round, now: datetime, **told: str
) -> None:
    ledger.append(session, now, actor, kind, f"advertiser:{office.id}", {"round": round_.name, **told})


def _today(now: datetime) -> date:
    return now.astimezone(ZONE).date()
