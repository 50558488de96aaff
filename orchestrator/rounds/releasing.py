"""The release of a round's outcome: draft → signed → read → released, each by one function with one event.

Who drafts does not sign, who signs does not release, and who planned the round does not release it either. A version
that was signed is kept as it was, whatever comes after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from orchestrator import design as designs
from orchestrator import ledger, retests
from orchestrator.models import (
    Advertiser,
    Enrolment,
    Listing,
    Pair,
    Release,
    ReleaseReport,
    ReleaseState,
    RequestRound,
    Round,
)  # fmt: skip
from orchestrator.rounds import duties, lookup
from orchestrator.states import RoundState
from profiles.errors import Refused

Released = Round | RequestRound
"""What an outcome is released of: both have a name, a state, and somebody who planned it."""

LONGEST = 1000
UNFINISHED = (ReleaseState.DRAFT, ReleaseState.SIGNED, ReleaseState.READ)
STATES = {
    ReleaseState.DRAFT: "een concept",
    ReleaseState.SIGNED: "ondertekend",
    ReleaseState.READ: "gelezen",
    ReleaseState.RELEASED: "vrijgegeven",
    ReleaseState.REPLACED: "vervangen",
    ReleaseState.LAPSED: "vervallen",
}


@dataclass(frozen=True)
class Report:
    """The frozen report of an advertiser, and the salt of its commitment."""

    salt: str
    content: str


@dataclass(frozen=True)
class Sealed:
    """What binds all that goes out: the manifest, its SHA-256, what opens it, and the reports by advertiser."""

    manifest: str
    seal: str
    opening: dict[str, Any]
    reports: Mapping[str, Report]


@dataclass(frozen=True)
class Frozen:
    """A document to be signed: its canonical text, the SHA-256 of that, and the tests it was counted from.

    ``retest`` is, of a re-test that tells before and after: the row of the round before, and the offices in both.
    ``made_of`` is the SHA-256 of all that the parts beside it are made of, None without such parts.
    """

    document: str
    digest: str
    basis: list[list[Any]]
    retest: dict[str, Any] | None = None
    made_of: str | None = None


def hold(session: Session, name: str) -> Round:
    """As `ready`, with the round held until the transaction ends."""
    session.refresh(lookup.find(session, name), with_for_update={"key_share": True})
    return ready(session, name)


def ready(session: Session, name: str) -> Round:
    """Return the round. Raises `Refused` unless it is closed or released."""
    round_ = lookup.find(session, name)
    if round_.state not in (RoundState.CLOSED, RoundState.RELEASED):
        raise Refused(
            "wrong-state",
            f"Ronde '{name}' is {round_.state.value}; vrijgeven kan alleen als zij is gesloten.",
            f"Sluit de ronde eerst: praktijktest close {name}.",
        )
    return round_


def versions(session: Session, round_: Released) -> tuple[Release, ...]:
    """Return all versions of a round, the first one first."""
    return tuple(session.scalars(select(Release).where(_of(round_)).order_by(Release.number)))


def seen(session: Session, round_: Released, before: int | None = None) -> tuple[Release, ...]:
    """Return the versions that were signed, and so could be read outside; ``before`` this number if one is given."""
    signed = (each for each in versions(session, round_) if each.signed_at is not None)
    return tuple(each for each in signed if before is None or each.number < before)


def all_signed(session: Session) -> tuple[int, ...]:
    """Return the numbers of the versions of all rounds that were signed, in order."""
    return tuple(session.scalars(select(Release.id).where(Release.signed_at.is_not(None)).order_by(Release.id)))


def told_apart(session: Session, round_: Round, before: int | None = None) -> tuple[frozenset[str], ...]:
    """Return the groups of offices of which seen versions tell apart from the round: its own, and of its re-tests.

    ``before`` leaves out the own versions from this number on.
    """
    own = [each.basis.get("retest") for each in seen(session, round_, before)]
    others = [each.basis.get("retest") for other in retests.of_round(session, round_) for each in seen(session, other)]
    told = (*(each for each in own if each), *(each for each in others if each and each["of"] == round_.id))
    return tuple(dict.fromkeys(frozenset(each["offices"]) for each in told))


def find(session: Session, round_: Released, number: int) -> Release:
    """Return this version. Raises `Refused` when there is none."""
    found = next((each for each in versions(session, round_) if each.number == number), None)
    if found is None:
        raise Refused(
            "unknown-release",
            f"Van {called(round_)} is er geen versie {number} om vrij te geven.",
            "Kijk bij de vrijgave welke versies er zijn.",
        )
    return found


def outside_purpose(session: Session, round_: Round) -> int:
    """Count the tested advertisers of a round that never consented to the purpose of its study."""
    purpose = designs.from_canonical(round_.design).study.purpose
    tested = select(Listing.advertiser_id).join(Pair, Pair.listing_id == Listing.id).where(Pair.round_id == round_.id)
    consented = select(Enrolment.advertiser_id).where(Enrolment.purpose == purpose)
    without = tested.where(Listing.advertiser_id.not_in(consented)).distinct()
    return session.scalar(select(func.count()).select_from(without.subquery())) or 0


def require_purpose(name: str, purpose: str, outside: int) -> None:
    """Raise `Refused` for figures of a round of which so many advertisers did not consent to this purpose."""
    if outside:
        raise Refused(
            "other-purpose",
            f"Van de geteste aanbieders van ronde '{name}' stemden er {outside} niet in met haar doel, {purpose}.",
            "Zonder die toestemming gaan er geen cijfers naar buiten. Vraag de onderzoeksleider.",
        )


def check_purpose(session: Session, round_: Round) -> None:
    """Refuse what tested advertisers did not consent to: every one of them consented to the purpose of the study."""
    purpose = designs.from_canonical(round_.design).study.purpose
    require_purpose(round_.name, purpose.value, outside_purpose(session, round_))


def reports(session: Session, version: Release, only: str | None = None) -> dict[str, Report]:
    """Return the frozen reports of a version by the key of their advertiser; none of one without a seal.

    ``only`` names the one advertiser that is asked for.
    """
    kept = select(Advertiser.key, ReleaseReport).join(Advertiser, ReleaseReport.advertiser_id == Advertiser.id)
    kept = kept.where(ReleaseReport.release_id == version.id).order_by(Advertiser.key)
    rows = session.execute(kept.where(Advertiser.key == only) if only else kept)
    return {key: Report(row.salt, row.content) for key, row in rows}


def released(session: Session, round_: Round) -> Release | None:
    """Return the version that is released now, if one is."""
    return next((each for each in versions(session, round_) if each.state is ReleaseState.RELEASED), None)


def draft(
    session: Session, round_: Released, frozen: Frozen, sealed: Sealed | None, actor: str, now: datetime,
    reason: str | None,
)  -> Release:  # fmt: skip
    """Add the next version as a draft, with what binds it; one that was not released yet lapses.

    A request test has nothing beside its document, so that there is nothing to bind.

    Raises `Refused` for a further version without a reason, or with one that is too long.
    """
    earlier = versions(session, round_)
    told = why_further(len(earlier) + 1, reason)
    for each in earlier:
        if each.state in UNFINISHED:
            each.state = ReleaseState.LAPSED
    made = Release(
        **_key(round_),
        number=len(earlier) + 1,
        state=ReleaseState.DRAFT,
        reason=told,
        document=frozen.document,
        digest=frozen.digest,
        basis={"units": frozen.basis, **_told(retest=frozen.retest, made_of=frozen.made_of)},
        **({"seal": sealed.seal, "manifest": sealed.manifest, "opening": sealed.opening} if sealed else {}),
        drafted_by=actor,
        drafted_at=now,
    )
    session.add(made)
    session.flush()
    if sealed:
        _keep(session, made, sealed.reports)
    _tell(session, round_, made, "drafted", actor, now)
    return made


def why_further(number: int, reason: str | None) -> str | None:
    """Return why there is a version of this number, None of the first. Raises as `draft`, before it is made."""
    return _text(reason, "reden", f"Zeg waarom er na versie {number - 1} een nieuwe komt.") if number > 1 else None


def _told(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _keep(session: Session, version: Release, frozen: Mapping[str, Report]) -> None:
    found = session.execute(select(Advertiser.key, Advertiser.id).where(Advertiser.key.in_(frozen)))
    ids = {key: number for key, number in found}  # noqa: C416 - a row is not a pair to mypy
    rows = (
        ReleaseReport(release_id=version.id, advertiser_id=ids[key], salt=each.salt, content=each.content)
        for key, each in frozen.items()
    )
    session.add_all(rows)


def sign(session: Session, round_: Released, version: Release, actor: str, now: datetime) -> None:
    """draft → signed, by another than who drafted; from here the municipality can read it."""
    _in(round_, version, "ondertekenen", ReleaseState.DRAFT)
    duties.require_another(actor, version.drafted_by, "het concept gemaakt", "ondertekenen")
    version.state, version.signed_by, version.signed_at = ReleaseState.SIGNED, actor, now
    _tell(session, round_, version, "signed", actor, now)


def read(session: Session, round_: Released, version: Release, actor: str, now: datetime, remark: str = "") -> None:
    """signed → read: the municipality has read the version, and may have remarked something."""
    _in(round_, version, "als gelezen noteren", ReleaseState.SIGNED)
    noted = _text(remark, "opmerking", "Maak de opmerking korter.") if remark.strip() else None
    version.state, version.read_by, version.read_at, version.remark = ReleaseState.READ, actor, now, noted
    _tell(session, round_, version, "read", actor, now)


def release(session: Session, round_: Released, version: Release, actor: str, now: datetime) -> None:
    """read → released; the version before it is replaced, and of the first the round itself becomes released.

    Raises `Refused` for who signed this version or planned the round.
    """
    _in(round_, version, "vrijgeven", ReleaseState.READ)
    duties.require_another(actor, version.signed_by or "", "deze versie ondertekend", "vrijgeven")
    duties.require_another(actor, round_.planned_by, "de ronde gepland", "vrijgeven")
    for each in versions(session, round_):
        if each.state is ReleaseState.RELEASED:
            each.state = ReleaseState.REPLACED
    version.state, version.released_by, version.released_at = ReleaseState.RELEASED, actor, now
    round_.state = RoundState.RELEASED
    _tell(session, round_, version, "released", actor, now)


def called(round_: Released) -> str:
    """Return what a message calls it."""
    return f"{'verzoektest' if isinstance(round_, RequestRound) else 'ronde'} '{round_.name}'"


def _key(round_: Released) -> dict[str, int]:
    return {"request_round_id" if isinstance(round_, RequestRound) else "round_id": round_.id}


def _of(round_: Released) -> ColumnElement[bool]:
    return Release.request_round_id == round_.id if isinstance(round_, RequestRound) else Release.round_id == round_.id


def _in(round_: Released, version: Release, verb: str, state: ReleaseState) -> None:
    if version.state is not state:
        raise Refused(
            "wrong-state",
            f"Versie {version.number} van {called(round_)} is {STATES[version.state]}; {verb} kan alleen als zij "
            f"{STATES[state]} is.",
            "Ververs de pagina en kijk hoe het er nu mee staat.",
        )


def _text(text: str | None, what: str, remedy: str) -> str:
    told = " ".join((text or "").split())
    if not 0 < len(told) <= LONGEST:
        raise Refused(f"bad-{what}", f"Een {what} heeft 1 tot {LONGEST} tekens.", remedy)
    return told


def _tell(session: Session, round_: Released, version: Release, what: str, actor: str, now: datetime) -> None:
    told = {"version": version.number, "digest": version.digest, **({"seal": version.seal} if version.seal else {})}
    of = "request-round" if isinstance(round_, RequestRound) else "round"
    kind = f"{of}.released" if what == "released" and version.number == _first(session, round_) else f"release.{what}"
    ledger.append(session, now, actor, kind, f"{of}:{round_.id}", told)


def _first(session: Session, round_: Released) -> int | None:
    """The number of the first version that was released."""
    released = (each.number for each in versions(session, round_) if each.released_at is not None)
    return next(released, None)


def changed_units(before: Sequence[Sequence[Any]], after: Sequence[Sequence[Any]]) -> list[str]:
    """Return the codes of the tests that count differently in two bases."""
    was, now = ({row[0]: list(row) for row in rows} for rows in (before, after))
    return sorted(pair for pair in was.keys() | now.keys() if was.get(pair) != now.get(pair))
