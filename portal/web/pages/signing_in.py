"""Signing in and out: a link that works once, asked for by mail or printed by a command.

Opening a link shows a button and changes nothing, because scanners of mail open links too; the button uses it up. Only
in the browser that asked for it, which is no scanner, it is used at once.
"""

import hashlib
import secrets
from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.background import BackgroundTask

from portal.web.access import COOKIE
from portal.web.browsers import describe
from portal.web.door import Door
from portal.web.forms import Carried, local
from portal.web.pages.second_factor import ask_code
from portal.web.rendering import page
from profiles.errors import Refused

Text = Annotated[str, Form()]

OFTEN = parse("30 per 15 minutes")
"""From one place on the network, of asking for links and of links that do not work."""

BROWSER = "praktijktest-browser"
"""The cookie of a browser that asked for a link: the link needs no button there."""

HALF_A_YEAR = 180 * 24 * 3600


class Limits:
    """Counts in memory: the pages are one process, and who starts it again starts the count again.

    A link that works is never counted, and a browser in which somebody signed in before counts for itself: what others
    do on the same network keeps nobody out.
    """

    def __init__(self, door: Door) -> None:
        self.counted = MovingWindowRateLimiter(MemoryStorage())
        self.door = door

    def require(self, request: Request) -> None:
        """Raise `Refused` "too-often" when this place on the network, or this known browser, comes too often."""
        place, browser = request.client.host if request.client else "", request.cookies.get(BROWSER)
        if browser and self.door.is_known(browser):
            place = f"browser {hashlib.sha256(browser.encode()).hexdigest()}"
        if not self.counted.hit(OFTEN, place):
            raise Refused("too-often", "U vroeg dit te vaak achter elkaar.", "Wacht een kwartier.")


def let_in(request: Request, cookie: str, to: str) -> Response:
    """Answer with the cookie of a new session, and go to a page of ours."""
    answer = RedirectResponse(local(to), 303)
    answer.set_cookie(COOKIE, cookie, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return answer


def kept_by(request: Request, answer: Response, browser: str) -> None:
    """Let a browser keep the secret by which it is known again; it is sent to the sign-in pages only."""
    secure, path = request.url.scheme == "https", "/aanmelden"
    answer.set_cookie(BROWSER, browser, HALF_A_YEAR, path=path, secure=secure, httponly=True, samesite="lax")


def words_of(request: Request) -> str:
    """Return in a few words which browser this is."""
    return describe(request.headers.get("user-agent", ""))


def ask(
    request: Request, door: Door, next_page: str, status: int = 200, *, carried: Carried | None = None, **told: object
) -> HTMLResponse:
    """The page on which somebody asks for a link, or goes to their organisation."""
    ways = {"mails": door.mails, "organisation": door.organisation, "asked": False}
    return page(request, "sign_in.html", status, **{**ways, **told}, next=local(next_page), carried=carried)


def add(app: FastAPI, door: Door) -> None:
    limits = Limits(door)

    @app.get("/aanmelden", response_class=HTMLResponse)
    def sign_in(request: Request, next: str = "/") -> HTMLResponse:
        return ask(request, door, next)

    @app.post("/aanmelden", response_class=HTMLResponse)
    def sign_in_ask(request: Request, email: Text = "", next: Text = "/", carried: Text = "") -> HTMLResponse:
        limits.require(request)
        asked = bool(email.strip()) and door.mails
        answer = ask(request, door, next, carried=Carried.read(carried), asked=asked)
        if asked:
            browser = request.cookies.get(BROWSER) or secrets.token_urlsafe(32)
            kept_by(request, answer, browser)
            # After the answer: how long a known address takes must not tell that it is known.
            answer.background = BackgroundTask(door.send_link, email, local(next), browser)
        return answer

    @app.get("/aanmelden/link/{token}", response_class=HTMLResponse)
    def sign_in_link(request: Request, token: str, next: str = "/") -> Response:
        browser = request.cookies.get(BROWSER)
        if browser and door.asked_by(token, browser):
            return let_in(request, door.sign_in(token, words_of(request)), next)
        works = door.link_works(token)
        if not works:
            limits.require(request)
        return page(request, "sign_in_link.html", 200 if works else 410, works=works, token=token, next=local(next))

    @app.post("/aanmelden/link/{token}")
    def sign_in_use(request: Request, token: str, next: Text = "/") -> Response:
        if not door.link_works(token):
            limits.require(request)
        return let_in(request, door.sign_in(token, words_of(request)), next)

    @app.post("/aanmelden/verder", response_class=HTMLResponse)
    def sign_in_further(request: Request, carried: Text = "") -> HTMLResponse:
        kept = Carried.read(carried)
        if request.state.waiting is not None:
            return ask_code(request, door, "/", kept, status=401)
        if request.state.visitor is None:
            return ask(request, door, "/", 401, carried=kept)
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
