"""A draft page by page: a form of the fields of each, with its faults and what somebody else wrote meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.design import form
from orchestrator.design.form import FormField
from orchestrator.design.yaml_text import rewritten
from orchestrator.models import Draft
from portal.web.access import acting
from portal.web.forms import Fields
from portal.web.pages.setup.beside import around, version_of
from portal.web.pages.setup.steps import STEPS, Step, dressed, offered, placed, step_of
from portal.web.rendering import page
from portal.web.setup_source import Setup
from profiles.errors import Problem, Refused

Typed = Mapping[str, Sequence[str]]


def add(app: FastAPI, setup: Setup) -> None:
    @app.get("/opzet/{draft}/{step}", response_class=HTMLResponse)
    def setup_step(request: Request, draft: str, step: str) -> HTMLResponse:
        row, here = setup.draft(draft), _step(step)
        checked = setup.check(row.design)
        fields = form.fields(form.repeats_in(checked.data))
        values = {field.name: form.shown(field, checked.data) for field in fields}
        faults, _ = placed(checked.problems, [field for field in fields if step_of(field) == here])
        shown_faults = faults if any(any(value) for value in values.values()) else {}
        return _form(request, setup, row, here, fields, values=values, faults=shown_faults)

    @app.post("/opzet/{draft}/{step}")
    def setup_save(request: Request, draft: str, step: str, fields: Fields) -> Response:
        row, here = setup.draft(draft), _step(step)
        typed = {name: [str(each) for each in fields.getlist(name)] for name in fields}
        every = form.fields(form.repeats_among(list(typed)))
        asked = [field for field in every if step_of(field) == here]
        text = rewritten(row.design, form.typed_over(setup.check(row.design).data, asked, typed))
        faults, _ = placed(setup.check(text).problems, asked)
        if faults:
            return _form(request, setup, row, here, every, 422, values=_again(asked, typed), faults=faults)
        try:
            setup.save(draft, version_of(fields.get("seen")), acting(request), design=text)
        except Refused as error:
            row = setup.draft(draft)
            others = _others(asked, typed, setup.check(row.design).data)
            if error.problem.code != "draft-changed" or others:
                again, changed = _again(asked, typed), error.problem
                return _form(
                    request, setup, row, here, every, 409, values=again, faults={}, others=others, changed=changed
                )
        return RedirectResponse(f"/opzet/{draft}/{_next(here, every) if typed.get('next') else here.key}", 303)


def _form(
    request: Request,
    setup: Setup,
    row: Draft,
    here: Step,
    fields: Sequence[FormField],
    status: int = 200,
    *,
    values: Typed,
    faults: Mapping[str, tuple[Problem, ...]],
    others: Typed | None = None,
    changed: Problem | None = None,
) -> HTMLResponse:
    sets = tuple(setup.bank().sets)
    shown = [dressed(field, sets) for field in fields if step_of(field) == here]
    known = form.groups()
    bare = {each.field.group: tuple(step for step in each.field.group if isinstance(step, str)) for each in shown}
    groups = {path: known[keys].told for path, keys in bare.items() if keys}
    told = {"fields": shown, "groups": groups, "values": values, "faults": faults, "others": others or {}}
    return page(
        request, "setup/step.html", status, **told, changed=changed, heading=here.heading,
        **around(row, setup.check(row.design), here.key),
    )  # fmt: skip


def _step(key: str) -> Step:
    step = next((step for step in STEPS if step.key == key), None)
    if step is None:
        raise Refused("unknown-step", "Deze pagina van de opzet bestaat niet.", "Ga terug naar het concept.")
    return step


def _next(here: Step, fields: Sequence[FormField]) -> str:
    """The page after this one; after those with fields comes that of the files."""
    keys = [step.key for step in offered(fields)]
    return [*keys, "bestanden"][keys.index(here.key) + 1] if here.key in keys else "bestanden"


def _again(fields: Sequence[FormField], typed: Typed) -> Typed:
    return {field.name: tuple(typed.get(field.name, ())) or ("",) for field in fields}


def _others(fields: Sequence[FormField], typed: Typed, data: dict[str, Any]) -> Typed:
    """What stands there now, of the fields in which somebody typed something else."""
    mine = form.typed_over(data, fields, typed)
    return {
        field.name: form.shown(field, data)
        for field in fields
        if form.shown(field, data) != form.shown(field, mine)
    }  # fmt: skip
