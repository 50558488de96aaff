"""Looks are declared in the design, before anything was seen."""

from pathlib import Path
from typing import Any

import pytest
from design_makers import a_design
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.design import Design, LookShape, canonical, check, digest, from_canonical, looks_at, read_design
from orchestrator.design.looks import LEAST_PAIRS
from profiles.catalogue import load
from profiles.errors import BadInput
from results.looks import plan_of
from results.statistics.looks import Shape

EXAMPLE = Path(__file__).parents[2] / "examples" / "amersfoort-2026" / "round.yaml"


def looking(at: list[float], pairs: int = 240, shape: str | None = None, **question: Any) -> Design:
    looks: dict[str, Any] = {"at": at} if shape is None else {"at": at, "shape": shape}
    return a_design(sample={"pairs": pairs}, question=question, analysis={"level": 0.95, "looks": looks})


def codes(design: Design) -> list[str]:
    return [problem.code for problem in check(design, load().sets)]


def test_a_look_falls_at_its_part_of_the_real_pairs_and_the_total_is_the_last() -> None:
    assert looks_at(looking([0.5, 0.75])) == (108, 162, 216)
    assert looks_at(looking([0.5], 101, sham_share=0)) == (51, 101)
    assert looks_at(looking([0.7], 100, sham_share=0)) == (70, 100)
    assert looks_at(a_design()) == ()


def test_a_design_without_looks_has_the_text_it_always_had() -> None:
    assert "looks" not in canonical(a_design())
    assert a_design(analysis={"level": 0.95, "looks": None}) == a_design()


def test_looks_are_part_of_what_is_frozen() -> None:
    told = [looking([0.5]), looking([0.6]), looking([0.5], shape="pocock"), a_design()]
    assert len({digest(design) for design in told}) == len(told)
    assert from_canonical(canonical(told[2])) == told[2]


@pytest.mark.parametrize(
    ("design", "code"),
    [
        (looking([0.75, 0.5]), "looks-not-rising"),
        (looking([0.5, 0.5]), "looks-not-rising"),
        (looking([0.05]), "looks-too-close"),
        (looking([0.95]), "looks-too-close"),
        (looking([0.5, 0.55]), "looks-too-close"),
        (looking([0.5], 40), "looks-too-close"),
        (looking([0.5], approach="unpaired", sham_share=0), "looks-need-pairs"),
    ],
)
def test_looks_that_cannot_be_are_a_named_problem(design: Design, code: str) -> None:
    assert codes(design) == [code]


@pytest.mark.parametrize("at", [[], [0], [1], [1.2], [-0.5], [0.1] * 10])
def test_a_look_is_a_part_of_the_round_before_its_end(at: list[float]) -> None:
    with pytest.raises(ValidationError):
        looking(at)


parts = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=9)


@given(parts, st.integers(1, 2000), st.sampled_from(list(LookShape)))
def test_every_design_that_passes_the_checks_has_a_plan_of_looks(at: list[float], pairs: int, shape: LookShape) -> None:
    design = looking(at, pairs, shape.value)
    if codes(design):
        return
    plan = plan_of(design)
    assert plan is not None
    assert plan.at == looks_at(design)
    assert plan.at[0] >= LEAST_PAIRS
    assert (plan.alpha, plan.shape) == (0.05, Shape(shape.value))


def test_the_shapes_of_the_design_are_those_of_the_statistics() -> None:
    assert [shape.value for shape in LookShape] == [shape.value for shape in Shape]


def test_the_line_in_the_example_is_sound_as_it_stands(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert text.count("# looks: ") == 1
    (tmp_path / "round.yaml").write_text(text.replace("# looks: ", "looks: "), encoding="utf-8")
    assert looks_at(read_design(tmp_path / "round.yaml")) == (108, 216)


def test_a_mistake_in_the_looks_is_told_with_its_line(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("# looks: {at: [0.5]", "looks: {at: [0.5, 0.4]")
    (tmp_path / "round.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        read_design(tmp_path / "round.yaml")
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == ("looks-not-rising", text[: text.index("looks: {at")].count("\n") + 1)
