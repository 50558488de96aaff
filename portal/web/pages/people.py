"""The people of the installation: who they are, what they may do, and ending their access."""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from orchestrator.rounds.duties import same
from orchestrator.states import Role
from portal.web.access import acting
from portal.web.door import Door
from portal.web.rendering import page
from profiles.errors import BadInput, Problem, Refused

Text = Annotated[str, Form()]
FIELDS = {
    "bad-name": "name",
    "bad-email": "email",
    "shared-email": "email",
    "no-role": "roles",
    "unknown-role": "roles",
}


def add(app: FastAPI, door: Door) -> None:
    def show(request: Request, status: int = 200, problems: tuple[Problem, ...] = (), **typed: object) -> HTMLResponse:
        faults = {FIELDS.get(problem.code, "name"): problem for problem in problems}
        given = {"name": "", "email": "", "roles": (), **typed}
        return page(request, "people.html", status, people=door.people(), roles=Role, faults=faults, given=given)

    @app.get("/mensen", response_class=HTMLResponse)
    def people(request: Request) -> HTMLResponse:
        return show(request)

    @app.post("/mensen")
    def people_add(
        request: Request, name: Text = "", email: Text = "", roles: Annotated[tuple[str, ...], Form()] = ()
    ) -> Response:
        try:
            door.add(name, email, roles, acting(request))
        except BadInput as error:
            return show(request, 422, error.problems, name=name, email=email, roles=roles)
        except Refused as error:
            return show(request, 422, (error.problem,), name=name, email=email, roles=roles)
        return RedirectResponse("/mensen", 303)

    @app.post("/mensen/intrekken")
    def people_revoke(request: Request, name: Text = "") -> Response:
        if same(name, acting(request)):
            raise Refused("own-access", "Uw eigen toegang trekt u niet zelf in.", "Laat een andere beheerder dat doen.")
        door.revoke(name, acting(request))
        return RedirectResponse("/mensen", 303)

    @app.post("/mensen/afmelden")
    def people_end_all(request: Request, name: Text = "") -> Response:
        door.end_all(name, acting(request))
        return RedirectResponse("/mensen", 303)

    @app.post("/mensen/code")
    def people_reset_factor(request: Request, name: Text = "") -> Response:
        door.reset_factor(name, acting(request))
        return RedirectResponse("/mensen", 303)
