"""How the installation is, for people; `vitals` tells whoever watches over it."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from orchestrator.status import summary
from portal.web.rendering import page
from portal.web.source import Source


def add(app: FastAPI, source: Source) -> None:
    @app.get("/status", response_class=HTMLResponse)
    def status(request: Request) -> HTMLResponse:
        now, chapters = source.status()
        works = all(fact.works for chapter in chapters for fact in chapter.facts)
        return page(request, "status.html", now=now, chapters=chapters, summary=summary(chapters), works=works)
