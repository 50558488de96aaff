"""For whoever watches over the installation: is it well, and figures for Prometheus."""

import hmac

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import SecretStr
from starlette.exceptions import HTTPException

from portal.web.vitals_source import Vitals


def add(app: FastAPI, vitals: Vitals, token: SecretStr | None) -> None:
    """Add `/health`, and `/metrics` for who has the ``token``; without one there is no such page."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(vitals)

    @app.get("/health")
    def health() -> JSONResponse:
        """Says of each part only whether it is well; why not is on the page of the status, for who is signed in."""
        works = vitals.works()
        well = all(works.values())
        told = {"status": "ok" if well else "attention"}
        return JSONResponse(
            told | {"checks": {check.value: "ok" if ok else "attention" for check, ok in works.items()}}
        )

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        if token is None:
            raise HTTPException(404)
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
            raise HTTPException(403)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _said(works: bool) -> str:
    return "ok" if works else "attention"
