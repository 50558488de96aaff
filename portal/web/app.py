"""The web application: its headers, its errors, and the pages it is made of.

Routes are synchronous, because the database is. A page holds no query: what it shows comes from a `Source`.
"""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint

from orchestrator.clock import Clock
from orchestrator.db import Database
from portal.web.pages import monitor, pretest, reports, rounds, status
from portal.web.rendering import ASSETS, STATIC, page
from portal.web.source import DatabaseSource, Source
from profiles.errors import BadInput, Refused

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ERRORS = {
    403: ("Nog niet te zien", "U mag deze pagina nu niet bekijken."),
    404: ("Pagina niet gevonden", "Deze pagina bestaat niet, of niet meer."),
    405: ("Dat kan hier niet", "Deze pagina kunt u alleen bekijken."),
    500: ("Er ging iets mis", "De fout ligt bij ons en staat in het logboek. Probeer het later opnieuw."),
}


def make_app(database: Database, clock: Clock, mailboxes: tuple[str, ...] = ()) -> FastAPI:
    """Return the web application over this database; ``mailboxes`` are the names of the folders that are read."""
    app = create_app(DatabaseSource(database, clock, mailboxes))
    pretest.add(app, database, clock)
    return app


def create_app(source: Source) -> FastAPI:
    """The web application over one source of rounds. No generated API pages: they load scripts from elsewhere."""
    app = FastAPI(title="Praktijktest", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(ASSETS, StaticFiles(directory=STATIC), name="static")
    app.middleware("http")(_secure)
    _add_errors(app)
    for group in (rounds, status, monitor, reports):
        group.add(app, source)
    return app


async def _secure(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return _with_headers(await call_next(request))


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> HTMLResponse:
        status = 404 if error.problem.code.startswith("unknown-") else 403
        return _error(request, status, error.problem.message, error.problem.remedy)

    @app.exception_handler(BadInput)
    def unusable(request: Request, error: BadInput) -> HTMLResponse:
        return _error(request, 404, error.problems[0].message, error.problems[0].remedy)

    @app.exception_handler(HTTPException)
    def failed(request: Request, error: HTTPException) -> HTMLResponse:
        return _error(request, error.status_code)

    @app.exception_handler(500)
    def broken(request: Request, _fault: Exception) -> Response:
        # This answer is made outside the middleware, so it gets its headers here.
        return _with_headers(_error(request, 500))


def _error(request: Request, status: int, message: str | None = None, remedy: str | None = None) -> HTMLResponse:
    heading, general = ERRORS.get(status, ERRORS[404])
    return page(request, "error.html", status, heading=heading, message=message or general, remedy=remedy)
