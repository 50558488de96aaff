"""The notes of advertisers on their tests, for who decides: without the advertiser, the letters or the answers."""

from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.context import LONGEST, NOTE_DAYS
from portal.web.access import acting
from portal.web.own_source import OwnSource
from portal.web.rendering import page
from portal.web.words import CONTEXT
from profiles.errors import BadInput

Text = Annotated[str, Form()]
YES = "ja"


def add(app: FastAPI, source: OwnSource) -> None:
    def show(request: Request, round_name: str, status: int = 200, **told: object) -> HTMLResponse:
        notes, effect = source.notes(round_name), source.effect(round_name)
        known = {"faults": {}, "given": {}, "days": NOTE_DAYS, "longest": LONGEST, **told}
        return page(
            request, "context.html", status, round=round_name, notes=notes, effect=effect, choices=CONTEXT, **known
        )

    @app.get("/rondes/{round_name}/toelichtingen", response_class=HTMLResponse)
    def context(request: Request, round_name: str) -> HTMLResponse:
        return show(request, round_name)

    @app.post("/rondes/{round_name}/toelichtingen/{code}")
    def context_decide(request: Request, round_name: str, code: str, accept: Text = "", reason: Text = "") -> Response:
        try:
            source.decide(round_name, code, acting(request), accept=accept == YES, reason=reason)
        except BadInput as error:
            faults = {f"reden-{code}": error.problems[0]}
            return show(request, round_name, 422, faults=faults, given={code: reason})
        return RedirectResponse(f"/rondes/{quote(round_name)}/toelichtingen", 303)
