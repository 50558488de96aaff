"""What a document tells of rounds of every design, how its page draws it, and the line through released rounds."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from typing import Any

import page_makers
import pytest
from starlette.requests import Request

from portal.web import outcome_view
from portal.web.rendering import page
from profiles.factors import Factor, FactorLevel
from profiles.pairs import Arm
from results.releases import document, files
from results.tables import PairRow, RoundTable

make = page_makers.make


def made(table: RoundTable) -> dict[str, Any]:
    return document.make(table, (), 1, None)


def a_round(
    name: str, last: date, cells: tuple[int, int, int, int] = (90, 50, 10, 60), **changes: Any
) -> dict[str, Any]:
    told = {"round": name, "state": "released", "last_day": last, "digest": name, **changes}
    return made(make.table(make.pairs(*cells), **told))


def test_a_district_that_is_hidden_has_no_number_anywhere_in_the_document_or_its_table() -> None:
    told = made(make.full_round(state="closed"))
    (district,) = told["tables"]
    hidden = [part for part in district["parts"] if part["counts"] is None]
    assert {part["name"] for part in hidden} >= {"Hoogland"}
    assert all(part["net"] is None for part in hidden)
    assert "district,Hoogland,x,,,,,,,,,,\r\n" in files.as_csv(told)
    (chart,) = outcome_view.charts_of(told)
    assert chart.hidden
    assert [row.bar for row in chart.rows if row.counts is None] == [None] * len(hidden)
    assert chart.rows[-1].total


def test_the_parts_of_a_table_that_are_shown_add_up_to_less_than_the_whole() -> None:
    told = made(make.full_round(state="closed"))
    shown = [part["counts"] for part in told["tables"][0]["parts"] if part["counts"]]
    rest = {
        cell: told["result"]["counts"][cell] - sum(each[cell] for each in shown) for cell in told["result"]["counts"]
    }
    assert sum(rest.values()) >= 10
    assert min(rest.values()) >= 0


def test_the_levels_of_a_second_factor_are_a_table_of_their_own() -> None:
    levels = (FactorLevel.AMPLE, FactorLevel.TIGHT)
    rows = [replace(row, level=levels[place % 2]) for place, row in enumerate(make.pairs(60, 40, 10, 90))]
    told = made(make.table(rows, factor=Factor.INCOME))
    assert [each["name"] for each in told["tables"]] == ["district", "level"]
    assert sum(sum(part["counts"].values()) for part in told["tables"][1]["parts"]) == 200


def test_each_treatment_of_a_set_is_told_against_the_control() -> None:
    rows = [replace(row, arms={**row.arms, Arm.TREATMENT_2: row.control}) for row in make.pairs(60, 40, 10, 90)]
    told = made(make.table(rows, further_sets=("Turks klinkende namen",)))
    first, second = told["result"]["treatments"]
    assert first["counts"] == told["result"]["counts"]
    assert (second["counts"]["c10"], second["counts"]["c01"], second["net"]["value"]) == (0, 0, 0)
    assert [row.name for row in outcome_view.charts_of(told)[-1].rows] == [
        "Marokkaans klinkende namen", "Turks klinkende namen",
    ]  # fmt: skip


NO_REQUESTS: dict[str, Any] = {"requests": (), "lines": ()}


def finding(told: dict[str, Any]) -> str:
    """What the page of outcomes says of a document."""
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})
    version = SimpleNamespace(document=told, number=1, state="signed")
    told = {"found": [("proef", version)], "states": {"signed": "ondertekend"}, "trends": []}
    shown = page(request, "outcomes.html", **NO_REQUESTS, **told)
    return bytes(shown.body).decode()


def groups(control: int, treatment: int, tests: int = 120, advertisers: int = 24) -> RoundTable:
    """An unpaired round: half of the listings heard each arm, and so many of them invited it."""
    invited = {Arm.CONTROL: control, Arm.TREATMENT: treatment}
    rows: list[PairRow] = []
    for place in range(tests):
        arm = (Arm.CONTROL, Arm.TREATMENT)[place % 2]
        answered = {arm: make.arm(place // 2 < invited[arm], "-")}
        rows.append(make.pair("c11", place, place % advertisers, arms=answered, first=arm))
    return make.table(rows, approach="unpaired")


def test_an_unpaired_round_tells_its_groups_with_margins_and_no_pairs() -> None:
    told = made(groups(40, 25))
    (table,) = told["tables"]
    control, treatment = table["parts"]
    assert (control["counts"], treatment["counts"]) == ({"no": 20, "yes": 40}, {"no": 35, "yes": 25})
    assert control["net"] is None
    assert control["share"]["low"] < control["share"]["value"] == 0.6667 < control["share"]["high"]
    assert treatment["net"]["value"] == 0.25
    assert treatment["net"]["low"] < 0.25 < treatment["net"]["high"]
    (chart,) = outcome_view.charts_of(told)
    assert [(row.name, row.pairs) for row in chart.rows] == [("Marokkaans klinkende namen", 60)]
    assert "arm,control,60," in files.as_csv(told)
    assert "arm,treatment,60,,,,,0.25," in files.as_csv(told)


def test_an_unpaired_round_of_which_one_group_is_hidden_tells_no_difference() -> None:
    rows = [row for row in groups(40, 25).rows if row.first is Arm.TREATMENT or int(row.pair[2:]) < 12]
    told = made(make.table(rows, approach="unpaired"))
    assert not any(part.get("net") for table in told["tables"] for part in table["parts"])
    hidden = [part for table in told["tables"] for part in table["parts"] if part["counts"] is None]
    assert hidden
    assert not any(part["share"] for part in hidden)
    assert outcome_view.charts_of(told) == ()


@pytest.mark.parametrize(
    ("invited", "said"),
    [((50, 20), "nul ligt daar niet in"), ((40, 39), "dus dit kan toeval zijn"), ((0, 0), "0 van de")],
)
def test_the_finding_of_an_unpaired_round_is_told_of_100_listings(invited: tuple[int, int], said: str) -> None:
    html = finding(made(groups(*invited)))
    assert f"bij {round(100 * invited[0] / 60)} van de 100 advertenties" in html
    assert said in html


def test_a_document_of_before_margins_were_told_of_groups_is_still_shown() -> None:
    told = made(groups(40, 25))
    for part in told["tables"][0]["parts"]:
        del part["net"], part["share"]
    assert outcome_view.charts_of(told) == ()
    assert "De aantallen per groep staan hieronder." in finding(told)


def test_a_round_of_too_few_advertisers_tells_only_that() -> None:
    told = made(make.table(make.pairs(10, 5, 3, 6, advertisers=4)))
    assert told["result"] == {"shown": False, "reason": "too-small"}
    assert outcome_view.charts_of(told) == ()
    assert "total,,x,,,,,,,,,," in files.as_csv(told)


def test_a_round_without_usable_tests_says_so() -> None:
    assert made(make.table([]))["result"] == {"shown": False, "reason": "no-tests"}


def test_the_line_through_rounds_breaks_where_the_protocol_changed_and_slopes_within_it() -> None:
    told = [
        a_round("een", date(2025, 3, 1)),
        a_round("twee", date(2026, 3, 1), (90, 40, 20, 60)),
        a_round("drie", date(2027, 3, 1), response_days=5),
    ]
    (trend,) = outcome_view.trends(told)
    assert [[point.round for point in each.points] for each in trend.stretches] == [["een", "twee"], ["drie"]]
    first, last = trend.stretches
    assert first.slope is not None
    assert first.slope["value"] < 0
    assert last.slope is None


def test_rehearsals_and_rounds_without_figures_are_on_no_line() -> None:
    small = made(make.table(make.pairs(1, 1, 1, 1)))
    assert outcome_view.trends([small, a_round("oefening", date(2026, 3, 1), mode="rehearsal")]) == ()


def test_the_page_of_outcomes_draws_the_line_and_says_where_it_breaks() -> None:
    told = [a_round("een", date(2025, 3, 1)), a_round("drie", date(2027, 3, 1), response_days=5)]
    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""})
    lines = {"found": [], "states": {}, "trends": outcome_view.trends(told)}
    text = bytes(page(request, "outcomes.html", **NO_REQUESTS, **lines).body).decode()
    assert text.count("<circle") == 2
    assert "Hier veranderde de opzet." in text


def test_an_outcome_has_the_line_of_its_own_ground_once_there_are_two_rounds() -> None:
    one, two = a_round("een", date(2025, 3, 1)), a_round("twee", date(2026, 3, 1))
    other = a_round("stoel", date(2026, 4, 1), ground="disability", signal="wheelchair")
    assert outcome_view.trend_of(one, [one, other]) is None
    line = outcome_view.trend_of(one, [one, two, other])
    assert line is not None
    assert [point.round for stretch in line.stretches for point in stretch.points] == ["een", "twee"]
