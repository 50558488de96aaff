"""Where the pages of the release of a request test get their versions: the same questions as of a round's."""

from dataclasses import dataclass

from orchestrator import request_views
from orchestrator.clock import Clock
from orchestrator.db import Database
from orchestrator.rounds import releasing, requesting
from portal.web.release_source import Version, counting, version_of
from results.disclosure import is_closed
from results.releases.steps import Changed
from results.request_releases import steps


@dataclass(frozen=True)
class RequestReleases:
    """Reads everything afresh for each page; each step is a transaction. It is a `Releases` of request tests."""

    database: Database
    clock: Clock

    def versions(self, round_name: str) -> tuple[Version, ...]:
        with self.database.reading() as session:
            found = releasing.versions(session, requesting.find(session, round_name))
            return tuple(map(version_of, found))

    def ready(self, round_name: str) -> bool:
        with self.database.reading() as session:
            return is_closed(requesting.find(session, round_name).state)

    def rounds(self) -> tuple[tuple[str, Version], ...]:
        with self.database.reading() as session:
            names = [each.name for each in request_views.rounds(session)]
        found = ((name, counting(self.versions(name))) for name in names)
        return tuple((name, version) for name, version in found if version)

    def changed(self, round_name: str, number: int) -> Changed:
        with self.database.reading() as session:
            return steps.changed(session, round_name, number)

    def draft(self, round_name: str, actor: str, reason: str | None) -> int:
        with self.database.writing() as session:
            return steps.draft(session, round_name, actor, self.clock.now(), reason).number

    def sign(self, round_name: str, number: int, actor: str) -> None:
        with self.database.writing() as session:
            steps.sign(session, round_name, number, actor, self.clock.now())

    def read(self, round_name: str, number: int, actor: str, remark: str) -> None:
        with self.database.writing() as session:
            steps.read(session, round_name, number, actor, self.clock.now(), remark)

    def release(self, round_name: str, number: int, actor: str) -> None:
        with self.database.writing() as session:
            steps.release(session, round_name, number, actor, self.clock.now())
