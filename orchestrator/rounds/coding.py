"""What people say a reply means: two who do not see the arm, a third where they differ, and what hides the arm."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, String, cast, func, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from orchestrator import ledger
from orchestrator.chance import digests, uniforms
from orchestrator.design import from_canonical
from orchestrator.models import Coding, DeferredReply, Doubt, Event, HandMask, Inquiry, Pair, Reply, Round
from orchestrator.rounds import duties
from orchestrator.rounds.courtesy import plan_decline
from orchestrator.rounds.duties import same
from orchestrator.states import ROUND_ENDED, CodedBy
from profiles.errors import BadInput, Problem, Refused

T = TypeVar("T")
LONGEST_NOTE = 500
LONGEST_PHRASE = 200


def queue(session: Session, round_id: int, coder: str) -> list[Reply]:
    """Return the replies of a round that wait for this coder, in an order that has nothing to do with the arms.

    Also those of which two others gave different labels; `disputed` tells them apart. Raises `Refused` "not-blind"
    for who may code nothing in this round.
    """
    duties.require_blind(session, session.get_one(Round, round_id), coder)
    placed = _placed(session, coder)
    waiting = [
        reply
        for reply in uncoded(session, round_id)
        if _asks(reply) and not _done_with(reply, coder) and reply.mail_id not in placed
    ]
    return sorted(waiting, key=lambda reply: hashlib.sha256(f"{coder}:{reply.id}".encode()).digest())


def rounds(session: Session) -> Sequence[Round]:
    """Return the rounds that have not ended, the newest plan first: only in these anybody codes."""
    rows = select(Round).where(Round.state.not_in(ROUND_ENDED)).order_by(Round.planned_at.desc())
    return session.scalars(rows).all()


def uncoded(session: Session, round_id: int) -> Sequence[Reply]:
    """Return the replies of a round without a final label."""
    loaded = contains_eager(Reply.inquiry).contains_eager(Inquiry.pair).contains_eager(Pair.round)
    rows = _of_round(select(Reply), round_id).join(Round).where(Reply.label.is_(None)).order_by(Reply.id)
    each = (selectinload(Reply.codings), selectinload(Reply.doubts), selectinload(Reply.masks))
    return session.scalars(rows.options(loaded, *each)).all()


def disputed(reply: Reply) -> bool:
    """Say whether two people gave a reply different labels and nobody decided yet."""
    given = [coding.label for coding in reply.codings]
    return reply.label is None and len(given) > 1 and given[0] != given[1]


def twice(reply: Reply) -> bool:
    """Say whether a reply is coded by two people: by the declared share and a draw per inquiry, whatever its arm."""
    design = from_canonical(reply.inquiry.pair.round.design)
    share = design.outcome.double_coding
    # The token of a letter is drawn from the seed when it is planned, so this draw can be repeated as well.
    return share == 1 or float(uniforms(design.seed, "double-coding", digests([reply.inquiry.message_id]))[0]) < share


def code(session: Session, reply: Reply, coder: str, label: str, now: datetime, *, invites: bool) -> None:
    """Add one coder's label. Two equal labels are final; after two different ones a third person decides.

    Where the design has a reply coded once, the first label is final. Raises `Refused` for who can know the arm, or
    coded this reply before.
    """
    _hold(session, reply)
    duties.require_blind(session, reply.inquiry.pair.round, coder)
    if reply.label is not None:
        raise Refused("already-coded", f"Antwoord {reply.id} is al gecodeerd als {reply.label}.")
    if coded_by(reply, coder):
        raise Refused("coded-twice", f"{coder} heeft antwoord {reply.id} al gecodeerd.", "Een ander moet het doen.")
    if _knows(reply, coder) or reply.mail_id in _placed(session, coder):
        raise Refused("not-blind", f"{coder} weet van wie antwoord {reply.id} is.", "Laat een ander het coderen.")
    reply.doubts = [doubt for doubt in reply.doubts if not same(doubt.coder, coder)]
    reply.codings.append(Coding(coder=coder, label=label, coded_at=now))
    decided = _decision([coding.label for coding in reply.codings]) if twice(reply) else label
    ledger.append(session, now, coder, "reply.coded", f"reply:{reply.id}", {"final": decided is not None})
    if decided is None:
        return
    reply.label, reply.coded_by = decided, CodedBy.PEOPLE
    if invites and decided == label:
        plan_decline(session, reply.inquiry, reply.message_id, now)


def doubt(session: Session, reply: Reply, coder: str, note: str, now: datetime) -> None:
    """Leave a reply to others; it stays in their queues. The same doubt twice is one."""
    _hold(session, reply)
    duties.require_blind(session, reply.inquiry.pair.round, coder)
    if reply.label is not None or coded_by(reply, coder):
        raise Refused("already-coded", f"Antwoord {reply.id} is al gecodeerd.", "Ga verder met het volgende.")
    if any(same(each.coder, coder) for each in reply.doubts):
        return
    reply.doubts.append(Doubt(coder=coder, note=note.strip()[:LONGEST_NOTE], doubted_at=now))
    ledger.append(session, now, coder, "reply.doubted", f"reply:{reply.id}")


def undo(session: Session, reply: Reply, coder: str, now: datetime) -> None:
    """Take back one's own last label or doubt of a round; raise `Refused` for another, or for a final label."""
    _hold(session, reply)
    duties.require_blind(session, reply.inquiry.pair.round, coder)
    codings = [each for each in reply.codings if same(each.coder, coder)]
    doubts = [each for each in reply.doubts if same(each.coder, coder)]
    if not codings and not doubts:
        raise Refused("nothing-to-undo", f"{coder} heeft bij antwoord {reply.id} niets terug te nemen.")
    if codings and reply.label is not None:
        raise Refused("label-final", f"Het label van antwoord {reply.id} staat vast.", "Ga verder met het volgende.")
    if last(session, reply.inquiry.pair.round_id, coder) != reply.id:
        raise Refused("not-the-last", f"{coder} heeft na antwoord {reply.id} al een ander gecodeerd.")
    for each in (*codings, *doubts):
        session.delete(each)
    session.flush()
    session.expire(reply, ["codings", "doubts"])
    ledger.append(session, now, coder, "reply.uncoded", f"reply:{reply.id}")


