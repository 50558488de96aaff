"""The steps of a release with the figures of the moment: what is signed and released is what the round says now."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from secrets import token_hex
from typing import Any

from orchestrator import retests
from orchestrator.db import Database, Session, allow_thought
from orchestrator.design import from_canonical
from orchestrator.models import Release, Round
from orchestrator.rounds import releasing
from orchestrator.rounds.releasing import Frozen, Sealed
from profiles.errors import Refused
from results import formats, tables
from results.releases import binding, document, retested, units
from results.seal import SALT_BYTES, canonical, digest
from results.suppression import Before, Hidden
from results.tables import RoundTable

SHOWN = 20
"""So many tests that count differently are named; of more, the number."""


@dataclass(frozen=True)
class Changed:
    """What is no longer as it was in a version: chapters of its document and parts that its seal binds, and tests.

    Both are for the researcher alone.
    """

    chapters: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Basis:
    """What a version is made of: the rows and the design of the round, and what others may have read when it was made.

    ``signed`` are the rows of all other versions that were signed, of any round.
    """

    number: int
    signed: tuple[int, ...]
    protocol: str
    table: RoundTable

    @cached_property
    def digest(self) -> str:
        """The same only when the seal would bind the same research file and reports, by this version of the program."""
        return digest(repr((self.protocol, self.table, binding.programs())))


def draft(database: Database, name: str, actor: str, now: datetime, reason: str | None = None) -> Release:
    """Make the next version of what is published of a round, from what the round says now."""

    def made(session: Session) -> tuple[Basis, Frozen, Sealed]:
        round_ = releasing.ready(session, name)
        releasing.check_purpose(session, round_)
        basis = _basis(session, round_)
        frozen = _frozen(session, round_, basis, releasing.why_further(basis.number, reason))
        return basis, frozen, _sealed(name, basis, frozen)

    with database.reading() as session:
        basis, frozen, sealed = made(session)
    with database.writing() as session:
        allow_thought(session)
        round_ = _hold(session, name)
        if _basis(session, round_) != basis:
            _, frozen, sealed = made(session)
        return releasing.draft(session, round_, frozen, sealed, actor, now, reason)


def _sealed(name: str, basis: Basis, frozen: Frozen) -> Sealed:
    bound = binding.bound(basis.table, basis.protocol)
    return binding.seal(name, basis.number, frozen.digest, bound, lambda: token_hex(SALT_BYTES))


def sign(database: Database, name: str, number: int, actor: str, now: datetime) -> None:
    """Sign a draft. Raises `Refused` when the round changed since it was made."""
    with _unchanged(database, name, number, "ondertekend") as (session, round_, version):
        releasing.sign(session, round_, version, actor, now)


def read(database: Database, name: str, number: int, actor: str, now: datetime, remark: str = "") -> None:
    """Note that the municipality read a signed version."""
    with database.writing() as session:
        round_ = releasing.hold(session, name)
        releasing.read(session, round_, releasing.find(session, round_, number), actor, now, remark)


def release(database: Database, name: str, number: int, actor: str, now: datetime) -> None:
    """Release a version that was read. Raises `Refused` when the round changed since it was signed."""
    with _unchanged(database, name, number, "vrijgegeven") as (session, round_, version):
        releasing.check_purpose(session, round_)
        releasing.release(session, round_, version, actor, now)


def changed(session: Session, name: str, number: int) -> Changed:
    """Say what of a version is no longer what the round says; nothing when all is as it was.

    That is its document, and what its seal binds beside that.
    """
    round_ = releasing.ready(session, name)
    version = releasing.find(session, round_, number)
    return _changed(session, round_, version, _basis(session, round_, version))


def _changed(session: Session, round_: Round, version: Release, basis: Basis) -> Changed:
    now = _frozen(session, round_, basis, version.reason)
    was, is_ = json.loads(version.document), json.loads(now.document)
    chapters = sorted(key for key in was.keys() | is_.keys() if was.get(key) != is_.get(key))
    parts = _changed_parts(session, version, basis)
    return Changed((*chapters, *parts), tuple(releasing.changed_units(version.basis["units"], now.basis)))


def _changed_parts(session: Session, version: Release, basis: Basis) -> tuple[str, ...]:
    """Say which parts beside the document are no longer as they were bound; they are only made when they may differ."""
    same = version.basis.get("made_of") == basis.digest and binding.is_whole(session, version)
    if same or not version.seal:
        return ()
    return binding.changed(session, version, binding.bound(basis.table, basis.protocol))


@contextmanager
def _unchanged(database: Database, name: str, number: int, verb: str) -> Iterator[tuple[Session, Round, Release]]:
    """Give a transaction in which the round says what the version does.

    What changed is looked for before it: of a large round that may take minutes, in which nobody else could write.
    """
    with database.reading() as session:
        round_ = releasing.ready(session, name)
        version = releasing.find(session, round_, number)
        basis = _basis(session, round_, version)
        found = _changed(session, round_, version, basis)
    with database.writing() as session:
        allow_thought(session)
        round_ = _hold(session, name)
        version = releasing.find(session, round_, number)
        if (now := _basis(session, round_, version)) != basis:
            found = _changed(session, round_, version, now)
        if version.state in releasing.UNFINISHED and found != Changed():
            raise _is_changed(name, number, verb, found)
        yield session, round_, version


def _is_changed(name: str, number: int, verb: str, found: Changed) -> Refused:
    return Refused(
        "release-changed",
        f"Versie {number} van ronde '{name}' kan niet worden {verb}: de gegevens zijn daarna veranderd. "
        f"{sentence(found)}",
        "Er is niets verloren: deze versie blijft bewaard. Maak een nieuwe versie en zeg waarom.",
    )


def sentence(found: Changed) -> str:
    """Say in Dutch what changed; names no advertiser and no outcome."""
    named = ", ".join(found.tests[:SHOWN]) + (" …" if len(found.tests) > SHOWN else "")
    number = formats.many(len(found.tests), "test telt", "tests tellen")
    tests = f"{number} nu anders ({named})." if found.tests else "Elke test telt nog hetzelfde."
    chapters = ", ".join(CHAPTERS.get(each, each) for each in found.chapters)
    return f"{tests} Anders zijn: {chapters}." if chapters else tests


CHAPTERS: Mapping[str, str] = {
    "result": "de uitkomst",
    "tables": "de tabellen",
    "excluded": "de tests die niet meetellen",
    "participation": "de deelname",
    "burden": "de belasting",
    "coding": "de codering",
    "protocol": "de opzet",
    "study": "het onderzoek",
    "policy": "de regels voor kleine vakjes",
    "research": "het onderzoeksbestand",
    "reports": "de terugkoppeling aan aanbieders",
    "retest": "voor en na",
}


def _basis(session: Session, round_: Round, version: Release | None = None) -> Basis:
    """Read what this version is made of, or the next one."""
    number = version.number if version else len(releasing.versions(session, round_)) + 1
    signed = (each for each in releasing.all_signed(session) if not version or each != version.id)
    return Basis(number, tuple(signed), round_.design, tables.load(session, round_.name))


def _frozen(session: Session, round_: Round, basis: Basis, reason: str | None) -> Frozen:
    table, before = basis.table, _earlier(session, round_)
    seen = releasing.seen(session, round_, before=basis.number)
    beside = _beside(session, round_, before, basis.number)
    made = document.make(table, [_before(each) for each in seen], basis.number, reason, beside)
    offices = retested.told_of(made, table)
    retest = {"of": before.id, "offices": offices} if before and offices else None
    text, rows = canonical(made), units.as_rows(units.units(table.rows, table.facts))
    return Frozen(text, digest(text), rows, retest, basis.digest)


def _hold(session: Session, name: str) -> Round:
    """The round, and the one that it re-tests, held: a version of that and one of this are not made at once."""
    round_ = releasing.hold(session, name)
    before = _earlier(session, round_)
    if before is not None:
        session.refresh(before, with_for_update={"key_share": True})
    return round_


def _earlier(session: Session, round_: Round) -> Round | None:
    return retests.earlier(session, from_canonical(round_.design), round_.planned_at)


def _beside(session: Session, round_: Round, before: Round | None, number: int) -> retested.Beside:
    groups = releasing.told_apart(session, round_, number)
    if before is None:
        return retested.Beside(groups)
    seen = [units.from_rows(each.basis["units"]) for each in releasing.seen(session, before)]
    return retested.Beside(groups, releasing.told_apart(session, before), seen)


def _before(version: Release) -> Before:
    return Before(units.from_rows(version.basis["units"]), _hidden(json.loads(version.document)))


def _hidden(told: Mapping[str, Any]) -> dict[str, Hidden]:
    """Return what a document hides of each table."""
    hidden: dict[str, Hidden] = {each["name"]: _of_table(each["shown"], each["parts"]) for each in told["tables"]}
    excluded = told["excluded"]
    hidden[units.EXCLUSION] = _of_table(excluded["tests"] is not None, excluded["reasons"])
    return hidden


def _of_table(shown: bool, parts: Sequence[Mapping[str, Any]]) -> Hidden:
    told = "counts" if parts and "counts" in parts[0] else "tests"
    name = "name" if told == "counts" else "reason"
    return frozenset(each[name] for each in parts if each[told] is None) if shown else None
