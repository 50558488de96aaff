"""The name bank: records from CSV, what a design may ask of its names, and what a round remembers of them."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bank_makers import NAMES, a_bank, a_record, csv_of, records
from design_makers import a_design
from feed_makers import feeding, grow, offer
from house_makers import a_monday, approve, letters, only_sqlite, plan, refused, run, start
from sqlalchemy import select

from orchestrator import name_bank
from orchestrator.db import Database
from orchestrator.design import Design
from orchestrator.models import Round
from orchestrator.perceptions import COLUMNS, merge, perceptions_csv, read_avoided, read_perceptions
from profiles.catalogue import DATA, Catalogue
from profiles.errors import BadInput, Problem
from profiles.perception import Validation
from profiles.profile import Gender
from results.reports import Audience, build
from results.tables import load

BAS = NAMES.of("dutch", Gender.MALE)[0]
HEADING = ",".join(COLUMNS)
ROW = "dutch,Bas,Vermeulen,2026,40,0.95,3.1,1.4,proef"


def asking(level: str, **parts: Any) -> Design:
    return a_design(question={"validation": level, **parts})


def codes(bank: Catalogue, design: Design) -> set[str]:
    return {problem.code for problem in name_bank.problems(bank, design)}


def a_file(tmp_path: Path, text: str, name: str = "proef.csv") -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


def problems(read: Callable[[], Any]) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        read()
    assert all(problem.remedy for problem in caught.value.problems)
    return caught.value.problems


# Records from a file.


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    made = records("dutch", "polish", recognised=0.9125, raters=80)
    assert read_perceptions(a_file(tmp_path, csv_of(*made)), NAMES) == tuple(made)


def test_a_name_without_figures_is_one_that_was_not_tested(tmp_path: Path) -> None:
    text = perceptions_csv((name, None) for name in NAMES.of("dutch"))
    assert read_perceptions(a_file(tmp_path, text), NAMES) == ()


def test_figures_may_be_written_as_a_dutch_spreadsheet_writes_them(tmp_path: Path) -> None:
    text = f"{HEADING}\n{ROW}\n".replace(",", ";").replace("0.95", "0,95").replace("3.1", "3,1").replace("1.4", "1,4")
    (read,) = read_perceptions(a_file(tmp_path, text), NAMES)
    assert (read.recognised, read.class_mean, read.religiosity_mean) == (0.95, 3.1, 1.4)


@pytest.mark.parametrize(
    ("before", "after", "code", "column", "found"),
    [
        ("Vermeulen", "Vermeulens", "unknown-name", 3, "Bas Vermeulens (dutch)"),
        ("dutch,Bas", "polish,Bas", "unknown-name", 3, "Bas Vermeulen (polish)"),
        ("dutch,Bas", "dutch_male,Bas", "unknown-name", 3, "Bas Vermeulen (dutch_male)"),
        ("0.95", "95", "impossible-share", 6, "95"),
        ("0.95", "-0.1", "impossible-share", 6, "-0.1"),
        ("0.95", "95%", "not-a-number", 6, "95%"),
        ("0.95", "nan", "impossible-share", 6, "nan"),
        ("0.95", "", "not-a-number", 6, None),
        (",40,", ",0,", "impossible-value", 5, "0"),
        (",40,", ",40.5,", "not-a-number", 5, "40.5"),
        (",3.1,", ",5.1,", "impossible-value", 7, "5.1"),
        (",1.4,", ",0.9,", "impossible-value", 8, "0.9"),
        ("2026", "26", "impossible-value", 4, "26"),
    ],
)
def test_a_slip_in_a_record_is_told_with_file_line_and_column(
    tmp_path: Path, before: str, after: str, code: str, column: int, found: str | None
) -> None:
    assert ROW.count(before) == 1
    file = a_file(tmp_path, f"{HEADING}\n{ROW.replace('2026', '2025')}\n{ROW.replace(before, after)}\n")
    (problem,) = problems(lambda: read_perceptions(file, NAMES))
    assert (problem.code, problem.file, problem.line, problem.column) == (code, str(file), 3, column)
    assert problem.found == found


def test_two_records_of_one_name_and_year_are_told_with_the_line_of_the_first(tmp_path: Path) -> None:
    file = a_file(tmp_path, f"{HEADING}\n{ROW}\n{ROW.replace('2026', '2025')}\n{ROW}\n")
    (problem,) = problems(lambda: read_perceptions(file, NAMES))
    assert (problem.code, problem.line, problem.found) == ("duplicate-record", 4, "Bas Vermeulen, 2026")
    assert "op regel 2" in problem.message


def test_every_slip_in_a_file_is_told_at_once(tmp_path: Path) -> None:
    file = a_file(tmp_path, f"{HEADING}\n{ROW.replace('0.95', '2')}\n{ROW.replace('Bas', 'Bos')}\ndutch,Bas\n")
    assert [problem.code for problem in problems(lambda: read_perceptions(file, NAMES))] == [
        "impossible-share", "unknown-name", "ragged-row",
    ]  # fmt: skip


def test_merging_keeps_both_years_and_refuses_other_figures_of_one(tmp_path: Path) -> None:
    old, new = a_record(BAS, year=2025), a_record(BAS)
    assert merge([old], [new, new], tmp_path) == (old, new)
    with pytest.raises(BadInput, match=r"other-figures.*Bas Vermeulen, 2026"):
        merge([new], [a_record(BAS, raters=61)], tmp_path)


def test_the_newest_record_of_a_name_counts() -> None:
    bank = name_bank.furnish(NAMES, [a_record(BAS, raters=70), a_record(BAS, year=2024, raters=20)], {})
    assert bank.records[BAS.full].raters == 70


def test_no_records_come_with_the_program() -> None:
    assert not (DATA / name_bank.PERCEPTIONS).exists()
    assert name_bank.load().records == {}


# Names to avoid.


def test_a_name_to_avoid_is_found_with_or_without_its_marks(tmp_path: Path) -> None:
    file = a_file(tmp_path, "first,last,reason\nEmre,Yildiz,wethouder\nJeroen,VAN DIJK,buurman\nNiemand,Bekend,x\n")
    assert read_avoided(file, NAMES) == {"Emre Yıldız": "wethouder", "Jeroen van Dijk": "buurman"}


def test_a_name_to_avoid_without_a_reason_is_told_with_its_line(tmp_path: Path) -> None:
    file = a_file(tmp_path, "first,last,reason\nEmre,Yildiz,\n")
    (problem,) = problems(lambda: read_avoided(file, NAMES))
    assert (problem.code, problem.line, problem.column) == ("empty-cell", 2, 3)


def test_none_of_the_packaged_names_is_of_the_people_to_avoid() -> None:
    with (DATA / name_bank.AVOIDED).open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) >= 10
    assert name_bank.load().avoided == {}


def test_a_name_to_avoid_is_never_drawn(database: Database, tmp_path: Path) -> None:
    heading, names = "first,last,reason\n", (*NAMES.of("dutch")[::2], *NAMES.of("moroccan")[1::2])
    file = a_file(tmp_path, heading + "".join(f"{name.first},{name.last},bekend\n" for name in names))
    bank = name_bank.load(avoid=file)
    plan(database, feeding(), rows=8, bank=bank)
    approve(database)
    start(database)
    grow(database, *(offer(number) for number in range(1, 6)))
    assert len(letters(database)) >= 24
    assert not {row.sender_name for row in letters(database)} & set(bank.avoided)


# What a design may ask.


def test_a_design_that_asks_nothing_takes_names_that_nobody_judged() -> None:
    assert codes(NAMES, a_design()) == codes(NAMES, asking("none")) == set()


def test_every_name_that_nobody_judged_is_told_with_the_line_it_stands_on() -> None:
    lacking = ("Bas Vermeulen", "Hajar Mourabit")
    bank = a_bank()
    bank = replace(bank, records={name: each for name, each in bank.records.items() if name not in lacking})
    found = name_bank.problems(bank, asking("recognised"))
    assert [(problem.code, problem.found) for problem in found] == [("no-perception-record", name) for name in lacking]
    lines = (DATA / "names.toml").read_text(encoding="utf-8").splitlines()
    for problem, name in zip(found, lacking, strict=True):
        assert problem.file == str(DATA / "names.toml")
        assert name.split()[0] in lines[(problem.line or 0) - 1]


def test_a_name_to_avoid_needs_no_record() -> None:
    bank = a_bank(avoided={"Bas Vermeulen": "bekend"})
    bank = replace(bank, records={name: each for name, each in bank.records.items() if name != "Bas Vermeulen"})
    assert codes(bank, asking("recognised")) == set()


def test_names_that_are_not_surely_recognised_are_set_aside(database: Database) -> None:
    weak = [a_record(name, recognised=0.7) for name in (*NAMES.of("dutch")[::2], *NAMES.of("moroccan")[1::2])]
    plan(database, a_monday(question={"validation": "recognised"}), rows=12, bank=a_bank(*weak))
    assert len(letters(database)) == 24
    assert not {row.sender_name for row in letters(database)} & {record.full for record in weak}


def test_a_set_of_which_too_few_names_are_recognised_is_refused() -> None:
    few = a_bank(*(a_record(name, raters=20) for name in NAMES.of("moroccan", Gender.FEMALE)[1:]))
    (problem,) = name_bank.problems(few, asking("recognised"))
    assert (problem.code, problem.found) == ("too-few-recognised", "21 van 40")


@pytest.mark.parametrize(("class_mean", "code"), [(3.5, set()), (3.51, {"class-not-matched"})])
def test_matched_sets_are_heard_as_one_class(class_mean: float, code: set[str]) -> None:
    bank = a_bank(*records("moroccan", class_mean=class_mean))
    assert codes(bank, asking("recognised")) == set()
    assert codes(bank, asking("matched")) == code


@only_sqlite
def test_a_plan_with_names_below_the_level_of_its_design_stores_nothing(database: Database) -> None:
    with refused("class-not-matched"):
        bank = a_bank(*records("moroccan", class_mean=4.0))
        plan(database, a_monday(question={"validation": "matched"}), bank=bank)
    with database.reading() as session:
        assert session.scalars(select(Round)).all() == []


# What a round remembers, and a report says.


def provenance(database: Database) -> str:
    with database.reading() as session:
        report = build(load(session, "proef-2026"), Audience.RESEARCHER)
    (said,) = (term.text for term in report.provenance if term.term == "Namen")
    return said


@pytest.mark.parametrize(
    ("bank", "said"),
    [
        (NAMES, "demonstratienamen, niet vooraf getest"),
        (a_bank(), "vooraf getest bij minstens 60 beoordelaars per naam: zeker herkend, en van dezelfde klasse"),
        (
            a_bank(*(a_record(name, class_mean=4.5, raters=50) for name in NAMES.of("moroccan")[::2])),
            "vooraf getest bij minstens 50 beoordelaars per naam: zeker herkend",
        ),
        (a_bank(a_record(BAS, recognised=0.5)), "demonstratienamen, niet vooraf getest"),
    ],
    ids=["none", "matched", "recognised", "one is not"],
)
def test_a_report_says_of_a_rehearsal_what_the_records_of_its_names_say(
    database: Database, bank: Catalogue, said: str
) -> None:
    plan(database, bank=bank)
    assert provenance(database) == said


@only_sqlite
def test_a_growing_round_knows_the_names_as_they_were_when_it_was_planned(database: Database) -> None:
    design = feeding()
    question = design.question.model_copy(update={"validation": Validation.RECOGNISED})
    weak = [a_record(name, recognised=0.7) for name in NAMES.of("moroccan")[::2]]
    run(database, design.model_copy(update={"question": question}), rows=5, bank=a_bank(*weak))
    grow(database, *(offer(number) for number in range(1, 8)))
    assert len(letters(database)) == 24
    assert not {row.sender_name for row in letters(database)} & {record.full for record in weak}


@only_sqlite
def test_a_round_of_before_there_were_records_is_read_as_one_without(database: Database) -> None:
    plan(database)
    with database.writing() as session:
        session.scalars(select(Round)).one().names = None
    assert provenance(database) == "demonstratienamen, niet vooraf getest"
