"""Until a round is closed nobody sees a number that tells the arms apart, but for the last look that was opened.

The rule is put to the proof by interference: two rounds that differ only in which arm got what must read the same.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from house_makers import refused
from hypothesis import given
from hypothesis import strategies as st
from report_makers import CELLS, OUTCOMES, PLAN, a_look, excluded, pair, pairs, sham, table, the_look

from profiles.errors import PraktijktestError
from profiles.pairs import Arm
from results import disclosure, files, looks
from results.looks import RoundLooks
from results.reports import Audience, build, render
from results.reports.values import Hidden, Report
from results.statistics import Counts
from results.statistics.looks import LookPlan
from results.tables import PairRow, RoundTable

HIDDEN = ("draft", "planned", "approved", "running", "paused", "collecting")
LOOKED = {"no looks": None, "declared": RoundLooks(PLAN, (), ("P-1",)), "opened": the_look()}


def other_way_round(row: PairRow) -> PairRow:
    """The same pair in which each arm got what the other got."""
    control, treatment = row.control, row.treatment
    swapped = {
        Arm.CONTROL: replace(treatment, name=control.name, name_set=control.name_set),
        Arm.TREATMENT: replace(control, name=treatment.name, name_set=treatment.name_set),
    }
    return replace(row, arms=swapped)


def report(made: RoundTable, audience: Audience) -> str:
    return render(build(made, audience, advertiser="adv-00"), assets="/s")


def everything(made: RoundTable) -> list[str]:
    """All that anybody can get of a round: each report, each file, each refusal."""
    got = []
    makers: list[Callable[[], str]] = [
        *(partial(report, made, audience) for audience in Audience),
        partial(files.results_json, made),
        partial(files.pairs_csv, made),
    ]
    for make in makers:
        try:
            got.append(make())
        except PraktijktestError as error:
            got.append(str(error))
    return got


rows_of_a_round = st.lists(
    st.tuples(st.sampled_from(sorted(CELLS)), st.sampled_from(("open", "usable", "excluded")), st.booleans()),
    min_size=1,
    max_size=25,
)


@pytest.mark.long
@given(
    rows_of_a_round,
    st.sets(st.integers(0, 24)),
    st.sampled_from(HIDDEN),
    st.sampled_from(sorted(LOOKED)),
)
def test_which_arm_got_what_changes_nothing_that_anybody_can_see_of_a_round_that_is_not_closed(
    told: list[tuple[str, str, bool]], swapped: set[int], state: str, declared: str
) -> None:
    rows = [
        sham(cell, place) if noise else pair(cell, place, place % 3, state=kind)
        for place, (cell, kind, noise) in enumerate(told)
    ]
    others = [other_way_round(row) if place in swapped else row for place, row in enumerate(rows)]
    one, other = (replace(table(each, state=state), looks=LOOKED[declared]) for each in (rows, others))
    assert everything(one) == everything(other)


@pytest.mark.long
@given(rows_of_a_round, st.sampled_from(HIDDEN))
def test_whether_anybody_was_invited_changes_nothing_either(told: list[tuple[str, str, bool]], state: str) -> None:
    rows = [pair(cell, place, place % 3, state="usable") for place, (cell, _, _) in enumerate(told)]
    nobody = [pair("c00", place, place % 3, state="usable") for place in range(len(rows))]
    assert everything(table(rows, state=state)) == everything(table(nobody, state=state))


def test_the_proof_by_interference_finds_what_differs_once_a_round_is_closed() -> None:
    rows = pairs(5, 6, 1, 5)
    one, other = (table(each) for each in (rows, [other_way_round(row) for row in rows]))
    assert all(a != b for a, b in zip(everything(one)[3:], everything(other)[3:], strict=True))
    assert everything(one)[0] != everything(other)[0]


@pytest.mark.parametrize("state", HIDDEN)
def test_results_and_pairs_are_refused_while_numbers_are_hidden(state: str) -> None:
    assert not disclosure.unblinded(state)
    made = table(pairs(5, 6, 1, 5), state=state)
    for write in (files.results_of, files.results_json, files.pairs_csv):
        with refused("numbers-hidden"):
            write(made)


@pytest.mark.parametrize("state", ["closed", "released", "aborted"])
def test_nothing_is_hidden_from_the_researcher_of_a_round_that_has_ended(state: str) -> None:
    made = table(pairs(5, 6, 1, 5), state=state)
    assert files.results_of(made)["counts"]["c10"] == 6
    assert not isinstance(build(made, Audience.RESEARCHER).body, Hidden)


def test_an_unpaired_round_is_hidden_as_well() -> None:
    rows = [replace(row, arms={row.first: row.arms[row.first]}) for row in pairs(5, 6, 1, 5)]
    made = table(rows, approach="unpaired", state="running")
    assert isinstance(build(made, Audience.RESEARCHER).body, Hidden)
    with refused("numbers-hidden"):
        files.results_of(made)


def test_the_banner_says_what_is_hidden_why_and_when_the_next_look_opens() -> None:
    made = table([*pairs(3, 1, 1, 3), excluded("niet-verzonden", 9)], state="running", waiting=2)
    said = build(made, Audience.RESEARCHER).interim or ""
    assert said.startswith("Verborgen zijn: uitkomsten per profiel, het verschil daartussen")
    assert "Wie tussendoor naar verschillen kijkt" in said
    assert said.endswith("geen tussenstanden vastgelegd: alle cijfers komen na het sluiten.")
    before = replace(made, looks=RoundLooks(PLAN, (), ("P-1", "P-2")))
    said = build(before, Audience.RESEARCHER).interim or ""
    assert "De volgende tussenstand opent bij 30 geslaagde tests; nu zijn het er 2." in said
    assert "praktijktest look amersfoort-2026-najaar --by NAAM" in said
    reached = replace(made, looks=RoundLooks(PLAN, (), tuple(map(str, range(31)))))
    assert "kan open, met 31 geslaagde tests: praktijktest look" in (build(reached, Audience.RESEARCHER).interim or "")
    after = build(replace(made, looks=the_look()), Audience.RESEARCHER)
    assert "behalve tussenstand 1" in (after.interim or "")
    assert "opent bij 60 geslaagde tests" in (after.interim or "")


def under_way(looks_of: RoundLooks) -> Report:
    made = table(pairs(3, 1, 1, 3), state="running", closed_at=None)
    return build(replace(made, looks=looks_of), Audience.RESEARCHER)


def test_the_last_look_is_shown_with_its_counts_boundary_and_decision() -> None:
    report = under_way(the_look())
    assert report.looks is not None
    first, second, end = report.looks.rows
    assert first.counts == Counts(8, 10, 0, 16)
    # Ten of ten has p 0.002, and a third of the pairs may spend 0.0002: no outcome could have stopped.
    assert (first.boundary, first.decision) == ("–", "grens niet overschreden")
    assert (second.counts, second.opened, end.counts, end.opened) == (None, "niet geopend", None, "nog niet gesloten")
    assert report.finding.sentence == "Tussenstand 1, met 34 geslaagde tests: grens niet overschreden."
    page = render(report, assets="/s")
    assert page.index("Tussenstanden") < page.index("door anna") < page.index("nog niet gesloten")


def test_a_look_that_was_passed_over_is_told_and_gives_its_alpha_to_the_next() -> None:
    bare = RoundLooks(LookPlan((10, 20, 90)), (), tuple(code for code, _, _ in OUTCOMES))
    assert bare.due().look == 2
    verdict = looks.judged(bare, OUTCOMES, 20)
    assert verdict.allowed == pytest.approx(bare.plan.allowed[1])
    report = under_way(replace(bare, opened=(a_look(2, 20, bare, verdict),)))
    assert report.looks is not None
    told = [row.opened.split(",")[0] for row in report.looks.rows]
    assert told == ["overgeslagen", "20 september 2026", "nog niet gesloten"]


cells = st.lists(st.sampled_from(sorted(CELLS)), min_size=15, max_size=60)


@given(cells, st.integers(10, 15))
def test_the_looks_of_a_round_never_spend_more_than_was_declared(dealt: list[str], at_look: int) -> None:
    rows = [(f"P-{place}", *CELLS[cell]) for place, cell in enumerate(dealt)]
    plan = LookPlan((10, 60))
    bare = RoundLooks(plan, (), tuple(code for code, _, _ in rows[:at_look]))
    first = looks.judged(bare, rows[:at_look], 10)
    end = looks.final(replace(bare, opened=(a_look(1, 10, bare, first),)), rows)
    assert first.spent <= plan.allowed[0] + 1e-12
    assert (end is None) == first.stops
    if end is not None:
        assert end.counts.n == len(rows)
        assert first.spent <= end.spent <= plan.alpha + 1e-12
        assert end.always_p <= first.always_p
