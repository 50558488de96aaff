"""A draft as the text of its file: the same design as on its other pages."""

from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from orchestrator.models import Draft
from orchestrator.text_file import decode_utf8
from portal.web.access import acting
from portal.web.forms import Fields
from portal.web.pages.setup.beside import around, version_of
from portal.web.pages.setup.steps import YAML
from portal.web.rendering import page
from portal.web.setup_source import Checked, Setup
from profiles.errors import BadInput, Problem, Refused

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


def _uploaded(file: object) -> str:
    """The text of a file that was chosen; empty for none."""
    raw: bytes = file.file.read() if hasattr(file, "file") else b""
    return decode_utf8(raw, "opzet.yaml", "encoding", ENCODING)
