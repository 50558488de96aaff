"""Numbers, dates and p-values as a Dutch reader expects them; the one place where a value becomes text."""

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

LOCALE = "nl"
STUDY_ZONE = ZoneInfo("Europe/Amsterdam")
MINUS = "\u2212"
NO_BREAK = "\u00a0"
NOT_KNOWN = "onbekend"
SMALLEST_P = 0.001
SMALL_P = 0.01
NEAR_LIMIT = (0.045, 0.055)


# A report of thousands of advertisers writes the same small numbers over and over; Babel is slow.
@lru_cache(maxsize=8192)
def number(value: float, digits: int = 1) -> str:
    """A decimal number with exactly ``digits`` decimals, U+2212 as the minus sign and never a negative zero."""
    rounded = round(value, digits) + 0.0
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(rounded, format=pattern, locale=LOCALE).replace("-", MINUS)


def count(value: int) -> str:
    """A whole number with a dot between thousands: 12.345."""
    return number(value, 0)


def percent(share: float | None, digits: int = 0) -> str:
    """A share between 0 and 1 as a percentage; for a difference between two shares use `points`."""
    return NOT_KNOWN if share is None else number(100 * share, digits) + "%"


def points(difference: float | None, digits: int = 1) -> str:
    """A difference between two shares in percentage points: 0.092 becomes "9,2 procentpunt"."""
    return NOT_KNOWN if difference is None else f"{number(100 * difference, digits)}{NO_BREAK}procentpunt"


def span(low: float | None, high: float | None, digits: int = 1, scale: float = 100) -> str:
    """An interval in words, limits multiplied by ``scale``: (-0.03, 0.152) becomes "−3,0 tot 15,2"."""
    if low is None or high is None:
        return NOT_KNOWN
    return f"{number(scale * low, digits)} tot {number(scale * high, digits)}"


def p_value(p: float) -> str:
    """A p-value of two decimals, three where two would hide on which side of a usual limit it lies."""
    if p < SMALLEST_P:
        return f"p{NO_BREAK}<{NO_BREAK}0,001"
    digits = 3 if p < SMALL_P or NEAR_LIMIT[0] <= p < NEAR_LIMIT[1] else 2
    return f"p{NO_BREAK}={NO_BREAK}{number(p, digits)}"


def plain(value: float | str) -> str:
    """A value of somebody's own as short as it goes: 2.0 becomes "2", 2.5 "2,5"; text stays what it is."""
    return value if isinstance(value, str) else f"{value:g}".replace(".", ",").replace("-", MINUS)


def day(value: date) -> str:
    """A day in full: 1 september 2026."""
    return format_date(value, "d MMMM y", locale=LOCALE)


def period(first: date, last: date) -> str:
    """First and last day, both included."""
    return f"{day(first)} tot en met {day(last)}"


def moment(value: datetime) -> str:
    """Day and time in the study's time zone: 23 november 2026, 09:05. Refuses a time without a zone."""
    return format_datetime(_local(value), "d MMMM y, HH:mm", locale=LOCALE)


def short_moment(value: datetime) -> str:
    """Weekday, day and time for a list: ma 23 nov, 09:05. Refuses a time without a zone."""
    return format_datetime(_local(value), "EEE d MMM, HH:mm", locale=LOCALE)


def many(amount: int, one: str, more: str) -> str:
    """An amount with its noun: "1 test", "1.240 tests"."""
    return f"{count(amount)} {one if amount == 1 else more}"


def _local(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return value.astimezone(STUDY_ZONE)
