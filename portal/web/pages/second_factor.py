"""The code after the link: setting up an app the first time, showing its code, and the codes for when it is lost."""

from io import BytesIO
from typing import Annotated

import segno
from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from portal.web.access import COOKIE
from portal.web.door import Door
from portal.web.forms import Carried, local
from portal.web.rendering import page
from portal.web.words import _
from profiles.errors import Refused

Text = Annotated[str, Form()]


def ask_code(
    request: Request, door: Door, next_page: str, carried: Carried | None, *, status: int = 200, wrong: bool = False
) -> HTMLResponse:
    """The page that asks for a code, or that lets somebody set up an app of which one is asked from then on."""
    offer = door.offer(request.cookies.get(COOKIE, ""))
    picture = _drawn(offer.address) if offer else None
    told = {"offer": offer, "picture": picture, "next": local(next_page), "carried": carried, "wrong": wrong}
    return page(request, "factor.html", status, **told)


def add(app: FastAPI, door: Door) -> None:
    @app.get("/aanmelden/code", response_class=HTMLResponse)
    def factor(request: Request, next: str = "/") -> Response:
        if request.state.waiting is None:
            return RedirectResponse(local(next) if request.state.visitor else "/aanmelden", 303)
        return ask_code(request, door, next, None)

    @app.post("/aanmelden/code", response_class=HTMLResponse)
    def factor_show(request: Request, code: Text = "", next: Text = "/", carried: Text = "") -> Response:
        kept = Carried.read(carried)
        if not door.show(_waiting(request), code):
            return _again(request, door, next, kept)
        if kept is None:
            return RedirectResponse(local(next), 303)
        request.state.visitor = request.state.waiting
        return page(request, "sign_in_further.html", carried=kept)

    @app.post("/aanmelden/code/koppelen", response_class=HTMLResponse)
    def factor_set_up(request: Request, code: Text = "", next: Text = "/", carried: Text = "") -> Response:
        kept = Carried.read(carried)
        codes = door.set_up(_waiting(request), code)
        if codes is None:
            return _again(request, door, next, kept)
        request.state.visitor = request.state.waiting
        return page(request, "recovery.html", codes=codes, next=local(next), carried=kept)

    @app.post("/browsers/herstelcodes", response_class=HTMLResponse)
    def recovery_renew(request: Request, code: Text = "") -> Response:
        codes = door.renew_recovery(request.cookies.get(COOKIE, ""), code)
        if codes is None:
            raise Refused("wrong-code", _("Deze code klopt niet of is al gebruikt."), _("Wacht op de volgende code."))
        return page(request, "recovery.html", codes=codes, next="/browsers", carried=None)


def _again(request: Request, door: Door, next_page: str, carried: Carried | None) -> HTMLResponse:
    """Ask once more after a wrong code; with the last try the browser was signed out."""
    if door.visitor(request.cookies.get(COOKIE, "")) is None:
        raise Refused("no-sign-in", _("Er zijn te veel verkeerde codes gegeven."), _("Vraag een nieuwe link aan."))
    return ask_code(request, door, next_page, carried, status=422, wrong=True)


def _waiting(request: Request) -> str:
    if request.state.waiting is None:
        raise Refused("no-sign-in", _("U bent niet meer aangemeld."), _("Vraag een nieuwe link aan."))
    return request.cookies.get(COOKIE, "")


def _drawn(address: str) -> Markup:
    """Draw a QR code in the page itself: no other address is asked for it, so that its secret stands in no log."""
    drawn = BytesIO()
    code = segno.make(address, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, light="#fff", svgclass=None)
    return Markup(drawn.getvalue().decode())  # noqa: S704 - lines that segno drew; no text of anybody stands in it
