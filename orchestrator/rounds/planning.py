"""From design, participants and listings to a planned round: every letter written, every moment fixed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from orchestrator import enrolment, ledger, limits, name_bank, people, retests, tallies
from orchestrator.assignment import Homes, RefusalReason, Selection, seat, select_listings, stratum_of
from orchestrator.bulk import Row, insert_all, survey
from orchestrator.db import allow_thought
from orchestrator.design import Design, canonical, digest, from_canonical
from orchestrator.design.reading import in_file
from orchestrator.fitting import check_intake, short_quotas
from orchestrator.intake import ListingRow, Participant, limited
from orchestrator.listings import dwelling, take_in, to_record
from orchestrator.models import Advertiser, Enrolment, Inquiry, Listing, Pair, Refusal, Round, Study
from orchestrator.rounds import lookup
from orchestrator.rounds.casting import Cast, Casting
from orchestrator.rounds.lent import NOTHING, Lending, of_pair
from orchestrator.rounds.writing import compose
from orchestrator.schedule import Closure, Times, place_all
from orchestrator.states import LetterState, PairState, RoundState
from profiles import grounds, letter_checks, versions
from profiles.catalogue import Catalogue
from profiles.errors import BadInput, Problem, Refused
from profiles.pairs import Arm

LATEST = timedelta(days=3)
"""A letter that could not go within this time of its planned moment no longer goes: the dwelling is another market."""


def plan(
    session: Session,
    design: Design,
    participants: Sequence[Participant],
    listings: Sequence[ListingRow],
    *,
    actor: str,
    now: datetime,
    path: Path | None = None,
    bank: Catalogue | None = None,
    reason: str | None = None,
) -> Round:
    """Store a round, planned, with all its pairs and letters; a plan that nobody approved yet is replaced.

    Of an advertiser that signed an invitation what it signed counts, and not what ``participants`` say of its consent.
    ``bank`` is what is known of the names, by default what comes with this program; ``reason`` is why the design of an
    earlier version was changed. Raises `BadInput` for input that
    does not fit together and `Refused` when the round cannot be planned (again).
    """
    allow_thought(session)  # to check a large round, its names and its letters takes minutes
    bank = bank or name_bank.load()
    participants = enrolment.as_signed(session, participants, design.schedule.first_day, design.schedule.last_day)
    problems = [*check_intake(design, participants, listings), *name_bank.problems(bank, design)]
    if problems := [*problems, *_bad_letters(design)]:
        raise BadInput(problems)
    agreed = retests.sampled(session, design, listings)
    _make_room(session, design)
    advertisers = enrolment.enrol(session, participants)
    rows = take_in(session, listings, advertisers)
    round_ = Round(
        study_id=_study(session, design).id,
        name=design.round,
        version=design.version,
        design=canonical(design),
        design_path=str(path.resolve()) if path else None,
        digest=digest(design),
        texts=texts(design),
        names=name_bank.freeze(bank, design),
        state=RoundState.PLANNED,
        planned_by=actor,
        planned_at=now,
    )
    session.add(round_)
    session.flush()
    selection = select_listings(design, participants, listings, limits.used_up(session, limited(participants)), agreed)
    if short := [in_file(found, path) for found in short_quotas(design, participants, listings, selection.chosen)]:
        raise BadInput(short)
    homes = _chosen(design, participants, listings, selection)
    moments = place_all(design, homes, _closures(session, participants, advertisers))
    placed = moments.placement()
    casts, unnamed = _cast(session, round_, homes.at(moments.found), rows)
    refused = {each.listing: each.reason for each in (*selection.refused, *placed.refused)} | unnamed
    planned = {key: placed.times[key] for key in casts}
    write_refusals(session, round_, {rows[key].id: why for key, why in refused.items()})
    write_pairs(session, round_, planned, rows, casts)
    survey(session, Advertiser, Enrolment, Listing, Pair, Inquiry)
    told: dict[str, object] = {"digest": round_.digest, "pairs": len(planned), "refused": len(refused)}
    told |= {"reason": reason} if reason else {}
    ledger.append(session, now, actor, "round.planned", f"round:{round_.id}", told)
    return round_


def texts(design: Design) -> dict[str, str]:
    """Return the digest of every file that the letters of this design are made of."""
    return versions.used(design.signal, design.letters.level, design.letters.language)


def _bad_letters(design: Design) -> tuple[Problem, ...]:
    ground = grounds.load().grounds[design.question.ground]
    return letter_checks.check(ground, design.signal, design.letters.level, design.letters.language)


def _make_room(session: Session, design: Design) -> None:
    """Refuse a plan that would overrule an approved one; drop one that nobody approved."""
    there = lookup.latest(session, design.round)
    if there is None:
        return
    if there.version == design.version and there.state is RoundState.PLANNED:
        _drop(session, there)
    elif there.version == design.version and there.digest == digest(design):
        raise Refused("already-planned", f"Ronde '{there.name}' is al gepland en is {there.state.value}.")
    elif there.version >= design.version:
        raise BadInput(
            Problem(
                "design-changed",
                f"Versie {there.version} van ronde '{there.name}' is {there.state.value} en ligt vast "
                f"({there.digest[:12]}); deze opzet is een andere ({digest(design)[:12]}).",
                found=f"version: {design.version}",
                remedy=f"Zet de vastgelegde opzet terug, of schrijf version: {there.version + 1}.",
            )
        )
    elif there.state not in (RoundState.CLOSED, RoundState.RELEASED, RoundState.ABORTED):
        raise Refused(
            "version-running",
            f"Versie {there.version} van ronde '{there.name}' is nog {there.state.value}.",
            "Sluit die versie af (praktijktest close of abort) voordat u een nieuwe plant.",
        )


def _drop(session: Session, round_: Round) -> None:
    pairs = select(Pair.id).where(Pair.round_id == round_.id)
    session.execute(delete(Inquiry).where(Inquiry.pair_id.in_(pairs)))
    session.execute(delete(Pair).where(Pair.round_id == round_.id))
    session.execute(delete(Refusal).where(Refusal.round_id == round_.id))
    session.delete(round_)
    session.flush()


def _study(session: Session, design: Design) -> Study:
    told = design.study
    study = session.scalars(select(Study).where(Study.name == told.name)).first() or Study(name=told.name)
    study.commissioner, study.legal_basis, study.purpose = told.commissioner, told.legal_basis, told.purpose
    study.ethics_reference, study.dpia_reference = told.ethics_reference, told.dpia_reference
    study.retention_months = told.retention_months
    session.add(study)
    session.flush()
    return study


def _chosen(
    design: Design, participants: Sequence[Participant], listings: Sequence[ListingRow], selection: Selection
) -> Homes:
    """Return the listings that were chosen, in the order in which they were given."""
    chosen, kinds = set(selection.chosen), {each.advertiser: each.kind.value for each in participants}
    rows = [row for row in listings if row.listing in chosen]
    return Homes.of(
        [row.listing for row in rows],
        [row.advertiser for row in rows],
        [stratum_of(design, row.district, kinds[row.advertiser]) for row in rows],
    )


def _closures(
    session: Session, participants: Sequence[Participant], advertisers: Mapping[str, Advertiser]
) -> dict[str, Closure]:
    """Return when each advertiser may be written to, by its key."""
    off = enrolment.days_off_of(session, [advertisers[each.advertiser].id for each in participants])
    return {
        each.advertiser: ((each.consent_from, each.consent_until), off[advertisers[each.advertiser].id])
        for each in participants
    }


def _cast(
    session: Session, round_: Round, homes: Homes, rows: Mapping[str, Listing]
) -> tuple[dict[str, Cast], dict[str, RefusalReason]]:
    """Draw the pair of each listing, or refuse it because its advertiser has met all names; by listing key."""
    casting = Casting.of(session, round_, {rows[key].advertiser_id for key in homes.listings})
    cast = {key: casting.cast(rows[key], place) for key, place in seat(casting.design, homes).items()}
    return (
        {key: found for key, found in cast.items() if found},
        {key: RefusalReason.NO_NAME for key, found in cast.items() if not found},
    )


def without_name(session: Session, round_: Round) -> int:
    """Count the listings of a round that were refused because their advertiser had met all names."""
    rows = select(func.count()).where(Refusal.round_id == round_.id, Refusal.reason == RefusalReason.NO_NAME)
    return session.scalar(rows) or 0


def write_refusals(session: Session, round_: Round, refused: Mapping[int, str]) -> None:
    """Store why these listings were refused, by their row."""
    rows = ({"round_id": round_.id, "listing_id": listing, "reason": str(why)} for listing, why in refused.items())
    insert_all(session, Refusal, rows)


def write_pairs(
    session: Session,
    round_: Round,
    planned: Mapping[str, Times],
    rows: Mapping[str, Listing],
    casts: Mapping[str, Cast],
    after: int = 0,
) -> None:
    """Store a pair with its letters for each planned listing; pairs are numbered on ``after`` those there are."""
    design = from_canonical(round_.design)
    in_order = sorted(planned, key=lambda key: (planned[key].first, key))
    codes = {key: f"P-{number:04d}" for number, key in enumerate(in_order, start=after + 1)}
    insert_all(session, Pair, (pair_row(round_, rows[key], casts[key], code) for key, code in codes.items()))
    ids = dict(session.execute(select(Pair.code, Pair.id).where(Pair.round_id == round_.id)).all())
    lent = _lent(session, design, round_, [rows[key] for key in codes])
    letters = (
        letter_row(design, ids[code], rows[key], casts[key], arm, planned[key], lent[key])
        for key, code in codes.items()
        for arm in casts[key].drawn.arms
    )
    insert_all(session, Inquiry, letters)
    orders = ((key, order) for key in codes for order, _ in enumerate(casts[key].drawn.arms, start=1))
    tallies.count_planned(session, round_.id, (planned[key].of(order)[0] for key, order in orders))


def _lent(session: Session, design: Design, round_: Round, in_order: Sequence[Listing]) -> dict[str, Lending]:
    """Return what the arms of the newest pairs of a round, which are these, are lent, by listing."""
    counted = select(Listing.advertiser_id, func.count()).join(Pair).where(Pair.round_id == round_.id)
    pairs = Counter(dict(session.execute(counted.group_by(Listing.advertiser_id)).all()))
    pairs.subtract(row.advertiser_id for row in in_order)
    lent = {}
    for row in in_order:
        lent[row.key] = of_pair(design, row.advertiser.key, pairs[row.advertiser_id])
        pairs[row.advertiser_id] += 1
    return lent


def pair_row(round_: Round, listing: Listing, cast: Cast, code: str) -> Row:
    """Return what is stored of a pair."""
    return {
        "round_id": round_.id,
        "listing_id": listing.id,
        "code": code,
        "sham": cast.drawn.sham,
        "first": cast.drawn.first,
        "state": PairState.OPEN,
        "place": cast.drawn.seat.place,
        "level": cast.drawn.level,
        "turn": cast.turns[0],
        "turns": list(cast.turns[1:]) or None,
        "listed": to_record(listing),
    }


def letter_row(
    design: Design,
    pair_id: int,
    listing: Listing,
    cast: Cast,
    arm: Arm,
    times: Times,
    lending: Lending = NOTHING,
) -> Row:
    """Write the letter of an arm of this pair; return what is stored of it."""
    composed = compose(design, cast.drawn, cast.matched, dwelling(listing), arm, lending)
    planned, gap = times.of(composed.order)
    return {
        "pair_id": pair_id,
        "advertiser_id": listing.advertiser_id,
        "arm": arm,
        "order": composed.order,
        "gap": gap,
        "variant": composed.variant,
        "profile": people.to_record(composed.profile),
        "sender_name": composed.profile.full_name,
        "reply_address": composed.reply_address,
        "message_id": composed.message_id,
        "channel": listing.advertiser.channel,
        "address_index": listing.advertiser.address_index,
        "domain": listing.advertiser.address_domain,
        "subject": composed.letter.subject,
        "body": composed.letter.body,
        "state": LetterState.PLANNED,
        "planned_at": planned,
        "not_after": planned + LATEST,
    }
