"""The rotation: what chance alone leaves uneven comes out even, whatever the seed and the number of texts."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from orchestrator.rotation import Turn, turn
from orchestrator.rotation import turns as many_turns
from profiles.pairs import BOTH, Arm

seeds, texts = st.integers(0, 2**53 - 1), st.integers(2, 9)


def turns(seed: int, size: int, many: int, kind: str = "real") -> list[Turn]:
    found = many_turns(seed, kind, np.arange(many), size)
    columns = zip(found.order.tolist(), found.words.tolist(), found.level.tolist(), strict=True)
    return [Turn(tuple(order), tuple(words), level) for order, words, level in columns]


@given(seeds, texts, st.integers(0, 20))
def test_in_every_row_each_text_comes_once_in_either_arm(seed: int, size: int, row: int) -> None:
    found = turns(seed, size, (row + 1) * size)[row * size :]
    for arm in range(2):
        assert sorted(each.words[arm] for each in found) == list(range(size))


@given(seeds, texts, st.integers(0, 20))
def test_in_every_row_either_arm_is_first_as_often_as_can_be(seed: int, size: int, row: int) -> None:
    first = Counter(BOTH[each.order[0]] for each in turns(seed, size, (row + 1) * size)[row * size :])
    assert abs(first[Arm.CONTROL] - first[Arm.TREATMENT]) == size % 2


@given(seeds, texts)
def test_in_two_cycles_each_ordered_pair_of_texts_comes_once_with_either_arm_first(seed: int, size: int) -> None:
    found = Counter((each.words, BOTH[each.order[0]]) for each in turns(seed, size, 2 * size * (size - 1)))
    orders = [(one, other) for one, other in product(range(size), repeat=2) if one != other]
    assert found == {(both, arm): 1 for both in orders for arm in BOTH}


@given(seeds, st.sampled_from([4, 8]))
def test_in_four_rows_each_text_meets_either_level_with_either_arm_first(seed: int, size: int) -> None:
    found = Counter((each.words[0], each.level, BOTH[each.order[0]]) for each in turns(seed, size, 4 * size))
    assert found == {(text, level, arm): 1 for text in range(size) for level in range(2) for arm in BOTH}


@given(seeds, texts, st.integers(1, 300))
def test_a_part_of_a_round_is_never_further_from_even_than_a_row(seed: int, size: int, many: int) -> None:
    found = turns(seed, size, many)
    for arm in range(2):
        counted = Counter(each.words[arm] for each in found)
        assert max(counted.values()) - min(counted[text] for text in range(size)) <= 1


def test_which_turn_a_place_has_is_chance() -> None:
    seen = Counter((BOTH[found.order[0]], found.words) for seed in range(800) if (found := turn(seed, "real", 5, 4)))
    assert len(seen) == 24
    assert chisquare(list(seen.values())).pvalue > 1e-4


def test_kinds_of_pairs_rotate_by_themselves() -> None:
    assert turns(1, 8, 40) != turns(1, 8, 40, "control")


@pytest.mark.parametrize("size", [0, 1])
def test_one_text_cannot_rotate(size: int) -> None:
    with pytest.raises(ValueError, match="distinct letter"):
        turn(1, "real", 0, size)


@given(seeds, st.integers(2, 3), st.integers(3, 9), st.lists(st.integers(0, 10**6), max_size=6))
def test_many_turns_are_those_of_each_place_alone(seed: int, arms: int, size: int, places: list[int]) -> None:
    found = many_turns(seed, "real", np.array(places, np.int64), size, arms)
    columns = zip(found.order.tolist(), found.words.tolist(), found.level.tolist(), strict=True)
    alone = [turn(seed, "real", place, size, arms) for place in places]
    assert [(list(each.order), list(each.words), each.level) for each in alone] == list(columns)
