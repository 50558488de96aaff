"""When a check of a round is well, and when a person should look."""

from datetime import timedelta

import pytest

from orchestrator.wellbeing import Gaps, Part
from results import wellbeing


def test_equal_losses_are_well_and_many_are_not() -> None:
    few, many = Part("1", 200, 2, 1), Part("1", 200, 20, 1)
    assert wellbeing.lost({"order": (few,)}).well
    assert not wellbeing.lost({"order": (many,)}).well
    assert not wellbeing.lost({"order": (Part("1", 200, 0, 9),)}).well


def test_losses_that_fall_on_one_text_are_told_although_there_are_few() -> None:
    spread = (Part("a", 200, 2, 0), Part("b", 200, 1, 0), Part("c", 200, 2, 0))
    uneven = (Part("a", 200, 12, 0), Part("b", 200, 0, 0), Part("c", 200, 0, 0))
    whole = (Part("1", 600, 12, 0),)
    assert wellbeing.lost({"order": whole, "variant": spread}).well
    seen = wellbeing.lost({"order": whole, "variant": uneven})
    assert not seen.well
    assert "Niet gelijk verdeeld: Briefversie." in seen.said


def test_losses_by_order_are_expected_to_differ_as_a_second_letter_needs_a_first() -> None:
    assert wellbeing.lost({"order": (Part("1", 300, 9, 0), Part("2", 300, 0, 0))}).well


@pytest.mark.parametrize(("worst", "well"), [(0.5, True), (1.0, True), (7.5, False)])
def test_a_gap_may_be_an_hour_off(worst: float, well: bool) -> None:
    assert wellbeing.kept_apart(Gaps(40, 6, 6, worst, 2)).well is well


def test_without_second_letters_there_is_no_gap_to_judge() -> None:
    assert wellbeing.kept_apart(None).well


def test_a_ledger_that_is_ahead_of_the_clock_is_not_well() -> None:
    assert wellbeing.on_time(timedelta(seconds=30)).well
    assert not wellbeing.on_time(timedelta(seconds=31)).well


def test_a_plan_without_pairs_is_in_balance() -> None:
    assert wellbeing.balanced(()).well
