"""The API as one application, beside the pages: it knows no cookies, and every answer of it has its version."""

from functools import cache
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from limits import RateLimitItem

from orchestrator.accounts import FIRST_EMAIL
from orchestrator.settings import Settings
from portal.api import inbound, problems, reading
from portal.api.access import FAILED, guard
from portal.api.description import VERSION, describe
from portal.api.gate import Gate
from portal.api.shapes import Problem
from portal.web.release_source import Releases
from portal.web.source import Source

BASE = "/v1"
HEADERS = {
    "API-Version": VERSION,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def owns(path: str) -> bool:
    """Say whether an address is one of the API."""
    return path == BASE or path.startswith(f"{BASE}/")


def with_headers(response: Response) -> Response:
    """Return an answer with what every answer of the API says."""
    response.headers.update(HEADERS)
    return response


def create_api(
    source: Source, releases: Releases, gate: Gate, settings: Settings, limit: RateLimitItem = FAILED
) -> FastAPI:
    """Return the API, to be mounted at `BASE`; ``limit`` is how many tokens that do not work it hears out."""
    api = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        dependencies=[Depends(guard(gate, limit))],
        responses={"default": {"model": Problem}},
        generate_unique_id_function=_name,
    )
    problems.add(api)
    reading.add_rounds(api, source)
    reading.add_outcomes(api, releases)
    reading.add_ledger(api, gate)
    inbound.add(api, gate)

    @cache
    def described() -> dict[str, Any]:
        """Made when it is first asked for: that takes as long as all the rest of the API."""
        return describe(api, settings.site, settings.desk_sender or FIRST_EMAIL)

    @api.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        """The specification, for everybody and from pages of others too."""
        return JSONResponse(described(), headers={"Access-Control-Allow-Origin": "*"})

    return api


def _name(route: APIRoute) -> str:
    return route.name