def last(session: Session, round_id: int, coder: str) -> int | None:
    """Return the number of the reply that somebody coded, or left to others, last in a round."""
    here = Reply.inquiry.has(Inquiry.pair.has(Pair.round_id == round_id))
    coded = select(Coding.coded_at, Coding.reply_id).join(Reply).where(_by(Coding, coder), here)
    doubted = select(Doubt.doubted_at, Doubt.reply_id).join(Reply).where(_by(Doubt, coder), here)
    newest = (
        session.execute(coded.order_by(Coding.coded_at.desc(), Coding.id.desc()).limit(1)).first(),
        session.execute(doubted.order_by(Doubt.doubted_at.desc(), Doubt.id.desc()).limit(1)).first(),
    )
    found = [(row[0], row[1]) for row in newest if row]
    return max(found)[1] if found else None


def undoable(session: Session, round_id: int, coder: str) -> int | None:
    """Return the number of the reply whose label or doubt somebody may still take back, if any."""
    number = last(session, round_id, coder)
    final = number is not None and session.get_one(Reply, number).label is not None
    return None if final else number


def left(session: Session, round_id: int, coder: str) -> int:
    """Count the replies that somebody left to others and that still have no final label."""
    rows = _of_round(select(func.count(Doubt.id)).join(Reply), round_id)
    return session.scalar(rows.where(_by(Doubt, coder), Reply.label.is_(None))) or 0


