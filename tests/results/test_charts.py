"""Geometry of the charts: scales, intervals, stacked bar and strip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results import charts

proportions = st.floats(-1, 1)


def test_a_scale_has_round_ticks_around_all_values_and_zero() -> None:
    made = charts.scale((-0.03, 0.152, 0.231))
    assert made.ticks == (-10.0, 0.0, 10.0, 20.0, 30.0)
    assert (made.low, made.high) == (-10, 30)


def test_a_scale_without_values_still_has_a_zero_line_in_the_middle() -> None:
    assert charts.scale(()).zero == charts.scale((None,)).zero == 50


@given(st.lists(proportions, min_size=1))
def test_every_scale_holds_zero_and_all_its_values_with_few_ticks(values: list[float]) -> None:
    made = charts.scale(values)
    assert made.low < made.high
    assert 0.0 in made.ticks
    assert 2 <= len(made.ticks) <= charts.MOST_TICKS + 2
    assert all(made.low <= 100 * value <= made.high for value in values)


@given(proportions, proportions, proportions)
def test_an_interval_keeps_its_order_and_stays_on_the_width(a: float, b: float, c: float) -> None:
    low, value, high = sorted((a, b, c))
    drawn = charts.bar(low, value, high, charts.scale((low, high)))
    assert 0 <= drawn.start <= drawn.point <= drawn.end <= 100


def test_what_falls_outside_the_scale_is_drawn_at_the_edge() -> None:
    drawn = charts.bar(-0.9, 0.0, 0.9, charts.scale((-0.1, 0.1)))
    assert (drawn.start, drawn.point, drawn.end, drawn.width) == (0, 50, 100, 100)


def test_four_outcomes_fill_the_bar_and_a_narrow_one_carries_no_label() -> None:
    drawn = charts.segments([("c11", 200), ("c10", 60), ("c01", 10), ("c00", 0)])
    assert [segment.key for segment in drawn] == ["c11", "c10", "c01"]
    assert sum(segment.width for segment in drawn) == pytest.approx(100, abs=0.05)
    assert [segment.fits for segment in drawn] == [True, True, False]
    assert drawn[1].middle == pytest.approx(drawn[0].width + drawn[1].width / 2, abs=0.02)


def test_no_pairs_draw_no_bar() -> None:
    assert charts.segments([("c11", 0), ("c10", 0)]) == ()


def test_own_figures_and_band_share_one_scale_and_either_may_be_missing() -> None:
    both = charts.strip((-0.06, 0.08, 0.22), (0.04, 0.07, 0.11))
    assert both.own is not None
    assert both.band is not None
    assert both.own.start < both.band.start < both.band.point < both.own.point < both.own.end
    assert charts.strip(None, None) == charts.Strip(charts.scale(()), None, None)


def test_a_curve_of_power_starts_in_the_corner_and_ends_at_its_last_size() -> None:
    drawn = charts.power_chart([50, 100, 250], [0.2, 0.5, 1.0], target=0.8)
    assert drawn.points == ((0, 300), (120, 240), (240, 150), (600, 0))
    assert drawn.target == pytest.approx(60)
    assert [mark.value for mark in drawn.pairs] == [0, 50, 100, 150, 200, 250]
    assert [mark.at for mark in drawn.shares] == [300, 240, 180, 120, 60, 0]


def test_running_totals_end_at_their_sums_and_the_highest_touches_the_top() -> None:
    drawn = charts.growth([10, 11, 14], {"planned": [4, 4, 2], "sent": [4, 1, 0]})
    assert drawn.most == 10
    assert drawn.lines["planned"] == ((0.0, 180.0), (150.0, 60.0), (600.0, 0.0))
    assert drawn.lines["sent"][-1] == (600.0, 150.0)


def test_one_day_is_a_point_and_no_days_are_no_lines() -> None:
    assert charts.growth([10], {"planned": [3]}).lines == {"planned": ((0.0, 0.0),)}
    assert charts.growth([], {"planned": []}) == charts.Growth({}, 0)
