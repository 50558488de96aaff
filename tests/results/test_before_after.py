"""Before and after of a re-test: for the researcher, for an office about itself, and in what is published."""

import pytest
import test_paper as papers
from house_makers import DAY, ROUND, only_sqlite
from release_makers import CLOSED, closed
from report_makers import facts, pair
from retest_makers import (
    KEYS,
    LATER,
    RETEST,
    agree,
    close_retest,
    document,
    plan_retest,
    publish,
    retested,
)
from sqlalchemy import update

from orchestrator.db import Database
from orchestrator.models import Pair
from orchestrator.rounds import lookup
from orchestrator.states import PairState
from results import tables
from results.language import ENGLISH
from results.paper import paper_of, typeset
from results.releases import files, open_data, paper
from results.reports import Audience, build, render, retests
from results.reports.both_rounds import both, changed, counts
from results.reports.values import BeforeAfter, Broker, Researcher
from results.seal import canonical
from results.tables import RoundTable

AFTER = CLOSED + LATER


def loaded(database: Database, name: str = RETEST) -> RoundTable:
    with database.reading() as session:
        return tables.load(session, name)


def told_to_researcher(database: Database) -> BeforeAfter:
    body = build(loaded(database), Audience.RESEARCHER).body
    assert isinstance(body, Researcher)
    assert body.retest is not None
    return body.retest


def a_table(before: dict[int, list[str]], after: dict[int, list[str]]) -> RoundTable:
    """A re-test beside its round, from the cells of each office in both."""
    earlier, now = (
        [pair(cell, 10 * office + place, office) for office, cells in each.items() for place, cell in enumerate(cells)]
        for each in (before, after)
    )
    return RoundTable(facts(round="later"), tuple(now), earlier=RoundTable(facts(round="eerder"), tuple(earlier)))


def of_office(before: list[str], after: list[str]) -> BeforeAfter:
    found = retests.of_office(a_table({0: before, 1: ["c11"] * 9}, {0: after, 1: ["c10"] * 9}), "adv-00")
    assert found is not None
    return found


@pytest.mark.long
@only_sqlite
def test_a_round_that_was_tested_again_shows_before_after_and_the_change(database: Database) -> None:
    retested(database)
    found = both(loaded(database))
    assert found is not None
    before, after = counts(found)
    assert (before.c11, before.c10, before.c01, before.c00) == (24, 18, 6, 12)
    assert (after.c11, after.c10, after.c01, after.c00) == (19, 1, 0, 0)
    change = changed(found, 0.95)
    assert (change.before.value, change.after.value) == (0.2, 0.05)
    assert change.change.value == pytest.approx(-0.15)
    shown = told_to_researcher(database)
    assert [row[:2] for row in shown.rows] == [
        (f"Voor: ronde {ROUND}", "60"), ("Na: deze ronde", "20"), ("Verandering: na min voor", ""),
    ]  # fmt: skip
    assert "10 kantoren" in shown.caption
    assert any("dit kan toeval zijn" in each for each in shown.said)
    assert any("had deze vergelijking waarschijnlijk gevonden" in each for each in shown.said)
    assert any("ook als er niets verandert" in each for each in shown.said)
    assert any("Er is geen groep kantoren" in each for each in shown.said)
    page = render(build(loaded(database), Audience.RESEARCHER), assets="/static")
    assert "Verandering: na min voor" in page


@pytest.mark.long
@only_sqlite
def test_offices_that_were_tested_in_one_of_the_rounds_alone_are_left_out(database: Database) -> None:
    retested(database, 5)
    found = both(loaded(database))
    assert found is not None
    assert found.offices == set(KEYS[:5])
    assert (len(found.before), len(found.after)) == (30, 10)


def test_a_change_that_chance_does_not_explain_is_told_by_its_direction() -> None:
    worse, better = ["c10"] * 8 + ["c11"] * 2, ["c11"] * 8 + ["c00"] * 2
    for before, after, word in ((worse, better, "lager"), (better, worse, "hoger")):
        shown = retests.of_round(a_table(dict.fromkeys(range(8), before), dict.fromkeys(range(8), after)))
        assert shown is not None
        assert f"80,0\N{NO-BREAK SPACE}procentpunt {word} dan in de eerdere ronde" in shown.said[0]
        assert "MOVER" in shown.small[0]


def test_where_no_office_has_a_test_in_both_there_is_nothing_to_compare() -> None:
    shown = retests.of_round(a_table({0: ["c11"]}, {1: ["c11"]}))
    assert shown is not None
    assert (shown.rows, shown.said) == ((), ("Geen kantoor heeft in beide rondes een geslaagde test.",))
    assert retests.of_round(RoundTable(facts(), ())) is None


def test_an_office_sees_its_own_before_and_after_with_what_is_missing_for_a_verdict() -> None:
    shown = of_office(["c10", "c10", "c11"], ["c11", "c11"])
    assert [row[:2] for row in shown.rows] == [("Voor: ronde eerder", "3"), ("Na: deze ronde", "2")]
    assert shown.said[0] == "In ronde eerder: Te weinig gegevens: nog 4 eenzijdige tests nodig."
    assert shown.said[1] == "In ronde later: Te weinig gegevens: nog 6 eenzijdige tests nodig."
    assert "dit kan toeval zijn" in shown.said[2]
    assert "bij uw kantoor" in shown.caption


