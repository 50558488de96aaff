"""What stands beside every page of a draft."""

from typing import Any

from orchestrator.design import form
from orchestrator.models import Draft
from orchestrator.readiness import WANTED
from portal.web.pages.setup.steps import STEPS, offered, placed, step_of
from portal.web.setup_source import Checked
from profiles.errors import BadInput
from results import planning_figures


def around(row: Draft, checked: Checked, here: str) -> dict[str, Any]:
    """The pages of a draft with what is wrong on them, and what its design comes to."""
    fields = form.fields(form.repeats_in(checked.data))
    faults, rest = placed(checked.problems, fields)
    wrong = {step.key: 0 for step in STEPS}
    for field in fields:
        wrong[step_of(field).key] += len(faults.get(field.name, ()))
    figures, unknown = None, None
    if checked.design:
        try:
            figures = planning_figures.figures(checked.design)
        except BadInput as error:
            unknown = error.problems[0]
    return {
        "draft": row, "steps": offered(fields), "wrong": wrong, "rest": rest, "here_step": here,
        "figures": figures, "unknown": unknown, "wanted_power": WANTED,
    }  # fmt: skip


def version_of(text: object) -> int:
    """The version that a form was made of; 0, which no draft has, for what is none."""
    return int(str(text)) if str(text).isdecimal() and len(str(text)) < 10 else 0
