"""What the simulated market is given, and what it answers: the market is a program of its own that reads files."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.intake import ListingRow, Participant
from orchestrator.planned import PlannedLetter, PlannedPair
from profiles.errors import Refused
from profiles.pairs import Arm

PARTICIPANTS, LISTINGS, LETTERS = "participants.csv", "listings.csv", "letters.csv"
_PEOPLE = ("advertiser", "name", "kind", "email", "channel")
_HOMES = ("listing", "advertiser", "street", "city", "rent", "reference")
_LETTERS = ("listing", "applicant", "mailbox", "at")


@dataclass(frozen=True)
class Replies:
    """The answers of many markets: names of the kinds, whether each name sounds Dutch, and the rounds."""

    kinds: tuple[str, ...]
    dutch: tuple[bool, ...]
    rounds: tuple[Mapping[str, Any], ...]


def write_world(folder: Path, participants: Sequence[Participant], listings: Sequence[ListingRow]) -> None:
    """Write who advertises what, as the market reads it, whatever form the files of the researcher had."""
    people = ((each.advertiser, each.name, each.kind.value, each.email, each.channel.value) for each in participants)
    homes = ((each.listing, each.advertiser, each.street, each.city, each.rent, each.reference) for each in listings)
    _write(folder / PARTICIPANTS, _PEOPLE, people)
    _write(folder / LISTINGS, _HOMES, homes)


def write_letters(folder: Path, pairs: Iterable[PlannedPair]) -> None:
    """Write the letters of all pairs, control before treatment; nothing in the file tells which is which."""
    letters = ((pair.listing, letter) for pair in pairs for _, letter in sorted(pair.letters.items(), key=_place))
    rows = ((listing, letter.applicant, letter.mailbox, letter.at.isoformat()) for listing, letter in letters)
    _write(folder / LETTERS, _LETTERS, rows)


def _place(written: tuple[Arm, PlannedLetter]) -> int:
    return list(Arm).index(written[0])


def market_rounds(folder: Path, *, rounds: int, seed: int, bias: float, temper: Sequence[str]) -> Replies:
    """Let the market answer the letters of the folder in so many rounds; raises `Refused` with what it said."""
    answers = folder / "answers.jsonl"
    command = [
        sys.executable, "-m", "market.rounds",
        "--participants", folder / PARTICIPANTS, "--listings", folder / LISTINGS, "--letters", folder / LETTERS,
        "--rounds", rounds, "--seed", seed, "--bias", bias, *temper, "--out", answers,
    ]  # fmt: skip
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise Refused("market-refused", f"De gesimuleerde markt kan dit niet spelen: {done.stderr.strip()}")
    with answers.open(encoding="utf-8") as lines:
        head = json.loads(next(lines))
        found = tuple(json.loads(line) for line in lines)
    answers.unlink()
    return Replies(tuple(head["kinds"]), tuple(head["dutch"]), found)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)
