"""``praktijktest release bundle`` and ``release verify``: a release in one file, and all of it made again from that."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console

from portal.commands import house
from profiles.errors import BadInput, Problem
from results.bundle import zipped
from results.releases import release_file
from results.seal import read_proof

out = Console(soft_wrap=True, markup=False, highlight=False)
Made = Mapping[str, bytes]


def bundle(name: str, number: int, path: Path) -> None:
    """Write the release file of a version."""
    with house.reading() as (session, _):
        made = release_file.of_version(session, name, number)
    house.write(path, zipped(release_file.contents(made)))
    out.print(f"Geschreven: {path}")
    out.print(f"Zegel: {made.seal}")
    out.print("Hierin staan cijfers van elke woningaanbieder: bewaar het zoals de gegevens zelf.")


def verify(path: Path, files: Sequence[Path], folder: Path | None) -> None:
    """Check a release file, or the proof of one advertiser; then write what it is made of, and judge ``files`` by it.

    Raises `BadInput` for what is not under the seal.
    """
    asked = [(each, house.must_exist(each).read_bytes()) for each in files]
    told, manifest, seal, made = _opened(house.must_exist(path))
    out.print(f"{path} klopt: {told}.")
    out.print(f"Zegel: {seal}")
    out.print("Vergelijk dit zegel met dat op het rapport of bij de gemeente.")
    for name, (then, here) in release_file.other_programs(manifest).items():
        out.print(f"Let op: gemaakt met {name} {then}, hier is {name} {here}. Bytes kunnen daardoor verschillen.")
    _write(made, folder)
    if problems := [found for each, content in asked if (found := _judged(each, content, seal, made))]:
        raise BadInput(problems)


def _opened(path: Path) -> tuple[str, str, str, Made]:
    """What the file is, its manifest and seal, and all files that are made of it."""
    if path.read_bytes().lstrip().startswith(b"{"):
        proof = read_proof(path.read_text(encoding="utf-8", errors="replace"), str(path))
        made = {f"terugkoppeling{end}": content for end, content in release_file.own_files(proof, str(path)).items()}
        return "de terugkoppeling hoort bij dit zegel", proof.manifest, proof.seal, made
    found = release_file.opened(path)
    told = f"ronde {found.told['round']}, versie {found.told['version']}"
    return told, found.manifest, found.seal, release_file.made_again(found)


def _write(made: Made, folder: Path | None) -> None:
    if folder is None:
        return
    for path, content in made.items():
        house.write(folder / path, content)
        out.print(f"Geschreven: {folder / path}")


def _judged(path: Path, content: bytes, seal: str, made: Made) -> Problem | None:
    """Say which of the files this is; a problem when it is none."""
    if name := release_file.which(content, made):
        out.print(f"{path} is byte voor byte {name}.")
        return None
    printed = release_file.seal_on(content)
    if printed == seal or seal.encode() in content:
        return Problem("file-changed", "Dit bestand draagt het zegel, maar is niet wat eronder ligt.", str(path))
    said = "Dit bestand ligt niet onder dit zegel."
    return Problem("other-seal", said, str(path), found=f"zegel {printed}" if printed else "geen zegel")
