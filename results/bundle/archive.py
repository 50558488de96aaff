"""The ZIP of a bundle opened with care: only the files it should have, none too large, each with its checksum."""

import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from profiles.errors import BadInput, Problem

CHECKSUMS = "checksums.sha256"
LARGEST = 2**30
"""Bytes of all files together, unpacked; a larger file is not one of ours."""
AGAIN = "Vraag het bestand opnieuw aan bij wie het maakte."


def checksums(contents: Mapping[str, bytes]) -> bytes:
    """Return the lines that ``sha256sum -c`` reads."""
    lines = (f"{hashlib.sha256(content).hexdigest()}  {path}\n" for path, content in sorted(contents.items()))
    return "".join(lines).encode()


def opened(path: Path) -> dict[str, bytes]:
    """Return the files of a bundle by path. Raises `BadInput` with every file that is not what its checksum says."""
    contents = unpacked(path, path)
    told = _told(contents.pop(CHECKSUMS, b"").decode("utf-8", "replace"))
    own = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    wrong = sorted(name for name in told.keys() | own.keys() if told.get(name) != own.get(name))
    if wrong or not told:
        found = ", ".join(wrong) or f"geen {CHECKSUMS}"
        message = "Dit bestand is veranderd sinds het is gemaakt, of niet compleet."
        raise BadInput(Problem("checksum-differs", message, str(path), found=found, remedy=AGAIN))
    return contents


def unpacked(source: Path | BytesIO, name: Path) -> dict[str, bytes]:
    """Return the files of any ZIP by path; ``name`` is what it is called in an error."""
    try:
        with ZipFile(source) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > LARGEST:
                raise BadInput(Problem("too-large", "Dit bestand is te groot.", str(name), remedy=AGAIN))
            return {entry.filename: archive.read(entry) for entry in entries}
    except (BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        message = f"Dit is geen leesbaar zip-bestand: {error}."
        raise BadInput(Problem("not-a-zip", message, str(name), remedy=AGAIN)) from error


def _told(text: str) -> dict[str, str]:
    lines = (line.split("  ", 1) for line in text.splitlines())
    return {parts[1]: parts[0] for parts in lines if len(parts) == 2}
