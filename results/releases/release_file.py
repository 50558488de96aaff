"""The release file: one ZIP from which every file of a release is made again, byte for byte, without a database.

It holds what every advertiser reads of itself, so it is for the researchers alone.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from importlib.resources import files as packaged
from io import BytesIO
from pathlib import Path
from typing import Any

from orchestrator.db import Session
from orchestrator.design import MOST_PAIRS
from orchestrator.design.kinds import ROUND_NAME, ROW_KEY
from orchestrator.rounds import lookup, releasing
from profiles.errors import BadInput, Problem, Refused
from results import disclosure, tables
from results.bundle import archive, zipped
from results.bundle.archive import unpacked
from results.bundle.making import PROOF, finished
from results.language import LANGUAGES
from results.paper import paper_of, typeset
from results.releases import binding, frozen_report, open_data, writing
from results.reports import render
from results.seal import Opening, Part, Proof, canonical, different, digest, file_sums, read_manifest

SEAL, MANIFEST, DOCUMENT, OPENING, README = "zegel.txt", "manifest.json", "document.json", "opening.json", "LEESMIJ.md"
SUMS, RESEARCH, REPORTS = "research.json", "research/", "reports/"
STYLE = "../stijl"
MOST_FILES = MOST_PAIRS + archive.MOST_FILES
"""A report of each advertiser, of whom there are no more than pairs, and the others."""
AGAIN = "Vraag het bestand opnieuw aan bij wie het maakte."


@dataclass(frozen=True)
class ReleaseFile:
    """All that a release is made of; ``research`` are the files of the research file that the seal binds."""

    manifest: str
    document: str
    opening: Opening
    research: Mapping[str, bytes]

    @property
    def seal(self) -> str:
        return digest(self.manifest)

    @property
    def told(self) -> dict[str, Any]:
        return read_manifest(self.manifest)

    @property
    def name(self) -> str:
        return f"{self.told['round']}-{self.told['version']}"


def of_version(session: Session, name: str, number: int) -> ReleaseFile:
    """Return what a version is made of, from the database. Raises `Refused` for what is not as it was sealed."""
    version = releasing.find(session, lookup.find(session, name), number)
    opened = binding.opening_of(session, version)
    if opened is None or version.manifest is None or version.seal is None:
        said = f"Versie {number} van ronde {name} heeft geen zegel: zij is van voordat er zegels waren."
        raise Refused("no-seal", said, f"Maak een nieuwe versie: praktijktest release draft {name}")
    research = binding.research_files(tables.load(session, name), tables.protocol(session, name))
    made = ReleaseFile(version.manifest, version.document, opened, research)
    if faults := list(_faults(made, contents(made), version.seal)):
        said = f"Versie {number} van ronde {name} is niet meer wat is verzegeld. Anders zijn: {', '.join(faults)}."
        remedy = "Gebruik het vrijgavebestand van toen, of maak een nieuwe versie en zeg waarom."
        raise Refused("release-changed", said, remedy)
    return made


def contents(of: ReleaseFile) -> dict[str, bytes]:
    """Return the files of the ZIP by path."""
    opened = of.opening
    salts = {key: part.salt for key, part in opened.reports.items()}
    told = {"research": opened.research and opened.research.salt, "reports": salts, "padding": list(opened.padding)}
    texts = {SEAL: f"{of.seal}\n", MANIFEST: of.manifest, DOCUMENT: of.document, OPENING: canonical(told)}
    texts |= {SUMS: opened.research.content} if opened.research else {}
    texts |= {f"{REPORTS}{key}.json": part.content for key, part in opened.reports.items()}
    made = "".join(f"* {name} {number}\n" for name, number in of.told["made"].items())
    texts[README] = _readme().format(name=of.name, seal=of.seal, made=made)
    research = {f"{RESEARCH}{path}": content for path, content in of.research.items()}
    return dict(sorted({**{path: text.encode() for path, text in texts.items()}, **research}.items()))


def _readme() -> str:
    return (packaged("results.releases") / "readme.md").read_text(encoding="utf-8")


def opened(path: Path) -> ReleaseFile:
    """Read the ZIP. Raises as `read`, and `BadInput` for what is no ZIP or too large."""
    return read(unpacked(path, path, MOST_FILES), str(path))


def read(found: Mapping[str, bytes], file: str) -> ReleaseFile:
    """Read the files of the ZIP. Raises `BadInput` with every part that is not what the seal binds."""
    try:
        made, seal = _read(found), found[SEAL].decode().strip()
        faults = list(_faults(made, found, seal))
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        message = f"Dit is geen vrijgavebestand, of er ontbreekt iets aan: {error}."
        raise BadInput(Problem("release-file-unreadable", message, file, remedy=AGAIN)) from error
    if faults:
        message = f"Dit is niet wat onder het zegel {seal} ligt."
        raise BadInput(Problem("seal-differs", message, file, found=", ".join(faults), remedy=AGAIN))
    return made


def _read(found: Mapping[str, bytes]) -> ReleaseFile:
    salts = json.loads(found[OPENING])
    research = {path.removeprefix(RESEARCH): content for path, content in found.items() if path.startswith(RESEARCH)}
    reports = {
        key: Part(salt, found.get(f"{REPORTS}{key}.json", b"").decode()) for key, salt in salts["reports"].items()
    }
    part = Part(salts["research"], found[SUMS].decode()) if salts["research"] else None
    opened = Opening(part, reports, tuple(salts["padding"]))
    return ReleaseFile(found[MANIFEST].decode(), found[DOCUMENT].decode(), opened, research)


def _faults(made: ReleaseFile, found: Mapping[str, bytes], seal: str) -> Iterator[str]:
    """The paths that differ from what is sealed; those that nothing binds are named as well."""
    told, opened, expected = made.told, made.opening, contents(made)
    if made.seal != seal:
        yield MANIFEST
    if not re.fullmatch(ROUND_NAME, told["round"]) or type(told["version"]) is not int:
        yield MANIFEST
    # A key becomes the name of a file.
    yield from (f"{REPORTS}{key}.json" for key in opened.reports if not re.fullmatch(ROW_KEY, key))
    if digest(made.document) != told["document"]:
        yield DOCUMENT
    if (opened.research and opened.research.commitment) != told["research"]:
        yield SUMS
    sums = opened.research.content if opened.research else "{}"
    yield from (f"{RESEARCH}{path}" for path in different(sums, file_sums(made.research)))
    bound = set(told["reports"])
    yield from (f"{REPORTS}{key}.json" for key, part in opened.reports.items() if part.commitment not in bound)
    if opened.commitments() != told["reports"]:
        yield OPENING
    yield from (path for path in found if path not in expected or (path == README and found[path] != expected[path]))


def made_again(of: ReleaseFile) -> dict[str, bytes]:
    """Return every file that goes out with the release, by path: outcome, reports of advertisers, research file."""
    return {**_outcome(of), **_reports(of), **_research(of)}


def _outcome(of: ReleaseFile) -> dict[str, bytes]:
    made = {f"uitkomst/{of.name}.{kind}": writing.written(of.document, kind) for kind in ("json", "csv")}
    for language in LANGUAGES:
        made[f"uitkomst/{of.name}-{language}.pdf"] = writing.written(of.document, "pdf", language, of.seal)
    if json.loads(of.document)["study"]["mode"] == disclosure.REHEARSAL:
        return made
    public = open_data.files_of(of.document, of.seal)
    return made | {f"open-data/{name}": content for name, content in public.items()}


def _reports(of: ReleaseFile) -> dict[str, bytes]:
    return {
        f"terugkoppeling/{key}{end}": content
        for key, part in of.opening.reports.items()
        for end, content in own_files(Proof(of.manifest, part), f"{REPORTS}{key}.json").items()
    }


def own_files(proof: Proof, file: str) -> dict[str, bytes]:
    """Return the files that an advertiser gets, by the end of their name; pages have their style beside their folder.

    Raises `BadInput` naming ``file`` when the part under the seal is no report.
    """
    made = {"-bewijs.json": proof.text().encode()}
    for language in LANGUAGES:
        report = frozen_report.thaw(proof.part.content, language, proof.seal, file)
        made[f"-{language}.pdf"] = typeset(paper_of(report))
        made[f"-{language}.html"] = render(report, assets=STYLE).encode()
    return made


def _research(of: ReleaseFile) -> dict[str, bytes]:
    if of.opening.research is None:
        return {}
    proof = Proof(of.manifest, of.opening.research)
    return {f"onderzoeksbestand/{of.told['round']}.zip": zipped(finished(of.research, proof.text()))}


def other_programs(manifest: str) -> dict[str, tuple[str, str]]:
    """Return the programs of which another version made the release: (then, here). Their files may differ in bytes."""
    made, here = read_manifest(manifest)["made"], {name: installed(name) for name in binding.PROGRAMS}
    return {name: (str(made.get(name)), version) for name, version in here.items() if made.get(name) != version}


def which(content: bytes, made: Mapping[str, bytes]) -> str | None:
    """Return the path of the file with exactly these bytes."""
    sums = {hashlib.sha256(each).digest(): path for path, each in made.items()}
    return sums.get(hashlib.sha256(content).digest())


def seal_on(content: bytes) -> str | None:
    """Return the seal that a file says it is under, whether that is so or not: a PDF, a research file or a proof."""
    if content.startswith(b"PK"):
        content = unpacked(BytesIO(content), Path("zip")).get(PROOF, b"")
    found = re.search(rb'(?:praktijktest-zegel:|"seal": ")([0-9a-f]{64})', content)
    return found and found[1].decode()
