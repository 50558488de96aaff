"""Where the pages of a release get their versions, and how they take a step."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from orchestrator import takings, views
from orchestrator.clock import Clock
from orchestrator.db import Database, Session
from orchestrator.models import Release, ReleaseState
from orchestrator.rounds import lookup, releasing
from results.disclosure import is_closed
from results.releases import release_file, steps
from results.releases.steps import Changed


@dataclass(frozen=True)
class Version:
    """A version of what is published of a round; ``text`` is the document as it was frozen.

    ``seal`` binds it with all else that goes out; a version from before there were seals has none.
    """

    number: int
    state: ReleaseState
    reason: str | None
    text: str
    digest: str
    took: tuple[tuple[str, str, datetime], ...]
    remark: str | None
    seal: str | None = None

    @property
    def document(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.text)
        return told

    @property
    def readable(self) -> bool:
        """Whether it was signed: before that it is for the researchers alone."""
        return any(step == "signed" for step, _, _ in self.took)


class Releases(Protocol):
    """What the pages ask of releases. Raises `Refused` for what may not be, with a code "unknown-…" for no round."""

    def versions(self, round_name: str) -> Sequence[Version]: ...

    def ready(self, round_name: str) -> bool:
        """Say whether the round is closed, so that there is something to release."""
        ...

    def rounds(self) -> Sequence[tuple[str, Version]]:
        """Return each round of which a version was signed, with the one that counts now."""
        ...

    def changed(self, round_name: str, number: int) -> Changed:
        """Say what a version no longer says as the round does."""
        ...

    def draft(self, round_name: str, actor: str, reason: str | None) -> int: ...

    def sign(self, round_name: str, number: int, actor: str) -> None: ...

    def read(self, round_name: str, number: int, actor: str, remark: str) -> None: ...

    def release(self, round_name: str, number: int, actor: str) -> None: ...


class SealedReleases(Releases, Protocol):
    """Releases of rounds: with a seal on all that goes out beside the document."""

    def release_file(self, round_name: str, number: int, person: str) -> Mapping[str, bytes]:
        """Return the files of which all that goes out with a version is made again, and write down who took them."""
        ...


def counting(versions: Sequence[Version]) -> Version | None:
    """Return the version that counts: the released one, else the last that was signed."""
    signed = [each for each in versions if each.readable]
    released = [each for each in signed if each.state is ReleaseState.RELEASED]
    return next(reversed(released or signed), None)


class Steps(Protocol):
    """The steps of a release, with the figures of the moment: a module of them for each kind of round.

    Each is a transaction of its own, with before it what takes long.
    """

    def changed(self, session: Session, name: str, number: int) -> Changed: ...

    def draft(self, database: Database, name: str, actor: str, now: datetime, reason: str | None) -> Release: ...

    def sign(self, database: Database, name: str, number: int, actor: str, now: datetime) -> None: ...

    def read(self, database: Database, name: str, number: int, actor: str, now: datetime, remark: str) -> None: ...

    def release(self, database: Database, name: str, number: int, actor: str, now: datetime) -> None: ...


@dataclass(frozen=True)
class StepTaker:
    """Takes the steps of one kind of round."""

    database: Database
    clock: Clock
    steps: Steps

    def changed(self, round_name: str, number: int) -> Changed:
        with self.database.reading() as session:
            return self.steps.changed(session, round_name, number)

    def draft(self, round_name: str, actor: str, reason: str | None) -> int:
        return self.steps.draft(self.database, round_name, actor, self.clock.now(), reason).number

    def sign(self, round_name: str, number: int, actor: str) -> None:
        self.steps.sign(self.database, round_name, number, actor, self.clock.now())

    def read(self, round_name: str, number: int, actor: str, remark: str) -> None:
        self.steps.read(self.database, round_name, number, actor, self.clock.now(), remark)

    def release(self, round_name: str, number: int, actor: str) -> None:
        self.steps.release(self.database, round_name, number, actor, self.clock.now())


def readable(releases: Releases, names: Iterable[str]) -> tuple[tuple[str, Version], ...]:
    """Return each of these rounds of which a version was signed, with the one that counts now."""
    found = ((name, counting(releases.versions(name))) for name in names)
    return tuple((name, version) for name, version in found if version)


@dataclass(frozen=True)
class DatabaseReleases(StepTaker):
    """Reads everything afresh for each page; each step is a transaction."""

    steps: Steps = steps

    def versions(self, round_name: str) -> tuple[Version, ...]:
        with self.database.reading() as session:
            return tuple(map(version_of, releasing.versions(session, lookup.find(session, round_name))))

    def ready(self, round_name: str) -> bool:
        with self.database.reading() as session:
            return is_closed(lookup.find(session, round_name).state)

    def rounds(self) -> tuple[tuple[str, Version], ...]:
        with self.database.reading() as session:
            names = [each.name for each in views.summaries(session)]
        return readable(self, names)

    def release_file(self, round_name: str, number: int, person: str) -> Mapping[str, bytes]:
        with self.database.reading() as session:
            made = release_file.contents(release_file.of_version(session, round_name, number))
        with self.database.writing() as session:
            takings.take(session, round_name, person, self.clock.now())
        return made


def version_of(row: Release) -> Version:
    """Return a version as the pages show it, with the steps that were taken."""
    took = (
        ("drafted", row.drafted_by, row.drafted_at),
        ("signed", row.signed_by, row.signed_at),
        ("read", row.read_by, row.read_at),
        ("released", row.released_by, row.released_at),
    )
    done = tuple((step, who, when) for step, who, when in took if who and when)
    return Version(row.number, row.state, row.reason, row.document, row.digest, done, row.remark, row.seal)
