"""A draft page by page, and as the text of its file: two ways to write the same design."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from orchestrator.design import form
from orchestrator.design.form import FormField
from orchestrator.design.yaml_text import rewritten
from orchestrator.models import Draft
from orchestrator.text_file import decode_utf8
from portal.web.access import acting
from portal.web.forms import Fields
from portal.web.pages.setup.beside import around, version_of
from portal.web.pages.setup.steps import STEPS, YAML, Step, dressed, offered, placed, step_of
from portal.web.rendering import page
from portal.web.setup_source import Checked, Setup
from profiles.errors import BadInput, Problem, Refused

Typed = Mapping[str, Sequence[str]]
ENCODING = "Bewaar het bestand in uw editor met de codering UTF-8."


def add(app: FastAPI, setup: Setup) -> None:
    @app.get("/opzet/{draft}/yaml", response_class=HTMLResponse)
    def setup_yaml(request: Request, draft: str) -> HTMLResponse:
        row = setup.draft(draft)
        checked = setup.check(row.design)
        return _yaml(request, row, checked, text=row.design, problems=checked.problems)

    @app.get("/opzet/{draft}/opzet.yaml")
    def setup_file(draft: str) -> Response:
        answer = PlainTextResponse(setup.draft(draft).design, media_type="application/yaml; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="{draft}.yaml"'
        return answer

    @app.post("/opzet/{draft}/yaml")
    def setup_yaml_save(request: Request, draft: str, fields: Fields) -> Response:
        row, text = setup.draft(draft), str(fields.get("text", ""))
        before = setup.check(row.design)
        try:
            text = _uploaded(fields.get("file")) or text.replace("\r\n", "\n")
            checked = setup.check(text)
        except BadInput as error:
            return _yaml(request, row, before, 422, text=text, problems=error.problems)
        if any(each.code.startswith("yaml") or each.code == "duplicate-key" for each in checked.problems):
            return _yaml(request, row, before, 422, text=text, problems=checked.problems)
        try:
            setup.save(draft, version_of(fields.get("seen")), acting(request), design=text)
        except Refused as error:
            row = setup.draft(draft)
            if error.problem.code != "draft-changed" or row.design != text:
                problems, now = (error.problem,), setup.check(row.design)
                return _yaml(request, row, now, 409, text=text, problems=problems, other=row.design)
        return RedirectResponse(f"/opzet/{draft}/yaml", 303)

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


def _yaml(
    request: Request,
    row: Draft,
    checked: Checked,
    status: int = 200,
    *,
    text: str,
    problems: Sequence[Problem],
    other: str | None = None,
) -> HTMLResponse:
    told = {"text": text, "problems": problems, "other": other}
    return page(request, "setup/yaml.html", status, **told, **around(row, checked, YAML))


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


def _uploaded(file: object) -> str:
    """The text of a file that was chosen; empty for none."""
    raw: bytes = file.file.read() if hasattr(file, "file") else b""
    return decode_utf8(raw, "opzet.yaml", "encoding", ENCODING)
