"""The only reader of what came back: one row per pair, ready for statistics, reports and exports."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from orchestrator import name_bank, retests
from orchestrator.design import Design, from_canonical
from orchestrator.models import (
    Advertiser,
    Coding,
    Decline,
    DeferredReply,
    Enrolment,
    Inquiry,
    Listing,
    Pair,
    Refusal,
    Round,
)
from orchestrator.models import Look as LookRow
from orchestrator.models import Reply as ReplyRow
from orchestrator.rounds import lifecycle, looking, lookup
from orchestrator.states import CodedBy, LetterState, PairState
from profiles.factors import Factor, FactorLevel
from profiles.pairs import Arm
from results import looks
from results.looks import Judged, Look, RoundLooks, plan_of
from results.outcomes import Outcome, best, labels
from results.statistics import Counts, cohens_kappa

Rows = TypeVar("Rows", bound=Select[*tuple[Any, ...]])
_PLACES = {arm: place for place, arm in enumerate(Arm)}


@dataclass(frozen=True)
class ArmRow:
    """One arm of a pair; ``answer_hours`` is the time to the first human answer within the window, in hours.

    ``labels`` are all that its replies got within the window, ``label`` the one that counts; ``early`` is the outcome
    had the window been half as long, None when no letter went out.
    """

    name: str
    name_set: str
    variant: str
    state: str
    sent_at: datetime | None
    label: str | None
    outcome: Outcome | None
    positive: bool | None
    answer_hours: float | None
    labels: tuple[str, ...] = ()
    early: Outcome | None = None


@dataclass(frozen=True)
class PairRow:
    """One listing and what each arm that wrote about it got; in a sham pair all show what the arm ``sham`` shows.

    A pair has a control and a treatment; a set has further treatments, an unpaired design one arm. ``first`` wrote
    first, ``gap_hours`` before the second. ``level`` is that of the factor of the design.
    """

    pair: str
    listing: str
    advertiser: str
    advertiser_name: str
    advertiser_kind: str
    district: str
    sham: Arm | None
    first: Arm
    gap_hours: float | None
    state: str
    reason: str | None
    level: FactorLevel | None
    arms: Mapping[Arm, ArmRow] = field(hash=False)

    @property
    def control(self) -> ArmRow:
        return self.arms[Arm.CONTROL]

    @property
    def treatment(self) -> ArmRow:
        return self.arms[Arm.TREATMENT]

    def invited(self, arm: Arm) -> bool:
        """Whether an arm wrote and got a positive answer."""
        return arm in self.arms and self.arms[arm].positive is True

    def against(self, treatment: Arm) -> "PairRow":
        """Return the pair that the control makes with a further treatment of a set."""
        return replace(self, arms={Arm.CONTROL: self.arms[Arm.CONTROL], Arm.TREATMENT: self.arms[treatment]})


@dataclass(frozen=True)
class RoundFacts:
    """What every report says of a round beside its numbers."""

    round: str
    study: str
    commissioner: str
    legal_basis: str
    ethics_reference: str
    dpia_reference: str
    purpose: str
    mode: str
    ground: str
    signal: str
    control_set: str
    treatment_set: str
    further_sets: tuple[str, ...]
    approach: str
    factor: Factor | None
    validation: str
    fewest_raters: int | None
    seed: int
    digest: str
    version: int
    state: str
    planned_pairs: int
    first_day: date
    last_day: date
    response_days: int
    positive: tuple[str, ...]
    level: float
    planned_by: str
    approved_by: str | None
    closed_at: datetime | None
    refusals: Mapping[str, int]
    enrolled: int
    withdrawn: int
    sent: int
    invitations: int
    declines: int
    waiting: int
    deferred: int
    coded_by_rule: int
    coded_by_people: int
    kappa: float | None
    stratum: str | None = None


@dataclass(frozen=True)
class RoundTable:
    """A round as it is read; ``looks`` is None when its design declares none."""

    facts: RoundFacts
    rows: tuple[PairRow, ...]
    looks: RoundLooks | None = None
    earlier: "RoundTable | None" = None


def load(session: Session, round_name: str, now: datetime | None = None) -> RoundTable:
    """Read one round; with ``now`` also which pairs are settled at that moment, if looks were declared.

    Raises `Refused` when there is no round of that name.
    """
    round_ = lookup.find(session, round_name)
    table = _table(session, round_, now)
    before = retests.earlier(session, from_canonical(round_.design), round_.planned_at) if _is_over(round_) else None
    return replace(table, earlier=_table(session, before, now)) if before else table


def _is_over(round_: Round) -> bool:
    return round_.state in retests.OVER


def _table(session: Session, round_: Round, now: datetime | None) -> RoundTable:
    design = from_canonical(round_.design)
    rows = _rows(session, round_, design)
    return RoundTable(_facts(session, round_, design, rows), rows, _looks(session, round_, design, now))


def _looks(session: Session, round_: Round, design: Design, now: datetime | None) -> RoundLooks | None:
    if (plan := plan_of(design)) is None:
        return None
    settled = looking.settled(session, round_, now) if now and round_.state in looking.LOOKED_AT else None
    return RoundLooks(plan, tuple(_look(row) for row in looking.opened(session, round_)), settled)


def _look(row: LookRow) -> Look:
    counted = Counts(row.c11, row.c10, row.c01, row.c00)
    verdict = Judged(counted, row.boundary, row.allowed, row.spent, row.p, row.log_e, row.always_p, row.stops)
    return Look(row.number, row.planned, row.opened_at, row.opened_by, tuple(row.pairs), verdict)


def at_the_end(table: RoundTable) -> RoundTable:
    """Return the round with its intervals at the level that the opened looks leave."""
    return replace(table, facts=replace(table.facts, level=looks.level(table.looks, table.facts.level)))


def outcomes(rows: Iterable[PairRow], codes: Iterable[str]) -> list[tuple[str, bool, bool]]:
    """Return pair, control positive and treatment positive of the pairs with these codes."""
    these = frozenset(codes)
    return [(row.pair, row.invited(Arm.CONTROL), row.invited(Arm.TREATMENT)) for row in rows if row.pair in these]


def counted(rows: Sequence[PairRow]) -> list[tuple[str, bool, bool]]:
    """Return the `outcomes` of the usable pairs."""
    return outcomes(rows, (row.pair for row in rows if row.state == PairState.USABLE))


def counts(rows: Iterable[PairRow]) -> Counts:
    """Count the usable pairs by who got a positive answer."""
    usable = (row for row in rows if row.state == PairState.USABLE)
    return Counts.tally((row.invited(Arm.CONTROL), row.invited(Arm.TREATMENT)) for row in usable)


def excluded(rows: Iterable[PairRow]) -> dict[str, int]:
    """Count the pairs that do not count, by reason."""
    reasons = Counter(row.reason or "onbekend" for row in rows if row.state == PairState.EXCLUDED)
    return dict(sorted(reasons.items()))


def _rows(session: Session, round_: Round, design: Design) -> tuple[PairRow, ...]:
    """Read all pairs of a round by their columns: as objects a hundred thousand letters take ten times as long."""
    letters, replies = _letters(session, round_), _replies(session, round_)
    return tuple(_pair_row(pair, letters[pair.id], replies, design) for pair in session.execute(_pairs_of(round_)))


def _pairs_of(round_: Round) -> Select[*tuple[Any, ...]]:
    told = (Pair.id, Pair.code, Pair.sham, Pair.first, Pair.state, Pair.reason, Pair.level)
    rows = select(
        *told, Listing.key, Listing.district, Advertiser.key.label("advertiser"), Advertiser.name, Advertiser.kind
    )
    rows = rows.select_from(Pair).join(Listing, Listing.id == Pair.listing_id)
    rows = rows.join(Advertiser, Advertiser.id == Listing.advertiser_id)
    return rows.where(Pair.round_id == round_.id).order_by(Pair.code)


def _letters(session: Session, round_: Round) -> Mapping[int, list[Row[Any]]]:
    """The letters of each pair, in order."""
    name_set = Inquiry.profile["name"]["name_set"].as_string().label("name_set")
    told = (
        Inquiry.id,
        Inquiry.pair_id,
        Inquiry.arm,
        Inquiry.sender_name,
        Inquiry.variant,
        Inquiry.state,
        Inquiry.sent_at,
    )
    rows = _of_round(select(*told, name_set), round_).order_by(Inquiry.pair_id, Inquiry.order)
    return _grouped(session.execute(rows), "pair_id")


def _replies(session: Session, round_: Round) -> Mapping[int, list[Row[Any]]]:
    """The replies to each letter, in the order in which they came."""
    rows = select(ReplyRow.inquiry_id, ReplyRow.received_at, ReplyRow.kind, ReplyRow.label).join(Inquiry)
    return _grouped(session.execute(_of_round(rows, round_).order_by(ReplyRow.received_at, ReplyRow.id)), "inquiry_id")


def _grouped(rows: Iterable[Row[Any]], key: str) -> Mapping[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[getattr(row, key)].append(row)
    return found


def _pair_row(
    pair: Row[Any], letters: Sequence[Row[Any]], replies: Mapping[int, Sequence[Row[Any]]], design: Design
) -> PairRow:
    sent = [letter.sent_at for letter in letters[:2]]
    return PairRow(
        pair=pair.code,
        listing=pair.key,
        advertiser=pair.advertiser,
        advertiser_name=pair.name,
        advertiser_kind=pair.kind.value,
        district=pair.district,
        sham=pair.sham,
        first=pair.first,
        gap_hours=_hours(*sent) if len(sent) > 1 else None,
        state=pair.state.value,
        reason=pair.reason,
        level=pair.level,
        arms={
            letter.arm: _arm_row(letter, replies.get(letter.id, ()), design) for letter in sorted(letters, key=_place)
        },
    )


def _place(letter: Row[Any]) -> int:
    return _PLACES[letter.arm]


def _arm_row(letter: Row[Any], replies: Sequence[Row[Any]], design: Design) -> ArmRow:
    answers = _in_time(letter.sent_at, replies, design)
    went = letter.state is LetterState.SENT and letter.sent_at is not None
    label = _best(answers) if went else None
    outcome = _outcome(label)
    return ArmRow(
        name=letter.sender_name,
        name_set=letter.name_set,
        variant=letter.variant,
        state=letter.state.value,
        sent_at=letter.sent_at,
        label=label,
        outcome=outcome,
        positive=outcome in design.outcome.positive if outcome else None,
        answer_hours=_answer_hours(letter.sent_at, answers),
        labels=tuple(sorted({reply.label for reply in answers if reply.label})),
        early=_outcome(_best(_in_time(letter.sent_at, answers, design, window=0.5))) if went else None,
    )


def _outcome(label: str | None) -> Outcome | None:
    return labels()[label].outcome if label else None


def _best(answers: Iterable[Row[Any]]) -> str:
    """Return the label that counts, over all coded replies."""
    return _best_of(tuple(reply.label for reply in answers if reply.label))


@lru_cache(maxsize=4096)
def _best_of(codes: tuple[str, ...]) -> str:
    return best(codes)


def _answer_hours(sent_at: datetime | None, answers: Iterable[Row[Any]]) -> float | None:
    """Return the hours to the first answer a person wrote; automatic receipts and bounces are none."""
    written = [reply.received_at for reply in answers if reply.kind == "human"]
    return _hours(sent_at, min(written)) if written else None


def _in_time(
    sent_at: datetime | None, replies: Iterable[Row[Any]], design: Design, window: float = 1.0
) -> list[Row[Any]]:
    """Return the replies that came within the declared days (or that part of them); a later one is silence."""
    if sent_at is None:
        return []
    until = sent_at + timedelta(days=window * design.outcome.response_days)
    return [reply for reply in replies if reply.received_at <= until]


def _hours(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds() / 3600


def _facts(session: Session, round_: Round, design: Design, rows: Sequence[PairRow]) -> RoundFacts:
    bank = name_bank.of_round(round_)
    control, treatment, *further = (bank.sets[key] for key in design.question.sets.values())
    arms = [arm for row in rows for arm in row.arms.values()]
    by = _coded_by(session, round_)
    return RoundFacts(
        round=round_.name,
        study=design.study.name,
        commissioner=design.study.commissioner,
        legal_basis=design.study.legal_basis,
        ethics_reference=design.study.ethics_reference,
        dpia_reference=design.study.dpia_reference,
        purpose=design.study.purpose.value,
        mode=design.mode.value,
        ground=design.question.ground.value,
        signal=design.signal.key,
        control_set=control.label,
        treatment_set=treatment.label,
        further_sets=tuple(each.label for each in further),
        approach=design.question.approach.value,
        factor=design.question.factor,
        validation=name_bank.reached(bank, design).value,
        fewest_raters=name_bank.fewest_raters(bank, design),
        seed=design.seed,
        digest=round_.digest,
        version=round_.version,
        state=round_.state.value,
        planned_pairs=len(rows),
        first_day=design.schedule.first_day,
        last_day=design.schedule.last_day,
        response_days=design.outcome.response_days,
        positive=tuple(design.outcome.positive),
        level=design.analysis.level,
        planned_by=round_.planned_by,
        approved_by=round_.approved_by,
        closed_at=round_.closed_at,
        refusals=_refusals(session, round_),
        enrolled=len({row.advertiser for row in rows}),
        withdrawn=_withdrawn(session, round_),
        sent=sum(arm.state == LetterState.SENT for arm in arms),
        invitations=sum(arm.outcome is Outcome.POSITIVE for arm in arms),
        declines=_declines_sent(session, round_),
        waiting=lifecycle.waiting_to_code(session, round_),
        deferred=_deferred(session),
        coded_by_rule=by[CodedBy.RULE],
        coded_by_people=by[CodedBy.PEOPLE],
        kappa=_kappa(session, round_),
        stratum=design.sample.stratum,
    )


def _of_round(rows: Rows, round_: Round) -> Rows:
    return rows.join(Pair, Inquiry.pair_id == Pair.id).where(Pair.round_id == round_.id)


def _refusals(session: Session, round_: Round) -> dict[str, int]:
    rows = select(Refusal.reason, func.count()).where(Refusal.round_id == round_.id).group_by(Refusal.reason)
    return dict(session.execute(rows.order_by(Refusal.reason)).all())


def _withdrawn(session: Session, round_: Round) -> int:
    tested = select(Listing.advertiser_id).join(Pair, Pair.listing_id == Listing.id).where(Pair.round_id == round_.id)
    rows = select(func.count(Enrolment.advertiser_id.distinct())).where(Enrolment.withdrawn_at.is_not(None))
    return session.scalar(rows.where(Enrolment.advertiser_id.in_(tested))) or 0


def _declines_sent(session: Session, round_: Round) -> int:
    rows = select(func.count(Decline.id)).join(Inquiry, Decline.inquiry_id == Inquiry.id)
    return session.scalar(_of_round(rows, round_).where(Decline.state == LetterState.SENT)) or 0


def _deferred(session: Session) -> int:
    rows = select(func.count(DeferredReply.id)).where(DeferredReply.resolved_at.is_(None))
    return session.scalar(rows) or 0


def _coded_by(session: Session, round_: Round) -> Mapping[CodedBy | None, int]:
    rows = _of_round(select(ReplyRow.coded_by, func.count(ReplyRow.id)).join(Inquiry), round_)
    return defaultdict(int, session.execute(rows.group_by(ReplyRow.coded_by)).all())


def _kappa(session: Session, round_: Round) -> float | None:
    """Return Cohen's kappa over the first two codes of every reply that people coded twice."""
    rows = _of_round(select(Coding.reply_id, Coding.label).join(ReplyRow).join(Inquiry), round_).order_by(Coding.id)
    given = _grouped(session.execute(rows), "reply_id").values()
    twice = [(codes[0].label, codes[1].label) for codes in given if len(codes) > 1]
    return cohens_kappa([one for one, _ in twice], [other for _, other in twice]) if twice else None


def protocol(session: Session, round_name: str) -> str:
    """Return the frozen design of a round as its canonical text. Raises `Refused` when there is no such round."""
    return lookup.find(session, round_name).design
