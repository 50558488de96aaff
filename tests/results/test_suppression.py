"""What is published gives nothing of what is hidden away: an attacker who solves for it finds nothing."""

from collections.abc import Callable, Sequence

import attacker
import numpy as np
import pytest
from attacker import OUTCOMES, Attack, attack, releases_of

from results import suppression
from results.suppression import PROTECTION, Before, Parts, Unit

ROUNDS, GROWN, SAMPLE, TESTED_AGAIN = 1000, 400, 30, 300
Plant = Callable[[pytest.MonkeyPatch], None]
Groups = Sequence[frozenset[str]]
TELLABLE = suppression.tellable


def of(part: str, *advertisers: int, outcome: str = "", first: int = 0) -> list[Unit]:
    """So many tests of each advertiser in a district, their outcomes in turn unless one is given."""
    dealt = [place for place, number in enumerate(advertisers) for _ in range(number)]
    return [
        Unit(f"{part}-{first + n}", f"a{a}", outcome or OUTCOMES[n % 4], {"district": part})
        for n, a in enumerate(dealt)
    ]


def hidden(units: list[Unit], *earlier: Before) -> set[str] | None:
    table = suppression.published(units, earlier)[0]
    return None if table.hidden is None else set(table.hidden)


def before(units: list[Unit]) -> Before:
    return Before(units, {each.name: each.hidden for each in suppression.published(units)})


BIG, OTHER = of("Groot", *[6] * 6), of("Ander", *[4] * 6)


def test_a_small_part_takes_the_next_smallest_with_it() -> None:
    assert hidden([*BIG, *OTHER]) == set()
    assert hidden([*BIG, *OTHER, *of("Klein", 1, 2)]) == {"Klein", "Ander"}


def test_a_round_that_is_small_as_a_whole_tells_nothing_and_names_no_parts() -> None:
    table = suppression.published(of("Klein", 1, 2, 3))[0]
    assert (table.total, table.parts) == (None, ())


def test_hidden_parts_that_would_all_be_told_to_lack_an_outcome_take_a_further_one_with_them() -> None:
    without = of("Midden", *[4] * 6, outcome="c11")
    assert hidden([*BIG, *without, *of("Klein", 1, 2, outcome="c11")]) == {"Groot", "Klein", "Midden"}


def test_a_correction_of_one_test_is_not_published_beside_the_earlier_release() -> None:
    corrected = [Unit(BIG[0].pair, BIG[0].advertiser, "c00", BIG[0].parts), *BIG[1:], *OTHER]
    assert hidden(corrected, before([*BIG, *OTHER])) is None


def test_the_same_tests_again_are_published_as_they_were() -> None:
    assert hidden([*BIG, *OTHER], before([*BIG, *OTHER])) == set()


def test_a_round_that_grew_enough_shows_again_only_the_parts_that_grew_enough() -> None:
    grown = [*BIG, *OTHER, *of("Groot", *[4] * 6, first=100), *of("Ander", 1, 1, first=100)]
    assert hidden(grown, before([*BIG, *OTHER])) == {"Ander", "Groot"}
    third = of("Derde", *[12] * 6)
    assert hidden([*grown, *third], before([*BIG, *OTHER, *third])) == {"Ander", "Groot"}
    assert hidden([*BIG, *of("Groot", *[4] * 6, first=100), *OTHER], before([*BIG, *OTHER])) == set()


def test_a_part_that_lost_all_its_tests_is_hidden_and_not_left_out() -> None:
    small = of("Klein", *[2] * 6)
    table = suppression.published([*BIG, *OTHER], [before([*BIG, *OTHER, *small])])[0]
    assert {part.name: part.counts is None for part in table.parts}["Klein"]


@pytest.fixture
def times(request: pytest.FixtureRequest) -> int:
    return 10 if request.config.getoption("--long") else 1


def test_an_attacker_recovers_nothing_of_one_release(times: int) -> None:
    told = attack(1, times * ROUNDS, 1)
    print(f"\none release: {told.rounds} rounds, {told.hidden} cells hidden, {told.recovered} recovered")
    assert told.examples == []
    assert told.hidden > ROUNDS
    assert told.shown > ROUNDS


def test_an_attacker_recovers_nothing_of_three_releases_of_a_round(times: int) -> None:
    told = attack(2, times * GROWN, 3)
    print(f"\nthree releases: {told.rounds} rounds, {told.hidden} cells hidden, {told.recovered} recovered")
    assert told.examples == []
    assert told.hidden > GROWN


