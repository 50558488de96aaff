"""The reports of a round, as each audience may see them."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from portal.web.rendering import ASSETS, HOME
from portal.web.source import Source
from results.reports import Audience, build, render


def add(app: FastAPI, source: Source) -> None:
    def report(round_name: str, audience: Audience, advertiser: str | None = None) -> HTMLResponse:
        made = build(source.table(round_name), audience, advertiser=advertiser)
        return HTMLResponse(render(made, assets=ASSETS, home=HOME if audience is not Audience.BROKER else None))

    @app.get("/rondes/{round_name}/rapport/onderzoeker", response_class=HTMLResponse)
    def report_researcher(round_name: str) -> HTMLResponse:
        return report(round_name, Audience.RESEARCHER)

    @app.get("/rondes/{round_name}/rapport/gemeente", response_class=HTMLResponse)
    def report_municipality(round_name: str) -> HTMLResponse:
        return report(round_name, Audience.MUNICIPALITY)

    @app.get("/rondes/{round_name}/rapport/makelaar/{advertiser}", response_class=HTMLResponse)
    def report_broker(round_name: str, advertiser: str) -> HTMLResponse:
        return report(round_name, Audience.BROKER, advertiser)
