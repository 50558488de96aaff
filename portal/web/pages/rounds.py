"""The list of rounds."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.states import DESK_ROLES, Role, RoundState
from portal.web.rendering import page
from portal.web.source import Source


def add(app: FastAPI, source: Source) -> None:
    @app.get("/", response_class=HTMLResponse)
    def rounds(request: Request) -> Response:
        if not request.state.visitor.roles & (DESK_ROLES | {Role.BROKER}):
            return RedirectResponse("/uitkomsten", 303)
        all_ = source.rounds()
        researches = bool(request.state.visitor.roles & DESK_ROLES)
        shown = all_ if researches else [each for each in all_ if each.state == RoundState.RELEASED]
        return page(request, "rounds.html", rounds=shown)
