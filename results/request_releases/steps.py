"""The steps of the release of a request test, as `results.releases.steps` takes them for a round."""

import json
from datetime import datetime

from orchestrator.db import Database, Session
from orchestrator.models import Release, RequestRound
from orchestrator.rounds import releasing, request_releasing
from orchestrator.rounds.releasing import Frozen
from profiles.errors import Refused
from results.releases import units
from results.releases.steps import Changed
from results.request_releases import document
from results.seal import canonical, digest
from results.suppression import Before


def draft(database: Database, name: str, actor: str, now: datetime, reason: str | None = None) -> Release:
    """Make the next version of what is published of a request test, from what it says now."""
    with database.writing() as session:
        round_ = request_releasing.hold(session, name)
        request_releasing.check_purpose(session, round_)
        number = len(releasing.versions(session, round_)) + 1
        frozen = _frozen(session, round_, number, releasing.why_further(number, reason))
        return releasing.draft(session, round_, frozen, None, actor, now, reason)


def sign(database: Database, name: str, number: int, actor: str, now: datetime) -> None:
    """Sign a draft. Raises `Refused` when the request test changed since it was made."""
    with database.writing() as session:
        round_, version = _unchanged(session, name, number, "ondertekend")
        releasing.sign(session, round_, version, actor, now)


def read(database: Database, name: str, number: int, actor: str, now: datetime, remark: str = "") -> None:
    """Note that the municipality read a signed version."""
    with database.writing() as session:
        round_ = request_releasing.hold(session, name)
        releasing.read(session, round_, releasing.find(session, round_, number), actor, now, remark)


def release(database: Database, name: str, number: int, actor: str, now: datetime) -> None:
    """Release a version that was read. Raises `Refused` when the request test changed since it was signed."""
    with database.writing() as session:
        round_, version = _unchanged(session, name, number, "vrijgegeven")
        request_releasing.check_purpose(session, round_)
        releasing.release(session, round_, version, actor, now)


def changed(session: Session, name: str, number: int) -> Changed:
    """Say what of a version is no longer what the request test says; of its offices only how many, by number."""
    round_ = request_releasing.ready(session, name)
    version = releasing.find(session, round_, number)
    now = _frozen(session, round_, number, version.reason)
    was, is_ = json.loads(version.document), json.loads(now.document)
    chapters = tuple(sorted(key for key in was.keys() | is_.keys() if was.get(key) != is_.get(key)))
    return Changed(chapters, tuple(releasing.changed_units(version.basis["units"], now.basis)))


def _unchanged(session: Session, name: str, number: int, verb: str) -> tuple[RequestRound, Release]:
    round_ = request_releasing.hold(session, name)
    version, found = releasing.find(session, round_, number), changed(session, name, number)
    if version.state in releasing.UNFINISHED and (found != Changed()):
        raise Refused(
            "release-changed",
            f"Versie {number} van verzoektest '{name}' kan niet worden {verb}: de gegevens zijn daarna veranderd.",
            "Er is niets verloren: deze versie blijft bewaard. Maak een nieuwe versie en zeg waarom.",
        )
    return round_, version


def _frozen(session: Session, round_: RequestRound, number: int, reason: str | None) -> Frozen:
    earlier = [_before(each) for each in releasing.seen(session, round_, before=number)]
    text = canonical(document.make(round_, earlier, number, reason))
    return Frozen(text, digest(text), units.as_rows(document.counted(round_)))


def _before(version: Release) -> Before:
    return Before(units.from_rows(version.basis["units"]), document.hidden(json.loads(version.document)))
