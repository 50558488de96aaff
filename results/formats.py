"""Numbers, dates and p-values as a reader expects them; the one place where a value becomes text.

The functions write the language of now (`results.language`); `Formats` writes one that is named.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from results import language

STUDY_ZONE = ZoneInfo("Europe/Amsterdam")
MINUS = "\u2212"
NO_BREAK = "\u00a0"
SMALLEST_P = 0.001
SMALL_P = 0.01
NEAR_LIMIT = (0.045, 0.055)


@dataclass(frozen=True)
class Words:
    """What stands between the numbers."""

    not_known: str
    points: str
    to: str
    through: str


WORDS = {
    "nl": Words("onbekend", "procentpunt", "tot", "tot en met"),
    "en": Words("unknown", "percentage points", "to", "to and including"),
}


@dataclass(frozen=True)
class Formats:
    """How one language writes values: the one named, else that of now. Raises `KeyError` for one without words."""

    named: str | None = None

    @property
    def language(self) -> str:
        return self.named or language.current()

    @property
    def words(self) -> Words:
        return WORDS[self.language]

    def number(self, value: float, digits: int = 1) -> str:
        """A decimal number with exactly ``digits`` decimals, U+2212 as the minus sign and never a negative zero."""
        return _number(round(value, digits) + 0.0, digits, self.language)

    def count(self, value: int) -> str:
        """A whole number with a dot between thousands: 12.345."""
        return self.number(value, 0)

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share between 0 and 1 as a percentage; for a difference between two shares use `points`."""
        return self.words.not_known if share is None else self.number(100 * share, digits) + "%"

    def points(self, difference: float | None, digits: int = 1) -> str:
        """A difference between two shares in percentage points: 0.092 becomes "9,2 procentpunt"."""
        if difference is None:
            return self.words.not_known
        return f"{self.number(100 * difference, digits)}{NO_BREAK}{self.words.points}"

    def span(self, low: float | None, high: float | None, digits: int = 1, scale: float = 100) -> str:
        """An interval in words, limits multiplied by ``scale``: (-0.03, 0.152) becomes "−3,0 tot 15,2"."""
        if low is None or high is None:
            return self.words.not_known
        return f"{self.number(scale * low, digits)} {self.words.to} {self.number(scale * high, digits)}"

    def p_value(self, p: float) -> str:
        """A p-value of two decimals, three where two would hide on which side of a usual limit it lies."""
        if p < SMALLEST_P:
            return f"p{NO_BREAK}<{NO_BREAK}{self.number(SMALLEST_P, 3)}"
        digits = 3 if p < SMALL_P or NEAR_LIMIT[0] <= p < NEAR_LIMIT[1] else 2
        return f"p{NO_BREAK}={NO_BREAK}{self.number(p, digits)}"

    def day(self, value: date) -> str:
        """A day in full: 1 september 2026."""
        return format_date(value, "d MMMM y", locale=self.language)

    def period(self, first: date, last: date) -> str:
        """First and last day, both included."""
        return f"{self.day(first)} {self.words.through} {self.day(last)}"

    def moment(self, value: datetime) -> str:
        """Day and time in the study's time zone: 23 november 2026, 09:05. Refuses a time without a zone."""
        return _moment(value, "d MMMM y, HH:mm", self.language)

    def short_moment(self, value: datetime) -> str:
        """Weekday, day and time for a list: ma 23 nov, 09:05. Refuses a time without a zone."""
        return _moment(value, "EEE d MMM, HH:mm", self.language)


# A page writes the same values time and again, and writing one takes longer than asking the database for it.
@lru_cache(maxsize=20_000)
def _number(rounded: float, digits: int, language: str) -> str:
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(rounded, format=pattern, locale=language).replace("-", MINUS)


@lru_cache(maxsize=20_000)
def _moment(value: datetime, pattern: str, language: str) -> str:
    return format_datetime(_local(value), pattern, locale=language)


def plain(value: float | str) -> str:
    """A value of somebody's own as short as it goes: 2.0 becomes "2", 2.5 "2,5"; text stays what it is."""
    if isinstance(value, str):
        return value
    written = f"{value:g}".replace("-", MINUS)
    return written.replace(".", ",") if CURRENT.language == language.DUTCH else written


def many(amount: int, one: str, more: str) -> str:
    """An amount with its noun: "1 test", "1.240 tests"."""
    return f"{count(amount)} {one if amount == 1 else more}"


def _local(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.astimezone(STUDY_ZONE)


CURRENT = Formats()
number, count, percent, points = CURRENT.number, CURRENT.count, CURRENT.percent, CURRENT.points
span, p_value = CURRENT.span, CURRENT.p_value
day, period, moment, short_moment = CURRENT.day, CURRENT.period, CURRENT.moment, CURRENT.short_moment
