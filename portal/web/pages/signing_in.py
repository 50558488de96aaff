"""Signing in and out: a link that works once, asked for by mail or printed by a command.

Opening a link shows a button and changes nothing, because scanners of mail open links too; the button uses it up.
"""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.background import BackgroundTask

from portal.web.access import COOKIE
from portal.web.door import Door
from portal.web.forms import Carried, local
from portal.web.rendering import page
from profiles.errors import Refused

Text = Annotated[str, Form()]

PER_BROWSER = parse("30 per 15 minutes")
PER_ADDRESS = parse("5 per 15 minutes")
"""Of one place on the network for one address, so that nobody can keep somebody else from asking."""


class _Limits:
    """Counts in memory: the pages are one process, and who starts it again starts the count again."""

    def __init__(self) -> None:
        self.counted = MovingWindowRateLimiter(MemoryStorage())

    def require(self, request: Request, email: str | None = None) -> None:
        """Raise `Refused` "too-often" when this place on the network asks too often."""
        place = request.client.host if request.client else ""
        within = self.counted.hit(PER_BROWSER, place)
        if email is not None:
            within = self.counted.hit(PER_ADDRESS, place, email.strip().casefold()) and within
        if not within:
            raise Refused("too-often", "U vroeg dit te vaak achter elkaar.", "Wacht een kwartier.")


def add(app: FastAPI, door: Door) -> None:
    limits = _Limits()

    @app.get("/aanmelden", response_class=HTMLResponse)
    def sign_in(request: Request, next: str = "/") -> HTMLResponse:
        return page(request, "sign_in.html", next=local(next), mails=door.mails, carried=None, asked=False)

    @app.post("/aanmelden", response_class=HTMLResponse)
    def sign_in_ask(request: Request, email: Text = "", next: Text = "/", carried: Text = "") -> HTMLResponse:
        limits.require(request, email)
        asked = bool(email.strip()) and door.mails
        kept = Carried.read(carried)
        answer = page(request, "sign_in.html", next=local(next), mails=door.mails, carried=kept, asked=asked)
        if asked:
            # After the answer: how long a known address takes must not tell that it is known.
            answer.background = BackgroundTask(door.send_link, email, local(next))
        return answer

    @app.get("/aanmelden/link/{token}", response_class=HTMLResponse)
    def sign_in_link(request: Request, token: str, next: str = "/") -> HTMLResponse:
        limits.require(request)
        works = door.link_works(token)
        return page(request, "sign_in_link.html", 200 if works else 410, works=works, token=token, next=local(next))

    @app.post("/aanmelden/link/{token}")
    def sign_in_use(request: Request, token: str, next: Text = "/") -> Response:
        limits.require(request)
        cookie = door.sign_in(token)
        answer = RedirectResponse(local(next), 303)
        answer.set_cookie(COOKIE, cookie, httponly=True, samesite="lax", secure=request.url.scheme == "https")
        return answer

    @app.post("/aanmelden/verder", response_class=HTMLResponse)
    def sign_in_further(request: Request, carried: Text = "") -> HTMLResponse:
        kept = Carried.read(carried)
        if request.state.visitor is None:
            return page(request, "sign_in.html", 401, next="/", mails=door.mails, carried=kept, asked=False)
        if kept is None:
            raise Refused("unknown-form", "Er is geen formulier om mee verder te gaan.", "Ga naar de rondes.")
        return page(request, "sign_in_further.html", carried=kept)

    @app.post("/afmelden")
    def sign_out(request: Request) -> Response:
        if token := request.cookies.get(COOKIE):
            door.sign_out(token)
        answer = RedirectResponse("/aanmelden", 303)
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=request.url.scheme == "https")
        return answer
