"""Pretests: names put to raters on a public page, and what they thought of them as perception records.

Which names a rater sees, in which order and where the control question stands follow from the seed of the pretest and
the number of the rater. Names are handed out so that each is asked equally often. Nothing is kept of a rater but the
answers.
"""

import re
import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from orchestrator import ledger
from orchestrator.chance import generator
from orchestrator.design.kinds import KEY
from orchestrator.enrolment import ZONE
from orchestrator.models import Pretest, Rater, Rating
from profiles.errors import BadInput, Problem, Refused
from profiles.perception import Perception
from profiles.profile import Name

NEITHER = ("other", "unknown")
"""What a rater may answer when it is none of the backgrounds, or when they do not know."""

RIGHT = 2
"""The answer, on the scale of five, that the control question asks for."""

FEWEST = 4
"""So many names a rater judges at least: the control question must have some before and after it."""

MOST_A_MINUTE = 30
"""So many raters may begin in a minute: more is no visitor but a program."""


@dataclass(frozen=True)
class Judgement:
    """What a rater thinks of a name: the key of a name set or one of `NEITHER`, and two places on the scale of five."""

    background: str
    class_heard: int
    religiosity: int


@dataclass(frozen=True)
class Item:
    """One page of a rater, the ``place``-th ``of`` so many: a name, or None for the control question.

    ``given`` is what was judged before; ``settled`` says that nothing can be changed any more.
    """

    place: int
    of: int
    name: str | None
    given: Judgement | None
    settled: bool


@dataclass(frozen=True)
class Progress:
    """How a pretest stands; ``attentive``, ``inattentive`` and ``undecided`` are raters by their control question."""

    key: str
    opened_at: datetime
    closed_at: datetime | None
    names: int
    raters: int
    finished: int
    attentive: int
    inattentive: int
    undecided: int
    fewest: int
    """How many attentive raters judged a name at least."""


@dataclass(frozen=True)
class Outcome:
    """The records of a pretest, the names that no attentive rater judged, and how it went."""

    records: tuple[Perception, ...]
    unjudged: tuple[str, ...]
    progress: Progress


def start(
    session: Session,
    key: str,
    names: Sequence[Name],
    per_rater: int,
    actor: str,
    now: datetime,
    seed: int | None = None,
) -> Pretest:
    """Open a pretest of these names, of which each rater judges ``per_rater``; the seed is drawn when not given."""
    if not re.match(KEY, key):
        remedy = "Gebruik kleine letters, cijfers en streepjes."
        raise BadInput(Problem("bad-key", "Dit kan niet de naam van een vooronderzoek zijn.", found=key, remedy=remedy))
    if session.scalars(select(Pretest).where(Pretest.key == key)).first():
        raise Refused("known-pretest", f"Vooronderzoek '{key}' is er al.", "Kies een andere naam.")
    if not FEWEST <= per_rater <= len(names):
        remedy = f"Kies een aantal van {FEWEST} tot en met {len(names)}."
        problem = "Zoveel namen kan een beoordelaar niet krijgen."
        raise BadInput(Problem("bad-number", problem, found=str(per_rater), remedy=remedy))
    asked = [[name.name_set, name.first, name.last] for name in names]
    drawn = secrets.randbelow(2**53) if seed is None else seed
    pretest = Pretest(
        key=key, seed=drawn, names={"names": asked}, per_rater=per_rater, opened_at=now, opened_by=actor
    )  # fmt: skip
    session.add(pretest)
    session.flush()
    told = {"names": len(names), "per_rater": per_rater}
    ledger.append(session, now, actor, "pretest.opened", f"pretest:{pretest.id}", told)
    return pretest


def close(session: Session, key: str, actor: str, now: datetime) -> None:
    """End a pretest: from here its pages take no answer, and its outcome can be read."""
    pretest = find(session, key)
    _require_open(pretest)
    pretest.closed_at, pretest.closed_by = now, actor
    ledger.append(session, now, actor, "pretest.closed", f"pretest:{pretest.id}")


