"""The only reader of what came back: one row per pair, ready for statistics, reports and exports."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Row, Select, select
from sqlalchemy.orm import Session

from orchestrator import name_bank, pair_outcomes, retests, round_sums, tallies
from orchestrator.design import Design, from_canonical
from orchestrator.garbage import nothing_collected
from orchestrator.models import Advertiser, Inquiry, Listing, Pair, Round
from orchestrator.models import Look as LookRow
from orchestrator.models import Reply as ReplyRow
from orchestrator.pair_outcomes import Counted, Made
from orchestrator.rounds import lifecycle, looking, lookup, releasing
from orchestrator.several import ask, not_first
from orchestrator.states import CodedBy, LetterState, PairState
from profiles.pairs import Arm
from results import looks
from results.looks import Judged, Look, RoundLooks, plan_of
from results.outcomes import Outcome, best, fingerprint, labels
from results.rows import ArmRow as ArmRow
from results.rows import PairRow as PairRow
from results.rows import RoundFacts as RoundFacts
from results.statistics import Counts, cohens_kappa

Thing = TypeVar("Thing")
Rows = TypeVar("Rows", bound=Select[*tuple[Any, ...]])
Which = ColumnElement[bool]
"""A condition on `Pair` and its `Listing`."""
_PLACES = {arm: place for place, arm in enumerate(Arm)}


@dataclass(frozen=True)
class RoundTable:
    """A round as it is read; ``looks`` is None when its design declares none.

    With ``kept``, the counts of all its offices, ``rows`` are of one office (`of_office`) or none (`counted_only`).
    """

    facts: RoundFacts
    rows: tuple[PairRow, ...]
    looks: RoundLooks | None = None
    earlier: "RoundTable | None" = None
    kept: tuple[Counted, ...] | None = None
    _made: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name: Hashable, make: Callable[[], Thing]) -> Thing:
        """Return what ``make`` makes of these rows, made at the first call: every office's report asks it again."""
        if name not in self._made:
            self._made[name] = make()
        return cast("Thing", self._made[name])

    @property
    def offices(self) -> Mapping[str, Sequence[PairRow]]:
        """The rows of each advertiser."""
        return self.once("offices", lambda: _by_office(self.rows))


def _by_office(rows: Iterable[PairRow]) -> Mapping[str, Sequence[PairRow]]:
    found: dict[str, list[PairRow]] = {}
    for row in rows:
        found.setdefault(row.advertiser, []).append(row)
    return found


def load(session: Session, round_name: str, now: datetime | None = None) -> RoundTable:
    """Read one round; with ``now`` also which pairs are settled at that moment, if looks were declared.

    Raises `Refused` when there is no round of that name.
    """
    round_ = lookup.find(session, round_name)
    table = _table(session, round_, now)
    before = retests.earlier(session, from_canonical(round_.design), round_.planned_at) if _is_over(round_) else None
    return replace(table, earlier=_table(session, before, now)) if before else table


def of_office(session: Session, round_name: str, advertiser: str) -> RoundTable:
    """Read one round for the report of one office: of the others their kept counts, and all rows where none are.

    Raises `Refused` when there is no round of that name.
    """
    round_ = lookup.find(session, round_name)
    table = _short(session, round_, advertiser)
    before = retests.earlier(session, from_canonical(round_.design), round_.planned_at) if _is_over(round_) else None
    return replace(table, earlier=_short(session, before, advertiser)) if before else table


def counted_only(session: Session, round_name: str) -> RoundTable | None:
    """Read the kept counts of a round and no row; None where none are kept."""
    round_ = lookup.find(session, round_name)
    kept = _kept(session, round_)
    return None if kept is None else _table_of(session, round_, None, (), kept)


def counts_without(session: Session, round_name: str, codes: Collection[str]) -> tuple[Counted, ...] | None:
    """Return the counts of a round without the pairs of these codes; None where none are kept."""
    return _kept(session, lookup.find(session, round_name), codes)


def _short(session: Session, round_: Round, advertiser: str) -> RoundTable:
    if (kept := _kept(session, round_)) is None:
        return _table(session, round_, None)
    design = from_canonical(round_.design)
    return _table_of(session, round_, None, _rows(session, round_, design, Advertiser.key == advertiser), kept)


def _kept(session: Session, round_: Round, without: Collection[str] = ()) -> tuple[Counted, ...] | None:
    """Of a round that can still change nothing is told of what was kept, whatever it is."""
    over = round_.state in pair_outcomes.KEPT_OF
    return pair_outcomes.counts(session, round_.id, rules(round_), without) if over else None


def rules(round_: Round) -> str:
    """Return what is the same for as long as the same rows come to the same outcomes."""
    return fingerprint(round_.digest)


def _is_over(round_: Round) -> bool:
    return round_.state in retests.OVER


