"""Where somebody is signed in, with a button to end it: for people of the desk, and for an advertiser."""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from portal.web.access import COOKIE
from portal.web.door import Door
from portal.web.rendering import page

Number = Annotated[int, Form(ge=0, le=2**31 - 1)]
DESK, OWN = "/browsers", "/mijn/browsers"


def add(app: FastAPI, door: Door) -> None:
    def show(request: Request, path: str) -> HTMLResponse:
        token = request.cookies.get(COOKIE, "")
        found, left = door.browsers(token), door.recovery_left(token)
        return page(request, "browsers.html", path=path, browsers=found, recovery_left=left)

    def end(request: Request, path: str, number: int) -> Response:
        door.end(request.cookies.get(COOKIE, ""), number)
        return RedirectResponse(path, 303)

    def end_others(request: Request, path: str) -> Response:
        door.end_others(request.cookies.get(COOKIE, ""))
        return RedirectResponse(path, 303)

    @app.get(DESK, response_class=HTMLResponse)
    def browsers(request: Request) -> HTMLResponse:
        return show(request, DESK)

    @app.post(f"{DESK}/afmelden")
    def browsers_end(request: Request, number: Number = 0) -> Response:
        return end(request, DESK, number)

    @app.post(f"{DESK}/andere")
    def browsers_end_others(request: Request) -> Response:
        return end_others(request, DESK)

    @app.get(OWN, response_class=HTMLResponse)
    def mine_browsers(request: Request) -> HTMLResponse:
        return show(request, OWN)

    @app.post(f"{OWN}/afmelden")
    def mine_browsers_end(request: Request, number: Number = 0) -> Response:
        return end(request, OWN, number)

    @app.post(f"{OWN}/andere")
    def mine_browsers_end_others(request: Request) -> Response:
        return end_others(request, OWN)
