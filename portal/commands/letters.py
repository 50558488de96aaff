"""The letters of a round, for the person who approves them."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from orchestrator.design import from_canonical
from orchestrator.rounds import likeness, lookup
from portal.commands import house
from profiles import parity
from profiles.errors import Refused
from profiles.pairs import Arm
from profiles.parity import LetterPair

out = Console(soft_wrap=True)
HEADS = {Arm.CONTROL: "controleprofiel", Arm.TREATMENT: "testprofiel"}


def preview(name: str, code: str | None, most: int) -> None:
    """Print the two letters of each pair side by side."""
    with house.reading() as (session, _):
        pairs = likeness.letter_pairs(session, lookup.find(session, name))
    chosen = [pair for pair in pairs if code in (None, pair.code)][:most]
    if not chosen:
        raise Refused("unknown-pair", f"Ronde '{name}' heeft geen test {code}.", "Zie pairs.csv of status.")
    for pair in chosen:
        Console(width=max(out.width, 100)).print(_side_by_side(pair))
    out.print(f"{len(chosen)} van {len(pairs)} tests getoond.")


def check(name: str) -> None:
    """Print how far each marker follows the arm; raise `Refused` when the arms differ in more than the signal."""
    with house.reading() as (session, _):
        round_ = lookup.find(session, name)
        pairs = likeness.letter_pairs(session, round_)
        _print_leanings(parity.leanings(pairs))
        likeness.require(session, round_)
        level = from_canonical(round_.design).letters.level
    out.print(f"{len(pairs)} tests op niveau {level.value}: de brieven verschillen alleen in het signaal.")


def _side_by_side(pair: LetterPair) -> Table:
    table = Table(title=f"{pair.code}  {pair.dwelling.street}", box=SIMPLE_HEAD, expand=True)
    for arm in Arm:
        written = pair.letters[arm]
        table.add_column(f"{HEADS[arm]}: {written.profile.full_name} (versie {written.variant})", ratio=1)
    table.add_row(*(Text(pair.letters[arm].letter.subject, style="bold") for arm in Arm))
    table.add_row(*(Text(pair.letters[arm].letter.body) for arm in Arm))
    return table


def _print_leanings(leanings: tuple[parity.Leaning, ...]) -> None:
    table = Table(Column("kenmerk", no_wrap=True), "controle", "test", "z", title="Kenmerken van de brieven",
                  box=SIMPLE_HEAD)  # fmt: skip
    for leaning in leanings:
        table.add_row(leaning.marker, f"{leaning.control:.2f}", f"{leaning.treatment:.2f}", f"{leaning.z:.2f}")
    out.print(table)
    out.print(
        f"z is de scheefheid over {leanings[0].n} tests; boven {parity.MOST_LEANING:.0f} is het geen toeval meer."
    )
