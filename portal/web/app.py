"""The web application: its headers, its errors, and the pages it is made of.

Routes are synchronous, because the database is. A page holds no query: what it shows comes from a `Source`.
"""

import logging
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint

from orchestrator.clock import Clock
from orchestrator.db import Database, Taken, is_taken
from orchestrator.settings import Settings
from portal.api import app as api
from portal.api.gate import DatabaseGate
from portal.web.access import SignInNeeded, guard
from portal.web.coding_source import CodingSource
from portal.web.door import DatabaseDoor, Door
from portal.web.edge import Edge
from portal.web.enrolment_source import EnrolmentSource
from portal.web.followup_source import FollowupSource
from portal.web.invitation_source import InvitationSource
from portal.web.open_source import OpenReleases
from portal.web.organisation import Organisation
from portal.web.origin import why_not
from portal.web.own_source import OwnSource
from portal.web.pages import (
    aftermath,
    browsers,
    coding,
    comparing,
    context,
    control,
    enrolment,
    export,
    followup,
    health,
    invitation,
    languages,
    looks,
    mine,
    monitor,
    open_data,
    organisation,
    own_followup,
    own_toolkit,
    pairs,
    people,
    pretest,
    releasing,
    reports,
    request_releasing,
    requests,
    results,
    rounds,
    second_factor,
    security_txt,
    setup,
    signing_in,
    status,
    toolkit,
    vitals,
)
from portal.web.release_source import DatabaseReleases
from portal.web.rendering import ASSETS, STATIC, page
from portal.web.request_release_source import RequestReleases
from portal.web.request_source import RequestSource
from portal.web.setup_source import Setup
from portal.web.source import DatabaseSource, Source
from portal.web.toolkit_source import ToolkitSource
from portal.web.vitals_source import Vitals
from portal.web.words import _
from profiles.errors import BadInput, Refused

log = logging.getLogger(__name__)

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
STATUSES = {
    "link-used": 410,
    "too-often": 429,
    "factor-set": 409,
    "no-code-needed": 409,
    "no-sign-in": 401,
    "wrong-state": 409,
    "already-coded": 409,
    "label-final": 409,
    "asked-already": 409,
    "note-decided": 409,
}
TWICE = _("Dit is op hetzelfde moment al een keer gedaan.")
LOOK = _("Ga terug en kijk hoe het er nu voor staat.")
ERRORS = {
    400: (_("Dat begrijpen wij niet"), _("Het formulier kwam niet goed over.")),
    401: (_("U bent niet meer aangemeld."), _("Vraag een nieuwe link aan.")),
    403: (_("Dat mag nu niet"), _("U mag deze pagina nu niet bekijken.")),
    404: (_("Pagina niet gevonden"), _("Deze pagina bestaat niet, of niet meer.")),
    405: (_("Dat kan hier niet"), _("Deze pagina kunt u alleen bekijken.")),
    409: (_("Dat kan niet meer"), _("De ronde is intussen veranderd.")),
    410: (
        _("Deze link werkt niet meer"),
        _("Een link werkt één keer: een half uur lang voor wie hier werkt, zeven dagen lang voor een woningaanbieder."),
    ),
    413: (_("Dat is te groot"), _("Wat u stuurt is groter dan wij aannemen.")),
    429: (_("Even wachten"), _("U vroeg dit te vaak achter elkaar.")),
    500: (_("Er ging iets mis"), _("De fout ligt bij ons en staat in het logboek. Probeer het later opnieuw.")),
}


