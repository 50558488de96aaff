"""The pages of a draft: which keys of a design stand on which, and which problem belongs to which field.

A key that the design gets stands on a page by itself: on that of its group, or of the longest path that begins it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.design.form import FormField, Kind
from orchestrator.design.places import KeyPath
from portal.web.words import _
from profiles.errors import Problem
from results.planning_figures import priors


@dataclass(frozen=True)
class Step:
    """A page of a draft: the last word of its address, what it is called, and the keys that begin its fields."""

    key: str
    heading: str
    of: tuple[KeyPath, ...]


STEPS = (
    Step("onderzoek", _("Onderzoek"), (("round",), ("version",), ("mode",), ("seed",), ("retest_of",), ("study",))),
    Step("vraag", _("Vraag en grond"), (("question",),)),
    Step("steekproef", _("Steekproef"), (("sample",),)),
    Step("brieven", _("Brieven"), (("letters",),)),
    Step("planning", _("Planning en grenzen"), (("schedule",),)),
    Step("uitkomst", _("Uitkomst en termijn"), (("outcome",),)),
    Step("analyse", _("Analyseplan"), (("analysis",),)),
    Step("tussenkijken", _("Tussentijds kijken"), (("analysis", "looks"),)),
)
FILES, YAML, PLAN = "bestanden", "yaml", "plannen"
"""The pages of a draft that have no fields of the design."""

REST = STEPS[-2]
"""Where a key stands that no page asks for."""


@dataclass(frozen=True)
class Shown:
    """A field on a page: ``options`` are its values with what they are called, ``hints`` mere suggestions."""

    field: FormField
    options: tuple[tuple[str, str], ...] = ()
    hints: tuple[str, ...] = ()


def step_of(field: FormField) -> Step:
    """Return the page on which a field stands."""
    fits = [(len(path), step) for step in STEPS for path in step.of if field.path[: len(path)] == path]
    return max(fits, key=lambda each: each[0])[1] if fits else REST


def offered(fields: Sequence[FormField]) -> tuple[Step, ...]:
    """Return the pages that have a field."""
    there = {step_of(field).key for field in fields}
    return tuple(step for step in STEPS if step.key in there)


def dressed(field: FormField, name_sets: Sequence[str]) -> Shown:
    """Add what the design itself cannot know: the earlier tests there are, and the names there are."""
    if field.path == ("sample", "prior"):
        rows = priors()
        field = replace(field, kind=Kind.CHOICE, choices=tuple(row.key for row in rows))
        return Shown(field, tuple((row.key, row.label) for row in rows))
    hints = tuple(name_sets) if field.path in (("question", "control"), ("question", "treatment")) else ()
    return Shown(field, tuple((choice, "") for choice in field.choices), hints)


def placed(
    problems: Sequence[Problem], fields: Sequence[FormField]
) -> tuple[Mapping[str, tuple[Problem, ...]], tuple[Problem, ...]]:
    """Give each problem to the field that its message names, by name of the field; and those that name none.

    The message of a field does not repeat its name.
    """
    names = sorted((field.name for field in fields), key=len, reverse=True)
    found: dict[str, list[Problem]] = defaultdict(list)
    rest = []
    for problem in problems:
        key, _colon, said = problem.message.partition(": ")
        name = next((name for name in names if _begins(key, name)), None)
        name = name or next((field.name for field in fields if _begins(field.name, key)), None)
        if name is None or not said:
            rest.append(problem)
        else:
            found[name].append(replace(problem, message=said))
    return {name: tuple(each) for name, each in found.items()}, tuple(rest)


def _begins(long: str, short: str) -> bool:
    return long == short or long.startswith((f"{short}.", f"{short}["))
