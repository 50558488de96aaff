"""The life of a round: each function is one transition and writes one event."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from orchestrator import design as designs
from orchestrator import ledger, name_bank, readiness, tallies
from orchestrator.db import some
from orchestrator.design import Design
from orchestrator.models import Control, Enrolment, InboundMail, Inquiry, Listing, Pair, Reply, Round
from orchestrator.readiness import Power
from orchestrator.rounds import duties, likeness, lookup, mailing, restored
from orchestrator.rounds.likeness import Plan
from orchestrator.several import change, not_first
from orchestrator.states import (
    EXCLUDING_LABELS,
    OPEN_LETTER,
    ROUND_ENDED,
    Exclusion,
    LetterState,
    MailState,
    PairState,
    RoundState,
)
from profiles.errors import BadInput, Problem, Refused


def alike(session: Session, name: str, actor: str) -> Plan:
    """Hold the letters of a round against each other before it is approved; see `approve`, which raises the same.

    Of a large round it takes minutes, in which nobody should wait to write.
    """
    round_ = lookup.find(session, name)
    _may_approve(round_, actor)
    likeness.require(session, round_)
    return likeness.plan_of(round_)


def approve(
    session: Session, name: str, actor: str, now: datetime, power: Power | None = None, checked: Plan | None = None
) -> Round:
    """planned → approved, by somebody else than the planner; from here the design is frozen.

    Refused with a diff when the letters of the arms differ in more than their signal, and for a live round while
    anything of `readiness` is open. ``power`` is what this round has of it, where it was computed; ``checked`` is what
    `alike` gave, where the letters were held against each other before.
    """
    round_ = _held(session, name)
    _may_approve(round_, actor)
    if checked is None:
        likeness.require(session, round_)
    elif checked != likeness.plan_of(round_):
        message = f"Ronde '{name}' is opnieuw gepland terwijl haar brieven werden vergeleken."
        raise Refused("planned-again", message, "Bekijk de nieuwe planning, en keur daarna goed.")
    readiness.require(session, round_, power)
    round_.approved_by, round_.approved_at = actor, now
    return _move(session, round_, RoundState.APPROVED, actor, now, digest=round_.digest)


def _may_approve(round_: Round, actor: str) -> None:
    _must_be(round_, "goedkeuren", RoundState.PLANNED)
    if duties.same(actor, round_.planned_by):
        raise Refused(
            "same-person",
            f"{actor} heeft ronde '{round_.name}' zelf gepland en mag haar niet goedkeuren.",
            "Laat een tweede persoon goedkeuren: praktijktest approve … --by NAAM.",
        )
    _check_unchanged(round_)


def start(session: Session, name: str, actor: str, now: datetime, *, live: bool, pretends: str | None = None) -> Round:
    """approved → running. ``live`` is the installation's own yes; a live design needs both.

    ``pretends`` is why its letters would not truly be sent (`Settings.pretends`): a live design needs that to be None.
    """
    round_ = lookup.find(session, name)
    if round_.state is RoundState.PLANNED:
        raise Refused(
            "not-approved",
            f"Ronde '{name}' is nog niet goedgekeurd.",
            f"Laat een ander dan {round_.planned_by} eerst praktijktest approve {name} doen.",
        )
    round_ = _in_state(session, name, "starten", RoundState.APPROVED)
    _check_unchanged(round_)
    design = designs.from_canonical(round_.design)
    check_live(design, live=live)
    if design.mode == "live" and pretends:
        message = f"Ronde '{name}' staat op mode: live, maar haar brieven zouden niet echt aankomen. {pretends}"
        raise Refused("live-detour", message, "Haal die instelling weg, of oefen met mode: rehearsal.")
    round_.started_at = now
    return _move(session, round_, RoundState.RUNNING, actor, now)


def pause(session: Session, name: str, actor: str, now: datetime, reason: str) -> Round:
    """running → paused; acts at the next claim. Courtesy letters still go, so that no viewing stays held."""
    round_ = _in_state(session, name, "pauzeren", RoundState.RUNNING)
    round_.reason = reason
    return _move(session, round_, RoundState.PAUSED, actor, now, reason=reason)


def resume(session: Session, name: str, actor: str, now: datetime) -> Round:
    """paused → running."""
    round_ = _in_state(session, name, "hervatten", RoundState.PAUSED)
    round_.reason = None
    return _move(session, round_, RoundState.RUNNING, actor, now)


def abort(session: Session, name: str, actor: str, now: datetime, reason: str) -> Round:
    """Any state but closed, released or aborted → aborted; nothing more goes out."""
    states = [state for state in RoundState if state not in ROUND_ENDED]
    round_ = _in_state(session, name, "afbreken", *states)
    round_.reason = reason
    _cancel(session, Pair.round_id == round_.id)
    return _move(session, round_, RoundState.ABORTED, actor, now, reason=reason)


def collect(session: Session, name: str, actor: str, now: datetime) -> Round:
    """running → collecting: every inquiry has ended and only answers are still awaited."""
    round_ = _in_state(session, name, "afronden", RoundState.RUNNING)
    if open_inquiries(session, round_):
        raise Refused("letters-open", f"In ronde '{name}' moeten nog reacties worden verzonden.", "Wacht, of sluit af.")
    return _move(session, round_, RoundState.COLLECTING, actor, now)


def close(session: Session, name: str, actor: str, now: datetime, reason: str | None = None) -> Round:
    """collecting → closed when the response window is over and all replies are coded.

    With a ``reason`` a running, paused or collecting round closes early: what was not sent is cancelled, and pairs
    whose window was not over do not count. Replies that still wait for a code always hold it up.
    """
    early = (RoundState.RUNNING, RoundState.PAUSED) if reason else ()
    round_ = _in_state(session, name, "sluiten", RoundState.COLLECTING, *early)
    end = window_end(session, round_)
    if now < end and not reason:
        raise Refused(
            "window-open",
            f"De antwoordtermijn van ronde '{name}' loopt nog tot {end:%d-%m-%Y %H:%M} UTC.",
            "Wacht, of sluit voortijdig met --reason.",
        )
    if waiting := waiting_to_code(session, round_):
        raise Refused(
            "coding-open",
            f"In ronde '{name}' wachten nog {waiting} antwoorden op codering.",
            "Codeer ze eerst: praktijktest queue en praktijktest code.",
        )
    round_.closed_at, round_.reason = now, reason
    _cancel(session, Pair.round_id == round_.id)
    _settle_pairs(session, round_, now)
    return _move(session, round_, RoundState.CLOSED, actor, now, reason=reason)


def withdraw(session: Session, key: str, actor: str, now: datetime) -> int:
    """End an advertiser's consent at once: its open letters and requests are cancelled. Return how many."""
    advertiser = lookup.advertiser(session, key)
    session.execute(
        update(Enrolment)
        .where(Enrolment.advertiser_id == advertiser.id, Enrolment.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    listings = select(Listing.id).where(Listing.advertiser_id == advertiser.id)
    stopped = _cancel(session, Pair.listing_id.in_(listings), Exclusion.WITHDRAWN)
    stopped += mailing.withdrawn(session, advertiser.id)
    ledger.append(session, now, actor, "advertiser.withdrawn", f"advertiser:{advertiser.id}", {"stopped": stopped})
    return stopped


def set_sending(session: Session, enabled: bool, actor: str, now: datetime, reason: str | None = None) -> None:
    """Open or shut all sending of this installation, courtesy letters included (the kill switch).

    Raises `Refused` for opening what a restored backup keeps shut.
    """
    control = session.get_one(Control, 1)
    if enabled:
        restored.refuse_opening(control)
    control.sending_enabled, control.reason = enabled, reason
    kind = "sending.opened" if enabled else "sending.shut"
    ledger.append(session, now, actor, kind, "control", {"reason": reason})


def check_live(design: Design, *, live: bool) -> None:
    """Raise `Refused` for a live design on an installation that did not say yes to live sending."""
    if design.mode == "live" and not live:
        raise Refused(
            "live-not-set",
            f"Ronde '{design.round}' staat op mode: live, maar deze installatie mag niet echt verzenden.",
            "Zet PRAKTIJKTEST_LIVE=yes, of kies mode: rehearsal.",
        )


def in_state(session: Session, state: RoundState) -> list[Round]:
    """Return the rounds that are in this state."""
    return list(session.scalars(select(Round).where(Round.state == state).order_by(Round.id)))


def window_end(session: Session, round_: Round) -> datetime:
    """Return the moment after which silence is GEEN_REACTIE for every inquiry that was sent."""
    days = designs.from_canonical(round_.design).outcome.response_days
    span = tallies.first_and_last(session, round_.id, "sent")
    # In the last hour in which any went, and along the index of when they went: a round may have a million.
    hour = (Inquiry.sent_at >= span[1], Inquiry.sent_at < span[1] + timedelta(hours=1)) if span else ()
    rows = select(Inquiry.sent_at).join(Pair).where(not_first(Pair.round_id) == round_.id, *hour)
    last = session.scalar(rows.order_by(Inquiry.sent_at.desc()).limit(1)) if span else None
    return (last or round_.started_at or round_.planned_at) + timedelta(days=days)


def open_inquiries(session: Session, round_: Round) -> int:
    """Return how many inquiries may still go out."""
    rows = select(func.count()).select_from(Inquiry).join(Pair)
    return session.scalar(rows.where(Pair.round_id == round_.id, Inquiry.state.in_(OPEN_LETTER))) or 0


def waiting_to_code(session: Session, round_: Round) -> int:
    """Return how many replies have no final label yet, and mails that nobody has read yet."""
    uncoded = tallies.uncoded(session, round_.id)
    unread = select(func.count()).select_from(InboundMail).where(InboundMail.state == MailState.STORED)
    return uncoded + (session.scalar(unread) or 0)


def _in_state(session: Session, name: str, verb: str, *states: RoundState) -> Round:
    round_ = _held(session, name)
    _must_be(round_, verb, *states)
    return round_


def _held(session: Session, name: str) -> Round:
    round_ = lookup.find(session, name)
    # The round before its letters, as the gate takes them: two who wait for each other would both be lost. Whoever adds
    # pairs to the round holds it too, so none slip past a transition.
    session.refresh(round_, with_for_update={"key_share": True})
    return round_


def _must_be(round_: Round, verb: str, *states: RoundState) -> None:
    if round_.state not in states:
        allowed = " of ".join(state.value for state in states)
        message = f"Ronde '{round_.name}' is {round_.state.value}; {verb} kan alleen als zij {allowed} is."
        raise Refused("wrong-state", message)


def _move(session: Session, round_: Round, state: RoundState, actor: str, now: datetime, **data: object) -> Round:
    before, round_.state = round_.state, state
    told = {"from": before.value, "to": state.value, **{key: value for key, value in data.items() if value}}
    ledger.append(session, now, actor, f"round.{state.value}", f"round:{round_.id}", told)
    return round_


def _check_unchanged(round_: Round) -> None:
    """Refuse when the stored design, or the file it was planned from, is no longer what was planned."""
    stored = designs.digest(designs.from_canonical(round_.design))
    if stored != round_.digest:
        raise _changed(round_, "in de database", stored)
    path = Path(round_.design_path) if round_.design_path else None
    if path is None or not path.exists():
        return
    if (found := _digest_of_file(path, round_)) != round_.digest:
        raise _changed(round_, f"in {path.name}", found)


def _digest_of_file(path: Path, round_: Round) -> str:
    try:
        return designs.digest(designs.read_design(path, name_bank.of_round(round_).sets))
    except BadInput:
        return "onleesbaar"


def _changed(round_: Round, where: str, found: str) -> BadInput:
    return BadInput(
        Problem(
            "design-changed",
            f"De onderzoeksopzet van ronde '{round_.name}' is {where} gewijzigd na het plannen "
            f"(vastgelegd {round_.digest[:12]}).",
            file=round_.design_path,
            found=found[:12],
            remedy="Zet de vastgelegde opzet terug, of plan een nieuwe versie (verhoog version).",
        )
    )


def _cancel(session: Session, where: object, reason: Exclusion | None = None) -> int:
    """Cancel what has not reached the wire; with a reason the pairs of which not all had are excluded for it as well.

    A letter that is on the wire at this moment is part of a pair that was not whole: it is excluded too.
    """
    pairs = select(Pair.id).where(where)  # type: ignore[arg-type]
    waiting = (LetterState.PLANNED, LetterState.CLAIMED)
    if reason:
        touched = select(Inquiry.pair_id).where(Inquiry.pair_id.in_(pairs), Inquiry.state.in_(OPEN_LETTER))
        session.execute(
            update(Pair)
            .where(Pair.id.in_(touched), Pair.state == PairState.OPEN)
            .values(state=PairState.EXCLUDED, reason=reason.value)
        )
    rows = select(Inquiry.id).where(Inquiry.pair_id.in_(pairs), Inquiry.state.in_(waiting)).order_by(Inquiry.id)
    stopped = 0
    for these in some(session.scalars(rows).all()):
        cancelled = update(Inquiry).where(Inquiry.id.in_(these), Inquiry.state.in_(waiting)).returning(Inquiry.id)
        stopped += len(session.scalars(cancelled.values(state=LetterState.CANCELLED)).all())
    return stopped


def _settle_pairs(session: Session, round_: Round, now: datetime) -> None:
    """open → usable or excluded, for every pair of the round."""
    days = timedelta(days=designs.from_canonical(round_.design).outcome.response_days)
    rows = select(Pair.id).where(Pair.round_id == round_.id, Pair.state == PairState.OPEN).order_by(Pair.id)
    for these in some(session.scalars(rows).all()):
        reasons = {each: exclusion(letters, now - days) for each, letters in letters_of(session, these).items()}
        change(session, Pair, ("id",), [_settled(each, reason) for each, reason in reasons.items()])
    session.flush()
    session.expire_all()  # they were changed behind its back


def _settled(pair: int, reason: Exclusion | None) -> dict[str, object]:
    return {"id": pair, "state": PairState.EXCLUDED if reason else PairState.USABLE, "reason": reason}


class Letter(NamedTuple):
    """What became of one inquiry: its state, when it was sent, and the labels of its replies, the first one first."""

    state: LetterState
    sent_at: datetime | None
    labels: list[str | None]


def letters_of(session: Session, pairs: Sequence[int]) -> dict[int, tuple[Letter, ...]]:
    """Return the letters of some pairs, by the number of the pair, in their order.

    As columns: of a large round its pairs, letters and replies as objects took half a minute and a gigabyte.
    """
    sent = select(Inquiry.pair_id, Inquiry.id, Inquiry.state, Inquiry.sent_at).where(Inquiry.pair_id.in_(pairs))
    told = select(Reply.inquiry_id, Reply.label).join(Inquiry).where(Inquiry.pair_id.in_(pairs))
    labels: defaultdict[int, list[str | None]] = defaultdict(list)
    for letter, label in session.execute(told.order_by(Reply.received_at, Reply.id)):
        labels[letter].append(label)
    letters: dict[int, tuple[Letter, ...]] = dict.fromkeys(pairs, ())
    for pair, letter, state, sent_at in session.execute(sent.order_by(Inquiry.order)):
        letters[pair] += (Letter(state, sent_at, labels[letter]),)
    return letters


def exclusion(letters: Sequence[Letter], sent_by: datetime) -> Exclusion | None:
    """Return why a pair of these does not count, or None; one sent after ``sent_by`` had no full window."""
    states = {letter.state for letter in letters}
    if LetterState.UNCERTAIN in states:
        return Exclusion.UNCERTAIN
    if states != {LetterState.SENT}:
        return Exclusion.NOT_SENT
    for label in (label for letter in letters for label in letter.labels):
        if label in EXCLUDING_LABELS:
            return EXCLUDING_LABELS[label]
    if any(letter.sent_at is None or letter.sent_at > sent_by for letter in letters):
        return Exclusion.CLOSED_EARLY
    return None