def test_an_office_with_enough_tests_on_both_sides_hears_how_much_changed() -> None:
    shown = of_office(["c10"] * 9 + ["c01"], ["c10"] * 3 + ["c01"] * 4)
    assert [row[0] for row in shown.rows][-1] == "Verandering: na min voor"
    assert not any("Te weinig" in each for each in shown.said)


@pytest.mark.parametrize(("before", "after"), [(["c10"], ["c11"] * 4), (["c10"] * 4, ["c11"]), ([], ["c11"] * 4)])
def test_an_office_sees_nothing_of_a_single_test(before: list[str], after: list[str]) -> None:
    shown = of_office(before, after)
    assert shown.rows == ()
    assert shown.said == ("Te weinig gegevens: in een van beide rondes is er hooguit één geslaagde test.",)


@pytest.mark.long
@only_sqlite
def test_the_report_of_an_office_has_its_own_before_and_after_and_of_no_other(database: Database) -> None:
    retested(database)
    report = build(loaded(database), Audience.BROKER, advertiser=KEYS[0])
    assert isinstance(report.body, Broker)
    assert report.body.retest is not None
    assert [row[1] for row in report.body.retest.rows] == ["6", "2"]
    assert "Voor: ronde" in render(report, assets="/static")
    assert "Voor: ronde" in str(paper_of(report))
    assert build(loaded(database, ROUND), Audience.BROKER, advertiser=KEYS[0]).body.retest is None  # type: ignore[union-attr]


@pytest.mark.long
@only_sqlite
def test_a_checker_finds_no_fault_in_before_and_after_on_paper(database: Database) -> None:
    retested(database)
    publish(database, RETEST, now=AFTER)
    table, told = loaded(database), canonical(document(database))
    for language in ("nl", ENGLISH):
        reports = (
            build(table, Audience.RESEARCHER, language=language),
            build(table, Audience.BROKER, advertiser=KEYS[0], language=language),
        )
        for made in (*map(paper_of, reports), paper.paper_of(told, language)):
            assert papers.faults(typeset(made)) == []


# What is published.


@pytest.mark.long
def test_a_released_re_test_tells_before_and_after_at_all_its_offices(database: Database) -> None:
    retested(database)
    publish(database, RETEST, now=AFTER)
    retest = document(database)["retest"]
    assert (retest["shown"], retest["of"], retest["offices"]) == (True, ROUND, 10)
    assert retest["before"]["counts"] == {"c11": 24, "c10": 18, "c01": 6, "c00": 12}
    assert retest["after"]["counts"] == {"c11": 19, "c10": 1, "c01": 0, "c00": 0}
    assert retest["change"]["value"] == -0.15
    assert retest["detectable"] > 0.1
    assert "retest" not in document(database, ROUND)


@pytest.mark.long
@only_sqlite
def test_file_paper_and_open_data_tell_what_the_document_tells(database: Database) -> None:
    retested(database)
    publish(database, RETEST, now=AFTER)
    told = document(database)
    lines = [row for row in files.rows(told) if row["table"] == "retest"]
    assert [(row["part"], row["tests"], row["net"]) for row in lines] == [
        ("before", 60, 0.2), ("after", 20, 0.05), ("change", 80, -0.15),
    ]  # fmt: skip
    assert "retest,change,net,-0.15" in open_data.cells(told)
    for language, words in (("nl", "Verandering: na min voor"), (ENGLISH, "Change: after minus before")):
        assert words in str(paper.paper_of(canonical(told), language))


@pytest.mark.long
@pytest.mark.parametrize("offices", [4, 6, 9])
@only_sqlite
def test_what_would_tell_of_few_offices_by_subtraction_is_hidden_with_its_reason(
    database: Database, offices: int
) -> None:
    retested(database, offices, each=4)
    publish(database, RETEST, now=AFTER)
    assert document(database)["retest"] == {"of": ROUND, "shown": False, "reason": "too-few"}
    assert {row["tests"] for row in files.rows(document(database)) if row["table"] == "retest"} == {"x"}
    assert "Anders is een woningaanbieder te herkennen" in str(paper.paper_of(canonical(document(database))))


@pytest.mark.long
@only_sqlite
def test_half_of_the_offices_may_be_told_and_a_correction_of_one_test_is_then_hidden(database: Database) -> None:
    retested(database, 5)
    publish(database, RETEST, now=AFTER)
    assert document(database)["retest"]["shown"]
    with database.writing() as session:
        one = update(Pair).where(Pair.code == "P-0001", Pair.round_id == lookup.find(session, ROUND).id)
        session.execute(one.values(state=PairState.EXCLUDED, reason="x"))
    publish(database, RETEST, "een test telt niet mee", AFTER + DAY)
    assert document(database)["retest"] == {"of": ROUND, "shown": False, "reason": "earlier-changed"}


@pytest.mark.long
@only_sqlite
def test_nothing_of_a_round_that_is_not_released_is_told_by_its_re_test(database: Database) -> None:
    closed(database)
    agree(database, KEYS)
    plan_retest(database)
    close_retest(database, dict.fromkeys(KEYS, [(True, True)] * 2))
    publish(database, RETEST, now=AFTER)
    assert document(database)["retest"] == {"of": ROUND, "shown": False, "reason": "earlier-unseen"}
    publish(database, ROUND, now=AFTER)
    publish(database, RETEST, "de eerdere ronde is vrijgegeven", AFTER + DAY)
    assert document(database)["retest"]["shown"]
