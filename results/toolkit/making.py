"""Texts and an office together: finished documents, and what their checklists still miss."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from itertools import groupby

from profiles.errors import BadInput, Problem
from results import formats
from results.paper import Paper
from results.paper.blocks import Alert, Block, Heading, Items, Table, Text
from results.toolkit.office import Office
from results.toolkit.texts import CHOICES, POINTS, Part, Passage, Texts

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
BOLD = re.compile(r"\*\*(.+?)\*\*\s*")
MISSING = {
    "responsible": "wie verantwoordelijk is",
    "complaints": "waar iemand een klacht kan melden",
    "procedure_url": "het webadres van uw werkwijze",
    "reporting_points": "de dag waarop elk meldpunt is nagekeken (reporting_points.toml)",
}
SIGNATURES = ("Naam", "Functie", "Datum", "Handtekening")
POINT_COLUMNS = ("Meldpunt", "Waarvoor", "Laatst nagekeken")
WHOLE = ("reporting_points", "signatures", "signatures_two")
"""Placeholders that stand alone on a line and become a table."""


@dataclass(frozen=True)
class Score:
    """How many lines of a checklist a document meets, and of each it does not: the line and why not."""

    met: int
    of: int
    missing: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Made:
    """One finished document of the toolkit, under the key of its part."""

    key: str
    paper: Paper
    score: Score


@dataclass(frozen=True)
class _Filled:
    """A passage with its placeholders filled; ``gaps`` names the values that the office has not given."""

    passage: Passage
    text: str
    gaps: tuple[str, ...]


def made(texts: Texts, office: Office, logo: bytes | None = None) -> tuple[Made, ...]:
    """Make every document. Raises BadInput with file and line of each placeholder that does not exist."""
    values = _values(texts, office)
    known = {*values, *WHOLE, "criteria"}
    problems = [
        unknown(passage, name, known)
        for part in texts.parts
        for passage in part.passages
        for name in PLACEHOLDER.findall(passage.text)
        if name not in known
    ]
    if problems:
        raise BadInput(problems)
    return tuple(_document(part, texts, office, values, logo) for part in texts.parts)


def unknown(passage: Passage, name: str, known: Collection[str]) -> Problem:
    """Tell of a placeholder that does not exist, with its file and line."""
    near = get_close_matches(name, known, 1)
    guess = f"Bedoelt u '{{{near[0]}}}'?" if near else f"Kies uit: {', '.join(sorted(known))}."
    message = "Deze tekst vraagt om iets dat er niet is."
    return Problem("unknown-placeholder", message, passage.file, passage.line, found=f"{{{name}}}", remedy=guess)


def _values(texts: Texts, office: Office) -> dict[str, str | None]:
    """What each placeholder stands for; None where the office has not told it."""
    return {
        "office": office.name,
        "municipality": office.municipality,
        "date": formats.day(office.date),
        "version": f"{texts.version} ({texts.fingerprint})",
        "responsible": office.responsible,
        "complaints": office.complaints,
        "procedure_url": office.procedure_url,
        "reporting_points": "" if all(each.get("checked") for each in texts.points) else None,
        "order": _choice(texts, "order", office.order),
        "invited": formats.count(office.invited),
        "answer_days": formats.many(office.answer_days, "werkdag", "werkdagen"),
    }


def _choice(texts: Texts, group: str, key: str) -> str:
    try:
        return texts.choices[group][key]
    except (KeyError, TypeError) as error:
        message = f"Hierin hoort onder [{group}] een zin bij '{key}'."
        raise BadInput(Problem("missing-choice", message, CHOICES, remedy=f'Schrijf {key} = "…".')) from error


def _document(part: Part, texts: Texts, office: Office, values: Mapping[str, str | None], logo: bytes | None) -> Made:
    filled = [_filled(each, values) for passage in part.passages for each in _spread(passage, texts, office)]
    title = next((each.text for each in filled if each.passage.kind == "title"), None)
    if title is None:
        message = "Deze tekst heeft geen titel."
        raise BadInput(Problem("no-title", message, part.file, 1, remedy="Begin met een regel als: # Verklaring"))
    body = [each for each in filled if each.passage.kind != "title"]
    paper = Paper(
        title=title,
        subtitle=f"{office.name} · {formats.day(office.date)} · tekstversie {values['version']}",
        author=office.name,
        footer=f"{office.name} · tekstversie {values['version']}",
        moment=datetime.combine(office.date, time(), formats.STUDY_ZONE),
        blocks=tuple(_blocks(body, texts, office)),
        logo=logo,
    )
    return Made(part.key, paper, _score(part, filled))


def _spread(passage: Passage, texts: Texts, office: Office) -> Iterator[Passage]:
    """The criteria of the office are an item each."""
    if passage.text != "{criteria}":
        yield passage
        return
    for key in office.criteria:
        yield replace(passage, text=_choice(texts, "criteria", key))


def _filled(passage: Passage, values: Mapping[str, str | None]) -> _Filled:
    gaps = tuple(name for name in PLACEHOLDER.findall(passage.text) if name in MISSING and values[name] is None)

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in values and name not in WHOLE:
            return values[name] or f"[nog in te vullen: {MISSING[name]}]"
        return found.group()

    return _Filled(passage, PLACEHOLDER.sub(value, passage.text), gaps)


def _score(part: Part, filled: Sequence[_Filled]) -> Score:
    missing = []
    for key, line in part.checklist.items():
        found = [each for each in filled if each.passage.covers == key]
        gaps = [MISSING[name] for each in found for name in each.gaps]
        if not found:
            missing.append((line, f"de tekst wijst niet aan waar dat staat (<!-- dekt: {key} -->)"))
        elif gaps:
            missing.append((line, f"vul nog in: {', '.join(gaps)}"))
    return Score(len(part.checklist) - len(missing), len(part.checklist), tuple(missing))


def missing_lines(documents: Sequence[Made]) -> Iterator[str]:
    """How complete the documents are together and one by one, and what each still misses."""
    met, of = (sum(getattr(each.score, name) for each in documents) for name in ("met", "of"))
    yield f"Volledigheid: {met} van {of} punten."
    for each in documents:
        yield f"  {each.paper.title}: {each.score.met} van {each.score.of}"
        yield from (f"    Mist: {line}; {why}." for line, why in each.score.missing)


# --- as blocks ------------------------------------------------------------------------------------------------------


def _blocks(filled: Sequence[_Filled], texts: Texts, office: Office) -> Iterator[Block]:
    for kind, group in groupby(filled, key=lambda each: each.passage.kind):
        if kind in ("item", "numbered"):
            yield items((each.text for each in group), numbered=kind == "numbered")
        else:
            yield from (_block(kind, each.text, texts, office) for each in group)


def _block(kind: str, text: str, texts: Texts, office: Office) -> Block:
    if text == "{reporting_points}":
        return _reporting_points(texts)
    if text in ("{signatures}", "{signatures_two}"):
        return _signatures(office.signatures if text == "{signatures}" else 2)
    return plain(kind, text)


def plain(kind: str, text: str) -> Block:
    """A heading, a quotation or a paragraph as a block."""
    if kind.startswith("heading"):
        return Heading(text, int(kind[-1]))
    return Alert("", text) if kind == "alert" else Text(BOLD.sub(r"\1 ", text).strip())


def items(texts: Iterable[str], *, numbered: bool = False) -> Items:
    """Items of a list as a block."""
    return Items(tuple(_item(text) for text in texts), numbered=numbered)


def _item(text: str) -> tuple[str, str]:
    found = BOLD.match(text)
    return (found.group(1), text[found.end() :]) if found else ("", text)


def _signatures(many: int) -> Table:
    rows = (("",) * len(SIGNATURES),) * many
    return Table("Wie tekent", SIGNATURES, rows, words=(0, 1, 2, 3))


def _reporting_points(texts: Texts) -> Table:
    rows = tuple(_point(each) for each in texts.points)
    return Table("Meldpunten", POINT_COLUMNS, rows, words=(0, 1, 2))


def _point(each: Mapping[str, object]) -> tuple[str, str, str]:
    try:
        name, purpose = str(each["name"]), str(each["purpose"])
        checked = date.fromisoformat(str(each["checked"])) if each.get("checked") else None
    except (KeyError, ValueError) as error:
        message = 'Een meldpunt heeft name, purpose en desgewenst checked, een dag als "2026-11-28".'
        raise BadInput(Problem("wrong-reporting-point", message, POINTS, found=str(dict(each)))) from error
    seen = formats.day(checked) if checked else "nog niet nagekeken"
    return name, f"{purpose} (te verifiëren)" if each.get("verify") else purpose, seen
