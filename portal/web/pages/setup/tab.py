"""The setup of a round that was planned: what is frozen, what is still to be in order, and the steps to its start.

A form that is sent twice does its work once.
"""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.rounds.duties import same
from orchestrator.states import Role, RoundState
from portal.web.access import acting, may
from portal.web.rendering import page
from portal.web.setup_source import AMENDABLE, Setup
from profiles.errors import BadInput, Problem, Refused

Text = Annotated[str, Form()]
STEPS = ("round_approve", "round_start", "round_waive", "round_trial", "round_amend", "setup_create")


def add(app: FastAPI, setup: Setup) -> None:
    def show(
        request: Request, round_name: str, status: int = 200, problem: Problem | None = None, reason: str = ""
    ) -> HTMLResponse:
        visitor = request.state.visitor
        codes = Role.CODER in visitor.roles
        seen = setup.tab(round_name, with_text=not codes)
        able = {step for step in STEPS if may(visitor, step)}
        if same(seen.round.planned_by, visitor.name):
            able.discard("round_approve")
        told = {"seen": seen, "codes": codes, "able": able, "amendable": seen.round.state in AMENDABLE}
        return page(request, "setup/tab.html", status, round=round_name, problem=problem, reason=reason, **told)

    def step(request: Request, round_name: str, done: RoundState, act: str) -> Response:
        try:
            getattr(setup, act)(round_name, acting(request))
        except Refused as error:
            if error.problem.code != "wrong-state" or setup.state(round_name) is not done:
                return show(request, round_name, 409, error.problem)
        except BadInput as error:
            return show(request, round_name, 409, error.problems[0])
        return RedirectResponse(f"/rondes/{round_name}/opzet", 303)

    @app.get("/rondes/{round_name}/opzet", response_class=HTMLResponse)
    def round_setup(request: Request, round_name: str) -> HTMLResponse:
        return show(request, round_name)

    @app.post("/rondes/{round_name}/opzet/goedkeuren")
    def round_approve(request: Request, round_name: str) -> Response:
        return step(request, round_name, RoundState.APPROVED, "approve")

    @app.post("/rondes/{round_name}/opzet/starten")
    def round_start(request: Request, round_name: str) -> Response:
        return step(request, round_name, RoundState.RUNNING, "start")

    @app.post("/rondes/{round_name}/opzet/afwijken")
    def round_waive(request: Request, round_name: str, reason: Text = "") -> Response:
        try:
            setup.waive(round_name, acting(request), " ".join(reason.split()))
        except BadInput as error:
            return show(request, round_name, 422, error.problems[0], reason)
        except Refused as error:
            return show(request, round_name, 409, error.problem, reason)
        return RedirectResponse(f"/rondes/{round_name}/opzet", 303)

    @app.post("/rondes/{round_name}/opzet/proefbericht")
    def round_trial(request: Request, round_name: str) -> Response:
        try:
            setup.send_trial(round_name, acting(request))
        except Refused as error:
            return show(request, round_name, 409, error.problem)
        return RedirectResponse(f"/rondes/{round_name}/opzet", 303)

    @app.post("/rondes/{round_name}/opzet/nieuwe-versie")
    def round_amend(request: Request, round_name: str) -> Response:
        return RedirectResponse(f"/opzet/{setup.amend(round_name, acting(request))}/onderzoek", 303)
