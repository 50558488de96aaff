"""The reports of a round, as each audience may see them: as a page, and as the same on paper."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from portal.web.access import acting
from portal.web.pages.results import download
from portal.web.rendering import ASSETS, HOME, language_of
from portal.web.source import Source
from results.paper import paper_of, typeset
from results.reports import Audience, Report, build, render

FILES = {Audience.RESEARCHER: "onderzoeker", Audience.MUNICIPALITY: "gemeente"}


def add(app: FastAPI, source: Source) -> None:
    def report(request: Request, round_name: str, audience: Audience, advertiser: str | None = None) -> HTMLResponse:
        made = _made(source, request, round_name, audience, advertiser)
        home = HOME if audience is not Audience.BROKER else None
        return HTMLResponse(render(made, assets=ASSETS, home=home, paper=f"{advertiser or FILES[audience]}.pdf"))

    def paper(request: Request, round_name: str, audience: Audience, advertiser: str | None = None) -> Response:
        made = _made(source, request, round_name, audience, advertiser)
        name = f"{round_name}-{advertiser or FILES[audience]}.pdf"
        return download(typeset(paper_of(made)), name, "application/pdf")

    @app.get("/rondes/{round_name}/rapport/onderzoeker.pdf")
    def report_researcher_pdf(request: Request, round_name: str) -> Response:
        source.refuse_coder(round_name, request.state.visitor)
        source.note_look_read(round_name, acting(request))
        return paper(request, round_name, Audience.RESEARCHER)

    @app.get("/rondes/{round_name}/rapport/gemeente.pdf")
    def report_municipality_pdf(request: Request, round_name: str) -> Response:
        return paper(request, round_name, Audience.MUNICIPALITY)

    # Before the page of a broker, whose address would take this one for an advertiser.
    @app.get("/rondes/{round_name}/rapport/makelaar/{advertiser}.pdf")
    def report_broker_pdf(request: Request, round_name: str, advertiser: str) -> Response:
        return paper(request, round_name, Audience.BROKER, advertiser)

    @app.get("/rondes/{round_name}/rapport/onderzoeker", response_class=HTMLResponse)
    def report_researcher(request: Request, round_name: str) -> HTMLResponse:
        source.refuse_coder(round_name, request.state.visitor)
        source.note_look_read(round_name, acting(request))
        return report(request, round_name, Audience.RESEARCHER)

    @app.get("/rondes/{round_name}/rapport/gemeente", response_class=HTMLResponse)
    def report_municipality(request: Request, round_name: str) -> HTMLResponse:
        return report(request, round_name, Audience.MUNICIPALITY)

    @app.get("/rondes/{round_name}/rapport/makelaar/{advertiser}", response_class=HTMLResponse)
    def report_broker(request: Request, round_name: str, advertiser: str) -> HTMLResponse:
        return report(request, round_name, Audience.BROKER, advertiser)


def _made(source: Source, request: Request, round_name: str, audience: Audience, advertiser: str | None) -> Report:
    """The report as it was released, if it was: that of an advertiser. Every other is of the moment."""
    language = language_of(request)
    frozen = source.released_report(round_name, advertiser, language) if advertiser else None
    if frozen is not None:
        return frozen
    source.refuse_early(round_name, audience)
    table = source.office_table(round_name, advertiser) if advertiser else source.table(round_name)
    return build(table, audience, advertiser=advertiser, language=language)
