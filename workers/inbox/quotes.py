"""The sender's own words: our letter, older mail and the headers above them cut away.

Two means. We know what we sent, so our own lines go exactly, however they were wrapped or marked; headers that mail
programs put above a quotation go by pattern (Gmail, Outlook, Apple Mail, iPhone; Dutch and English).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_MARK = re.compile(r"^[ \t]*(?:>[ \t]?|\|[ \t])+")
_NOT_WORD = re.compile(r"[\W_]+")
_NO_WORD = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())
_SEEN = 500  # letters of a line that are held against the patterns: no header of a quotation is longer
_LONG = 30  # letters; a shorter line can be anybody's ("Met vriendelijke groeten")
_FIELDS = 3  # of Van, Verzonden, Aan, Onderwerp; one fewer under a line that announces them
_MOST_WRAPPED = 4  # lines over which a mail program breaks "Op … schreef …:"

_WROTE = re.compile(
    r"^\W{0,4}(?:op|on|le|am)\b.{0,300}\b(?:schreef|wrote|heeft\b.{0,120}\bgeschreven|schrieb)\b.{0,200}:\s*$|"
    r"^.{0,150}\b(?:schreef op|wrote on)\b.{0,120}:\s*$|^.{1,150}<\S+@\S+>\s+(?:schreef|wrote)\b.{0,60}:\s*$",
    re.IGNORECASE | re.DOTALL,
)
_WROTE_BEGINS = re.compile(r"^\W{0,4}(?:op|on)\s.{0,40}\d|^.{1,150}<\S+@\S+>", re.IGNORECASE)
_RULE = re.compile(
    r"^\W*[-_]{2,}\s*(?:oorspronkelijk(?:e)? (?:bericht|e-?mail)|original (?:message|e-?mail)|"
    r"doorgestuurd bericht|forwarded message|antwoord op)\b.*$|"
    r"^\W*(?:begin doorgestuurd bericht|begin forwarded message)\s*:?\W*$",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"^\W{0,3}(?P<name>van|from|naam|name|verzonden|sent|datum|date|aan|to|cc|onderwerp|subject|e-?mail|telefoon|"
    r"antwoord aan|reply-to)\W{0,2}\s*:\W?",
    re.IGNORECASE,
)
_FIRST_FIELDS = frozenset({"van", "from", "naam", "name"})
_DEVICE = re.compile(
    r"^\W*(?:verstuurd|verzonden|sent|outlook voor|get outlook|download outlook)\b.{0,20}"
    r"\b(?:vanaf|met|from|via|using|ios|android|mijn|my)\b.{0,60}$",
    re.IGNORECASE,
)
# A rule of dashes, or "Uw bericht via onze website:" as offices that answer from a form write it.
_ANNOUNCES = re.compile(
    r"^\s*[_-]{10,}\s*$|^\W*(?:uw|je|your) (?:\w+ )?(?:bericht|reactie|aanvraag|message)\b.{0,60}:\s*$", re.IGNORECASE
)


@dataclass(frozen=True)
class _Line:
    text: str
    marked: bool  # with ">" before it
    ours: bool
    header: bool


def cut_quotes(text: str, ours: str) -> str:
    """What the sender wrote. ``ours`` is the letter we sent (several may be joined by line breaks), or "".

    Works for answers above, below and between our lines. Empty only when the mail holds nothing but our own letter and
    headers. Nothing is rewritten: lines are kept or dropped whole.
    """
    lines = _lines(text.replace("\r\n", "\n").split("\n"), ours)
    return (
        _joined(line.text for line in _own(lines))
        or _joined(line.text for line in lines if not (line.ours or line.header or line.marked))
        or _joined(_MARK.sub("", line.text) for line in lines if not (line.ours or line.header))
    )


def _joined(lines: Iterable[str]) -> str:
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n").rstrip()
    return text if bare(text) else ""


def bare(text: str) -> str:
    """The letters and digits alone; of ASCII the table says the same as the pattern, and much faster."""
    return (text.translate(_NO_WORD) if text.isascii() else _NOT_WORD.sub("", text)).casefold()


def _lines(raw: Sequence[str], ours: str) -> list[_Line]:
    marks = [_MARK.match(line) for line in raw]
    texts = [line[mark.end() :] if mark else line for line, mark in zip(raw, marks, strict=True)]
    headers, mine = _headers([text[:_SEEN] for text in texts]), _ours(texts, ours)
    return [_Line(line, marks[at] is not None, at in mine, at in headers) for at, line in enumerate(raw)]


def _ours(texts: Sequence[str], ours: str) -> set[int]:
    """The lines of our letter: long ones wherever its words run on, short ones only beside another line of ours."""
    whole, words = bare(ours), [bare(text) for text in texts]
    mine = {at for at, line in enumerate(words) if len(line) >= _LONG and line in whole}
    if not mine:
        return mine
    exact = {bare(line) for line in ours.split("\n")}
    filled = [at for at, line in enumerate(words) if line]
    for order in (filled, filled[::-1]):
        for before, at in pairwise(order):
            pair = words[before] + words[at] if before < at else words[at] + words[before]
            if before in mine and (words[at] in exact or pair in whole):
                mine.add(at)
    return mine


def _headers(texts: Sequence[str]) -> set[int]:
    """The lines mail programs put above a quotation, and "Verstuurd vanaf mijn iPhone"."""
    found: set[int] = set()
    for at, text in enumerate(texts):
        if at not in found:
            found.update(range(at, at + _header_length(texts, at)))
        if _DEVICE.match(text):
            found.add(at)
    return found


def _header_length(texts: Sequence[str], at: int) -> int:
    if _RULE.match(texts[at]):
        return 1
    if _ANNOUNCES.match(texts[at]):
        below = next((row for row in range(at + 1, min(at + 4, len(texts))) if texts[row].strip()), at)
        fields = _field_block(texts, below, _FIELDS - 1)
        return below + fields - at if fields else 0
    return _field_block(texts, at, _FIELDS) or _wrote_block(texts, at)


def _field_block(texts: Sequence[str], at: int, least: int) -> int:
    """Length of "Van: … Verzonden: … Aan: … Onderwerp: …", or 0; a long field may run on over one more line."""
    first = _FIELD.match(texts[at])
    if first is None or first["name"].lower() not in _FIRST_FIELDS:
        return 0
    fields, end = 1, at + 1
    for row in range(at + 1, min(at + 12, len(texts))):
        if _FIELD.match(texts[row]):
            fields, end = fields + 1, row + 1
        elif row - end >= 1 or not texts[row].strip():
            break
    return end - at if fields >= least else 0


def _wrote_block(texts: Sequence[str], at: int) -> int:
    if not _WROTE_BEGINS.match(texts[at]):
        return 0
    for length in range(1, _MOST_WRAPPED + 1):
        block = texts[at : at + length]
        if not block[-1].strip():
            return 0
        if _WROTE.match(" ".join(line.strip() for line in block)):
            return length
    return 0


def _own(lines: Sequence[_Line]) -> list[_Line]:
    """Above the first header everything that is not quoted; below it only what stands between or under our lines."""
    start = next((at for at, line in enumerate(lines) if line.header and not _DEVICE.match(line.text)), len(lines))
    above = [line for line in lines[:start] if _free(line)]
    return above + _below(lines[start:])


def _below(lines: Sequence[_Line]) -> list[_Line]:
    if any(line.marked for line in lines):
        return [line for line in lines if _free(line)]
    mine = [at for at, line in enumerate(lines) if line.ours]
    # Unmarked (Outlook): what stands among our lines was typed there; what stands after them is an older mail.
    return [line for line in lines[mine[0] : mine[-1]] if _free(line)] if mine else []


def _free(line: _Line) -> bool:
    return not (line.marked or line.ours or line.header)