def _table(session: Session, round_: Round, now: datetime | None) -> RoundTable:
    return _table_of(session, round_, now, _rows(session, round_, from_canonical(round_.design)))


def _table_of(
    session: Session,
    round_: Round,
    now: datetime | None,
    rows: tuple[PairRow, ...],
    kept: tuple[Counted, ...] | None = None,
) -> RoundTable:
    design, sums = from_canonical(round_.design), _sums(rows) if kept is None else _sums_of(kept)
    facts = _facts(session, round_, design, sums)
    return RoundTable(facts, rows, _looks(session, round_, design, now), kept=kept)


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
    """Return the round with its intervals at the level that the opened looks leave.

    All that tells figures goes by here. Raises `Refused` when not all tested advertisers consented to its purpose.
    """
    require_purpose(table)
    level = looks.level(table.looks, table.facts.level)
    if level == table.facts.level:
        return table
    # Made once, as what is kept with it is: each report of an advertiser comes by here.
    return table.once(("at the end", level), lambda: replace(table, facts=replace(table.facts, level=level)))


def require_purpose(table: RoundTable) -> None:
    """Raise `Refused` for figures beyond what was consented to, whoever asks for them and in whatever form."""
    facts = table.facts
    releasing.require_purpose(facts.round, facts.purpose, facts.outside_purpose)


def outcomes(rows: Iterable[PairRow], codes: Iterable[str]) -> list[tuple[str, bool, bool]]:
    """Return pair, control positive and treatment positive of the pairs with these codes."""
    these = frozenset(codes)
    return [(row.pair, row.invited(Arm.CONTROL), row.invited(Arm.TREATMENT)) for row in rows if row.pair in these]


def counted(rows: Sequence[PairRow]) -> list[tuple[str, bool, bool]]:
    """Return the `outcomes` of the usable pairs."""
    return outcomes(rows, (row.pair for row in rows if row.state == PairState.USABLE))


def counts(rows: Iterable[PairRow]) -> Counts:
    """Count the usable pairs by who got a positive answer."""
    seen = Counter([row.cell for row in rows if row.state == PairState.USABLE])
    return Counts(seen[True, True], seen[True, False], seen[False, True], seen[False, False])


def excluded(rows: Iterable[PairRow]) -> dict[str, int]:
    """Count the pairs that do not count, by reason."""
    reasons = Counter(row.reason or "onbekend" for row in rows if row.state == PairState.EXCLUDED)
    return dict(sorted(reasons.items()))


def _rows(session: Session, round_: Round, design: Design, which: Which | None = None) -> tuple[PairRow, ...]:
    return tuple(row for _number, row in _numbered(session, round_, design, which))


def _numbered(
    session: Session, round_: Round, design: Design, which: Which | None
) -> list[tuple[tuple[int, int], PairRow]]:
    """Read pairs of a round by their columns: as objects a hundred thousand letters take ten times as long.

    Each has before it the numbers of the pair and its advertiser. They are asked for past the session, which would look
    at each row for something to load.
    """
    with nothing_collected():
        letters, replies = _letters(session, round_, which), _replies(session, round_, which)
        pairs = ask(session, _some(_pairs_of().order_by(Pair.code), round_, which), {})
        return [((each.id, each.office), _pair_row(each, letters[each.id], replies, design)) for each in pairs]


def made(session: Session, round_: Round, pairs: Collection[int]) -> list[Made]:
    """Return what came of these pairs of a round, by their numbers, to be kept; of those that are gone nothing."""
    found = _numbered(session, round_, from_canonical(round_.design), Pair.id.in_(pairs))
    return [_made(*numbers, row) for numbers, row in found]


def _made(pair: int, office: int, row: PairRow) -> Made:
    arms, cell = row.arms.values(), None
    if row.state == PairState.USABLE:
        cell = 2 * (not row.invited(Arm.CONTROL)) + (not row.invited(Arm.TREATMENT))
    sent, invitations = _letter_sums(arms)
    return Made(pair, office, row.district, row.pair, row.sham is not None, cell, sent, invitations)


def _some(rows: Rows, round_: Round, which: Which | None) -> Rows:
    """Keep the rows of all pairs of a round, or of these; for these SQLite would go through all too."""
    if which is None:
        return rows.where(Pair.round_id == round_.id)
    return rows.where(which, not_first(Pair.round_id) == round_.id)


def _pairs_of() -> Select[*tuple[Any, ...]]:
    told = (Pair.id, Pair.code, Pair.sham, Pair.first, Pair.state, Pair.reason, Pair.level)
    office = (Advertiser.id.label("office"), Advertiser.key.label("advertiser"), Advertiser.name, Advertiser.kind)
    rows = select(*told, Listing.key, Listing.district, *office)
    rows = rows.select_from(Pair).join(Listing, Listing.id == Pair.listing_id)
    return rows.join(Advertiser, Advertiser.id == Listing.advertiser_id)


