"""The list of rounds."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from portal.web.rendering import page
from portal.web.source import Source


def add(app: FastAPI, source: Source) -> None:
    @app.get("/", response_class=HTMLResponse)
    def rounds(request: Request) -> HTMLResponse:
        return page(request, "rounds.html", rounds=source.rounds())
