"""The ZIP of a bundle opened with care: only the files it should have, none too large, each with its checksum."""

import hashlib
import zlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from profiles.errors import BadInput, Problem

CHECKSUMS = "checksums.sha256"
LARGEST = 2**29
"""Bytes of all files together, unpacked; a larger file is not one of ours, and would fill the memory. The research file
of a hundred thousand pairs has 2**27, and more where a set has three letters or four."""
MOST_FILES = 1000
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


def unpacked(source: Path | BytesIO, name: Path, most: int = MOST_FILES) -> dict[str, bytes]:
    """Return the files of any ZIP of so many by path; ``name`` is what it is called in an error."""
    try:
        with ZipFile(source) as archive:
            entries = archive.infolist()
            if len(entries) > most or sum(entry.file_size for entry in entries) > LARGEST:
                raise BadInput(Problem("too-large", "Dit bestand is te groot.", str(name), remedy=AGAIN))
            return {entry.filename: _content(archive, entry) for entry in entries}
    except (BadZipFile, zlib.error, OSError, RuntimeError, ValueError, EOFError) as error:
        message = f"Dit is geen leesbaar zip-bestand: {error}."
        raise BadInput(Problem("not-a-zip", message, str(name), remedy=AGAIN)) from error


def _content(archive: ZipFile, entry: ZipInfo) -> bytes:
    """One file, never more of it than the archive says: reading it whole would first unpack whatever is in it."""
    with archive.open(entry) as inside:
        return inside.read(entry.file_size)


def _told(text: str) -> dict[str, str]:
    lines = (line.split("  ", 1) for line in text.splitlines())
    return {parts[1]: parts[0] for parts in lines if len(parts) == 2}
