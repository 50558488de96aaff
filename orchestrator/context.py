"""The right to answer: what an advertiser says of one of its tests, and what is decided of it without seeing the arms.

A note that is accepted changes nothing in the record of the pair: the figure that was declared beforehand stays, and
the one without these pairs stands beside it under a name of its own (`results.context_effect`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from orchestrator import ledger, own_views, takings
from orchestrator.design import from_canonical
from orchestrator.enrolment import ZONE, end_of
from orchestrator.models import ContextNote, Listing, Pair, Round
from orchestrator.own_views import OwnPair
from orchestrator.rounds import lookup
from orchestrator.several import not_first
from profiles.errors import BadInput, Problem, Refused
from profiles.sentences import Sentence

NOTE_DAYS = 14
"""Days after the closing of a round within which an advertiser may say something of its tests."""

CHOICES = ("al-verhuurd", "in-spam", "eigenaar-besliste", "drukte", "anders")
OTHER = "anders"
LONGEST = 2000


@dataclass(frozen=True)
class Noted:
    """A note for who decides: which dwelling and what was said, but not of whom it is, nor who got which answer."""

    code: str
    street: str
    city: str
    choice: str
    text: str
    written_at: datetime
    accepted: bool | None
    reason: str | None
    decided_by: str | None


def deadline(round_: Round) -> datetime:
    """Return the last moment at which a note on a test of this closed round is taken."""
    if round_.closed_at is None:
        raise ValueError(f"round {round_.name} is not closed")
    return end_of(round_.closed_at.astimezone(ZONE).date() + timedelta(days=NOTE_DAYS))


def reach(round_: Round) -> str:
    """Return how the researchers of a round are reached."""
    study = from_canonical(round_.design).study
    return study.emergency_contact or study.commissioner


def write(session: Session, key: str, round_name: str, code: str, choice: str, text: str, now: datetime) -> None:
    """Store what an advertiser says of its own test, in the place of what it said before.

    Raises `BadInput` for what is no choice or says nothing, `Refused` after the deadline, once it was decided, or for
    a test that is not its own.
    """
    round_ = own_views.require_round(session, key, round_name)
    pair = own_views.require_pair(session, key, round_, code)
    _require_open(round_, pair, now)
    _require_said(choice, text)
    note = pair.note
    if note is None:
        note = ContextNote(pair_id=pair.id, choice=choice, text=text, written_at=now)
        session.add(note)
    note.choice, note.text, note.written_at = choice, text, now
    ledger.append(session, now, f"aanbieder:{key}", "context.written", f"pair:{pair.id}", {"choice": choice})


def of_round(session: Session, round_name: str) -> tuple[Noted, ...]:
    """List the notes on the tests of a round, those to decide first."""
    return _of(session, lookup.find(session, round_name))


def _of(session: Session, round_: Round) -> tuple[Noted, ...]:
    notes = (_noted(*row) for row in session.execute(_notes(), {"round_id": round_.id}))
    return tuple(sorted(notes, key=lambda each: (each.accepted is not None, each.code)))


def accepted(session: Session, round_: Round, now: datetime) -> frozenset[str]:
    """Return the codes of the pairs whose note was accepted, once nothing is left to write or to decide.

    Before that there are none: what one pair does to the figure would tell its answers to who decides on the next.
    """
    notes = _of(session, round_)
    if not notes or now <= deadline(round_) or any(each.accepted is None for each in notes):
        return frozenset()
    return frozenset(each.code for each in notes if each.accepted)


def decide(
    session: Session, round_name: str, code: str, actor: str, now: datetime, *, accept: bool, reason: str
) -> None:
    """Decide, once, whether a pair is left out of the figure beside the declared one.

    Raises `BadInput` without a reason, `Refused` for no such note, one that was decided, or who knows the arms.
    """
    round_ = lookup.find(session, round_name)
    _require_blind(session, round_, actor)
    found = session.execute(_notes().where(Pair.code == code), {"round_id": round_.id}).first()
    if found is None:
        raise Refused(
            "unknown-note",
            Sentence.of("Bij test %(code)s is geen toelichting.", code=code),
            "Zie de lijst met toelichtingen.",
        )
    note = session.get_one(ContextNote, found[0].id, with_for_update=True, populate_existing=True)
    if note.accepted is not None:
        raise Refused("note-decided", "Over deze toelichting is al besloten.", "Een besluit staat vast.")
    if not 0 < len(reason) <= LONGEST:
        raise BadInput(Problem("reason", Sentence.of("Geef een reden van hooguit %(most)s tekens.", most=LONGEST)))
    note.accepted, note.reason, note.decided_by, note.decided_at = accept, reason, actor, now
    ledger.append(session, now, actor, "context.decided", f"pair:{note.pair_id}", {"accepted": accept})


def _require_blind(session: Session, round_: Round, actor: str) -> None:
    if takings.took(session, round_, actor):
        raise Refused(
            "not-blind",
            "U heeft het onderzoeksbestand van deze ronde opgehaald, en daarin staat wie welk antwoord kreeg.",
            "Laat een ander besluiten, die dat bestand niet heeft.",
        )


def _require_open(round_: Round, pair: OwnPair, now: datetime) -> None:
    if pair.note is not None and pair.note.accepted is not None:
        raise Refused("note-decided", "Over uw toelichting is al besloten.", _ask(round_))
    if now > deadline(round_):
        raise Refused("note-late", "De termijn voor een toelichting is voorbij.", _ask(round_))


def _ask(round_: Round) -> str:
    return Sentence.of("Neem contact op met de onderzoekers: %(reach)s.", reach=reach(round_))


def _require_said(choice: str, text: str) -> None:
    problems = []
    if choice not in CHOICES:
        problems.append(Problem("choice", "Kies wat er speelde."))
    if len(text) > LONGEST or (choice == OTHER and not text):
        problems.append(
            Problem("text", Sentence.of("Schrijf op wat er speelde, in hooguit %(most)s tekens.", most=LONGEST))
        )
    if problems:
        raise BadInput(problems)


@cache
def _notes() -> Select[ContextNote, str, Listing]:
    rows = select(ContextNote, Pair.code, Listing).join(Pair, ContextNote.pair_id == Pair.id)
    return rows.join(Listing, Pair.listing_id == Listing.id).where(not_first(Pair.round_id) == bindparam("round_id"))


def _noted(note: ContextNote, code: str, listing: Listing) -> Noted:
    said = note.choice, note.text, note.written_at
    return Noted(code, listing.street, listing.city, *said, note.accepted, note.reason, note.decided_by)