def test_an_attacker_recovers_nothing_of_a_round_of_which_re_tests_told_a_part(times: int) -> None:
    """The totals of re-tests over some offices, several of them and between releases, give no rest of a round away."""
    told = attack(5, times * TESTED_AGAIN, 2, retests=2)
    print(f"\nwith re-tests: {told.rounds} rounds, {told.groups} groups told, {told.recovered} recovered")
    assert told.examples == []
    assert told.groups > TESTED_AGAIN // 4


def test_a_group_of_offices_is_told_only_when_what_is_left_may_be_told_too() -> None:
    offices = [f"a{number}" for number in range(6)]
    assert suppression.tellable(BIG, [frozenset(offices)])
    assert not suppression.tellable(BIG, [frozenset(offices[:5])])
    twelve = [*BIG, *(Unit(f"{u.pair}-b", f"b{u.advertiser}", u.outcome, u.parts) for u in BIG)]
    assert suppression.tellable(twelve, [frozenset(offices)])
    assert not suppression.tellable(twelve, [frozenset(offices), frozenset(offices[:5])])
    assert not suppression.tellable(twelve, [frozenset(offices)], [twelve[1:]])


def test_no_bounds_pin_a_hidden_cell_down(times: int) -> None:
    """Every hidden number of tests has at least ten possible values; every outcome three, or all the round has."""
    rng, looked = np.random.default_rng(3), 0
    while looked < times * SAMPLE:
        tried = Attack(releases_of(rng, 2))
        for cell in list(tried.hidden())[:2]:
            low, high = tried.interval(cell, None)
            assert high - low >= 10 - 1e-6, cell
            for outcome in OUTCOMES:
                low, high = tried.interval(cell, outcome)
                assert high - low >= min(PROTECTION, tried.told_of_all(cell, outcome)) - 1e-6, (cell, outcome)
            looked += 1


def _no_complement(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(suppression, "_safe_together", lambda _parts, _away: True)


def _no_differencing(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(suppression, "_telling", lambda *_: frozenset())


def _only_the_total(patched: pytest.MonkeyPatch) -> None:
    """Differences of the whole are looked at, those of parts are not."""
    whole = suppression._telling  # noqa: SLF001 - the rule itself
    patched.setattr(
        suppression, "_telling", lambda was, now, groups: whole(was, now, groups) if len(groups) == 1 else frozenset()
    )


def _two_are_enough(patched: pytest.MonkeyPatch) -> None:
    """Two hidden parts are called safe without looking at what they are together."""

    def counted(parts: Parts, away: frozenset[str]) -> bool:
        return len(away) > 1 or len(parts) == 1

    patched.setattr(suppression, "_safe_together", counted)


@pytest.mark.parametrize("plant", [_no_complement, _no_differencing, _only_the_total, _two_are_enough])
def test_the_attacker_finds_an_error_that_is_planted(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    told = attacker.attack(4, 150, 2)
    print(f"\n{plant.__name__}: {told.rounds} rounds, {told.hidden} hidden, {told.recovered} recovered")
    assert told.recovered > 10


def _of(units: Sequence[Unit], group: frozenset[str]) -> list[Unit]:
    return [unit for unit in units if unit.advertiser in group]


def _the_rest_is_forgotten(units: Sequence[Unit], groups: Groups, _earlier: object = ()) -> bool:
    return all(suppression.judge({"": _of(units, group)}) == frozenset() for group in groups)


def _each_group_alone(units: Sequence[Unit], groups: Groups, earlier: Sequence[Sequence[Unit]] = ()) -> bool:
    return all(TELLABLE(units, [group], earlier) for group in groups)


def _earlier_is_forgotten(units: Sequence[Unit], groups: Groups, _earlier: object = ()) -> bool:
    return TELLABLE(units, groups)


@pytest.mark.parametrize(
    ("plant", "releases", "retests"),
    [(_the_rest_is_forgotten, 2, 1), (_each_group_alone, 1, 3), (_earlier_is_forgotten, 3, 1)],
)
def test_the_attacker_finds_an_error_that_is_planted_in_what_re_tests_tell(
    plant: Callable[..., bool], releases: int, retests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppression, "tellable", plant)
    told = attacker.attack(5, 60, releases, retests)
    print(f"\n{plant.__name__}: {told.groups} groups told, {told.recovered} recovered")
    assert told.recovered > 3
