"""The reports of a round, as each audience may see them."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from portal.web.access import may
from portal.web.rendering import ASSETS, HOME, page
from portal.web.source import Source
from profiles.errors import Refused
from results.reports import Audience, build, render


def add(app: FastAPI, source: Source) -> None:
    def report(round_name: str, audience: Audience, advertiser: str | None = None) -> HTMLResponse:
        made = build(source.table(round_name), audience, advertiser=advertiser)
        return HTMLResponse(render(made, assets=ASSETS, home=HOME if audience is not Audience.BROKER else None))

    @app.get("/rondes/{round_name}/resultaten", response_class=HTMLResponse)
    def results(request: Request, round_name: str) -> HTMLResponse:
        if round_name not in {each.name for each in source.rounds()}:
            raise Refused("unknown-round", f"Er is geen ronde '{round_name}'.", "Kies een ronde uit de lijst.")
        researcher = may(request.state.visitor, "report_researcher")
        return page(request, "results.html", round=round_name, researcher=researcher)

    @app.get("/rondes/{round_name}/rapport/onderzoeker", response_class=HTMLResponse)
    def report_researcher(round_name: str) -> HTMLResponse:
        return report(round_name, Audience.RESEARCHER)

    @app.get("/rondes/{round_name}/rapport/gemeente", response_class=HTMLResponse)
    def report_municipality(round_name: str) -> HTMLResponse:
        return report(round_name, Audience.MUNICIPALITY)

    @app.get("/rondes/{round_name}/rapport/makelaar/{advertiser}", response_class=HTMLResponse)
    def report_broker(round_name: str, advertiser: str) -> HTMLResponse:
        return report(round_name, Audience.BROKER, advertiser)
