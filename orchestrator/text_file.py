"""A file that a person wrote, as text; or what is wrong with it, named."""

import codecs
from pathlib import Path

from profiles.errors import BadInput, Problem


def read_utf8(path: Path, code: str, remedy: str) -> str:
    """Read UTF-8, with or without byte order mark.

    BadInput for a file that is not there or cannot be read; with ``code`` and ``remedy`` for another encoding, with the
    line, column and value of the first byte that does not fit.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        problem = Problem("missing-file", "Dit bestand is er niet.", str(path), remedy="Controleer het pad.")
        raise BadInput(problem) from error
    except OSError as error:
        advice = "Controleer of het een bestand is dat u mag lezen."
        problem = Problem("unreadable-file", "Dit bestand kan niet worden gelezen.", str(path), remedy=advice)
        raise BadInput(problem) from error
    return decode_utf8(raw, str(path), code, remedy)


def decode_utf8(raw: bytes, file: str, code: str, remedy: str) -> str:
    """The text of a file whose bytes are here already; else as `read_utf8`."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(_not_utf8(file, raw, _first_bad(raw), code, remedy)) from error
    if "\0" in text:
        raise BadInput(_not_utf8(file, raw, raw.index(0), code, remedy))
    return text


def _first_bad(raw: bytes) -> int:
    # Without a codec that drops the byte order mark: that one counts positions from behind the mark.
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _not_utf8(file: str, raw: bytes, position: int, code: str, remedy: str) -> Problem:
    before = raw[:position].decode("utf-8", "replace")
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw
    letter = raw[position : position + 1].decode("cp1252", "ignore")
    meant = f" (in Windows-codering: {letter})" if letter.isalpha() and not wide else ""
    return Problem(
        code,
        "Dit bestand is UTF-16, geen UTF-8." if wide else "Dit bestand is geen UTF-8.",
        file,
        before.count("\n") + 1,
        len(before) - before.rfind("\n"),
        f"byte 0x{raw[position]:02X}{meant}",
        remedy,
    )


def on_one_line(text: object) -> str:
    """What others said as a log can have it: one line, in which nothing moves a cursor or looks like a line of ours."""
    return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in str(text))


def shorten(text: str, most: int = 80) -> str:
    """The text in at most so many characters, for showing it in a message."""
    return text if len(text) <= most else f"{text[: most - 1]}…"
