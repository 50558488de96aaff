"""How a round is going, and what it asks of the advertisers."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse

from orchestrator import burden
from portal.web.access import may
from portal.web.pages.control import offered
from portal.web.rendering import page
from portal.web.source import Source
from results import charts


def add(app: FastAPI, source: Source) -> None:
    @app.get("/rondes/{round_name}", response_class=HTMLResponse)
    def monitor(request: Request, round_name: str) -> HTMLResponse:
        seen, facts = source.monitor(round_name), source.machinery()
        steps = offered(seen.state) if may(request.state.visitor, "control") else {}
        drawn = charts.growth(
            [each.day.toordinal() for each in seen.days],
            {name: [getattr(each, name) for each in seen.days] for name in ("planned", "sent", "replies")},
        )
        return page(request, "monitor.html", round=seen.round, monitor=seen, steps=steps, machinery=facts, growth=drawn)

    @app.get("/rondes/{round_name}/vooruitblik", response_class=HTMLResponse)
    def outlook(request: Request, round_name: str) -> HTMLResponse:
        return page(request, "outlook.html", round=round_name, sentences=source.outlook(round_name))

    @app.get("/rondes/{round_name}/aanbieders", response_class=HTMLResponse)
    def advertisers(request: Request, round_name: str) -> HTMLResponse:
        """For the researcher only: it names the advertisers."""
        rows = source.burden(round_name)
        meters, total = source.detection(round_name), burden.together(rows)
        return page(request, "advertisers.html", round=round_name, meters=meters, burdens=rows, total=total)
