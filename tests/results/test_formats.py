"""Numbers and dates as a Dutch reader expects them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results import formats


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(9.16, 1, "9,2"), (-3.0, 1, "−3,0"), (12345.6, 1, "12.345,6"), (1.0, 0, "1"), (-0.04, 1, "0,0"), (-0.4, 0, "0")],
)
def test_a_number_has_a_comma_a_real_minus_and_no_negative_zero(value: float, digits: int, text: str) -> None:
    assert formats.number(value, digits) == text


@given(st.floats(-1e6, 1e6), st.integers(0, 3))
def test_no_number_ever_shows_a_hyphen_or_a_negative_zero(value: float, digits: int) -> None:
    text = formats.number(value, digits)
    assert "-" not in text
    assert not (text.startswith("−") and set(text[1:]) <= {"0", ","})


def test_a_difference_is_in_percentage_points_and_a_share_in_percent() -> None:
    assert formats.points(0.0916) == "9,2\u00a0procentpunt"
    assert formats.percent(0.66) == "66%"
    assert formats.points(None) == formats.percent(None) == "onbekend"


def test_an_interval_reads_from_low_to_high() -> None:
    assert formats.span(-0.03, 0.152) == "−3,0 tot 15,2"
    assert formats.span(0.8, 2.5, digits=2, scale=1) == "0,80 tot 2,50"
    assert formats.span(None, 0.1) == "onbekend"


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.03, "p = 0,03"),
        (0.0004, "p < 0,001"),
        (0.0496, "p = 0,050"),
        (0.051, "p = 0,051"),
        (0.004, "p = 0,004"),
        (1.0, "p = 1,00"),
    ],
)
def test_a_p_value_never_hides_its_side_of_the_limit(p: float, text: str) -> None:
    assert formats.p_value(p).replace("\u00a0", " ") == text


def test_a_moment_is_told_in_amsterdam_and_refuses_a_naive_time() -> None:
    assert formats.moment(datetime(2026, 11, 23, 8, 5, tzinfo=UTC)) == "23 november 2026, 09:05"
    assert formats.short_moment(datetime(2026, 7, 6, 7, 30, tzinfo=UTC)) == "ma 6 jul, 09:30"
    with pytest.raises(ValueError, match="time zone"):
        formats.moment(datetime(2026, 11, 23, 8, 5))  # noqa: DTZ001


def test_a_period_and_an_amount_read_as_words() -> None:
    assert formats.period(date(2026, 9, 7), date(2026, 10, 9)) == "7 september 2026 tot en met 9 oktober 2026"
    assert formats.many(1, "test", "tests") == "1 test"
    assert formats.many(1240, "test", "tests") == "1.240 tests"
