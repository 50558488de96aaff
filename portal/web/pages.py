"""The pages people use: the list of rounds, how a round is going, and its reports.

A page holds no query: everything it shows comes from a `Source`. Routes are synchronous, because the database is.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import ChoiceLoader, Environment, PackageLoader
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint

from orchestrator import burden
from orchestrator.burden import ASSUMED, Burden
from orchestrator.detection import SAID, THRESHOLDS, written
from orchestrator.exposure import Watched
from orchestrator.views import WHILE_HELD, Monitor, RoundSummary
from profiles.errors import BadInput, Refused
from results.reports import Audience, build, render
from results.reports.render import environment
from results.reports.wording import LETTER_STATES, ROUND_STATES, told
from results.tables import RoundTable

STATIC = Path(__file__).parent / "static"
HOME = "/"
ASSETS = "/static"
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


class Source(Protocol):
    """Where pages get their rounds. All but ``rounds`` raise `Refused` with a code "unknown-…" for no round."""

    def rounds(self) -> Sequence[RoundSummary]: ...

    def table(self, round_name: str) -> RoundTable: ...

    def monitor(self, round_name: str) -> Monitor: ...

    def detection(self, round_name: str) -> Sequence[Watched]: ...

    def burden(self, round_name: str) -> Sequence[Burden]: ...


def create_app(source: Source) -> FastAPI:
    """The web application over one source of rounds. No generated API pages: they load scripts from elsewhere."""
    app = FastAPI(title="Praktijktest", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount(ASSETS, StaticFiles(directory=STATIC), name="static")
    app.middleware("http")(_secure)
    _add_errors(app)
    _add_rounds(app, source)
    _add_reports(app, source)
    return app


def _pages() -> Environment:
    made = environment()
    made.loader = ChoiceLoader([PackageLoader("portal.web"), PackageLoader("results")])
    made.globals.update(told=told, ROUND_STATES=ROUND_STATES, LETTER_STATES=LETTER_STATES, assets=ASSETS, home=HOME)
    made.globals.update(SAID=SAID, THRESHOLDS=THRESHOLDS, written=written, WHILE_HELD=WHILE_HELD, ASSUMED=ASSUMED)
    return made


_PAGES = _pages()


def page(name: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page made of one of our templates."""
    return HTMLResponse(_PAGES.get_template(name).render(**values), status)


async def _secure(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return _with_headers(await call_next(request))


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _add_rounds(app: FastAPI, source: Source) -> None:
    @app.get("/", response_class=HTMLResponse)
    def rounds() -> HTMLResponse:
        return page("rounds.html", rounds=source.rounds())

    @app.get("/rondes/{round_name}", response_class=HTMLResponse)
    def monitor(round_name: str) -> HTMLResponse:
        total = burden.together(source.burden(round_name))
        return page("monitor.html", monitor=source.monitor(round_name), burden=total)

    @app.get("/rondes/{round_name}/aanbieders", response_class=HTMLResponse)
    def advertisers(round_name: str) -> HTMLResponse:
        """For the researcher only: it names the advertisers."""
        rows = source.burden(round_name)
        return page(
            "advertisers.html",
            round=round_name,
            meters=source.detection(round_name),
            burdens=rows,
            total=burden.together(rows),
        )

    @app.get("/gezondheid")
    def health() -> JSONResponse:
        """Answers only when the rounds can be read."""
        return JSONResponse({"status": "ok", "rounds": len(source.rounds())})


def _add_reports(app: FastAPI, source: Source) -> None:
    def report(round_name: str, audience: Audience, advertiser: str | None = None) -> HTMLResponse:
        made = build(source.table(round_name), audience, advertiser=advertiser)
        return HTMLResponse(render(made, assets=ASSETS, home=HOME if audience is not Audience.BROKER else None))

    @app.get("/rondes/{round_name}/rapport/onderzoeker", response_class=HTMLResponse)
    def researcher(round_name: str) -> HTMLResponse:
        return report(round_name, Audience.RESEARCHER)

    @app.get("/rondes/{round_name}/rapport/gemeente", response_class=HTMLResponse)
    def municipality(round_name: str) -> HTMLResponse:
        return report(round_name, Audience.MUNICIPALITY)

    @app.get("/rondes/{round_name}/rapport/makelaar/{advertiser}", response_class=HTMLResponse)
    def broker(round_name: str, advertiser: str) -> HTMLResponse:
        return report(round_name, Audience.BROKER, advertiser)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    def refused(_request: Request, error: Refused) -> HTMLResponse:
        status = 404 if error.problem.code.startswith("unknown-") else 403
        return _error(status, error.problem.message, error.problem.remedy)

    @app.exception_handler(BadInput)
    def unusable(_request: Request, error: BadInput) -> HTMLResponse:
        return _error(404, error.problems[0].message, error.problems[0].remedy)

    @app.exception_handler(HTTPException)
    def failed(_request: Request, error: HTTPException) -> HTMLResponse:
        return _error(error.status_code)

    @app.exception_handler(500)
    def broken(_request: Request, _fault: Exception) -> Response:
        # This answer is made outside the middleware, so it gets its headers here.
        return _with_headers(_error(500))


def _error(status: int, message: str | None = None, remedy: str | None = None) -> HTMLResponse:
    heading, general = ERRORS.get(status, ERRORS[404])
    return page("error.html", status, heading=heading, message=message or general, remedy=remedy)
