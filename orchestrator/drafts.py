"""Designs that are being written, before there is a round: made, changed by several people, and planned.

A draft has no event in the ledger: it is nobody's plan yet. What is planned from it has.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload

from orchestrator.design import Design, Mode, digest, from_canonical
from orchestrator.design.kinds import ROUND_NAME
from orchestrator.design.model import Part
from orchestrator.design.reading import examine, file_of
from orchestrator.design.yaml_text import rewritten
from orchestrator.enrolment import ZONE
from orchestrator.intake import (
    LISTING_COLUMNS,
    OPTIONAL_COLUMN,
    PARTICIPANT_COLUMNS,
    ListingRow,
    Participant,
    parse_listings,
    parse_participants,
)
from orchestrator.models import Advertiser, Draft, Enrolment, Listing, Pair, Refusal, Round
from orchestrator.rounds import lifecycle, lookup, planning
from orchestrator.sealing import key_ids, vault_of
from orchestrator.setup_models import LONGEST_NAME
from profiles.catalogue import Catalogue
from profiles.errors import BadInput, Problem, Refused

DESIGN, PARTICIPANTS, LISTINGS = "opzet.yaml", "participants.csv", "listings.csv"
"""What problems call the three texts of a draft."""


@dataclass(frozen=True)
class Texts:
    """The three texts of a draft; None for a file that was not given yet."""

    design: str
    participants: str | None = None
    listings: str | None = None


def everything(session: Session) -> Sequence[Draft]:
    """Return all drafts, the last changed first."""
    return session.scalars(select(Draft).order_by(Draft.changed_at.desc(), Draft.name)).all()


def find(session: Session, name: str) -> Draft:
    """Return the draft of that name; raise `Refused` when there is none."""
    row = session.scalars(select(Draft).where(Draft.name == name)).first()
    if row is None:
        raise Refused("unknown-draft", f"Er is geen concept '{name}'.", "Kies een concept uit de lijst.")
    return row


def create(session: Session, name: str, texts: Texts, actor: str, now: datetime, *, amends: str | None = None) -> Draft:
    """Begin a draft. Raises `BadInput` for a name that no round could have, `Refused` for one that is taken.

    Who asks for the same draft twice, before anybody changed it, gets the one there is.
    """
    _check_name(name)
    there = session.scalars(select(Draft).where(Draft.name == name)).first()
    if there is not None:
        if there.version == 1 and there.changed_by == actor and there.amends == amends:
            return there
        message = f"Er is al een concept '{name}', het laatst gewijzigd door {there.changed_by}."
        raise Refused("draft-exists", message, "Kies een andere naam, of werk in dat concept verder.")
    row = Draft(
        name=name,
        design=texts.design,
        participants=texts.participants,
        listings=texts.listings,
        version=1,
        amends=amends,
        changed_by=actor,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    return row


def example(name: str, seed: int) -> Texts:
    """A design in which every key that is needed has the example of its description."""
    data = _examples(Design) | {"round": name, "seed": seed}
    return Texts(rewritten("", data))


def blank(name: str, seed: int) -> Texts:
    """A design that says nothing but what it is called."""
    groups: dict[str, Any] = {key: {} for key, value in _examples(Design).items() if isinstance(value, dict)}
    head = {"round": name, "version": 1, "mode": Mode.REHEARSAL.value, "seed": seed}
    return Texts(rewritten("", head | groups))


def copied(session: Session, round_: Round, name: str, seed: int) -> Texts:
    """The design of a round for another one, with its participants and listings as the record has them now."""
    data = _data(from_canonical(round_.design)) | {"round": name, "version": 1, "seed": seed}
    return Texts(rewritten("", data), *_files(session, round_))


def amended(session: Session, round_: Round) -> Texts:
    """The design of a round for its next version."""
    data = _data(from_canonical(round_.design)) | {"version": round_.version + 1}
    return Texts(rewritten("", data), *_files(session, round_))


def save(session: Session, name: str, version: int, actor: str, now: datetime, **texts: str) -> int:
    """Change texts of a draft (``design``, ``participants``, ``listings``); return its new version.

    Raises `Refused` "draft-changed" when somebody changed it since it had this ``version``: nothing is stored then.
    """
    row = find(session, name)
    changed = session.execute(
        update(Draft)
        .where(Draft.name == name, Draft.version == version)
        .values(version=version + 1, changed_by=actor, changed_at=now)
        .returning(Draft.id)
    ).all()
    if not changed:
        raise _changed(find(session, name))
    for what, text in texts.items():
        setattr(row, what, text)
    return version + 1


def drop(session: Session, name: str) -> None:
    """Throw a draft away, with the key of its participants; what was planned from it stays."""
    row = find(session, name)
    vault_of(session).destroy(key_ids(session, Draft, Draft.id == row.id))
    session.delete(row)


def read(draft: Draft, bank: Catalogue) -> tuple[Design, tuple[Participant, ...], tuple[ListingRow, ...]]:
    """Return what can be planned from a draft; raise `BadInput` with all that is wrong in the first bad text."""
    design, problems = examine(file_of(draft.design, DESIGN), bank.sets)
    if design is None:
        raise BadInput(problems)
    for text, file in ((draft.participants, PARTICIPANTS), (draft.listings, LISTINGS)):
        if text is None:
            raise BadInput(Problem("missing-file", f"{file} is nog niet gegeven.", file, remedy="Geef het bestand."))
    participants = parse_participants(draft.participants or "", PARTICIPANTS)
    return design, participants, parse_listings(draft.listings or "", LISTINGS, participants)


def plan(
    session: Session,
    name: str,
    version: int,
    actor: str,
    now: datetime,
    *,
    bank: Catalogue,
    live: bool,
    reason: str = "",
) -> Round:
    """Plan a round from a draft as it was at this ``version``; a new version of a round asks a ``reason``.

    A second click finds the round that the first one made. Raises what `read`, `lifecycle.check_live` and
    `planning.plan` do, and `Refused` "draft-changed".
    """
    draft = find(session, name)
    design, participants, listings = read(draft, bank)
    there = lookup.latest(session, design.round)
    if draft.version == version + 1 and there is not None and there.digest == digest(design):
        return there
    lifecycle.check_live(design, live=live)
    if there is not None and there.version < design.version and not reason:
        remedy = "Schrijf waarom de opzet anders wordt; dat komt in het logboek."
        raise BadInput(Problem("no-reason", "Een nieuwe versie van een ronde vraagt een reden.", remedy=remedy))
    save(session, name, version, actor, now)
    return planning.plan(
        session, design, participants, listings, actor=actor, now=now, bank=bank, reason=reason or None
    )


def _check_name(name: str) -> None:
    if not re.fullmatch(ROUND_NAME, name):
        message = "Deze naam kan een ronde niet hebben."
        remedy = f"Gebruik 3 tot {LONGEST_NAME - 1} kleine letters, cijfers en streepjes: amersfoort-2026-najaar."
        raise BadInput(Problem("bad-name", message, found=name, remedy=remedy))


def _changed(draft: Draft) -> Refused:
    message = f"{draft.changed_by} heeft dit concept intussen gewijzigd."
    return Refused("draft-changed", message, "Vergelijk hieronder wat u typte met wat er nu staat, en kies.")


def _data(design: Design) -> dict[str, Any]:
    """The design as the data of a file; what is not in its canonical text is not in it."""
    data: dict[str, Any] = design.model_dump(mode="json", by_alias=True)
    if not design.sample.feeds:
        del data["sample"]["feeds"], data["sample"]["feed_hours"]
    return data


def _examples(part: type[Part]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, info in part.model_fields.items():
        kind = info.annotation
        if not info.is_required():
            continue
        inner = isinstance(kind, type) and issubclass(kind, Part)
        found[info.alias or name] = _examples(kind) if inner else info.examples[0]  # type: ignore[arg-type,index]
    return found


# The participants and listings of a round, as files.


def _files(session: Session, round_: Round) -> tuple[str | None, str | None]:
    pairs = select(Pair.listing_id).where(Pair.round_id == round_.id)
    refusals = select(Refusal.listing_id).where(Refusal.round_id == round_.id)
    rows = select(Listing).where(or_(Listing.id.in_(pairs), Listing.id.in_(refusals))).order_by(Listing.key)
    listings = session.scalars(rows.options(joinedload(Listing.advertiser))).all()
    theirs = {row.advertiser_id for row in listings}
    known = select(Advertiser, Enrolment).join(Enrolment, Enrolment.advertiser_id == Advertiser.id)
    known = known.where(Advertiser.id.in_(theirs), Enrolment.withdrawn_at.is_(None))
    # Of several consents the newest, which is the last one in this order.
    newest = {each.key: (each, consent) for each, consent in session.execute(known.order_by(Enrolment.valid_from))}
    participants = [_participant(*found) for _, found in sorted(newest.items())]
    offered = [_listing(row) for row in listings if row.advertiser.key in newest]
    return _csv(PARTICIPANT_COLUMNS, participants), _csv((*LISTING_COLUMNS, OPTIONAL_COLUMN), offered)


def _participant(row: Advertiser, consent: Enrolment) -> tuple[Any, ...]:
    days = (consent.valid_from.astimezone(ZONE).date(), consent.valid_until.astimezone(ZONE).date())
    told = (row.key, row.name, row.kind.value, row.email, row.channel.value, row.form_url)
    return (*told, *days, consent.purpose.value, consent.max_pairs)


def _listing(row: Listing) -> tuple[Any, ...]:
    accessible = {True: "ja", False: "nee", None: ""}[row.accessible]
    told = (row.key, row.advertiser.key, row.street, row.postcode, row.city, row.district)
    return (*told, row.rent, row.rooms, row.reference, row.url, accessible)


def _csv(columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> str | None:
    kept = list(rows)
    stream = StringIO()
    csv.writer(stream, lineterminator="\n").writerows([columns, *kept])
    return stream.getvalue() if kept else None
