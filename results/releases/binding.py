"""What the seal of a version binds beside its document: the research file, and the report of each advertiser."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from typing import Any

from orchestrator.db import Session
from orchestrator.models import Release, Round
from orchestrator.rounds import releasing
from orchestrator.rounds.releasing import Sealed
from results import tables
from results.bundle.headline import headline
from results.bundle.making import unsealed
from results.releases import frozen_report
from results.reports import Report
from results.seal import Opening, Part, Proof, Salts, digest, file_sums, manifest, opening, read_manifest
from results.tables import RoundTable

PROGRAMS = ("praktijktest", "typst")
"""What makes the files: under another version of these a file may come out with other bytes."""


@dataclass(frozen=True)
class Bound:
    """The parts beside the document: the files of the research file by path, and the frozen reports by advertiser."""

    files: Mapping[str, bytes]
    reports: Mapping[str, str]

    @property
    def research(self) -> str | None:
        return file_sums(self.files) if self.files else None


def bound(table: RoundTable, protocol: str) -> Bound:
    """Return the parts as these rows of the round say them; without usable pairs there is no research file."""
    return Bound(research_files(table, protocol), frozen_report.freeze(table))


def research_files(table: RoundTable, protocol: str) -> dict[str, bytes]:
    """Return the files of the research file that a seal binds; none of a round of which nothing can be computed."""
    told = tables.at_the_end(table)
    return unsealed(table, protocol) if headline(told.rows, told.facts.approach, told.facts.level) else {}


def seal(round_: str, number: int, document: str, parts: Bound, salts: Salts) -> Sealed:
    """Bind a version; ``document`` is the digest of what the municipality reads."""
    opened = opening(parts.research, parts.reports, salts)
    text = manifest(round_, number, document, opened, programs())
    kept: dict[str, Any] = {
        "research": opened.research and {"salt": opened.research.salt, "content": opened.research.content},
        "padding": list(opened.padding),
    }
    reports = {key: releasing.Report(part.salt, part.content) for key, part in opened.reports.items()}
    return Sealed(text, digest(text), kept, reports)


def programs() -> dict[str, str]:
    """Return the versions of what makes the files."""
    return {each: installed(each) for each in PROGRAMS}


def opening_of(session: Session, version: Release) -> Opening | None:
    """Return what opens the manifest of a version; None of a version without a seal."""
    if version.opening is None:
        return None
    research = version.opening["research"]
    reports = {key: Part(each.salt, each.content) for key, each in releasing.reports(session, version).items()}
    return Opening(Part(**research) if research else None, reports, tuple(version.opening["padding"]))


def is_whole(session: Session, version: Release) -> bool:
    """Say whether the parts of a version are kept as its seal binds them."""
    opened = opening_of(session, version)
    if opened is None or version.manifest is None or digest(version.manifest) != version.seal:
        return False
    told = read_manifest(version.manifest)
    research = opened.research and opened.research.commitment
    return (research, opened.commitments()) == (told["research"], told["reports"])


def changed(session: Session, version: Release, now: Bound) -> tuple[str, ...]:
    """Say which parts are no longer as they were bound: "research", "reports"."""
    was = opening_of(session, version)
    if was is None:
        return ()
    research = was.research.content if was.research else None
    kept = {key: part.content for key, part in was.reports.items()}
    parts = {"research": research != now.research, "reports": kept != dict(now.reports)}
    return tuple(name for name, differs in parts.items() if differs)


def research_proof(version: Release | None, files: Mapping[str, bytes]) -> Proof | None:
    """Return the proof that these files are under the seal of a version; None when they are not those it binds."""
    if version is None or version.manifest is None or version.opening is None:
        return None
    part = version.opening["research"] and Part(**version.opening["research"])
    return Proof(version.manifest, part) if part and part.content == file_sums(files) else None


@dataclass(frozen=True)
class Released:
    """The report of an advertiser as it was released, and the proof that it is under the seal."""

    report: Report
    proof: Proof


def released_report(session: Session, round_: Round, advertiser: str, language: str) -> Released | None:
    """Return the report of an advertiser in the version that is released now; None when none is, or without a seal."""
    version = releasing.released(session, round_)
    kept = releasing.reports(session, version, advertiser).get(advertiser) if version else None
    if version is None or version.manifest is None or kept is None:
        return None
    report = frozen_report.thaw(kept.content, language, version.seal)
    return Released(report, Proof(version.manifest, Part(kept.salt, kept.content)))


def counting(session: Session, round_: Round) -> Release | None:
    """Return the version that counts: the released one, else the last that was signed."""
    signed = releasing.seen(session, round_)
    return releasing.released(session, round_) or next(reversed(signed), None)
