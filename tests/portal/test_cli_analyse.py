"""Somebody else's counts on the command line: the same estimates, as tables to read and as JSON to compute with."""

import json
import re
from itertools import chain, product, repeat
from pathlib import Path

import pyreadstat
import pytest
from cli_makers import User, a_user
from page_makers import make
from pandas import DataFrame

from results.disclosure import REHEARSAL_WATERMARK
from results.reports.wording import METHODS

KEYS = ["counts", "excluded", "estimates", "tests", "design_digest", "seed", "market_truth"]
KEYS += ["design", "groups", "not_computed"]
ESTIMATE = {"name", "over", "value", "low", "high", "level", "n", "method", "convention"}
SPIEGEL = {"c11": 464, "c10": 307, "c01": 80, "c00": 1883}
"""German against Arabic name, BR Data / DER SPIEGEL 2017; docs/statistics-by-hand.md derives its numbers."""


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


# Anybody's own columns.

COLUMNS = ["--pair", "nr", "--arm", "wie", "--positive", "antwoord", "--control", "De Vries"]
SPLIT = ["--advertiser", "kantoor", "--stratum", "wijk", "--order", "brief"]


def own_rows(pairs: int = 48) -> list[dict[str, str]]:
    """Six offices in two districts, who wrote first by turns; the control is answered more often."""
    rows = []
    for pair in range(pairs):
        for wie, first, yes in (("De Vries", pair % 2, pair % 3 > 0), ("El Amrani", 1 - pair % 2, pair % 5 > 2)):
            place = {"kantoor": f"Kantoor {pair % 6}", "wijk": "Noord" if pair % 6 < 3 else "Zuid"}
            told = {"nr": f"t{pair}", "wie": wie, "antwoord": "ja" if yes else "nee", "brief": str(1 + first)}
            rows.append({**told, **place, "uren": f"{pair % 7 + 2 * (wie == 'El Amrani')},5"})
    return rows