def make_app(
    database: Database, clock: Clock, mailboxes: tuple[str, ...] = (), settings: Settings | None = None
) -> FastAPI:
    """Return the web application over this database; ``mailboxes`` are the names of the folders that are read."""
    chosen = settings or Settings.from_env()
    door = DatabaseDoor(database, clock, chosen)
    source, releases = DatabaseSource(database, clock, mailboxes), DatabaseReleases(database, clock)
    app = create_app(source, door)
    app.add_middleware(Edge, https=chosen.site.startswith("https:"))
    app.mount(api.BASE, api.create_api(source, releases, DatabaseGate(database, clock, chosen), chosen), name="api")
    organisation.add(app, door, Organisation(database, clock, chosen))
    pretest.add(app, database, clock)
    invitation.add(app, InvitationSource(database, clock, chosen.toolkit_texts))
    enrolment.add(app, EnrolmentSource(database, clock, chosen))
    security_txt.add(app, chosen)
    vitals.add(app, Vitals(database, clock, chosen, mailboxes), chosen.metrics_token)
    requested = RequestReleases(database, clock)
    releasing.add(app, releases, requested)
    comparing.add(app, releases)
    aftermath.add(app, releases, FollowupSource(database, clock))
    requests.add(app, RequestSource(database, clock, chosen.pretends))
    request_releasing.add(app, requested)
    open_data.add(app, OpenReleases(releases), chosen.site)
    setup.add(app, Setup(database, clock, chosen))
    for offers in (toolkit, own_toolkit):
        offers.add(app, ToolkitSource(database, clock, chosen.toolkit_texts))
    for after in (followup, own_followup):
        after.add(app, FollowupSource(database, clock, chosen.toolkit_texts))
    for group in (coding, pairs):
        group.add(app, CodingSource(database, clock))
    for group in (mine, context):
        group.add(app, OwnSource(database, clock))
    return app


def create_app(source: Source, door: Door) -> FastAPI:
    """The web application over one source of rounds. No generated API pages: they load scripts from elsewhere."""
    app = FastAPI(title="Praktijktest", docs_url=None, redoc_url=None, openapi_url=None, dependencies=[Depends(guard)])
    app.state.door = door
    app.mount(ASSETS, StaticFiles(directory=STATIC), name="static")
    app.middleware("http")(_secure)
    _add_errors(app)
    _add_sign_in(app)
    for group in (rounds, status, monitor, control, health, results, looks, export, reports):
        group.add(app, source)
    languages.add(app)
    for desk in (signing_in, second_factor, browsers, people):
        desk.add(app, door)
    return app


async def _secure(request: Request, call_next: RequestResponseEndpoint) -> Response:
    if api.owns(request.url.path):
        # It knows no cookies, so that no browser can be made to ask anything of it in somebody's name.
        return api.with_headers(await call_next(request))
    if (status := why_not(request)) is not None:
        return _with_headers(_error(request, status))
    return _with_headers(await call_next(request))


def _add_sign_in(app: FastAPI) -> None:
    @app.exception_handler(SignInNeeded)
    def ask(request: Request, needed: SignInNeeded) -> Response:
        if request.method == "GET":
            asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            where = "/aanmelden" if request.state.waiting is None else "/aanmelden/code"
            return RedirectResponse(where + (f"?next={quote(asked)}" if asked != "/" else ""), 303)
        if request.state.waiting is not None:
            return second_factor.ask_code(request, app.state.door, "/", needed.carried, status=401)
        return signing_in.ask(request, app.state.door, "/", 401, carried=needed.carried, sent=True)


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> HTMLResponse:
        code = error.problem.code
        status = 404 if code.startswith("unknown-") else STATUSES.get(code, 403)
        return _error(request, status, error.problem.message, error.problem.remedy)

    @app.exception_handler(BadInput)
    def unusable(request: Request, error: BadInput) -> HTMLResponse:
        return _error(request, 404, error.problems[0].message, error.problems[0].remedy)

    @app.exception_handler(RequestValidationError)
    def unreadable(request: Request, _why: RequestValidationError) -> HTMLResponse:
        return _error(request, 400)

    @app.exception_handler(Taken)
    def taken(request: Request, error: Taken) -> HTMLResponse:
        if not is_taken(error):
            raise error
        # Two who look at the same moment both see that it is not there yet; the tables let one of them make it.
        log.warning("made-twice: %s %s: %s", request.method, request.scope["route"].path, type(error.orig).__name__)
        return _error(request, 409, TWICE, LOOK)

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