def mask(session: Session, reply: Reply, phrase: str, actor: str, now: datetime) -> None:
    """Hide a phrase of a reply by hand; who did so has seen it, and does not code this reply.

    Raises BadInput for a phrase that does not stand in it, or that is too long to be one.
    """
    _hold(session, reply)
    phrase = phrase.strip()
    if (
        not phrase
        or len(phrase) > LONGEST_PHRASE
        or phrase.casefold() not in f"{reply.subject}\n{reply.text}".casefold()
    ):
        message, remedy = "Deze woorden staan zo niet in het antwoord.", "Neem ze letterlijk over."
        raise BadInput([Problem("phrase-not-found", message, found=phrase[:LONGEST_PHRASE], remedy=remedy)])
    if any(each.phrase == phrase for each in reply.masks):
        return
    reply.masks.append(HandMask(phrase=phrase, masked_by=actor, masked_at=now))
    ledger.append(session, now, actor, "reply.masked", f"reply:{reply.id}")


def done(session: Session, round_id: int, coder: str) -> int:
    """Count the replies of a round that somebody coded."""
    rows = _of_round(select(func.count(Coding.id)).join(Reply), round_id)
    return session.scalar(rows.where(_by(Coding, coder))) or 0


def still_codes(session: Session, round_: Round, coder: str) -> bool:
    """Say whether somebody with the role of coder may yet code in a round, or did so before it ended."""
    if round_.state in ROUND_ENDED or duties.not_blind(session, round_, coder):
        return False
    return done(session, round_.id, coder) > 0 or bool(queue(session, round_.id, coder))


def doubles(session: Session, round_id: int) -> list[tuple[str, str]]:
    """Return the first two labels of every reply of a round that two people coded."""
    rows = _of_round(select(Reply), round_id).where(Reply.codings.any()).options(selectinload(Reply.codings))
    given = [[coding.label for coding in reply.codings] for reply in session.scalars(rows)]
    return [(labels[0], labels[1]) for labels in given if len(labels) > 1]


def _of_round(rows: Select[T], round_id: int) -> Select[T]:
    return rows.join(Inquiry, Reply.inquiry_id == Inquiry.id).join(Pair).where(Pair.round_id == round_id)


def _hold(session: Session, reply: Reply) -> None:
    """One at a time: two who code at once must see each other's label, or both would wait for the other for ever."""
    session.refresh(reply, with_for_update=True)
    session.expire(reply, ["codings", "doubts", "masks"])


def _by(kind: type[Coding] | type[Doubt], coder: str) -> ColumnElement[bool]:
    return func.lower(kind.coder) == coder.strip().lower()


def _asks(reply: Reply) -> bool:
    """As many people as the draw says code; a third is asked only when two differ."""
    return len(reply.codings) < (2 if twice(reply) else 1) or disputed(reply)


def _done_with(reply: Reply, coder: str) -> bool:
    return coded_by(reply, coder) or _knows(reply, coder) or any(same(each.coder, coder) for each in reply.doubts)


def _knows(reply: Reply, coder: str) -> bool:
    """Say whether somebody saw more of a reply than a coder may: they wrote it down, or hid a name in it."""
    seen_by = [reply.entered_by or "", *(each.masked_by for each in reply.masks)]
    return any(same(each, coder) for each in seen_by)


def _placed(session: Session, coder: str) -> set[int]:
    """The mails that somebody gave a place: to do so they read them whole, and saw to whose letter they belong."""
    # Along the few mails that ever waited for a person: the ledger itself may have millions of lines.
    line = Event.subject == "mail:" + cast(DeferredReply.mail_id, String)
    rows = select(DeferredReply.mail_id, Event.actor).join(Event, line).where(Event.kind == "mail.assigned")
    return {number for number, actor in session.execute(rows) if same(actor, coder)}


def coded_by(reply: Reply, coder: str) -> bool:
    """Say whether somebody gave a reply a label."""
    return any(same(coding.coder, coder) for coding in reply.codings)


def _decision(given: Sequence[str]) -> str | None:
    if len(given) == 2:
        return given[0] if given[0] == given[1] else None
    return given[-1] if len(given) > 2 else None
