"""What a closed round tells beside its headline: bias, noise, answer times, classes, evidence per advertiser."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
import report_makers as make
from report_makers import CELLS, pair, pairs, sham, table

from profiles.pairs import Arm
from results import files
from results.outcomes import Outcome
from results.reports import Audience, build, render, sections
from results.reports.sections import Sections
from results.reports.sections.bias import BOUNDS_ADVERTISERS
from results.statistics import Counts
from results.statistics.advertiser import sentence
from results.statistics.bias import factor_effects
from results.statistics.times import pair_times, paired_hazard
from results.tables import ArmRow, PairRow


def of(rows: Sequence[PairRow], **changes: object) -> Sections:
    found = sections.of_round(table(rows, **changes))
    assert found is not None
    return found


def with_arm(row: PairRow, arm: Arm, **changes: object) -> PairRow:
    return replace(row, arms={**row.arms, arm: replace(row.arms[arm], **changes)})


def letter(row: PairRow, arm: Arm) -> ArmRow:
    return row.arms[arm]


@pytest.mark.parametrize("state", ["running", "paused", "collecting", "aborted"])
def test_a_round_that_can_still_change_has_no_sections(state: str) -> None:
    assert sections.of_round(table(pairs(9, 5, 2, 4), state=state)) is None


def test_a_closed_round_without_a_usable_pair_has_no_sections() -> None:
    assert sections.of_round(table([make.excluded("niet-verzonden", 1)])) is None


# --- bias ---------------------------------------------------------------------------------------------------------


def test_letters_that_dropped_out_are_counted_by_arm_and_those_cancelled_for_their_other_half_are_not() -> None:
    rows = list(pairs(8, 4, 2, 6))
    for place in range(6):
        lost = make.excluded("niet-verzonden", 700 + place)
        lost = with_arm(lost, Arm.TREATMENT, state="failed")
        rows.append(with_arm(lost, Arm.CONTROL, state="cancelled"))
    found = {each.reason: each for each in of(rows).bias.attrition}
    assert (found["failed"].control, found["failed"].treatment) == (0, 6)
    assert found["failed"].p == pytest.approx(2 / 2**6)
    assert found["failed"].p_holm == pytest.approx(5 * 2 / 2**6)
    assert found["expired"].control + found["expired"].treatment == 0


def test_a_test_that_was_recognised_before_its_second_letter_counts_as_recognised() -> None:
    seen = with_arm(make.excluded("test-herkend", 800), Arm.CONTROL, labels=("ECHTHEIDSVRAAG",))
    seen = with_arm(seen, Arm.TREATMENT, state="cancelled", sent_at=None)
    bias = of([*pairs(5, 3, 1, 0), seen]).bias
    assert bias.questions == (1, 0)
    assert bias.letters == (10, 9)
    assert bias.detection is not None
    assert (bias.detection.value, bias.detection.n) == (0.1, 10)


def test_text_order_gap_and_day_are_tested_as_the_statistics_do_and_what_never_varied_is_named() -> None:
    rows = [make.lively(row, place) for place, row in enumerate(pairs(20, 12, 4, 10))]
    bias = of(rows).bias
    assert [each.factor for each in bias.factors] == ["control_variant", "treatment_variant", "order", "gap", "day"]
    halves = {
        arm: Counts.tally(_positive(row) for row in rows if row.first == arm) for arm in (Arm.CONTROL, Arm.TREATMENT)
    }
    alone = factor_effects({"order": {str(arm): counts for arm, counts in halves.items()}})[0]
    order = next(each for each in bias.factors if each.factor == "order")
    assert (order.nets, order.p) == (alone.nets, alone.p)
    assert of(pairs(5, 3, 1, 2)).bias.single == ("control_variant", "treatment_variant", "gap", "day")


def _positive(row: PairRow) -> tuple[bool, bool]:
    return row.invited(Arm.CONTROL), row.invited(Arm.TREATMENT)


def test_gaps_are_told_in_three_classes_that_follow_one_another_and_hold_every_pair() -> None:
    rows = [make.lively(row, place) for place, row in enumerate(pairs(20, 12, 4, 10))]
    bias = of(rows).bias
    limits = [limit for pair_ in bias.gap_hours for limit in pair_]
    assert limits == sorted(limits)
    assert (limits[0], limits[-1]) == (min(r.gap_hours or 0 for r in rows), max(r.gap_hours or 0 for r in rows))
    gap = next(each for each in bias.factors if each.factor == "gap")
    assert list(gap.nets) == ["1", "2", "3"]


def test_other_choices_stand_beside_the_declared_one_and_the_extremes_hold_every_answer_that_was_lost() -> None:
    rows = [*pairs(10, 8, 2, 5), make.excluded("niet-verzonden", 900), make.excluded("niet-verzonden", 901)]
    found = {each.name: each for each in of(rows).bias.choices}
    assert list(found) == [
        "declared",
        "excluded_neither",
        "excluded_against",
        "excluded_in_favour",
        "wide",
        "half_window",
    ]
    assert found["excluded_against"].counts == Counts(10, 10, 2, 5)
    assert found["excluded_in_favour"].counts == Counts(10, 8, 4, 5)
    assert found["excluded_neither"].counts == Counts(10, 8, 2, 7)


def test_a_wide_definition_counts_conditional_answers_and_a_declared_wide_one_is_set_beside_a_strict_one() -> None:
    offered = with_arm(pair("c10", 1), Arm.TREATMENT, outcome=Outcome.CONDITIONAL, early=Outcome.CONDITIONAL)
    rows = [*pairs(3, 2, 1, 1), offered]
    strict = {each.name: each.counts for each in of(rows).bias.choices}
    assert strict["declared"] == Counts(3, 3, 1, 1)
    assert strict["wide"] == Counts(4, 2, 1, 1)
    wide = {each.name: each.counts for each in of(rows, positive=("conditional", "positive")).bias.choices}
    assert "wide" not in wide
    assert wide["strict"] == Counts(3, 3, 1, 1)


def test_half_the_window_counts_only_what_had_come_by_then() -> None:
    late = with_arm(pair("c11", 1), Arm.TREATMENT, early=Outcome.NONE)
    found = {each.name: each.counts for each in of([*pairs(3, 2, 1, 1), late]).bias.choices}
    assert found["declared"] == Counts(4, 2, 1, 1)
    assert found["half_window"] == Counts(3, 3, 1, 1)


def test_the_least_share_of_advertisers_needs_enough_of_them_with_two_pairs_and_uses_as_many_pairs_of_each() -> None:
    few = pairs(60, 20, 5, 13, advertisers=BOUNDS_ADVERTISERS - 1)
    assert of(few).bias.lowest is None
    lowest = of(pairs(60, 25, 5, 15, advertisers=BOUNDS_ADVERTISERS)).bias.lowest
    assert lowest is not None
    assert (lowest.letters, lowest.bounds.advertisers) == (2, BOUNDS_ADVERTISERS)
    assert 0 <= lowest.bounds.share <= 1


# --- noise, times, classes ----------------------------------------------------------------------------------------


def test_sham_pairs_stand_beside_the_round_and_excluded_ones_do_not_count() -> None:
    noise = of([*pairs(10, 8, 2, 5), *(sham("c10", place) for place in (1, 2)), sham("c11", 3), sham("c01", 4)]).noise
    assert noise is not None
    assert (noise.real.value, noise.sham.value, noise.random.value) == (0.4, 0.75, 0.375)
    gone = replace(sham("c10", 5), state="excluded", reason="test-herkend")
    assert of([*pairs(10, 8, 2, 5), gone]).noise is None


def test_a_negative_answer_time_is_named_by_its_listing_and_left_out() -> None:
    faulty = with_arm(pair("c11", 50), Arm.CONTROL, answer_hours=-0.5)
    times = of([*pairs(3, 2, 1, 1), faulty]).times
    assert times is not None
    assert times.clock_faults == (faulty.listing,)
    assert {arm.letters for arm in times.arms} == {7}


def test_answer_times_give_the_curve_of_the_statistics_at_fixed_moments_up_to_the_window() -> None:
    hours = [(2.0, 30.0), (5.0, None), (13.0, 3.0), (None, None), (40.0, 50.0)]
    rows = [_timed(place, *each) for place, each in enumerate(hours)]
    times = of(rows, response_days=3).times
    assert times is not None
    control, treatment = times.arms
    assert [each.hours for each in control.curve] == [1, 4, 12, 24, 48, 72]
    assert [each.answered for each in control.curve] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 0.8])
    assert [each.at_risk for each in treatment.curve] == [5, 4, 4, 4, 3, 2]
    assert (control.median.value, treatment.median.value) == (13.0, 50.0)
    asked = [[float("nan") if each is None else each for each in pair_] for pair_ in hours]
    assert times.hazard == paired_hazard(pair_times(asked, 72))
    assert (times.hazard.control_first, times.hazard.treatment_first) == (3, 1)


def _timed(place: int, control: float | None, treatment: float | None) -> PairRow:
    row = with_arm(pair("c11", place), Arm.CONTROL, answer_hours=control)
    return with_arm(row, Arm.TREATMENT, answer_hours=treatment)


def test_answers_are_tabled_by_class_and_demands_only_where_a_label_makes_one() -> None:
    rows = list(pairs(3, 2, 1, 1))
    (classes,) = of(rows).answers
    assert classes.classes == ("none", "negative", "conditional", "positive")
    assert classes.table[3][3] == 3
    assert (classes.table[3][1], classes.table[1][3]) == (2, 1)
    rows[0] = with_arm(rows[0], Arm.TREATMENT, labels=("UITNODIGING", "DOCUMENTEN_VOORAF", "INKOMENSVRAAG"))
    rows[1] = with_arm(rows[1], Arm.TREATMENT, labels=("INKOMENSVRAAG",))
    _, demands = of(rows).answers
    assert demands.table[0] == (5, 1, 1)
    assert {test.name for test in demands.tests} >= {"stuart_maxwell", "mean_score"}


# --- declared and exploratory -------------------------------------------------------------------------------------


def test_the_declared_stratum_is_corrected_with_holm_and_the_other_with_benjamini_hochberg() -> None:
    rows = make.full_round().rows
    found = {split.by: split for split in of(rows, stratum="kind").splits}
    assert list(found) == ["kind", "district"]
    assert (found["kind"].declared, found["district"].declared) == (True, False)
    assert {group.tests[1].name for group in found["kind"].groups} == {"mcnemar_midp_holm"}
    assert {group.tests[1].name for group in found["district"].groups} == {"mcnemar_midp_bh"}


# --- advertisers --------------------------------------------------------------------------------------------------


def test_every_advertiser_has_its_evidence_and_one_without_a_usable_pair_is_not_compared() -> None:
    rows = [*pairs(30, 24, 6, 20, advertisers=8), pair("c11", 99, 99, state="excluded", reason="niet-verzonden")]
    found = of(rows).advertisers
    assert len(found.lines) == 8
    assert all(line.share.value is not None and line.alike is not None for line in found.lines)
    assert found.q.pi0 is not None


def test_when_nobody_has_a_one_sided_pair_no_probability_is_made_up() -> None:
    found = of(pairs(6, 0, 0, 6, advertisers=3)).advertisers
    assert found.mixture is None
    assert {line.alike for line in found.lines} == {None}
    assert {line.share.value for line in found.lines} == {None}
    assert "nog 6 eenzijdige tests nodig" in sentence(found.lines[0].row.result)


# --- report and results.json --------------------------------------------------------------------------------------


def test_the_page_shows_every_section_of_a_closed_round_and_none_of_them_while_it_runs() -> None:
    headings = ("Vertekening", "Ruis", "Antwoordtijden", "Meer dan wel of geen uitnodiging", "Hoe sterk is het bewijs")
    closed = render(build(make.full_round(), Audience.RESEARCHER), assets="x")
    assert [each for each in headings if each not in closed] == []
    running = render(build(make.full_round(state="running"), Audience.RESEARCHER), assets="x")
    assert [each for each in headings if f">{each}" in running and each != "Ruis"] == []


def test_the_municipality_sees_no_section() -> None:
    page = render(build(make.full_round(state="released"), Audience.MUNICIPALITY), assets="x")
    assert "Vertekening" not in page
    assert "Hoe sterk is het bewijs" not in page


def test_the_document_carries_the_numbers_of_the_report() -> None:
    rounds = make.full_round()
    found, told = of(rounds.rows), json.loads(files.results_json(rounds))["round"]
    assert list(told) == ["splits", "order", "bias", "noise", "answer_times", "classes", "advertisers"]
    assert told["noise"]["net"]["value"] == found.noise.net.value if found.noise else False
    assert [each["p"] for each in told["bias"]["choices"]] == [each.p for each in found.bias.choices]
    lines = {line["advertiser"]: line for line in told["advertisers"]["lines"]}
    assert {key: line["q"] for key, line in lines.items()} == {
        line.key: line.row.result.q for line in found.advertisers.lines
    }


def test_all_methods_add_intervals_and_leave_the_default_ones_first() -> None:
    plain, every = (files.results_of(make.full_round(), all_methods=wish) for wish in (False, True))
    assert {each["method"] for each in every["estimates"]} > {each["method"] for each in plain["estimates"]}
    assert every["estimates"][0] == plain["estimates"][0]


@pytest.mark.long
def test_a_round_of_five_thousand_advertisers_is_reported_in_seconds() -> None:
    cells = [cell for cell, many in zip(CELLS, (4600, 2000, 800, 7600), strict=True) for _ in range(many)]
    rows = [make.lively(pair(cell, place, place * 7919 % 5000), place) for place, cell in enumerate(cells)]
    begun = time.perf_counter()
    page = render(build(table(rows), Audience.RESEARCHER), assets="x")
    assert time.perf_counter() - begun < 40  # about 8 on a machine of its own
    assert page.count('<th scope="row">') > 10_000
