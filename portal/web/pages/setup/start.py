"""The list of drafts, and beginning one: from an example, from nothing, or from a round that was."""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from portal.web.access import acting
from portal.web.rendering import page
from portal.web.setup_source import Setup
from profiles.errors import BadInput, Problem, Refused

Text = Annotated[str, Form()]


def add(app: FastAPI, setup: Setup) -> None:
    def show(
        request: Request, status: int = 200, problem: Problem | None = None, name: str = "", begin: str = "voorbeeld"
    ) -> HTMLResponse:
        told = {"drafts": setup.drafts(), "rounds": setup.round_names(), "problem": problem}
        return page(request, "setup/start.html", status, **told, given=name, begin=begin)

    @app.get("/opzet", response_class=HTMLResponse)
    def setup_list(request: Request, van: str = "voorbeeld") -> HTMLResponse:
        return show(request, begin=van)

    @app.post("/opzet")
    def setup_create(request: Request, name: Text = "", begin: Text = "voorbeeld") -> Response:
        name = name.strip()
        try:
            made = setup.create(name, begin, acting(request))
        except BadInput as error:
            return show(request, 422, error.problems[0], name, begin)
        except Refused as error:
            return show(request, 422, error.problem, name, begin)
        return RedirectResponse(f"/opzet/{made}/onderzoek", 303)

    @app.post("/opzet/{draft}/weggooien")
    def setup_drop(draft: str) -> Response:
        setup.drop(draft)
        return RedirectResponse("/opzet", 303)
