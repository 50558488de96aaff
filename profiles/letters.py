"""Letters: a variant's templates filled with what a profile and a dwelling offer, and with nothing else.

A letter is a function of variant, profile, dwelling and level. It knows no arm: two profiles that differ in
the name get letters that differ in the name.
"""

import traceback
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from babel.dates import format_date
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, UndefinedError

from profiles.errors import BadInput, Problem
from profiles.profile import Profile

TEMPLATES = Path(__file__).parent / "templates"
DECLINE = "decline"


class Level(StrEnum):
    """How much an applicant tells: minimal is the name alone; full adds age, work, income, household, move-in day."""

    MINIMAL = "minimal"
    FULL = "full"


_BODIES = {Level.MINIMAL: "body.txt", Level.FULL: "body_full.txt"}


@dataclass(frozen=True)
class Letter:
    """Plain text; the subject is one line, the body ends with a newline."""

    subject: str
    body: str


@dataclass(frozen=True)
class Dwelling:
    """What a letter may mention of the listing; ``street`` includes the house number, ``reference`` may be empty."""

    street: str
    city: str
    reference: str
    rooms: int


def variants(level: str = Level.MINIMAL, language: str = "nl", *, templates: Path = TEMPLATES) -> tuple[str, ...]:
    """The letter variants that have a text for this level, sorted."""
    return _folders(templates / language, _BODIES[_level(level)])


def declines(language: str = "nl", *, templates: Path = TEMPLATES) -> tuple[str, ...]:
    """The variants of the courtesy letter, sorted."""
    return _folders(templates / language / DECLINE, "body.txt")


def render(
    variant: str, profile: Profile, dwelling: Dwelling, level: str, language: str = "nl", *, templates: Path = TEMPLATES
) -> Letter:
    """Write a first letter; BadInput names template, line and field when it asks for what the level does not offer."""
    _require(variant, variants(level, language, templates=templates))
    return _letter(
        templates, f"{language}/{variant}", _BODIES[_level(level)], _offered(profile, level, language), dwelling
    )


def decline(
    variant: str, profile: Profile, dwelling: Dwelling, language: str = "nl", *, templates: Path = TEMPLATES
) -> Letter:
    """Write the courtesy letter that withdraws the interest; it offers a template the same as level minimal."""
    _require(variant, declines(language, templates=templates))
    name = _offered(profile, Level.MINIMAL, language)
    return _letter(templates, f"{language}/{DECLINE}/{variant}", "body.txt", name, dwelling)


def _level(level: str) -> Level:
    if level not in list(Level):
        remedy = f"Kies uit: {', '.join(Level)}."
        raise BadInput(Problem("unknown-level", "Dit niveau van een brief bestaat niet.", found=level, remedy=remedy))
    return Level(level)


def _folders(folder: Path, body: str) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{body}")))


def _require(variant: str, known: tuple[str, ...]) -> None:
    if variant not in known:
        remedy = f"Kies uit: {', '.join(known)}."
        raise BadInput(Problem("unknown-variant", "Deze briefversie bestaat niet.", found=variant, remedy=remedy))


def facts(profile: Profile, level: str, language: str = "nl") -> dict[str, str | int]:
    """Return what a level tells of an applicant beside the name, in the words of a letter, by field."""
    if _level(level) is Level.MINIMAL:
        return {}
    return {
        "age": profile.age,
        "occupation": profile.occupation,
        "contract": profile.contract,
        "income": _euros(profile.income, language),
        "household": profile.household,
        "move_in": _day(profile.move_in, language),
    }


def _offered(profile: Profile, level: str, language: str) -> SimpleNamespace:
    """Only what the level may tell: what is not here cannot slip into a letter."""
    name = {"full_name": profile.full_name, "first": profile.name.first, "last": profile.name.last}
    return SimpleNamespace(**name, **facts(profile, level, language))


def _euros(amount: int, language: str) -> str:
    text = format_currency(amount, "EUR", format="¤ #,##0", locale=language, currency_digits=False)
    # People type an ordinary space; a hard one would give a machine away.
    return text.replace("\u00a0", " ")


def _day(day: date, language: str) -> str:
    return format_date(day, "d MMMM yyyy", locale=language)


def _letter(templates: Path, folder: str, body: str, offered: SimpleNamespace, dwelling: Dwelling) -> Letter:
    subject = _fill(templates, f"{folder}/subject.txt", offered, dwelling)
    text = _fill(templates, f"{folder}/{body}", offered, dwelling)
    # A line break in a subject would end the mail header.
    return Letter(" ".join(subject.split()), f"{text.strip()}\n")


class _Missing(StrictUndefined):
    """Tells which field was asked for; Jinja's own message is English prose."""

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_name)


@lru_cache
def _environment(templates: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates),
        undefined=_Missing,
        autoescape=False,  # noqa: S701 - plain text mail, never shown as HTML
        keep_trailing_newline=True,
    )
    # Without filters, tests and globals nothing can excuse a missing field, and nothing in a letter can be random.
    environment.filters.clear()
    environment.tests.clear()
    environment.globals.clear()
    return environment


def _fill(templates: Path, name: str, offered: SimpleNamespace, dwelling: Dwelling) -> str:
    path = templates / name
    try:
        text: str = _environment(templates).get_template(name).render(profile=offered, dwelling=dwelling)
    except UndefinedError as error:
        problem = _missing_field(path, error, offered, dwelling)
    except TemplateSyntaxError as error:
        problem = _bad_template(path, error)
    except TemplateNotFound:
        problem = Problem("missing-file", "Deze brieftekst is er niet.", str(path), remedy="Zet het bestand terug.")
    except UnicodeDecodeError:
        problem = Problem("not-utf8", "Dit bestand is geen UTF-8.", str(path), remedy="Bewaar het als UTF-8.")
    else:
        return text
    raise BadInput(problem)


def _missing_field(path: Path, error: UndefinedError, offered: SimpleNamespace, dwelling: Dwelling) -> Problem:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    known = [f"profile.{field}" for field in vars(offered)] + [f"dwelling.{field}" for field in vars(dwelling)]
    return Problem(
        "unknown-field",
        "Dit veld is er niet voor een brief van dit niveau.",
        str(path),
        lines[-1] if lines else None,
        found=error.message,
        remedy=f"Kies uit: {', '.join(known)}.",
    )


def _bad_template(path: Path, error: TemplateSyntaxError) -> Problem:
    return Problem(
        "bad-template",
        "De invulvelden van deze brieftekst kloppen niet.",
        str(path),
        error.lineno,
        found=error.message,
        remedy="Schrijf een veld als {{ profile.full_name }}, zonder filters.",
    )
