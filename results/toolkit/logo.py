"""The logo of an office, or a clear word on why it cannot be used."""

import struct
from pathlib import Path

from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.image.image import Image

from profiles.errors import BadInput, Problem

MOST_BYTES = 2_000_000
KINDS = {"image/png": "png", "image/jpeg": "jpg"}
BEGINNINGS = (b"\x89PNG\r\n", b"\xff\xd8")
REMEDY = "Gebruik een PNG- of JPEG-bestand van hooguit 2 MB."


def read_logo(path: Path) -> bytes:
    """Read a logo; raises BadInput when it is not there, is not a PNG or JPEG picture, or is too large."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(Problem("missing-file", "Dit logo is er niet.", str(path), remedy=REMEDY)) from error
    return checked(content, str(path))


def checked(content: bytes, name: str) -> bytes:
    """The picture again, when it can be used; raises `BadInput` as `read_logo`."""
    if len(content) > MOST_BYTES:
        raise BadInput(Problem("logo-too-large", "Dit logo is te groot.", name, remedy=REMEDY))
    if kind_of(content) is None:
        message = "Dit logo is geen afbeelding die wij kunnen gebruiken."
        raise BadInput(Problem("not-an-image", message, name, remedy=REMEDY))
    return content


def kind_of(content: bytes) -> str | None:
    """The ending of a picture's file name, or None for what is no PNG or JPEG."""
    if not content.startswith(BEGINNINGS):
        return None
    try:
        return KINDS.get(Image.from_blob(content).content_type)
    except (UnrecognizedImageError, InvalidImageStreamError, UnexpectedEndOfFileError, struct.error, ValueError):
        return None
