"""Answer one file of letters in many markets, without any mail: ``python -m market.rounds --help``.

Every round is a market of its own seed, with leanings and habits of its own, that decides and waits exactly as the
market that answers real mail. Nothing is written for anybody to read; only what an answer says, and after how long.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from market.habits import loses
from market.hearing import hear
from market.minds import Kind
from market.office import Market, answered_at, answering, decision, open_market
from market.temper import Temper, add_options, chosen
from market.world import Listing, MarketError, World, read_world

COLUMNS = ("listing", "applicant", "mailbox", "at")
KINDS = tuple(Kind)
_HOUR = 3600


@dataclass(frozen=True)
class Letter:
    """One letter as the market sees it: the listing, whether the name sounds Dutch, the mailbox, and when it comes."""

    listing: Listing
    dutch: bool
    mailbox: str
    at: datetime


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the answers; 0 when done, 2 for bad input."""
    options = _options(arguments)
    try:
        world = read_world(options.participants, options.listings)
        letters = read_letters(options.letters, world)
        rounds = play(world, letters, range(options.seed, options.seed + options.rounds), options.bias, chosen(options))
        _write(options.out, letters, rounds)
    except MarketError as error:
        print(f"market: {error}", file=sys.stderr)
        return 2
    return 0


def read_letters(path: Path, world: World) -> tuple[Letter, ...]:
    """Read the letters (CSV: listing, applicant, mailbox, at); raises MarketError naming file and line."""
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = csv.DictReader(stream)
            if missing := [column for column in COLUMNS if column not in (rows.fieldnames or ())]:
                raise MarketError(f"{path}:1: de kolom '{missing[0]}' ontbreekt.")
            letters = tuple(_letter(f"{path}:{rows.line_num}", row, world) for row in rows)
    except OSError as error:
        raise MarketError(f"{path}: kan het bestand niet lezen ({error.strerror}).") from error
    if not letters:
        raise MarketError(f"{path}: er staat geen enkele brief in.")
    return letters


def _letter(where: str, row: dict[str, str], world: World) -> Letter:
    listing = world.listings.get(row["listing"])
    if listing is None:
        raise MarketError(f"{where}: advertentie '{row['listing']}' staat niet in het advertentiebestand.")
    try:
        at = datetime.fromisoformat(row["at"])
    except ValueError as error:
        raise MarketError(f"{where}: '{row['at']}' is geen tijd.") from error
    if at.tzinfo is None:
        raise MarketError(f"{where}: '{row['at']}' heeft geen tijdzone.")
    return Letter(listing, hear(row["applicant"]).dutch, row["mailbox"], at)


def play(
    world: World, letters: Sequence[Letter], seeds: Sequence[int], bias: float, temper: Temper
) -> Iterator[dict[str, Any]]:
    """The answers of one market per seed, in the order of the letters.

    ``kinds`` are places in `KINDS`, ``hours`` the time until a person answers (None when nobody does) and ``bias`` what
    each advertiser truly does, by key.
    """
    for seed in seeds:
        market = open_market(world, bias=bias, seed=seed, temper=temper)
        answers = [answer(market, letter) for letter in letters]
        yield {
            "seed": seed,
            "bias": {key: leaning.bias for key, leaning in market.leanings.items()},
            "kinds": [KINDS.index(kind) for kind, _ in answers],
            "hours": [hours for _, hours in answers],
        }


def answer(market: Market, letter: Letter) -> tuple[Kind, float | None]:
    """What a first letter about a listing leads to, and after how many hours a person answers it."""
    listing = letter.listing
    advertiser = market.world.advertisers[listing.advertiser]
    habit, chance = market.habits[advertiser.key], answering(market, listing, letter.mailbox)
    if advertiser.channel == "smtp" and loses(habit, chance):
        return Kind.BOUNCE, None
    kind = decision(market, listing, letter.mailbox, dutch=letter.dutch)
    if kind is Kind.SILENCE:
        return kind, None
    return kind, round((answered_at(habit, chance, letter.at) - letter.at).total_seconds() / _HOUR, 3)


def _write(path: Path, letters: Sequence[Letter], rounds: Iterator[dict[str, Any]]) -> None:
    """One line of JSON for the names of the kinds and how each name sounds, then one line for each round."""
    head = {"kinds": [kind.value for kind in KINDS], "dutch": [letter.dutch for letter in letters]}
    try:
        with path.open("w", encoding="utf-8") as stream:
            stream.write(json.dumps(head) + "\n")
            for each in rounds:
                stream.write(json.dumps(each, separators=(",", ":")) + "\n")
    except OSError as error:
        raise MarketError(f"{path}: kan het bestand niet schrijven ({error.strerror}).") from error


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m market.rounds", description="Beantwoord een bestand met brieven in vele markten, zonder mail."
    )
    add = parser.add_argument
    add("--participants", type=Path, required=True, metavar="CSV", help="deelnemersbestand")
    add("--listings", type=Path, required=True, metavar="CSV", help="advertentiebestand")
    add("--letters", type=Path, required=True, metavar="CSV", help=f"de brieven: {', '.join(COLUMNS)}")
    add("--rounds", type=int, default=1000, metavar="N", help="zoveel markten")
    add("--seed", type=int, default=1, metavar="N", help="startgetal van de eerste markt; elke volgende is één meer")
    add("--bias", type=float, default=0.15, metavar="B", help="gemiddelde nettodiscriminatie")
    add("--out", type=Path, required=True, metavar="JSONL", help="hier komen de antwoorden")
    add_options(parser)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
