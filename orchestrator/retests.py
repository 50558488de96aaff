"""Re-tests: a round that tests again the offices with an agreed action after an earlier one, in the same way.

Before and after can stand beside each other only when both were measured alike, so a design that differs in how is
refused. Who may be tested is asked when the round is planned and when a feed brings a listing. An action that is
withdrawn after that stops nothing that was planned: whether a letter may go is the consent's to say, as in any round.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator import followup
from orchestrator.design import Design, from_canonical
from orchestrator.intake import ListingRow
from orchestrator.models import Round
from orchestrator.rounds import lookup
from orchestrator.states import RoundState
from profiles.errors import Refused
from profiles.sentences import Sentence

OVER = (RoundState.CLOSED, RoundState.RELEASED)
_NOT_CLOSED = "Ronde '%(round)s' is nog niet gesloten, dus een hertest van haar kan nog niet worden gepland."
_NOT_ALIKE = "Deze opzet meet anders dan ronde '%(round)s', zodat voor en na niet te vergelijken zijn: %(differs)s."
_DIFFERS = "%(key)s is %(now)s en was %(before)s"
_NOBODY = "Na ronde '%(round)s' is met geen enkel kantoor een actie afgesproken, dus er is niemand om te hertesten."
_NOT_LISTED = "Van de kantoren die na ronde '%(round)s' een actie afspraken, is er geen advertentie bij."


def earlier(session: Session, design: Design, planned_at: datetime | None = None) -> Round | None:
    """Return the newest version of the round that this design re-tests, of those closed before it was planned.

    None for a design that re-tests none. Raises `Refused` when there is no such round, or none that is closed.
    """
    if not design.retest_of:
        return None
    rows = select(Round).where(Round.name == design.retest_of, Round.state.in_(OVER))
    if planned_at is not None:
        rows = rows.where(Round.closed_at <= planned_at)
    found = session.scalars(rows.order_by(Round.version.desc()).limit(1)).first()
    if found is None:
        round_ = lookup.find(session, design.retest_of)
        message = Sentence.of(_NOT_CLOSED, round=round_.name)
        raise Refused("retest-not-closed", message, "Sluit die ronde eerst, en maak daarna afspraken met de kantoren.")
    return found


def of_round(session: Session, round_: Round) -> tuple[Round, ...]:
    """Return the closed rounds that re-test this one, the oldest first."""
    rows = session.scalars(select(Round).where(Round.state.in_(OVER), Round.id != round_.id).order_by(Round.id))
    return tuple(each for each in rows if from_canonical(each.design).retest_of == round_.name)


def agreed(session: Session, round_: Round) -> frozenset[str] | None:
    """Return the keys of the advertisers that a re-test may sample now; None for a round that is no re-test."""
    before = earlier(session, from_canonical(round_.design), round_.planned_at)
    return None if before is None else followup.agreed(session, before)


def sampled(session: Session, design: Design, listings: Iterable[ListingRow]) -> Collection[str] | None:
    """As `agreed`, for a round that is to be planned. Raises `Refused` when it measures otherwise, or tests nobody."""
    before = earlier(session, design)
    if before is None:
        return None
    if differs := differences(from_canonical(before.design), design):
        message = Sentence.of(_NOT_ALIKE, round=before.name, differs=Sentence.joined(differs, "; "))
        raise Refused("retest-not-alike", message, "Maak deze sleutels gelijk, of haal retest_of weg.")
    known = followup.agreed(session, before)
    if not known:
        message = Sentence.of(_NOBODY, round=before.name)
        raise Refused("retest-of-nobody", message, "Maak eerst afspraken, op de pagina opvolging van die ronde.")
    if not any(listing.advertiser in known for listing in listings) and not design.sample.feeds:
        message = Sentence.of(_NOT_LISTED, round=before.name)
        raise Refused("retest-of-nobody", message, "Voeg advertenties van die kantoren toe.")
    return known


def differences(before: Design, after: Design) -> Sequence[str]:
    """Say per key in what two designs measure otherwise; nothing when before and after can be compared."""
    was, now = _measured(before), _measured(after)
    return [
        Sentence.of(_DIFFERS, key=key, now=now[key] or "–", before=was[key] or "–")
        for key in was
        if was[key] != now[key]
    ]


def _measured(design: Design) -> Mapping[str, str]:
    """What a figure depends on besides chance and the offices: who writes what, and which answers count."""
    question, letters, outcome = design.question, design.letters, design.outcome
    return {
        "mode": design.mode.value,
        "study.purpose": design.study.purpose.value,
        "question.ground": question.ground.value,
        "question.signal": design.signal.key,
        "question.approach": question.approach.value,
        "question.control": question.control,
        "question.treatment": question.treatment,
        "question.also": ", ".join(question.also),
        "letters.level": letters.level.value,
        "letters.language": letters.language.value,
        "outcome.positive": ", ".join(outcome.positive),
        "outcome.response_days": str(outcome.response_days),
    }
