"""One hash over everything that goes out of a round: the outcome, the research file, and the report of each advertiser.

The seal is the SHA-256 of a manifest. The manifest names the outcome by its SHA-256, and every other part by a
commitment: the SHA-256 of 32 random bytes and the part. Without those bytes nobody can guess a part from the manifest,
however few tests it counts; with them anybody can see that the part is under the seal. Pure.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from profiles.errors import BadInput, Problem

MANIFEST, PROOF = "praktijktest-zegel/1", "praktijktest-bewijs/1"
PADDED_TO = 32
"""The manifest holds a multiple of so many commitments, so that it does not tell how many advertisers were tested."""
SALT_BYTES = 32

Salts = Callable[[], str]
"""Gives `SALT_BYTES` random bytes, in hexadecimal digits, another time others."""


def canonical(value: Mapping[str, Any]) -> str:
    """Return plain values as text that is the same wherever and whenever it is written."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def digest(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Part:
    """Something under the seal, with the salt that hides it from who has the manifest alone."""

    salt: str
    content: str

    @property
    def commitment(self) -> str:
        return hashlib.sha256(bytes.fromhex(self.salt) + self.content.encode()).hexdigest()


@dataclass(frozen=True)
class Opening:
    """What opens every commitment of a manifest; ``research`` is None for a round of which nothing could be computed.

    ``reports`` by advertiser, ``padding`` the salts of commitments to nothing.
    """

    research: Part | None
    reports: Mapping[str, Part]
    padding: tuple[str, ...]

    def commitments(self) -> list[str]:
        """Return the commitments of the reports and of the padding, in an order that tells nothing."""
        return sorted(part.commitment for part in (*self.reports.values(), *(Part(each, "") for each in self.padding)))


def opening(research: str | None, reports: Mapping[str, str], salts: Salts) -> Opening:
    """Give each part a salt, and add as many empty ones as are needed."""
    parts = {key: Part(salts(), content) for key, content in sorted(reports.items())}
    padding = tuple(salts() for _ in range(-len(parts) % PADDED_TO or (0 if parts else PADDED_TO)))
    return Opening(None if research is None else Part(salts(), research), parts, padding)


def manifest(round_: str, version: int, document: str, opened: Opening, made: Mapping[str, str]) -> str:
    """Return the manifest of a version; ``document`` is the digest of its outcome, ``made`` tells the programs."""
    return canonical(
        {
            "format": MANIFEST,
            "round": round_,
            "version": version,
            "document": document,
            "research": opened.research and opened.research.commitment,
            "reports": opened.commitments(),
            "made": dict(made),
        }
    )


def file_sums(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of each file by its path, as the canonical content of a part."""
    return canonical({path: hashlib.sha256(content).hexdigest() for path, content in files.items()})


def different(one: str, other: str) -> list[str]:
    """Return the paths that two lists of sums do not share with the same sum."""
    was, now = json.loads(one), json.loads(other)
    return sorted(path for path in was.keys() | now.keys() if was.get(path) != now.get(path))


def read_manifest(text: str) -> dict[str, Any]:
    """Read what `manifest` gave; ValueError or another error of reading for what it did not give."""
    told: dict[str, Any] = json.loads(text)
    lists = [each for name in ("reports", "made") for each in told[name]]
    if told["format"] != MANIFEST or not all(isinstance(each, str) for each in [told["round"], *lists]):
        raise ValueError("manifest")
    return told


@dataclass(frozen=True)
class Proof:
    """One part with all that is needed to see that it is under the seal; it opens no other part."""

    manifest: str
    part: Part

    @property
    def seal(self) -> str:
        return digest(self.manifest)

    @property
    def holds(self) -> bool:
        told = read_manifest(self.manifest)
        return self.part.commitment in (told["research"], *told["reports"])

    def text(self) -> str:
        """Return the proof as a file."""
        told = {"format": PROOF, "seal": self.seal, "manifest": self.manifest}
        told |= {"salt": self.part.salt, "content": self.part.content}
        return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def read_proof(text: str, file: str) -> Proof:
    """Read what `Proof.text` wrote. Raises `BadInput` for another file, and for one that does not hold."""
    try:
        told = json.loads(text)
        found = Proof(told["manifest"], Part(told["salt"], told["content"]))
        right = told["format"] == PROOF and told["seal"] == found.seal and found.holds
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _wrong("proof-unreadable", f"Dit is geen bewijs van Praktijktest: {error}.", file) from error
    if not right:
        message = "Dit bewijs klopt niet: zegel, lijst en inhoud horen niet bij elkaar."
        raise _wrong("proof-differs", message, file)
    return found


def _wrong(code: str, message: str, file: str) -> BadInput:
    return BadInput(
        Problem(code, message, file, remedy="Download het bestand opnieuw, of vraag het aan de onderzoekers.")
    )
