"""Anybody's own file: the same rows give the same numbers in every format; what is wrong is named with its place."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas import DataFrame
from pyarrow import parquet

from profiles.errors import BadInput, Problem
from results.counts_file import read_counts
from results.own_data import ArmTable, Design, LabelTable, OwnTable, PairTable, SetTable, ValueTable, Wishes
from results.statistics import Counts, analyse
from results.statistics.arms import cochran_q
from results.statistics.designs import analyse_inquiries, analyse_labels, analyse_sets, analyse_values

Rows = Mapping[str, Sequence[Any]]
NAMED = Wishes(
    pair="test",
    arm="profiel",
    positive="uitnodiging",
    advertiser="kantoor",
    stratum="wijk",
    order="volgorde",
    control="Bakker",
)


def csv(path: Path, rows: Rows) -> None:
    DataFrame(dict(rows)).to_csv(path, index=False)


def sav(path: Path, rows: Rows) -> None:
    """As SPSS users do it: whole numbers with value labels."""
    arms = {1.0: "Bakker", 2.0: "Yilmaz"}
    number = {label: value for value, label in arms.items()}
    coded = {**rows, "profiel": [number[arm] for arm in rows["profiel"]]}
    answers = {"uitnodiging": [2.0 - answer for answer in rows["uitnodiging"]]} if "uitnodiging" in rows else {}
    labels = {"profiel": arms, "uitnodiging": {1.0: "ja", 2.0: "nee"}}
    pyreadstat.write_sav(DataFrame({**coded, **answers}), str(path), variable_value_labels=labels)


def dta(path: Path, rows: Rows) -> None:
    pyreadstat.write_dta(DataFrame(dict(rows)), str(path))


def parquet_file(path: Path, rows: Rows) -> None:
    parquet.write_table(pa.table(dict(rows)), path, row_group_size=7)


def parquet_dictionaries(path: Path, rows: Rows) -> None:
    texts = {"profiel", "kantoor", "wijk"} & set(rows)
    coded = {name: pa.array(rows[name]).dictionary_encode() for name in texts}
    parquet.write_table(pa.table({**rows, **coded}), path)


WRITERS: dict[str, tuple[str, Callable[[Path, Rows], None]]] = {
    "csv": ("eigen.csv", csv),
    "sav": ("eigen.sav", sav),
    "dta": ("eigen.dta", dta),
    "parquet": ("eigen.parquet", parquet_file),
    "parquet with dictionaries": ("eigen.PARQUET", parquet_dictionaries),
}


def some_rows(pairs: int = 60, seed: int = 5) -> Rows:
    """Both rows of each pair, shuffled over the file."""
    rng = np.random.default_rng(seed)
    pair = np.repeat(np.arange(pairs) + 100, 2)
    arm = np.tile(["Bakker", "Yilmaz"], pairs)
    first = np.repeat(rng.integers(2, size=pairs), 2)
    columns: dict[str, np.ndarray] = {
        "test": pair,
        "profiel": arm,
        "uitnodiging": (rng.random(2 * pairs) < np.where(arm == "Bakker", 0.6, 0.4)).astype(int),
        "kantoor": np.repeat(rng.choice(["Aa", "Bé", "Cee", "Dé & Zn"], size=pairs), 2),
        "wijk": np.repeat(rng.choice(["Noord", "Zuid"], size=pairs), 2),
        "volgorde": np.where((arm == "Bakker") == (first == 0), 1, 2),
        "score": rng.integers(1, 6, size=2 * pairs),
        "uren": np.round(rng.exponential(8, size=2 * pairs), 3),
    }
    shuffled = rng.permutation(2 * pairs)
    return {name: values[shuffled].tolist() for name, values in columns.items()}


def read(folder: Path, kind: str, rows: Rows, wishes: Wishes = NAMED) -> OwnTable:
    name, write = WRITERS[kind]
    write(folder / name, rows)
    (table,) = read_counts(folder / name, wishes)
    return table


def problems(folder: Path, kind: str, rows: Rows, wishes: Wishes = NAMED) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        read(folder, kind, rows, wishes)
    return caught.value.problems


@pytest.mark.parametrize("kind", WRITERS)
def test_every_format_gives_the_counts_that_a_loop_over_the_rows_gives(tmp_path: Path, kind: str) -> None:
    rows = some_rows()
    table = read(tmp_path, kind, rows)
    assert isinstance(table, PairTable)
    lines = list(zip(*(rows[name] for name in ("test", "profiel", "uitnodiging", "kantoor", "volgorde")), strict=True))
    answers: dict[int, dict[str, tuple[int, str, int]]] = {}
    for test, arm, positive, office, order in lines:
        answers.setdefault(test, {})[arm] = (positive, office, order)
    pairs = [(both["Bakker"], both["Yilmaz"]) for both in answers.values()]
    assert table.counts == Counts.tally((one[0] == 1, two[0] == 1) for one, two in pairs)
    assert table.advertisers is not None
    for name, cells in zip(("Aa", "Bé", "Cee", "Dé & Zn"), table.advertisers.tolist(), strict=True):
        assert Counts(*cells) == Counts.tally((a[0] == 1, b[0] == 1) for a, b in pairs if a[1] == name)
    assert table.orders is not None
    assert table.orders[0] == Counts.tally((a[0] == 1, b[0] == 1) for a, b in pairs if a[2] == 1)


def test_all_formats_give_one_and_the_same_analysis(tmp_path: Path) -> None:
    found = []
    for kind in WRITERS:
        table = read(tmp_path, kind, some_rows())
        assert isinstance(table, PairTable)
        split = {"advertisers": table.advertisers, "strata": table.strata, "orders": table.orders}
        found.append(analyse(table.counts, **split, all_methods=True))  # type: ignore[arg-type]
    assert all(each == found[0] for each in found)
    assert {"cluster_cr1", "cluster_cr2", "cluster_wild"} <= {each.method for each in found[0].estimates}


@pytest.mark.parametrize("kind", WRITERS)
def test_amounts_are_paired_in_every_format(tmp_path: Path, kind: str) -> None:
    rows = some_rows()
    table = read(tmp_path, kind, rows, Wishes(pair="test", arm="profiel", control="bakker", value="uren"))
    assert isinstance(table, ValueTable)
    by_arm = [dict(zip(rows["test"], rows["uren"], strict=True)) for _ in range(2)]
    for test, arm, hours in zip(rows["test"], rows["profiel"], rows["uren"], strict=True):
        by_arm[arm == "Yilmaz"][test] = hours
    gaps = [by_arm[0][test] - by_arm[1][test] for test in set(rows["test"])]
    assert sorted(table.control - table.treatment) == pytest.approx(sorted(gaps))
    found = analyse_values(table.control, table.treatment).estimate("mean_difference", "answered")
    assert found.value == pytest.approx(np.mean(gaps))


def test_few_ordered_values_are_also_compared_class_by_class(tmp_path: Path) -> None:
    table = read(tmp_path, "sav", some_rows(), Wishes(pair="test", arm="profiel", control="Bakker", value="score"))
    assert isinstance(table, ValueTable)
    assert table.scores == (1, 2, 3, 4, 5)
    assert table.classes is not None
    found = analyse_values(table.control, table.treatment, scores=table.scores, classes=table.classes)
    assert found.estimate("mean_score_difference").value == pytest.approx((table.control - table.treatment).mean())
    assert {"stuart_maxwell", "bowker", "signed_rank"} <= {test.name for test in found.tests}


def test_words_as_outcome_become_a_table_of_classes(tmp_path: Path) -> None:
    rows = {"pair": [1, 1, 2, 2], "arm": ["control", "treatment"] * 2, "label": ["nee", "ja", "ja", "misschien"]}
    table = read(tmp_path, "csv", rows, Wishes(value="label"))
    assert isinstance(table, LabelTable)
    assert (table.labels, table.classes.tolist()) == (("ja", "misschien", "nee"), [[0, 1, 0], [0, 0, 0], [1, 0, 0]])
    found = analyse_labels(table.classes)
    assert [test.name for test in found.tests] == ["stuart_maxwell", "bowker"]
    assert [(absent.name, "elke test verschilt" in absent.reason) for absent in found.absent] == [("bhapkar", True)]


def test_a_pair_without_a_value_is_left_out_and_counted(tmp_path: Path) -> None:
    rows = {"pair": [1, 1, 2, 2], "arm": ["control", "treatment"] * 2, "hours": [3.0, 5.0, None, 1.0]}
    table = read(tmp_path, "parquet", rows, Wishes(value="hours"))
    assert isinstance(table, ValueTable)
    assert (table.control.tolist(), table.left_out) == ([3], 1)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_sets_of_three_arms_are_read_with_the_control_first(tmp_path: Path, kind: str) -> None:
    rows = {
        "test": [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4],
        "profiel": ["c", "b", "a", "a", "b", "c", "b", "a", "c", "a", "b"],
        "uitnodiging": [1, 0, 1, 0, 0, 1, 1, 1, 1, 1, 0],
    }
    wishes = Wishes(Design.SETS, pair="test", arm="profiel", positive="uitnodiging", control="b")
    table = read(tmp_path, kind, rows, wishes)
    assert isinstance(table, SetTable)
    assert (table.sets.arms, table.sets.incomplete) == (("b", "a", "c"), 1)
    assert table.sets.patterns == {(0, 1, 1): 1, (0, 0, 1): 1, (1, 1, 1): 1}
    found = analyse_sets(table.sets)
    assert found.tests[0] == cochran_q(table.sets)
    assert [group.name for group in found.groups] == ["b – a", "b – c", "a – c"]


def test_unpaired_inquiries_are_counted_per_arm_advertiser_and_stratum(tmp_path: Path) -> None:
    rows = some_rows()
    table = read(
        tmp_path, "dta", rows, Wishes(Design.UNPAIRED, arm="profiel", positive="uitnodiging", control="Bakker")
    )
    assert isinstance(table, ArmTable)
    answers = list(zip(rows["profiel"], rows["uitnodiging"], strict=True))
    assert table.arms.control_positive == answers.count(("Bakker", 1))
    assert table.arms.treatment_n == 60
    split = Wishes(
        Design.UNPAIRED, arm="profiel", positive="uitnodiging", control="Bakker", advertiser="kantoor", stratum="wijk"
    )
    whole = read(tmp_path, "dta", rows, split)
    assert isinstance(whole, ArmTable)
    assert whole.advertisers is not None
    assert whole.advertisers.sum(axis=0).tolist() == np.sum(list(whole.strata.values()), axis=0).tolist()
    found = analyse_inquiries(whole.arms, 0.95, whole.advertisers, whole.strata)
    assert {"cluster_cr1", "mantel_haenszel"} <= {estimate.method for estimate in found.estimates}


# What is wrong, and where.


@pytest.mark.parametrize(("kind", "first"), [("csv", 2), ("sav", 1), ("dta", 1), ("parquet", 1)])
def test_a_wrong_outcome_is_pointed_at_by_its_line_or_row(tmp_path: Path, kind: str, first: int) -> None:
    rows = dict(some_rows())
    rows["uitnodiging"] = [5 if place == 3 else answer for place, answer in enumerate(rows["uitnodiging"])]
    (problem,) = problems(tmp_path, kind, rows)
    assert (problem.code, problem.line, problem.column) == ("unknown-outcome", 3 + first, 3)


@pytest.mark.parametrize("kind", WRITERS)
def test_a_missing_column_is_named_with_the_columns_there_are(tmp_path: Path, kind: str) -> None:
    (problem,) = problems(tmp_path, kind, some_rows(), Wishes(pair="test", arm="wie", positive="antwoord"))
    assert (problem.code, problem.message) == ("missing-column", "Er ontbreken kolommen: wie, antwoord.")
    assert str(problem.found).startswith("test, profiel, uitnodiging")


@pytest.mark.parametrize("name", ["eigen.sav", "eigen.dta", "eigen.parquet"])
@pytest.mark.parametrize("content", [b"", b"dit is geen bestand van dit soort" * 9])
def test_a_corrupt_file_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=rf"{name}: not-readable: "):
        read_counts(tmp_path / name, NAMED)


def test_a_damaged_parquet_file_is_refused(tmp_path: Path) -> None:
    parquet_file(tmp_path / "heel.parquet", some_rows())
    raw = (tmp_path / "heel.parquet").read_bytes()
    (tmp_path / "half.parquet").write_bytes(raw[: len(raw) // 2] + raw[-200:])
    with pytest.raises(BadInput, match="not-readable"):
        read_counts(tmp_path / "half.parquet", NAMED)


SMALL: Rows = {
    "pair": [1, 1, 2, 2],
    "arm": ["control", "treatment"] * 2,
    "positive": [1, 0, 0, 0],
    "office": ["A", "A", "A", "A"],
    "first": [1, 2, 2, 1],
}


@pytest.mark.parametrize(
    ("change", "wishes", "code"),
    [
        ({"pair": [1, 1, 1, 2]}, Wishes(), "pair-not-two"),
        ({"arm": ["control", "gast", "control", "treatment"]}, Wishes(), "unknown-arm"),
        ({"arm": ["a", "b", "a", "c"]}, Wishes(control="a"), "unknown-arm"),
        ({"arm": ["a", "b", "a", "b"]}, Wishes(control="z"), "unknown-arm"),
        ({"arm": ["a"] * 4}, Wishes(control="a"), "one-arm"),
        ({"office": ["A", "A", None, "A"]}, Wishes(stratum="office"), "empty-stratum"),
        ({"office": ["A", "A", "B", "A"]}, Wishes(stratum="office"), "two-strata"),
        ({"office": ["A", "B", "A", "A"]}, Wishes(advertiser="office"), "two-advertisers"),
        ({"first": [1, 2, 2, 2]}, Wishes(order="first"), "order-twice"),
        ({"first": [1, 2, 2, 3]}, Wishes(order="first"), "unknown-order"),
        ({"office": ["3", "veel", "1", "2"]}, Wishes(value="office"), "not-numeric"),
        ({}, Wishes(Design.UNPAIRED, value="positive"), "value-needs-pairs"),
        ({}, Wishes(Design.SETS, order="first"), "order-needs-pairs"),
        ({"pair": [1, 1, 2, 2], "arm": ["control"] * 2 + ["treatment"] * 2}, Wishes(Design.SETS), "arm-twice"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_wrong_with_rows_is_named(tmp_path: Path, kind: str, change: Rows, wishes: Wishes, code: str) -> None:
    found = problems(tmp_path, kind, {**SMALL, **change}, wishes)
    assert {problem.code for problem in found} == {code}


def test_a_wrong_column_in_a_large_file_is_not_told_row_by_row(tmp_path: Path) -> None:
    rows = {
        **SMALL,
        "positive": [7] * 4000,
        "pair": list(range(2000)) * 2,
        "arm": ["control"] * 2000 + ["treatment"] * 2000,
    }
    assert (
        len(problems(tmp_path, "parquet", {name: rows[name] for name in ("pair", "arm", "positive")}, Wishes())) == 50
    )


cells = st.tuples(*[st.integers(0, 12)] * 4).filter(sum)


@settings(max_examples=25, deadline=None)
@given(cells, st.integers(0, 1000))
def test_any_table_written_as_shuffled_rows_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: tuple[int, int, int, int], seed: int
) -> None:
    outcomes = [(1, 1)] * table[0] + [(1, 0)] * table[1] + [(0, 1)] * table[2] + [(0, 0)] * table[3]
    lines = [
        (pair, arm, yes)
        for pair, two in enumerate(outcomes)
        for arm, yes in zip(("control", "treatment"), two, strict=True)
    ]
    order = np.random.default_rng(seed).permutation(len(lines))
    columns = zip(*(lines[place] for place in order), strict=True)
    rows = dict(zip(("pair", "arm", "positive"), map(list, columns), strict=True))
    found = read(tmp_path_factory.mktemp("rows"), "parquet", rows, Wishes())
    assert found == PairTable("eigen", Counts(*table))
