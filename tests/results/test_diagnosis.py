"""The figures of a diagnosis, against exact values, hand-made cases and what the reports compute for one round."""

from dataclasses import replace

import numpy as np
import pytest
from diagnosis_makers import a_sample, some_answers
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.states import Exclusion
from profiles.errors import BadInput
from results.diagnosis import Answers, Diagnosis, Sample, advice, answers_of, diagnose
from results.diagnosis.answers import EXCLUSIONS, LABELS, USABLE
from results.diagnosis.figures import _Groups, _Tables, marked_of, shown_districts
from results.outcomes import labels
from results.statistics import Counts, Verdict, advertisers, analyse, connor_pairs, exact_power
from results.statistics.clustering import tabulate
from results.statistics.unpaired import Arms, analyse_unpaired, difference_newcombe
from results.statistics.unpaired_strata import clustered_difference

ROUNDS = 4000
ERROR = 4 * (0.25 / ROUNDS) ** 0.5  # four standard errors of a share over so many rounds


def diagnosed(sample: Sample, biased: Answers, bias: float = 0.1) -> Diagnosis:
    return diagnose(
        sample, biased, some_answers(sample, biased.rounds, p10=0.1, p01=0.1, seed=9), bias=bias, level=0.95
    )


@pytest.mark.long
@pytest.mark.parametrize(("p10", "p01"), [(0.12, 0.06), (0.2, 0.1), (0.15, 0.15)])
def test_the_power_of_the_midp_test_is_the_exact_one(p10: float, p01: float) -> None:
    sample = a_sample()
    found = diagnosed(sample, some_answers(sample, ROUNDS, p10=p10, p01=p01))
    assert found.power.midp.value == pytest.approx(exact_power(p10, p01, sample.size), abs=ERROR)
    assert found.power.midp.low <= found.power.midp.value <= found.power.midp.high


@pytest.mark.long
def test_at_the_size_that_connor_gives_the_power_is_a_little_below_the_wanted() -> None:
    sample = a_sample(39, 10)
    assert sample.size == pytest.approx(connor_pairs(0.12, 0.06), abs=1)
    found = diagnosed(sample, some_answers(sample, ROUNDS, p10=0.12, p01=0.06))
    assert 0.75 < found.power.midp.value < 0.82


def test_without_a_difference_each_rule_finds_one_about_as_often_as_declared() -> None:
    sample = a_sample()
    found = diagnose(
        sample,
        some_answers(sample, 10, p10=0.2, p01=0.1),
        some_answers(sample, ROUNDS, p10=0.15, p01=0.15),
        bias=0.1,
        level=0.95,
    )
    assert found.size.midp.value == pytest.approx(0.05, abs=0.015)
    assert found.size.clustered.value == pytest.approx(0.05, abs=0.015)
    assert found.size.shown.value <= found.size.clustered.value
    assert found.size.midp.n == ROUNDS


@pytest.mark.long
def test_the_smallest_difference_is_about_the_one_that_is_found_in_four_rounds_of_five() -> None:
    sample = a_sample()
    found = diagnosed(sample, some_answers(sample, ROUNDS, p10=0.2, p01=0.1))
    assert found.smallest is not None
    gap = found.smallest / 2
    again = diagnosed(sample, some_answers(sample, ROUNDS, p10=0.15 + gap, p01=0.15 - gap), bias=found.smallest)
    assert again.power.shown.value == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("lost", [0.0, 0.3])
def test_every_round_has_the_interval_and_the_p_that_a_report_of_it_would_have(lost: float) -> None:
    sample = a_sample(12, 5, sham=7)
    answers = some_answers(sample, 25, p10=0.25, p01=0.1, lost=lost)
    tables = _Tables(sample, answers, 0.95)
    for number in range(answers.rounds):
        usable = answers.usable(sample)[number]
        pairs = answers.positive[number][usable]
        clusters = [name for name, counts in zip(sample.advertisers, usable, strict=True) if counts]
        codes = np.unique(clusters, return_inverse=True)[1]
        one = analyse(Counts.tally(map(tuple, pairs)), advertisers=tabulate(pairs[:, 0], pairs[:, 1], codes))
        tango = one.estimate("net_discrimination", method="tango")
        clustered = one.estimate("net_discrimination", method="cluster_cr2")
        assert (tables.tango[0][number], tables.tango[1][number]) == pytest.approx((tango.low, tango.high))
        assert (tables.clustered[0][number], tables.clustered[1][number]) == pytest.approx(
            (clustered.low, clustered.high)
        )
        assert tables.midp[number] == pytest.approx(one.test("mcnemar_midp").p)


