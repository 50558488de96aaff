"""Which released outcomes are open data: those of real rounds, in the order of their release."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.web.release_source import Releases, Version
from results import disclosure
from results.releases.catalogue import Published


@dataclass(frozen=True)
class Listed:
    """A released version of a round; one that was replaced says by which in ``published``."""

    round: str
    number: int
    released: datetime
    document: dict[str, Any]
    published: Published


@dataclass(frozen=True)
class OpenReleases:
    """The released versions of all real rounds; figures of a rehearsal would be taken for real ones."""

    releases: Releases

    def listed(self) -> tuple[Listed, ...]:
        found = (each for name, _ in self.releases.rounds() for each in self._of(name))
        return tuple(sorted(found, key=lambda each: (each.released, each.round, each.number)))

    def _of(self, name: str) -> list[Listed]:
        versions = [(each, when) for each in self.releases.versions(name) if (when := _released(each))]
        real = [pair for pair in versions if pair[0].document["study"]["mode"] != disclosure.REHEARSAL]
        numbers = [None, *(each.number for each, _ in real), None]
        return [
            Listed(name, each.number, when, each.document, Published(each.text, when.date(), before, after, each.seal))
            for (each, when), before, after in zip(real, numbers, numbers[2:], strict=False)
        ]


def _released(version: Version) -> datetime | None:
    return next((when for step, _, when in version.took if step == "released"), None)
