"""Whether a letter may go, now: the conditions in SQL, asked at the claim, again at the gate, and by the outlook."""

from sqlalchemy import ColumnElement, and_, bindparam, exists, not_, or_, select
from sqlalchemy.orm import aliased

from orchestrator import control, enrolment, limits
from orchestrator.db import UtcDateTime
from orchestrator.models import (
    Decline,
    Inquiry,
    LetterCopy,
    Listing,
    OwnerRequest,
    Pair,
    RequestLetter,
    RequestRound,
    Round,
    Study,
)  # fmt: skip
from orchestrator.rates import Rates
from orchestrator.request_models import LetterStep, RequestState
from orchestrator.rounds import holds
from orchestrator.states import LetterState, PairState, RoundState, Why

AnyLetter = Inquiry | Decline | RequestLetter
Kind = type[Inquiry] | type[Decline] | type[RequestLetter]
"""Which kind of letters a function works on."""

KINDS: tuple[Kind, ...] = (Inquiry, Decline, RequestLetter)


def permitted(kind: Kind, rates: Rates) -> list[ColumnElement[bool]]:
    """Return the SQL conditions under which a letter may go, now; asked at the claim and again at the gate.

    To be asked with `limits.parameters`, `Rates.parameters` and ``late``: the moment before which a letter's last
    moment must not lie. For a courtesy letter, which also goes in a paused round, on a day off, and without a rest,
    ``now`` takes the place of `limits.parameters`, for a letter of the request test `limits.request_parameters`.
    """
    in_time = kind.not_after >= bindparam("late", type_=UtcDateTime())
    # Fence and attempts are in this record; a copy in the ledger mailbox is not, and tells on a record that is too old.
    not_copied = ~exists().where(LetterCopy.message_id == kind.message_id).correlate_except(LetterCopy)
    asked = {Inquiry: _pair_rules, Decline: _courtesy_rules, RequestLetter: _request_rules}[kind]()
    return [control.sending_is_open(), in_time, not_copied, *asked, *rates.conditions(kind.domain)]


def rules(kind: Kind) -> dict[Why, ColumnElement[bool]]:
    """Return what must hold of a letter's pair, round and advertiser now, each by why the letter would not go.

    To be asked in a statement on the letter, `Pair`, `Round`, `Study` and `Listing`, with `limits.parameters`; for a
    courtesy letter also on its `Inquiry`, with ``now`` alone.
    """
    scope = limits.in_scope(kind.address_index, Listing.advertiser_id)
    if kind is Decline:
        return {Why.SCOPE: scope, Why.CONSENT: enrolment.valid(Listing.advertiser_id, Study.purpose, limits.NOW)}
    return {
        Why.PAIR: Pair.state == PairState.OPEN,
        Why.PAUSED: Round.state == RoundState.RUNNING,
        Why.SCOPE: scope,
        Why.CONSENT: enrolment.valid(Listing.advertiser_id, limits.PURPOSE, limits.NOW),
        Why.UNSIGNED: enrolment.valid(Listing.advertiser_id, limits.PURPOSE, limits.NOW, limits.covered()),
        Why.HELD: not_(holds.held(Listing.advertiser_id)),
        Why.DAY_OFF: limits.no_days_off(Listing.advertiser_id, limits.NOW, limits.NOW),
        Why.REST: limits.rested(),
        Why.CAP: or_(Inquiry.order > 1, limits.under_caps()),
    }


def _pair_rules() -> list[ColumnElement[bool]]:
    before = aliased(Inquiry)
    follows = (before.pair_id == Inquiry.pair_id, before.order == Inquiry.order - 1)
    sent = exists().where(*follows, before.state == LetterState.SENT)
    around = (Pair.id == Inquiry.pair_id, Round.id == Pair.round_id, Listing.id == Pair.listing_id)
    allowed = select(Pair.id).where(*around, *rules(Inquiry).values()).correlate_except(Pair, Round, Listing)
    return [or_(Inquiry.order == 1, sent.correlate_except(before)), limits.of_each(allowed)]


def _courtesy_rules() -> list[ColumnElement[bool]]:
    allowed = select(Inquiry.id).where(
        Inquiry.id == Decline.inquiry_id,
        Pair.id == Inquiry.pair_id,
        Round.id == Pair.round_id,
        Study.id == Round.study_id,
        Listing.id == Pair.listing_id,
        *rules(Decline).values(),
    )
    return [limits.of_each(allowed.correlate_except(Inquiry, Pair, Round, Study, Listing))]


def _request_rules() -> list[ColumnElement[bool]]:
    """Return what must hold of a mailed request now; its thanks, like any courtesy, ask scope and consent alone."""
    office = OwnerRequest.advertiser_id
    asks = and_(
        RequestRound.state == RoundState.RUNNING,
        OwnerRequest.state == RequestState.PLANNED,
        not_(holds.held(office)),
        limits.no_days_off(office, limits.NOW, limits.NOW),
        limits.request_rested(office),
        enrolment.valid(
            office, RequestRound.purpose, limits.NOW, limits.room_for_one(office), limits.request_covered()
        ),
    )
    allowed = select(OwnerRequest.id).where(
        OwnerRequest.id == RequestLetter.request_id,
        RequestRound.id == OwnerRequest.round_id,
        limits.in_scope(RequestLetter.address_index, office),
        enrolment.valid(office, RequestRound.purpose, limits.NOW),
        or_(RequestLetter.step == LetterStep.THANKS, asks),
    )
    return [limits.of_each(allowed.correlate_except(OwnerRequest, RequestRound))]
