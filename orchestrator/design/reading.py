"""A design from its file: every problem at once, each with line, column and remedy."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from orchestrator.design.checks import (
    broken_by_letters,
    broken_by_question,
    broken_by_sample,
    broken_by_schedule,
    broken_by_signal,
    broken_rules,
)
from orchestrator.design.deviations import AnyPart, Shape, strict
from orchestrator.design.looks import broken_by_looks
from orchestrator.design.model import Analysis, Design, Letters, Mode, Question, Sample, Schedule
from orchestrator.design.pairing import broken_by_factor, broken_by_order, broken_by_what_is_lent
from orchestrator.design.places import Located, located
from orchestrator.design.yaml_file import YamlFile
from profiles.catalogue import NameSet, load, unknown_set
from profiles.errors import BadInput, Problem
from profiles.pairs import BOTH

_START = "Begin met round: en een naam; examples/amersfoort-2026/round.yaml is een heel voorbeeld."


def read_design(path: Path, sets: Mapping[str, NameSet] | None = None) -> Design:
    """Read and check a design file (YAML 1.2, UTF-8); ``sets`` as in the catalogue, which is the default.

    Raises BadInput with every problem in the order of the file, each with code, line, column and remedy.
    """
    design, problems = examine(YamlFile.read(path, _START), load().sets if sets is None else sets)
    if design is None:
        raise BadInput(problems)
    return design


def file_of(text: str, name: str) -> YamlFile:
    """A design that is here as text, under the name that problems call it by; raises BadInput as `read_design`."""
    return YamlFile.of(text, Path(name), _START)


def examine(file: YamlFile, sets: Mapping[str, NameSet]) -> tuple[Design | None, list[Problem]]:
    """The design of a file, or None and every problem in the order of the file."""
    design, problems = _parse(file, sets)
    problems = [*file.problems, *problems]
    if problems:
        design = None
    return design, sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))


def in_file(found: Located, path: Path | None) -> Problem:
    """The problem with its place in the design's file, when there is one."""
    return YamlFile.read(path, _START).place(found) if path else found.problem


def _parse(file: YamlFile, sets: Mapping[str, NameSet]) -> tuple[Design | None, list[Problem]]:
    try:
        design = strict(Design, file.data)
    except ValidationError as error:
        deviations = Shape(Design).deviations(file, error)
        return None, deviations + [file.place(found) for found in _rules_of_sound_parts(file.data, sets)]
    return design, [file.place(found) for found in broken_rules(design, sets)]


def _rules_of_sound_parts(data: Mapping[str, Any], sets: Mapping[str, NameSet]) -> Iterator[Located]:
    """A mistake in one part does not hide what is wrong in another."""
    live = data.get("mode") == Mode.LIVE
    if question := _sound(Question, data.get("question")):
        yield from broken_by_question(question, sets, live=live)
    else:
        yield from _unknown_sets(data.get("question"), sets)
    if letters := _sound(Letters, data.get("letters")):
        yield from broken_by_letters(letters, live=live)
    if question and letters:
        yield from broken_by_signal(question, letters)
        yield from broken_by_factor(question, letters)
    if sample := _sound(Sample, data.get("sample")):
        yield from broken_by_sample(sample, live=live)
    if schedule := _sound(Schedule, data.get("schedule")):
        yield from broken_by_schedule(schedule)
    if question and letters and sample:
        yield from broken_by_what_is_lent(question, letters, sample)
    if question and schedule:
        yield from broken_by_order(question, schedule)
    analysis = _sound(Analysis, data.get("analysis"))
    if question and sample and analysis:
        yield from broken_by_looks(question, sample, analysis)


def _unknown_sets(question: object, sets: Mapping[str, NameSet]) -> Iterator[Located]:
    for arm in BOTH:
        key = question.get(arm.value) if isinstance(question, dict) else None
        if isinstance(key, str) and key not in sets:
            problem = unknown_set(key, sets)
            yield located(("question", arm.value), problem.code, problem.message, found=key, remedy=problem.remedy)


def _sound(part: type[AnyPart], data: object) -> AnyPart | None:
    try:
        return strict(part, data)
    except ValidationError:
        return None