def find(session: Session, key: str) -> Pretest:
    """Return a pretest; raise `Refused` when there is none of this name."""
    found = session.scalars(select(Pretest).where(Pretest.key == key)).first()
    if found is None:
        raise Refused("unknown-pretest", "Dit onderzoek bestaat niet, of niet meer.", "Controleer het adres.")
    return found


def find_open(session: Session, key: str) -> Pretest:
    """As `find`; a pretest that was closed is refused as well."""
    pretest = find(session, key)
    _require_open(pretest)
    return pretest


def begin(session: Session, key: str, now: datetime) -> str:
    """Take in a rater; return the token of their pages. Refused when too many begin at once."""
    pretest = find_open(session, key)
    # Two who begin at once wait for each other here, and get numbers of their own.
    session.refresh(pretest, with_for_update=True)
    lately = select(func.count()).where(Rater.pretest_id == pretest.id, Rater.started_at > now - timedelta(minutes=1))
    if (session.scalar(lately) or 0) >= MOST_A_MINUTE:
        raise Refused("pretest-busy", "Het is nu even te druk.", "Probeer het over een minuut opnieuw.")
    number = session.scalar(select(func.count()).where(Rater.pretest_id == pretest.id)) or 0
    rater = Rater(pretest_id=pretest.id, number=number, token=secrets.token_urlsafe(16), started_at=now)
    session.add(rater)
    return rater.token


def next_place(session: Session, key: str, token: str) -> int | None:
    """Return the first place where this rater has not answered yet; None when all was answered."""
    return _next(_rater(session, key, token))


def item(session: Session, key: str, token: str, place: int) -> Item:
    """Return one page of a rater; raise `Refused` when there is no such page."""
    rater = _rater(session, key, token)
    row = _row(rater)
    if not 1 <= place <= len(row):
        raise Refused("unknown-page", "Deze vraag bestaat niet.", "Controleer het adres.")
    name = row[place - 1]
    if name is None:
        return Item(place, len(row), None, None, settled=rater.attentive is not None)
    rating = _ratings(rater).get(place)
    given = Judgement(rating.background, rating.class_heard, rating.religiosity) if rating else None
    full = " ".join(rater.pretest.names["names"][name][1:])
    return Item(place, len(row), full, given, settled=_next(rater) is None)


def judge(session: Session, key: str, token: str, place: int, judgement: Judgement, now: datetime) -> None:
    """Keep what a rater thinks of the name at a place; said again before the end, the last word counts."""
    rater = _rater(session, key, token, hold=True)
    asked = item(session, key, token, place)
    if asked.settled or asked.name is None:
        return
    rating = _ratings(rater).get(place) or Rating(rater_id=rater.id, place=place, name=_row(rater)[place - 1])
    rating.background, rating.class_heard = judgement.background, judgement.class_heard
    rating.religiosity, rating.rated_at = judgement.religiosity, now
    session.add(rating)


def attend(session: Session, key: str, token: str, answer: int) -> None:
    """Keep the answer to the control question; only the first counts."""
    rater = _rater(session, key, token, hold=True)
    if rater.attentive is None:
        rater.attentive = answer == RIGHT


def progress(session: Session, key: str) -> Progress:
    """Return how a pretest stands."""
    pretest = find(session, key)
    return _progress(pretest, _raters(session, pretest))


def outcome(session: Session, key: str) -> Outcome:
    """Return the records of a closed pretest; raise `Refused` while it is open.

    Who looks at the figures of an open pretest can stop when they suit. Only raters who answered the control question
    as it asked count, with every name they judged, whether they came to the end or not.
    """
    pretest = find(session, key)
    if pretest.closed_at is None:
        message = f"Vooronderzoek '{key}' is nog open; tussentijds kijken zou de uitkomst kleuren."
        raise Refused("pretest-open", message, f"Sluit het eerst: praktijktest pretest close {key}")
    raters = _raters(session, pretest)
    year = pretest.opened_at.astimezone(ZONE).year
    judged: dict[int, list[Rating]] = defaultdict(list)
    for rating in (rating for rater in raters if rater.attentive for rating in rater.ratings):
        judged[rating.name].append(rating)
    asked = pretest.names["names"]
    records = (_record(key, year, asked[name], ratings) for name, ratings in sorted(judged.items()))
    unjudged = tuple(" ".join(each[1:]) for name, each in enumerate(asked) if name not in judged)
    return Outcome(tuple(records), unjudged, _progress(pretest, raters))