def test_a_round_of_one_pair_each_has_no_clustered_interval_and_shows_tangos() -> None:
    sample = a_sample(30, 1)
    answers = some_answers(sample, 20, p10=0.3, p01=0.1)
    tables = _Tables(sample, answers, 0.95)
    assert np.isnan(tables.clustered[0]).all()
    assert (tables.shown[0] == tables.tango[0]).all()
    assert diagnosed(sample, answers).power.clustered.value == 0


def test_a_round_that_lost_every_pair_finds_nothing_and_knows_nothing() -> None:
    sample = a_sample(5, 2)
    answers = some_answers(sample, 3, p10=0.3, p01=0.1, lost=1.0)
    found = diagnosed(sample, answers)
    assert found.power.midp.value == found.power.shown.value == 0
    assert (found.width.median, found.smallest, found.hidden_whole) == (2.0, None, 1.0)
    assert found.lost == {EXCLUSIONS[0].value: 1.0}
    assert "Geen enkel verschil" in advice(found, 0.2)


@given(tables=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 8)), min_size=1, max_size=12))
@settings(max_examples=200)
def test_advertisers_are_marked_as_the_reports_mark_them(tables: list[tuple[int, int]]) -> None:
    judged = advertisers({str(place): Counts(0, c10, c01, 3) for place, (c10, c01) in enumerate(tables)})
    c10, c01 = (np.array([[float(table[side]) for table in tables]]) for side in (0, 1))
    assert marked_of(c10, c01)[0].tolist() == [result.verdict is Verdict.PATTERN for result in judged]


def test_false_marks_are_counted_among_the_advertisers_without_bias_only() -> None:
    sample = a_sample(2, 8)
    positive = np.zeros((1, 16, 2), dtype=bool)
    positive[..., 0] = True  # in every pair the control arm alone: both advertisers are marked
    excluded, biased = np.full((1, 16), USABLE), np.array([[True, False]])
    marks = diagnosed(sample, Answers(positive, positive, positive, excluded, biased)).marks
    assert marks.false is not None
    assert marks.true is not None
    assert (marks.false.value, marks.false.n, marks.true.value, marks.any_false.value) == (1.0, 1, 1.0, 1.0)
    assert marks.too_little == 0
    all_biased = replace(some_answers(sample, 1, p10=0.2, p01=0.1), biased=np.ones((1, 2), dtype=bool))
    assert diagnosed(sample, all_biased).marks.false is None


def test_a_district_is_hidden_with_its_smallest_neighbour() -> None:
    """By hand: 12 and 14 pairs of six advertisers, and 4 pairs. The 4 are too few, and the 12 have to go along."""
    districts = ("klein",) * 4 + ("midden",) * 12 + ("groot",) * 14
    names = tuple(f"kantoor-{place % 6}" for place in range(30))
    sample = Sample(names, districts, (False,) * 30)
    assert shown_districts(sample, np.ones(30, dtype=bool)) == ("groot",)
    assert shown_districts(sample, np.arange(30) < 9) is None  # nine pairs: the municipality sees nothing at all
    answers = some_answers(sample, 4, p10=0.2, p01=0.1)
    excluded = answers.excluded.copy()
    excluded[0, 9:] = 0  # in one round of four
    found = diagnosed(sample, replace(answers, excluded=excluded))
    assert found.hidden_whole == 0.25
    assert found.hidden == {"groot": 0.25, "klein": 1.0, "midden": 1.0}


def test_burden_counts_letters_answers_and_viewings_given_back() -> None:
    sample = Sample(("a", "a", "b"), ("wijk",) * 3, (False, True, False))
    invited = np.array([[[True, False], [False, False], [False, False]]])
    written = np.array([[[True, True], [False, False], [False, True]]])
    answers = Answers(invited, invited, written, np.full((1, 3), USABLE), np.zeros((1, 2), dtype=bool))
    found = diagnosed(sample, answers)
    assert (found.letters.mean, found.letters.most) == (3, 4)
    assert (found.viewings.mean, found.viewings.most) == (0.5, 1)
    # a: 4 letters of 2 minutes, 2 answers of 5, one viewing of 10 and its courtesy letter of 2; b: 2 letters, 1 answer.
    assert (found.minutes.mean, found.minutes.most) == ((30 + 9) / 2, 30)


