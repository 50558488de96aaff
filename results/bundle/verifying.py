"""Compute the headline of a bundle again from its rows, and hold it against what the bundle says."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from math import isclose
from pathlib import Path

from pydantic import ValidationError

from orchestrator.design import Design, from_canonical
from orchestrator.text_file import decode_utf8
from profiles.errors import BadInput, Problem
from results.bundle.archive import AGAIN, opened
from results.bundle.headline import Headline, headline
from results.bundle.making import HEADLINE, PAIRS, PROOF, PROTOCOL, RESULTS
from results.bundle.reading import read_pairs
from results.seal import different, file_sums, read_proof
from results.tables import PairRow

Contents = dict[str, bytes]


@dataclass(frozen=True)
class Verified:
    """A bundle that is what it says: its round, digest and seed, how many files, its headline, and its seal if any."""

    round: str
    digest: str
    seed: int
    files: int
    headline: Headline
    seal: str | None


def verify(path: Path) -> Verified:
    """Check every checksum, the digest of the protocol, the headline, and the seal if there is one.

    Raises `BadInput` for what differs.
    """
    contents = opened(path)
    if missing := [name for name in (PROTOCOL, RESULTS, HEADLINE, PAIRS) if name not in contents]:
        raise _wrong("file-missing", "Er ontbreken bestanden in de bundel.", path, ", ".join(missing))
    design, digest = _design(contents, path)
    rows = read_pairs(_text(contents, PAIRS, path), f"{path}:{PAIRS}")
    published = _published(contents, path)
    # Looks that were opened have left less than the level of the design.
    level = published.get("level", design.analysis.level)
    computed = _computed(rows, design, level, path)
    _same(computed, published, path)
    return Verified(design.round, digest, design.seed, len(contents), computed, _seal(contents, path))


def _seal(contents: Contents, path: Path) -> str | None:
    """The seal under which these files are."""
    if PROOF not in contents:
        return None
    proof = read_proof(_text(contents, PROOF, path), f"{path}:{PROOF}")
    bound = file_sums({name: content for name, content in contents.items() if name != PROOF})
    if proof.part.content != bound:
        try:
            found = ", ".join(different(proof.part.content, bound))
        except (ValueError, AttributeError, RecursionError):
            found = PROOF  # whoever made it bound something else than sums of files
        raise _wrong("seal-differs", "Deze bestanden zijn niet die van het zegel.", path, found)
    return proof.seal


def _design(contents: Contents, path: Path) -> tuple[Design, str]:
    digest = hashlib.sha256(contents[PROTOCOL]).hexdigest()
    told = _told_digest(contents, path)
    if told != digest:
        message = "De onderzoeksopzet is niet die van de uitkomsten."
        raise _wrong("other-protocol", message, path, f"{digest}, en in {RESULTS} {told}")
    try:
        return from_canonical(_text(contents, PROTOCOL, path)), digest
    except ValidationError as error:
        raise _wrong("protocol-unreadable", "De onderzoeksopzet is niet te lezen.", path, str(error)[:200]) from error


def _told_digest(contents: Contents, path: Path) -> object:
    try:
        found = json.loads(_text(contents, RESULTS, path))
    except (ValueError, RecursionError) as error:
        raise _wrong("results-unreadable", f"{RESULTS} is niet te lezen.", path, str(error)[:200]) from error
    return found.get("design_digest") if isinstance(found, dict) else None


def _text(contents: Contents, name: str, path: Path) -> str:
    return decode_utf8(contents[name], f"{path}:{name}", "not-utf-8", AGAIN)


def _published(contents: Contents, path: Path) -> Headline:
    lines = csv.DictReader(StringIO(_text(contents, HEADLINE, path)))
    try:
        return {line["name"]: float(line["value"]) for line in lines}
    except (KeyError, ValueError, TypeError, csv.Error) as error:
        raise _wrong("headline-unreadable", f"{HEADLINE} is niet te lezen.", path, str(error)) from error


def _computed(rows: Sequence[PairRow], design: Design, level: float, path: Path) -> Headline:
    try:
        return headline(rows, design.question.approach, level)
    except (KeyError, ValueError, ArithmeticError) as error:
        message = f"Met de rijen van {PAIRS} is niets te berekenen."
        raise _wrong("rows-unfit", message, path, f"{type(error).__name__}: {error}"[:200]) from error


def _same(computed: Headline, published: Headline, path: Path) -> None:
    names = computed.keys() | published.keys()
    differ = sorted(
        name
        for name in names
        if name not in computed or name not in published or not isclose(computed[name], published[name], rel_tol=1e-9)
    )
    if differ:
        found = "; ".join(f"{name}: {published.get(name)}, nagerekend {computed.get(name)}" for name in differ)
        raise _wrong("headline-differs", "De uitkomst volgt niet uit de gegevens van de bundel.", path, found)


def _wrong(code: str, message: str, path: Path, found: str) -> BadInput:
    return BadInput(Problem(code, message, str(path), found=found, remedy=AGAIN))
