"""The letters that go next, and the state of the house, in the terminal."""

from collections.abc import Sequence

from rich.console import Console

from orchestrator import ahead, status
from orchestrator.enrolment import ZONE
from orchestrator.rounds import lookup
from orchestrator.status import Chapter
from portal.commands import house

out = Console(soft_wrap=True, markup=False, highlight=False)


def print_ahead(name: str, number: int) -> None:
    """Print the next letters of a round and why each waits; never of which applicant they are."""
    with house.reading() as (session, now):
        coming = ahead.letters(session, lookup.find(session, name), now, number)
    if not coming:
        out.print(f"In ronde {name} gaat geen reactie meer uit. Zie praktijktest status {name}")
        return
    for each in coming:
        at = f"{each.at.astimezone(ZONE):%d-%m-%Y %H:%M}"
        out.print(f"{at}  {each.pair}  {each.order} van {each.of}  {each.why}")
        out.print(f"{'':18}{each.advertiser}, {each.listing} ({each.channel})")


def print_chapters(chapters: Sequence[Chapter]) -> None:
    """Print how the house is: first the sum, then every fact on a line of its own."""
    out.print(status.summary(chapters))
    for chapter in chapters:
        out.print(f"\n{chapter.heading}")
        for fact in chapter.facts:
            out.print(f"  {'goed ' if fact.works else 'LET OP'} {status.sentence(fact)}")