def _letters(session: Session, round_: Round, which: Which | None) -> Mapping[int, list[Row[Any]]]:
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
    rows = _of_round(select(*told, name_set), round_, which).order_by(Inquiry.pair_id, Inquiry.order)
    return _grouped(ask(session, rows, {}), "pair_id")


def _replies(session: Session, round_: Round, which: Which | None) -> Mapping[int, list[Row[Any]]]:
    """The replies to each letter, in the order in which they came."""
    rows = select(ReplyRow.inquiry_id, ReplyRow.received_at, ReplyRow.kind, ReplyRow.label).join(Inquiry)
    rows = _of_round(rows, round_, which).order_by(ReplyRow.received_at, ReplyRow.id)
    return _grouped(ask(session, rows, {}), "inquiry_id")


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
    return _best_of(tuple([reply.label for reply in answers if reply.label]))


@lru_cache(maxsize=4096)
def _best_of(codes: tuple[str, ...]) -> str:
    return best(codes)


def _answer_hours(sent_at: datetime | None, answers: Iterable[Row[Any]]) -> float | None:
    """Return the hours to the first answer a person wrote; automatic receipts and bounces are none."""
    written = [reply.received_at for reply in answers if reply.kind == "human"]
    return _hours(sent_at, min(written)) if written else None


def _in_time(
    sent_at: datetime | None, replies: Sequence[Row[Any]], design: Design, window: float = 1.0
) -> list[Row[Any]]:
    """Return the replies that came within the declared days (or that part of them); a later one is silence."""
    if sent_at is None or not replies:
        return []
    until = sent_at + _days(window * design.outcome.response_days)
    return [reply for reply in replies if reply.received_at <= until]


@lru_cache
def _days(number: float) -> timedelta:
    return timedelta(days=number)


def _hours(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start).total_seconds() / 3600


@dataclass(frozen=True)
class _Sums:
    pairs: int
    enrolled: int
    sent: int
    invitations: int


def _facts(session: Session, round_: Round, design: Design, sums: _Sums) -> RoundFacts:
    bank = name_bank.of_round(round_)
    control, treatment, *further = (bank.sets[key] for key in design.question.sets.values())
    by, twice = round_sums.coded_by(session, round_), round_sums.coded_twice(session, round_)
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
        planned_pairs=sums.pairs,
        first_day=design.schedule.first_day,
        last_day=design.schedule.last_day,
        response_days=design.outcome.response_days,
        positive=tuple(design.outcome.positive),
        level=design.analysis.level,
        planned_by=round_.planned_by,
        approved_by=round_.approved_by,
        closed_at=round_.closed_at,
        refusals=round_sums.refusals(session, round_),
        enrolled=sums.enrolled,
        withdrawn=round_sums.withdrawn(session, round_),
        sent=sums.sent,
        invitations=sums.invitations,
        declines=tallies.declines_sent(session, round_.id),
        waiting=lifecycle.waiting_to_code(session, round_),
        deferred=round_sums.deferred(session),
        coded_by_rule=by[CodedBy.RULE],
        coded_by_people=by[CodedBy.PEOPLE],
        kappa=cohens_kappa([one for one, _ in twice], [other for _, other in twice]) if twice else None,
        stratum=design.sample.stratum,
        outside_purpose=releasing.outside_purpose(session, round_),
    )


def _of_round(rows: Rows, round_: Round, which: Which | None) -> Rows:
    rows = rows.join(Pair, Inquiry.pair_id == Pair.id)
    if which is not None:
        rows = rows.join(Listing, Listing.id == Pair.listing_id).join(Advertiser)
    return _some(rows, round_, which)


def _sums(rows: Sequence[PairRow]) -> _Sums:
    sent, invitations = _letter_sums(arm for row in rows for arm in row.arms.values())
    return _Sums(len(rows), len({row.advertiser for row in rows}), sent, invitations)


def _sums_of(kept: Sequence[Counted]) -> _Sums:
    pairs, sent, invitations = (sum(getattr(each, what) for each in kept) for what in ("pairs", "sent", "invitations"))
    return _Sums(pairs, len({each.advertiser for each in kept}), sent, invitations)


def _letter_sums(arms: Iterable[ArmRow]) -> tuple[int, int]:
    told = [(arm.state == LetterState.SENT, arm.outcome is Outcome.POSITIVE) for arm in arms]
    return sum(sent for sent, _ in told), sum(invited for _, invited in told)


def protocol(session: Session, round_name: str) -> str:
    """Return the frozen design of a round as its canonical text. Raises `Refused` when there is no such round."""
    return lookup.find(session, round_name).design
