"""The page that works out one table by hand: every formula gives its number, every result is the program's."""

import re
from pathlib import Path

import pytest
from hand_page import Column, code, rows

from results.statistics import Counts, analyse

PAGE = (Path(__file__).parents[2] / "docs" / "statistics-by-hand.md").read_text("utf-8")
ANALYSIS = analyse(Counts(464, 307, 80, 1883), all_methods=True)
CELLS = ("c11", "c10", "c01", "c00")


def solved(column: Column, formula: str, root: float) -> tuple[float, float]:
    """Both sides of an equation with its one unknown letter filled in."""
    left, right = formula.split(" = ")
    (letter,) = {name for name in re.findall(r"\b[A-Za-z]\b", left) if name not in column.known}
    return Column(column.known | {letter: root}).of(left), column.of(right)


def followed() -> tuple[tuple[Column, Column], list[str]]:
    """The page read from top to bottom: both columns of values, and every number that is not what its formula gives."""
    columns, wrong = (Column(), Column()), []
    for cells in rows(PAGE):
        name, formula, values = code(cells[0]), code(cells[1]), cells[2:]
        if name in CELLS:
            for column, value in zip(columns, values, strict=True):
                column.known[name] = int(value)
        elif name and formula and not values:
            for column in columns:
                column.define(name, formula)
        elif name and formula:
            for column, value in zip(columns, values, strict=False):
                wrong += _checked(column, name, formula, value)
    return columns, wrong


def _checked(column: Column, name: str, formula: str, printed: str) -> list[str]:
    if " = " in formula:
        left, right = solved(column, formula, float(printed))
        column.known[name] = float(printed)
        return [] if left == pytest.approx(right, abs=1e-7) else [f"{name}: {left} is not {right}"]
    column.known[name] = column.of(formula)
    return [] if f"{column.known[name]:.6g}" == printed else [f"{name}: {column.known[name]:.6g}, not {printed}"]


COLUMNS, WRONG = followed()


def test_every_formula_of_the_page_gives_the_number_printed_beside_it() -> None:
    assert WRONG == []
    assert len(COLUMNS[0].known) > 80


def results() -> dict[tuple[str, str, str], list[str]]:
    return {(cells[0], cells[1], cells[2]): cells[3:] for cells in rows(PAGE) if len(cells) == 8 and cells[0] != "name"}


def test_the_results_on_the_page_are_those_of_the_program_all_of_them() -> None:
    printed = {key: cells[:4] for key, cells in results().items()}
    assert printed == {
        (e.name, e.over, e.method): [*(f"{number:.4f}" for number in (e.value, e.low, e.high)), str(e.n)]
        for e in ANALYSIS.estimates
    }


def test_every_result_of_the_program_is_the_step_that_the_page_names() -> None:
    for estimate in ANALYSIS.estimates:
        told = results()[estimate.name, estimate.over, estimate.method][-1]
        column = COLUMNS[1] if estimate.over == "usable" else COLUMNS[0]
        steps = [column.of(step) for step in re.findall(r"`([^`]+)`", told)]
        assert steps == pytest.approx([estimate.value, estimate.low, estimate.high], abs=1e-8), told


def test_every_p_value_of_the_program_is_a_step_of_the_page() -> None:
    for test in ANALYSIS.tests:
        assert COLUMNS[0].known[test.name] == pytest.approx(test.p, rel=1e-9), test.name
