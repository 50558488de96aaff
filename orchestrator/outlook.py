"""What will still go out and what will not, as things stand: in numbers, and in the words an operator reads.

Nothing here decides what may go: the conditions are those of the claim (`rounds.permission.rules`), in the same SQL.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, exists, or_, select
from sqlalchemy.orm import Session

from orchestrator import control, enrolment, limits
from orchestrator.db import some
from orchestrator.design import from_canonical
from orchestrator.enrolment import ZONE
from orchestrator.intake import Channel
from orchestrator.models import Advertiser, Decline, Inquiry, Listing, Pair, Round, Study
from orchestrator.rounds.permission import Kind, rules
from orchestrator.several import among, ask, not_first
from orchestrator.states import OPEN_LETTER, Exclusion, LetterState, RoundState, Why
from profiles.sentences import Sentence

A_PERSON = (Why.FIRST_UNCERTAIN, Why.HELD, Why.NOT_STARTED, Why.PAUSED, Why.STOPPED)
"""What somebody can lift, the strongest first; whatever else keeps a letter back does so for good."""

FOR_GOOD = (Why.PAIR, Why.SCOPE, Why.CONSENT, Why.UNSIGNED)
"""Conditions of the claim that no waiting mends. The others (a cap, a rest, a day off) pass with time."""

_OF_ROUND = {
    RoundState.PAUSED: Why.PAUSED,
    RoundState.RUNNING: None,
    **dict.fromkeys((RoundState.DRAFT, RoundState.PLANNED, RoundState.APPROVED), Why.NOT_STARTED),
}
"""What a round's state keeps its letters back for; in every state that is not named it has ended."""

WORDS = {
    Why.STOPPED: "de noodstop staat aan",
    Why.NOT_STARTED: "de ronde is nog niet gestart",
    Why.PAUSED: "de ronde is gepauzeerd",
    Why.HELD: "de aanbieder staat op pauze",
    Why.FIRST_UNCERTAIN: "van de eerste reactie is niet zeker of zij aankwam",
    Why.PAIR: "de test is uitgesloten",
    Why.FIRST: "de eerste reactie ging of gaat niet uit",
    Why.CONSENT: "op dat moment is er geen geldige deelname",
    Why.SCOPE: "het adres is niet meer dat van de deelnemer",
    Why.UNSIGNED: "hiervoor tekende de aanbieder niet",
    Why.CAP: "de aanbieder zit aan een grens",
    Why.REST: "rust tussen reacties aan deze aanbieder",
    Why.DAY_OFF: "de aanbieder is op die dagen vrij",
    Why.LATE: "te laat",
    Why.REFUSED: "geweigerd",
    Why.WITHDRAWN: "de deelname is ingetrokken",
    Why.ENDED: "de ronde is afgesloten",
}


@dataclass(frozen=True)
class Viewing:
    """A viewing that was offered and that no letter of ours gives back: a person has to call."""

    advertiser: str
    street: str
    pair: str


@dataclass(frozen=True)
class Outlook:
    """How many inquiries were sent, are on the wire, will go (``first`` and ``second`` ones, the last at ``until``),
    wait for a person, or will never go; together all that were planned. And the same of courtesy letters.
    """

    round: str
    sent: int
    on_the_wire: int
    uncertain: int
    first: int
    second: int
    until: datetime | None
    waiting: Mapping[Why, int]
    never: Mapping[Why, int]
    declines: int
    declines_on_the_wire: int
    declines_stopped: int
    viewings: tuple[Viewing, ...]


@dataclass(frozen=True)
class Fate:
    """What becomes of one letter as things stand: ``why`` it does not go; None when it goes, went or is on the wire."""

    letter: int
    state: LetterState
    order: int
    planned_at: datetime
    pair: str
    street: str
    advertiser: str
    advertiser_name: str
    channel: Channel
    why: Why | None

    @property
    def goes(self) -> bool:
        return self.why is None and self.state in (LetterState.PLANNED, LetterState.CLAIMED)


def of_round(
    session: Session,
    round_: Round,
    now: datetime,
    grace: timedelta,
    *,
    advertiser: str | None = None,
    state: RoundState | None = None,
) -> Outlook:
    """Look ahead in a round, or in what it has for one advertiser; ``grace`` is how late a letter may still go.

    With a ``state``, as it would be if the round were in that state.
    """
    pairs = _pairs(session, round_, advertiser)
    inquiries, declines = (
        [fate for these in some(pairs) for fate in fates_of(session, kind, round_, now, grace, these, state)]
        for kind in (Inquiry, Decline)
    )
    return summed(round_.name, inquiries, sorted(declines, key=lambda fate: (fate.planned_at, fate.letter)))


def _pairs(session: Session, round_: Round, advertiser: str | None) -> Sequence[int]:
    found = select(Pair.id).where(Pair.round_id == round_.id).order_by(Pair.id)
    if advertiser is not None:
        found = found.join(Listing).join(Advertiser).where(Advertiser.key == advertiser)
    return session.scalars(found).all()


