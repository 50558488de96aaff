"""The released document of a request test as its pages draw it: the blocks of its paper, and a line for each."""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.models import ReleaseState
from portal.web.release_source import Version
from results.language import written_in
from results.paper.blocks import Block, Heading
from results.request_releases import paper


def lines(found: Sequence[tuple[str, Version]]) -> list[Mapping[str, Any]]:
    """Return the documents of real request tests that were released with their figures: a line each, by ground."""
    documents = [version.document for _, version in found if version.state is ReleaseState.RELEASED]
    told = [each for each in documents if each["result"]["shown"] and each["study"]["mode"] == "live"]
    return sorted(told, key=lambda each: (each["study"]["groundName"], each["protocol"]["lastDay"], each["round"]))


def leads(found: Sequence[tuple[str, Version]], language: str) -> list[tuple[str, Version, Block]]:
    """Return of each request test with a version to read that version and the sentence it is about."""
    with written_in(language):
        return [(name, version, paper.lead(version.document)) for name, version in found]


def cards(blocks: Sequence[Block]) -> list[tuple[str, list[tuple[str, Block]]]]:
    """Return the blocks under their headings, each with what it is; those before the first have no heading."""
    found: list[tuple[str, list[tuple[str, Block]]]] = [("", [])]
    for block in blocks:
        if isinstance(block, Heading):
            found.append((block.text, []))
        else:
            found[-1][1].append((type(block).__name__.lower(), block))
    return found
