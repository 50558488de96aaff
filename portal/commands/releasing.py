"""``praktijktest release``: the steps by which an outcome goes out, from the command line."""

from pathlib import Path

from rich.console import Console

from orchestrator.models import Release
from orchestrator.rounds import lookup, releasing
from portal.commands import house
from portal.commands.outputs import must_be
from results.language import DUTCH, LANGUAGES
from results.releases import files, steps, writing

out = Console(soft_wrap=True, markup=False, highlight=False)


def draft(name: str, actor: str, reason: str | None) -> None:
    with house.writing() as (session, now):
        made = steps.draft(session, name, actor, now, reason)
        number, digest = made.number, made.digest
    out.print(f"Versie {number} van ronde {name} is gemaakt als concept, vingerafdruk {digest[:12]}.")
    out.print(f"Een ander dan {actor} ondertekent: praktijktest release sign {name} {number} --by NAAM")


def sign(name: str, number: int, actor: str) -> None:
    with house.writing() as (session, now):
        steps.sign(session, name, number, actor, now)
    out.print(f"Versie {number} van ronde {name} is ondertekend. De gemeente kan haar nu lezen.")


def read(name: str, number: int, actor: str, remark: str) -> None:
    with house.writing() as (session, now):
        steps.read(session, name, number, actor, now, remark)
    out.print(f"Genoteerd: {actor} las versie {number} van ronde {name} namens de gemeente.")


def publish(name: str, number: int, actor: str) -> None:
    with house.writing() as (session, now):
        steps.release(session, name, number, actor, now)
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
        text = releasing.find(session, lookup.find(session, name), number).document
    folder.mkdir(parents=True, exist_ok=True)
    for each in (kind,) if kind else ("json", "csv"):
        path = folder / f"{name}-{number}.{each}"
        path.write_bytes(writing.written(text, each, language))
        out.print(f"Geschreven: {path}")


def _line(version: Release) -> str:
    who = f"concept van {version.drafted_by}"
    told = [("ondertekend door", version.signed_by), ("gelezen door", version.read_by)]
    told.append(("vrijgegeven door", version.released_by))
    steps_told = "".join(f", {step} {name}" for step, name in told if name)
    reason = f" Reden: {version.reason}" if version.reason else ""
    return f"{version.number}: {releasing.STATES[version.state]}; {who}{steps_told}; {version.digest[:12]}.{reason}"