def of_house(session: Session, now: datetime, grace: timedelta, *, advertiser: str | None = None) -> list[Outlook]:
    """Look ahead in every round that goes on, or of which courtesy letters are still open."""
    courteous = exists().where(
        Decline.inquiry_id == Inquiry.id, Inquiry.pair_id == Pair.id, Pair.round_id == Round.id,
        Decline.state.in_(OPEN_LETTER),
    )  # fmt: skip
    goes_on = Round.state.in_((RoundState.RUNNING, RoundState.PAUSED, RoundState.COLLECTING))
    rounds = session.scalars(select(Round).where(or_(goes_on, courteous)).order_by(Round.id))
    return [of_round(session, round_, now, grace, advertiser=advertiser) for round_ in rounds]


def summed(name: str, inquiries: Iterable[Fate], declines: Iterable[Fate]) -> Outlook:
    """Count fates."""
    letters, thanks = list(inquiries), list(declines)
    going = [fate for fate in letters if fate.goes]
    states, courtesy = (Counter(fate.state for fate in fates) for fates in (letters, thanks))
    reasons = Counter(fate.why for fate in letters if fate.why)
    return Outlook(
        round=name,
        sent=states[LetterState.SENT],
        on_the_wire=states[LetterState.SENDING],
        uncertain=states[LetterState.UNCERTAIN],
        first=sum(fate.order == 1 for fate in going),
        second=sum(fate.order > 1 for fate in going),
        until=max((fate.planned_at for fate in going), default=None),
        waiting={why: number for why, number in reasons.items() if why in A_PERSON},
        never={why: number for why, number in reasons.items() if why not in A_PERSON},
        declines=sum(fate.goes for fate in thanks),
        declines_on_the_wire=courtesy[LetterState.SENDING],
        declines_stopped=sum(fate.why is Why.STOPPED for fate in thanks),
        viewings=tuple(
            Viewing(fate.advertiser_name, fate.street, fate.pair)
            for fate in thanks
            if fate.state is LetterState.UNCERTAIN or (fate.why and fate.why not in A_PERSON)
        ),
    )


def sentences(seen: Outlook) -> list[Sentence]:
    """Return what an operator reads of a round, one sentence a line."""
    told = [Sentence.of("Gaat nog uit: %(going)s.", going=_going(seen))]
    if seen.on_the_wire or seen.declines_on_the_wire:
        number = seen.on_the_wire + seen.declines_on_the_wire
        told.insert(0, Sentence.of("Nog onderweg: %(number)s; wat onderweg is, kan nog aankomen.", number=number))
    if seen.waiting:
        told.append(Sentence.of("Gaat pas uit als iemand dat toelaat: %(why)s.", why=reasons(seen.waiting)))
    if seen.never:
        told.append(Sentence.of("Gaat niet meer uit: %(why)s.", why=reasons(seen.never)))
    if seen.uncertain:
        words = "Onzeker: %(number)s; misschien aangekomen, en nooit opnieuw verzonden."
        told.append(Sentence.of(words, number=seen.uncertain))
    if seen.declines or seen.declines_stopped:
        told.append(_declining(seen))
    if seen.viewings:
        words = "Niet afgemelde bezichtigingen: %(number)s. Bel de aanbieder: %(whom)s."
        told.append(Sentence.of(words, number=len(seen.viewings), whom=to_call(seen)))
    return told


def _declining(seen: Outlook) -> Sentence:
    if not seen.declines_stopped:
        return Sentence.of("Afmeldingen van bezichtigingen die nog uitgaan: %(number)s.", number=seen.declines)
    words = (
        "Afmeldingen van bezichtigingen die nog uitgaan: %(number)s; %(stopped)s wachten op het einde van de noodstop."
    )
    return Sentence.of(words, number=seen.declines, stopped=seen.declines_stopped)


def reasons(counts: Mapping[Why, int]) -> Sentence:
    """Return a total with its reasons, the most frequent first: "5 (3: te laat; 2: geweigerd)"."""
    in_order = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    if len(in_order) == 1:
        return Sentence.of("%(number)s (%(why)s)", number=in_order[0][1], why=WORDS[in_order[0][0]])
    each = [Sentence.of("%(number)s: %(why)s", number=number, why=WORDS[why]) for why, number in in_order]
    return Sentence.of("%(number)s (%(why)s)", number=sum(counts.values()), why=Sentence.joined(each, "; "))


def to_call(seen: Outlook) -> Sentence:
    """Return whom to call about which dwelling."""
    words = "%(advertiser)s over %(street)s (%(pair)s)"
    calls = (Sentence.of(words, advertiser=one.advertiser, street=one.street, pair=one.pair) for one in seen.viewings)
    return Sentence.joined(list(calls), "; ")


def _going(seen: Outlook) -> str:
    if seen.until is None:
        return "geen reacties"
    words = "%(first)s eerste en %(second)s tweede reacties, de laatste gepland op %(moment)s"
    moment = f"{seen.until.astimezone(ZONE):%d-%m-%Y %H:%M}"
    return Sentence.of(words, first=seen.first, second=seen.second, moment=moment)


