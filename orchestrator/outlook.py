"""What will still go out and what will not, as things stand: in numbers, and in the words an operator reads."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from orchestrator import course
from orchestrator.course import A_PERSON, Fate
from orchestrator.enrolment import ZONE
from orchestrator.models import Decline, Inquiry, Pair, Round
from orchestrator.states import OPEN_LETTER, LetterState, RoundState, Why

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
    Why.CAP: "de aanbieder zit aan een grens",
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


def of_round(
    session: Session, round_: Round, now: datetime, grace: timedelta, *, advertiser: str | None = None
) -> Outlook:
    """Look ahead in a round, or in what it has for one advertiser; ``grace`` is how late a letter may still go."""
    inquiries, declines = (
        [fate for fate in fates if advertiser in (None, fate.advertiser)]
        for fates in (course.inquiries(session, round_, now, grace), course.declines(session, round_, now, grace))
    )
    return summed(round_.name, inquiries, declines)


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
    going = [fate for fate in letters if goes(fate)]
    states, courtesy = (Counter(fate.state for fate in fates) for fates in (letters, thanks))
    reasons = Counter(fate.why for fate in letters if fate.why)
    return Outlook(
        round=name,
        sent=states[LetterState.SENT],
        on_the_wire=states[LetterState.SENDING],
        uncertain=states[LetterState.UNCERTAIN],
        first=sum(fate.order == 1 for fate in going),
        second=sum(fate.order == 2 for fate in going),
        until=max((fate.at for fate in going if fate.at), default=None),
        waiting={why: number for why, number in reasons.items() if why in A_PERSON},
        never={why: number for why, number in reasons.items() if why not in A_PERSON},
        declines=sum(goes(fate) for fate in thanks),
        declines_on_the_wire=courtesy[LetterState.SENDING],
        declines_stopped=sum(fate.why is Why.STOPPED for fate in thanks),
        viewings=tuple(
            Viewing(fate.advertiser_name, fate.street, fate.pair)
            for fate in thanks
            if fate.state is LetterState.UNCERTAIN or (fate.why and fate.why not in A_PERSON)
        ),
    )


def goes(fate: Fate) -> bool:
    """Say whether a letter will go with nobody doing anything."""
    return fate.at is not None and fate.why is None


def sentences(seen: Outlook) -> list[str]:
    """Return what an operator reads of a round, one sentence a line."""
    told = [f"Gaat nog uit: {_going(seen)}."]
    if seen.on_the_wire or seen.declines_on_the_wire:
        on_the_wire = seen.on_the_wire + seen.declines_on_the_wire
        told.insert(0, f"Nog onderweg: {on_the_wire}; wat onderweg is, kan nog aankomen.")
    if seen.waiting:
        told.append(f"Gaat pas uit als iemand dat toelaat: {reasons(seen.waiting)}.")
    if seen.never:
        told.append(f"Gaat niet meer uit: {reasons(seen.never)}.")
    if seen.uncertain:
        told.append(f"Onzeker: {seen.uncertain}; misschien aangekomen, en nooit opnieuw verzonden.")
    if seen.declines or seen.declines_stopped:
        stopped = f"; {seen.declines_stopped} wachten op het einde van de noodstop" if seen.declines_stopped else ""
        told.append(f"Afmeldingen van bezichtigingen die nog uitgaan: {seen.declines}{stopped}.")
    if seen.viewings:
        told.append(f"Niet afgemelde bezichtigingen: {len(seen.viewings)}. Bel de aanbieder: {to_call(seen)}.")
    return told


def reasons(counts: Mapping[Why, int]) -> str:
    """Return a total with its reasons, the most frequent first: "5 (3: te laat; 2: geweigerd)"."""
    in_order = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    if len(in_order) == 1:
        return f"{in_order[0][1]} ({WORDS[in_order[0][0]]})"
    return f"{sum(counts.values())} ({'; '.join(f'{number}: {WORDS[why]}' for why, number in in_order)})"


def to_call(seen: Outlook) -> str:
    """Return whom to call about which dwelling."""
    return "; ".join(f"{each.advertiser} over {each.street} ({each.pair})" for each in seen.viewings)


def _going(seen: Outlook) -> str:
    if seen.until is None:
        return "geen reacties"
    last = f"{seen.until.astimezone(ZONE):%d-%m-%Y %H:%M}"
    return f"{seen.first} eerste en {seen.second} tweede reacties, de laatste op {last}"
