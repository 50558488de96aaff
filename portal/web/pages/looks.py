"""Looking at a round before it is closed: what was declared, what the last look showed, and opening the one due."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from portal.web.access import acting, may
from portal.web.rendering import language_of, page
from portal.web.source import Source
from results import disclosure
from results.reports import Audience, build


def add(app: FastAPI, source: Source) -> None:
    @app.get("/rondes/{round_name}/tussenstanden", response_class=HTMLResponse)
    def looks(request: Request, round_name: str) -> HTMLResponse:
        source.refuse_coder(round_name, request.state.visitor)
        source.note_look_read(round_name, acting(request))
        table = source.table(round_name)
        report = build(table, Audience.RESEARCHER, language=language_of(request))
        opens = may(request.state.visitor, "looks_open") and not disclosure.unblinded(table.facts.state)
        due = table.looks is not None and table.looks.is_due
        return page(request, "looks_page.html", round=round_name, report=report, due=due and opens)

    @app.post("/rondes/{round_name}/tussenstanden")
    def looks_open(request: Request, round_name: str) -> Response:
        """Open the look that is due; who sends the form twice sees the same look again."""
        source.open_look(round_name, acting(request))
        return RedirectResponse(f"/rondes/{round_name}/tussenstanden", 303)
