"""Finding rounds and advertisers by the name a person types."""

from collections.abc import Iterator
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, joinedload, selectinload

from orchestrator.db import some
from orchestrator.models import Advertiser, InboundMail, Inquiry, Listing, Pair, Reply, Round
from profiles.errors import Refused


def latest(session: Session, name: str) -> Round | None:
    """Return the newest version of the round of that name."""
    return session.scalars(_newest(), {"name": name}).first()


@cache
def _newest() -> Select[Round]:
    """Every page asks it several times: made once."""
    return select(Round).where(Round.name == bindparam("name")).order_by(Round.version.desc()).limit(1)


def version(session: Session, name: str, number: int) -> Round | None:
    """Return this version of the round of that name."""
    return session.scalars(select(Round).where(Round.name == name, Round.version == number)).first()


def find(session: Session, name: str) -> Round:
    """Return the newest version of the round of that name; raise `Refused` naming the rounds there are."""
    round_ = latest(session, name)
    if round_ is None:
        known = session.scalars(select(Round.name).distinct().order_by(Round.name)).all()
        there = f"Er zijn: {', '.join(known)}." if known else "Er is nog geen ronde: begin met praktijktest plan."
        raise Refused("unknown-round", f"Er is geen ronde '{name}'.", there)
    return round_


def advertiser(session: Session, key: str) -> Advertiser:
    """Return the advertiser with that key; raise `Refused` when nobody has it."""
    found = session.scalars(select(Advertiser).where(Advertiser.key == key)).first()
    if found is None:
        raise Refused("unknown-advertiser", f"Er is geen woningaanbieder '{key}'.", "Zie de kolom advertiser.")
    return found


def pairs(session: Session, round_: Round) -> Iterator[Pair]:
    """Yield the pairs of a round in order of their codes, each with its listing, advertiser and letters.

    They are read some at a time: all that a round may have take a gigabyte.
    """
    codes = session.scalars(select(Pair.code).where(Pair.round_id == round_.id).order_by(Pair.code)).all()
    whole = select(Pair).where(Pair.round_id == round_.id).order_by(Pair.code)
    whole = whole.options(joinedload(Pair.listing).joinedload(Listing.advertiser), selectinload(Pair.inquiries))
    for few in some(codes):
        yield from session.scalars(whole.where(Pair.code.in_(few)))


def reply(session: Session, number: int) -> Reply:
    """Return the reply with that number; raise `Refused` when there is none."""
    found = session.get(Reply, number)
    if found is None:
        raise Refused("unknown-reply", f"Er is geen antwoord {number}.", "Zie praktijktest queue.")
    return found


def mail(session: Session, number: int) -> InboundMail:
    """Return the stored mail with that number; raise `Refused` when there is none."""
    found = session.get(InboundMail, number)
    if found is None:
        raise Refused("unknown-mail", f"Er is geen bericht {number}.", "Zie praktijktest deferred.")
    return found


def inquiry(session: Session, round_name: str, pair: str, order: int) -> Inquiry:
    """Return the first or second letter of a pair; raise `Refused` when there is no such letter."""
    rows = select(Inquiry).join(Pair).where(Pair.round_id == find(session, round_name).id, Pair.code == pair)
    found = session.scalars(rows.where(Inquiry.order == order)).first()
    if found is None:
        raise Refused("unknown-inquiry", f"Test {pair} heeft geen reactie {order}.", "Zie pairs.csv of status.")
    return found
