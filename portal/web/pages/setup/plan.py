"""The last page of a draft: what stands in the way of a plan, what it would change, and planning it."""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.design import form
from portal.web.access import acting
from portal.web.pages.setup.beside import around, version_of
from portal.web.pages.setup.steps import PLAN, placed, step_of
from portal.web.rendering import page
from portal.web.setup_source import Setup
from profiles.errors import BadInput, Problem, Refused

Text = Annotated[str, Form()]


def add(app: FastAPI, setup: Setup) -> None:
    def show(
        request: Request, draft: str, status: int = 200, problems: tuple[Problem, ...] = (), reason: str = ""
    ) -> HTMLResponse:
        row = setup.draft(draft)
        checked = setup.check(row.design)
        fields = form.fields(form.repeats_in(checked.data))
        faults, rest = placed(checked.problems, fields)
        open_ = [(field, step_of(field), each) for field in fields for each in faults.get(field.name, ())]
        told = {"open": open_, "others": rest, "frame": setup.frame(row, checked.design), "problems": problems}
        told |= {"amendment": setup.amendment(checked.design) if checked.design else None, "reason": reason}
        return page(request, "setup/plan.html", status, **told, **around(row, checked, PLAN))

    @app.get("/opzet/{draft}/plannen", response_class=HTMLResponse)
    def setup_plan(request: Request, draft: str) -> HTMLResponse:
        return show(request, draft)

    @app.post("/opzet/{draft}/plannen")
    def setup_plan_do(request: Request, draft: str, seen: Text = "", reason: Text = "") -> Response:
        try:
            name = setup.plan(draft, version_of(seen), acting(request), " ".join(reason.split()))
        except BadInput as error:
            return show(request, draft, 422, error.problems, reason)
        except Refused as error:
            if error.problem.code.startswith("unknown-"):
                raise
            return show(request, draft, 409, (error.problem,), reason)
        return RedirectResponse(f"/rondes/{name}/opzet", 303)
