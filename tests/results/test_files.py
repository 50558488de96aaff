"""What a researcher takes home: results.json and pairs.csv."""

import csv
import json
from dataclasses import replace
from io import StringIO

from house_makers import (
    ROUND,
    TUESDAY,
    answered,
    letters,
    only_sqlite,
    refused,
    run,
    send_both,
)
from report_makers import facts, pair, pairs, sham, table

from orchestrator.db import Database
from orchestrator.rounds import lifecycle
from profiles.pairs import BOTH, Arm
from results import files, tables
from results.files import ARM_COLUMNS, PAIR_COLUMNS


def test_the_results_are_of_the_real_pairs_and_name_design_and_seed() -> None:
    rows = [*pairs(10, 8, 2, 5), *(sham("c10", place) for place in range(900, 920))]
    document = json.loads(files.results_json(table(rows)))
    assert document["counts"] == {"c11": 10, "c10": 8, "c01": 2, "c00": 5}
    assert (document["design_digest"], document["seed"]) == (facts().digest, facts().seed)
    assert document["market_truth"] is None
    net = next(each for each in document["estimates"] if each["name"] == "net_discrimination")
    assert round(net["value"], 6) == round(6 / 25, 6)


def test_a_sham_pair_that_was_excluded_is_not_among_the_exclusions() -> None:
    rows = [*pairs(1, 1, 1, 1), pair("c11", 50, state="excluded", reason="niet-verzonden")]
    rows.append(pair("c11", 51, sham=Arm.CONTROL, state="excluded", reason="test-herkend"))
    assert files.results_of(table(rows))["excluded"] == {"niet-verzonden": 1}


def test_the_truth_of_a_rehearsal_is_told_with_the_results() -> None:
    document = files.results_of(table(pairs(3, 2, 1, 3)), {"net_discrimination": 0.1})
    assert document["market_truth"] == {"net_discrimination": 0.1}


def test_a_round_without_a_usable_pair_has_no_results() -> None:
    with refused("no-usable-pairs"):
        files.results_json(table([pair("c11", state="excluded", reason="niet-verzonden")]))
    with refused("no-usable-pairs"):
        files.results_json(table([sham("c11", 1)]))


def close(database: Database) -> None:
    with database.writing() as session:
        lifecycle.close(session, ROUND, "r.visser", TUESDAY, "oefening")


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def test_there_is_one_line_for_every_pair_sham_and_excluded_ones_included() -> None:
    rows = [*pairs(2, 1, 0, 0), sham("c11", 70), pair("c11", 71, state="excluded", reason="niet-verzonden")]
    got = lines(files.pairs_csv(table(rows)))
    assert [line["pair"] for line in got] == [row.pair for row in rows]
    assert [line["sham"] for line in got] == ["", "", "", "control", ""]
    assert got[-1]["reason"] == "niet-verzonden"


def test_the_columns_are_those_of_the_pair_and_twice_those_of_an_arm() -> None:
    header = files.pairs_csv(table([])).splitlines()[0].split(",")
    arms = [f"{arm.value}_{column}" for arm in BOTH for column in ARM_COLUMNS]
    assert header == [*PAIR_COLUMNS, *arms]


def test_values_are_written_so_that_any_program_reads_them() -> None:
    line = lines(files.pairs_csv(table([pair("c10", 3, gap_hours=1 / 3)])))[0]
    assert line["gap_hours"] == "0.33"
    assert (line["control_positive"], line["treatment_positive"]) == ("1", "0")
    assert line["control_sent_at"] == "2026-09-08T10:17:00+00:00"
    assert (line["reason"], line["treatment_answer_hours"]) == ("", "")
    assert (line["first"], line["control_outcome"]) == ("control", "positive")


@only_sqlite
def test_no_name_of_an_applicant_and_no_address_stands_in_the_pairs_of_a_real_round(database: Database) -> None:
    run(database, rows=3)
    send_both(database)
    close(database)
    with database.reading() as session:
        text = files.pairs_csv(tables.load(session, ROUND))
    assert len(lines(text)) == 3
    assert "@" not in text
    for row in letters(database):
        assert row.sender_name not in text
        assert row.profile["name"]["last"] not in text


@only_sqlite
def test_the_lines_of_a_real_round_hold_what_was_answered(database: Database) -> None:
    run(database)
    send_both(database)
    answered(database, 1, "UITNODIGING", TUESDAY)
    close(database)
    with database.reading() as session:
        line = lines(files.pairs_csv(tables.load(session, ROUND)))[0]
    first = line["first"]
    assert (line[f"{first}_label"], line[f"{first}_positive"]) == ("UITNODIGING", "1")
    other = "treatment" if first == "control" else "control"
    assert line[f"{other}_label"] == "GEEN_REACTIE"


def test_the_results_of_an_unpaired_round_are_told_by_treatment() -> None:
    dealt = zip(pairs(10, 8, 2, 20), BOTH * 20, strict=True)
    rows = [replace(row, first=arm, arms={arm: row.arms[arm]}) for row, arm in dealt]
    document = files.results_of(table(rows, approach="unpaired"))
    counts = document["unpaired"]["treatment"]["counts"]
    assert counts["control_n"] == counts["treatment_n"] == 20
    assert {each["name"] for each in document["unpaired"]["treatment"]["tests"]} == {"fisher", "pearson", "yates"}
    assert json.loads(files.results_json(table(rows, approach="unpaired"))) == document
