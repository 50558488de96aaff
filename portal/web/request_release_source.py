"""Where the pages of the release of a request test get their versions: the same questions as of a round's."""

from dataclasses import dataclass

from orchestrator import request_views
from orchestrator.rounds import releasing, requesting
from portal.web.release_source import Steps, StepTaker, Version, readable, version_of
from results.disclosure import is_closed
from results.request_releases import steps


@dataclass(frozen=True)
class RequestReleases(StepTaker):
    """Reads everything afresh for each page; each step is a transaction. It is a `Releases` of request tests."""

    steps: Steps = steps

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
        return readable(self, names)