def row_of(seed: int, names: int, per_rater: int, number: int) -> tuple[int | None, ...]:
    """Return which names (0 to ``names`` - 1) a rater judges, in order, with None for the control question.

    As many raters as it takes to ask every name get one shuffled round of them; what is over in the last of these goes
    to the names that stand first in it.
    """
    rounds, place = divmod(number, -(-names // per_rater))
    shuffled = generator(seed, "pretest", "round", str(rounds)).permutation(names)
    own = [int(shuffled[(place * per_rater + step) % names]) for step in range(per_rater)]
    rng = generator(seed, "pretest", "rater", str(number))
    rng.shuffle(own)
    control = int(rng.integers(per_rater // 3, per_rater - 1, endpoint=True))
    return (*own[:control], None, *own[control:])


def _require_open(pretest: Pretest) -> None:
    if pretest.closed_at is not None:
        raise Refused("pretest-closed", "Dit onderzoek is gesloten.", "U hoeft niets meer te doen.")


def _rater(session: Session, key: str, token: str, *, hold: bool = False) -> Rater:
    pretest = find_open(session, key)
    rows = (
        select(Rater).where(Rater.token == token, Rater.pretest_id == pretest.id).options(selectinload(Rater.ratings))
    )
    # A form that is sent twice at once: the second waits here, and finds the rating of the first.
    rows = rows.with_for_update().execution_options(populate_existing=True) if hold else rows
    found = session.scalars(rows).first()
    if found is None:
        raise Refused("unknown-page", "Deze vragenlijst bestaat niet.", "Controleer het adres, of begin opnieuw.")
    return found


def _row(rater: Rater) -> tuple[int | None, ...]:
    pretest = rater.pretest
    return row_of(pretest.seed, len(pretest.names["names"]), pretest.per_rater, rater.number)


def _ratings(rater: Rater) -> dict[int, Rating]:
    return {rating.place: rating for rating in rater.ratings}


def _next(rater: Rater) -> int | None:
    answered = set(_ratings(rater))
    open_places = (
        place
        for place, name in enumerate(_row(rater), start=1)
        if (rater.attentive is None if name is None else place not in answered)
    )
    return next(open_places, None)


def _raters(session: Session, pretest: Pretest) -> Sequence[Rater]:
    rows = select(Rater).where(Rater.pretest_id == pretest.id).options(selectinload(Rater.ratings))
    return session.scalars(rows.order_by(Rater.number)).all()


def _progress(pretest: Pretest, raters: Sequence[Rater]) -> Progress:
    asked = len(pretest.names["names"])
    times = dict.fromkeys(range(asked), 0)
    for rating in (rating for rater in raters if rater.attentive for rating in rater.ratings):
        times[rating.name] += 1
    return Progress(
        key=pretest.key,
        opened_at=pretest.opened_at,
        closed_at=pretest.closed_at,
        names=asked,
        raters=len(raters),
        finished=sum(len(rater.ratings) == pretest.per_rater and rater.attentive is not None for rater in raters),
        attentive=sum(rater.attentive is True for rater in raters),
        inattentive=sum(rater.attentive is False for rater in raters),
        undecided=sum(rater.attentive is None for rater in raters),
        fewest=min(times.values()),
    )


def _record(key: str, year: int, name: Sequence[str], ratings: Sequence[Rating]) -> Perception:
    """Return the record of a name, with as many decimals as a file of records has."""
    name_set, first, last = name
    return Perception(
        first=first,
        last=last,
        name_set=name_set,
        year=year,
        raters=len(ratings),
        recognised=round(fmean(rating.background == name_set for rating in ratings), 4),
        class_mean=round(fmean(rating.class_heard for rating in ratings), 2),
        religiosity_mean=round(fmean(rating.religiosity for rating in ratings), 2),
        source=f"vooronderzoek {key}",
    )
