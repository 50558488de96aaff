"""Cells of a CSV file that is opened in a spreadsheet: text stays text."""

import re

_FORMULA = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|-?inf|-?nan", re.ASCII)


def plain(value: object) -> object:
    """Return the value, text that a spreadsheet would compute with an apostrophe before it (OWASP: CSV injection).

    What others wrote may stand in a cell, such as the district in a listing feed. Numbers stay numbers, below zero too.
    A carriage return becomes a space: the library leaves it bare in a file whose lines end otherwise.
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r", " ")
    formula = text.startswith("\t") or text.lstrip().startswith(_FORMULA)
    return f"'{text}" if formula and not _NUMBER.fullmatch(text) else text
