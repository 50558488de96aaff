"""Letters: a variant's templates filled with what a profile and a dwelling offer, and with nothing else.

A letter is a function of variant, profile, dwelling and level. It knows no arm: two profiles that differ in
the name get letters that differ in the name.
"""

import traceback
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from types import SimpleNamespace

from babel.dates import format_date
from babel.numbers import format_currency
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateNotFound, TemplateSyntaxError, UndefinedError

from profiles.errors import BadInput, Problem
from profiles.profile import Language, Profile
from profiles.words import told_in

TEMPLATES = Path(__file__).parent / "templates"
COUPLES, DECLINE = "couples", "decline"
AND = {Language.DUTCH: "en", Language.ENGLISH: "and"}


class Level(StrEnum):
    """How much an applicant tells: minimal is the name alone; full adds age, work, income, household, day and town."""

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


def variants(
    level: str = Level.MINIMAL, language: str = Language.DUTCH, *, couple: bool = False, templates: Path = TEMPLATES
) -> tuple[str, ...]:
    """The letter variants that have a text for this level, sorted; ``couple``: those that two people send."""
    return _folders(templates, home(language, couple=couple), _BODIES[_level(level)])


def declines(language: str = Language.DUTCH, *, couple: bool = False, templates: Path = TEMPLATES) -> tuple[str, ...]:
    """The variants of the courtesy letter, sorted."""
    return _folders(templates, f"{home(language, couple=couple)}/{DECLINE}", "body.txt")


def render(variant: str, profile: Profile, dwelling: Dwelling, level: str, *, templates: Path = TEMPLATES) -> Letter:
    """Write a first letter; BadInput names template, line and field when it asks for what the level does not offer."""
    _require(variant, variants(level, profile.language, couple=profile.partner is not None, templates=templates))
    folder = f"{home(profile.language, couple=profile.partner is not None)}/{variant}"
    letter = _letter(templates, folder, _BODIES[_level(level)], _offered(profile, level), dwelling)
    below = "".join(f"{line}\n" for line in (profile.address, profile.phone) if line)
    return replace(letter, body=letter.body + below)


def decline(variant: str, profile: Profile, dwelling: Dwelling, *, templates: Path = TEMPLATES) -> Letter:
    """Write the courtesy letter that withdraws the interest; it offers a template the same as level minimal."""
    couple = profile.partner is not None
    _require(variant, declines(profile.language, couple=couple, templates=templates))
    folder = f"{home(profile.language, couple=couple)}/{DECLINE}/{variant}"
    return _letter(templates, folder, "body.txt", _offered(profile, Level.MINIMAL), dwelling)


def home(language: str, *, couple: bool) -> str:
    """The folder of the texts in a language, of one applicant or of two, below the templates."""
    return f"{Language(language).value}/{COUPLES}" if couple else Language(language).value


def files(variant: str, level: str) -> tuple[str, str]:
    """The subject and the body of a variant, below its home."""
    return f"{variant}/subject.txt", f"{variant}/{_BODIES[_level(level)]}"


def _level(level: str) -> Level:
    if level not in list(Level):
        remedy = f"Kies uit: {', '.join(Level)}."
        raise BadInput(Problem("unknown-level", "Dit niveau van een brief bestaat niet.", found=level, remedy=remedy))
    return Level(level)


def _folders(templates: Path, below: str, body: str) -> tuple[str, ...]:
    return _packaged(below, body) if templates == TEMPLATES else _looked_up(templates / below, body)


@cache
def _packaged(below: str, body: str) -> tuple[str, ...]:
    """What comes with this program does not change while it runs: it is looked for once."""
    return _looked_up(TEMPLATES / below, body)


def _looked_up(folder: Path, body: str) -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in folder.glob(f"*/{body}")))


def _require(variant: str, known: tuple[str, ...]) -> None:
    if variant not in known:
        remedy = f"Kies uit: {', '.join(known)}."
        raise BadInput(Problem("unknown-variant", "Deze briefversie bestaat niet.", found=variant, remedy=remedy))


def facts(profile: Profile, level: str) -> dict[str, str | int]:
    """Return what a level tells of an applicant beside the name, in the words of its letter, by field.

    Two who write together are a household, and say so by their names.
    """
    if _level(level) is Level.MINIMAL:
        return {}
    language = profile.language
    told: dict[str, str | int] = {
        "age": profile.age,
        "occupation": told_in(language, profile.occupation),
        "contract": told_in(language, profile.contract),
        "income": _euros(profile.income, language),
        "move_in": _day(profile.move_in, language),
        "town": profile.town,
    }
    return told if profile.partner else {**told, "household": told_in(language, profile.household)}


def signed(profile: Profile) -> str:
    """The name or names under a letter."""
    return (
        f"{profile.full_name} {AND[profile.language]} {profile.partner.full}" if profile.partner else profile.full_name
    )


def _offered(profile: Profile, level: str) -> SimpleNamespace:
    """Only what the level may tell: what is not here cannot slip into a letter."""
    name = {"full_name": profile.full_name, "first": profile.name.first, "last": profile.name.last}
    couple = {"partner": profile.partner.first, "names": signed(profile)} if profile.partner else {}
    return SimpleNamespace(**name, **couple, sentence=profile.sentence, **facts(profile, level))


@lru_cache(maxsize=4096)
def _euros(amount: int, language: str) -> str:
    pattern = "¤#,##0" if language == Language.ENGLISH else "¤ #,##0"
    text = format_currency(amount, "EUR", format=pattern, locale=language, currency_digits=False)
    # People type an ordinary space; a hard one would give a machine away.
    return text.replace("\u00a0", " ")


@lru_cache(maxsize=4096)
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
        auto_reload=templates != TEMPLATES,
    )
    # Without filters, tests and globals nothing can excuse a missing field, and nothing in a letter can be random.
    environment.filters.clear()
    environment.tests.clear()
    environment.globals.clear()
    return environment


def _fill(templates: Path, name: str, offered: SimpleNamespace, dwelling: Dwelling) -> str:
    try:
        text: str = _environment(templates).get_template(name).render(profile=offered, dwelling=dwelling)
    except UndefinedError as error:
        problem = _missing_field(templates / name, error, offered, dwelling)
    except TemplateSyntaxError as error:
        problem = _bad_template(templates / name, error)
    except TemplateNotFound:
        problem = Problem(
            "missing-file", "Deze brieftekst is er niet.", str(templates / name), remedy="Zet het bestand terug."
        )
    except UnicodeDecodeError:
        problem = Problem(
            "not-utf8", "Dit bestand is geen UTF-8.", str(templates / name), remedy="Bewaar het als UTF-8."
        )
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
