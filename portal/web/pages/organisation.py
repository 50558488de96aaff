"""Signing in through an organisation: to its provider, and back with what that says. Beside the link, not instead."""

import logging
import secrets

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from orchestrator.logs import about, request_id
from orchestrator.openid import LASTS, Failure, NotSignedIn
from portal.web.door import Door
from portal.web.forms import local
from portal.web.organisation import Organisation
from portal.web.pages.signing_in import Limits, let_in, words_of
from portal.web.rendering import page
from portal.web.words import _

log = logging.getLogger(__name__)

ASKER = "praktijktest-organisatie"
"""The cookie of a browser that is on its way to the provider: only there the answer counts."""

PLACE = "/aanmelden/organisatie"
AGAIN = _("Begin opnieuw op de aanmeldpagina.")
USUAL = _("uw organisatie")
"""What the settings call an organisation that has no name there."""

TOLD = {
    Failure.STALE: (410, _("Deze aanmelding is verlopen, al gebruikt, of in een andere browser begonnen."), AGAIN),
    Failure.REFUSED: (403, _("Uw organisatie heeft u niet aangemeld."), AGAIN),
    Failure.UNREACHABLE: (
        502,
        _("De aanmelddienst van uw organisatie antwoordt nu niet."),
        _("Probeer het straks opnieuw, of gebruik een link."),
    ),
    Failure.WRONG: (
        502,
        _("Het antwoord van uw organisatie klopt niet, en daarom bent u niet aangemeld."),
        _("Meld dit aan de beheerder, en gebruik zolang een link."),
    ),
    # One answer for everybody who may not come in, so that it tells nobody who may.
    Failure.UNKNOWN: (
        403,
        _("Met deze aanmelding komt u hier niet binnen."),
        _("Vraag de beheerder of u in de lijst staat, met een adres dat uw organisatie heeft bevestigd."),
    ),
}
"""Of each failure the status, what happened, and what to do."""


def add(app: FastAPI, door: Door, organisation: Organisation) -> None:
    limits = Limits(door)

    def failed(request: Request, fault: NotSignedIn) -> Response:
        status, message, remedy = TOLD[fault.failure]
        told = about("organisation-sign-in", failure=fault.failure.value, why=fault.why)
        log.warning("Niet aangemeld via de organisatie: %s (%s)", fault.failure, fault.why, extra=told)
        number = request_id.get()
        return page(request, "sign_in_failed.html", status, message=message, remedy=remedy, number=number)

    @app.get(PLACE)
    def organisation_go(request: Request, next: str = "/") -> Response:
        limits.require(request)
        browser = request.cookies.get(ASKER) or secrets.token_urlsafe(32)
        try:
            answer = RedirectResponse(organisation.go(browser, local(next)), 303)
        except NotSignedIn as fault:
            return failed(request, fault)
        secure, lasts = request.url.scheme == "https", int(LASTS.total_seconds())
        answer.set_cookie(ASKER, browser, lasts, path=PLACE, secure=secure, httponly=True, samesite="lax")
        return answer

    @app.get(f"{PLACE}/terug")
    def organisation_back(request: Request) -> Response:
        told = {name: request.query_params.get(name, "") for name in ("state", "code", "error", "iss")}
        try:
            cookie, to = organisation.come_back(request.cookies.get(ASKER, ""), told, words_of(request))
        except NotSignedIn as fault:
            limits.require(request)
            return failed(request, fault)
        return let_in(request, cookie, to)
