"""The burden ledger: what a round asked of each advertiser, in letters, minutes and viewings, and what it gave back.

Testing people without asking them each time is defended by a minimal burden, so the burden is counted and shown.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from orchestrator.exposure import ARRIVED
from orchestrator.models import Advertiser, Decline, Inquiry, Listing, Pair, Reply
from orchestrator.rounds import lookup
from profiles.sentences import Sentence

# Assumptions, not measurements: we know of no study that timed brokers. They are on the high side, so that the ledger
# does not flatter the study; a study that asks its participants replaces them here.
READ_LETTER, WRITE_ANSWER, ARRANGE_VIEWING, READ_DECLINE = 2, 5, 10, 2
"""Minutes of an advertiser's time for each; an answer that a machine sent costs nothing."""

ASSUMED = Sentence.of(
    "Gerekend is met %(read)s minuten om een reactie te lezen, %(answer)s om zelf te antwoorden, %(viewing)s om een "
    "bezichtiging te regelen en %(decline)s om een afmelding te lezen. Dat zijn aannames, geen metingen.",
    read=READ_LETTER, answer=WRITE_ANSWER, viewing=ARRANGE_VIEWING, decline=READ_DECLINE,
)  # fmt: skip

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Burden:
    """What was asked of one advertiser, or of several together.

    ``hours`` is how long each viewing was held that was given back: from the invitation to the courtesy letter.
    """

    advertiser: str
    name: str
    letters: int
    answers: int
    viewings: int
    hours: tuple[float, ...]

    @property
    def given_back(self) -> int:
        return len(self.hours)

    @property
    def minutes(self) -> int:
        return (
            self.letters * READ_LETTER
            + self.answers * WRITE_ANSWER
            + self.viewings * ARRANGE_VIEWING
            + self.given_back * READ_DECLINE
        )

    @property
    def median_hours(self) -> float | None:
        return median(self.hours) if self.hours else None


def of_round(session: Session, name: str) -> tuple[Burden, ...]:
    """Count a round by advertiser, in order of key; raise `Refused` when there is no such round."""
    in_round = (Pair.round_id == lookup.find(session, name).id,)
    number = select(Listing.advertiser_id, func.count()).select_from(Inquiry).join(Pair).join(Listing).where(*in_round)
    each = number.group_by(Listing.advertiser_id)
    letters = dict(session.execute(each.where(Inquiry.state.in_(ARRIVED))).all())
    answers = dict(session.execute(each.join(Reply).where(Reply.kind == "human")).all())
    viewings, hours = _viewings(session, *in_round)
    theirs = select(Listing.advertiser_id).join(Pair).where(*in_round)
    rows = session.execute(
        select(Advertiser.id, Advertiser.key, Advertiser.name).where(Advertiser.id.in_(theirs)).order_by(Advertiser.key)
    )
    return tuple(
        Burden(key, name, letters.get(id_, 0), answers.get(id_, 0), viewings[id_], tuple(hours[id_]))
        for id_, key, name in rows
    )


def together(rows: Sequence[Burden]) -> Burden:
    """Return the burden of several advertisers as one, which has no key."""
    return Burden(
        advertiser="",
        name="samen",
        letters=sum(row.letters for row in rows),
        answers=sum(row.answers for row in rows),
        viewings=sum(row.viewings for row in rows),
        hours=tuple(hours for row in rows for hours in row.hours),
    )


def _viewings(session: Session, *which: ColumnElement[bool]) -> tuple[Counter[int], defaultdict[int, list[float]]]:
    """Return by advertiser the viewings offered, and the hours each was held that was given back.

    Each viewing offered has its courtesy letter from the moment it was coded (`rounds.courtesy`).
    """
    answered = or_(
        Reply.message_id == Decline.in_reply_to,
        and_(Reply.message_id.is_(None), Decline.in_reply_to == Inquiry.message_id),
    )
    invited = select(func.min(Reply.received_at)).where(Reply.inquiry_id == Inquiry.id, answered).scalar_subquery()
    rows = select(Listing.advertiser_id, Decline.sent_at, invited).select_from(Decline).join(Inquiry)
    offered: Counter[int] = Counter()
    hours: defaultdict[int, list[float]] = defaultdict(list)
    for advertiser, sent_at, invited_at in session.execute(rows.join(Pair).join(Listing).where(*which)):
        offered[advertiser] += 1
        if sent_at is not None:
            hours[advertiser].append((sent_at - invited_at) / HOUR)
    return offered, hours