def own_file(user: User, name: str = "eigen.csv") -> None:
    rows = own_rows()
    lines = [";".join(rows[0]), *(";".join(row.values()) for row in rows)]
    user.file(name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_columns_of_ones_own_give_everything_by_advertiser_stratum_and_order(user: User) -> None:
    own_file(user)
    document = json.loads(user.does("analyse", "eigen.csv", *COLUMNS, *SPLIT, "--format", "json"))
    outcomes = [(pair % 3 > 0, pair % 5 > 2) for pair in range(48)]
    wanted = {cell: outcomes.count(both) for cell, both in zip(SPIEGEL, product((True, False), repeat=2), strict=True)}
    assert document["counts"] == wanted
    assert document["design"] == "paired"
    assert document["estimates"][1]["method"] == "cluster_cr2"
    assert {"cluster_cr2", "sign_flip_clustered", "homogeneity_odds_ratio", "order_gart"} <= {
        test["name"] for test in document["tests"]
    }
    groups = {(group["kind"], group["name"]): sum(group["counts"].values()) for group in document["groups"]}
    halves = [("stratum", "Noord"), ("stratum", "Zuid"), ("order", "control"), ("order", "treatment")]
    assert groups == dict.fromkeys(halves, 24)


def test_all_methods_shows_every_interval_and_test_that_there_is(user: User) -> None:
    own_file(user)
    document = json.loads(user.does("analyse", "eigen.csv", *COLUMNS, *SPLIT, "--all-methods", "--format", "json"))
    net = {
        each["method"]
        for each in document["estimates"]
        if (each["name"], each["over"]) == ("net_discrimination", "all")
    }
    assert net == {
        "tango", "newcombe8", "newcombe10", "bonett_price", "agresti_min", "wald", "wald_cc", "cluster_cr1",
        "cluster_cr2", "cluster_wild", "pair_fixed_effects", "stratified",
    }  # fmt: skip
    ratio = {each["method"] for each in document["estimates"] if each["name"] == "rate_ratio"}
    assert ratio == {"tang", "bonett_price", "mover_wilson", "wald"}
    odds = {each["method"] for each in document["estimates"] if each["name"] == "odds_ratio"}
    assert odds == {"clopper_pearson", "midp", "wilson", "wald", "conditional_logit"}
    tests = {test["name"] for test in document["tests"]}
    assert tests >= {"cluster_wild", "sign_flip", "conditional_logit", "homogeneity_odds_ratio_exact", "order_exact"}
    assert document["not_computed"] == []


def test_what_the_data_do_not_allow_is_said_with_its_reason(user: User) -> None:
    user.file("telling.csv").write_text("c11,c10,c01,c00\n4,5,0,9\n", encoding="utf-8")
    document = json.loads(user.does("analyse", "telling.csv", "--all-methods", "--format", "json"))
    assert [each["name"] for each in document["not_computed"]] == ["conditional_logit"]
    shown = " ".join(user.does("analyse", "telling.csv", "--all-methods").split())
    assert "Voorwaardelijke logit: niet te berekenen." in shown


def test_the_page_holds_the_same_numbers_and_no_style_or_script_of_its_own(user: User) -> None:
    own_file(user)
    said = user.does("analyse", "eigen.csv", *COLUMNS, *SPLIT, "--format", "html", "--out", "uit/eigen.html")
    page = user.file("uit/eigen.html").read_text(encoding="utf-8")
    assert "uit/eigen.html" in said
    assert user.file("uit/stijl/app.css").is_file()
    assert "<script" not in page
    assert " style=" not in page
    net = next(iter(json.loads(user.does("analyse", "eigen.csv", *COLUMNS, "--format", "json"))["estimates"]))
    for number in ("value", "low", "high"):
        assert f"{100 * net[number]:.1f}".replace(".", ",").replace("-", "−") in page
    for part in ("Per stratum", "Noord", "Per volgorde", "Wisseltoets per woningaanbieder, exact", 'lang="nl"'):
        assert part in page


def test_sets_of_arms_are_compared_all_together_and_two_by_two(user: User) -> None:
    lines = [f"{n},{arm},{int((n * k) % 4 == 0)}" for n in range(40) for k, arm in enumerate(("control", "x", "y"), 1)]
    user.file("sets.csv").write_text("pair,arm,positive\n" + "\n".join(lines), encoding="utf-8")
    document = json.loads(user.does("analyse", "sets.csv", "--design", "sets", "--all-methods", "--format", "json"))
    assert (document["counts"]["arms"], document["counts"]["sets"]) == (["control", "x", "y"], 40)
    assert document["tests"][0]["name"] == "cochran_q"
    assert document["tests"][0]["df"] == 2
    assert [group["name"] for group in document["groups"]] == ["control – x", "control – y", "x – y"]
    shown = user.does("analyse", "sets.csv", "--design", "sets")
    assert "Q van Cochran" in shown
    assert "x – y" in shown


def test_unpaired_inquiries_need_no_pairs(user: User) -> None:
    own_file(user)
    columns = COLUMNS[2:]
    found = user.does("analyse", "eigen.csv", *columns, "--design", "unpaired", *SPLIT[:4], "--format", "json")
    document = json.loads(found)
    assert document["counts"] == {
        "control_positive": 32, "control_n": 48, "treatment_positive": 18, "treatment_n": 48,
    }  # fmt: skip
    assert {"newcombe", "agresti_caffo", "cluster_cr1", "mantel_haenszel"} <= {
        estimate["method"] for estimate in document["estimates"]
    }
    assert "Fisher" in user.does("analyse", "eigen.csv", *columns, "--design", "unpaired")


def test_an_amount_with_a_decimal_comma_and_a_class_are_outcomes_too(user: User) -> None:
    own_file(user)
    columns = [*COLUMNS[:4], *COLUMNS[6:]]
    amounts = json.loads(user.does("analyse", "eigen.csv", *columns, "--value", "uren", "--format", "json"))
    assert amounts["estimates"][0]["value"] == pytest.approx(-2)
    classes = json.loads(user.does("analyse", "eigen.csv", *columns, "--value", "antwoord", "--format", "json"))
    assert (classes["design"], classes["counts"]["values"]) == ("labels", ["ja", "nee"])
    assert "Stuart-Maxwell" in user.does("analyse", "eigen.csv", *columns, "--value", "antwoord")


def test_every_format_of_a_file_is_read_at_the_command_line(user: User) -> None:
    frame = DataFrame(own_rows())
    pyreadstat.write_sav(frame, str(user.file("eigen.sav")))
    pyreadstat.write_dta(frame, str(user.file("eigen.dta")))
    frame.to_parquet(user.file("eigen.parquet"))
    own_file(user)
    said = [
        user.does("analyse", f"eigen.{kind}", *COLUMNS, *SPLIT, "--format", "json")
        for kind in ("csv", "sav", "dta", "parquet")
    ]
    assert said == [said[0]] * 4


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["eigen.csv", "--format", "pdf"], "unknown-format: "),
        (["eigen.csv", "--format", "html"], "no-file: "),
        (["eigen.csv", "--out", "x.html"], "no-format: "),
        (["eigen.csv", "--design", "triple"], "unknown-design: "),
        (["eigen.csv", *COLUMNS[:6]], "eigen.csv:2:2: unknown-arm: "),
        (["eigen.csv", *COLUMNS, "--advertiser", "nr"], "no-repeated-advertiser: "),
        (["een.csv", *COLUMNS, "--advertiser", "kantoor"], "too-few-clusters: "),
        (["eigen.csv", *COLUMNS, "--stratum", "buurt"], "eigen.csv:1: missing-column: "),
        (["ronde-1", "--pair", "nr"], "columns-of-a-round: "),
    ],
)
def test_a_wish_that_cannot_be_is_named(user: User, words: list[str], told: str) -> None:
    own_file(user)
    text = user.file("eigen.csv").read_text(encoding="utf-8")
    user.file("een.csv").write_text(re.sub(r"Kantoor \d", "Kantoor 0", text), encoding="utf-8")
    done = user.says("analyse", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(told)


def a_round(monkeypatch: pytest.MonkeyPatch, **facts: str) -> str:
    """The name of a round that the installation is made to have."""
    table = make.full_round(**facts)
    monkeypatch.setattr("portal.commands.analysing.load", {table.facts.round: table}.__getitem__)
    return table.facts.round


@pytest.mark.long
def test_a_closed_round_is_printed_with_all_its_sections(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    said = user.does("analyse", a_round(monkeypatch, stratum="district"))
    titles = [
        "Wijk (opgegeven, Holm)",
        "Soort woningaanbieder (verkennend",
        "Vertekening door keuzes",
        "uitval per profiel",
    ]
    titles += [
        "Ruis: echte tests naast schijntests",
        "Antwoordtijden",
        "Soort antwoord",
        "Extra eisen",
        "Te weinig gegevens",
    ]
    assert [title for title in titles if title not in said] == []


def test_a_round_has_all_methods_too(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    name = a_round(monkeypatch)
    plain, every = (
        json.loads(user.does("analyse", name, *more, "--format", "json")) for more in ((), ("--all-methods",))
    )
    assert list(plain) == [*KEYS, "looks", "round"]
    methods = {each["method"] for each in every["estimates"]} - {each["method"] for each in plain["estimates"]}
    assert methods >= {"newcombe8", "clopper_pearson", "cluster_wild", "conditional_logit"}
    assert every["round"] == plain["round"]


def test_a_page_of_a_round_names_its_study_and_warns_above_a_rehearsal(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = a_round(monkeypatch, mode="rehearsal")
    user.does("analyse", name, "--all-methods", "--format", "html", "--out", "uit/ronde.html")
    page = user.file("uit/ronde.html").read_text(encoding="utf-8")
    assert "Gelijke kansen op de Amersfoortse huurmarkt · ronde amersfoort-2026-najaar" in page
    assert REHEARSAL_WATERMARK in page
    assert METHODS["cluster_wild"] in page
    assert user.file("uit/stijl/theme.css").exists()
