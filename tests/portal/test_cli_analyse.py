"""Somebody else's counts on the command line: the same estimates, as tables to read and as JSON to compute with."""

import json
from itertools import chain, repeat
from pathlib import Path

import pytest
from cli_makers import User, a_user

KEYS = ["counts", "excluded", "estimates", "tests", "design_digest", "seed", "market_truth"]
KEYS += ["design", "groups", "not_computed"]
ESTIMATE = {"name", "over", "value", "low", "high", "level", "n", "method", "convention"}
SPIEGEL = {"c11": 464, "c10": 307, "c01": 80, "c00": 1883}
"""German against Arabic name, BR Data / DER SPIEGEL 2017; docs/statistics.md derives its numbers by hand."""


@pytest.fixture
def user(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> User:
    return a_user(tmp_path, capsys, monkeypatch)


def counts_file(*tables: dict[str, int], names: bool = False) -> str:
    rows = [",".join([*(["name"] * names), *SPIEGEL])]
    rows += [
        ",".join([*([f"tabel {i}"] * names), *map(str, table.values())]) for i, table in enumerate(tables, start=1)
    ]
    return "\n".join(rows) + "\n"


def inquiries_file(table: dict[str, int]) -> str:
    outcomes = {"c11": (1, 1), "c10": (1, 0), "c01": (0, 1), "c00": (0, 0)}
    pairs = chain.from_iterable(repeat(outcomes[cell], number) for cell, number in table.items())
    rows = (f"{i},control,{yes}\n{i},treatment,{no}\n" for i, (yes, no) in enumerate(pairs))
    return "pair,arm,positive\n" + "".join(rows)


@pytest.mark.parametrize("text", [counts_file(SPIEGEL), inquiries_file(SPIEGEL)], ids=["counts", "inquiries"])
def test_both_shapes_of_a_file_give_the_published_numbers_as_json(user: User, text: str) -> None:
    user.file("telling.csv").write_text(text, encoding="utf-8")
    document = json.loads(user.does("analyse", "telling.csv", "--format", "json"))
    assert list(document) == KEYS
    assert document["counts"] == SPIEGEL
    assert (document["excluded"], document["design_digest"], document["seed"]) == ({}, None, None)
    assert all(set(estimate) == ESTIMATE for estimate in document["estimates"])
    told = {(each["name"], each["over"], each["method"]): each for each in document["estimates"]}
    net = told["net_discrimination", "all", "tango"]
    assert (net["value"], net["low"], net["high"]) == pytest.approx((0.0830, 0.0695, 0.0971), abs=5e-5)
    assert (net["level"], net["n"]) == (0.95, 2734)
    assert told["net_discrimination", "usable", "tango"]["n"] == 851
    assert told["net_discrimination", "relative", "bonett_price"]["value"] == pytest.approx(227 / 771)


def test_the_json_has_every_estimate_and_test_that_others_build_on(user: User) -> None:
    user.file("telling.csv").write_text(counts_file(SPIEGEL), encoding="utf-8")
    document = json.loads(user.does("analyse", "telling.csv", "--format", "json"))
    estimates = {(each["name"], each["over"]) for each in document["estimates"]}
    assert estimates >= {("net_discrimination", over) for over in ("all", "usable", "relative")}
    assert {name for name, _ in estimates} >= {"gross_discrimination", "odds_ratio", "rate_ratio"}
    methods = {each["method"] for each in document["estimates"]}
    assert methods >= {"tango", "newcombe10", "bonett_price", "agresti_min", "wald"}
    tests = {test["name"]: test["p"] for test in document["tests"]}
    assert set(tests) == {"mcnemar_exact", "mcnemar_midp", "mcnemar_asymptotic", "mcnemar_corrected"}
    assert all(0 < p < 1e-20 for p in tests.values())


def test_more_tables_in_one_file_are_a_list_in_the_order_of_the_file(user: User) -> None:
    user.file("telling.csv").write_text(counts_file(SPIEGEL, {**SPIEGEL, "c11": 1}, names=True), encoding="utf-8")
    documents = json.loads(user.does("analyse", "telling.csv", "--format", "json"))
    assert [document["counts"]["c11"] for document in documents] == [464, 1]
    shown = user.does("analyse", "telling.csv")
    assert shown.index("tabel 1") < shown.index("tabel 2")


def test_the_table_says_what_every_number_is_a_share_of_and_fits_a_narrow_terminal(user: User) -> None:
    user.file("telling.csv").write_text(counts_file(SPIEGEL), encoding="utf-8")
    shown = user.does("analyse", "telling.csv").replace("\xa0", " ")
    assert all(len(line) <= 80 for line in shown.splitlines())
    for part in ("8,3 procentpunt", "6,9 tot 9,7", "26,7%", "29,4%", "Tango", "mid-p", "2734"):
        assert part in shown
    words = " ".join(shown.split())
    assert "alle geslaagde tests" in words
    assert "…" not in shown


def test_the_level_of_the_intervals_can_be_chosen(user: User) -> None:
    user.file("telling.csv").write_text(counts_file(SPIEGEL), encoding="utf-8")
    wide = json.loads(user.does("analyse", "telling.csv", "--format", "json", "--level", "0.99"))["estimates"][0]
    narrow = json.loads(user.does("analyse", "telling.csv", "--format", "json"))["estimates"][0]
    assert wide["level"] == 0.99
    assert wide["low"] < narrow["low"] < narrow["high"] < wide["high"]
    assert user.says("analyse", "telling.csv", "--level", "95").code == 2


def test_a_file_is_a_file_whatever_its_name_ends_in(user: User) -> None:
    for name in ("TELLING.CSV", "telling.txt", "map/telling"):
        user.file(name).parent.mkdir(exist_ok=True)
        user.file(name).write_text(counts_file(SPIEGEL), encoding="utf-8")
        assert "26,7%" in user.does("analyse", name)
    assert not (user.folder / "data").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "telling.csv: empty-file: "),
        ("c11,c10,c01\n1,2,3\n", "telling.csv:1: missing-column: "),
        ("c11;c10;c01;c00\n1;2;3;-4\n", "telling.csv:2:4: count-not-whole: "),
        ("pair,arm,positive\n1,control,1\n", "telling.csv:2:1: pair-not-two: "),
        ("pair,arm,positive\n1,control,1\n1,gast,0\n", "telling.csv:3:2: unknown-arm: "),
        ("c11,c10,c01,c00\n0,0,0,0\n", "telling.csv:2:1: no-pairs: "),
    ],
)
def test_a_file_that_cannot_be_counted_is_told_with_its_place(user: User, text: str, told: str) -> None:
    user.file("telling.csv").write_text(text, encoding="utf-8")
    done = user.says("analyse", "telling.csv", "--format", "json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(told)


def test_a_file_of_counts_that_is_not_there_is_named(user: User) -> None:
    done = user.says("analyse", "weg.csv")
    assert done.code == 2
    assert done.err.startswith("weg.csv: no-such-file: ")
