"""Everything that goes wrong is one shape: application/problem+json (RFC 9457), with all that is wrong together."""

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from orchestrator.db import DatabaseAway, why_away
from portal.api.shapes import Fault, Problem
from profiles.errors import BadInput, Refused

log = logging.getLogger(__name__)

MEDIA = "application/problem+json"
STATUSES = {
    "no-token": 401,
    "bad-token": 401,
    "bad-signature": 401,
    "old-event": 401,
    "event-reused": 409,
    "too-often": 429,
    "not-stored": 503,
}
TITLES = {
    400: "De vraag klopt niet",
    401: "Niet herkend",
    403: "Niet toegestaan",
    404: "Niet gevonden",
    405: "Methode bestaat hier niet",
    406: "Geen vorm die u aanneemt",
    409: "In strijd met wat er is",
    413: "Te groot",
    415: "Vorm wordt niet aangenomen",
    429: "Te vaak",
    500: "Fout bij ons",
    503: "Even niet beschikbaar",
}
DETAILS = {
    400: "De vraag kon niet worden gelezen.",
    404: "Dit adres bestaat niet.",
    405: "Dit adres kent deze methode niet.",
    406: "Wij antwoorden met application/json.",
    413: "Wat u stuurt is groter dan wij aannemen.",
    415: "Stuur de ruwe mail als message/rfc822.",
    500: "De fout ligt bij ons en staat in het logboek.",
}
CHALLENGES = {"bad-signature": "Webhook-Signature", "old-event": "Webhook-Signature"}
WAIT_SECONDS = {429: "900", 503: "30"}
FAULTS = {
    "missing": "Dit ontbreekt.",
    "extra_forbidden": "Dit bestaat hier niet.",
    "int_parsing": "Dit is geen heel getal.",
    "greater_than_equal": "Dit moet minstens {ge} zijn.",
    "less_than_equal": "Dit mag hooguit {le} zijn.",
    "enum": "Kies uit: {expected}.",
    "string_pattern_mismatch": "Dit heeft niet de vorm {pattern}.",
    "empty-body": "Er zit geen mail in de vraag.",
}


def add(api: FastAPI) -> None:
    """Let every error of this application become a problem."""

    @api.exception_handler(Refused)
    def refused(request: Request, error: Refused) -> Response:
        found = error.problem
        status = 404 if found.code.startswith("unknown-") else STATUSES.get(found.code, 403)
        return answer(request, status, found.code, found.message, found.remedy)

    @api.exception_handler(BadInput)
    def unusable(request: Request, error: BadInput) -> Response:
        return answer(request, 404, error.problems[0].code, error.problems[0].message, error.problems[0].remedy)

    @api.exception_handler(RequestValidationError)
    def unreadable(request: Request, error: RequestValidationError) -> Response:
        faults = [_fault(each) for each in error.errors()]
        return answer(request, 400, "bad-request", "Zie errors: dit klopt niet.", faults=faults)

    @api.exception_handler(HTTPException)
    def failed(request: Request, error: HTTPException) -> Response:
        return answer(request, error.status_code, headers=error.headers)

    @api.exception_handler(500)
    def broken(request: Request, _fault: Exception) -> Response:
        return answer(request, 500)

    for away in DatabaseAway:
        api.add_exception_handler(away, _away)


def answer(
    request: Request,
    status: int,
    code: str | None = None,
    detail: str | None = None,
    remedy: str | None = None,
    *,
    faults: list[Fault] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a problem; what is not told follows from the status."""
    told = Problem(
        type="about:blank",
        title=TITLES.get(status, TITLES[400]),
        status=status,
        detail=detail or DETAILS.get(status, DETAILS[400]),
        instance=quote(request.url.path, safe="/~!$&'()*+,;=:@"),
        code=code or f"http-{status}",
        remedy=remedy,
        errors=faults,
    )
    given = Response(told.model_dump_json(by_alias=True, exclude_none=True), status, headers, media_type=MEDIA)
    if status == 401:
        given.headers["WWW-Authenticate"] = CHALLENGES.get(told.code, "Bearer")
    if status in WAIT_SECONDS:
        given.headers["Retry-After"] = WAIT_SECONDS[status]
    return given


def _away(request: Request, error: Exception) -> Response:
    log.error(why_away(error))
    return answer(request, 503, "not-stored", "De database antwoordt even niet.", "Probeer het straks opnieuw.")


def _fault(error: Mapping[str, Any]) -> Fault:
    place, *names = (str(part) for part in error["loc"])
    words = FAULTS.get(error["type"], "Deze waarde is onbruikbaar.")
    detail = words.format(**error.get("ctx", {}))
    told = {"in": place, "name": ".".join(names) or place, "code": error["type"], "detail": detail}
    return Fault.model_validate(told)
