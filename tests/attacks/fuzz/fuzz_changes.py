"""Changes to a well made input: each is a few numbers, so that chance, Hypothesis or a guide can choose them."""

from collections.abc import Sequence
from random import Random

LARGEST = 65_536
"""Bytes: what is longer is cut, for the promise of a second is about inputs of this size."""

KINDS = 12
Change = tuple[int, int, int, int]
"""What is done, where, over how many bytes, and with which token or byte."""

EVERYWHERE = (
    b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xef\xbb\xbf", b"\r\n",
        b"\n\n", b"\r",
    b"\t", b'"', b"'", b";", b",", b":", b"=", b"<", b">", b"&", b"%s", b"{{7*7}}", b"../", b"-1", b"0",
        b"1e400", b"NaN",
    b"9" * 40, b"9" * 5000, b"\x1b[31m", "\u0130\u1e9e\ufb03".encode(), "\U0001f600".encode(),
)  # fmt: skip
"""What has broken a parser somewhere before, of any kind of file."""


def changed(raw: bytes, changes: Sequence[Change], tokens: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    """Return the input after these changes; ``others`` are inputs to borrow from."""
    known = (*tokens, *EVERYWHERE)
    for change in changes:
        raw = _change(raw, change, known, others)[:LARGEST]
    return raw


def drawn(chance: Random, most: int = 6) -> list[Change]:
    """Draw one to ``most`` changes, few more often than many."""
    number = 1 + min(chance.randrange(most), chance.randrange(most))
    return [
        (chance.randrange(KINDS), chance.randrange(LARGEST), _length(chance), chance.randrange(1 << 16))
        for _ in range(number)
    ]


def _length(chance: Random) -> int:
    return chance.choice((1, 1, 2, 4, 8, 16, 32, 64, 256, 1024))


def _change(raw: bytes, change: Change, tokens: Sequence[bytes], others: Sequence[bytes]) -> bytes:
    kind, where, length, choice = change
    at = where % (len(raw) + 1)
    before, there, after = raw[:at], raw[at : at + length], raw[at + length :]
    token = tokens[choice % len(tokens)]
    if kind == 0:
        return before + after
    if kind == 1:
        return before + there + there + after
    if kind == 2:
        return before + token + there + after
    if kind == 3:
        return before + token + after
    if kind == 4:
        return before + bytes([(there[0] if there else 0) ^ (1 << choice % 8)]) + there[1:] + after
    if kind == 5:
        return before + bytes([choice % 256]) * length + after
    if kind == 6:
        return before + token * (1 + choice % 300) + there + after
    if kind == 7:
        return before
    if kind == 8:
        return _spliced(raw, at, others[choice % len(others)], where)
    return _of_lines(raw, kind, where, choice)


def _spliced(raw: bytes, at: int, other: bytes, where: int) -> bytes:
    return raw[:at] + other[(where * 7) % (len(other) + 1) :]


def _of_lines(raw: bytes, kind: int, where: int, choice: int) -> bytes:
    """Remove, repeat or move a whole line."""
    lines = raw.splitlines(keepends=True) or [b""]
    at = where % len(lines)
    line = lines[at]
    if kind == 9:
        return b"".join([*lines[:at], *lines[at + 1 :]])
    if kind == 10:
        return b"".join([*lines[:at], *[line] * (2 + choice % 40), *lines[at + 1 :]])
    rest = [*lines[:at], *lines[at + 1 :]]
    place = choice % len(lines)
    return b"".join([*rest[:place], line, *rest[place:]])