def fates_of(
    session: Session,
    kind: Kind,
    round_: Round,
    now: datetime,
    grace: timedelta,
    pairs: Collection[int],
    state: RoundState | None = None,
) -> list[Fate]:
    """Return the fate of every inquiry, or of every courtesy letter, of some pairs of a round, in order of time.

    With a ``state`` as if the round were in it. Of all pairs of a large round at once PostgreSQL would take longer than
    an answer is waited for.
    """
    asked = {**limits.parameters(from_canonical(round_.design), now), "round_id": round_.id, "pairs": list(pairs)}
    rows = ask(session, _letters(kind), asked).all()
    why = {row.id: _why(row, kind, state or round_.state, now - grace) for row in rows}
    if kind is Inquiry:
        by_place = {(row.code, row.order): row for row in rows}
        for row in sorted(rows, key=lambda row: row.order):
            if row.order > 1:
                why[row.id] = _behind(row, by_place[row.code, row.order - 1], why)
    return [
        Fate(
            row.id, row.state, row.order, row.planned_at, row.code, row.street, row.advertiser, row.advertiser_name,
            row.channel, why[row.id],
        )
        for row in rows
    ]  # fmt: skip


def _why(row: Row[Any], kind: Kind, state: RoundState, late: datetime) -> Why | None:
    """Return why a letter does not go: what is for good before what somebody can lift."""
    if row.state not in (LetterState.PLANNED, LetterState.CLAIMED):
        return _ended(row, state)
    reasons = [Why.LATE] if row.not_after < late else []
    reasons += [why for why in FOR_GOOD if hasattr(row, why.value) and not getattr(row, why.value)]
    if kind is Inquiry:
        reasons += [why for why in [_OF_ROUND.get(state, Why.ENDED)] if why]
        reasons += [] if row.held else [Why.HELD]
        reasons += [] if row.has_a_day else [Why.DAY_OFF]
    reasons += [] if row.open else [Why.STOPPED]
    for_good = (why for why in reasons if why not in A_PERSON)
    return next(for_good, None) or next((why for why in A_PERSON if why in reasons), None)


def _behind(row: Row[Any], first: Row[Any], why: Mapping[int, Why | None]) -> Why | None:
    """Return why a letter does not go, which goes only when the one before it was sent."""
    own = why[row.id]
    if row.state not in (LetterState.PLANNED, LetterState.CLAIMED) or (own and own not in A_PERSON):
        return own
    if first.state is LetterState.UNCERTAIN:
        return Why.FIRST_UNCERTAIN
    ahead = why[first.id] if first.state is not LetterState.SENT else None
    return Why.FIRST if ahead and ahead not in A_PERSON else own or ahead


def _ended(row: Row[Any], state: RoundState) -> Why | None:
    """Return why a letter that is no longer waiting did not go; None when it went, or is on the wire."""
    match row.state:
        case LetterState.FAILED:
            return Why.REFUSED
        case LetterState.EXPIRED:
            return Why.LATE
        case LetterState.CANCELLED if row.reason == Exclusion.WITHDRAWN:
            return Why.WITHDRAWN
        case LetterState.CANCELLED:
            return Why.ENDED if _OF_ROUND.get(state, Why.ENDED) is Why.ENDED else Why.FIRST
    return None


@cache
def _letters(kind: Kind) -> Select[*tuple[Any, ...]]:
    """Select what must be known of letters of some pairs of a round: which conditions of the claim hold."""
    # Consent may begin after today: it must hold when the letter is due.
    due = case((kind.planned_at > limits.NOW, kind.planned_at), else_=limits.NOW)
    conditions = rules(kind) | {Why.CONSENT: enrolment.valid(Listing.advertiser_id, Study.purpose, due)}
    if kind is Inquiry:
        conditions[Why.UNSIGNED] = enrolment.valid(Listing.advertiser_id, Study.purpose, due, limits.covered())
    # A day off passes, unless the days off last until the letter may no longer go.
    has_a_day = limits.no_days_off(Listing.advertiser_id, due, kind.not_after)
    told = (
        kind.id, kind.state, kind.planned_at, kind.not_after, kind.channel, Inquiry.order, Pair.code, Pair.reason,
        Listing.street, Advertiser.key.label("advertiser"), Advertiser.name.label("advertiser_name"),
        has_a_day.label("has_a_day"), control.sending_is_open().label("open"),
        *(conditions[why].label(why.value) for why in (*FOR_GOOD, Why.HELD) if why in conditions),
    )  # fmt: skip
    rows: Select[*tuple[Any, ...]] = select(*told)
    rows = rows.join_from(Decline, Inquiry) if kind is Decline else rows.select_from(Inquiry)
    rows = rows.join(Pair, Pair.id == Inquiry.pair_id).join(Round, Round.id == Pair.round_id)
    rows = rows.join(Study, Study.id == Round.study_id).join(Listing, Listing.id == Pair.listing_id)
    rows = rows.join(Advertiser, Advertiser.id == Listing.advertiser_id).order_by(kind.planned_at, kind.id)
    return rows.where(not_first(Pair.round_id) == bindparam("round_id"), among(Pair.id, "pairs"))
