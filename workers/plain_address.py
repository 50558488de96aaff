"""Addresses as nearly all are: of plain words, alone or behind a name of plain words.

The library takes every address apart letter by letter, to send a letter to it as to read one of it: a fiftieth of what
a letter takes, and a twelfth of what a reply does. Of these it says what stands there.
"""

import re

_WORD = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS = rf"{_WORD}(?:\.{_WORD})*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"

PLAIN = re.compile(_ADDRESS)
"""Nothing of it needs quoting."""

NAMED = re.compile(rf"(?P<alone>{_ADDRESS})|(?P<name>{_WORD}(?: {_WORD}){{0,7}}) <(?P<named>{_ADDRESS})>")
"""As a header tells of one."""


def named(value: str) -> tuple[str, str] | None:
    """Return the name, or "", and the address of a header that is so plain; None for any other."""
    plain = NAMED.fullmatch(value)
    return (plain["name"] or "", plain["alone"] or plain["named"]) if plain else None
