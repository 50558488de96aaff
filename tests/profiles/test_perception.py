"""Perception records: how sure a share is, and when a name counts as recognised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.perception import LEAST_RATERS, LEAST_RECOGNISED, Perception, mean_class, same_class


def a_record(recognised: float = 0.95, raters: int = 40, class_mean: float = 3.0) -> Perception:
    return Perception("Bas", "Bos", "dutch", 2026, raters, recognised, class_mean, 1.5, "proef")


def test_the_interval_is_wilsons() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 gives 0.2553 to 0.3662.
    assert a_record(81 / 263, 263).interval == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert a_record(1.0, 30).interval == (pytest.approx(0.8865, abs=5e-5), 1.0)


@pytest.mark.parametrize(
    ("recognised", "raters", "surely"),
    [
        (1.0, 29, False),
        (1.0, 30, True),
        (0.80, 100, False),
        (0.85, 100, True),
        (0.85, 40, False),
        (0.75, 10_000, False),
    ],
)
def test_a_name_is_surely_recognised_by_enough_raters_and_with_room_for_chance(
    recognised: float, raters: int, surely: bool
) -> None:
    assert a_record(recognised, raters).surely_recognised is surely


@given(st.integers(1, 500), st.data())
def test_a_name_is_never_surely_recognised_when_the_share_itself_is_too_low(raters: int, data: st.DataObject) -> None:
    share = data.draw(st.integers(0, raters)) / raters
    low, high = a_record(share, raters).interval
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1
    if a_record(share, raters).surely_recognised:
        assert raters >= LEAST_RATERS
        assert share > LEAST_RECOGNISED


@given(st.integers(100, 500), st.integers(100, 500))
def test_classes_half_a_point_apart_are_the_same_in_both_directions(one: int, other: int) -> None:
    assert same_class(one / 100, other / 100) is same_class(other / 100, one / 100) is (abs(one - other) <= 50)


def test_the_class_of_a_set_is_the_mean_over_its_names() -> None:
    assert mean_class([a_record(class_mean=2.0, raters=400), a_record(class_mean=4.0)]) == 3.0
