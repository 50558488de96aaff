"""The coding desk: one masked reply at a time, what two differ on, and what has to be hidden by hand."""

from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.states import Role
from portal.web.access import acting, may
from portal.web.coding_source import CodingSource
from portal.web.rendering import page
from profiles.errors import BadInput
from results.coding_desk import KEYS
from results.outcomes import Outcome, labels

Text = Annotated[str, Form()]

GROUPS = {
    outcome: tuple(label for label in labels().values() if label.outcome is outcome and label.code not in KEYS)
    for outcome in Outcome
}
"""The labels that have no key, by what the design counts them as."""

CHOICES: dict[str, Any] = {"keys": tuple(labels()[code] for code in KEYS), "groups": GROUPS, "labels": labels()}


def add(app: FastAPI, source: CodingSource) -> None:
    """Add the pages, and what their forms do."""
    _add_desk(app, source)
    _add_acts(app, source)
    _add_differences(app, source)
    _add_masks(app, source)


def _add_desk(app: FastAPI, source: CodingSource) -> None:
    @app.get("/coderen", response_class=HTMLResponse)
    def coding(request: Request) -> HTMLResponse:
        codes, hides = may(request.state.visitor, "coding_reply"), may(request.state.visitor, "coding_masks")
        return page(request, "coding.html", works=source.works(acting(request)), codes=codes, hides=hides)

    @app.get("/coderen/{round_name}", response_class=HTMLResponse)
    def coding_reply(request: Request, round_name: str) -> HTMLResponse:
        return _reply(request, source, round_name)


def _reply(request: Request, source: CodingSource, round_name: str, status: int = 200) -> HTMLResponse:
    seen = source.desk(round_name, acting(request))
    hides = may(request.state.visitor, "coding_masks")
    return page(request, "coding_reply.html", status, desk=seen, fault=status == 422, hides=hides, **CHOICES)


def _add_acts(app: FastAPI, source: CodingSource) -> None:
    @app.post("/coderen/{round_name}/{number}")
    def coding_code(request: Request, round_name: str, number: int, label: Text = "") -> Response:
        if label not in labels():
            return _reply(request, source, round_name, 422)
        source.code(round_name, number, acting(request), label)
        return RedirectResponse(f"/coderen/{round_name}", 303)

    @app.post("/coderen/{round_name}/{number}/twijfel")
    def coding_doubt(request: Request, round_name: str, number: int, note: Text = "") -> Response:
        source.doubt(round_name, number, acting(request), note)
        return RedirectResponse(f"/coderen/{round_name}", 303)

    @app.post("/coderen/{round_name}/{number}/terug")
    def coding_undo(request: Request, round_name: str, number: int) -> Response:
        source.undo(round_name, number, acting(request))
        return RedirectResponse(f"/coderen/{round_name}", 303)


def _add_differences(app: FastAPI, source: CodingSource) -> None:
    def show(request: Request, round_name: str, status: int = 200) -> HTMLResponse:
        """What differs for those who may decide, how far they agree for those who do the research."""
        roles = request.state.visitor.roles
        codes = Role.CODER in roles
        found = source.differences(round_name, acting(request)) if codes else ()
        barred = source.barred(round_name, acting(request)) if codes else None
        agreed = source.agreement(round_name) if may(request.state.visitor, "coding_masks") else None
        told = {"differences": found, "barred": barred, "agreement": agreed, "fault": status == 422, **CHOICES}
        return page(request, "coding_differences.html", status, round=round_name, **told)

    @app.get("/coderen/{round_name}/verschillen", response_class=HTMLResponse)
    def coding_differences(request: Request, round_name: str) -> HTMLResponse:
        return show(request, round_name)

    @app.post("/coderen/{round_name}/verschillen/{number}")
    def coding_decide(request: Request, round_name: str, number: int, label: Text = "") -> Response:
        if label not in labels():
            return show(request, round_name, 422)
        source.code(round_name, number, acting(request), label)
        return RedirectResponse(f"/coderen/{round_name}/verschillen", 303)


def _add_masks(app: FastAPI, source: CodingSource) -> None:
    @app.get("/coderen/{round_name}/verbergen", response_class=HTMLResponse)
    def coding_masks(request: Request, round_name: str) -> HTMLResponse:
        return page(request, "coding_masks.html", round=round_name, replies=source.withheld(round_name))

    @app.get("/coderen/{round_name}/verbergen/{number}", response_class=HTMLResponse)
    def coding_mask(request: Request, round_name: str, number: int) -> HTMLResponse:
        told: dict[str, Any] = {"reply": source.one_withheld(round_name, number), "phrase": "", "fault": None}
        return page(request, "coding_mask.html", round=round_name, **told)

    @app.post("/coderen/{round_name}/verbergen/{number}")
    def coding_mask_do(request: Request, round_name: str, number: int, phrase: Text = "") -> Response:
        try:
            source.mask(round_name, number, phrase, acting(request))
        except BadInput as error:
            told: dict[str, Any] = {
                "reply": source.one_withheld(round_name, number),
                "phrase": phrase,
                "fault": error.problems[0],
            }
            return page(request, "coding_mask.html", 422, round=round_name, **told)
        return RedirectResponse(f"/coderen/{round_name}/verbergen/{number}", 303)
