"""What a document tells of rounds of every design, how its page draws it, and the line through released rounds."""

from dataclasses import replace
from datetime import date
from typing import Any

import page_makers
from starlette.requests import Request

from portal.web import outcome_view
from portal.web.rendering import page
from profiles.factors import Factor, FactorLevel
from profiles.pairs import Arm
from results.releases import document, files
from results.tables import RoundTable

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


def test_an_unpaired_round_tells_the_groups_and_no_pairs() -> None:
    rows = [
        make.pair("c11" if place % 3 else "c00", place, place % 24, arms={arm: make.arm(bool(place % 3), "-")})
        for place in range(120)
        for arm in [(Arm.CONTROL, Arm.TREATMENT)[place % 2]]
    ]
    told = made(make.table(rows, approach="unpaired"))
    (groups,) = told["tables"]
    assert {part["name"]: sum(part["counts"].values()) for part in groups["parts"]} == {"control": 60, "treatment": 60}
    assert outcome_view.charts_of(told) == ()
    assert "arm,control,60," in files.as_csv(told)


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
    text = bytes(page(request, "outcomes.html", found=[], states={}, trends=outcome_view.trends(told)).body).decode()
    assert text.count("<circle") == 2
    assert "Hier veranderde de opzet." in text


def test_an_outcome_has_the_line_of_its_own_ground_once_there_are_two_rounds() -> None:
    one, two = a_round("een", date(2025, 3, 1)), a_round("twee", date(2026, 3, 1))
    other = a_round("stoel", date(2026, 4, 1), ground="disability", signal="wheelchair")
    assert outcome_view.trend_of(one, [one, other]) is None
    line = outcome_view.trend_of(one, [one, two, other])
    assert line is not None
    assert [point.round for stretch in line.stretches for point in stretch.points] == ["een", "twee"]
