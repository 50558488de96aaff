"""Chance for many rows at once: the same whatever the batch, and otherwise like coins and dice."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, chisquare, kstest

from orchestrator import chance
from orchestrator.chance import Bits, below, bits, digests, shuffled, uniforms

SURE = 1e-4
MANY = 100_000
NUMBERED = digests([f"lst-{number:06d}" for number in range(MANY)])


def turned(one: Bits, other: Bits) -> np.ndarray:
    """How often each of the 64 bits differs between two columns."""
    differs = (one ^ other)[:, np.newaxis] >> np.arange(64, dtype=np.uint64) & np.uint64(1)
    return differs.mean(axis=0)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=12), st.integers(0, 2**53 - 1))
def test_a_row_gets_the_same_number_alone_among_others_and_in_any_order(texts: list[str], seed: int) -> None:
    together = bits(seed, "x", digests(texts), 3).tolist()
    assert bits(seed, "x", digests(texts[::-1]), 3).tolist() == together[::-1]
    counted = np.arange(5, dtype=np.uint64)
    for text, number in zip(texts, together, strict=True):
        alone = digests([text])
        assert bits(seed, "x", alone, 3) == number
        assert bits(seed, "x", np.repeat(alone, 5), counted)[3] == number


@pytest.mark.parametrize("block", [1, 7, 1000])
def test_how_many_rows_are_taken_at_a_time_changes_no_number(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    numbered, drawn = NUMBERED[:100].tolist(), bits(1, "x", NUMBERED[:100]).tolist()
    monkeypatch.setattr(chance, "BLOCK", block)
    again = digests([f"lst-{number:06d}" for number in range(100)])
    assert again.tolist() == numbered
    assert bits(1, "x", again).tolist() == drawn
    assert bits(1, "x", again.reshape(10, 10).T, 0).T.ravel().tolist() == drawn


@given(st.lists(st.text(max_size=40), unique=True, max_size=30))
def test_different_texts_have_different_digests(texts: list[str]) -> None:
    assert len(set(digests(texts).tolist())) == len(texts)


def test_texts_that_end_in_nothing_differ_by_their_length() -> None:
    assert len(set(digests(["", "\0", "\0\0", "a", "a\0", "a" * 8, "a" * 8 + "\0"]).tolist())) == 7


@pytest.mark.parametrize("key", ["lst-{:06d}", "https://kantoor.example/aanbod/{}?van=feed"])
def test_a_million_keys_as_people_number_them_do_not_collide(key: str) -> None:
    found = digests([key.format(number) for number in range(1_000_000)])
    for numbers in (found, bits(7, "moment", found)):
        assert np.diff(np.sort(numbers)).all()


def test_no_keys_have_no_numbers() -> None:
    assert digests([]).size == bits(1, "x", digests([])).size == below(1, "x", digests([]), limits=3).size == 0


@pytest.mark.parametrize("place", range(10))
def test_another_letter_in_a_key_turns_half_of_the_bits(place: int) -> None:
    texts = [f"lst-{number:06d}" for number in range(4000)]
    others = [text[:place] + chr(ord(text[place]) ^ 1) + text[place + 1 :] for text in texts]
    share = turned(digests(texts), digests(others))
    assert np.abs(share - 0.5).max() < 5 * 0.5 / np.sqrt(4000)


@pytest.mark.parametrize(("seed", "purpose", "number"), [(1, "x", 1), (1, "y", 0), (2, "x", 0), (2**52, "x", 0)])
def test_another_seed_purpose_or_number_turns_half_of_the_bits(seed: int, purpose: str, number: int) -> None:
    share = turned(bits(1, "x", NUMBERED), bits(seed, purpose, NUMBERED, number))
    assert np.abs(share - 0.5).max() < 5 * 0.5 / np.sqrt(MANY)


def test_seed_and_purpose_are_kept_apart() -> None:
    assert bits(1, "2:x", NUMBERED[:1]) != bits(12, "x", NUMBERED[:1])


@pytest.mark.parametrize("seed", [0, 20260907, 2**53 - 1])
def test_uniforms_are_uniform_and_go_neither_together_nor_in_runs(seed: int) -> None:
    columns = [uniforms(seed, purpose, NUMBERED, number) for purpose in ("moment", "first") for number in (0, 1)]
    for one in columns:
        assert 0 <= one.min() < one.max() < 1
        assert kstest(one, "uniform").pvalue > SURE
        columns_of_two = np.histogram2d(one[:-1], one[1:], bins=16, range=[[0, 1], [0, 1]])[0]
        assert chisquare(columns_of_two.ravel()).pvalue > SURE
    for one, other in pairwise(columns):
        assert chisquare(np.histogram2d(one, other, bins=16, range=[[0, 1], [0, 1]])[0].ravel()).pvalue > SURE
    correlation = np.corrcoef(columns)[np.triu_indices(len(columns), 1)]
    assert MANY * (correlation**2).sum() < chi2(correlation.size).isf(SURE)


@pytest.mark.parametrize("limit", [1, 2, 6, 1000])
def test_whole_numbers_are_equally_likely_up_to_their_limit(limit: int) -> None:
    drawn = below(3, "die", NUMBERED, limits=np.full(MANY, limit))
    seen = np.bincount(drawn, minlength=limit)
    assert seen.size == limit
    assert limit == 1 or chisquare(seen).pvalue > SURE


@given(st.integers(1, 2**53 - 1), st.integers(0, 2**53 - 1))
def test_a_whole_number_stays_below_its_limit(limit: int, seed: int) -> None:
    drawn = below(seed, "x", NUMBERED[:50], limits=limit)
    assert 0 <= drawn.min() <= drawn.max() < limit


def test_nothing_is_below_a_limit_of_nought() -> None:
    with pytest.raises(ValueError, match="under 1"):
        below(1, "x", NUMBERED[:2], limits=np.array([3, 0]))


@given(st.lists(st.integers(0, 2**17), max_size=50), st.integers(0, 2**53 - 1))
def test_rows_are_shuffled_within_their_blocks_whose_order_stays(blocks: list[int], seed: int) -> None:
    drawn = bits(seed, "x", NUMBERED[: len(blocks)])
    expected = sorted(range(len(blocks)), key=lambda row: (blocks[row], drawn[row]))
    assert shuffled(drawn, np.array(blocks, np.int64)).tolist() == expected


def test_the_numbers_of_today_are_those_of_every_version_and_machine() -> None:
    keys = digests(["lst-000123", "a much longer key, over many words"])
    assert keys.tolist() == [2233758532059199783, 3813183154893624187]
    assert bits(20260907, "moment", keys, 2).tolist() == [10558494711259636527, 5686837056066364670]
    assert below(20260907, "moment", keys, 2, limits=np.array([1000, 2])).tolist() == [572, 0]


def test_a_key_with_a_zero_byte_of_its_own_keeps_its_digest_beside_any_others() -> None:
    keys = ["a\0b", "", "één", "a", "lst-0000001"]
    assert chance.digests(keys).tolist() == [int(chance.digests([key])[0]) for key in keys]
    assert len(set(chance.digests(keys).tolist())) == len(keys)
