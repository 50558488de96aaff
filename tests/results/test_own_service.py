"""How an advertiser served the applicants: counts of its own tests, and silence where a letter could be told."""

from dataclasses import replace

import report_makers as make

from profiles.pairs import BOTH, Arm
from results import own_service
from results.disclosure import BROKER_SERVICE_LEAST_PAIRS
from results.paper import paper_of
from results.reports import Audience, build, render
from results.reports.values import Broker
from results.tables import PairRow


def with_labels(row: PairRow, control: tuple[str, ...], treatment: tuple[str, ...]) -> PairRow:
    told = dict(zip(BOTH, (control, treatment), strict=True))
    return replace(row, arms={arm: replace(each, labels=told[arm]) for arm, each in row.arms.items()})


def own_rows(number: int) -> list[PairRow]:
    return [make.pair("c10", place, 3) for place in range(number)]


def test_questions_and_reasons_are_counted_by_applicant_and_only_where_somebody_got_them() -> None:
    rows = own_rows(6)
    rows[0] = with_labels(rows[0], ("UITNODIGING",), ("INKOMENSVRAAG", "DOCUMENTEN_VOORAF"))
    rows[1] = with_labels(rows[1], ("INKOMENSVRAAG",), ("INKOMENSVRAAG",))
    found = own_service.of(rows, "adv-03")
    assert found is not None
    assert [(each.control, each.treatment) for each in found.asked] == [(0, 1), (1, 2)]
    assert [(each.control, each.treatment) for each in found.reasons] == [(0, 4)]
    assert "verhuurd" in found.reasons[0].meaning


def test_an_applicant_who_was_never_answered_has_no_waiting_time() -> None:
    found = own_service.of(own_rows(6), "adv-03")
    assert found is not None
    assert (found.control.answers, found.control.hours) == (6, 5.5)
    assert (found.treatment.answers, found.treatment.hours) == (0, None)


def test_tests_of_others_sham_tests_and_tests_that_do_not_count_are_left_out() -> None:
    others = [make.pair("c11", 50, 4), make.sham("c11", 3), replace(make.pair("c11", 60, 3), state="excluded")]
    found = own_service.of([*own_rows(5), *others, replace(make.pair("c11", 61, 3), sham=Arm.CONTROL)], "adv-03")
    assert found is not None
    assert found.tests == 5


def test_with_few_tests_nothing_is_told() -> None:
    assert own_service.of(own_rows(BROKER_SERVICE_LEAST_PAIRS - 1), "adv-03") is None
    assert own_service.of(own_rows(BROKER_SERVICE_LEAST_PAIRS), "adv-03") is not None


def test_page_and_paper_tell_the_same_counts_or_that_there_are_too_few() -> None:
    for number in (BROKER_SERVICE_LEAST_PAIRS - 1, BROKER_SERVICE_LEAST_PAIRS + 5):
        report = build(make.table(own_rows(number)), Audience.BROKER, advertiser="adv-03")
        page, paper = render(report, assets="/static"), str(paper_of(report).data())
        assert isinstance(report.body, Broker)
        shown = report.body.service is not None
        assert [("Uren tot het antwoord" in each, "Dit tonen wij pas bij 5" in each) for each in (page, paper)] == [
            (shown, not shown)
        ] * 2