def coded(
    kinds: list[str], hours: list[float | None], *, positive: tuple[str, ...] = ("positive",), lost: bool = False
) -> Answers:
    names = list(LABELS)
    sample = a_sample(1, len(kinds) // 2, districts=1)
    told = {"kinds": [names.index(kind) for kind in kinds], "hours": hours, "bias": {"kantoor-00": 0.2}}
    uncertain = np.full((1, sample.size), lost)
    return answers_of(names, [told], sample, positive=positive, response_days=3, uncertain=uncertain)


def test_answers_are_coded_by_the_codebook() -> None:
    answers = coded(["invitation", "silence", "open_house", "questions"], [5.0, None, 71.9, 1.0])
    assert answers.positive[0].tolist() == [[True, False], [True, False]]
    assert answers.written[0].tolist() == [[True, False], [True, True]]
    assert answers.biased.tolist() == [[True]]
    wider = coded(
        ["invitation", "silence", "open_house", "questions"],
        [5.0, None, 71.9, 1.0],
        positive=("positive", "conditional"),
    )
    assert wider.positive[0].tolist() == [[True, False], [True, True]]
    assert set(LABELS.values()) <= set(labels())


def test_an_invitation_after_the_window_is_silence_but_still_a_viewing() -> None:
    answers = coded(["invitation", "invitation"], [72.1, 72.0])
    assert answers.positive[0].tolist() == [[False, True]]
    assert answers.invited[0].tolist() == [[True, True]]


@pytest.mark.parametrize(
    ("kinds", "lost", "reason"),
    [
        (["invitation", "authenticity"], False, Exclusion.DETECTED),
        (["bounce", "authenticity"], False, Exclusion.UNDELIVERABLE),
        (["bounce", "silence"], True, Exclusion.UNCERTAIN),
    ],
)
def test_a_pair_is_lost_for_the_reason_a_real_round_would_give(kinds: list[str], lost: bool, reason: Exclusion) -> None:
    answers = coded(kinds, [500.0, None], lost=lost)
    assert EXCLUSIONS[answers.excluded[0, 0]] is reason


def test_an_answer_that_nobody_knows_is_refused() -> None:
    sample = a_sample(1, 1)
    told = {"kinds": [0, 0], "hours": [1.0, 1.0], "bias": {"kantoor-00": 0.0}}
    with pytest.raises(BadInput, match="unknown-answer"):
        answers_of(
            ["telegram"], [told], sample, positive=("positive",), response_days=3, uncertain=np.zeros((1, 1), bool)
        )


def test_advice_says_what_the_figures_say() -> None:
    sample = a_sample()
    weak = diagnosed(sample, some_answers(sample, 500, p10=0.12, p01=0.06), bias=0.06)
    told = advice(weak, 0.06)
    assert told.startswith("Met 240 tests is een verschil van 6,0\u00a0procentpunt met kans 0,")
    assert "minder dan de gebruikelijke 0,80" in told
    strong = advice(diagnosed(sample, some_answers(sample, 500, p10=0.3, p01=0.05), bias=0.25), 0.25)
    assert "met kans 1,00 aan te tonen" in strong
    assert "Met kans 0,80 vindt deze opzet een verschil vanaf" in strong
    assert "aan te tonen" not in advice(weak, 0.0)


def test_an_unpaired_round_is_judged_as_the_report_judges_it() -> None:
    paired = a_sample(12, 6)
    sample = replace(paired, letters=1, writers=tuple(place % 2 for place in range(paired.size)))
    answers = some_answers(paired, 20, p10=0.3, p01=0.1, lost=0.1)
    answers = replace(answers, positive=answers.positive & sample.wrote)
    tables = _Groups(sample, answers, 0.95)
    for number in range(20):
        told = [
            sum(bool(answers.positive[number, place, arm]) for place in np.flatnonzero(tables.heard[arm][number]))
            for arm in (0, 1)
        ]
        arms = Arms(told[0], int(tables.groups[0][number]), told[1], int(tables.groups[1][number]))
        whole = analyse_unpaired(arms, 0.95)
        assert (tables.tango[0][number], tables.tango[1][number]) == pytest.approx(difference_newcombe(arms, 0.95))
        assert tables.midp[number] == pytest.approx(whole.tests[0].p)
        rows = []
        for name in sample.names:
            own = [place for place, each in enumerate(sample.advertisers) if each == name]
            row = []
            for arm in (0, 1):
                heard = [place for place in own if tables.heard[arm][number, place]]
                row += [sum(bool(answers.positive[number, place, arm]) for place in heard), len(heard)]
            rows.append(row)
        clustered = clustered_difference(rows, 0.95)
        found = (tables.clustered[0][number], tables.clustered[1][number])
        assert found == pytest.approx((clustered.low, clustered.high))
