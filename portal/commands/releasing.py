"""``praktijktest release``: the steps by which an outcome goes out, from the command line."""

import json
from pathlib import Path

from rich.console import Console

from orchestrator.models import Release
from orchestrator.rounds import lookup, releasing
from orchestrator.settings import Settings
from portal.commands import house
from portal.commands.outputs import must_be
from profiles.errors import Refused
from results import disclosure
from results.language import DUTCH, LANGUAGES
from results.releases import catalogue, files, steps, writing
from results.releases.open_data import files_of

out = Console(soft_wrap=True, markup=False, highlight=False)


def draft(name: str, actor: str, reason: str | None) -> None:
    database, now = house.opened()
    made = steps.draft(database, name, actor, now, reason)
    out.print(f"Versie {made.number} van ronde {name} is gemaakt als concept, vingerafdruk {made.digest[:12]}.")
    out.print(f"Haar zegel: {made.seal}")
    out.print(f"Een ander dan {actor} ondertekent: praktijktest release sign {name} {made.number} --by NAAM")


def sign(name: str, number: int, actor: str) -> None:
    database, now = house.opened()
    steps.sign(database, name, number, actor, now)
    out.print(f"Versie {number} van ronde {name} is ondertekend. De gemeente kan haar nu lezen.")


def read(name: str, number: int, actor: str, remark: str) -> None:
    database, now = house.opened()
    steps.read(database, name, number, actor, now, remark)
    out.print(f"Genoteerd: {actor} las versie {number} van ronde {name} namens de gemeente.")


def publish(name: str, number: int, actor: str) -> None:
    database, now = house.opened()
    steps.release(database, name, number, actor, now)
    out.print(f"Versie {number} van ronde {name} is vrijgegeven.")


def show(name: str) -> None:
    with house.reading() as (session, _):
        versions = releasing.versions(session, lookup.find(session, name))
        lines = [_line(each) for each in versions]
    out.print("\n".join(lines) or f"Van ronde {name} is er nog geen versie: praktijktest release draft {name}")


def write(name: str, number: int, folder: Path, kind: str | None = None, language: str = DUTCH) -> None:
    """Write the frozen document as JSON and as CSV, or as one kind of file."""
    must_be(kind or "json", files.TYPES, "unknown-format", "Deze vorm kennen we niet.")
    must_be(language, LANGUAGES, "unknown-language", "Deze taal spreken de uitkomsten niet.")
    with house.reading() as (session, _):
        version = releasing.find(session, lookup.find(session, name), number)
        text, seal = version.document, version.seal
    for each in (kind,) if kind else ("json", "csv"):
        path = folder / f"{name}-{number}.{each}"
        house.write(path, writing.written(text, each, language, seal))
        out.print(f"Geschreven: {path}")


def open_data(name: str, number: int, folder: Path) -> None:
    """Write what a released version has as open data, and the record for a data portal."""
    with house.reading() as (session, _):
        round_ = lookup.find(session, name)
        version = releasing.find(session, round_, number)
        if version.released_at is None:
            said = f"Versie {number} van ronde {name} is {releasing.STATES[version.state]}, niet vrijgegeven."
            raise Refused("not-released", said, f"Geef haar eerst vrij: praktijktest release publish {name} {number}")
        if files.read(version.document)["study"]["mode"] == disclosure.REHEARSAL:
            said = f"Ronde {name} was een oefening: als open data zouden haar cijfers voor echte worden gehouden."
            raise Refused("rehearsal", said, "Schrijf de uitkomst met praktijktest release write.")
        around = [each.number for each in releasing.versions(session, round_) if each.released_at is not None]
        before = max((each for each in around if each < number), default=None)
        after = min((each for each in around if each > number), default=None)
        published = catalogue.Published(version.document, version.released_at.date(), before, after, version.seal)
    record = catalogue.record(published, Settings.from_env().site)
    told = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    for each, content in (*files_of(published.text, published.seal).items(), ("dcat.jsonld", told.encode())):
        house.write(folder / each, content)
        out.print(f"Geschreven: {folder / each}")


def _line(version: Release) -> str:
    who = f"concept van {version.drafted_by}"
    told = [("ondertekend door", version.signed_by), ("gelezen door", version.read_by)]
    told.append(("vrijgegeven door", version.released_by))
    steps_told = "".join(f", {step} {name}" for step, name in told if name)
    reason = f" Reden: {version.reason}" if version.reason else ""
    known = f"{version.digest[:12]}; " + (f"zegel {version.seal}" if version.seal else "zonder zegel")
    return f"{version.number}: {releasing.STATES[version.state]}; {who}{steps_told}; {known}.{reason}"
