"""The balance table of a plan, and what it says of the draw."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.planned import PlannedLetter, PlannedPair
from profiles.pairs import BOTH, Arm
from results.balance import Line, names, table, verdict

MONDAY = datetime(2026, 9, 7, 8, 0, tzinfo=UTC)


def a_pair(
    first: Arm, number: int = 0, district: str = "Soesterkwartier", variants: tuple[str, str] = ("a", "b")
) -> PlannedPair:
    at = MONDAY + timedelta(days=number % 5)
    early, late = (PlannedLetter("naam", "adres", variant, at) for variant in variants)
    letters = {Arm.CONTROL: early, Arm.TREATMENT: late}
    return PlannedPair(f"P-{number:04d}", f"ams-{number}", "alfa", district, None, first, None, letters)


def lines_of(lines: tuple[Line, ...], what: str) -> dict[str, tuple[int, ...]]:
    return {line.part: line.split for line in lines if line.what == what}


def test_every_line_counts_who_writes_first_in_its_part() -> None:
    pairs = [a_pair(Arm.CONTROL, 0, "Vathorst"), a_pair(Arm.TREATMENT, 1), a_pair(Arm.TREATMENT, 7)]
    lines = table(pairs)
    assert lines_of(lines, "eerste brief") == {"alle tests": (1, 2)}
    assert lines_of(lines, "eerste brief, wijk") == {"Soesterkwartier": (0, 2), "Vathorst": (1, 0)}
    assert lines_of(lines, "eerste brief, dag") == {"maandag": (1, 0), "dinsdag": (0, 1), "woensdag": (0, 1)}
    assert lines_of(lines, "eerste brief, week") == {"week 37": (1, 2)}
    assert lines_of(lines, "briefversie") == {"a": (3, 0), "b": (0, 3)}


def test_a_draw_that_was_made_for_one_arm_is_told_and_a_fair_one_passes() -> None:
    uneven = [a_pair(Arm.CONTROL, number) for number in range(40)]
    assert verdict(table(uneven)).startswith("Niet in evenwicht: ")
    variants = [("a", "b"), ("b", "a")]
    fair = [a_pair(list(BOTH)[number % 2], number // 2, variants=variants[number % 2]) for number in range(40)]
    assert verdict(table(fair)).startswith("In evenwicht: ")


def test_one_uneven_part_among_many_is_judged_over_all_of_them() -> None:
    pairs = [
        a_pair(Arm.CONTROL if number % 2 else Arm.TREATMENT, number, f"wijk {number // 6}") for number in range(120)
    ]
    lines = table(pairs)
    assert all(line.adjusted >= line.p for line in lines)


def test_a_plan_without_pairs_has_an_empty_table_and_says_so() -> None:
    assert table([]) == ()
    assert verdict([]) == "Er is geen enkele test gepland."


@given(st.lists(st.tuples(st.sampled_from(list(BOTH)), st.integers(0, 30), st.sampled_from("xyz")), max_size=30))
def test_each_kind_of_line_adds_up_to_the_whole(drawn: list[tuple[Arm, int, str]]) -> None:
    pairs = [a_pair(first, number, district) for first, number, district in drawn]
    lines = table(pairs)
    for what in {line.what for line in lines}:
        total = sum(sum(line.split) for line in lines if line.what == what)
        assert total == len(pairs) * (2 if what == "briefversie" else 1)


def test_names_are_counted_by_what_they_show_sham_letters_too() -> None:
    def letters(*names: str) -> dict[Arm, PlannedLetter]:
        return {arm: PlannedLetter(name, "adres", "a", MONDAY) for arm, name in zip(BOTH, names, strict=True)}

    real = replace(a_pair(Arm.CONTROL), letters=letters("Bakker", "Amrani"))
    sham = replace(a_pair(Arm.TREATMENT), sham=Arm.CONTROL, letters=letters("Bakker", "De Wit"))
    found = {each.arm: (each.names, each.fewest, each.most, each.most_uneven) for each in names([real, sham])}
    assert found == {Arm.CONTROL: (2, 1, 2, 1), Arm.TREATMENT: (1, 1, 1, 1)}
